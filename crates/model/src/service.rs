//! Endpoint services: what a provider offers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, EndpointServiceId, LoadBalancerId, ZoneId};
use crate::meta::Meta;
use crate::nlb::IpVersion;
use crate::words::words;

/// An endpoint service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointService {
    /// Its id.
    pub id: EndpointServiceId,
    /// The common part.
    pub meta: Meta,
    /// The NLBs behind it, zone by zone.
    pub resources: BTreeMap<ResourceKey, Resource>,
    /// Connections are accepted as they come.
    pub auto_accept: bool,
    /// The endpoint's name answers the client's own zone alone.
    pub zone_affinity: bool,
    /// Who pays.
    pub payer: Payer,
    /// Who may connect besides the owner.
    pub users: Whitelist,
    /// Default bandwidth of a connection, Mbit/s.
    pub connect_bandwidth: u32,
    /// The address families that its endpoints may have.
    #[serde(default)]
    pub ip_version: IpVersion,
}

impl EndpointService {
    /// The zones that an endpoint may have.
    pub fn zones(&self) -> BTreeSet<&ZoneId> {
        self.resources.keys().map(|key| &key.zone).collect()
    }

    /// Whether this account may connect.
    pub fn admits(&self, account: AccountId) -> bool {
        account == self.meta.owner || self.users.everybody || self.users.accounts.contains(&account)
    }
}

/// A resource of a service: an NLB in one zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceKey {
    /// The zone.
    pub zone: ZoneId,
    /// The NLB.
    pub load_balancer: LoadBalancerId,
}

impl TryFrom<String> for ResourceKey {
    type Error = crate::id::InvalidId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (load_balancer, zone) = text.split_once('/').unwrap_or((&text, ""));
        Ok(Self { load_balancer: load_balancer.parse()?, zone: ZoneId::new(zone) })
    }
}

impl From<ResourceKey> for String {
    fn from(key: ResourceKey) -> String {
        format!("{}/{}", key.load_balancer, key.zone)
    }
}

/// How a resource of a service may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Whether it may be chosen without being asked for.
    pub auto_allocated: bool,
}

/// Who may connect besides the owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whitelist {
    /// Every account.
    pub everybody: bool,
    /// These accounts.
    pub accounts: BTreeSet<AccountId>,
}

/// Who is named on, or taken from, the whitelist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Every account.
    Everybody,
    /// One account.
    Account(AccountId),
}

/// Who pays for a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payer {
    /// The consumer.
    #[default]
    Endpoint,
    /// The provider.
    EndpointService,
}

words! {
    Payer { Endpoint = "Endpoint", EndpointService = "EndpointService" }
}
