//! Commands about VPCs and vSwitches.

use ipnet::Ipv6Net;

use crate::id::{VSwitchId, VpcId, ZoneId};
use crate::meta::{Labels, Relabel};
use crate::vpc::{VSwitchCidr, VpcCidr};

/// A change of VPCs and vSwitches.
#[derive(Clone, Debug, PartialEq)]
pub enum VpcCommand {
    /// Makes a VPC.
    CreateVpc(CreateVpc),
    /// Changes a VPC.
    ModifyVpc(ModifyVpc),
    /// Deletes an empty VPC.
    DeleteVpc(VpcId),
    /// Gives a VPC another address range.
    AssociateCidr(CidrOfVpc),
    /// Takes such a range away again.
    UnassociateCidr(CidrOfVpc),
    /// Gives a VPC its IPv6 range.
    AssociateIpv6(VpcId),
    /// Takes it away again.
    UnassociateIpv6(Ipv6OfVpc),
    /// Makes a vSwitch.
    CreateVSwitch(CreateVSwitch),
    /// Makes the default vSwitch of a zone, in the default VPC.
    CreateDefaultVSwitch(CreateDefaultVSwitch),
    /// Changes a vSwitch.
    ModifyVSwitch(ModifyVSwitch),
    /// Deletes an empty vSwitch.
    DeleteVSwitch(VSwitchId),
}

/// Makes a VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateVpc {
    /// Name, description, tags, resource group.
    pub labels: Labels,
    /// Its address range.
    pub cidr: VpcCidr,
    /// Whether it has IPv6.
    pub ipv6: bool,
    /// Whether it is to be the account's default VPC.
    pub is_default: bool,
}

/// A range of a VPC besides the one that it was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CidrOfVpc {
    /// The VPC.
    pub vpc: VpcId,
    /// The range.
    pub cidr: VpcCidr,
}

/// The IPv6 range of a VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ipv6OfVpc {
    /// The VPC.
    pub vpc: VpcId,
    /// The range; must be the VPC's.
    pub range: Ipv6Net,
}

/// Changes a VPC; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyVpc {
    /// The VPC.
    pub vpc: VpcId,
    /// What it is called now.
    pub relabel: Relabel,
    /// Whether it has IPv6.
    pub ipv6: Option<bool>,
}

/// Makes a vSwitch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateVSwitch {
    /// Name, description, tags.
    pub labels: Labels,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its zone.
    pub zone: ZoneId,
    /// Its address range, within one of the VPC's.
    pub cidr: VSwitchCidr,
    /// Which /64 of the VPC's IPv6 range it has.
    pub ipv6: Option<u8>,
}

/// Makes the default vSwitch of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateDefaultVSwitch {
    /// The zone.
    pub zone: ZoneId,
    /// Which /64 of the VPC's IPv6 range it has.
    pub ipv6: Option<u8>,
}

/// What becomes of a vSwitch's IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchIpv6 {
    /// It has none.
    Off,
    /// It has some; which /64 of the VPC's range must be said when it has none yet.
    On(Option<u8>),
}

/// Changes a vSwitch; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyVSwitch {
    /// The vSwitch.
    pub vswitch: VSwitchId,
    /// What it is called now.
    pub relabel: Relabel,
    /// What becomes of its IPv6.
    pub ipv6: Option<SwitchIpv6>,
}
