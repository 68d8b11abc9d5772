//! VPCs, vSwitches, security groups, interfaces, instances.

use std::collections::BTreeSet;

use crate::check::Findings;
use crate::endpoint::Endpoint;
use crate::id::{InstanceId, VpcId};
use crate::instance::{Eni, EniOwner, Instance, Power};
use crate::key_pair::KeyPair;
use crate::net::Family;
use crate::nlb::LoadBalancer;
use crate::prefix_list::PrefixList;
use crate::private_zone::PrivateZone;
use crate::quota::Quota;
use crate::records::Released;
use crate::route::{NextHop, RouteTable, is_destination};
use crate::security::{GroupKind, Peer, SecurityGroup};
use crate::vpc::{VSwitch, Vpc, overlap};

impl Findings<'_> {
    pub(super) fn vpc(&mut self, row: &Vpc) {
        let group = row.default_group.as_ref().map(|id| self.state.get::<SecurityGroup>(id));
        let fits = group.is_none_or(|group| group.is_some_and(|group| group.vpc == row.id && group.system));
        self.must(fits, "its default group exists, lies in it and is the system's");
        let mut tables = self.state.route_tables_of(&row.id).filter(|table| table.system);
        let one = tables.next().is_some_and(|table| table.id == row.route_table) && tables.next().is_none();
        self.must(one, "the system has made one route table for it");
        let ranges: Vec<_> = row.ranges().collect();
        let apart = |at: usize| ranges[..at].iter().all(|other| !overlap(other, &ranges[at]));
        self.must((0..ranges.len()).all(apart), "its ranges are apart from each other");
    }

    pub(super) fn route_table(&mut self, row: &RouteTable) {
        let vpc = self.state.get::<Vpc>(&row.vpc);
        let same = vpc.is_some_and(|vpc| vpc.meta.resource_group == row.meta.resource_group);
        self.must(same, "its resource group is its VPC's");
        let vswitches: Vec<_> = self.state.vswitches_of(&row.vpc).map(|vswitch| vswitch.cidr.net()).collect();
        for (destination, entry) in &row.entries {
            let apart = !vswitches.iter().any(|range| range.contains(destination));
            self.must(apart && is_destination(destination), "its routes lead out of its VPC's vSwitches");
            let eni = match &entry.next_hop {
                NextHop::Instance(id) => self.state.get::<Instance>(id).map(|instance| &instance.eni),
                NextHop::Eni(id) => Some(id),
            };
            let eni = eni.and_then(|id| self.state.get::<Eni>(id));
            let near = eni.is_some_and(|eni| eni.vpc == row.vpc && !eni.is_managed());
            self.must(near, "its routes lead to interfaces of users in its VPC");
        }
    }

    pub(super) fn vswitch(&mut self, row: &VSwitch) {
        let Some(vpc) = self.state.get::<Vpc>(&row.vpc) else { return };
        let net = row.cidr.net();
        self.must(vpc.ranges().any(|range| range.contains(&net)), "its range is within one of its VPC's");
        self.must(vpc.is_default || !row.is_default, "a default vSwitch lies in the default VPC");
        let mut others = self.state.vswitches_of(&row.vpc).filter(|other| other.id != row.id);
        let apart = others.all(|other| !overlap(&other.cidr.net(), &net));
        self.must(apart, "its range is apart from other vSwitches'");
        self.must(row.meta.resource_group == vpc.meta.resource_group, "its resource group is its VPC's");
        let table = row.route_table.as_ref().map(|id| self.state.get::<RouteTable>(id));
        let fits = table.is_none_or(|table| table.is_some_and(|table| table.vpc == row.vpc && !table.system));
        self.must(fits, "its route table is its VPC's");
        self.must(row.cidr.is_usable(row.cursor), "its cursor is an address that may be given out");
        self.must(self.state.settings().zones.contains(&row.zone), "its zone is the region's");
        let ipv6 = row.ipv6.is_none_or(|ipv6| vpc.ipv6 && ipv6.network == vpc.network);
        self.must(ipv6, "its IPv6 range is out of its VPC's");
        let number = |vswitch: &VSwitch| vswitch.ipv6.map(|ipv6| ipv6.number);
        let mut others = self.state.vswitches_of(&row.vpc).filter(|other| other.id != row.id);
        let apart = number(row).is_none() || others.all(|other| number(other) != number(row));
        self.must(apart, "its IPv6 range is no other vSwitch's");
    }

    pub(super) fn released(&mut self, row: &Released) {
        let fits = self
            .state
            .get::<VSwitch>(&row.vswitch)
            .is_some_and(|vswitch| vswitch.cidr.is_usable(row.address));
        self.must(fits, "it is an address of its vSwitch");
    }

    pub(super) fn security_group(&mut self, row: &SecurityGroup) {
        let specs: BTreeSet<_> = row.rules.values().map(|rule| &rule.spec).collect();
        self.must(specs.len() == row.rules.len(), "its rules differ");
        let most = Quota::RulesAGroup.most() as usize;
        self.must(row.rules.len() <= most, "it has at most as many rules as can be");
        let enterprise = row.kind == GroupKind::Enterprise;
        self.must(
            !(enterprise && row.inner_access),
            "members of an enterprise group do not accept each other",
        );
        let of_one_family = row.rules.values().all(|rule| rule.spec.protocol_fits() && rule.spec.sides_fit());
        self.must(of_one_family, "its rules' protocols go with their addresses");
        for rule in row.rules.values() {
            match &rule.spec.peer {
                Peer::Group(peer) => {
                    let near = self.state.get::<SecurityGroup>(peer).is_some_and(|peer| peer.vpc == row.vpc);
                    self.must(near && !enterprise, "groups in its rules lie in its VPC");
                }
                Peer::PrefixList(list) => {
                    let own = self.state.owned::<PrefixList>(row.meta.owner, list).is_ok();
                    self.must(own, "prefix lists in its rules are its account's");
                }
                Peer::Cidr(_) | Peer::Ipv6Cidr(_) => {}
            }
        }
    }

    pub(super) fn prefix_list(&mut self, row: &PrefixList) {
        let of_family = row.entries.keys().all(|range| Family::of(range.addr()) == row.family);
        self.must(of_family, "its ranges are of its family");
        self.must(row.entries.len() <= row.max_entries as usize, "it has room for its ranges");
    }

    pub(super) fn eni(&mut self, row: &Eni) {
        let fits = self.state.get::<VSwitch>(&row.vswitch).is_some_and(|vswitch| {
            let ipv6 = |address| vswitch.ipv6.is_some_and(|ipv6| ipv6.is_usable(address));
            vswitch.vpc == row.vpc
                && row.addresses().all(|address| vswitch.cidr.is_usable(address))
                && row.ipv6.keys().copied().all(ipv6)
        });
        self.must(fits, "its addresses are its vSwitch's, in its VPC");
        self.must(!row.secondary.contains(&row.address), "its primary address is not a secondary one too");
        let owned = match &row.owner {
            EniOwner::Nobody => true,
            EniOwner::Instance(id, number) => self.attached(row, id, *number),
            EniOwner::LoadBalancer(id) => self.state.get::<LoadBalancer>(id).is_some_and(|owner| {
                owner.zones.values().any(|zone| zone.eni == row.id && zone.vswitch == row.vswitch)
            }),
            EniOwner::Endpoint(id) => self.state.get::<Endpoint>(id).is_some_and(|owner| {
                owner.zones.values().any(|zone| zone.eni == row.id && zone.vswitch == row.vswitch)
            }),
        };
        self.must(owned, "its owner has it");
        let (count, most) = (row.security_groups.len(), Quota::GroupsAnEni.most() as usize);
        let counted = if row.is_managed() { count == 0 } else { (1..=most).contains(&count) };
        self.must(counted, "a user's has as many security groups as can be, others have none of their own");
        self.groups(&row.security_groups, &row.vpc);
    }

    /// The instance's primary interface, or one that lies in the same VPC and zone.
    fn attached(&self, row: &Eni, instance: &InstanceId, number: u8) -> bool {
        let zone = |eni: &Eni| self.state.get::<VSwitch>(&eni.vswitch).map(|vswitch| vswitch.zone.clone());
        let primary =
            self.state.get::<Instance>(instance).and_then(|owner| self.state.get::<Eni>(&owner.eni));
        primary.is_some_and(|primary| {
            (primary.id == row.id) == (number == 0) && primary.vpc == row.vpc && zone(primary) == zone(row)
        })
    }

    pub(super) fn instance(&mut self, row: &Instance) {
        let zone = self.state.get::<Eni>(&row.eni).and_then(|eni| self.state.get::<VSwitch>(&eni.vswitch));
        self.must(zone.is_some_and(|vswitch| vswitch.zone == row.zone), "its interface lies in its zone");
        self.must(self.state.settings().hosts.contains(&row.host), "its host is set up");
        let owned = |id| self.state.owned::<KeyPair>(row.meta.owner, id).is_ok();
        self.must(row.key_pair.as_ref().is_none_or(owned), "its key pair is its owner's");
        self.must(row.boot > 0 || row.power == Power::Stopped, "what runs was started once");
    }

    pub(super) fn private_zone(&mut self, row: &PrivateZone) {
        let alone = |vpc: &VpcId| {
            self.state.private_zones_of(vpc).filter(|other| other.domain == row.domain).count() == 1
        };
        let (alone, own) = (row.vpcs.iter().all(alone), row.meta.owner);
        self.must(alone, "no other zone for its domain is bound to its VPCs");
        let owned = row.vpcs.iter().all(|vpc| self.state.owned::<Vpc>(own, vpc).is_ok());
        self.must(owned, "its VPCs are its owner's");
    }
}
