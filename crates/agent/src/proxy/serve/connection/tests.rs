use std::net::Ipv4Addr;

use tokio::io::AsyncReadExt as _;

use super::*;
use crate::proxy::corked::tests::segments;
use crate::proxy::settings::sample::{self, LISTENER, VIP};
use crate::proxy::splice::tests::connected;

const SERVER: ServerIndex = ServerIndex(5);

fn way() -> Way {
    let target = SocketAddrV4::new([10, 0, 1, 200].into(), 81);
    let client = SocketAddrV4::new([10, 0, 1, 11].into(), 5000);
    let origin = Origin { client, target, listener: LISTENER, endpoint: None };
    Way { origin, listener: LISTENER, vip: VIP }
}

/// A listener whose server has left, fails or serves, with ten seconds for what goes on.
fn live(server: Option<bool>) -> Arc<Live> {
    let member = |fails| (SERVER, Server { alias: Ipv4Addr::LOCALHOST, from: None, port: 81, fails });
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
