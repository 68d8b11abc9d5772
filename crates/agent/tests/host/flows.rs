//! The flow log over its socket: what connections through an endpoint leave in it, for each side.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use agent::flows::{Filter, FlowEvent, FlowRecord, Query, Told, Viewer};
use model::id::{AccountId, Revision};
use tables::EventKind;

use crate::agent_run::Running;
use crate::fixture::{self, CLIENT_G, Host};
use crate::traffic::{connect, udp_exchange};

/// What a viewer is told of this kind of event.
fn ask(host: &Host, viewer: Viewer, kind: EventKind) -> Vec<FlowRecord> {
    let filter = Filter { events: vec![FlowEvent(kind)], ..Filter::default() };
    let query = Query { viewer, filter, last: 100, follow: false };
    let mut stream = UnixStream::connect(host.config.flows_socket()).unwrap();
    stream.write_all(&serde_json::to_vec(&query).unwrap()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let record = |line: &str| match serde_json::from_str(line).unwrap() {
        Told::Flow(record) => *record,
        Told::Missed(_) => panic!("nobody follows"),
    };
    text.lines().map(record).collect()
}

/// Waits until there are so many.
fn until(host: &Host, viewer: &Viewer, kind: EventKind, least: usize) -> Vec<FlowRecord> {
    let begin = Instant::now();
    loop {
        let records = ask(host, viewer.clone(), kind);
        if records.len() >= least {
            return records;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "no record of {kind:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the operator is told of this kind of event, once there are so many.
pub(crate) fn of_operator(host: &Host, kind: EventKind, least: usize) -> Vec<FlowRecord> {
    until(host, &Viewer::Operator, kind, least)
}

#[test]
fn each_side_is_told_what_became_of_its_connections_and_nothing_of_the_others() {
    let host = Host::configured("flows");
    let mut agent = Running::start(&host, Some(fixture::plan()));
    agent.wait("the plan is observed", |report| report.observed == Revision(1));
    let _servers = host.servers();
    let (consumer, provider) = (Viewer::Account(AccountId(1)), Viewer::Account(AccountId(2)));

    let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    let name = connection.ask();
    drop(connection);

    let closed = until(&host, &Viewer::Operator, EventKind::Closed, 1);
    let [whole] = &closed[..] else { panic!("{closed:?}") };
    assert!(whole.sent.packets > 3 && whole.received.packets > 2, "{whole:?}");
    let (asked, served) = (whole.asked.unwrap(), whole.served.unwrap());
    assert_eq!(
        (asked.from.ip().to_string(), asked.to.to_string()),
        ("10.0.1.10".into(), "10.0.1.200:80".into())
    );
    let server = if name == "g" { "10.0.1.10:80" } else { "10.0.2.11:80" };
    assert_eq!(served.to.to_string(), server);
    assert_eq!(whole.endpoint.as_ref().unwrap().to_string(), "ep-1");
    assert_eq!(whole.listener.as_ref().unwrap().to_string(), "lsn-1@80");
    assert_eq!(whole.client.as_ref().unwrap().eni.as_ref().unwrap().to_string(), "eni-1");
    assert_eq!(whole.server.as_ref().unwrap().vpc.to_string(), "vpc-provider");

    for kind in [EventKind::New, EventKind::Closed] {
        let [seen] = &until(&host, &consumer, kind, 1)[..] else { panic!("one connection") };
        assert_eq!(
            (seen.asked, seen.served, &seen.server, &seen.listener),
            (Some(asked), None, &None, &None)
        );
        let [seen] = &until(&host, &provider, kind, 1)[..] else { panic!("one connection") };
        assert_eq!((seen.asked, seen.served, &seen.client), (None, Some(served), &None));
    }
    // The endpoint's security group refuses the one, which the provider need not know; for the other nobody listens there.
    assert!(connect(host.netns(CLIENT_G), "10.0.1.200:81").is_err());
    assert!(udp_exchange(host.netns(CLIENT_G), "10.0.1.200:53", b"?").is_err());
    let [refused, .., unheard] = &until(&host, &consumer, EventKind::Denied, 2)[..] else { panic!("two") };
    assert_eq!((reason(refused), refused.asked.unwrap().to.port()), ("endpoint_policy".into(), 81));
    assert_eq!((reason(unheard), unheard.asked.unwrap().to.port()), ("no_listener".into(), 53));
    let seen = ask(&host, provider, EventKind::Denied);
    assert!(seen.iter().all(|seen| reason(seen) == "no_listener" && seen.asked.is_none()), "{seen:?}");
    assert!(!seen.is_empty());
    assert_eq!(ask(&host, Viewer::Account(AccountId(3)), EventKind::New), []);
}

fn reason(record: &FlowRecord) -> String {
    record.reason.expect("a reason").into()
}
