//! Why a command about the servers of a group is refused.

use std::net::{IpAddr, Ipv6Addr};

use crate::id::EniId;
use crate::nlb::Target;

/// A command about servers that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerRefusal {
    /// The server's kind does not fit the group's.
    #[error("the server group's type does not take such a server")]
    KindMismatch {
        /// The server.
        target: Target,
    },
    /// The server's port does not fit the group.
    #[error("server port {port} does not fit: any-port groups take 0, others 1 to 65535")]
    Port {
        /// The port.
        port: u16,
    },
    /// The server's address is not the target's own.
    #[error("{address} is not an address of the server")]
    Address {
        /// The address.
        address: IpAddr,
    },
    /// An interface of a Reverse endpoint, without the address behind it.
    #[error("{0} is an interface of a Reverse endpoint: give the address behind it too")]
    NoAddress(EniId),
    /// The zone of a Reverse endpoint's connection is closed.
    #[error("{0} is an interface of a Reverse endpoint whose connection is not accepted, or off in its zone")]
    NotConnected(EniId),
    /// An IPv6 server in a group of IPv4.
    #[error("{address} is an IPv6 address, and the server group is not DualStack")]
    Ipv6 {
        /// The address.
        address: Ipv6Addr,
    },
    /// A server is named twice, or is in the group already.
    #[error("the server with port {port} is in the group already or is named twice")]
    Exists {
        /// The server.
        target: Target,
        /// Its port.
        port: u16,
    },
    /// No such server.
    #[error("the server group has no such server with port {port}")]
    NotFound {
        /// The server.
        target: Target,
        /// Its port.
        port: u16,
    },
}
