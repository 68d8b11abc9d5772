//! Statuses of load balancers, listeners, server groups, servers and jobs, and the health of servers.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::endpoint::Endpoint;
use crate::id::{EniId, Revision, ServerIndex, ZoneId};
use crate::instance::{Eni, EniOwner, Instance};
use crate::nlb::{Listener, LoadBalancer, Server, ServerGroup, Target};
use crate::planner;
use crate::records::Job;
use crate::report::{HealthReason, HealthReport, HealthState};
use crate::status::{Judged, View};
use crate::tls::SecurityPolicy;
use crate::words::words;

/// Status of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadBalancerStatus {
    /// Being made.
    Provisioning,
    /// Being changed.
    Configuring,
    /// Works.
    Active,
}

/// Status of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerStatus {
    /// Being made.
    Provisioning,
    /// Being changed or started.
    Configuring,
    /// Forwards.
    Running,
    /// Being stopped.
    Stopping,
    /// Does not forward.
    Stopped,
}

/// Status of a server group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerGroupStatus {
    /// Being made.
    Creating,
    /// Being changed.
    Configuring,
    /// To be used.
    Available,
}

/// Status of a server in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerStatus {
    /// Being added.
    Adding,
    /// Being changed.
    Configuring,
    /// To be used.
    Available,
}

/// Status of a listener's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateStatus {
    /// Being added.
    Associating,
    /// Shown to clients.
    Associated,
}

/// Status of a security policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityPolicyStatus {
    /// Being made or changed.
    Configuring,
    /// To be used.
    Available,
}

/// Status of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// Not true on every host yet.
    Processing,
    /// Done.
    Succeeded,
}

/// Why a server is not healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonNormal {
    /// Not enough probes yet.
    Initial,
    /// Probes fail.
    Unhealthy,
    /// Checks are off.
    Unavailable,
}

words! {
    LoadBalancerStatus { Provisioning = "Provisioning", Configuring = "Configuring", Active = "Active" }
    ListenerStatus {
        Provisioning = "Provisioning", Configuring = "Configuring", Running = "Running", Stopping = "Stopping",
        Stopped = "Stopped"
    }
    ServerGroupStatus { Creating = "Creating", Configuring = "Configuring", Available = "Available" }
    ServerStatus { Adding = "Adding", Configuring = "Configuring", Available = "Available" }
    CertificateStatus { Associating = "Associating", Associated = "Associated" }
    SecurityPolicyStatus { Configuring = "Configuring", Available = "Available" }
    JobStatus { Processing = "Processing", Succeeded = "Succeeded" }
    NonNormal { Initial = "Initial", Unhealthy = "Unhealthy", Unavailable = "Unavailable" }
    HealthReason {
        ConnectTimeout = "CONNECT_TIMEOUT", ConnectFailed = "CONNECT_FAILED",
        RecvResponseTimeout = "RECV_RESPONSE_TIMEOUT", ConnectInterrupt = "CONNECT_INTERRUPT",
        HttpCodeNotMatch = "HTTP_CODE_NOT_MATCH", HttpInvalidHeader = "HTTP_INVALID_HEADER"
    }
}

/// The health of a listener's servers, without the healthy ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerHealth {
    /// Whether health is judged.
    pub checked: bool,
    /// Servers that are not healthy.
    pub bad: Vec<UnhealthyServer>,
}

/// A server that is not healthy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnhealthyServer {
    /// What it is.
    pub target: Target,
    /// Its address, while it has one.
    pub address: Option<IpAddr>,
    /// Its port.
    pub port: u16,
    /// What is wrong.
    pub status: NonNormal,
    /// Why the last probe failed.
    pub reason: Option<HealthReason>,
}

impl View<'_> {
    /// Status of a load balancer.
    pub fn load_balancer(&self, row: &LoadBalancer) -> Judged<LoadBalancerStatus> {
        if !self.is_true(row.meta.born) {
            return Judged::because(LoadBalancerStatus::Provisioning, self.why(row.meta.born));
        }
        self.once(row.meta.changed, LoadBalancerStatus::Configuring, LoadBalancerStatus::Active)
    }

    /// Status of a listener.
    pub fn listener(&self, row: &Listener) -> Judged<ListenerStatus> {
        if !self.is_true(row.meta.born) {
            return Judged::because(ListenerStatus::Provisioning, self.why(row.meta.born));
        }
        if row.enabled {
            self.once(row.meta.changed, ListenerStatus::Configuring, ListenerStatus::Running)
        } else {
            self.once(row.meta.changed, ListenerStatus::Stopping, ListenerStatus::Stopped)
        }
    }

    /// Status of a certificate for more names, which this commit added.
    pub fn certificate(&self, added: Revision) -> Judged<CertificateStatus> {
        self.once(added, CertificateStatus::Associating, CertificateStatus::Associated)
    }

    /// Status of a security policy.
    pub fn security_policy(&self, row: &SecurityPolicy) -> Judged<SecurityPolicyStatus> {
        self.once(row.meta.changed, SecurityPolicyStatus::Configuring, SecurityPolicyStatus::Available)
    }

    /// Status of a server group.
    pub fn server_group(&self, row: &ServerGroup) -> Judged<ServerGroupStatus> {
        if !self.is_true(row.meta.born) {
            return Judged::because(ServerGroupStatus::Creating, self.why(row.meta.born));
        }
        self.once(row.meta.changed, ServerGroupStatus::Configuring, ServerGroupStatus::Available)
    }

    /// Status of a server in its group.
    pub fn server(&self, server: &Server) -> Judged<ServerStatus> {
        if !self.is_true(server.born) {
            return Judged::because(ServerStatus::Adding, self.why(server.born));
        }
        self.once(server.changed, ServerStatus::Configuring, ServerStatus::Available)
    }

    /// Status of a job.
    pub fn job(&self, job: &Job) -> Judged<JobStatus> {
        self.once(job.born, JobStatus::Processing, JobStatus::Succeeded)
    }

    /// Zones of a load balancer on whose addresses a listener finds no healthy server, while it finds one in another zone:
    /// names leave them out. None where zones stand in for each other.
    pub fn unserved_zones(&self, row: &LoadBalancer) -> BTreeSet<ZoneId> {
        let listeners = self.state.listeners_of(&row.id).filter(|it| it.enabled && !row.cross_zone);
        let mut unserved = BTreeSet::new();
        for group in listeners.filter_map(|it| self.state.get::<ServerGroup>(&it.server_group)) {
            let is_healthy = |index: &ServerIndex| {
                group.health_check.is_none()
                    || self.health(*index).is_some_and(|report| report.state == HealthState::Healthy)
            };
            let servers = planner::nlb::server_group(self.state, group).servers;
            let serving = servers
                .iter()
                .filter(|(index, server)| server.weight > 0 && server.is_connected() && is_healthy(index));
            let serving: BTreeSet<&ZoneId> = serving.map(|(_, server)| &server.zone).collect();
            if row.zones.keys().any(|zone| serving.contains(zone)) {
                unserved.extend(row.zones.keys().filter(|zone| !serving.contains(zone)).cloned());
            }
        }
        unserved
    }

    /// What a host says about a server's health.
    pub fn health(&self, server: ServerIndex) -> Option<&HealthReport> {
        self.observed.hosts.values().find_map(|report| report.health.get(&server))
    }

    /// The health of a group's servers.
    pub fn group_health(&self, group: &ServerGroup) -> ListenerHealth {
        let bad = group.servers.iter().filter_map(|server| self.bad_server(group, server));
        ListenerHealth { checked: group.health_check.is_some(), bad: bad.collect() }
    }

    fn bad_server(&self, group: &ServerGroup, server: &Server) -> Option<UnhealthyServer> {
        let (status, reason) = match (&group.health_check, self.health(server.index)) {
            (_, _) if self.is_cut_off(&server.target) => {
                (NonNormal::Unhealthy, Some(HealthReason::ConnectFailed))
            }
            (None, _) => (NonNormal::Unavailable, None),
            (Some(_), None) => (NonNormal::Initial, None),
            (Some(_), Some(report)) => match report.state {
                HealthState::Healthy => return None,
                HealthState::Initial => (NonNormal::Initial, report.reason),
                HealthState::Unhealthy => (NonNormal::Unhealthy, report.reason),
            },
        };
        let (target, port) = (server.target.clone(), server.port);
        Some(UnhealthyServer { address: self.address_of(&target), target, port, status, reason })
    }

    /// Whether the Reverse endpoint before a server is not connected, or its zone is off.
    fn is_cut_off(&self, target: &Target) -> bool {
        let Target::Behind(id, _) = target else { return false };
        let owner = self.state.get::<Eni>(id).map(|eni| &eni.owner);
        let Some(EniOwner::Endpoint(endpoint)) = owner else { return true };
        let open = self
            .state
            .get::<Endpoint>(endpoint)
            .is_some_and(|row| row.zones.values().any(|zone| zone.eni == *id && row.is_open(zone)));
        !open
    }

    /// The address of a server, while it has one.
    pub fn address_of(&self, target: &Target) -> Option<IpAddr> {
        let of_eni = |id: &EniId| Some(self.state.get::<Eni>(id)?.address.into());
        match target {
            Target::Ecs(id) => of_eni(&self.state.get::<Instance>(id)?.eni),
            Target::Eni(id) => of_eni(id),
            Target::EcsIpv6(_, address) | Target::EniIpv6(_, address) => Some((*address).into()),
            Target::Ip(address) => Some(*address),
            Target::Behind(_, address) => Some((*address).into()),
        }
    }
}
