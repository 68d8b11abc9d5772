//! What is uploaded or shown to be somebody: certificates and their keys, keys of logins, session tokens, times.

#![no_main]

use control::rpc::time;
use control::sessions::Sessions;
use control::{certificates, key_pairs};
use libfuzzer_sys::fuzz_target;
use model::id::Timestamp;

fuzz_target!(|text: &[u8]| {
    let text = String::from_utf8_lossy(text);
    let (first, second) = text.split_once('\u{1}').unwrap_or((&text, ""));
    let _ = (certificates::read(first, Some(second)), certificates::read(first, None));
    if let Ok(key) = key_pairs::read(first) {
        assert!(key_pairs::read(&key.line).is_ok(), "a key that was taken is one");
    }
    if let Some(at) = time::parse(first) {
        assert_eq!(time::format(at), first);
    }
    if let Ok(sessions) = Sessions::new(&[7; 32]) {
        assert!(sessions.open(first, second, Timestamp(0)).is_err(), "nobody guesses a token");
    }
});
