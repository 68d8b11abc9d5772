//! The canonical query of both signature schemes: decoding what it encodes gives what it was made from.

#![no_main]

use control::rpc::encoding::{canonical, decode_pairs};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let pairs = decode_pairs(text);
    let query = canonical(&pairs);
    assert!(query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%&=".contains(&byte)), "{query}");
    let mut sorted = pairs;
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(decode_pairs(query.as_bytes()), sorted);
    assert_eq!(canonical(&sorted), query, "the order of what is sent does not count");
});
