//! One line of the flow log.

use std::net::SocketAddr;

use model::id::{AccountId, EndpointId, EniId, ListenerId, VpcId};
use serde::{Deserialize, Serialize};
use tables::{DropReason, EventKind};

use crate::label::snake_case;

/// What became of a connection, and of which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRecord {
    /// When: milliseconds since the beginning of 1970.
    pub time_ms: i64,
    /// What happened.
    pub event: FlowEvent,
    /// Why it was denied.
    pub reason: Option<FlowReason>,
    /// What it speaks.
    pub protocol: FlowProtocol,
    /// As its client asked for it.
    pub asked: Option<Tuple>,
    /// As its server sees it.
    pub served: Option<Tuple>,
    /// Where it comes from; `None` = from a service of the host.
    pub client: Option<Side>,
    /// Where it goes to, as far as that is known.
    pub server: Option<Side>,
    /// The endpoint that it goes through.
    pub endpoint: Option<EndpointId>,
    /// The listener that took it.
    pub listener: Option<ListenerId>,
    /// Whose load balancer it went through, where its server is in a consumer's VPC.
    pub provider: Option<Side>,
    /// The Reverse endpoint in whose name that server is spoken to.
    pub reverse: Option<EndpointId>,
    /// What the client had sent by then.
    pub sent: Traffic,
    /// What it had received.
    pub received: Traffic,
}

/// Both ends of a connection; the ports of a ping are its identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuple {
    /// Who has opened it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
}

/// A tenant's side of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Whose.
    pub account: AccountId,
    /// Its VPC.
    pub vpc: VpcId,
    /// The interface; `None` = the connection has not come so far.
    pub eni: Option<EniId>,
}

/// What went one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Bytes, Ethernet headers included.
    pub bytes: u64,
}

/// What happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FlowEvent(pub EventKind);

impl From<FlowEvent> for String {
    fn from(event: FlowEvent) -> String {
        event.0.text().to_owned()
    }
}

impl TryFrom<String> for FlowEvent {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let known = EventKind::ALL.iter().find(|kind| kind.text() == text);
        known.map(|kind| Self(*kind)).ok_or_else(|| {
            let all: Vec<_> = EventKind::ALL.iter().map(|kind| kind.text()).collect();
            format!("'{text}' is none of {}", all.join(", "))
        })
    }
}

/// Why a connection was denied, by the name that the metrics use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum FlowReason {
    /// This.
    Known(DropReason),
    /// One that is the other side's own.
    OtherSide,
}

/// The name of [`FlowReason::OtherSide`].
const OTHER_SIDE: &str = "other_side";

impl FlowReason {
    /// What a person reads.
    pub fn text(self) -> &'static str {
        match self {
            Self::Known(reason) => reason.text(),
            Self::OtherSide => "the other side does not let it pass",
        }
    }
}

impl From<FlowReason> for String {
    fn from(reason: FlowReason) -> String {
        match reason {
            FlowReason::Known(reason) => snake_case(&format!("{reason:?}")),
            FlowReason::OtherSide => OTHER_SIDE.to_owned(),
        }
    }
}

impl TryFrom<String> for FlowReason {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let known = DropReason::ALL.iter().map(|reason| Self::Known(*reason));
        let mut all = known.chain([Self::OtherSide]);
        all.find(|reason| String::from(*reason) == text).ok_or_else(|| format!("'{text}' is no reason"))
    }
}

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowProtocol {
    /// TCP.
    Tcp,
    /// UDP: who sends to whom and back.
    Udp,
    /// Pings.
    Icmp,
}

impl FlowProtocol {
    /// By the number in the header of either IP version.
    pub(crate) fn of(number: u8) -> Option<Self> {
        match number {
            1 | 58 => Some(Self::Icmp),
            6 => Some(Self::Tcp),
            17 => Some(Self::Udp),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// From a consumer through its endpoint to a server of somebody else.
    pub(in crate::flows) fn record() -> FlowRecord {
        let tuple =
            |from: &str, to: &str| Some(Tuple { from: from.parse().unwrap(), to: to.parse().unwrap() });
        let side = |account, vpc: &str, eni: &str| {
            let (vpc, eni) = (vpc.parse().unwrap(), Some(eni.parse().unwrap()));
            Some(Side { account: AccountId(account), vpc, eni })
        };
        FlowRecord {
            time_ms: 0,
            event: FlowEvent(EventKind::New),
            reason: None,
            protocol: FlowProtocol::Tcp,
            asked: tuple("10.0.0.10:5000", "10.0.0.100:80"),
            served: tuple("10.0.0.10:6000", "10.0.0.30:8080"),
            client: side(1, "vpc-consumer", "eni-client"),
            server: side(2, "vpc-provider", "eni-server"),
            endpoint: Some("ep-1".parse().unwrap()),
            listener: Some("lsn-1@80".parse().unwrap()),
            provider: None,
            reverse: None,
            sent: Traffic { packets: 1, bytes: 54 },
            received: Traffic::default(),
        }
    }

    #[test]
    fn a_record_travels_as_words() {
        let denied = FlowRecord {
            event: FlowEvent(EventKind::Denied),
            reason: Some(FlowReason::Known(DropReason::IngressPolicy)),
            ..record()
        };
        let json = serde_json::to_value(&denied).unwrap();
        assert_eq!((&json["event"], &json["reason"]), (&"denied".into(), &"ingress_policy".into()));
        assert_eq!(json["served"]["to"], "10.0.0.30:8080");
        assert_eq!(serde_json::from_value::<FlowRecord>(json).unwrap(), denied);
        assert!(FlowEvent::try_from("lost".to_owned()).unwrap_err().contains("new, closed, denied"));
    }
}
