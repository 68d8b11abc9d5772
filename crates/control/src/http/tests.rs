use std::os::unix::fs::PermissionsExt;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;

use super::*;
use crate::testing::TempDir;

/// Answers with the length of the body.
struct Echo;

impl Handler for Echo {
    async fn handle(&self, request: Request<Bytes>) -> Response<Body> {
        Response::new(Bytes::from(format!("{} bytes", request.body().len())).into())
    }

    fn unreadable(&self, status: u16, code: &'static str, _: &'static str) -> Response<Body> {
        let mut response = Response::new(Bytes::from_static(code.as_bytes()).into());
        *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap();
        response
    }
}

struct Running {
    address: SocketAddr,
    _directory: TempDir,
    certificate: std::path::PathBuf,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

async fn start() -> Running {
    let directory = TempDir::new();
    let certificate = Certificate::open(directory.path(), &["localhost".to_owned()]).unwrap();
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), &certificate).await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let address = server.address().unwrap();
    let task = tokio::spawn(server.run(Arc::new(Echo), async move {
        let _ = stopped.await;
    }));
    Running { address, certificate: certificate.path().to_owned(), _directory: directory, stop, task }
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: &str, body: &[u8]) -> String {
    let head = format!("{head}\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    String::from_utf8(response).unwrap()
}

#[tokio::test]
async fn plain_and_tls_share_the_port() {
    let server = start().await;
    let plain = TcpStream::connect(server.address).await.unwrap();
    assert!(ask(plain, "POST / HTTP/1.1", b"abc").await.ends_with("3 bytes"));

    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&server.certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let tls = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert!(ask(tls, "GET / HTTP/1.1", b"").await.ends_with("0 bytes"));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let server = start().await;
    let exact = TcpStream::connect(server.address).await.unwrap();
    assert!(ask(exact, "POST / HTTP/1.1", &vec![b'x'; MAX_BODY]).await.ends_with("1048576 bytes"));
    let over = TcpStream::connect(server.address).await.unwrap();
    let response = ask(over, "POST / HTTP/1.1", &vec![b'x'; MAX_BODY + 1]).await;
    assert!(response.starts_with("HTTP/1.1 413"), "{response}");
}

#[tokio::test]
async fn shutdown_ends_idle_connections_and_the_server() {
    let server = start().await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    server.stop.send(()).unwrap();
    tokio::time::timeout(GRACE * 2, server.task).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    drop(idle);
}

#[test]
fn the_certificate_stays_the_same_and_its_key_is_private() {
    let directory = TempDir::new();
    let open = || Certificate::open(directory.path(), &["localhost".to_owned()]).map(|_| ());
    open().unwrap();
    let first = std::fs::read(directory.join("cert.pem")).unwrap();
    open().unwrap();
    assert_eq!(std::fs::read(directory.join("cert.pem")).unwrap(), first);
    let mode = std::fs::metadata(directory.join("key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::write(directory.join("key.pem"), "nonsense").unwrap();
    assert!(matches!(open(), Err(CertificateError::Unusable { .. })));
}
