//! Requests and clients that mean no good: they get a clear refusal, cost little memory, and nobody else notices.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails like the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use control::hosts::{Carried, Connection, Consoles, HostLink, Sight};
use control::rpc::encoding::{canonical, encode};
use control::rpc::time;
use control::{Control, ControlConfig};
use model::id::{AccountId, InstanceId, ServerIndex, Timestamp};
use model::report::Probe;
use tokio::sync::{mpsc, watch};

/// Tells the child where its state is.
const STATE: &str = "ISTHMUS_ABUSE_STATE";
const HOST: &str = "isthmus.example";
/// Longest answer to an honest client meanwhile, on a machine that is busy with other things.
const HONEST: Duration = Duration::from_secs(3);
/// Most memory that all the abuse together may cost, KiB.
const MEMORY: u64 = 64 * 1024;

struct NoConsoles;

impl Consoles for NoConsoles {
    fn read(&self, _: &InstanceId) -> Vec<u8> {
        Vec::new()
    }
}

struct NoSight;

impl Sight for NoSight {
    fn flows(&self, _: AccountId) -> mpsc::Receiver<Bytes> {
        mpsc::channel(1).1
    }

    fn trace(&self, _: AccountId, _: &Connection) -> Result<serde_json::Value, String> {
        Err("there is no host".to_owned())
    }

    fn probes(&self, _: ServerIndex) -> Vec<Probe> {
        Vec::new()
    }

    fn carried(&self) -> Result<Arc<[Carried]>, String> {
        Err("there is no host".to_owned())
    }
}

/// A control plane until it is killed. Run by the other test, not by hand.
#[test]
#[ignore = "the other test starts it as a process of its own"]
fn child() {
    let directory = std::env::var(STATE).unwrap();
    let mut config = ControlConfig::new("127.0.0.1:0".parse().unwrap(), directory.into());
    config.dev = true;
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let control = Control::open(&config).await.unwrap();
        writeln!(std::io::stdout(), "listening {}", control.address()).unwrap();
        let (plans, _plans) = watch::channel(None);
        let (_reports, reports) = watch::channel(None);
        let link = HostLink { plans, reports, consoles: Arc::new(NoConsoles), sight: Arc::new(NoSight) };
        control.run(link, std::future::pending()).await;
    });
}

struct Server {
    process: Child,
    address: SocketAddr,
    directory: std::path::PathBuf,
}

impl Server {
    fn start() -> Self {
        let directory = std::env::temp_dir().join(format!("isthmus-abuse-{}", std::process::id()));
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(STATE, &directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.split_once("listening ")?.1.parse().ok()).unwrap();
        Self { process, address, directory }
    }

    /// One figure of the process's memory, KiB.
    fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends a request and reads status and body of the answer.
    fn ask(&self, head: &str, body: &[u8]) -> (u16, String) {
        let mut stream = self.connect();
        let head =
            format!("{head}Host: {HOST}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    /// Status and code of the refusal of a form.
    fn form(&self, more_head: &str, form: &str) -> (u16, String) {
        let head =
            format!("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n{more_head}");
        code(self.ask(&head, form.as_bytes()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn code((status, body): (u16, String)) -> (u16, String) {
    let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    (status, body["Code"].as_str().unwrap_or("none").to_owned())
}

fn nonce() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("nonce-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst))
}

/// A form with an RPC signature made at `now`.
fn signed(now: Timestamp, more: &[(&str, &str)]) -> String {
    let (now, nonce) = (time::format(now), nonce());
    let common = [
        ("Action", "DescribeVpcs"),
        ("Version", "2016-04-28"),
        ("AccessKeyId", "dev"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", &nonce),
        ("Timestamp", &now),
    ];
    let pairs: Vec<_> =
        common.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let form = canonical(&pairs);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"dev&");
    let tag = hmac::sign(&key, format!("POST&%2F&{}", encode(&form)).as_bytes());
    format!("{form}&Signature={}", encode(&STANDARD.encode(tag)))
}

/// Headers with an ACS3 signature of a body, over these headers besides host, date and nonce.
fn signed_headers(body: &str, more: &[&str]) -> String {
    let hash = hex::encode(digest::digest(&digest::SHA256, body.as_bytes()));
    let (date, nonce) = (time::format(time::now()), nonce());
    let all = [
        ("host", HOST),
        ("x-acs-action", "DescribeVpcs"),
        ("x-acs-content-sha256", &hash),
        ("x-acs-date", &date),
        ("x-acs-signature-nonce", &nonce),
        ("x-acs-version", "2016-04-28"),
    ];
    let fixed = ["host", "x-acs-date", "x-acs-signature-nonce"];
    let chosen: Vec<_> = all.iter().filter(|(name, _)| fixed.contains(name) || more.contains(name)).collect();
    let names = chosen.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let headers: String = chosen.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let request = format!("POST\n/\n\n{headers}\n{names}\n{hash}");
    let text =
        format!("ACS3-HMAC-SHA256\n{}", hex::encode(digest::digest(&digest::SHA256, request.as_bytes())));
    let tag = hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"dev"), text.as_bytes()));
    let sent: String = all[1..].iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{sent}Authorization: ACS3-HMAC-SHA256 Credential=dev,SignedHeaders={names},Signature={tag}\r\n")
}

const ALL: [&str; 3] = ["x-acs-action", "x-acs-content-sha256", "x-acs-version"];

fn refused(given: (u16, String), status: u16, code: &str) {
    assert_eq!(given, (status, code.to_owned()));
}

fn forged_requests_are_refused(server: &Server) {
    let form = signed(time::now(), &[]);
    refused(server.form("", &form), 200, "none");
    refused(server.form("", &form), 400, "SignatureNonceUsed");
    for away in [-16 * 60, 16 * 60] {
        let stale = signed(Timestamp(time::now().0 + away), &[]);
        refused(server.form("", &stale), 400, "InvalidTimeStamp.Expired");
    }
    let form = signed(time::now(), &[("PageSize", "10")]).replace("PageSize=10", "PageSize=50");
    refused(server.form("", &form), 400, "SignatureDoesNotMatch");

    refused(server.form(&signed_headers("PageSize=10", &ALL), "PageSize=10"), 200, "none");
    refused(server.form(&signed_headers("PageSize=10", &ALL), "PageSize=50"), 400, "SignatureDoesNotMatch");
    for unsigned in 0..ALL.len() {
        let rest: Vec<&str> =
            ALL.iter().enumerate().filter(|(at, _)| *at != unsigned).map(|(_, it)| *it).collect();
        refused(server.form(&signed_headers("", &rest), ""), 400, "IncompleteSignature");
    }
    let both = signed(time::now(), &[]);
    refused(server.form(&signed_headers(&both, &ALL), &both), 400, "IncompleteSignature");
    refused(
        server.form("Authorization: ACS3-HMAC-SM3 Credential=dev\r\n", ""),
        400,
        "InvalidSignatureMethod",
    );
}

fn much_too_much_is_refused(server: &Server) {
    let body = vec![b'x'; 10 << 20];
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                refused(code(server.ask("POST / HTTP/1.1\r\n", &body)), 413, "RequestEntityTooLarge")
            });
        }
    });
    let many: String = (0..100_000).map(|number| format!("{number}=&")).collect();
    refused(server.form("", &many), 400, "TooManyParameters");
    let head = format!("GET /?{} HTTP/1.1\r\n", "a=b&".repeat(1 << 20));
    let mut stream = server.connect();
    // The server need not read a head of 4 MiB to its end before it refuses it.
    let _ = stream.write_all(head.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
}

/// Clients that say nothing, and clients that never come to the end of what they say.
fn the_slow_and_the_silent_are_sent_away(server: &Server) {
    let idle: Vec<TcpStream> = (0..2_000).map(|_| server.connect()).collect();
    let mut slow: Vec<TcpStream> = (0..200).map(|_| server.connect()).collect();
    for (number, stream) in slow.iter_mut().enumerate() {
        let rest = if number % 2 == 0 { "" } else { "Content-Length: 1000\r\n\r\n" };
        stream.write_all(format!("POST / HTTP/1.1\r\nHost: x\r\n{rest}").as_bytes()).unwrap();
    }
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(33) {
        thread::sleep(Duration::from_secs(1));
        for stream in &mut slow {
            // One byte more, as long as anybody listens.
            let _ = stream.write_all(b"x");
        }
    }
    for mut stream in idle.into_iter().chain(slow) {
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        let reset = ended.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(ended.is_ok() || reset, "somebody was not sent away: {ended:?}");
        let answered = answer.is_empty() || answer.starts_with(b"HTTP/1.1 408");
        assert!(answered, "{}", String::from_utf8_lossy(&answer));
    }
}

/// Asks all the time, one request after the other; says how many were answered, and how long the slowest took.
fn honest(server: &Server, stop: &AtomicBool) -> (u32, Duration) {
    let (mut answered, mut slowest) = (0, Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        let begin = Instant::now();
        refused(server.form("", &signed(time::now(), &[])), 200, "none");
        slowest = slowest.max(begin.elapsed());
        answered += 1;
        thread::sleep(Duration::from_millis(20));
    }
    (answered, slowest)
}

#[test]
fn abuse_is_refused_and_nobody_else_notices() {
    let server = Server::start();
    // What the first requests need for good is not the abuse's.
    for _ in 0..50 {
        server.form("", &signed(time::now(), &[]));
    }
    let before = server.memory("VmRSS");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let honest = scope.spawn(|| honest(&server, &stop));
        let abuse = scope.spawn(|| {
            forged_requests_are_refused(&server);
            much_too_much_is_refused(&server);
            the_slow_and_the_silent_are_sent_away(&server);
        });
        let abused = abuse.join();
        stop.store(true, Ordering::Relaxed);
        let (answered, slowest) = honest.join().unwrap();
        abused.unwrap();
        assert!(answered > 100 && slowest < HONEST, "{answered} answered, the slowest took {slowest:?}");
    });
    let most = server.memory("VmHWM") - before;
    assert!(most < MEMORY, "the abuse cost {most} KiB");
}
