//! Why a command about address ranges and routes is refused.

use ipnet::{Ipv4Net, Ipv6Net};

use crate::id::{RouteTableId, VSwitchId, VpcId};
use crate::tables::Key;

/// A command about address ranges and routes that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VpcRefusal {
    /// The vSwitch's range is not within one of its VPC's.
    #[error("{cidr} is not within a range of the VPC, which begins with {vpc}")]
    CidrOutsideVpc {
        /// The vSwitch's.
        cidr: Ipv4Net,
        /// The VPC's first one.
        vpc: Ipv4Net,
    },
    /// The VPC has the range already.
    #[error("{0} is a range of the VPC already")]
    CidrExists(Ipv4Net),
    /// The new range overlaps one of the VPC's.
    #[error("{cidr} overlaps {other}, which the VPC has")]
    CidrOverlapsVpc {
        /// The new range.
        cidr: Ipv4Net,
        /// The range that is there.
        other: Ipv4Net,
    },
    /// A route leads into the new range.
    #[error("route table {table} has a route to {destination}, which is within {cidr}: delete it first")]
    CidrOverRoute {
        /// The new range.
        cidr: Ipv4Net,
        /// The table.
        table: RouteTableId,
        /// The route's destination.
        destination: Ipv4Net,
    },
    /// The VPC whose ranges are to change does not exist.
    #[error("VPC {0} does not exist")]
    NoVpcOfRange(VpcId),
    /// The VPC has no such range besides its first one.
    #[error("{0} is no secondary range of the VPC")]
    CidrNotFound(Ipv4Net),
    /// Something lies in the range.
    #[error("{kind} {by} lies in {cidr}: remove that first", kind = .by.kind())]
    CidrInUse {
        /// The range.
        cidr: Ipv4Net,
        /// What lies in it.
        by: Key,
    },
    /// The VPC has its IPv6 range already.
    #[error("the VPC has the IPv6 range {0} already")]
    Ipv6Exists(Ipv6Net),
    /// The VPC has no such IPv6 range.
    #[error("{0} is no IPv6 range of the VPC")]
    Ipv6NotFound(Ipv6Net),
    /// A vSwitch or a server has a part of the VPC's IPv6 range.
    #[error("{kind} {0} has IPv6 of the VPC: take it away there first", kind = .0.kind())]
    Ipv6RangeInUse(Key),
    /// The VPC has no IPv6.
    #[error("VPC {0} has no IPv6: switch it on there first")]
    VpcWithoutIpv6(VpcId),
    /// Another vSwitch has the IPv6 range.
    #[error("{range} is the IPv6 range of vSwitch {vswitch}")]
    Ipv6Taken {
        /// The range.
        range: Ipv6Net,
        /// Who has it.
        vswitch: VSwitchId,
    },
    /// Which range a vSwitch is to get was not said.
    #[error("the vSwitch has no IPv6 yet: say which of the VPC's 256 ranges it gets, 0 to 255")]
    Ipv6NumberMissing,
    /// Something has an IPv6 address of the vSwitch.
    #[error("{} {by} has an IPv6 address of vSwitch {vswitch}: take it away first", .by.kind())]
    Ipv6InUse {
        /// The vSwitch.
        vswitch: VSwitchId,
        /// Who has the address.
        by: Key,
    },
    /// The account has a default VPC.
    #[error("VPC {0} is the default VPC already")]
    DefaultVpcExists(VpcId),
    /// The account has no default VPC.
    #[error("there is no default VPC: create it first")]
    NoDefaultVpc,
    /// The zone has a default vSwitch.
    #[error("vSwitch {0} is the default vSwitch of the zone already")]
    DefaultVSwitchExists(VSwitchId),
    /// Other vSwitches and routes leave no range for a default vSwitch.
    #[error("the default VPC has no /{0} left for a default vSwitch")]
    DefaultVpcFull(u8),
    /// The range overlaps a vSwitch's.
    #[error("{cidr} overlaps {other} of vSwitch {vswitch}")]
    CidrOverlapsVSwitch {
        /// The new range.
        cidr: Ipv4Net,
        /// The range that is there.
        other: Ipv4Net,
        /// Whose it is.
        vswitch: VSwitchId,
    },
    /// A route's destination is within the new vSwitch.
    #[error(
        "route table {table} has a route to {destination}, which the vSwitch would overrule: delete it first"
    )]
    VSwitchOverRoute {
        /// The table.
        table: RouteTableId,
        /// The route's destination.
        destination: Ipv4Net,
    },
    /// The system's table stays.
    #[error("route table {0} is the system's and goes with its VPC")]
    SystemTable(RouteTableId),
    /// The table still has routes.
    #[error("route table {0} still has routes: delete them first")]
    TableHasEntries(RouteTableId),
    /// The system's table is what vSwitches without another one use.
    #[error("route table {0} is the system's: unassociate the vSwitch's own table instead")]
    SystemTableAssociated(RouteTableId),
    /// The system's table is not taken from a vSwitch.
    #[error("route table {0} is the system's: associate another table instead")]
    SystemTableUnassociated(RouteTableId),
    /// The vSwitch uses a table already.
    #[error("vSwitch {vswitch} uses route table {table}: unassociate that first")]
    TableAssociated {
        /// The table.
        table: RouteTableId,
        /// The vSwitch.
        vswitch: VSwitchId,
    },
    /// The vSwitch does not use the table.
    #[error("vSwitch {vswitch} does not use route table {table}")]
    TableNotAssociated {
        /// The table.
        table: RouteTableId,
        /// The vSwitch.
        vswitch: VSwitchId,
    },
    /// The destination cannot be routed.
    #[error(
        "{0} cannot be a destination: give a range without bits behind its mask, not reserved by the cloud"
    )]
    Destination(Ipv4Net),
    /// The table has a route there.
    #[error("the route table has a route to {0} already")]
    RouteExists(Ipv4Net),
    /// The destination is within a vSwitch.
    #[error("{destination} is within vSwitch {vswitch}, whose addresses are always reached directly")]
    RouteInVSwitch {
        /// The destination.
        destination: Ipv4Net,
        /// The vSwitch.
        vswitch: VSwitchId,
    },
    /// No such route.
    #[error("there is no such route, or it is the system's")]
    RouteNotFound,
    /// The next hop is unknown, or another account's.
    #[error("{kind} {0}, where the route is to lead, does not exist", kind = .0.kind())]
    NextHopNotFound(Key),
    /// The next hop belongs to a product.
    #[error("{kind} {0} is managed by its product: a route cannot lead there", kind = .0.kind())]
    NextHopManaged(Key),
    /// The next hop lies in another VPC.
    #[error("{kind} {0} is not in the route table's VPC", kind = .0.kind())]
    NextHopElsewhere(Key),
}
