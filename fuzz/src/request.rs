//! A request from its head to its parameters: decoding, both signature schemes, the tree of parameters.

#![no_main]

use bytes::Bytes;
use control::rpc::signature::{Credential, Replays, authenticate};
use control::rpc::{Format, Params, Product, Request};
use control::sessions::Sessions;
use libfuzzer_sys::fuzz_target;
use model::account::Secret;
use model::id::{AccountId, Timestamp};

/// The time at which the requests of the corpus were signed.
const NOW: Timestamp = Timestamp(1_767_323_045);

/// `METHOD TARGET`, lines of headers, an empty line, the body.
fn request(text: &[u8]) -> Option<http::Request<Bytes>> {
    let end = text.windows(2).position(|pair| pair == b"\n\n").unwrap_or(text.len());
    let (head, body) = text.split_at(end);
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, target) = first.split_once(' ')?;
    let mut builder = http::Request::builder().method(method).uri(target);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        builder = builder.header(name, value.get(1..)?.trim_ascii());
    }
    builder.body(Bytes::copy_from_slice(body.get(2..).unwrap_or_default())).ok()
}

/// What handlers do with parameters.
fn read(params: &Params) {
    let flat = params.flat(&["ClientToken"]);
    let pairs = flat.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    assert_eq!(Params::new(params.product(), pairs).flat(&[]), flat, "flat parameters are what they say");
    for (name, _) in &flat {
        let name = name.split('.').next().unwrap_or_default();
        let _ = (params.number::<u32>(name, 1..=9), params.flag(name), params.texts(name));
        for item in params.list(name).unwrap_or_default() {
            let _ = (item.own_text(), item.texts("x"), item.flat(&[]));
        }
        let _ = params.object(name).map(|object| object.flat(&[]));
    }
}

fuzz_target!(|text: &[u8]| {
    let Some(request) = request(text) else { return };
    let Ok(request) = Request::new(request) else { return };
    let Ok(sessions) = Sessions::new(&[7; 32]) else { return };
    let known = |_: &str| {
        Some(Credential {
            account: AccountId(1),
            secret: Secret::new("ExampleSecretKey00000000000001"),
            active: true,
        })
    };
    let _ = authenticate(&request, NOW, &Replays::default(), &sessions, known);
    let _ = (request.action(), request.version(), Format::of(&request));
    for product in [Product::Nlb, Product::Ecs, Product::Privatelink] {
        read(&request.params(product));
    }
});
