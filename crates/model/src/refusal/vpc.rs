//! Why a command about address ranges and routes is refused.

use ipnet::Ipv4Net;

use crate::id::{RouteTableId, VSwitchId};
use crate::tables::Key;

/// A command about address ranges and routes that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VpcRefusal {
    /// The vSwitch's range is not within its VPC's.
    #[error("{cidr} is not within the VPC's range {vpc}")]
    CidrOutsideVpc {
        /// The vSwitch's.
        cidr: Ipv4Net,
        /// The VPC's.
        vpc: Ipv4Net,
    },
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
