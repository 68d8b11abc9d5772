//! Commands about network interfaces.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::instance::MoveInstance;
use crate::id::{EniId, InstanceId, SecurityGroupId, VSwitchId};
use crate::meta::{Labels, Relabel};

/// A change of interfaces.
#[derive(Clone, Debug, PartialEq)]
pub enum EniCommand {
    /// Makes an interface.
    Create(CreateEni),
    /// Deletes an interface that is attached to nothing.
    Delete(EniId),
    /// Attaches an interface to an instance.
    Attach(EniAttachment),
    /// Takes an interface from its instance.
    Detach(EniAttachment),
    /// Changes an interface.
    Modify(ModifyEni),
    /// Gives an interface more addresses.
    Assign(AssignAddresses),
    /// Takes addresses from an interface.
    Unassign(UnassignAddresses),
    /// Gives an interface IPv6 addresses.
    AssignIpv6(AssignIpv6),
    /// Takes IPv6 addresses from an interface.
    UnassignIpv6(UnassignIpv6),
    /// Moves a stopped instance's primary interface to another vSwitch or address.
    MoveInstance(MoveInstance),
}

/// IPv4 addresses besides the primary one, or IPv6 addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoreAddresses<A = Ipv4Addr> {
    /// These.
    These(BTreeSet<A>),
    /// So many, whichever are free.
    Any(u32),
}

impl<A: Copy> MoreAddresses<A> {
    /// Whether it stands for no address.
    pub(crate) fn is_none(&self) -> bool {
        match self {
            Self::These(addresses) => addresses.is_empty(),
            Self::Any(count) => *count == 0,
        }
    }

    /// Each: the one that was asked for, or any.
    pub(crate) fn wanted(&self) -> Vec<Option<A>> {
        match self {
            Self::These(addresses) => addresses.iter().copied().map(Some).collect(),
            Self::Any(count) => vec![None; *count as usize],
        }
    }
}

impl<A> Default for MoreAddresses<A> {
    /// None.
    fn default() -> Self {
        Self::Any(0)
    }
}

/// Makes an interface that is attached to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateEni {
    /// Name, description, tags, resource group.
    pub labels: Labels,
    /// Its vSwitch.
    pub vswitch: VSwitchId,
    /// Its primary address; `None` = the next free one.
    pub address: Option<Ipv4Addr>,
    /// Its other addresses.
    pub more: MoreAddresses,
    /// Its IPv6 addresses.
    pub ipv6: MoreAddresses<Ipv6Addr>,
    /// Its security groups; one at least.
    pub security_groups: BTreeSet<SecurityGroupId>,
    /// It goes with the instance that it is attached to.
    pub delete_on_release: bool,
    /// Packets must come from its own addresses, or from ranges that a route leads to it.
    pub source_dest_check: bool,
}

impl CreateEni {
    /// An interface with one address and every default.
    pub fn new(vswitch: VSwitchId, security_groups: BTreeSet<SecurityGroupId>) -> Self {
        Self {
            labels: Labels::default(),
            vswitch,
            address: None,
            more: MoreAddresses::default(),
            ipv6: MoreAddresses::default(),
            security_groups,
            delete_on_release: true,
            source_dest_check: true,
        }
    }
}

/// An interface and an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EniAttachment {
    /// The interface.
    pub eni: EniId,
    /// The instance.
    pub instance: InstanceId,
}

/// Changes an interface; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyEni {
    /// The interface.
    pub eni: EniId,
    /// What it is called now.
    pub relabel: Relabel,
    /// Its security groups, the full set.
    pub security_groups: Option<BTreeSet<SecurityGroupId>>,
    /// It goes with the instance that it is attached to.
    pub delete_on_release: Option<bool>,
    /// Packets must come from its own addresses, or from ranges that a route leads to it.
    pub source_dest_check: Option<bool>,
}

impl ModifyEni {
    /// A change of nothing yet.
    pub fn new(eni: EniId) -> Self {
        let relabel = Relabel::default();
        Self { eni, relabel, security_groups: None, delete_on_release: None, source_dest_check: None }
    }
}

/// Gives an interface more addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignAddresses {
    /// The interface.
    pub eni: EniId,
    /// The addresses; one at least.
    pub addresses: MoreAddresses,
}

/// Takes secondary addresses from an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnassignAddresses {
    /// The interface.
    pub eni: EniId,
    /// The addresses.
    pub addresses: BTreeSet<Ipv4Addr>,
}

/// Gives an interface IPv6 addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignIpv6 {
    /// The interface.
    pub eni: EniId,
    /// The addresses; one at least.
    pub addresses: MoreAddresses<Ipv6Addr>,
}

/// Takes IPv6 addresses from an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnassignIpv6 {
    /// The interface.
    pub eni: EniId,
    /// The addresses.
    pub addresses: BTreeSet<Ipv6Addr>,
}
