//! Identifiers: one type each, so that a vSwitch can never be passed for a VPC. Forms as in the cloud's own API:
//! prefix, region code where the product has one, then lower-case letters and digits.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::entropy::Entropy;

/// Text that is not an identifier of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not an id of the form {prefix}…")]
pub struct InvalidId {
    /// What was given.
    pub text: String,
    /// What an id of this kind begins with.
    pub prefix: &'static str,
}

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// Longest id accepted from outside, in bytes.
const MAX_LENGTH: usize = 64;

fn parse(text: &str, prefix: &'static str) -> Result<Arc<str>, InvalidId> {
    let body = text.strip_prefix(prefix).unwrap_or_default();
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '@';
    if body.is_empty() || text.len() > MAX_LENGTH || !body.chars().all(legal) {
        return Err(InvalidId { text: text.chars().take(MAX_LENGTH).collect(), prefix });
    }
    Ok(text.into())
}

fn generate(prefix: &str, region_code: &str, length: usize, entropy: &mut Entropy) -> Arc<str> {
    let random = length - region_code.len();
    let tail = (0..random).map(|_| ALPHABET[entropy.below(ALPHABET.len() as u64) as usize] as char);
    format!("{prefix}{region_code}{}", tail.collect::<String>()).into()
}

/// Region code of cn-hangzhou, the first three characters after the prefix in ids of the older products.
const REGION_CODE: &str = "bp1";

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal, $region:expr, $length:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new random id.
            pub fn generate(entropy: &mut Entropy) -> Self {
                Self(generate($prefix, $region, $length, entropy))
            }

            /// The id as it travels.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(text, $prefix).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A virtual private cloud.
    VpcId = "vpc-", REGION_CODE, 21;
    /// A subnet of a VPC in one zone.
    VSwitchId = "vsw-", REGION_CODE, 21;
    /// A route table.
    RouteTableId = "vtb-", REGION_CODE, 21;
    /// An entry of a route table.
    RouteEntryId = "rte-", REGION_CODE, 21;
    /// The router of a VPC.
    RouterId = "vrt-", REGION_CODE, 21;
    /// An instance.
    InstanceId = "i-", REGION_CODE, 20;
    /// A command of the cloud assistant.
    CommandId = "c-", REGION_CODE, 20;
    /// An invocation of such a command.
    InvocationId = "t-", REGION_CODE, 20;
    /// A key pair.
    KeyPairId = "ssh-", REGION_CODE, 20;
    /// A prefix list.
    PrefixListId = "pl-", REGION_CODE, 20;
    /// A security group.
    SecurityGroupId = "sg-", REGION_CODE, 20;
    /// A rule of a security group.
    RuleId = "sgr-", REGION_CODE, 20;
    /// An elastic network interface.
    EniId = "eni-", REGION_CODE, 20;
    /// A network load balancer.
    LoadBalancerId = "nlb-", "", 18;
    /// A server group.
    ServerGroupId = "sgp-", "", 18;
    /// A listener: `lsn-<id>@<port>`.
    ListenerId = "lsn-", "", 18;
    /// A security policy of an account's own.
    SecurityPolicyId = "tls-", "", 18;
    /// An imported certificate: `<number>-<region>`.
    CertificateId = "", "", 20;
    /// An endpoint service.
    EndpointServiceId = "epsrv-", REGION_CODE, 20;
    /// An endpoint.
    EndpointId = "ep-", REGION_CODE, 20;
    /// An asynchronous job of the NLB API (a UUID).
    JobId = "", "", 36;
    /// A resource group.
    ResourceGroupId = "rg-", "acfm", 15;
    /// A private zone.
    PrivateZoneId = "", "", 32;
    /// A host that runs an agent.
    HostId = "host-", "", 12;
}

impl CertificateId {
    /// A new certificate of a region.
    pub fn in_region(entropy: &mut Entropy, region: &str) -> Self {
        let number = 10_000_000 + entropy.below(90_000_000);
        Self(format!("{number}-{region}").into())
    }

    /// A certificate by its number.
    ///
    /// # Errors
    /// When the region is no part of an id.
    pub fn numbered(number: i64, region: &str) -> Result<Self, InvalidId> {
        format!("{number}-{region}").parse()
    }

    /// The number alone, which the certificate product calls it by.
    pub fn number(&self) -> i64 {
        self.as_str().split('-').next().and_then(|digits| digits.parse().ok()).unwrap_or_default()
    }
}

impl ListenerId {
    /// The id of a listener on `port`; a range of ports listens on 0.
    pub fn on_port(entropy: &mut Entropy, port: u16) -> Self {
        Self(format!("{}@{port}", generate("lsn-", "", 18, entropy)).into())
    }
}

impl JobId {
    /// A new random job id in the form of a UUID (version 4).
    pub fn random(entropy: &mut Entropy) -> Self {
        let (high, low) = (entropy.next(), entropy.next());
        Self(
            format!(
                "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
                high >> 32,
                (high >> 16) & 0xffff,
                high & 0xfff,
                0x8000 | (low >> 48) & 0x3fff,
                low & 0xffff_ffff_ffff
            )
            .into(),
        )
    }
}

/// An account: 16 decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub u64);

impl AccountId {
    /// A new random account number.
    pub fn generate(entropy: &mut Entropy) -> Self {
        Self(1_000_000_000_000_000 + entropy.below(9_000_000_000_000_000))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016}", self.0)
    }
}

/// A zone of the region, such as `cn-hangzhou-g`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ZoneId(Arc<str>);

impl ZoneId {
    /// The zone with this name. Whether the region has it is the region's to say.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! dense {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);
    )*};
}

dense! {
    /// A network: a VPC, or the connection of one endpoint. Dense, from 1; 24 bits, so that it can be a VNI.
    Network;
    /// A port: the attachment of one ENI to the data plane. Dense, from 1; 22 bits, so that it has an alias address.
    PortIndex;
    /// A route table, as the kernel knows it. Dense, from 1; 24 bits.
    TableIndex;
    /// A security group, as the kernel knows it. Dense, from 1.
    GroupIndex;
    /// A zonal address of an NLB, as the kernel knows it. Dense, from 1.
    VipIndex;
    /// A listener, as the kernel knows it. Dense, from 1.
    ListenerIndex;
    /// A server group, as the kernel knows it. Dense, from 1.
    ServerGroupIndex;
    /// One server (address and port) of a server group, as the kernel knows it. Dense, from 1.
    ServerIndex;
    /// An endpoint, as the kernel knows it. Dense, from 1.
    EndpointIndex;
    /// An IPv6 address of a network interface, as the kernel knows it. Dense, from 1; 19 bits, so that it has an alias address.
    Ipv6Index;
}

/// Number of a committed state: every commit raises it by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

/// Seconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);
