use std::net::{Ipv4Addr, UdpSocket as Blocking};
use std::process::Command;

use model::net::Family;
use model::nlb::ProxyProtocol;
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::*;
use crate::kernel::netns::Netns;
use crate::proxy::UDP;
use crate::proxy::callers::Opened;
use crate::proxy::settings::Listener;
use crate::proxy::settings::sample::{self, LISTENER};

const CLIENT: &str = "10.0.1.11:5000";
const TARGET: &str = "10.0.1.200:53";
const NLB: Ipv4Addr = Ipv4Addr::new(100, 112, 0, 9);
/// What another address of the zone stands behind.
const OTHER: Ipv4Addr = Ipv4Addr::new(100, 112, 0, 10);
const HEADER: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x12\x00\x0c\x0a\x00\x01\x0b\x0a\x00\x01\xc8\x13\x88\x00\x35";

/// Runs a test in a namespace of its own that has the NLB's addresses, where it disturbs nobody.
fn alone<T: Future<Output = ()>>(name: &str, test: impl FnOnce() -> T + Send + 'static) {
    let namespace = Netns::named(format!("dg-{}-{name}", std::process::id()));
    namespace.create().unwrap();
    let inside = std::thread::spawn(move || {
        namespace.enter().unwrap();
        // The thread keeps it alive; a test that is killed leaves no name behind.
        namespace.delete().unwrap();
        let [nlb, other] = [NLB, OTHER].map(|address| format!("{address}/32"));
        for arguments in [
            &["link", "set", "lo", "up"][..],
            &["addr", "add", &nlb, "dev", "lo"],
            &["addr", "add", &other, "dev", "lo"],
        ] {
            assert!(Command::new("ip").args(arguments).status().unwrap().success());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async { timeout(Duration::from_secs(90), test()).await.unwrap() });
    });
    inside.join().unwrap();
}

fn origin() -> Origin {
    let [client, target] = [CLIENT, TARGET].map(|end| end.parse().unwrap());
    Origin { client, target, listener: LISTENER, endpoint: None }
}

/// A server on loopback.
fn server() -> UdpSocket {
    let socket = Blocking::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    UdpSocket::from_std(socket).unwrap()
}

/// Settings of a listener whose group has these servers, the last of which is to be chosen; the others fail.
fn live(servers: &[&UdpSocket]) -> Arc<Live> {
    let last = servers.len() as u32 - 1;
    let member = |(id, socket): (u32, &&UdpSocket)| {
        let port = socket.local_addr().unwrap().port();
        (
            ServerIndex(id),
            Server { alias: Ipv4Addr::LOCALHOST, family: Family::Ipv4, from: None, port, fails: id != last },
        )
    };
    let listener = Listener {
        proxy_protocol: Some(ProxyProtocol { enabled: true, vpc: false, endpoint: false, service: false }),
        idle_timeout: 20,
        vips: sample::vips(&[(ServerIndex(last), 100)]),
        members: (0..).zip(servers).map(member).collect(),
        ..sample::listener()
    };
    Arc::new(Live { settings: sample::settings(listener), ..Live::default() })
}

/// A relay and one of its clients, by the address that it has there.
fn relay(room: usize) -> (Relay, UdpSocket, SocketAddrV4) {
    let (clients, client) = (server(), server());
    let SocketAddr::V4(peer) = client.local_addr().unwrap() else { panic!() };
    (Relay::new(clients, Arc::default(), Arc::default(), room), client, peer)
}

async fn received(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut bytes = vec![0; LONGEST];
    let (length, from) = socket.recv_from(&mut bytes).await.unwrap();
    (bytes[..length].to_vec(), from)
}

#[test]
fn each_datagram_goes_with_a_header_in_the_nlbs_name_and_answers_come_without() {
    alone("header", || async {
        let (server, (mut relay, client, peer)) = (server(), relay(10));
        let live = live(&[&server]);
        let mut from = Vec::new();
        for payload in [&b"first"[..], b"", b"third"] {
            relay.forward(peer, origin(), &live, payload);
            let (bytes, nlb) = received(&server).await;
            assert_eq!(bytes, [HEADER, payload].concat());
            from.push(nlb);
        }
        assert_eq!((from[0].ip(), from[1], from[2]), (NLB.into(), from[0], from[0]));
        server.send_to(b"an answer", from[0]).await.unwrap();
        assert_eq!(received(&client).await, (b"an answer".to_vec(), relay.clients.local_addr().unwrap()));
        let SocketAddr::V4(nlb) = from[0] else { panic!() };
        let SocketAddr::V4(to) = server.local_addr().unwrap() else { panic!() };
        assert_eq!(relay.callers.of(Opened { protocol: UDP, from: nlb, to }), Some(origin()));
    });
}

#[test]
fn a_server_that_fails_gets_no_more_and_its_answers_still_come() {
    alone("fails", || async {
        let (one, other, (mut relay, client, peer)) = (server(), server(), relay(10));
        relay.forward(peer, origin(), &live(&[&one]), b"first");
        let (_, nlb) = received(&one).await;
        relay.forward(peer, origin(), &live(&[&one, &other]), b"second");
        assert_eq!(received(&other).await.0, [HEADER, b"second"].concat());
        one.send_to(b"late", nlb).await.unwrap();
        assert_eq!(received(&client).await.0, b"late");
    });
}

#[test]
fn a_flow_goes_on_from_its_address_until_that_is_taken_off_and_then_from_another() {
    alone("moved", || async {
        let (server, (mut relay, _client, peer)) = (server(), relay(10));
        let speaking_from = |sources: &[Ipv4Addr]| {
            let mut settings = live(&[&server]).settings.clone();
            let vips = settings.listeners.values_mut().flat_map(|it| it.vips.values_mut());
            vips.for_each(|vip| vip.sources = [(Family::Ipv4, sources.to_vec())].into());
            Arc::new(Live { settings, ..Live::default() })
        };
        let mut seen = Vec::new();
        for sources in [&[NLB][..], &[OTHER, NLB], &[NLB, OTHER], &[OTHER]] {
            relay.forward(peer, origin(), &speaking_from(sources), b"");
            seen.push(received(&server).await.1.ip());
        }
        assert_eq!(seen, [NLB, NLB, NLB, OTHER]);
    });
}

#[test]
fn a_closed_port_costs_no_later_datagram() {
    alone("closed", || async {
        let (server, (mut relay, _client, peer)) = (server(), relay(10));
        let live = live(&[&server]);
        let at = server.local_addr().unwrap();
        drop(server);
        relay.forward(peer, origin(), &live, b"nobody is there");
        let server = UdpSocket::bind(at).await.unwrap();
        relay.forward(peer, origin(), &live, b"somebody is");
        assert_eq!(received(&server).await.0, [HEADER, b"somebody is"].concat());
    });
}

#[test]
fn what_is_idle_is_forgotten_and_what_talks_is_not() {
    alone("idle", || async {
        let (server, (mut relay, _client, peer)) = (server(), relay(10));
        let live = live(&[&server]);
        let silent = SocketAddrV4::new(*peer.ip(), 1);
        let forward = |relay: &mut Relay, peer| relay.forward(peer, origin(), &live, b"");
        forward(&mut relay, peer);
        forward(&mut relay, silent);
        tokio::time::pause();
        for _ in 0..2 {
            tokio::time::advance(Duration::from_secs(19)).await;
            forward(&mut relay, peer);
            relay.forget_idle();
        }
        assert_eq!(relay.flows.keys().collect::<Vec<_>>(), [&peer]);
        assert_eq!(relay.callers.count(), 1);
    });
}

#[test]
fn where_flows_are_many_those_that_were_heard_longest_ago_make_room() {
    alone("many", || async {
        let (server, (mut relay, _client, peer)) = (server(), relay(16));
        let live = live(&[&server]);
        for port in 1..1000 {
            relay.forward(peer, origin(), &live, b"who talks");
            relay.forward(SocketAddrV4::new(*peer.ip(), port), origin(), &live, b"a flood");
            assert!(relay.flows.len() <= 17, "{}", relay.flows.len());
            assert!(relay.flows.contains_key(&peer));
        }
    });
}

#[test]
fn where_files_are_few_there_is_room_for_one_flow_and_it_makes_room_for_the_next() {
    alone("few", || async {
        let (server, (mut relay, _client, peer)) = (server(), relay(room(usize::MAX)));
        let live = live(&[&server]);
        for port in [1, 2] {
            relay.forward(SocketAddrV4::new(*peer.ip(), port), origin(), &live, b"");
            assert_eq!(relay.flows.keys().map(SocketAddrV4::port).collect::<Vec<_>>(), [port]);
        }
    });
}

#[test]
fn what_asks_another_listener_from_the_same_port_is_another_flow() {
    alone("other", || async {
        let (server, (mut relay, _client, peer)) = (server(), relay(10));
        let live = live(&[&server]);
        relay.forward(peer, origin(), &live, b"");
        let (_, before) = received(&server).await;
        let target = "10.0.1.200:54".parse().unwrap();
        relay.forward(peer, Origin { target, ..origin() }, &live, b"");
        let (bytes, after) = received(&server).await;
        assert_eq!((bytes[26..].to_vec(), after == before), (vec![0, 54], false));
        relay.forward(peer, Origin { listener: model::id::ListenerIndex(2), ..origin() }, &live, b"");
        assert!(relay.flows.is_empty(), "there is no such listener");
    });
}
