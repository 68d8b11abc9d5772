//! Commands about what surrounds a load balancer: its security groups, its zones in DNS, fine-grained monitoring.

use std::collections::BTreeSet;

use crate::id::{LoadBalancerId, SecurityGroupId, VSwitchId, ZoneId};

/// A change of what surrounds a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BalancerCommand {
    /// Adds security groups: from then on they judge what the NLB's addresses take.
    Join(BalancerGroups),
    /// Takes security groups away.
    Leave(BalancerGroups),
    /// Takes zones out of the NLB's name.
    Shift(ShiftZones),
    /// Puts zones back into the NLB's name.
    CancelShift(ShiftZones),
    /// Says where second-level statistics of the account go.
    SetMonitor {
        /// The log project.
        log_project: String,
        /// The store of metrics in it.
        metric_store: String,
    },
    /// No longer says so.
    DeleteMonitor,
}

/// Security groups of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancerGroups {
    /// The NLB.
    pub load_balancer: LoadBalancerId,
    /// The groups.
    pub groups: BTreeSet<SecurityGroupId>,
}

/// Zones of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftZones {
    /// The NLB.
    pub load_balancer: LoadBalancerId,
    /// The zones, each with its vSwitch.
    pub zones: Vec<(ZoneId, VSwitchId)>,
}
