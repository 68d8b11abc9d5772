//! Real packets, seen: captured at both sides of an endpoint, and the next one of a client led through the stages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use agent::capture::{Capture, CaptureError, Captured, Filter, Packet, Target};
use agent::flows::FlowProtocol;
use agent::trace::{From, Protocol, Question, Trace, TraceError};

use crate::fixture::{self, CLIENT_G, CLIENT_K, Host};
use crate::traffic::{connect, ping, serve};

/// Does something over and over until the work is done.
fn meanwhile<T>(again: impl Fn() + Sync, work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                again();
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let outcome = work();
        done.store(true, Ordering::Relaxed);
        outcome
    })
}

/// What was captured until `enough` is in it, as interface, direction and packet.
fn captured(capture: &mut Capture, enough: impl Fn(&[Captured]) -> bool) -> Vec<(usize, bool, Packet)> {
    let (mut all, begin) = (Vec::new(), Instant::now());
    while !enough(&all) {
        assert!(begin.elapsed() < Duration::from_secs(20), "not captured: {all:?}");
        all.extend(capture.take(Duration::from_millis(50)).unwrap());
    }
    all.iter().map(|it| (it.interface, it.outgoing, Packet::of(&it.bytes).unwrap())).collect()
}

#[test]
fn both_sides_of_an_endpoint_are_captured_and_nothing_else() {
    let host = Host::start("capture");
    let _servers = host.servers();
    let _neighbour = serve(host.netns(CLIENT_K), "10.0.2.10:80", "n");
    let endpoint = Target::Endpoint("ep-1".parse().unwrap());
    let mut capture = Capture::begin(&host.config, &host.plan, &endpoint, Filter::default()).unwrap();
    let names: Vec<String> = capture.interfaces().map(str::to_owned).collect();
    assert_eq!(names, ["eni-1 of i-1", "eni-2 of i-2", "eni-3 of i-3", "eni-4 of i-4"]);
    assert_eq!(connect(host.netns(CLIENT_G), "10.0.2.10:80").unwrap().ask(), "n");
    let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    if connection.ask() == "g" {
        // That server has the client's own address, and sees the load balancer's; the other one does not.
        connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
        assert_eq!(connection.ask(), "k");
    }
    let source = connection.source().to_string();
    let is_answered = |all: &[Captured]| {
        let to_client = |it: &Captured| {
            let packet = Packet::of(&it.bytes).unwrap();
            it.interface == 0
                && !it.outgoing
                && packet.to.to_string() == source
                && packet.letters().unwrap() == "P."
        };
        all.iter().any(to_client)
    };
    let all = captured(&mut capture, is_answered);
    let seen = |interface, outgoing, from: &str, to: &str, letters: &str| {
        all.iter().any(|(at, way, packet)| {
            (*at, *way) == (interface, outgoing)
                && (packet.from.to_string(), packet.to.to_string()) == (from.to_owned(), to.to_owned())
                && packet.letters().unwrap() == letters
        })
    };
    assert!(seen(0, true, &source, "10.0.1.200:80", "S"), "{all:?}");
    assert!(seen(3, false, &source, "10.0.2.11:80", "S"), "{all:?}");
    assert!(seen(3, true, "10.0.2.11:80", &source, "S."), "{all:?}");
    assert!(seen(0, false, "10.0.1.200:80", &source, "S."), "{all:?}");
    assert!(all.iter().all(|(_, _, packet)| packet.to.ip().to_string() != "10.0.2.10"), "{all:?}");
    assert_eq!(capture.lost().unwrap(), 0);
}

#[test]
fn one_interface_is_captured_as_a_filter_says() {
    let host = Host::start("tap");
    let of = |target, filter| Capture::begin(&host.config, &host.plan, &target, filter);
    let pings = Filter { protocol: Some(FlowProtocol::Icmp), ..Filter::default() };
    let mut capture = of(Target::Instance(fixture::instance(CLIENT_G)), pings.clone()).unwrap();
    let _server = serve(host.netns(CLIENT_K), "10.0.2.10:80", "n");
    connect(host.netns(CLIENT_G), "10.0.2.10:80").unwrap().ask();
    assert!(ping(host.netns(CLIENT_G), "10.0.1.1"), "the gateway answers");
    let all = captured(&mut capture, |all| all.len() >= 2);
    let ways: Vec<_> = all.iter().map(|(_, outgoing, packet)| (*outgoing, packet.protocol)).collect();
    assert_eq!(ways, [(true, 1), (false, 1)]);
    let nobody = of(Target::Eni("eni-9".parse().unwrap()), pings);
    assert!(matches!(nobody, Err(CaptureError::NoInterface(name)) if name == "eni-9"));
}

#[test]
fn the_next_packet_of_a_client_is_traced_as_it_went() {
    let host = Host::start("next");
    let _servers = host.servers();
    let next = |to: &str, port, seconds| {
        let (from, to) = (From::Instance(fixture::instance(CLIENT_G)), to.to_owned());
        let question = Question { from, to, port, protocol: Protocol::Tcp };
        agent::trace::next(&host.config, &host.plan, &question, Duration::from_secs(seconds))
    };
    let stage = |trace: &Trace, name: &str| {
        let found = trace.stages.iter().find(|stage| stage.stage == name);
        found.unwrap_or_else(|| panic!("no {name}: {trace:?}")).clone()
    };
    // Of a connection that is there: where it really goes.
    let connection = std::sync::Mutex::new(connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap());
    let (name, source) = {
        let mut connection = connection.lock().unwrap();
        (connection.ask(), connection.source().to_string())
    };
    let ask = || {
        connection.lock().unwrap().ask();
    };
    let trace = meanwhile(ask, || next("10.0.1.200", 80, 20)).unwrap();
    assert!(trace.passes, "{trace:?}");
    assert!(
        stage(&trace, "packet").decision.starts_with(&format!("{source} > 10.0.1.200:80 [")),
        "{trace:?}"
    );
    assert_eq!(stage(&trace, "flow").decision, "established");
    let server = if name == "g" { "10.0.1.10:80" } else { "10.0.2.11:80" };
    assert_eq!(stage(&trace, "server").decision, server);
    assert!(stage(&trace, "verdict").decision.ends_with(server), "{trace:?}");

    // Of one that is refused: why.
    let refused = || drop(connect(host.netns(CLIENT_G), "10.0.1.200:81"));
    let trace = meanwhile(refused, || next("10.0.1.200", 81, 20)).unwrap();
    assert!(!trace.passes, "{trace:?}");
    assert_eq!(
        (stage(&trace, "flow").decision, stage(&trace, "endpoint rules").decision),
        ("none".into(), "drop".into())
    );

    // Of nobody.
    assert!(matches!(next("10.0.1.200", 82, 1), Err(TraceError::Silence(1))));
}
