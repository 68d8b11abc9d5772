use std::net::Ipv4Addr;

use tokio::io::AsyncReadExt as _;

use super::*;
use crate::kernel::netns::Netns;
use crate::proxy::corked::tests::{connected, segments};
use crate::proxy::settings::sample::{self, LISTENER, VIP};

const SERVER: ServerIndex = ServerIndex(5);

fn way() -> Way {
    let target = SocketAddrV4::new([10, 0, 1, 200].into(), 81);
    let client = SocketAddrV4::new([10, 0, 1, 11].into(), 5000);
    let origin = Origin { client, target, listener: LISTENER, endpoint: None };
    Way { origin, listener: LISTENER, vip: VIP }
}

/// A listener whose server has left, fails or serves, with ten seconds for what goes on.
fn live(server: Option<bool>) -> Arc<Live> {
    let member = |fails| {
        (SERVER, Server { alias: Ipv4Addr::LOCALHOST, family: Family::Ipv4, from: None, port: 81, fails })
    };
    let members = server.map(member).into_iter().collect();
    let listener = Listener { members, drain_seconds: 10, ..sample::listener() };
    Arc::new(Live { settings: sample::settings(listener), ..Live::default() })
}

/// Seconds until a connection is dismissed whose settings change in this way, each change after so many seconds.
async fn dismissed_after(changes: Vec<(u64, Arc<Live>)>) -> u64 {
    let (settings, seen) = watch::channel(live(Some(false)));
    let begin = Instant::now();
    let change = async {
        for (seconds, live) in changes {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            settings.send_replace(live);
        }
        std::future::pending::<()>().await;
    };
    let way = way();
    tokio::select! {
        () = dismissed(seen, &way, SERVER) => {}
        () = change => {}
    }
    begin.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_connection_outlives_its_server_for_as_long_as_the_group_says() {
    for gone in [None, Some(true)] {
        // What changes meanwhile gives it no more time.
        assert_eq!(dismissed_after(vec![(3, live(gone)), (4, live(gone))]).await, 13);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_passes_its_checks_again_keeps_its_connections() {
    let changes = vec![(1, live(Some(true))), (9, live(Some(false))), (100, live(Some(true)))];
    assert_eq!(dismissed_after(changes).await, 120);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_taken_back_waits_for_nothing() {
    let closed = Arc::new(Live::default());
    assert_eq!(dismissed_after(vec![(1, live(None)), (2, closed)]).await, 3);
}

#[tokio::test]
async fn what_a_client_has_said_reaches_its_server_with_the_header_in_one_packet() {
    let ((mut client, mut near), (mut far, mut server)) = (connected().await, connected().await);
    client.write_all(b"question").await.unwrap();
    near.readable().await.unwrap();
    begin(&mut near, &mut far, b"header ".to_vec()).await.unwrap();
    let mut said = [0; 15];
    server.read_exact(&mut said).await.unwrap();
    assert_eq!((&said, segments(&server).1), (b"header question", 1));
    // A client that waits for its server to begin holds nothing up.
    begin(&mut near, &mut far, b"header".to_vec()).await.unwrap();
    server.read_exact(&mut said[..6]).await.unwrap();
    assert_eq!(&said[..6], b"header");
    client.set_zero_linger().unwrap();
    drop(client);
    near.readable().await.unwrap();
    assert!(begin(&mut near, &mut far, b"lost".to_vec()).await.is_err());
}

fn loopback(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, last)
}

/// Loopback stands in for the services network.
#[test]
fn a_server_is_spoken_to_from_the_next_address_when_one_has_no_port_left() {
    let namespace = Netns::named(format!("px-{}", std::process::id()));
    namespace.create().unwrap();
    let seen = namespace.within(|| {
        // The thread keeps it alive; a test that is killed leaves no name behind.
        namespace.delete().unwrap();
        let up = std::process::Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap();
        assert!(up.success());
        std::fs::write("/proc/sys/net/ipv4/ip_local_port_range", "2000 2001").unwrap();
        let server = std::net::TcpListener::bind("127.0.0.1:81").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(spoken_to_from(&server, [5, 6].map(loopback)))
    });
    assert_eq!(seen.unwrap(), [5, 5, 6, 6].map(loopback), "the fifth found no port");
}

/// The addresses that a server sees of five clients, each port range having room for two.
async fn spoken_to_from(server: &std::net::TcpListener, sources: [Ipv4Addr; 2]) -> Vec<Ipv4Addr> {
    let to = Server { alias: Ipv4Addr::LOCALHOST, family: Family::Ipv4, from: None, port: 81, fails: false };
    let mut open = Vec::new();
    for _ in 0..5 {
        open.extend(super::open(&way(), &to, &sources, false).await);
    }
    open.iter()
        .map(|_| match server.accept().unwrap().1 {
            SocketAddr::V4(from) => *from.ip(),
            SocketAddr::V6(from) => panic!("{from}"),
        })
        .collect()
}
