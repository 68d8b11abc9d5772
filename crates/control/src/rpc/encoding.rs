//! Percent-encoding as the signatures define it, and form decoding as browsers and SDKs do it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// RFC 3986 percent-encoding of UTF-8: space is `%20`, `*` is `%2A`, `~` stays.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The pairs of a query string or form body, in the order sent. `+` is a space; a pair without `=` has an empty value;
/// bytes that are not UTF-8 become U+FFFD.
pub fn decode_pairs(text: &[u8]) -> Vec<(String, String)> {
    text.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()).map(decode_pair).collect()
}

fn decode_pair(pair: &[u8]) -> (String, String) {
    let split = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
    let (key, value) = pair.split_at(split);
    (decode(key), decode(value.get(1..).unwrap_or_default()))
}

fn decode(text: &[u8]) -> String {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

/// Pairs sorted by key (bytes), encoded and joined: the canonical query of both signature schemes.
pub fn canonical(pairs: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let encoded = sorted.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value)));
    encoded.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_and_percent_decode_to_the_same_space() {
        let pairs = decode_pairs(b"a=ecs+01&b=ecs%2001&c&d=&&e=%E6%B5%8B=x");
        let expected = [("a", "ecs 01"), ("b", "ecs 01"), ("c", ""), ("d", ""), ("e", "测=x")];
        assert_eq!(pairs, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn only_unreserved_characters_stay_bare() {
        assert_eq!(encode("aZ0-_.~ *+/测"), "aZ0-_.~%20%2A%2B%2F%E6%B5%8B");
    }

    #[test]
    fn broken_percent_signs_are_text() {
        assert_eq!(decode_pairs(b"a=100%&b=%zz"), [("a".into(), "100%".into()), ("b".into(), "%zz".into())]);
    }
}
