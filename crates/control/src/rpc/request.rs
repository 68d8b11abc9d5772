//! A request as it came in: what both signature schemes and the dispatcher need to see of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;

use super::encoding::decode_pairs;
use super::{ApiError, Params, Product};

/// Most parameters one request may have.
pub const MAX_PARAMETERS: usize = 10_000;

/// Parameters that belong to the gateway and to no action.
const GATEWAY: [&str; 14] = [
    "Action",
    "Version",
    "Format",
    "AccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "SignatureType",
    "Timestamp",
    "SecurityToken",
    "BearerToken",
    "SourceIp",
    "SecureTransport",
];

/// A request, decoded but not yet believed.
#[derive(Debug)]
pub struct Request {
    /// GET or POST.
    pub method: String,
    /// Headers as received.
    pub headers: HeaderMap,
    /// Pairs of the query string.
    pub query: Vec<(String, String)>,
    /// The parameters of query and form body together. Of a repeated name the last value counts, and the form's before the
    /// query's: some clients send one in both, and sign it once.
    pub parameters: BTreeMap<String, String>,
    /// The body's bytes, for their hash.
    pub body: Bytes,
}

impl Request {
    /// Decodes a request. Errors: a body that is no form; too many parameters.
    pub fn new(request: hyper::Request<Bytes>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let query = decode_pairs(parts.uri.query().unwrap_or_default().as_bytes());
        let form = if body.is_empty() { Vec::new() } else { form(&parts.headers, &body)? };
        if query.len() + form.len() > MAX_PARAMETERS {
            let message = format!(
                "The request has more than {MAX_PARAMETERS} parameters. Split it into several requests."
            );
            return Err(ApiError::new(400, "TooManyParameters", message));
        }
        let parameters = query.iter().cloned().chain(form).collect();
        Ok(Self { method: parts.method.as_str().to_owned(), headers: parts.headers, query, parameters, body })
    }

    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().filter(|value| !value.is_empty())
    }

    /// A parameter's value, wherever it is; an empty value is not given.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The action's name.
    pub fn action(&self) -> Result<&str, ApiError> {
        self.header_or_parameter("x-acs-action", "Action")
    }

    /// The product's version.
    pub fn version(&self) -> Result<&str, ApiError> {
        self.header_or_parameter("x-acs-version", "Version")
    }

    fn header_or_parameter(&self, header: &str, parameter: &str) -> Result<&str, ApiError> {
        match (self.header(header), self.parameter(parameter)) {
            (Some(a), Some(b)) if a != b => Err(ApiError::new(
                400,
                format!("InvalidParameter.{parameter}"),
                format!(
                    "The header {header} and the parameter {parameter} differ. Give one of them, or the same twice."
                ),
            )),
            (Some(value), _) | (None, Some(value)) => Ok(value),
            (None, None) => Err(ApiError::new(
                400,
                format!("MissingParameter.{parameter}"),
                format!(
                    "Name the {} in the header {header} or in the parameter {parameter}.",
                    parameter.to_lowercase()
                ),
            )),
        }
    }

    /// The parameters of the action.
    pub fn params(&self, product: Product) -> Params {
        let pairs = self.parameters.iter().filter(|(name, _)| !GATEWAY.contains(&name.as_str()));
        Params::new(product, pairs.map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

fn form(headers: &HeaderMap, body: &Bytes) -> Result<Vec<(String, String)>, ApiError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.is_empty() || essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(decode_pairs(body));
    }
    let message = "The body has another type than application/x-www-form-urlencoded. Send parameters as a form or in the query.";
    Err(ApiError::new(400, "UnsupportedContentType", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str, headers: &[(&str, &str)], body: &str) -> Result<Request, ApiError> {
        let mut builder = hyper::Request::builder().method("POST").uri(target);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        Request::new(builder.body(Bytes::copy_from_slice(body.as_bytes())).unwrap())
    }

    #[test]
    fn parameters_come_from_query_and_form() {
        let request =
            request("/?Action=A&RegionId=r&SecurityToken=", &[], "VpcId=v&Zone.1.ZoneId=z").unwrap();
        assert_eq!(request.action().unwrap(), "A");
        let flat = request.params(Product::Nlb).flat(&[]);
        let names: Vec<_> = flat.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["RegionId", "VpcId", "Zone.1.ZoneId"]);
    }

    #[test]
    fn the_last_of_a_repeated_parameter_counts_wherever_it_is_read() {
        let request =
            request("/?Action=A&VpcId=first&VpcId=second&Name=query", &[], "Name=form&VpcId=").unwrap();
        assert_eq!((request.parameter("Name"), request.parameter("VpcId")), (Some("form"), None));
        let flat = request.params(Product::Nlb).flat(&[]);
        assert_eq!(flat, [("Name".to_owned(), "form".to_owned())]);
    }

    #[test]
    fn header_and_parameter_must_agree() {
        let headers = [("x-acs-action", "A")];
        assert_eq!(request("/?Action=A", &headers, "").unwrap().action().unwrap(), "A");
        assert_eq!(request("/", &headers, "").unwrap().action().unwrap(), "A");
        assert!(request("/?Action=B", &headers, "").unwrap().action().is_err());
        assert_eq!(
            request("/", &headers, "").unwrap().version().unwrap_err().code,
            "MissingParameter.Version"
        );
    }

    #[test]
    fn other_bodies_and_too_many_parameters_are_refused() {
        let json = request("/", &[("content-type", "application/json")], "{}");
        assert_eq!(json.unwrap_err().code, "UnsupportedContentType");
        let many = "a=b&".repeat(MAX_PARAMETERS + 1);
        assert_eq!(request("/", &[], &many).unwrap_err().code, "TooManyParameters");
    }
}
