//! Further ranges of VPCs; default VPCs, and the ranges of their default vSwitches.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::Ipv4Net;

use crate::command::Output;
use crate::command::vpc::{CidrOfVpc, CreateDefaultVSwitch, CreateVSwitch};
use crate::draft::Draft;
use crate::id::VpcId;
use crate::meta::Labels;
use crate::nlb::Target;
use crate::quota::Quota;
use crate::refusal::{Refusal, VpcRefusal};
use crate::relations::Claim;
use crate::state::State;
use crate::tables::Key;
use crate::vpc::{VSwitchCidr, Vpc, overlap};

/// The mask of a default vSwitch's range, as the VPC API documents.
const DEFAULT_VSWITCH: u8 = 20;

impl Draft {
    pub(super) fn associate_cidr(&mut self, it: &CidrOfVpc) -> Result<Output, Refusal> {
        let (vpc, cidr) = (self.vpc_of_range(&it.vpc)?, it.cidr.net());
        if vpc.ranges().any(|range| range == cidr) {
            return Err(VpcRefusal::CidrExists(cidr).into());
        }
        if let Some(other) = vpc.ranges().find(|range| overlap(range, &cidr)) {
            return Err(VpcRefusal::CidrOverlapsVpc { cidr, other }.into());
        }
        if let Some((table, destination)) = self.route_within(&vpc.id, cidr) {
            return Err(VpcRefusal::CidrOverRoute { cidr, table, destination }.into());
        }
        self.within(vpc.secondary.len() + 1, Quota::SecondaryCidrsAVpc)?;
        self.edit(vpc.as_ref(), |row| row.secondary.push(it.cidr));
        Ok(Output::Cidr(it.cidr))
    }

    pub(super) fn unassociate_cidr(&mut self, it: &CidrOfVpc) -> Result<(), Refusal> {
        let (vpc, cidr) = (self.vpc_of_range(&it.vpc)?, it.cidr.net());
        if !vpc.secondary.contains(&it.cidr) {
            return Err(VpcRefusal::CidrNotFound(cidr).into());
        }
        if let Some(by) = lies_in(self.state(), &vpc, &cidr) {
            return Err(VpcRefusal::CidrInUse { cidr, by }.into());
        }
        self.edit(vpc.as_ref(), |row| row.secondary.retain(|other| *other != it.cidr));
        Ok(())
    }

    pub(super) fn vpc_of_range(&self, id: &VpcId) -> Result<Arc<Vpc>, Refusal> {
        self.own::<Vpc>(id).map_err(|_| VpcRefusal::NoVpcOfRange(id.clone()).into())
    }

    pub(super) fn default_vpc(&self) -> Option<Arc<Vpc>> {
        let Some(Key::Vpc(id)) = self.state().holder(&Claim::DefaultVpc(self.account)) else { return None };
        self.state().get::<Vpc>(id).cloned()
    }

    pub(super) fn create_default_vswitch(&mut self, it: &CreateDefaultVSwitch) -> Result<Output, Refusal> {
        let zone = &it.zone;
        self.known_zone(zone)?;
        let vpc = self.default_vpc().ok_or(VpcRefusal::NoDefaultVpc)?;
        if let Some(Key::VSwitch(id)) =
            self.state().holder(&Claim::DefaultVSwitch(vpc.id.clone(), zone.clone()))
        {
            return Err(VpcRefusal::DefaultVSwitchExists(id.clone()).into());
        }
        let cidr = self.free_range(&vpc).ok_or(VpcRefusal::DefaultVpcFull(DEFAULT_VSWITCH))?;
        let it = CreateVSwitch {
            labels: Labels::default(),
            vpc: vpc.id.clone(),
            zone: zone.clone(),
            cidr,
            ipv6: it.ipv6,
        };
        self.new_vswitch(&vpc, &it, true)
    }

    /// The first range that a default vSwitch can have.
    fn free_range(&self, vpc: &Vpc) -> Option<VSwitchCidr> {
        let ranges = vpc.cidr.net().subnets(DEFAULT_VSWITCH).into_iter().flatten();
        let mut free = ranges.filter(|range| self.fits(vpc, *range).is_ok());
        free.find_map(|range| VSwitchCidr::new(range).ok())
    }
}

/// A vSwitch, or a group with a server that is an address, within a range.
fn lies_in(state: &State, vpc: &Vpc, cidr: &Ipv4Net) -> Option<Key> {
    let mut vswitches = state.vswitches_of(&vpc.id);
    let vswitch = vswitches.find(|vswitch| cidr.contains(&vswitch.cidr.net()));
    let mut groups = state.server_groups_of_vpc(&vpc.id);
    let inside =
        |target: &Target| matches!(target, Target::Ip(IpAddr::V4(address)) if cidr.contains(address));
    let group = groups.find(|group| group.servers.iter().any(|server| inside(&server.target)));
    let vswitch = vswitch.map(|vswitch| Key::VSwitch(vswitch.id.clone()));
    vswitch.or_else(|| group.map(|group| Key::ServerGroup(group.id.clone())))
}
