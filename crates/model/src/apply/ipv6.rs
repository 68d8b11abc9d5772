//! IPv6 of VPCs, vSwitches, and zones of NLBs and endpoints: on and off.

use std::net::Ipv6Addr;

use crate::command::Output;
use crate::command::eni::MoreAddresses;
use crate::command::vpc::{Ipv6OfVpc, ModifyVSwitch, ModifyVpc, SwitchIpv6};
use crate::draft::Draft;
use crate::id::VpcId;
use crate::ipv6::{self, VSwitchIpv6};
use crate::nlb::{IpVersion, Server};
use crate::refusal::{AddressRefusal, Refusal, VpcRefusal};
use crate::tables::Key;
use crate::vpc::{VSwitch, Vpc};

impl Draft {
    pub(super) fn modify_vpc(&mut self, it: &ModifyVpc) -> Result<(), Refusal> {
        let vpc = self.own::<Vpc>(&it.vpc)?;
        if let Some(ipv6) = it.ipv6.filter(|ipv6| *ipv6 != vpc.ipv6) {
            self.switch_ipv6(&vpc, ipv6)?;
        }
        self.relabel::<Vpc>(&it.vpc, &it.relabel)
    }

    pub(super) fn associate_ipv6(&mut self, id: &VpcId) -> Result<Output, Refusal> {
        let vpc = self.vpc_of_range(id)?;
        if let Some(range) = vpc.ipv6_range() {
            return Err(VpcRefusal::Ipv6Exists(range).into());
        }
        self.switch_ipv6(&vpc, true)?;
        Ok(Output::Ipv6Cidr(ipv6::of_vpc(vpc.network)))
    }

    pub(super) fn unassociate_ipv6(&mut self, it: &Ipv6OfVpc) -> Result<(), Refusal> {
        let vpc = self.vpc_of_range(&it.vpc)?;
        if vpc.ipv6_range() != Some(it.range) {
            return Err(VpcRefusal::Ipv6NotFound(it.range).into());
        }
        self.switch_ipv6(&vpc, false)
    }

    fn switch_ipv6(&mut self, vpc: &Vpc, on: bool) -> Result<(), Refusal> {
        if let Some(by) = self.ipv6_user(&vpc.id) {
            return Err(VpcRefusal::Ipv6RangeInUse(by).into());
        }
        self.edit(vpc, |row| row.ipv6 = on);
        Ok(())
    }

    /// A vSwitch with IPv6, or a group with an IPv6 server.
    fn ipv6_user(&self, vpc: &VpcId) -> Option<Key> {
        let vswitch = self.state().vswitches_of(vpc).find(|vswitch| vswitch.ipv6.is_some());
        let is_ipv6 = |server: &Server| server.target.ipv6().is_some();
        let mut groups = self.state().server_groups_of_vpc(vpc);
        let group = groups.find(|group| group.servers.iter().any(is_ipv6));
        let vswitch = vswitch.map(|vswitch| Key::VSwitch(vswitch.id.clone()));
        vswitch.or_else(|| group.map(|group| Key::ServerGroup(group.id.clone())))
    }

    pub(super) fn modify_vswitch(&mut self, it: &ModifyVSwitch) -> Result<(), Refusal> {
        let vswitch = self.own::<VSwitch>(&it.vswitch)?;
        let after = match (it.ipv6, vswitch.ipv6) {
            (None | Some(SwitchIpv6::On(None)), Some(before)) => Some(before),
            (None | Some(SwitchIpv6::Off), None) | (Some(SwitchIpv6::Off), Some(_)) => None,
            (Some(SwitchIpv6::On(Some(number))), Some(before)) if before.number == number => Some(before),
            (Some(SwitchIpv6::On(Some(number))), _) => {
                let vpc = self.own::<Vpc>(&vswitch.vpc)?;
                Some(self.free_ipv6(&vpc, number)?)
            }
            (Some(SwitchIpv6::On(None)), None) => return Err(VpcRefusal::Ipv6NumberMissing.into()),
        };
        if after != vswitch.ipv6 {
            if let Some(eni) = self.state().enis_of(&vswitch.id).find(|eni| !eni.ipv6.is_empty()) {
                let by = self.state().known_as(&Key::Eni(eni.id.clone()));
                return Err(VpcRefusal::Ipv6InUse { vswitch: vswitch.id.clone(), by }.into());
            }
            self.edit(vswitch.as_ref(), |row| row.ipv6 = after);
        }
        self.relabel::<VSwitch>(&it.vswitch, &it.relabel)
    }

    /// A /64 of a VPC that no vSwitch has.
    pub(super) fn free_ipv6(&self, vpc: &Vpc, number: u8) -> Result<VSwitchIpv6, Refusal> {
        if !vpc.ipv6 {
            return Err(VpcRefusal::VpcWithoutIpv6(vpc.id.clone()).into());
        }
        let new = VSwitchIpv6::new(vpc.network, number);
        let mut others = self.state().vswitches_of(&vpc.id);
        match others.find(|other| other.ipv6.is_some_and(|ipv6| ipv6.number == number)) {
            Some(other) => {
                Err(VpcRefusal::Ipv6Taken { range: new.range(), vswitch: other.id.clone() }.into())
            }
            None => Ok(new),
        }
    }
}

/// The IPv6 addresses of a zone of an NLB or endpoint: one with dual stack, else none.
pub(super) fn zone_ipv6(
    version: IpVersion,
    wanted: Option<Ipv6Addr>,
) -> Result<MoreAddresses<Ipv6Addr>, Refusal> {
    match (version, wanted) {
        (IpVersion::DualStack, Some(address)) => Ok(MoreAddresses::These([address].into())),
        (IpVersion::DualStack, None) => Ok(MoreAddresses::Any(1)),
        (IpVersion::Ipv4, None) => Ok(MoreAddresses::default()),
        (IpVersion::Ipv4, Some(address)) => {
            Err(Refusal::Address(AddressRefusal::Ipv6WithoutDualStack(address)))
        }
    }
}
