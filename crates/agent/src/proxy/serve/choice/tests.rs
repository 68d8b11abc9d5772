use std::net::Ipv4Addr;

use super::*;
use crate::proxy::origin::Origin;
use crate::proxy::settings::sample::{self, LISTENER, VIP};

const ONE: ServerIndex = ServerIndex(1);
const TWO: ServerIndex = ServerIndex(2);
const THREE: ServerIndex = ServerIndex(3);

fn way() -> Way {
    let target = SocketAddrV4::new([10, 0, 1, 200].into(), 81);
    let client = SocketAddrV4::new([10, 0, 1, 11].into(), 5000);
    let origin = Origin { client, target, listener: LISTENER, endpoint: None };
    Way { origin, listener: LISTENER, vip: VIP }
}

/// Settings of a listener whose servers have these weights, after others.
fn live(scheduler: Scheduler, weights: &[(ServerIndex, u32)], last: &Live) -> Live {
    let listener = Listener { scheduler, vips: sample::vips(weights), ..sample::listener() };
    Live::of(sample::settings(listener), last).0
}

fn client(number: u32) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::from_bits(0x0a00_0000 + number / 5), 5000 + (number % 5) as u16)
}

/// The servers of so many new clients, each of which stays.
fn chosen(live: &Live, loads: &Arc<Loads>, clients: u32) -> (Vec<ServerIndex>, Vec<Load>) {
    let one = |number| {
        let server = servers(live, loads, &way(), client(number))[0];
        (server, loads.begin(server))
    };
    (0..clients).map(one).unzip()
}

fn count(servers: &[ServerIndex], wanted: ServerIndex) -> usize {
    servers.iter().filter(|server| **server == wanted).count()
}

#[test]
fn turns_are_taken_by_weight_and_go_on_when_settings_change() {
    let loads = Arc::default();
    let weights = [(ONE, 100), (TWO, 50), (THREE, 50)];
    let first = live(Scheduler::Wrr, &weights, &Live::default());
    let (servers, _loads) = chosen(&first, &loads, 401);
    assert_eq!([ONE, TWO, THREE].map(|it| count(&servers[..400], it)), [200, 100, 100]);
    assert_eq!(count(&servers[..4], ONE), 2, "turns are spread: {servers:?}");
    let again = live(Scheduler::Wrr, &weights, &first);
    assert_eq!(chosen(&again, &loads, 3).0, servers[1..4], "the next ones, not the first ones again");
    let equal = live(Scheduler::Rr, &[(ONE, 1), (TWO, 1)], &Live::default());
    assert_eq!(chosen(&equal, &loads, 4).0, [ONE, TWO, ONE, TWO]);
}

#[test]
fn threads_share_the_turns() {
    let live = live(Scheduler::Rr, &[(ONE, 1), (TWO, 1)], &Live::default());
    let all = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| chosen(&live, &Arc::default(), 1000).0)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!((count(&all, ONE), count(&all, TWO)), (2000, 2000));
}

#[test]
fn who_has_the_fewest_connections_for_its_weight_gets_the_next() {
    let loads = Arc::default();
    let live = live(Scheduler::Wlc, &[(ONE, 100), (TWO, 50), (THREE, 25)], &Live::default());
    let (servers, mut open) = chosen(&live, &loads, 70);
    assert_eq!([ONE, TWO, THREE].map(|it| count(&servers, it)), [40, 20, 10]);
    // All of one server's end: it gets as many before anybody else gets one.
    open.retain(|load| load.server != TWO);
    assert_eq!(chosen(&live, &loads, 20).0, [TWO; 20]);
    drop(open);
    assert!(loads.lock().is_empty(), "nothing is remembered of what has ended");
}

#[test]
fn one_address_stays_with_one_server_and_ports_are_spread() {
    let loads = Arc::default();
    for (scheduler, stays) in [(Scheduler::Sch, true), (Scheduler::Tch, false), (Scheduler::Qch, false)] {
        let live = live(scheduler, &[(ONE, 100), (TWO, 100)], &Live::default());
        let (servers, _open) = chosen(&live, &loads, 1000);
        let together = servers.chunks(5).filter(|of_one| count(of_one, of_one[0]) == 5).count();
        assert_eq!(together == 200, stays, "{scheduler:?}: {together} of 200 clients");
        assert!((400..=600).contains(&count(&servers, ONE)), "{scheduler:?}");
    }
}

#[test]
fn others_are_tried_in_their_order_each_once_and_without_any_nobody_is() {
    let loads = Arc::default();
    let weights = [1, 2, 3, 4, 5].map(|id| (ServerIndex(id), 100));
    for scheduler in [Scheduler::Wrr, Scheduler::Wlc, Scheduler::Sch, Scheduler::Tch] {
        let some = live(scheduler, &weights, &Live::default());
        let tried = servers(&some, &loads, &way(), client(1));
        assert_eq!(tried.iter().collect::<BTreeSet<_>>().len(), TRIES, "{scheduler:?}: {tried:?}");
        let none = live(scheduler, &[], &Live::default());
        assert_eq!(servers(&none, &loads, &way(), client(1)), [], "{scheduler:?}");
    }
}
