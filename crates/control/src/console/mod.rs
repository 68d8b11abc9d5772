//! What a browser reaches under `/console`: the console's files, its streams of changes and of flows, what would become of a
//! connection, the last probes, and what was carried. Everything else is the API's.

mod connections;
mod events;
mod files;
mod flows;
pub(crate) mod probes;
#[cfg(test)]
mod tests;
pub(crate) mod traffic;

use bytes::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::watch;

use crate::accounts::DEV_KEY;
use crate::actions::{Api, Signed, told};
use crate::hosts::Sight;
use crate::http::{Body, Handler};
use crate::rpc::Product;

pub(crate) use events::Changes;

/// Where the console lives.
const ROOT: &str = "/console";

/// The API with the console beside it.
pub(crate) struct Front {
    api: Api,
    changes: Changes,
    sight: Arc<dyn Sight>,
    /// Whether the key dev/dev opens this installation: then the console logs in by itself.
    dev: bool,
    stopped: watch::Receiver<()>,
}

impl Front {
    /// Streams of changes end when the sender of `stopped` is gone.
    pub(crate) fn new(
        api: Api,
        changes: Changes,
        sight: Arc<dyn Sight>,
        dev: bool,
        stopped: watch::Receiver<()>,
    ) -> Self {
        Self { api, changes, sight, dev, stopped }
    }

    /// What is told to who has signed.
    async fn tell(&self, path: &str, signed: Signed) -> Response<Body> {
        match path {
            "/flows" => flows::stream(self.sight.flows(signed.account), self.stopped.clone()),
            "/trace" => told(connections::trace(&self.sight, signed).await).map(Body::from),
            "/probes" => told(probes::tell(&*self.sight, &signed, &self.changes.observed())).map(Body::from),
            "/traffic" => {
                told(traffic::tell(&self.sight, signed, &self.changes.observed()).await).map(Body::from)
            }
            _ => events::stream(self.changes.clone(), self.stopped.clone()),
        }
    }

    async fn console(&self, path: &str, request: Request<Bytes>) -> Response<Body> {
        match (path, request.method()) {
            ("/events" | "/flows" | "/trace" | "/probes" | "/traffic", &Method::POST) => {
                let product = if path == "/trace" { Product::Ecs } else { Product::Nlb };
                match self.api.signed(request, product) {
                    Ok(signed) => self.tell(path, signed).await,
                    Err(refusal) => refusal.map(Body::from),
                }
            }
            (_, &(Method::GET | Method::HEAD)) => self.page(path),
            (_, _) => {
                let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, "Use GET.\n");
                refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                refusal
            }
        }
    }

    fn page(&self, path: &str) -> Response<Body> {
        match path {
            "" => {
                let mut onward = text(StatusCode::PERMANENT_REDIRECT, "The console is under /console/.\n");
                onward.headers_mut().insert(LOCATION, HeaderValue::from_static("/console/"));
                onward
            }
            "/settings.json" => self.settings(),
            _ => files::response(path),
        }
    }

    /// What a page must know before anybody has logged in.
    fn settings(&self) -> Response<Body> {
        let key = self.dev.then(|| json!({ "id": DEV_KEY, "secret": DEV_KEY }));
        let settings = json!({ "region": self.changes.region(), "key": key });
        let mut response = Response::new(Bytes::from(settings.to_string()).into());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl Handler for Front {
    async fn handle(&self, request: Request<Bytes>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        match path.strip_prefix(ROOT).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            Some(rest) => files::guarded(self.console(rest, request).await),
            None => self.api.handle(request).await.map(Body::from),
        }
    }

    fn unreadable(&self, status: u16, code: &'static str, message: &'static str) -> Response<Body> {
        self.api.unreadable(status, code, message).map(Body::from)
    }
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()).into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
