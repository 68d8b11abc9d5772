//! What servers answer to health checks over HTTP. The file alone: the rest of the agent's crate reads nothing of it, and
//! would bring OpenSSL and the kernel's tools.

#![no_main]

#[path = "../../crates/agent/src/probe/http.rs"]
mod http;

use std::net::{IpAddr, Ipv4Addr};

use libfuzzer_sys::fuzz_target;
use model::nlb::HttpCheck;

fuzz_target!(|text: &[u8]| {
    let check = HttpCheck::default();
    let whole = http::verdict(&check, text);
    let first = (0..=text.len()).find_map(|read| http::verdict(&check, text.get(..read).unwrap_or_default()));
    assert!(whole.is_some() || first.is_none(), "what has a verdict goes on having one");
    if text.len() > http::MAX_HEADER {
        assert!(whole.is_some(), "nothing is read for ever");
    }
    assert!(http::request(&check, IpAddr::from(Ipv4Addr::LOCALHOST)).ends_with(b"\r\n\r\n"));
});
