//! Commands about VPCs and vSwitches.

use crate::id::{VSwitchId, VpcId, ZoneId};
use crate::meta::{Labels, Relabel};
use crate::vpc::{VSwitchCidr, VpcCidr};

/// A change of VPCs and vSwitches.
#[derive(Clone, Debug, PartialEq)]
pub enum VpcCommand {
    /// Makes a VPC.
    CreateVpc(CreateVpc),
    /// Names or describes a VPC.
    ModifyVpc(ModifyVpc),
    /// Deletes an empty VPC.
    DeleteVpc(VpcId),
    /// Gives a VPC another address range.
    AssociateCidr(CidrOfVpc),
    /// Takes such a range away again.
    UnassociateCidr(CidrOfVpc),
    /// Makes a vSwitch.
    CreateVSwitch(CreateVSwitch),
    /// Makes the default vSwitch of a zone, in the default VPC.
    CreateDefaultVSwitch(ZoneId),
    /// Names or describes a vSwitch.
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

/// Names or describes a VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyVpc {
    /// The VPC.
    pub vpc: VpcId,
    /// What it is called now.
    pub relabel: Relabel,
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
}

/// Names or describes a vSwitch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyVSwitch {
    /// The vSwitch.
    pub vswitch: VSwitchId,
    /// What it is called now.
    pub relabel: Relabel,
}
