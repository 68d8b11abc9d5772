//! The HTTP of a health check, pure: the bytes of the request, and what the bytes of a response mean so far.

use std::net::IpAddr;

use model::nlb::HttpCheck;
use model::report::HealthReason;

/// Longest header of a response that is read, bytes.
pub(super) const MAX_HEADER: usize = 16 * 1024;

/// The request, as it goes to the server at `address`.
pub(super) fn request(check: &HttpCheck, address: IpAddr) -> Vec<u8> {
    let method = if check.head { "HEAD" } else { "GET" };
    let version = if check.http11 { "1.1" } else { "1.0" };
    let host = check.domain.clone().unwrap_or_else(|| match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    });
    let path = &check.path;
    format!(
        "{method} {path} HTTP/{version}\r\nHost: {host}\r\nUser-Agent: isthmus-health-check\r\n\
         Accept: */*\r\nConnection: close\r\n\r\n"
    )
    .into_bytes()
}

/// What the response is, as far as it has been read; `None` = read on.
pub(super) fn verdict(check: &HttpCheck, response: &[u8]) -> Option<Result<(), HealthReason>> {
    let expected = b"HTTP/1.";
    let seen = response.len().min(expected.len());
    if response[..seen] != expected[..seen] || response.len() > MAX_HEADER {
        return Some(Err(HealthReason::HttpInvalidHeader));
    }
    let complete = response.windows(4).any(|four| four == b"\r\n\r\n");
    complete.then(|| match class(response) {
        Some(class) if check.classes.contains(&class) => Ok(()),
        Some(_) => Err(HealthReason::HttpCodeNotMatch),
        None => Err(HealthReason::HttpInvalidHeader),
    })
}

/// The class of the status code: its first digit.
fn class(response: &[u8]) -> Option<u8> {
    match response.strip_prefix(b"HTTP/1.")? {
        [b'0' | b'1', b' ', class @ b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'\r', ..] => {
            Some(class - b'0')
        }
        _ => None,
    }
}
