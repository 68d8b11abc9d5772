//! The ways from a client to a server that are compared.

use std::net::{Ipv4Addr, SocketAddr};

use agent::kernel::netns::Netns;
use anyhow::{Context, Result};
use serde::Serialize;

use super::bed::{Bed, await_server};
use super::servers::{self, HTTP, STREAM};
use super::{dress, fabric};

/// A way from client to server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Way {
    /// One veth pair: the physical limit.
    Wire,
    /// Through a namespace that routes: the yardstick.
    Routed,
    /// nftables, translating both ends.
    Nftables,
    /// HAProxy.
    Haproxy,
    /// Client, endpoint ENI, NLB, server.
    Isthmus,
    /// The same with the links' super-packets limited to 64 KiB, as everybody else's are.
    IsthmusSmall,
}

impl Way {
    /// All of them.
    pub(super) const ALL: [Self; 6] =
        [Self::Wire, Self::Routed, Self::Nftables, Self::Haproxy, Self::Isthmus, Self::IsthmusSmall];

    /// Name for a person.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Wire => "direct wire",
            Self::Routed => "routed",
            Self::Nftables => "nftables NAT",
            Self::Haproxy => "HAProxy",
            Self::Isthmus => "Isthmus",
            Self::IsthmusSmall => "Isthmus without BIG TCP",
        }
    }

    /// Name for a machine.
    fn key(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Routed => "routed",
            Self::Nftables => "nftables",
            Self::Haproxy => "haproxy",
            Self::Isthmus => "isthmus",
            Self::IsthmusSmall => "small",
        }
    }
}

/// A way that has been built, with servers at its end. Dropping it takes it away.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) way: Way,
    /// Where clients run.
    pub(super) client: Netns,
    /// Where servers run.
    pub(super) server: Netns,
    /// What clients connect to.
    pub(super) address: Ipv4Addr,
    _bed: Bed,
}

/// Builds ways and waits until every one of them carries connections.
pub(super) fn build(ways: &[Way]) -> Result<Vec<Path>> {
    ways.iter().map(|way| one(*way).with_context(|| format!("build the way '{}'", way.name()))).collect()
}

fn one(way: Way) -> Result<Path> {
    let mut bed = Bed::new(way.key())?;
    let (client, server, address) = match way {
        Way::Wire => dress::wire(&mut bed),
        Way::Routed => dress::routed(&mut bed),
        Way::Nftables => dress::nftables(&mut bed),
        Way::Haproxy => dress::haproxy(&mut bed),
        Way::Isthmus => fabric::isthmus(&mut bed),
        Way::IsthmusSmall => fabric::without_big_tcp(&mut bed),
    }?;
    servers::start(&mut bed, &server)?;
    for port in [HTTP, STREAM] {
        await_server(&client, SocketAddr::from((address, port)))?;
    }
    Ok(Path { way, client, server, address, _bed: bed })
}
