//! Captures what passes interfaces of instances: of one of them, or both sides of an endpoint's or load balancer's translation.

mod packet;
mod sides;

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use model::id::{EndpointId, EniId, InstanceId, LoadBalancerId};
use model::plan::HostPlan;

use crate::config::AgentConfig;
use crate::flows::FlowProtocol;
use crate::kernel::table::TableError;
use crate::kernel::tap::{self, TapError};
use sides::Side;

pub use packet::Packet;
pub(crate) use packet::{ETHERNET, HOP_BY_HOP, IPV6};

/// Interfaces that are captured at once at most: each keeps up to 16 MiB for frames that wait.
pub const MOST: usize = 64;

/// Frames of one interface that are taken before the others have their turn.
const TURN: usize = 256;

/// What is captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every interface of an instance.
    Instance(InstanceId),
    /// One interface.
    Eni(EniId),
    /// What goes through an endpoint, at its clients and at its servers.
    Endpoint(EndpointId),
    /// What goes through a load balancer, at clients of its VPC and of endpoints, and at its servers.
    LoadBalancer(LoadBalancerId),
}

/// What a packet must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// This protocol.
    pub protocol: Option<FlowProtocol>,
    /// At one of its ends.
    pub address: Option<IpAddr>,
    /// At one of its ends.
    pub port: Option<u16>,
}

impl Filter {
    /// Whether a frame is asked for; what is no IP is, if nothing is asked about it.
    fn takes(&self, packet: Option<&Packet>) -> bool {
        let Some(packet) = packet else { return *self == Self::default() };
        let ends = [packet.from, packet.to];
        self.protocol.is_none_or(|protocol| FlowProtocol::of(packet.protocol) == Some(protocol))
            && self.address.is_none_or(|address| ends.iter().any(|end| end.ip() == address))
            && self.port.is_none_or(|port| ends.iter().any(|end| end.port() == port))
    }
}

/// A frame that was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// Which of [`Capture::interfaces`].
    pub interface: usize,
    /// When, since the beginning of 1970.
    pub time: Duration,
    /// The instance has sent it.
    pub outgoing: bool,
    /// Its whole length, bytes.
    pub length: usize,
    /// Its bytes, from the Ethernet header on.
    pub bytes: Vec<u8>,
}

/// Nothing is captured.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The target is not on this host.
    #[error("no interface on this host belongs to {0}")]
    NoInterface(String),
    /// Too many interfaces belong to the target.
    #[error(
        "{found} interfaces belong to it, and at most {MOST} can be captured at once: give an interface (eni-…)"
    )]
    TooMany {
        /// How many.
        found: usize,
    },
    /// An interface has no tap.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// The kernel's maps could not be opened.
    #[error(transparent)]
    Maps(#[from] TableError),
}

/// A capture that goes on; ends when dropped.
pub struct Capture {
    sides: Vec<Side>,
    filter: Filter,
}

impl Capture {
    /// Begins. From then on frames wait to be taken.
    ///
    /// # Errors
    /// When nothing of the target is on this host, there is no data plane, or the caller is not root.
    pub fn begin(
        config: &AgentConfig,
        plan: &HostPlan,
        target: &Target,
        filter: Filter,
    ) -> Result<Self, CaptureError> {
        Ok(Self { sides: sides::of(config, plan, target)?, filter })
    }

    /// The interfaces, in words: `eni-… of i-…`.
    pub fn interfaces(&self) -> impl Iterator<Item = &str> {
        self.sides.iter().map(|side| side.name.as_str())
    }

    /// What has come, in the order of time; waits for it for so long at most.
    ///
    /// # Errors
    /// When an interface has gone.
    pub fn take(&mut self, timeout: Duration) -> io::Result<Vec<Captured>> {
        tap::wait(self.sides.iter().map(|side| &side.tap), timeout)?;
        let mut taken = Vec::new();
        for (interface, side) in self.sides.iter_mut().enumerate() {
            for _ in 0..TURN {
                let Some(frame) = side.tap.take()? else { break };
                let packet = Packet::of(frame.bytes);
                if self.filter.takes(packet.as_ref()) && side.keep.keeps(packet.as_ref(), frame.outgoing) {
                    let (time, outgoing, length) = (frame.time, frame.outgoing, frame.length);
                    taken.push(Captured { interface, time, outgoing, length, bytes: frame.bytes.to_vec() });
                }
            }
        }
        taken.sort_by_key(|captured| captured.time);
        Ok(taken)
    }

    /// Frames of all interfaces that came faster than they were taken, since this was asked last.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn lost(&self) -> io::Result<u64> {
        self.sides.iter().map(|side| side.tap.lost().map(u64::from)).sum()
    }
}

/// What of an interface's packets belongs to the target.
enum Keep {
    All,
    /// What goes to or comes from one of these addresses.
    Addresses(BTreeSet<IpAddr>),
    /// What belongs to a connection that the target has taken.
    Connections(Box<sides::Connections>),
}

impl Keep {
    fn keeps(&self, packet: Option<&Packet>, outgoing: bool) -> bool {
        match (self, packet) {
            (Self::All, _) => true,
            (Self::Addresses(_) | Self::Connections(_), None) => false,
            (Self::Addresses(addresses), Some(packet)) => {
                [packet.from, packet.to].iter().any(|end| addresses.contains(&end.ip()))
            }
            (Self::Connections(connections), Some(packet)) => connections.have(packet, outgoing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_what_has_all_that_is_asked_for() {
        let packet = Packet {
            protocol: 6,
            from: "10.0.0.10:5000".parse().unwrap(),
            to: "10.0.0.100:80".parse().unwrap(),
            flags: Some(2),
        };
        let address = |text: &str| Some(text.parse().unwrap());
        for (filter, takes) in [
            (Filter::default(), true),
            (Filter { port: Some(80), ..Filter::default() }, true),
            (
                Filter {
                    port: Some(5000),
                    address: address("10.0.0.100"),
                    protocol: Some(FlowProtocol::Tcp),
                },
                true,
            ),
            (Filter { port: Some(81), address: address("10.0.0.100"), protocol: None }, false),
            (Filter { address: address("10.0.0.11"), ..Filter::default() }, false),
            (Filter { protocol: Some(FlowProtocol::Udp), ..Filter::default() }, false),
        ] {
            assert_eq!(filter.takes(Some(&packet)), takes, "{filter:?}");
            assert_eq!(filter.takes(None), filter == Filter::default(), "{filter:?}");
        }
    }
}
