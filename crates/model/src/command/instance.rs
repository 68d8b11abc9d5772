//! Commands about instances.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::command::eni::{CreateEni, MoreAddresses};
use crate::id::{EniId, InstanceId, SecurityGroupId, Timestamp, VSwitchId, VpcId, ZoneId};
use crate::instance::{HostName, Image, InstanceType, MetadataOptions, Power, UserData};
use crate::meta::{Labels, Name, Relabel};

/// Makes instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInstances {
    /// Name, description, tags, resource group; the same for all.
    pub labels: Labels,
    /// The vSwitch of their ENIs.
    pub vswitch: VSwitchId,
    /// The zone that was asked for; must be the vSwitch's.
    pub zone: Option<ZoneId>,
    /// How many.
    pub amount: u32,
    /// Their security groups; none = the VPC's default group, which the system makes when it is missing.
    pub security_groups: BTreeSet<SecurityGroupId>,
    /// Their image.
    pub image: Image,
    /// Their type.
    pub instance_type: InstanceType,
    /// Their names for themselves: none = made from the ids, one = the same for all, else one for each.
    pub host_names: Vec<HostName>,
    /// Whether the names of several get the numbers 001, 002 and so on at their ends.
    pub numbered: bool,
    /// What runs at first boot.
    pub user_data: Option<UserData>,
    /// Their key pair.
    pub key_pair: Option<Name>,
    /// The address that was asked for; only with one instance.
    pub address: Option<Ipv4Addr>,
    /// Other addresses of the primary interface.
    pub more: MoreAddresses,
    /// IPv6 addresses of the primary interface.
    pub ipv6: MoreAddresses<Ipv6Addr>,
    /// Whether the primary interface's source addresses are checked.
    pub source_dest_check: bool,
    /// Interfaces besides the primary one.
    pub interfaces: Vec<MoreInterface>,
    /// Refuse deletion.
    pub deletion_protection: bool,
    /// How they may ask about themselves.
    pub metadata: MetadataOptions,
    /// When they are deleted by themselves.
    pub release_at: Option<Timestamp>,
    /// Whether they run at once.
    pub power: Power,
}

impl RunInstances {
    /// One instance with every default.
    pub fn new(vswitch: VSwitchId) -> Self {
        Self {
            labels: Labels::default(),
            vswitch,
            zone: None,
            amount: 1,
            security_groups: BTreeSet::new(),
            image: Image::default(),
            instance_type: InstanceType::default(),
            host_names: Vec::new(),
            numbered: false,
            user_data: None,
            key_pair: None,
            address: None,
            more: MoreAddresses::default(),
            ipv6: MoreAddresses::default(),
            source_dest_check: true,
            interfaces: Vec::new(),
            deletion_protection: false,
            metadata: MetadataOptions::default(),
            release_at: None,
            power: Power::Running,
        }
    }
}

/// An interface of a new instance besides its primary one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoreInterface {
    /// A new one; without security groups it gets the instance's.
    New(CreateEni),
    /// One that is attached to nothing; only with one instance.
    Existing(EniId),
}

/// Moves a stopped instance's primary interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveInstance {
    /// The instance.
    pub instance: InstanceId,
    /// Where its primary interface goes; in the instance's zone.
    pub vswitch: VSwitchId,
    /// The VPC that was asked for; must be the vSwitch's.
    pub vpc: Option<VpcId>,
    /// Its new address; `None` = the next free one.
    pub address: Option<Ipv4Addr>,
    /// Its new security groups; needed when the VPC changes.
    pub security_groups: BTreeSet<SecurityGroupId>,
}

/// What starting and stopping can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Starts stopped ones.
    Start,
    /// Stops running ones.
    Stop,
    /// Stops and starts running ones.
    Reboot,
}

/// Deletes instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteInstances {
    /// The instances.
    pub instances: Vec<InstanceId>,
    /// Also those that run.
    pub force: bool,
}

/// Changes an instance; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyInstance {
    /// The instance.
    pub instance: InstanceId,
    /// What it is called now.
    pub relabel: Relabel,
    /// Its name for itself.
    pub host_name: Option<HostName>,
    /// Whether it refuses deletion.
    pub deletion_protection: Option<bool>,
    /// Its security groups, the full set.
    pub security_groups: Option<BTreeSet<SecurityGroupId>>,
    /// Its type; only while it is stopped.
    pub instance_type: Option<InstanceType>,
}

impl ModifyInstance {
    /// A change of nothing yet.
    pub fn new(instance: InstanceId) -> Self {
        let relabel = Relabel::default();
        Self {
            instance,
            relabel,
            host_name: None,
            deletion_protection: None,
            security_groups: None,
            instance_type: None,
        }
    }
}
