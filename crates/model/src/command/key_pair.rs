//! Commands about key pairs.

use crate::account::Secret;
use crate::id::InstanceId;
use crate::key_pair::PublicKey;
use crate::meta::{Labels, Name};

/// A change of key pairs, or of who has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPairCommand {
    /// Makes a key pair.
    Create(CreateKeyPair),
    /// Deletes key pairs that no instance has.
    Delete(Vec<Name>),
    /// Gives instances a key pair, in place of another one.
    Attach(KeyPairOfInstances),
    /// Takes a key pair from instances.
    Detach(KeyPairOfInstances),
}

/// Makes a key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateKeyPair {
    /// Its name, tags, resource group.
    pub labels: Labels,
    /// Its public half.
    pub public_key: PublicKey,
    /// Its private half, when it was made here: handed on to the answer, never kept.
    pub private_key: Option<Secret>,
}

/// A key pair and instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPairOfInstances {
    /// The key pair.
    pub key_pair: Name,
    /// The instances.
    pub instances: Vec<InstanceId>,
}
