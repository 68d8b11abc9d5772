//! Instances and their elastic network interfaces.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::id::{
    EndpointId, EniId, HostId, InstanceId, Ipv6Index, KeyPairId, LoadBalancerId, PortIndex, Revision,
    SecurityGroupId, Timestamp, VSwitchId, VpcId, ZoneId,
};
use crate::meta::Meta;
use crate::net::Mac;

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// The common part.
    pub meta: Meta,
    /// Its zone.
    pub zone: ZoneId,
    /// Its primary ENI.
    pub eni: EniId,
    /// The host that runs it.
    pub host: HostId,
    /// Its image.
    pub image: Image,
    /// Its type.
    pub instance_type: InstanceType,
    /// The name that it has for itself.
    pub host_name: HostName,
    /// What runs at first boot.
    pub user_data: Option<UserData>,
    /// The key pair whose public half opens its root account from its next start on.
    pub key_pair: Option<KeyPairId>,
    /// Whether it is to run.
    pub power: Power,
    /// Raised by every start and reboot; 0 before the first.
    pub boot: u64,
    /// Refuses deletion.
    pub deletion_protection: bool,
    /// How it may ask about itself.
    #[serde(default)]
    pub metadata: MetadataOptions,
    /// When it is deleted by itself, also while it runs; `None` = never.
    #[serde(default)]
    pub release_at: Option<Timestamp>,
}

/// How an instance may ask the metadata service about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataOptions {
    /// It gets no answer.
    pub off: bool,
    /// It gets an answer only with a token that it has asked for.
    pub needs_token: bool,
}

/// Whether an instance is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Power {
    /// It is to run.
    Running,
    /// It is to have no process.
    Stopped,
}

/// An elastic network interface: an address in a vSwitch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eni {
    /// Its id.
    pub id: EniId,
    /// The common part.
    pub meta: Meta,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its vSwitch.
    pub vswitch: VSwitchId,
    /// Its primary private address.
    pub address: Ipv4Addr,
    /// Its other private addresses, in the same vSwitch.
    pub secondary: BTreeSet<Ipv4Addr>,
    /// Its IPv6 addresses, in the same vSwitch, and each as the data plane knows it.
    #[serde(default)]
    pub ipv6: BTreeMap<Ipv6Addr, Ipv6Index>,
    /// Its port, as the data plane knows it.
    pub port: PortIndex,
    /// Whose interface it is.
    pub owner: EniOwner,
    /// The commit that gave it to its owner, or took it away.
    pub moved: Revision,
    /// Security groups; none for those of load balancers and endpoints (an endpoint's are the endpoint's own).
    pub security_groups: BTreeSet<SecurityGroupId>,
    /// It goes with the instance that it is attached to.
    pub delete_on_release: bool,
    /// Packets must come from its own addresses, or from ranges that a route leads to it.
    pub source_dest_check: bool,
}

impl Eni {
    /// Its MAC.
    pub fn mac(&self) -> Mac {
        Mac::of_port(self.port)
    }

    /// Every private address, the primary one first.
    pub fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        std::iter::once(self.address).chain(self.secondary.iter().copied())
    }

    /// The instance that it is attached to.
    pub fn instance(&self) -> Option<&InstanceId> {
        match &self.owner {
            EniOwner::Instance(id, _) => Some(id),
            EniOwner::Nobody | EniOwner::LoadBalancer(_) | EniOwner::Endpoint(_) => None,
        }
    }

    /// It belongs to an NLB or an endpoint, which alone may change it.
    pub fn is_managed(&self) -> bool {
        match self.owner {
            EniOwner::Nobody | EniOwner::Instance(..) => false,
            EniOwner::LoadBalancer(_) | EniOwner::Endpoint(_) => true,
        }
    }

    /// It is the interface that an instance was born with.
    pub fn is_primary(&self) -> bool {
        matches!(self.owner, EniOwner::Instance(_, 0))
    }
}

/// Whose interface an ENI is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EniOwner {
    /// Nobody's: it is attached to nothing.
    Nobody,
    /// An interface of an instance, and its number there: 0 is the primary one, N is `ethN`.
    Instance(InstanceId, u8),
    /// A zonal address of an NLB.
    LoadBalancer(LoadBalancerId),
    /// A zone of an endpoint.
    Endpoint(EndpointId),
}

/// A value that an instance cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInstanceValue {
    /// An image.
    #[error("'{0}' is not an image: give 'host', or the absolute path of a root file system on the host")]
    Image(String),
    /// A type.
    #[error("'{0}' is not an instance type of the form ecs.FAMILY.SIZE, such as ecs.c6.large")]
    Type(String),
    /// A host name.
    #[error("'{0}' is not a host name: 2 to 64 letters, digits, '-' and '.', no '-' or '.' at either end")]
    HostName(String),
    /// User data.
    #[error("user data has {0} bytes; at most 32768 are possible")]
    UserData(usize),
}

/// An image: `host`, or the absolute path of a root file system on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Image(String);

impl Image {
    /// An image from text.
    pub fn parse(text: &str) -> Result<Self, InvalidInstanceValue> {
        let climbs = text.split('/').any(|part| part == "..");
        if text == "host" || (text.starts_with('/') && text.len() <= 4096 && !climbs && !text.contains('\0'))
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidInstanceValue::Image(text.chars().take(128).collect()))
        }
    }

    /// The image as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Image {
    fn default() -> Self {
        Self("host".to_owned())
    }
}

/// An instance type, such as `ecs.c6.large`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceType(String);

impl InstanceType {
    /// A type from text.
    pub fn parse(text: &str) -> Result<Self, InvalidInstanceValue> {
        let legal =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            ["ecs", family, size] if legal(family) && legal(size) && text.len() <= 64 => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(InvalidInstanceValue::Type(text.chars().take(128).collect())),
        }
    }

    /// The type as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// CPU limit in cores: 1 for tiny and small, 2 for large, 4 for xlarge, and 4 N for Nxlarge.
    pub fn cpus(&self) -> u32 {
        match self.0.rsplit('.').next().unwrap_or_default() {
            "nano" | "tiny" | "small" => 1,
            "large" => 2,
            "xlarge" => 4,
            size => size
                .strip_suffix("xlarge")
                .and_then(|n| n.parse::<u32>().ok())
                .map_or(2, |n| n.clamp(1, 64) * 4),
        }
    }

    /// Memory limit, MiB: 1 GiB for tiny, else 2, 4 or 8 GiB a core for compute, general and memory families.
    pub fn memory_mib(&self) -> u64 {
        let family = self.0.split('.').nth(1).unwrap_or_default();
        let size = self.0.rsplit('.').next().unwrap_or_default();
        let per_core = match (family.chars().next(), size) {
            (_, "nano") => 512,
            (_, "tiny") => 1024,
            (Some('r'), _) => 8192,
            (Some('g'), _) => 4096,
            (_, _) => 2048,
        };
        u64::from(self.cpus()) * per_core
    }
}

impl Default for InstanceType {
    fn default() -> Self {
        Self("ecs.c6.large".to_owned())
    }
}

/// The name of an instance for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostName(String);

impl HostName {
    /// A host name from text.
    pub fn parse(text: &str) -> Result<Self, InvalidInstanceValue> {
        let label = |part: &str| {
            let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            edge(part.chars().next())
                && edge(part.chars().last())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if (2..=64).contains(&text.len()) && text.split('.').all(label) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidInstanceValue::HostName(text.chars().take(128).collect()))
        }
    }

    /// The name that an instance gets when none was asked for: `iZ` and the random part of its id.
    pub fn of(instance: &InstanceId) -> Self {
        Self(format!("iZ{}Z", instance.as_str().trim_start_matches(InstanceId::PREFIX)))
    }

    /// The name as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an instance runs at first boot, at most 32 KiB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserData(Vec<u8>);

impl UserData {
    /// Most bytes.
    pub const LIMIT: usize = 32 * 1024;

    /// User data from bytes, decoded.
    pub fn new(bytes: Vec<u8>) -> Result<Self, InvalidInstanceValue> {
        if bytes.len() > Self::LIMIT {
            Err(InvalidInstanceValue::UserData(bytes.len()))
        } else {
            Ok(Self(bytes))
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
