//! Small records beside the resources: settings, counters, jobs, request tokens, resting addresses.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, HostId, JobId, Revision, Timestamp, VSwitchId, VpcId, ZoneId};

/// What the installation is: one region, its zones, its hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The region, such as `cn-hangzhou`.
    pub region: String,
    /// Its zones.
    pub zones: Vec<ZoneId>,
    /// Hosts that run instances.
    pub hosts: Vec<HostId>,
}

/// The dense ids given out last: the search for a free one goes on behind it, so that none is used again soon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Networks.
    pub network: u32,
    /// Ports.
    pub port: u32,
    /// Route tables.
    pub table: u32,
    /// Security groups.
    pub group: u32,
    /// Zonal addresses of NLBs.
    pub vip: u32,
    /// Listeners.
    pub listener: u32,
    /// Server groups.
    pub server_group: u32,
    /// Servers.
    pub server: u32,
    /// Endpoints.
    pub endpoint: u32,
    /// IPv6 addresses of interfaces.
    #[serde(default)]
    pub ipv6: u32,
}

/// An asynchronous job: done when every host has made true what it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Who asked for it.
    pub owner: AccountId,
    /// When.
    pub created: Timestamp,
    /// The commit that it stands for.
    pub born: Revision,
}

/// Where second-level statistics of an account go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitor {
    /// Whose they are.
    pub account: AccountId,
    /// The log project.
    pub log_project: String,
    /// The store of metrics in it.
    pub metric_store: String,
}

/// Which request a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TokenKey {
    /// Who asked.
    pub account: AccountId,
    /// Product and action.
    pub action: String,
    /// The client's token, at most 64 ASCII characters.
    pub token: String,
}

impl fmt::Display for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.account, self.action, self.token)
    }
}

/// The answer to a request that carried a token: the same request gets it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Which request.
    pub key: TokenKey,
    /// Digest of the request's parameters.
    pub fingerprint: String,
    /// The answer, as it was sent.
    pub answer: String,
    /// When.
    pub created: Timestamp,
}

/// An address that was given up and rests before it is given out again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The address.
    pub address: Ipv4Addr,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its vSwitch.
    pub vswitch: VSwitchId,
    /// When it was given up.
    pub at: Timestamp,
    /// The commit that gave it up.
    pub revision: Revision,
}

impl Job {
    /// How long a job can be asked for, seconds.
    pub const LIFETIME: i64 = 86_400;
}

impl Token {
    /// How long an answer is kept, seconds.
    pub const LIFETIME: i64 = 86_400;
}

impl Released {
    /// How long an address rests, seconds.
    pub const REST: i64 = 60;
}
