//! Zonal addresses of load balancers, and from where they speak to servers.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::{AddressPlan, Ipv6Plan};
use crate::id::{GroupIndex, LoadBalancerId, Network, VipIndex, ZoneId};

/// A zonal address of an NLB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VipPlan {
    /// The NLB.
    pub load_balancer: LoadBalancerId,
    /// The provider's VPC.
    pub network: Network,
    /// The zone.
    pub zone: ZoneId,
    /// The address.
    pub address: Ipv4Addr,
    /// Its IPv6 address, if the NLB is dual-stack.
    pub ipv6: Option<Ipv6Plan>,
    /// From where it speaks to servers that do not see their clients' addresses.
    pub local: LocalPlan,
    /// Off: only servers of this zone are chosen.
    pub cross_zone: bool,
    /// The NLB's own security groups: with any, they judge what comes from its VPC; without, everything is taken.
    pub groups: Vec<GroupIndex>,
    /// New connections a second that all its listeners take together; 0 = unlimited.
    pub cps: u32,
}

/// Addresses from which a zone of an NLB speaks to servers; without any of a family it is the zonal one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalPlan {
    /// IPv4 addresses, each with the number of its alias.
    pub ipv4: BTreeMap<Ipv4Addr, VipIndex>,
    /// IPv6 addresses.
    pub ipv6: Vec<Ipv6Plan>,
}

impl LocalPlan {
    /// Those of both families.
    pub fn addresses(&self) -> impl Iterator<Item = AddressPlan> + '_ {
        let ipv4 = self.ipv4.keys().map(|address| AddressPlan::Ipv4(*address));
        ipv4.chain(self.ipv6.iter().map(|it| AddressPlan::Ipv6(*it)))
    }
}
