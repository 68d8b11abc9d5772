//! A listener with a single page of text, for programs that watch this one.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::{Body, Certificate, Handler, Server};

/// A page, made anew for each reader.
pub struct Page {
    /// Its path.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Makes it. May block.
    pub text: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Page {
    /// Listens on `address`, HTTP and HTTPS; what it gives serves the page until `shutdown` is done.
    ///
    /// # Errors
    /// When the address is taken or is not this machine's.
    pub async fn listen<S: Future<Output = ()>>(
        self,
        address: SocketAddr,
        certificate: &Certificate,
        shutdown: S,
    ) -> io::Result<impl Future<Output = ()> + use<S>> {
        let server = Server::bind(address, certificate).await?;
        Ok(server.run(Arc::new(self), shutdown))
    }
}

impl Handler for Page {
    async fn handle(&self, request: Request<Bytes>) -> Response<Body> {
        if request.uri().path() != self.path {
            return plain(StatusCode::NOT_FOUND, format!("The page is {}.\n", self.path));
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refusal = plain(StatusCode::METHOD_NOT_ALLOWED, "Use GET.\n".to_owned());
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refusal;
        }
        let text = self.text.clone();
        match tokio::task::spawn_blocking(move || text()).await {
            Ok(text) => answer(StatusCode::OK, self.media_type, text),
            Err(error) => {
                tracing::error!(%error, "the page {} could not be made", self.path);
                plain(StatusCode::INTERNAL_SERVER_ERROR, "The page could not be made.\n".to_owned())
            }
        }
    }

    fn unreadable(&self, status: u16, _code: &'static str, message: &'static str) -> Response<Body> {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        plain(status, format!("{message}\n"))
    }
}

fn plain(status: StatusCode, text: String) -> Response<Body> {
    answer(status, "text/plain; charset=utf-8", text)
}

fn answer(status: StatusCode, media_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
