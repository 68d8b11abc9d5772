//! Why instances cannot be made together.

/// An amount of instances, or names for them, that were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TogetherRefusal {
    /// An amount of instances out of range.
    #[error("{0} instances cannot be made at once: give 1 to {max}", max = crate::quota::INSTANCES_A_CALL)]
    Amount(u32),
    /// Host names for other than all instances.
    #[error("{names} host names were given for {amount} instances: give one for each")]
    HostNames {
        /// How many names.
        names: usize,
        /// How many instances.
        amount: u32,
    },
    /// A name has no room for a number.
    #[error("the name is too long to get a number of three digits at its end")]
    NumberedName,
    /// A host name has no room for a number.
    #[error("the host name is too long to get a number of three digits at its end")]
    NumberedHostName,
}
