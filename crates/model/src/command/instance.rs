//! Commands about instances.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::id::{InstanceId, SecurityGroupId, VSwitchId, ZoneId};
use crate::instance::{HostName, Image, InstanceType, UserData};
use crate::meta::{Labels, Relabel};

/// Makes instances and starts them.
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
    /// Their name for themselves; `None` = made from the id.
    pub host_name: Option<HostName>,
    /// What runs at first boot.
    pub user_data: Option<UserData>,
    /// The address that was asked for; only with one instance.
    pub address: Option<Ipv4Addr>,
    /// Refuse deletion.
    pub deletion_protection: bool,
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
            host_name: None,
            user_data: None,
            address: None,
            deletion_protection: false,
        }
    }
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
}

impl ModifyInstance {
    /// A change of nothing yet.
    pub fn new(instance: InstanceId) -> Self {
        let relabel = Relabel::default();
        Self { instance, relabel, host_name: None, deletion_protection: None, security_groups: None }
    }
}
