//! The console's files, embedded compressed. A binary that was built without them says how to get them.

use bytes::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};

use super::text;
use crate::http::Body;

// `FILES`: path from the console's root, and contents, gzip. The build script writes it.
include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// No script but our own files, nothing from or to elsewhere, no frame around it. Styles may be inline: the component
/// library writes them while it runs, and a style can neither read nor send what scripts are kept from.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Files whose name contains a digest of what is in them.
const DIGESTED: &str = "assets/";
const INDEX: &str = "index.html";
const ABSENT: &str = "This binary was built without the console. `./x build` builds both; by hand it is\n\n    \
    npm --prefix console ci && npm --prefix console run build && cargo build --release\n";

/// The file at a path that begins with `/`. A path that is no file's is a page of the application, which finds its own way.
pub(super) fn response(path: &str) -> Response<Body> {
    let name = path.trim_start_matches('/');
    match find(name).map(|file| (name, file)) {
        Some((name, contents)) => file(name, contents),
        None if name.starts_with(DIGESTED) => text(StatusCode::NOT_FOUND, "There is no such file.\n"),
        None => match find(INDEX) {
            Some(contents) => file(INDEX, contents),
            None => text(StatusCode::NOT_FOUND, ABSENT),
        },
    }
}

/// A response with what tells a browser to trust nothing else.
pub(super) fn guarded(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn find(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(path, _)| *path == name).map(|(_, contents)| *contents)
}

fn file(name: &str, contents: &'static [u8]) -> Response<Body> {
    let kept = if name.starts_with(DIGESTED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Response::new(Bytes::from_static(contents).into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some(_) | None => "application/octet-stream",
    }
}
