use model::tls::SystemPolicy;
use openssl::ssl::SslVersion;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio_openssl::SslStream;

use super::*;
use crate::proxy::corked::tests::{connected, segments};
use crate::proxy::tls::Terminator;
use crate::proxy::tls::tests::{Algorithm, greet, plan};

impl Side for DuplexStream {}

/// A relay between two pipes: their far ends, and how it ends.
fn relayed(idle: u64) -> (DuplexStream, DuplexStream, JoinHandle<End>) {
    let (client, mut near) = duplex(1024);
    let (mut far, server) = duplex(1024);
    let relayed = async move { relay(&mut near, &mut far, Duration::from_secs(idle)).await };
    (client, server, tokio::spawn(relayed))
}

#[tokio::test]
async fn who_has_said_everything_may_still_listen() {
    let (mut client, mut server, relay) = relayed(60);
    client.write_all(b"question").await.unwrap();
    client.shutdown().await.unwrap();
    let mut asked = String::new();
    server.read_to_string(&mut asked).await.unwrap();
    assert_eq!(asked, "question");
    server.write_all(b"answer").await.unwrap();
    server.shutdown().await.unwrap();
    let mut answered = String::new();
    client.read_to_string(&mut answered).await.unwrap();
    assert_eq!((answered.as_str(), relay.await.unwrap()), ("answer", End::Closed));
}

#[tokio::test]
async fn a_receiver_that_does_not_read_holds_its_sender_up() {
    let (mut client, mut server, relay) = relayed(60);
    let write = client.write_all(&[7; 1 << 20]);
    let slow = tokio::time::timeout(Duration::from_millis(50), write).await;
    assert!(slow.is_err(), "a megabyte fitted nowhere, and was taken");
    drop(client);
    let mut taken = Vec::new();
    server.read_to_end(&mut taken).await.unwrap();
    assert!(!taken.is_empty() && taken.iter().all(|byte| *byte == 7));
    drop(server);
    relay.await.unwrap();
}

#[tokio::test]
async fn a_broken_side_breaks_the_other() {
    let (client, mut server, relay) = relayed(60);
    drop(server.write_all(b"x").await);
    drop((client, server));
    assert!(matches!(relay.await.unwrap(), End::Closed | End::Reset));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_it_and_a_byte_gives_it_more_time() {
    let (mut client, mut server, relay) = relayed(10);
    tokio::time::sleep(Duration::from_secs(9)).await;
    client.write_all(b"x").await.unwrap();
    server.read_u8().await.unwrap();
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert!(!relay.is_finished());
    let begin = Instant::now();
    assert_eq!(relay.await.unwrap(), End::Idle);
    assert!(begin.elapsed() <= Duration::from_secs(1) + Duration::from_millis(10));
}

/// A client that speaks TLS of this version with a relay, and the server behind that.
async fn spoken(version: SslVersion) -> (SslStream<TcpStream>, TcpStream, JoinHandle<End>) {
    let ((client, near), (mut far, server)) = (connected().await, connected().await);
    client.set_nodelay(true).unwrap();
    let terminator = Terminator::new(&plan(SystemPolicy::V1_2StrictWith1_3, Algorithm::Ecdsa)).unwrap();
    let relay = tokio::spawn(async move {
        let mut near = terminator.accept(near).await.unwrap();
        relay(&mut near, &mut far, Duration::from_secs(60)).await
    });
    let change = |builder: &mut openssl::ssl::SslConnectorBuilder| {
        builder.set_max_proto_version(Some(version)).unwrap();
    };
    (greet(client, "first.example", change).await.unwrap(), server, relay)
}

#[tokio::test]
async fn a_long_answer_in_tls_is_whole_though_its_client_is_slow() {
    let (mut client, mut server, relay) = spoken(SslVersion::TLS1_3).await;
    let long: Vec<u8> = (0..20_000_000).map(|place| (place / 251 + place) as u8).collect();
    let answer = long.clone();
    let answering = tokio::spawn(async move {
        server.write_all(&answer).await.unwrap();
        server.shutdown().await.unwrap();
        server
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!answering.is_finished(), "twenty megabytes fitted nowhere, and were taken");
    let mut answered = Vec::new();
    client.read_to_end(&mut answered).await.unwrap();
    assert!(answered == long, "{} bytes", answered.len());
    client.shutdown().await.unwrap();
    assert_eq!(answering.await.unwrap().read(&mut [0]).await.unwrap(), 0);
    assert_eq!(relay.await.unwrap(), End::Closed);
}

#[tokio::test]
async fn a_session_to_resume_an_answer_and_the_end_are_one_packet() {
    // In TLS 1.2 the client waits for the session, with which the handshake ends.
    for (version, packets) in [(SslVersion::TLS1_2, 3), (SslVersion::TLS1_3, 2)] {
        let (mut client, mut server, relay) = spoken(version).await;
        client.write_all(b"question").await.unwrap();
        server.read_exact(&mut [0; 8]).await.unwrap();
        server.write_all(b"answer").await.unwrap();
        server.shutdown().await.unwrap();
        let mut answered = String::new();
        client.read_to_string(&mut answered).await.unwrap();
        assert_eq!((answered.as_str(), segments(client.get_ref()).1), ("answer", packets));
        client.shutdown().await.unwrap();
        assert_eq!(relay.await.unwrap(), End::Closed);
    }
}
