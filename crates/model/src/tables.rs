//! The tables of the state: one line each. Everything that handles "any row" derives from this list.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::sync::Arc;

use rpds::RedBlackTreeMapSync;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::account::{AccessKey, AccessKeyId, Account};
use crate::assistant::{Invocation, SavedCommand};
use crate::certificate::Certificate;
use crate::endpoint::Endpoint;
use crate::id::{
    AccountId, CertificateId, CommandId, EndpointId, EndpointServiceId, EniId, InstanceId, InvocationId,
    JobId, KeyPairId, ListenerId, LoadBalancerId, PrefixListId, PrivateZoneId, ResourceGroupId, Revision,
    RouteTableId, SecurityGroupId, SecurityPolicyId, ServerGroupId, VSwitchId, VpcId,
};
use crate::instance::{Eni, Instance};
use crate::key_pair::KeyPair;
use crate::meta::Meta;
use crate::nlb::{Listener, LoadBalancer, ServerGroup};
use crate::prefix_list::PrefixList;
use crate::private_zone::PrivateZone;
use crate::records::{Counters, Job, Monitor, Released, Settings, Token, TokenKey};
use crate::resource_group::ResourceGroup;
use crate::route::RouteTable;
use crate::security::SecurityGroup;
use crate::service::EndpointService;
use crate::tls::SecurityPolicy;
use crate::vpc::{VSwitch, Vpc};

/// A persistent map: a copy is a pointer, a change is O(log n).
pub type Table<K, V> = RedBlackTreeMapSync<K, Arc<V>>;

/// The key of a table with one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Only;

impl fmt::Display for Only {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-")
    }
}

/// Which address rests, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleasedKey(pub VSwitchId, pub Ipv4Addr);

impl fmt::Display for ReleasedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0, self.1)
    }
}

/// A row of a table.
pub trait Record: Clone {
    /// What tells rows of the table apart.
    type Key: Ord + Clone + fmt::Display;
    /// The row's own key.
    fn key(&self) -> Self::Key;
    /// The key of any table.
    fn any_key(key: Self::Key) -> Key;
    /// The table in a set of tables.
    fn table(tables: &Tables) -> &Table<Self::Key, Self>;
    /// The row of any table.
    fn into_row(self) -> Row;
}

/// A row that belongs to an account.
pub trait Resource: Record {
    /// The common part.
    fn meta(&self) -> &Meta;
    /// The common part, to change.
    fn meta_mut(&mut self) -> &mut Meta;
}

macro_rules! tables {
    ($($(#[$doc:meta])* $field:ident: $name:ident[$key:ty] $title:literal by $own:expr;)*) => {
        /// Every table of the state.
        #[derive(Clone, Default, PartialEq)]
        pub struct Tables {
            $($(#[$doc])* pub $field: Table<$key, $name>,)*
        }

        /// Which table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        /// A row of any table.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Row {
            $($(#[$doc])* $name(Arc<$name>),)*
        }

        /// The key of a row of any table.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Key {
            $($(#[$doc])* $name($key),)*
        }

        impl Kind {
            /// Every table.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),*];

            /// The table's name in a store.
            pub fn table(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($field),)*
                }
            }
        }

        impl fmt::Display for Kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $title,)*
                })
            }
        }

        impl Row {
            /// The row's key.
            pub fn key(&self) -> Key {
                match self {
                    $(Self::$name(row) => Key::$name(Record::key(row.as_ref())),)*
                }
            }

            /// The row that a store kept as a value of this table. The key is part of the value.
            pub fn decode<'de, D: Deserializer<'de>>(table: &str, value: D) -> Result<Self, D::Error> {
                $(if table == stringify!($field) {
                    return $name::deserialize(value).map(|row| Self::$name(Arc::new(row)));
                })*
                Err(D::Error::custom(format_args!("there is no table {table}")))
            }
        }

        impl Serialize for Row {
            /// The value alone: table and key are kept beside it.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$name(row) => row.serialize(serializer),)*
                }
            }
        }

        impl Key {
            /// Which table it is a key of.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$name(_) => Kind::$name,)*
                }
            }
        }

        impl fmt::Display for Key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name(key) => fmt::Display::fmt(key, f),)*
                }
            }
        }

        impl Tables {
            /// Puts a row into its table and gives back the one that it replaces.
            pub(crate) fn put(&mut self, row: Row) -> Option<Row> {
                match row {
                    $(Row::$name(row) => {
                        let key = Record::key(row.as_ref());
                        let old = self.$field.get(&key).cloned();
                        self.$field.insert_mut(key, row);
                        old.map(Row::$name)
                    })*
                }
            }

            /// Takes a row out of its table and gives it back.
            pub(crate) fn delete(&mut self, key: &Key) -> Option<Row> {
                match key {
                    $(Key::$name(key) => {
                        let old = self.$field.get(key).cloned();
                        self.$field.remove_mut(key);
                        old.map(Row::$name)
                    })*
                }
            }

            /// The row of a key.
            pub fn row(&self, key: &Key) -> Option<Row> {
                match key {
                    $(Key::$name(key) => self.$field.get(key).cloned().map(Row::$name),)*
                }
            }

            /// Every row of every table.
            pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
                let none = std::iter::empty();
                $(let none = none.chain(self.$field.values().cloned().map(Row::$name));)*
                none
            }
        }

        $(impl Record for $name {
            type Key = $key;
            fn key(&self) -> $key {
                let own: fn(&$name) -> $key = $own;
                own(self)
            }
            fn any_key(key: $key) -> Key {
                Key::$name(key)
            }
            fn table(tables: &Tables) -> &Table<$key, Self> {
                &tables.$field
            }
            fn into_row(self) -> Row {
                Row::$name(Arc::new(self))
            }
        })*
    };
}

tables! {
    /// What the installation is.
    settings: Settings[Only] "settings" by |_| Only;
    /// Dense ids given out last.
    counters: Counters[Only] "counters" by |_| Only;
    /// Accounts.
    accounts: Account[AccountId] "account" by |row| row.id;
    /// Resource groups.
    resource_groups: ResourceGroup[ResourceGroupId] "resource group" by |row| row.id.clone();
    /// Access keys.
    access_keys: AccessKey[AccessKeyId] "access key" by |row| row.id.clone();
    /// Answers to requests with a token.
    tokens: Token[TokenKey] "token" by |row| row.key.clone();
    /// Jobs of the NLB API.
    jobs: Job[JobId] "job" by |row| row.id.clone();
    /// VPCs.
    vpcs: Vpc[VpcId] "VPC" by |row| row.id.clone();
    /// Route tables.
    route_tables: RouteTable[RouteTableId] "route table" by |row| row.id.clone();
    /// vSwitches.
    vswitches: VSwitch[VSwitchId] "vSwitch" by |row| row.id.clone();
    /// Addresses that rest.
    released: Released[ReleasedKey] "resting address" by |row| ReleasedKey(row.vswitch.clone(), row.address);
    /// Security groups.
    security_groups: SecurityGroup[SecurityGroupId] "security group" by |row| row.id.clone();
    /// Network interfaces.
    enis: Eni[EniId] "network interface" by |row| row.id.clone();
    /// Instances.
    instances: Instance[InstanceId] "instance" by |row| row.id.clone();
    /// Commands of the cloud assistant.
    commands: SavedCommand[CommandId] "command" by |row| row.id.clone();
    /// Invocations of commands.
    invocations: Invocation[InvocationId] "invocation" by |row| row.id.clone();
    /// Key pairs.
    key_pairs: KeyPair[KeyPairId] "key pair" by |row| row.id.clone();
    /// Prefix lists.
    prefix_lists: PrefixList[PrefixListId] "prefix list" by |row| row.id.clone();
    /// NLBs.
    load_balancers: LoadBalancer[LoadBalancerId] "load balancer" by |row| row.id.clone();
    /// Server groups.
    server_groups: ServerGroup[ServerGroupId] "server group" by |row| row.id.clone();
    /// Listeners.
    listeners: Listener[ListenerId] "listener" by |row| row.id.clone();
    /// Certificates.
    certificates: Certificate[CertificateId] "certificate" by |row| row.id.clone();
    /// Security policies.
    security_policies: SecurityPolicy[SecurityPolicyId] "security policy" by |row| row.id.clone();
    /// Where second-level statistics go.
    monitors: Monitor[AccountId] "monitor configuration" by |row| row.account;
    /// Private zones.
    private_zones: PrivateZone[PrivateZoneId] "private zone" by |row| row.id.clone();
    /// Endpoint services.
    services: EndpointService[EndpointServiceId] "endpoint service" by |row| row.id.clone();
    /// Endpoints.
    endpoints: Endpoint[EndpointId] "endpoint" by |row| row.id.clone();
}

macro_rules! resources {
    ($($name:ident)*) => {
        $(impl Resource for $name {
            fn meta(&self) -> &Meta {
                &self.meta
            }
            fn meta_mut(&mut self) -> &mut Meta {
                &mut self.meta
            }
        })*

        impl Row {
            /// The common part, of rows that belong to an account.
            pub fn meta(&self) -> Option<&Meta> {
                match self {
                    $(Self::$name(row) => Some(&row.meta),)*
                    Self::Settings(_) | Self::Counters(_) | Self::Account(_) | Self::AccessKey(_) | Self::Token(_)
                    | Self::Job(_) | Self::Monitor(_) | Self::Released(_) => None,
                }
            }

            /// The row with its common part changed; `None` for rows without one.
            pub(crate) fn with_meta(&self, change: impl FnOnce(&mut Meta)) -> Option<Row> {
                match self {
                    $(Self::$name(row) => {
                        let mut row = row.as_ref().clone();
                        change(&mut row.meta);
                        Some(row.into_row())
                    })*
                    Self::Settings(_) | Self::Counters(_) | Self::Account(_) | Self::AccessKey(_) | Self::Token(_)
                    | Self::Job(_) | Self::Monitor(_) | Self::Released(_) => None,
                }
            }
        }
    };
}

resources! {
    Vpc RouteTable VSwitch SecurityGroup PrefixList Eni Instance KeyPair SavedCommand Invocation LoadBalancer ServerGroup Listener Certificate
    SecurityPolicy PrivateZone EndpointService Endpoint ResourceGroup
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{self}", self.kind().table())
    }
}

/// What happens to one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// It is now this.
    Put(Row),
    /// It is gone.
    Delete(Key),
}

/// What one commit changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The state's revision after it.
    pub revision: Revision,
    /// The rows, each at most once.
    pub ops: Vec<Op>,
}

impl Change {
    /// Keeps the answer to a request with a token in the same commit.
    pub fn remember(&mut self, token: Token) {
        self.ops.push(Op::Put(token.into_row()));
    }
}

/// The key of a resource from its id, which tells its kind by its prefix.
impl FromStr for Key {
    type Err = crate::id::InvalidId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let prefix = text.split_inclusive('-').next().unwrap_or_default();
        match prefix {
            RouteTableId::PREFIX => text.parse().map(Key::RouteTable),
            VSwitchId::PREFIX => text.parse().map(Key::VSwitch),
            SecurityGroupId::PREFIX => text.parse().map(Key::SecurityGroup),
            InstanceId::PREFIX => text.parse().map(Key::Instance),
            CommandId::PREFIX => text.parse().map(Key::SavedCommand),
            InvocationId::PREFIX => text.parse().map(Key::Invocation),
            KeyPairId::PREFIX => text.parse().map(Key::KeyPair),
            PrefixListId::PREFIX => text.parse().map(Key::PrefixList),
            EniId::PREFIX => text.parse().map(Key::Eni),
            LoadBalancerId::PREFIX => text.parse().map(Key::LoadBalancer),
            ServerGroupId::PREFIX => text.parse().map(Key::ServerGroup),
            ListenerId::PREFIX => text.parse().map(Key::Listener),
            SecurityPolicyId::PREFIX => text.parse().map(Key::SecurityPolicy),
            EndpointServiceId::PREFIX => text.parse().map(Key::EndpointService),
            EndpointId::PREFIX => text.parse().map(Key::Endpoint),
            _ => text.parse().map(Key::Vpc),
        }
    }
}
