//! Who stands behind a connection that has arrived: the flow in the kernel knows.

use std::net::SocketAddrV4;
use std::path::Path;

use model::id::{EndpointIndex, ListenerIndex};
use model::net::services;
use serde::{Deserialize, Serialize};
use tables::{Address, AddressKey, Flow, FlowKey, PROXY_PORT, SERVICES_NETWORK, Talk};

use crate::kernel::packed::{end, flow_key, packed};
use crate::kernel::table::{Table, TableError};

/// A client, and what it has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The client, by its own address.
    pub client: SocketAddrV4,
    /// What it connected to: the NLB's zonal address, or an endpoint's.
    pub target: SocketAddrV4,
    /// The listener.
    pub listener: ListenerIndex,
    /// The endpoint that it came through.
    pub endpoint: Option<EndpointIndex>,
}

/// Tells origins.
#[derive(Debug)]
pub(super) struct Origins {
    flows: Table<FlowKey, Flow>,
    addresses: Table<AddressKey, Address>,
}

impl Origins {
    /// From the maps pinned in `directory`.
    ///
    /// # Errors
    /// When there are none, or they are of another version.
    pub(super) fn open(directory: &Path) -> Result<Self, TableError> {
        Ok(Self { flows: Table::open(directory, "FLOWS")?, addresses: Table::open(directory, "ADDRESSES")? })
    }

    /// The origin of what comes so from `peer`; `None` = its flow is gone.
    ///
    /// # Errors
    /// When the maps cannot be read.
    pub(super) fn of(&self, talk: Talk, peer: SocketAddrV4) -> Result<Option<Origin>, TableError> {
        let proxy = AddressKey { network: SERVICES_NETWORK, address: packed(services::PROXY) };
        let Some(proxy) = self.addresses.get(&proxy)? else { return Ok(None) };
        let from = SocketAddrV4::new(services::PROXY, PROXY_PORT);
        let key = flow_key(proxy.ifindex, from, peer, talk);
        Ok(self.flows.get(&key)?.map(|reply| origin(&reply)))
    }
}

fn origin(reply: &Flow) -> Origin {
    Origin {
        client: end(reply.dst, reply.dport),
        target: end(reply.src, reply.sport),
        listener: ListenerIndex(reply.listener),
        endpoint: (reply.endpoint != 0).then_some(EndpointIndex(reply.endpoint)),
    }
}
