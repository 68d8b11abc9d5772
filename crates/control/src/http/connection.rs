//! One connection, from its first byte to its last response.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::{Body, Handler, MAX_BODY, PATIENCE, speaks_tls};

/// How much of a body that is too large is read before its sender is cut off, bytes.
const MAX_DISCARDED: usize = 64 << 20;

/// Serves a connection until it ends. Whatever goes wrong concerns this client alone.
pub(super) async fn serve<H: Handler>(
    stream: TcpStream,
    tls: TlsAcceptor,
    handler: Arc<H>,
    mut stopped: watch::Receiver<()>,
) {
    let _ = stream.set_nodelay(true);
    let first_byte = tokio::select! {
        first_byte = timeout(PATIENCE, speaks_tls(&stream)) => first_byte,
        _ = stopped.changed() => return,
    };
    match first_byte {
        Ok(Ok(true)) => match timeout(PATIENCE, tls.accept(stream)).await {
            Ok(Ok(stream)) => requests(stream, handler, stopped).await,
            Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
            Err(_) => tracing::debug!("TLS handshake took too long"),
        },
        Ok(Ok(false)) => requests(stream, handler, stopped).await,
        Ok(Err(_)) | Err(_) => tracing::debug!("a client said nothing"),
    }
}

async fn requests<H: Handler>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    handler: Arc<H>,
    mut stopped: watch::Receiver<()>,
) {
    let service = service_fn(|request| {
        let handler = handler.clone();
        async move { Ok::<_, Infallible>(answer(&*handler, request).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(MAX_BODY);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        // An error here means that the sender is gone: the server shuts down.
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended");
    }
}

async fn answer<H: Handler>(handler: &H, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    match timeout(PATIENCE, read(body)).await {
        Ok(Ok(Some(body))) => handler.handle(Request::from_parts(head, body)).await,
        Ok(Ok(None)) => {
            let message = "The request body is larger than 1 MiB. Send less in one request.";
            handler.unreadable(413, "RequestEntityTooLarge", message)
        }
        Ok(Err(_)) => handler.unreadable(400, "InvalidRequestBody", "The request body broke off."),
        Err(_) => handler.unreadable(408, "RequestTimeout", "The request body took longer than 30 seconds."),
    }
}

/// The whole body; `None` when it is too large. Most clients send all of it before they read an answer, and one that came
/// earlier would be lost with the connection: so what is too much is read all the same, and thrown away.
async fn read(mut body: Incoming) -> Result<Option<Bytes>, hyper::Error> {
    let (mut kept, mut length) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len();
        if length > MAX_DISCARDED {
            break;
        }
        if length > MAX_BODY {
            kept = BytesMut::new();
        } else {
            kept.extend_from_slice(&data);
        }
    }
    Ok((length <= MAX_BODY).then(|| kept.freeze()))
}
