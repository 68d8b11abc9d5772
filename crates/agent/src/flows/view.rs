//! What each tenant sees of a connection: its own side, and nothing of the other.

use std::net::IpAddr;

use model::id::{AccountId, EndpointId, EniId, VpcId};
use serde::{Deserialize, Serialize};

use tables::DropReason;

use super::record::{FlowEvent, FlowProtocol, FlowReason, FlowRecord, Side};

/// What is asked of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Whose eyes.
    pub viewer: Viewer,
    /// Which of what these see.
    pub filter: Filter,
    /// Of what is kept at most the last so many.
    pub last: usize,
    /// Whether to go on with what comes.
    pub follow: bool,
}

/// Who looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Viewer {
    /// The operator of the machine sees everything.
    Operator,
    /// An account: what its VPCs see.
    Account(AccountId),
    /// One VPC.
    Vpc(VpcId),
}

/// What a record must have; it is asked for what its viewer sees, so that no question tells more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// One of these; none = any.
    pub events: Vec<FlowEvent>,
    /// This protocol.
    pub protocol: Option<FlowProtocol>,
    /// At one of its ends.
    pub address: Option<IpAddr>,
    /// At one of its ends.
    pub port: Option<u16>,
    /// This endpoint.
    pub endpoint: Option<EndpointId>,
    /// At one of its ends.
    pub eni: Option<EniId>,
}

impl Query {
    /// The record as the viewer sees it, if it is asked for.
    pub fn show(&self, record: &FlowRecord) -> Option<FlowRecord> {
        self.viewer.see(record).filter(|seen| self.filter.takes(seen))
    }
}

impl Viewer {
    /// What this viewer sees of a record. The consumer knows the endpoint that it has asked for and nothing behind it; the
    /// provider knows the connection as it reaches the server. Neither learns which of the other's own rules has refused it.
    pub fn see(&self, record: &FlowRecord) -> Option<FlowRecord> {
        if record.provider.is_some() || record.reverse.is_some() {
            return self.see_abroad(record);
        }
        let client = record.client.as_ref().is_some_and(|side| self.is(side));
        let server = record.server.as_ref().is_some_and(|side| self.is(side));
        match (self, client, server) {
            (Self::Operator, _, _) | (_, true, true) => Some(record.clone()),
            (_, true, false) => {
                let reason = seen(record.reason, |whose| matches!(whose, Whose::Client | Whose::Both));
                Some(FlowRecord { served: None, server: None, listener: None, reason, ..record.clone() })
            }
            (_, false, true) => {
                let reason = seen(record.reason, |whose| whose != Whose::Client);
                Some(FlowRecord { asked: None, client: None, reason, ..record.clone() })
            }
            (_, false, false) => None,
        }
    }

    /// The same where the server is in a consumer's VPC: there the load balancer's owner stands between client and server, and
    /// knows of the server nothing but the Reverse endpoint that leads to it. Its owner knows nothing beyond that endpoint.
    fn see_abroad(&self, record: &FlowRecord) -> Option<FlowRecord> {
        let is = |side: &Option<Side>| side.as_ref().is_some_and(|side| self.is(side));
        let (client, between, server) = (is(&record.client), is(&record.provider), is(&record.server));
        if *self == Self::Operator {
            return Some(record.clone());
        }
        let knows = |whose| match whose {
            Whose::Client => client,
            Whose::Balancer => between,
            Whose::Server => server,
            Whose::Both => true,
        };
        (client || between || server).then(|| FlowRecord {
            reason: seen(record.reason, knows),
            asked: record.asked.filter(|_| client),
            client: record.client.clone().filter(|_| client),
            endpoint: record.endpoint.clone().filter(|_| client || between),
            listener: record.listener.clone().filter(|_| between),
            provider: record.provider.clone().filter(|_| between),
            reverse: record.reverse.clone().filter(|_| between || server),
            served: record.served.filter(|_| server),
            server: record.server.clone().filter(|_| server),
            ..record.clone()
        })
    }

    fn is(&self, side: &Side) -> bool {
        self.has(side.account, &side.vpc)
    }

    /// Whether a VPC of this owner is this viewer's.
    pub(crate) fn has(&self, owner: AccountId, id: &VpcId) -> bool {
        match self {
            Self::Operator => true,
            Self::Account(account) => owner == *account,
            Self::Vpc(vpc) => id == vpc,
        }
    }
}

/// Whose rules a reason tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Client,
    /// Whose the load balancer is: the server's side too, unless that is a consumer's VPC.
    Balancer,
    Server,
    /// The connection between them, or the packet itself.
    Both,
}

/// The reason as the client's side is told it, when the server's is another's.
pub(crate) fn to_client(reason: DropReason) -> FlowReason {
    match whose(reason) {
        Whose::Balancer | Whose::Server => FlowReason::OtherSide,
        Whose::Client | Whose::Both => FlowReason::Known(reason),
    }
}

/// The reason as the load balancer's owner is told it, when the server is in another's VPC.
pub(crate) fn to_provider(reason: DropReason) -> FlowReason {
    match whose(reason) {
        Whose::Server => FlowReason::OtherSide,
        Whose::Client | Whose::Balancer | Whose::Both => FlowReason::Known(reason),
    }
}

/// The reason, if it is one that is known.
fn seen(reason: Option<FlowReason>, knows: impl Fn(Whose) -> bool) -> Option<FlowReason> {
    reason.map(|reason| match reason {
        FlowReason::Known(known) if !knows(whose(known)) => FlowReason::OtherSide,
        FlowReason::Known(_) | FlowReason::OtherSide => reason,
    })
}

fn whose(reason: DropReason) -> Whose {
    match reason {
        DropReason::SpoofedMac
        | DropReason::SpoofedAddress
        | DropReason::NoRoute
        | DropReason::EgressPolicy
        | DropReason::EndpointPolicy => Whose::Client,
        DropReason::BalancerPolicy | DropReason::NoServer | DropReason::ServerGone => Whose::Balancer,
        DropReason::IngressPolicy | DropReason::ReversePolicy => Whose::Server,
        DropReason::Malformed
        | DropReason::EtherType
        | DropReason::IpProtocol
        | DropReason::UnknownPort
        | DropReason::NotConnected
        | DropReason::NoListener
        | DropReason::NoConnection
        | DropReason::FlowTableFull
        | DropReason::SourcePorts
        | DropReason::TtlExpired
        | DropReason::Fragment
        | DropReason::IcmpError
        | DropReason::Rewrite
        | DropReason::Multicast
        | DropReason::NoPolicy
        | DropReason::Rerouted
        | DropReason::Limited
        | DropReason::Replaced
        | DropReason::NewConnections
        | DropReason::EarlyData
        | DropReason::OtherFamily => Whose::Both,
    }
}

impl Filter {
    fn takes(&self, record: &FlowRecord) -> bool {
        let tuples = || [record.asked, record.served].into_iter().flatten();
        let ends = || tuples().flat_map(|tuple| [tuple.from, tuple.to]);
        let enis =
            || [&record.client, &record.server].into_iter().flatten().filter_map(|side| side.eni.as_ref());
        (self.events.is_empty() || self.events.contains(&record.event))
            && self.protocol.is_none_or(|protocol| protocol == record.protocol)
            && self.address.is_none_or(|address| ends().any(|end| end.ip() == address))
            && self.port.is_none_or(|port| ends().any(|end| end.port() == port))
            && self.endpoint.as_ref().is_none_or(|endpoint| {
                [&record.endpoint, &record.reverse].into_iter().flatten().any(|one| one == endpoint)
            })
            && self.eni.as_ref().is_none_or(|eni| enis().any(|one| one == eni))
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::record;
    use super::*;
    use tables::EventKind;

    fn text(record: &FlowRecord) -> String {
        serde_json::to_string(record).unwrap()
    }

    #[test]
    fn the_consumer_sees_nothing_behind_its_endpoint() {
        for viewer in [Viewer::Account(AccountId(1)), Viewer::Vpc("vpc-consumer".parse().unwrap())] {
            let seen = text(&viewer.see(&record()).unwrap());
            for own in ["10.0.0.10:5000", "10.0.0.100:80", "ep-1", "eni-client"] {
                assert!(seen.contains(own), "{own}: {seen}");
            }
            for other in ["10.0.0.30", "8080", "6000", "lsn-1", "vpc-provider", "eni-server"] {
                assert!(!seen.contains(other), "{other}: {seen}");
            }
        }
    }

    #[test]
    fn the_provider_sees_the_client_as_its_servers_do() {
        for viewer in [Viewer::Account(AccountId(2)), Viewer::Vpc("vpc-provider".parse().unwrap())] {
            let seen = text(&viewer.see(&record()).unwrap());
            for own in ["10.0.0.10:6000", "10.0.0.30:8080", "ep-1", "lsn-1", "eni-server"] {
                assert!(seen.contains(own), "{own}: {seen}");
            }
            for other in ["10.0.0.100", ":5000", "vpc-consumer", "eni-client"] {
                assert!(!seen.contains(other), "{other}: {seen}");
            }
        }
    }

    #[test]
    fn each_side_is_told_its_own_reasons_and_that_the_other_has_one() {
        let consumer = [Viewer::Account(AccountId(1)), Viewer::Vpc("vpc-consumer".parse().unwrap())];
        let provider = [Viewer::Account(AccountId(2)), Viewer::Vpc("vpc-provider".parse().unwrap())];
        let told = |viewer: &Viewer, reason| {
            let reason = Some(FlowReason::Known(reason));
            viewer.see(&FlowRecord { reason, ..record() }).unwrap().reason.unwrap()
        };
        for (own, others, reasons) in [
            (&consumer, &provider, [DropReason::EgressPolicy, DropReason::EndpointPolicy]),
            (&provider, &consumer, [DropReason::IngressPolicy, DropReason::NoServer]),
        ] {
            for reason in reasons {
                assert!(own.iter().all(|viewer| told(viewer, reason) == FlowReason::Known(reason)));
                assert!(others.iter().all(|viewer| told(viewer, reason) == FlowReason::OtherSide));
                assert_eq!(told(&Viewer::Operator, reason), FlowReason::Known(reason));
            }
        }
        let shared = DropReason::NotConnected;
        assert!(
            consumer.iter().chain(&provider).all(|viewer| told(viewer, shared) == FlowReason::Known(shared))
        );
    }

    #[test]
    fn a_proxied_connection_shows_the_provider_its_listener_and_nothing_of_the_client() {
        let proxied = FlowRecord { served: None, ..record() };
        let seen = text(&Viewer::Account(AccountId(2)).see(&proxied).unwrap());
        assert!(seen.contains("lsn-1") && seen.contains("ep-1"), "{seen}");
        for other in ["10.0.0.10", "10.0.0.100", "vpc-consumer", "eni-client"] {
            assert!(!seen.contains(other), "{other}: {seen}");
        }
    }

    /// From a client of the provider's own VPC to a server in a consumer's.
    fn abroad() -> FlowRecord {
        let record = record();
        let side =
            |account, vpc: &str| Side { account: AccountId(account), vpc: vpc.parse().unwrap(), eni: None };
        let client = Side { eni: Some("eni-client".parse().unwrap()), ..side(1, "vpc-client") };
        let server = Side { eni: Some("eni-server".parse().unwrap()), ..side(2, "vpc-server") };
        let provider = Some(side(3, "vpc-provider"));
        let reverse = Some("ep-2".parse().unwrap());
        FlowRecord { client: Some(client), server: Some(server), provider, reverse, ..record }
    }

    #[test]
    fn of_a_connection_to_a_server_abroad_each_of_three_sees_its_own_part() {
        let parts = [
            (1, &["10.0.0.100:80", "ep-1", "eni-client"][..]),
            (2, &["10.0.0.30:8080", "ep-2", "eni-server"]),
            (3, &["ep-1", "ep-2", "lsn-1", "vpc-provider"]),
        ];
        let all = [
            "10.0.0.100:80",
            "10.0.0.30:8080",
            "ep-1",
            "ep-2",
            "eni-client",
            "eni-server",
            "lsn-1",
            "vpc-provider",
        ];
        for (account, known) in parts {
            let seen = text(&Viewer::Account(AccountId(account)).see(&abroad()).unwrap());
            for word in all {
                assert_eq!(seen.contains(word), known.contains(&word), "{account} {word}: {seen}");
            }
        }
        assert_eq!(Viewer::Account(AccountId(4)).see(&abroad()), None);
        assert_eq!(Viewer::Operator.see(&abroad()).as_ref(), Some(&abroad()));
    }

    #[test]
    fn a_provider_that_is_the_client_too_sees_both_parts_and_not_the_server_s() {
        let mut own = abroad();
        own.client.as_mut().unwrap().account = AccountId(3);
        let seen = text(&Viewer::Account(AccountId(3)).see(&own).unwrap());
        for word in ["10.0.0.100:80", "lsn-1", "ep-2", "eni-client"] {
            assert!(seen.contains(word), "{word}: {seen}");
        }
        for word in ["10.0.0.30", "eni-server", "vpc-server"] {
            assert!(!seen.contains(word), "{word}: {seen}");
        }
    }

    #[test]
    fn of_a_refusal_abroad_each_of_three_is_told_its_own() {
        let told = |account, reason| {
            let reason = Some(FlowReason::Known(reason));
            let seen = Viewer::Account(AccountId(account)).see(&FlowRecord { reason, ..abroad() });
            seen.unwrap().reason.unwrap() != FlowReason::OtherSide
        };
        for (reason, who) in [
            (DropReason::EndpointPolicy, [true, false, false]),
            (DropReason::ReversePolicy, [false, true, false]),
            (DropReason::IngressPolicy, [false, true, false]),
            (DropReason::NoServer, [false, false, true]),
            (DropReason::NotConnected, [true; 3]),
        ] {
            assert_eq!([1, 2, 3].map(|account| told(account, reason)), who, "{reason:?}");
        }
    }

    #[test]
    fn who_has_both_sides_sees_both_and_strangers_see_nothing() {
        let mut own = record();
        own.server.as_mut().unwrap().account = AccountId(1);
        assert_eq!(Viewer::Account(AccountId(1)).see(&own).as_ref(), Some(&own));
        assert_eq!(Viewer::Operator.see(&own).as_ref(), Some(&own));
        assert_eq!(Viewer::Account(AccountId(3)).see(&own), None);
        assert_eq!(Viewer::Vpc("vpc-other".parse().unwrap()).see(&own), None);
    }

    #[test]
    fn a_filter_asks_only_for_what_is_seen() {
        let shown = |account, filter: Filter| {
            let viewer = Viewer::Account(AccountId(account));
            Query { viewer, filter, last: 0, follow: false }.show(&record()).is_some()
        };
        let address = |text: &str| Filter { address: Some(text.parse().unwrap()), ..Filter::default() };
        assert!(shown(1, address("10.0.0.100")) && !shown(2, address("10.0.0.100")));
        assert!(!shown(1, address("10.0.0.30")) && shown(2, address("10.0.0.30")));
        let port = |port| Filter { port: Some(port), ..Filter::default() };
        assert!(shown(1, port(5000)) && !shown(1, port(8080)) && shown(2, port(8080)));
        let eni = |text: &str| Filter { eni: Some(text.parse().unwrap()), ..Filter::default() };
        assert!(shown(1, eni("eni-client")) && !shown(1, eni("eni-server")));
        let event = |kind| Filter { events: vec![FlowEvent(kind)], ..Filter::default() };
        assert!(shown(1, event(EventKind::New)) && !shown(1, event(EventKind::Closed)));
        let endpoint = |text: &str| Filter { endpoint: Some(text.parse().unwrap()), ..Filter::default() };
        assert!(shown(1, endpoint("ep-1")) && !shown(1, endpoint("ep-2")));
        let protocol = |protocol| Filter { protocol: Some(protocol), ..Filter::default() };
        assert!(shown(1, protocol(FlowProtocol::Tcp)) && !shown(1, protocol(FlowProtocol::Udp)));
    }
}
