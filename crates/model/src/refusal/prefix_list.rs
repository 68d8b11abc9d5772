//! Why a command about prefix lists is refused.

use ipnet::IpNet;

use crate::id::PrefixListId;

/// A command about prefix lists, or a rule that names one, that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixListRefusal {
    /// A list has ranges of one family.
    #[error("{0} is not of the list's address family")]
    OtherFamily(IpNet),
    /// The list has no room for so many ranges.
    #[error("the list has room for {max} ranges, not for {asked}: remove some, or use another list too")]
    Full {
        /// How many it would have.
        asked: usize,
        /// How many it may have.
        max: u32,
    },
    /// The list has no such range.
    #[error("the list does not have {0}")]
    EntryNotFound(IpNet),
    /// The rule's protocol, or the range of its own side, is of the other family.
    #[error("the rule is not of the address family of prefix list {0}")]
    RuleOfOtherFamily(PrefixListId),
}
