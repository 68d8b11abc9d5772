//! Private zones: names that the resolver answers inside the VPCs that they are bound to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{PrivateZoneId, Timestamp, VpcId};
use crate::meta::Meta;
use crate::words::words;

/// A private zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateZone {
    /// Its id.
    pub id: PrivateZoneId,
    /// The common part.
    pub meta: Meta,
    /// The domain that it answers for.
    pub domain: DnsName,
    /// Who answers for what it does not have.
    pub proxy: ProxyPattern,
    /// For people.
    pub remark: String,
    /// When it last changed.
    pub updated: Timestamp,
    /// Where it is answered.
    pub vpcs: BTreeSet<VpcId>,
    /// Its records, by number.
    pub records: BTreeMap<RecordNumber, ZoneRecord>,
}

/// Who answers for names that a zone does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProxyPattern {
    /// Nobody: they do not exist.
    #[default]
    Zone,
    /// The host's resolvers.
    Record,
}

words! {
    ProxyPattern { Zone = "ZONE", Record = "RECORD" }
}

/// A record's number: unique in the installation, below 2^53 so that every JSON reader keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordNumber(pub u64);

/// A record of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneRecord {
    /// The name below the zone: `@` for the zone itself, `*` for whatever is not there.
    pub host: HostPart,
    /// What is answered.
    pub data: RecordData,
    /// Seconds that a client may keep the answer.
    pub ttl: u32,
    /// Whether it is answered.
    pub enabled: bool,
    /// For people.
    pub remark: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// Another name for the same.
    Cname(DnsName),
    /// Text, at most 512 bytes.
    Txt(String),
    /// A mail server.
    Mx {
        /// The lowest comes first.
        preference: u16,
        /// The server.
        exchange: DnsName,
    },
    /// The name of an address.
    Ptr(DnsName),
    /// A server of a service.
    Srv {
        /// The lowest comes first.
        priority: u16,
        /// Share among those of one priority.
        weight: u16,
        /// Where it listens.
        port: u16,
        /// The server.
        target: DnsName,
    },
}

impl RecordData {
    /// The type as it travels.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::A(_) => "A",
            Self::Aaaa(_) => "AAAA",
            Self::Cname(_) => "CNAME",
            Self::Txt(_) => "TXT",
            Self::Mx { .. } => "MX",
            Self::Ptr(_) => "PTR",
            Self::Srv { .. } => "SRV",
        }
    }
}

impl fmt::Display for RecordData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::A(address) => address.fmt(f),
            Self::Aaaa(address) => address.fmt(f),
            Self::Cname(name) | Self::Ptr(name) | Self::Mx { exchange: name, .. } => name.fmt(f),
            Self::Txt(text) => f.write_str(text),
            Self::Srv { priority, weight, port, target } => {
                write!(f, "{priority} {weight} {port} {target}")
            }
        }
    }
}

/// Text that is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has labels of 1 to 63 letters, digits, '-' and '_' with dots between them, and at most 253 characters"
)]
pub struct InvalidName;

const LONGEST_NAME: usize = 253;

fn is_label(label: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=63).contains(&label.len())
        && label.chars().all(legal)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A domain name: lower case, without a last dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DnsName(String);

impl DnsName {
    /// The name as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DnsName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.len() <= LONGEST_NAME && name.split('.').all(is_label) {
            Ok(Self(name.to_ascii_lowercase()))
        } else {
            Err(InvalidName)
        }
    }
}

impl TryFrom<String> for DnsName {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<DnsName> for String {
    fn from(name: DnsName) -> String {
        name.0
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name below a zone: `@`, or labels of which the first may be `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPart(String);

impl HostPart {
    /// The full name in a zone, at most 253 characters.
    pub fn within(&self, zone: &DnsName) -> String {
        if self.0 == "@" { zone.0.clone() } else { format!("{}.{zone}", self.0) }
    }
}

impl FromStr for HostPart {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let below = text.strip_prefix("*.").unwrap_or(text);
        let legal = text == "@" || text == "*" || below.split('.').all(is_label);
        if legal && text.len() <= LONGEST_NAME {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidName)
        }
    }
}

impl TryFrom<String> for HostPart {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<HostPart> for String {
    fn from(host: HostPart) -> String {
        host.0
    }
}

impl fmt::Display for HostPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
