use bytes::Bytes;
use serde_json::Value;

use super::*;

const VECTORS: &str = include_str!("../../../tests/fixtures/signature-vectors.json");
const SIGNED_AT: &str = "2026-01-02T03:04:05Z";

fn vectors() -> Vec<Value> {
    serde_json::from_str(VECTORS).unwrap()
}

/// The vector's request, with every header and the body passed through `change`.
fn request(vector: &Value, change: impl Fn(&str, &str) -> String) -> Request {
    let recorded = &vector["request"];
    let text = |name: &str| recorded[name].as_str().unwrap();
    let mut builder = hyper::Request::builder().method(text("method")).uri(change("target", text("target")));
    for header in recorded["headers"].as_array().unwrap() {
        let (name, value) = (header[0].as_str().unwrap(), header[1].as_str().unwrap());
        builder = builder.header(name, change(name, value));
    }
    Request::new(builder.body(Bytes::from(change("body", text("body")))).unwrap()).unwrap()
}

fn as_recorded(_: &str, value: &str) -> String {
    value.to_owned()
}

fn check(vector: &Value, request: &Request) -> Result<AccountId, ApiError> {
    let now = time::parse(SIGNED_AT).unwrap();
    authenticate(request, now, &Replays::default(), &sessions(), |id| {
        (id == vector["accessKeyId"]).then(|| Credential {
            account: AccountId(7),
            secret: model::account::Secret::new(vector["accessKeySecret"].as_str().unwrap()),
            active: true,
        })
    })
    .map(|caller| caller.account)
}

fn sessions() -> Sessions {
    Sessions::new(&[7; 32]).unwrap()
}

fn named(name: &str) -> Value {
    vectors().into_iter().find(|vector| vector["name"].as_str().unwrap().starts_with(name)).unwrap()
}

#[test]
fn every_recorded_request_has_the_recorded_strings_and_signature() {
    assert_eq!(vectors().len(), 13);
    for vector in vectors() {
        let request = request(&vector, as_recorded);
        let secret = vector["accessKeySecret"].as_str().unwrap();
        if vector["algorithm"] == "ACS3-HMAC-SHA256" {
            let authorization = acs3::Authorization::parse(request.header("authorization").unwrap()).unwrap();
            let canonical = authorization.canonical_request(&request, &acs3::sha256_hex(&request.body));
            assert_eq!(vector["canonicalRequest"], canonical, "{}", vector["name"]);
            assert_eq!(vector["stringToSign"], acs3::string_to_sign(&canonical), "{}", vector["name"]);
            authorization.verify(&request, secret).unwrap();
        } else {
            assert_eq!(vector["stringToSign"], rpc1::string_to_sign(&request), "{}", vector["name"]);
            rpc1::verify(&request, secret).unwrap();
        }
    }
}

#[test]
fn every_recorded_request_without_a_security_token_is_taken() {
    for vector in vectors() {
        let result = check(&vector, &request(&vector, as_recorded));
        if vector["name"].as_str().unwrap().contains("STS") {
            assert_eq!(result.unwrap_err().code, "InvalidSecurityToken.MismatchWithAccessKey");
        } else {
            assert_eq!(result, Ok(AccountId(7)), "{}", vector["name"]);
        }
    }
}

#[test]
fn a_changed_request_is_refused() {
    let cases = [
        ("vpc CreateVSwitch", "target", "vsw-1", "vsw-2", "SignatureDoesNotMatch"),
        ("vpc CreateVSwitch", "x-acs-action", "CreateVSwitch", "DeleteVSwitch", "SignatureDoesNotMatch"),
        ("vpc CreateVSwitch", "host", "18080", "18081", "SignatureDoesNotMatch"),
        ("vpc CreateVSwitch", "authorization", "host;", "", "IncompleteSignature"),
        ("vpc CreateVSwitch", "authorization", "x-acs-action;", "", "IncompleteSignature"),
        ("vpc CreateVSwitch", "authorization", "HMAC-SHA256", "HMAC-SM3", "InvalidSignatureMethod"),
        ("vpc CreateVSwitch", "authorization", "LTAIexample", "LTAIunknown", "InvalidAccessKeyId.NotFound"),
        ("vpc CreateVSwitch", "x-acs-date", "03:04:05Z", "03:20:05Z", "InvalidTimeStamp.Expired"),
        ("vpc CreateVSwitch", "x-acs-date", "Z", "+00:00", "InvalidTimeStamp.Format"),
        ("vpc CreateVSwitch", "target", "&VpcId", "&Signature=x&VpcId", "IncompleteSignature"),
        ("nlb CreateServerGroup", "body", "RS1", "RS2", "SignatureDoesNotMatch"),
        (
            "privatelink CreateVpcEndpoint, RPC",
            "target",
            "vsw-bp1example1",
            "vsw-bp1example2",
            "SignatureDoesNotMatch",
        ),
        (
            "privatelink CreateVpcEndpoint, RPC",
            "target",
            "HMAC-SHA1",
            "HMAC-SHA256",
            "InvalidSignatureMethod",
        ),
        ("location DescribeEndpoints", "body", "privatelink", "nlb", "SignatureDoesNotMatch"),
        ("location DescribeEndpoints", "target", "Action=DescribeEndpoints&", "", "IncompleteSignature"),
    ];
    for (name, part, from, to, code) in cases {
        let vector = named(name);
        let changed =
            request(
                &vector,
                |which, value| {
                    if which == part { value.replace(from, to) } else { value.to_owned() }
                },
            );
        assert_eq!(check(&vector, &changed).unwrap_err().code, code, "{name}: {part} {from} -> {to}");
    }
}

#[test]
fn an_unsigned_request_and_a_key_switched_off_are_refused() {
    let vector = named("vpc");
    let unsigned =
        request(&vector, |name, value| if name == "authorization" { String::new() } else { value.into() });
    assert_eq!(check(&vector, &unsigned).unwrap_err().code, "IncompleteSignature");
    let off = Credential { account: AccountId(7), secret: model::account::Secret::new("x"), active: false };
    let now = time::parse(SIGNED_AT).unwrap();
    let result = authenticate(&request(&vector, as_recorded), now, &Replays::default(), &sessions(), |_| {
        Some(off.clone())
    });
    assert_eq!(result.unwrap_err().code, "InvalidAccessKeyId.Inactive");
}

#[test]
fn the_same_request_twice_is_a_replay() {
    let vector = named("vpc");
    let (request, replays) = (request(&vector, as_recorded), Replays::default());
    let secret = model::account::Secret::new(vector["accessKeySecret"].as_str().unwrap());
    let key = |_: &str| Some(Credential { account: AccountId(7), secret: secret.clone(), active: true });
    let now = time::parse(SIGNED_AT).unwrap();
    assert!(authenticate(&request, now, &replays, &sessions(), key).is_ok());
    assert_eq!(
        authenticate(&request, now, &replays, &sessions(), key).unwrap_err().code,
        "SignatureNonceUsed"
    );
}
