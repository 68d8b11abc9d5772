//! Why a command about private zones is refused.

use crate::id::{PrivateZoneId, VpcId};
use crate::private_zone::{DnsName, RecordNumber};

/// A command about private zones that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrivateZoneRefusal {
    /// Unknown, or another account's.
    #[error("there is no record {}", .0.0)]
    RecordNotFound(RecordNumber),
    /// The zone has it already.
    #[error("record {} says the same already", .0.0)]
    RecordExists(RecordNumber),
    /// A name that stands for another has no other records.
    #[error("record {} is in the way: a name with a CNAME record has no other records", .0.0)]
    CnameConflict(RecordNumber),
    /// With the zone's name it would be no name any more.
    #[error("the record's name is longer than 253 characters")]
    NameTooLong,
    /// It is still answered somewhere.
    #[error("the zone is bound to VPC {0}: bind it to no VPC first")]
    Bound(VpcId),
    /// Two zones for one domain cannot both answer.
    #[error("VPC {vpc} is bound to zone {zone} for the same domain {domain}")]
    DomainTaken {
        /// The VPC.
        vpc: VpcId,
        /// The zone that it is bound to.
        zone: PrivateZoneId,
        /// The domain.
        domain: DnsName,
    },
}
