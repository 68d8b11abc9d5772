//! Statuses of VPCs, vSwitches, interfaces and instances.

use crate::id::Revision;
use crate::instance::{Eni, EniOwner, Instance, Power};
use crate::meta::Meta;
use crate::report::{InstanceReport, InstanceState};
use crate::status::{Judged, View};
use crate::words::words;

/// Status of a VPC or vSwitch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkStatus {
    /// Not true on every host yet.
    Pending,
    /// To be used.
    Available,
}

/// Status of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EniStatus {
    /// Attached to nothing.
    Available,
    /// Not true on every host yet.
    Attaching,
    /// In use.
    InUse,
    /// Its instance still has it.
    Detaching,
}

/// Status of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceStatus {
    /// Its host does not know it yet.
    Pending,
    /// It is being started.
    Starting,
    /// It runs.
    Running,
    /// It is being stopped.
    Stopping,
    /// It has no process.
    Stopped,
}

words! {
    NetworkStatus { Pending = "Pending", Available = "Available" }
    EniStatus { Available = "Available", Attaching = "Attaching", InUse = "InUse", Detaching = "Detaching" }
    InstanceStatus {
        Pending = "Pending", Starting = "Starting", Running = "Running", Stopping = "Stopping", Stopped = "Stopped"
    }
}

impl View<'_> {
    /// Status of a VPC or vSwitch.
    pub fn network(&self, meta: &Meta) -> Judged<NetworkStatus> {
        self.once(meta.born, NetworkStatus::Pending, NetworkStatus::Available)
    }

    /// Status of an interface. One that nobody ever had is nothing to hosts: it is available at once.
    pub fn eni(&self, eni: &Eni) -> Judged<EniStatus> {
        match eni.owner {
            EniOwner::Nobody if eni.moved == eni.meta.born => Judged::settled(EniStatus::Available),
            EniOwner::Nobody => self.once(eni.moved, EniStatus::Detaching, EniStatus::Available),
            EniOwner::Instance(..) | EniOwner::LoadBalancer(_) | EniOwner::Endpoint(_) => {
                self.once(eni.moved, EniStatus::Attaching, EniStatus::InUse)
            }
        }
    }

    /// Status of an instance. A host that does not report an instance that is to stop has none to stop.
    pub fn instance(&self, instance: &Instance) -> Judged<InstanceStatus> {
        let host = self.observed.hosts.get(&instance.host);
        let report = host.and_then(|host| host.instances.get(&instance.id));
        let seen = host.map_or(Revision::default(), |host| host.observed) >= instance.meta.changed;
        match (instance.power, report) {
            (Power::Running, None) if instance.boot == 1 => {
                Judged::because(InstanceStatus::Pending, self.why_not_running(instance, seen))
            }
            (Power::Running, None) => {
                Judged::because(InstanceStatus::Starting, self.why_not_running(instance, seen))
            }
            (Power::Running, Some(report)) => starting(instance, report),
            (Power::Stopped, Some(report)) if has_process(report) => Judged::because(
                InstanceStatus::Stopping,
                format!("{} is ending its processes", instance.host),
            ),
            (Power::Stopped, None) if !seen => {
                Judged::because(InstanceStatus::Stopping, self.why(instance.meta.changed))
            }
            (Power::Stopped, Some(_) | None) => Judged::settled(InstanceStatus::Stopped),
        }
    }

    fn why_not_running(&self, instance: &Instance, seen: bool) -> String {
        if seen {
            format!("{} has not reported it yet", instance.host)
        } else {
            self.why(instance.meta.changed)
        }
    }
}

fn has_process(report: &InstanceReport) -> bool {
    match report.state {
        InstanceState::Starting | InstanceState::Running => true,
        InstanceState::Stopped | InstanceState::Failed(_) => false,
    }
}

fn starting(instance: &Instance, report: &InstanceReport) -> Judged<InstanceStatus> {
    let host = &instance.host;
    if report.boot < instance.boot {
        return Judged::because(InstanceStatus::Starting, format!("{host} is about to start it anew"));
    }
    match &report.state {
        InstanceState::Running => Judged::settled(InstanceStatus::Running),
        InstanceState::Starting => {
            Judged::because(InstanceStatus::Starting, format!("{host} is starting it"))
        }
        InstanceState::Stopped => {
            Judged::because(InstanceStatus::Stopped, "its first process ended: start it again".to_owned())
        }
        InstanceState::Failed(reason) => {
            Judged::because(InstanceStatus::Stopped, format!("{host}: {reason}"))
        }
    }
}
