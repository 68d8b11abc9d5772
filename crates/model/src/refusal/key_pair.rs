//! Why a command about key pairs is refused.

use crate::id::InstanceId;
use crate::meta::Name;

/// A command about key pairs that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyPairRefusal {
    /// The account has no key pair of this name.
    #[error("key pair {0} does not exist")]
    NotFound(Name),
    /// A key pair needs a name.
    #[error("a key pair needs a name of 2 to 128 characters")]
    NoName,
    /// The account has another one of this name.
    #[error("key pair {0} exists already: choose another name")]
    Exists(Name),
    /// An instance has it.
    #[error("key pair {key_pair} belongs to instance {instance}: detach it first")]
    InUse {
        /// The key pair.
        key_pair: Name,
        /// The instance.
        instance: InstanceId,
    },
    /// The instance has another one, or none.
    #[error("instance {instance} does not have key pair {key_pair}")]
    NotOfInstance {
        /// The key pair.
        key_pair: Name,
        /// The instance.
        instance: InstanceId,
    },
}
