//! The data plane for real: namespaces, links, the kernel program, sockets. Needs root.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agent_run;
mod assistant;
mod fixture;
mod flows;
mod ipv6;
mod leaving;
mod metadata;
mod seen;
mod traffic;
mod whois;

use std::io::ErrorKind;
use std::time::Duration;

use agent::carried::{self, Carrier, Total};
use agent::flows::Viewer;
use agent::kernel::frames::Frames;
use agent::kernel::maps::Maps;
use agent::kernel::programs::{Attachment, Programs, maps_dir};
use agent::reconcile::OBJECT;
use agent::resets::Reset;
use agent::sweep::{Memory, Swept, sweep};
use agent::trace::{From, Protocol, Question, Trace};
use fixture::{CLIENT_G, CLIENT_K, Host, SERVER_G, long_ago};
use model::id::{AccountId, EndpointIndex, GroupIndex, PortIndex, Revision};
use model::plan::HostPlan;
use tables::{EventKind, FlowState};
use traffic::{connect, ping, serve, serve_udp, udp_exchange};

const IN_VPC_TIMEOUT: Duration = Duration::from_secs(1);

#[test]
fn neighbours_of_a_vpc_reach_each_other() {
    let host = Host::start("near");
    let _server = serve(host.netns(CLIENT_K), "10.0.2.10:80", "k");
    assert_eq!(connect(host.netns(CLIENT_G), "10.0.2.10:80").unwrap().ask(), "k");
    let _echo = serve_udp(host.netns(CLIENT_K), "10.0.2.10:53");
    assert_eq!(udp_exchange(host.netns(CLIENT_G), "10.0.2.10:53", b"hello").unwrap(), b"hello");
    assert!(ping(host.netns(CLIENT_G), "10.0.2.10"));
    assert!(ping(host.netns(CLIENT_G), "10.0.1.1"), "the gateway answers");
}

#[test]
fn an_endpoint_leads_to_the_servers_of_the_other_vpc() {
    let host = Host::start("road");
    let _servers = host.servers();
    let answers: Vec<String> =
        (0..40).map(|_| connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap().ask()).collect();
    assert!(answers.iter().any(|a| a == "g") && answers.iter().any(|a| a == "k"), "{answers:?}");
    assert!(["g", "k"].contains(&connect(host.netns(CLIENT_K), "10.0.2.200:80").unwrap().ask().as_str()));
}

#[test]
fn a_load_balancer_is_reached_from_inside_its_vpc() {
    let host = Host::start("vip");
    let _servers = host.servers();
    let answer = connect(host.netns(SERVER_G), "10.0.2.100:80").unwrap().ask();
    assert!(["g", "k"].contains(&answer.as_str()));
}

#[test]
fn what_no_endpoint_carries_does_not_cross() {
    let host = Host::start("deny");
    let _servers = host.servers();
    let client = host.netns(CLIENT_G);
    assert!(connect(client.clone(), "10.0.2.11:80").is_err(), "a server's own address");
    assert!(connect(client.clone(), "10.0.1.100:80").is_err(), "the load balancer's own address");
    assert!(connect(client.clone(), "10.0.1.200:81").is_err(), "a port without a listener");
    assert!(!ping(client, "10.0.2.11"));
    assert!(connect(host.netns(SERVER_G), "10.0.2.10:80").is_err(), "from provider to consumer");
    assert!(host.status().drops.iter().any(|drop| drop.packets > 0), "drops are counted");
}

#[test]
fn revocation_cuts_an_established_connection_within_a_second_and_acceptance_opens_the_road() {
    let mut host = Host::start("revoke");
    let _servers = host.servers();
    let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    assert!(!connection.ask().is_empty());
    host.plan = revoked();
    host.pass();
    assert!(connection.try_ask(IN_VPC_TIMEOUT).is_err(), "an established connection is cut");
    assert!(connect(host.netns(CLIENT_G), "10.0.1.200:80").is_err());
    host.plan = fixture::plan();
    host.pass();
    assert!(!connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap().ask().is_empty());
}

#[test]
fn an_established_connection_survives_restarts_and_passes() {
    let mut host = Host::start("restart");
    let _servers = host.servers();
    let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    let before = connection.ask();
    let links = host.link_indices();
    for _ in 0..3 {
        host.restart();
        assert_eq!(connection.ask(), before);
    }
    assert_eq!(host.link_indices(), links, "links are kept");
    assert_eq!(host.pass().changes.entries, 0, "a pass over what is right changes nothing");
}

#[test]
fn a_new_program_takes_over_established_connections() {
    let mut host = Host::start("upgrade");
    let _servers = host.servers();
    let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    let before = connection.ask();
    // The same code under another hash: the loader cannot tell.
    let newer = [OBJECT, b"newer"].concat();
    let mut programs = Programs::open(&host.config.bpf_dir(), &newer, Attachment::of_kernel(), 1024).unwrap();
    programs.attach(&host.config.fabric(), &host.link_indices()).unwrap();
    assert_eq!(connection.ask(), before);
    assert!(host.status().links.iter().all(|link| link.attached));
    host.pass();
    assert_eq!(connection.ask(), before, "and the older one takes over again");
}

/// How large load balancing is does not matter to one more endpoint: its maps are not even read.
#[test]
fn one_more_endpoint_costs_the_same_beside_any_number_of_servers() {
    let mut host = Host::start("more");
    let servers = |host: &Host| {
        let status = host.status();
        status.maps.iter().find(|map| map.name == "SERVERS").unwrap().used
    };
    let all = servers(&host);
    let maps = Maps::open(&maps_dir(&host.config.bpf_dir())).unwrap();
    let (lost, _) = maps.servers.entries().unwrap()[0];
    maps.servers.remove(&lost).unwrap();
    host.plan.revision = Revision(host.plan.revision.0 + 1);
    let mut endpoint = host.plan.endpoints.values().next().unwrap().clone();
    endpoint.zones.truncate(1);
    endpoint.zones[0].address = [10, 0, 1, 222].into();
    host.plan.endpoints.insert(EndpointIndex(77), endpoint);
    assert_eq!(host.pass().changes.entries, 1);
    assert_eq!(servers(&host), all - 1, "nobody has looked");
    assert_eq!(host.pass().changes.entries, 1, "the next look finds what is missing");
    assert_eq!(servers(&host), all);
    let _servers = host.servers();
    assert!(!connect(host.netns(CLIENT_G), "10.0.1.222:80").unwrap().ask().is_empty());
}

/// An endpoint like the first, at addresses of its own.
fn another_endpoint(plan: &mut HostPlan, last: u8) {
    let mut endpoint = plan.endpoints[&EndpointIndex(1)].clone();
    for zone in &mut endpoint.zones {
        let [a, b, c, _] = zone.address.octets();
        zone.address = [a, b, c, last].into();
    }
    plan.endpoints.insert(EndpointIndex(last.into()), endpoint);
}

/// Each plan is compared with what is known of the maps since the one before, the last one once more with the maps.
#[test]
fn maps_that_have_followed_plan_after_plan_hold_what_the_last_one_says() {
    let mut host = Host::start("following");
    let _servers = host.servers();
    let rules = |plan: &HostPlan| plan.groups[&GroupIndex(1)].ingress.clone();
    let all = rules(&host.plan);
    let changes: [&dyn Fn(&mut HostPlan); 6] = [
        &|plan| another_endpoint(plan, 201),
        &|plan| plan.groups.get_mut(&GroupIndex(1)).unwrap().ingress.clear(),
        &|plan| another_endpoint(plan, 202),
        &|plan| plan.groups.get_mut(&GroupIndex(1)).unwrap().ingress = all.clone(),
        &|plan| drop(plan.endpoints.remove(&EndpointIndex(201))),
        &|plan| another_endpoint(plan, 203),
    ];
    for change in changes {
        change(&mut host.plan);
        host.plan.revision.0 += 1;
        assert!(host.pass().changes.entries > 0);
        let opens = |last: u32| connect(host.netns(CLIENT_G), &format!("10.0.1.{last}:80")).is_ok();
        let lets_in = !rules(&host.plan).is_empty();
        for last in [201, 202, 203] {
            let is_there = host.plan.endpoints.contains_key(&EndpointIndex(last));
            assert_eq!(opens(last), lets_in && is_there, "{last}");
        }
    }
    assert_eq!(host.pass().changes.entries, 0);
}

#[test]
fn the_table_of_connections_is_as_large_as_asked_for_and_keeps_its_size() {
    let mut host = Host::configured("large");
    host.config.connections = 1_000_000;
    host.restart();
    let _servers = host.servers();
    let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    let before = connection.ask();
    let room = |host: &Host| {
        let status = host.status();
        let flows = status.maps.iter().find(|map| map.name == "FLOWS").unwrap();
        (flows.capacity, status.connections >= 1)
    };
    assert_eq!(room(&host), (2_000_000, true));
    host.config.connections = 1000;
    host.restart();
    assert_eq!(room(&host), (2_000_000, true));
    assert_eq!(connection.ask(), before);
}

/// The status once no packet is on its way: a connection's last acknowledgments come after its program has ended.
fn at_rest(host: &Host) -> agent::HostStatus {
    loop {
        let before = host.status();
        std::thread::sleep(Duration::from_millis(500));
        if host.status() == before {
            return before;
        }
    }
}

#[test]
fn a_trace_says_where_a_connection_would_end_and_changes_nothing() {
    let mut host = Host::start("trace");
    let _servers = host.servers();
    connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap().ask();
    let before = at_rest(&host);
    let ask_as = |host: &Host, viewer: Viewer, to: &str, port| {
        let (from, to) = (From::Instance(fixture::instance(CLIENT_G)), to.to_owned());
        let question = Question { from, to, family: None, port, protocol: Protocol::Tcp };
        agent::trace::trace(&host.config, &host.plan, &question, &viewer).unwrap()
    };
    let ask = |host: &Host, to: &str, port| ask_as(host, Viewer::Operator, to, port);
    let last = |trace: &Trace| trace.stages.last().unwrap().decision.clone();
    for _ in 0..3 {
        let trace = ask(&host, "10.0.1.200", 80);
        let names: Vec<_> = trace.stages.iter().map(|stage| stage.stage).collect();
        assert_eq!(
            names,
            [
                "interface",
                "egress rules",
                "destination",
                "endpoint rules",
                "connection",
                "listener",
                "server",
                "ingress rules",
                "verdict"
            ]
        );
        assert!(trace.passes && last(&trace).starts_with("passes as 10.0.1.10:49152 > 10.0."), "{trace:?}");
    }
    let consumer = || Viewer::Account(AccountId(1));
    let trace = ask_as(&host, consumer(), "10.0.1.200", 80);
    let told = format!("{trace:?}");
    assert!(trace.passes && told.contains("takes it"), "{told}");
    for hidden in ["nlb-", "lsn-", "sgp-", "vpc-provider", "10.0.2.11"] {
        assert!(!told.contains(hidden), "{hidden}: {told}");
    }
    let dropped = ask(&host, "10.0.1.200", 81);
    assert!(!dropped.passes && last(&dropped) == "dropped", "{dropped:?}");
    let nowhere = ask(&host, "10.9.9.9", 80);
    assert_eq!(nowhere.stages[2].decision, "nothing has this address in the VPC");
    assert_eq!(host.status(), before);
    host.plan
        .endpoints
        .values_mut()
        .flat_map(|endpoint| &mut endpoint.zones)
        .for_each(|zone| zone.vip = None);
    host.pass();
    let refused = ask(&host, "10.0.1.200", 80);
    assert_eq!(refused.stages.last().unwrap().by.as_deref(), Some("endpoint connection is not accepted"));
}

#[test]
fn without_tcx_a_clsact_filter_carries_the_same_traffic() {
    let mut host = Host::configured("clsact");
    host.attach_by(Attachment::Clsact);
    let _servers = host.servers();
    let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    let before = connection.ask();
    host.attach_by(Attachment::Clsact);
    assert_eq!(connection.ask(), before, "a new process replaces the filter in place");
    assert!(connect(host.netns(CLIENT_G), "10.0.1.100:80").is_err());
}

#[test]
fn idle_connections_are_reset_and_forgotten_and_busy_ones_are_not() {
    let host = Host::start("sweep");
    let _servers = host.servers();
    let mut idle = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    let mut busy = connect(host.netns(CLIENT_K), "10.0.2.200:80").unwrap();
    idle.ask();
    busy.ask();
    let maps = Maps::open(&maps_dir(&host.config.bpf_dir())).unwrap();
    let of_idle = host.link_indices()["p1"];
    for (key, flow) in maps.flows.entries().unwrap() {
        if key.ingress() == of_idle || flow.egress == of_idle {
            maps.flows.set(&key, &tables::Flow { last_seen: long_ago(&flow), timeout: 1, ..flow }).unwrap();
        }
    }
    let frames = Frames::open(&host.config.fabric()).unwrap();
    let mut told = Vec::new();
    let mut sent = 0;
    let mut sweep = || {
        let send = |reset: Reset| {
            sent += 1;
            frames.send(reset.interface, reset.receiver, &reset.frame).unwrap();
        };
        sweep(&maps, &mut Memory::default(), send, |events| told.extend(events)).unwrap()
    };
    assert_eq!(sweep(), Swept { live: 4, expired: 0, cut: 1, lost: 0 });
    assert_eq!(idle.ended(), ErrorKind::ConnectionReset);
    assert!(!busy.ask().is_empty());
    for (key, flow) in maps.flows.entries().unwrap() {
        if flow.is(FlowState::Cut) {
            maps.flows.set(&key, &tables::Flow { last_seen: long_ago(&flow), ..flow }).unwrap();
        }
    }
    assert_eq!(sweep(), Swept { live: 2, expired: 2, cut: 0, lost: 0 });
    assert_eq!(sent, 2, "one for each end");
    let [expired] = told[..] else { panic!("one end is told: {told:?}") };
    assert_eq!((expired.kind, expired.key.ingress()), (EventKind::Expired as u8, of_idle));
    assert!(expired.sent.packets > 2 && expired.received.packets > 1, "{expired:?}");
    let carried = carried::named(&carried::read(&maps).unwrap(), &host.plan);
    let listeners = carried.iter().filter(|(carrier, _)| matches!(carrier, Carrier::Listener(..)));
    let sum = |totals: &mut dyn Iterator<Item = &Total>| {
        totals.fold([0; 4], |[c, o, s, r], total| {
            let all = total.all;
            [c + all.connections, o + total.open, s + all.sent.bytes, r + all.received.bytes]
        })
    };
    let of_listeners = sum(&mut listeners.map(|(_, total)| total));
    let servers = carried.iter().filter(|(carrier, _)| matches!(carrier, Carrier::Server(_)));
    assert_eq!(of_listeners, sum(&mut servers.map(|(_, total)| total)), "{carried:?}");
    assert_eq!(of_listeners[..2], [2, 1], "the ended one counts on: {carried:?}");
    assert!(of_listeners[2] > expired.sent.bytes && of_listeners[3] > expired.received.bytes);
    assert!(!busy.ask().is_empty());
    let left: Vec<_> = maps.flows.entries().unwrap().into_iter().map(|(key, _)| key).collect();
    let taken: Vec<_> = left.iter().map(|key| maps.flows.take(key).unwrap().is_some()).collect();
    assert_eq!(taken, [true, true]);
    assert_eq!(maps.flows.take(&left[0]).unwrap(), None);
    assert_eq!(maps.flows.entries().unwrap(), []);
}

#[test]
fn with_cross_zone_off_only_the_own_zone_answers() {
    let mut host = Host::start("zone");
    let _servers = host.servers();
    host.plan.vips.values_mut().for_each(|vip| vip.cross_zone = false);
    host.pass();
    for _ in 0..20 {
        assert_eq!(connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap().ask(), "g");
        assert_eq!(connect(host.netns(CLIENT_K), "10.0.2.200:80").unwrap().ask(), "k");
    }
}

#[test]
fn a_port_that_leaves_the_plan_takes_everything_with_it() {
    let mut host = Host::start("leave");
    host.plan.ports.remove(&CLIENT_K);
    let instance = fixture::instance(CLIENT_K);
    host.plan.instances.remove(&instance);
    host.pass();
    assert!(!host.config.instance(&instance).exists());
    assert!(!host.link_indices().contains_key("p2"));
    assert!(connect(host.netns(CLIENT_G), "10.0.2.10:80").is_err());
}

#[test]
fn down_leaves_nothing() {
    let mut host = Host::start("down");
    let _connection = host.servers();
    host.take_down();
    let tag = host.config.tag.clone();
    let left = |path: &str| std::fs::read_to_string(path).unwrap().contains(&tag);
    assert!(!left("/proc/self/mountinfo"), "a mount is left");
    assert!(!host.config.run_dir.exists(), "the run directory is left");
    assert!(
        agent::kernel::netns::Netns::list().iter().all(|n| !n.name().starts_with(&tag)),
        "a namespace is left"
    );
    host.take_down();
}

/// The plan with no connection accepted.
fn revoked() -> HostPlan {
    let mut plan = fixture::plan();
    plan.endpoints
        .values_mut()
        .for_each(|endpoint| endpoint.zones.iter_mut().for_each(|zone| zone.vip = None));
    plan
}

#[test]
fn revocation_does_not_wait_for_what_cannot_be_made() {
    let mut host = Host::start("stuck");
    let _servers = host.servers();
    let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    assert!(!connection.ask().is_empty());
    host.plan = revoked();
    let newcomer = host.add_instance(PortIndex(5));
    let in_the_way = host.netns(newcomer).path();
    std::fs::create_dir(&in_the_way).unwrap();
    let pass = host.pass_once();
    std::fs::remove_dir(&in_the_way).unwrap();
    assert!(!pass.faults.is_empty(), "the newcomer has no namespace");
    assert!(connection.try_ask(IN_VPC_TIMEOUT).is_err(), "an established connection is cut");
    host.pass();
}
