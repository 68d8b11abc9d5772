//! Who may ask what, pure: from the source address to the port, from the port to the names of its VPC.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use hickory_server::proto::rr::RecordType;
use model::id::{Network, ZoneId};
use model::net::services;
use model::plan::{HostPlan, NamePlan, ZonePlan};

use super::outage;
use super::zones::{self, Finding};
use crate::compile::Health;

/// Domains that belong to Isthmus: what it does not know below them does not exist, and is asked of nobody else.
const OWN_DOMAINS: [&str; 2] = ["privatelink.aliyuncs.com", "nlb.aliyuncsslb.com"];

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The VPC of the asking port.
    pub network: Network,
    /// The zone of the asking port.
    pub zone: ZoneId,
}

/// All that the resolver needs of a host plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamesView {
    askers: BTreeMap<Ipv4Addr, Asker>,
    names: BTreeMap<Network, BTreeMap<String, NamePlan>>,
    zones: BTreeMap<Network, BTreeMap<String, ZonePlan>>,
}

/// What is to be said about a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict<'a> {
    /// Its addresses, in the order of the answer. Empty: it exists but has none now.
    Addresses(Vec<IpAddr>),
    /// What a private zone says of it, and the zone's domain.
    InZone(&'a str, Finding),
    /// It does not exist below this domain of ours.
    Nowhere(&'a str),
    /// It is not ours: the host's resolvers know.
    Elsewhere,
}

impl NamesView {
    /// The view for `askers`, by source address, and the names of each VPC.
    pub fn new(
        askers: BTreeMap<Ipv4Addr, Asker>,
        names: BTreeMap<Network, BTreeMap<String, NamePlan>>,
    ) -> Self {
        Self { askers, names, zones: BTreeMap::new() }
    }

    /// The view of the ports and names of `plan`, without zones whose servers have failed.
    pub fn of(plan: &HostPlan, health: &Health) -> Self {
        let askers = plan.ports.iter().map(|(index, port)| {
            (services::alias(*index), Asker { network: port.network, zone: port.zone.clone() })
        });
        let zones = plan.vpcs.iter().map(|(network, vpc)| (*network, vpc.zones.clone()));
        Self::new(askers.collect(), outage::names(plan, health)).with_zones(zones.collect())
    }

    /// The view with private zones of VPCs, by domain.
    #[must_use]
    pub fn with_zones(self, zones: BTreeMap<Network, BTreeMap<String, ZonePlan>>) -> Self {
        Self { zones, ..self }
    }

    /// Who asks from this address.
    pub fn asker(&self, source: Ipv4Addr) -> Option<&Asker> {
        self.askers.get(&source)
    }

    /// What `asker` is to be told about `name` (lower case, no last dot).
    pub(crate) fn verdict(&self, asker: &Asker, name: &str, kind: RecordType) -> Verdict<'_> {
        let known = self.names.get(&asker.network).and_then(|names| names.get(name));
        if let Some(plan) = known {
            return Verdict::Addresses(ordered(plan, &asker.zone));
        }
        let zone = self.zones.get(&asker.network).and_then(|zones| zones::zone_of(zones, name));
        match (zone, own_domain(name)) {
            (Some((domain, zone)), _) => Verdict::InZone(domain, zones::look_up(domain, zone, name, kind)),
            (None, Some(domain)) => Verdict::Nowhere(domain),
            (None, None) => Verdict::Elsewhere,
        }
    }
}

/// The domain of ours that `name` is or lies below.
pub(crate) fn own_domain(name: &str) -> Option<&'static str> {
    OWN_DOMAINS.into_iter().find(|domain| {
        name.strip_suffix(domain).is_some_and(|front| front.is_empty() || front.ends_with('.'))
    })
}

/// The client's own zone first; with zone affinity nothing else, while that zone has an address.
fn ordered(plan: &NamePlan, zone: &ZoneId) -> Vec<IpAddr> {
    let (mut own, others): (Vec<_>, Vec<_>) = plan.addresses.iter().partition(|(_, at)| at == zone);
    if own.is_empty() || !plan.zone_affinity {
        own.extend(others);
    }
    own.into_iter().map(|(address, _)| *address).collect()
}
