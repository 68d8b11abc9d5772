use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;

/// Both ends of a connection over loopback.
pub(in crate::proxy) async fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

/// The same, one of them corked.
async fn corked() -> (TcpStream, Corked) {
    let (peer, stream) = connected().await;
    (peer, Corked::new(stream))
}

/// What has arrived in a twentieth of a second.
async fn arrived(peer: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = async { while peer.read_buf(&mut bytes).await.unwrap() > 0 {} };
    let _ = timeout(Duration::from_millis(50), read).await;
    bytes
}

/// Segments that the peer's kernel has counted: all of them, and those with bytes in them.
pub(in crate::proxy) fn segments(peer: &TcpStream) -> (u32, u32) {
    // Fields tcpi_segs_in and tcpi_data_segs_in of struct tcp_info (Linux 4.6), by their distance from its beginning.
    const PLACES: (usize, usize) = (140, 152);
    let mut info = [0_u8; 192];
    let mut length = info.len() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes.
    let result = unsafe {
        let fd = std::os::fd::AsRawFd::as_raw_fd(peer);
        libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, info.as_mut_ptr().cast(), &raw mut length)
    };
    assert_eq!(result, 0);
    let field = |place: usize| u32::from_ne_bytes(info[place..place + 4].try_into().unwrap());
    (field(PLACES.0), field(PLACES.1))
}

#[tokio::test]
async fn what_is_written_waits_until_the_peer_is_waited_for() {
    let (mut peer, mut corked) = corked().await;
    for message in [b"one", b"two"] {
        corked.write_all(message).await.unwrap();
        corked.flush().await.unwrap();
    }
    assert_eq!((arrived(&mut peer).await, segments(&peer).1), (vec![], 0));
    let read = async { timeout(Duration::from_millis(50), corked.read_u8()).await };
    let (bytes, nothing) = tokio::join!(arrived(&mut peer), read);
    assert!(nothing.is_err());
    assert_eq!((bytes.as_slice(), segments(&peer).1), (&b"onetwo"[..], 1));
}

#[tokio::test]
async fn what_the_peer_has_said_is_read_before_anything_leaves() {
    let (mut peer, mut corked) = corked().await;
    corked.write_all(b"ticket").await.unwrap();
    peer.write_all(b"?").await.unwrap();
    assert_eq!(corked.read_u8().await.unwrap(), b'?');
    corked.uncork();
    corked.write_all(b"answer").await.unwrap();
    corked.flush().await.unwrap();
    assert_eq!((arrived(&mut peer).await.as_slice(), segments(&peer).1), (&b"ticketanswer"[..], 1));
}

#[tokio::test]
async fn the_end_goes_along_with_the_last_message() {
    let (mut peer, mut corked) = corked().await;
    corked.uncork();
    corked.write_all(b"answer").await.unwrap();
    assert_eq!(arrived(&mut peer).await, b"answer");
    let before = segments(&peer).0;
    corked.cork();
    corked.write_all(b"bye").await.unwrap();
    corked.shutdown().await.unwrap();
    let mut rest = Vec::new();
    timeout(Duration::from_secs(1), peer.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert_eq!((rest.as_slice(), segments(&peer).0 - before), (&b"bye"[..], 1));
}

#[tokio::test]
async fn what_is_too_much_leaves_in_its_order_though_the_peer_is_slow() {
    for corked_at_first in [true, false] {
        let (mut peer, mut corked) = corked().await;
        if !corked_at_first {
            corked.uncork();
        }
        let sent: Vec<u8> = (0..8_000_000_usize).map(|place| (place / 251 + place) as u8).collect();
        let expected = sent.clone();
        let writing = tokio::spawn(async move {
            for message in sent.chunks(5_000) {
                corked.write_all(message).await.unwrap();
                corked.flush().await.unwrap();
            }
            corked.shutdown().await.unwrap();
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut whole = Vec::new();
        peer.read_to_end(&mut whole).await.unwrap();
        writing.await.unwrap();
        assert!(whole == expected, "{} bytes", whole.len());
    }
}

#[tokio::test]
async fn a_peer_that_is_gone_is_an_error() {
    let (peer, mut corked) = corked().await;
    peer.set_zero_linger().unwrap();
    drop(peer);
    tokio::time::sleep(Duration::from_millis(20)).await;
    corked.write_all(b"for nobody").await.unwrap();
    assert!(corked.shutdown().await.is_err());
}
