//! Real packets, seen: captured at both sides of an endpoint, and the next one of a client led through the stages.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use agent::capture::{Capture, CaptureError, Captured, Filter, Packet, Target};
use agent::flows::{FlowProtocol, Viewer};
use agent::trace::{From, Protocol, Question, Stage, Trace, TraceError};
use agent::whois::{Receiver, whois};
use model::id::Network;
use model::net::Family;
use model::plan::NamePlan;

use crate::fixture::{self, CLIENT_G, CLIENT_K, Host, SERVER_G};
use crate::ipv6;
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

fn stage(trace: &Trace, name: &str) -> Stage {
    let found = trace.stages.iter().find(|stage| stage.stage == name);
    found.unwrap_or_else(|| panic!("no {name}: {trace:?}")).clone()
}

#[test]
fn the_next_packet_of_a_client_is_traced_as_it_went() {
    let host = Host::start("next");
    let _servers = host.servers();
    let next = |to: &str, port, seconds| {
        let (from, to) = (From::Instance(fixture::instance(CLIENT_G)), to.to_owned());
        let question = Question { from, to, family: None, port, protocol: Protocol::Tcp };
        agent::trace::next(&host.config, &host.plan, &question, Duration::from_secs(seconds))
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

/// A connection of the first client's through the endpoint, looked at in every way: both sides are told in their own family.
/// The server sees the load balancer's address of its family, `nlb`.
fn looked_at(host: &Host, to: &str, nlb: &str, server: &str) {
    let target = Target::Endpoint("ep-1".parse().unwrap());
    let mut capture = Capture::begin(&host.config, &host.plan, &target, Filter::default()).unwrap();
    let mut connection = connect(host.netns(CLIENT_G), to).unwrap();
    connection.ask();
    let source = connection.source();
    let served = SocketAddr::new(nlb.parse().unwrap(), source.port()).to_string();
    let source = source.to_string();
    let all = captured(&mut capture, |all| {
        let letters = |it: &Captured| Packet::of(&it.bytes).and_then(|packet| packet.letters());
        all.iter().any(|it| (it.interface, it.outgoing, letters(it)) == (0, false, Some("P.".into())))
    });
    let seen = |interface, outgoing, from: &str, to: &str| {
        let is_it = |packet: &Packet| {
            (packet.from.to_string().as_str(), packet.to.to_string().as_str()) == (from, to)
        };
        all.iter().any(|(at, way, packet)| (*at, *way) == (interface, outgoing) && is_it(packet))
    };
    assert!(seen(0, true, &source, to) && seen(0, false, to, &source), "{all:?}");
    assert!(seen(2, false, &served, server) && seen(2, true, server, &served), "{all:?}");

    let question = agent::whois::Question { from: served.parse().unwrap(), receiver: Receiver::Any };
    let [caller] = &whois(&host.config, &host.plan, &question).unwrap()[..] else { panic!("one caller") };
    let ends = [caller.to.to_string(), caller.client.unwrap().to_string(), caller.asked.unwrap().to_string()];
    assert_eq!(ends, [server, &source, to]);
    assert_eq!(
        (&caller.receiver, caller.eni.as_ref().unwrap().as_str()),
        (&fixture::instance(SERVER_G), "eni-1")
    );

    let asked: SocketAddr = to.parse().unwrap();
    let question = Question {
        from: From::Instance(fixture::instance(CLIENT_G)),
        to: asked.ip().to_string(),
        family: None,
        port: 80,
        protocol: Protocol::Tcp,
    };
    let trace = agent::trace::trace(&host.config, &host.plan, &question, &Viewer::Operator).unwrap();
    let passes = SocketAddr::new(nlb.parse().unwrap(), 49152);
    assert_eq!(stage(&trace, "verdict").decision, format!("passes as {passes} > {server}"), "{trace:?}");
    assert_eq!(stage(&trace, "server").decision, server);
    let told = format!("{trace:?}");
    assert!(!told.contains("another revision"), "each rule is the one that decides: {told}");
    assert!(stage(&trace, "destination").decision.starts_with("endpoint ep-1"), "{trace:?}");

    let connection = std::sync::Mutex::new(connection);
    let ask = || drop(connection.lock().unwrap().ask());
    let next = || agent::trace::next(&host.config, &host.plan, &question, Duration::from_secs(20));
    let trace = meanwhile(ask, next).unwrap();
    assert!(stage(&trace, "packet").decision.starts_with(&format!("{source} > {to} [")), "{trace:?}");
    assert_eq!(stage(&trace, "flow").decision, "established");
    assert_eq!(stage(&trace, "verdict").decision, format!("passes as {served} > {server}"));
}

#[test]
fn a_connection_between_the_families_is_seen_at_both_of_its_sides() {
    let mut host = ipv6::host("seen6");
    ipv6::servers(&mut host).servers.pop_last();
    host.pass();
    let _servers = ["10.0.1.10:80", "[fd00:2::10]:80"].map(|at| serve(host.netns(SERVER_G), at, "g"));
    looked_at(&host, "[fd00:1::200]:80", "10.0.1.100", "10.0.1.10:80");
    ipv6::serve_by_ipv6(&mut host);
    looked_at(&host, "10.0.1.200:80", "fd00:2::100", "[fd00:2::10]:80");
}

#[test]
fn a_trace_goes_by_the_family_that_is_asked_for() {
    let mut host = ipv6::host("trace6");
    let shop = ["10.0.1.200", "fd00:1::200"].map(|it| (it.parse().unwrap(), fixture::zone("g")));
    let shop = NamePlan { addresses: shop.into(), zone_affinity: false };
    host.plan.vpcs.get_mut(&Network(1)).unwrap().names.insert("shop.example".into(), shop);
    let ask = |from: &From, to: &str, family, port, protocol| {
        let question = Question { from: from.clone(), to: to.to_owned(), family, port, protocol };
        agent::trace::trace(&host.config, &host.plan, &question, &Viewer::Operator)
    };
    let client = From::Instance(fixture::instance(CLIENT_G));
    let by = |from, family| {
        let trace = ask(from, "shop.example", family, 80, Protocol::Tcp).unwrap();
        stage(&trace, "destination").by.unwrap()
    };
    assert_eq!(
        (by(&client, None), by(&client, Some(Family::Ipv6))),
        ("10.0.1.200".into(), "fd00:1::200".into())
    );
    assert_eq!(by(&From::Address("fd00:1::10".parse().unwrap()), None), "fd00:1::200");

    // Rules, pings and refusals are those of the family.
    let ping = ask(&client, "[fd00:1:0:1::10]", None, 0, Protocol::Icmp).unwrap();
    let rule = stage(&ping, "ingress rules").by.unwrap();
    assert!(ping.passes && rule.contains("accept icmpv6 from fd00:1::/56"), "{ping:?}");
    let refused = ask(&client, "fd00:1::200", None, 81, Protocol::Tcp).unwrap();
    assert_eq!((refused.passes, stage(&refused, "endpoint rules").decision.as_str()), (false, "drop"));
    let nowhere = ask(&client, "fd00:9::9", None, 80, Protocol::Udp).unwrap();
    assert_eq!(stage(&nowhere, "destination").decision, "nothing has this address in the VPC");

    let error = |to, family| ask(&client, to, family, 80, Protocol::Tcp).unwrap_err();
    assert!(matches!(error("10.0.1.200", Some(Family::Ipv6)), TraceError::NotOfFamily { .. }));
    host.plan.ports.get_mut(&CLIENT_G).unwrap().ipv6.clear();
    let question =
        Question { from: client, to: "fd00:1::200".into(), family: None, port: 80, protocol: Protocol::Tcp };
    let error = agent::trace::trace(&host.config, &host.plan, &question, &Viewer::Operator).unwrap_err();
    assert!(matches!(error, TraceError::NoSource { .. }), "{error}");
}
