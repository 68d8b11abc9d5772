//! Server groups and their servers.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::apply::load_balancer::in_range;
use crate::command::Output;
use crate::command::nlb::{
    AddServers, CreateServerGroup, NewServer, RemoveServers, ServerRef, UpdateServerGroup, UpdateServers,
};
use crate::draft::Draft;
use crate::endpoint::{Endpoint, EndpointType};
use crate::id::{EniId, InstanceId, ServerGroupId};
use crate::instance::{Eni, EniOwner, Instance};
use crate::nlb::{
    GroupProtocol, HealthCheck, IpVersion, Scheduler, Server, ServerGroup, ServerGroupKind, Target,
};
use crate::quota::Quota;
use crate::refusal::{Refusal, ServerRefusal, VpcRefusal};
use crate::service::EndpointService;
use crate::tables::{Key, Kind};
use crate::vpc::Vpc;

/// Longest time that connections of a leaving server may go on, seconds.
const MAX_DRAIN: u16 = 900;
/// Greatest weight.
const MAX_WEIGHT: u8 = 100;

impl Draft {
    pub(super) fn create_server_group(&mut self, it: &CreateServerGroup) -> Result<Output, Refusal> {
        let vpc = self.own::<Vpc>(&it.vpc)?;
        if it.ip_version.value == IpVersion::DualStack && !vpc.ipv6 {
            return Err(VpcRefusal::VpcWithoutIpv6(it.vpc.clone()).into());
        }
        self.room_in_account(Kind::ServerGroup, Quota::ServerGroupsAnAccount)?;
        let health_check = it.health_check.over(Some(&HealthCheck::default()))?;
        let id = ServerGroupId::generate(&mut self.entropy);
        let meta = self.meta(&it.labels)?;
        let index = self.dense()?;
        let group = ServerGroup {
            id: id.clone(),
            meta,
            index,
            vpc: it.vpc.clone(),
            kind: it.kind,
            protocol: it.protocol.clone(),
            scheduler: it.scheduler.clone(),
            ip_version: it.ip_version.clone(),
            ip_version_affinity: it.ip_version_affinity,
            preserve_client_ip: it.preserve_client_ip,
            drain: it.drain,
            any_port: it.any_port,
            health_check,
            servers: Vec::new(),
        };
        consistent(&group)?;
        self.put(group);
        Ok(Output::ServerGroup(id, self.job()))
    }

    pub(super) fn update_server_group(&mut self, it: &UpdateServerGroup) -> Result<Output, Refusal> {
        let row = self.own::<ServerGroup>(&it.server_group)?;
        let mut after = row.as_ref().clone();
        after.meta.name = it.name.clone().unwrap_or(after.meta.name);
        after.scheduler = it.scheduler.clone().unwrap_or(after.scheduler);
        after.ip_version_affinity = it.ip_version_affinity.unwrap_or(after.ip_version_affinity);
        after.preserve_client_ip = it.preserve_client_ip.unwrap_or(after.preserve_client_ip);
        after.drain.enabled = it.drain_enabled.unwrap_or(after.drain.enabled);
        after.drain.seconds = it.drain_seconds.unwrap_or(after.drain.seconds);
        after.health_check = it.health_check.over(row.health_check.as_ref())?;
        consistent(&after)?;
        let through_tls = self.state().listeners_using(&row.id).any(|listener| listener.tls.is_some());
        if after.preserve_client_ip && through_tls {
            return Err(Refusal::PreserveClientIpWithTls);
        }
        self.edit(&after, |_| ());
        Ok(Output::ServerGroup(it.server_group.clone(), self.job()))
    }

    pub(super) fn delete_server_group(&mut self, id: &ServerGroupId) -> Result<Output, Refusal> {
        self.own::<ServerGroup>(id)?;
        self.unused::<ServerGroup>(id, &[Kind::Listener])?;
        self.delete(Key::ServerGroup(id.clone()));
        Ok(Output::Job(self.job()))
    }

    fn in_one_call(&self, count: usize) -> Result<(), Refusal> {
        if count == 0 {
            return Err(Refusal::Empty("the list of servers"));
        }
        self.within(count, Quota::ServersACall)
    }

    pub(super) fn add_servers(&mut self, it: &AddServers) -> Result<Output, Refusal> {
        let row = self.own::<ServerGroup>(&it.server_group)?;
        self.in_one_call(it.servers.len())?;
        self.within(row.servers.len() + it.servers.len(), Quota::ServersAGroup)?;
        let mut after = row.as_ref().clone();
        for asked in &it.servers {
            let new = self.meant(asked);
            self.server_fits(&after, &new)?;
            let server = Server {
                index: self.dense()?,
                target: new.target.clone(),
                port: new.port,
                weight: new.weight,
                description: new.description.clone(),
                born: self.revision,
                changed: self.revision,
            };
            after.servers.push(server);
        }
        self.edit(&after, |_| ());
        let balancers: BTreeSet<_> =
            self.state().listeners_using(&row.id).map(|listener| &listener.load_balancer).collect();
        balancers.into_iter().try_for_each(|id| self.servers_within(id))?;
        Ok(Output::ServerGroup(it.server_group.clone(), self.job()))
    }

    /// What is meant by an interface with an IPv4 address: it is the interface's own, unless that is of a Reverse endpoint to
    /// a service of the caller's.
    fn meant(&self, asked: &NewServer) -> NewServer {
        match &asked.target {
            Target::Behind(eni, address) if self.reverse_endpoint(eni).is_none() => {
                NewServer { target: Target::Eni(eni.clone()), address: Some(*address), ..asked.clone() }
            }
            Target::Behind(..)
            | Target::Ecs(_)
            | Target::Eni(_)
            | Target::EcsIpv6(..)
            | Target::EniIpv6(..)
            | Target::Ip(_) => asked.clone(),
        }
    }

    fn server_fits(&self, group: &ServerGroup, new: &NewServer) -> Result<(), Refusal> {
        in_range("Weight", new.weight.into(), 0, MAX_WEIGHT.into())?;
        if (new.port == 0) != group.any_port {
            return Err(ServerRefusal::Port { port: new.port }.into());
        }
        if group.servers.iter().any(|server| server.target == new.target && server.port == new.port) {
            return Err(ServerRefusal::Exists { target: new.target.clone(), port: new.port }.into());
        }
        if let Some(address) = new.target.ipv6().filter(|_| group.ip_version.value == IpVersion::Ipv4) {
            return Err(ServerRefusal::Ipv6 { address }.into());
        }
        let address = new.address.map(IpAddr::from);
        match (group.kind, &new.target) {
            (ServerGroupKind::Instance, Target::Ecs(id)) => self.instance_fits(group, id, address),
            (ServerGroupKind::Instance, Target::EcsIpv6(id, ipv6)) => {
                self.instance_fits(group, id, Some((*ipv6).into()))
            }
            (ServerGroupKind::Instance, Target::Eni(id)) => {
                self.eni_fits(group, Key::Eni(id.clone()), id, address)
            }
            (ServerGroupKind::Instance, Target::EniIpv6(id, ipv6)) => {
                self.eni_fits(group, Key::Eni(id.clone()), id, Some((*ipv6).into()))
            }
            (ServerGroupKind::Instance, Target::Behind(eni, address)) => self.behind_fits(eni, *address),
            (ServerGroupKind::Ip, Target::Ip(address)) => self.address_fits(group, *address),
            (ServerGroupKind::Instance, Target::Ip(_))
            | (
                ServerGroupKind::Ip,
                Target::Ecs(_)
                | Target::Eni(_)
                | Target::EcsIpv6(..)
                | Target::EniIpv6(..)
                | Target::Behind(..),
            ) => Err(ServerRefusal::KindMismatch { target: new.target.clone() }.into()),
        }
    }

    fn instance_fits(
        &self,
        group: &ServerGroup,
        id: &InstanceId,
        address: Option<IpAddr>,
    ) -> Result<(), Refusal> {
        let eni = self.own::<Instance>(id)?.eni.clone();
        self.eni_fits(group, Key::Instance(id.clone()), &eni, address)
    }

    fn eni_fits(
        &self,
        group: &ServerGroup,
        server: Key,
        eni: &EniId,
        address: Option<IpAddr>,
    ) -> Result<(), Refusal> {
        if self.reverse_endpoint(eni).is_some() {
            return Err(ServerRefusal::NoAddress(eni.clone()).into());
        }
        let eni = self.own::<Eni>(eni)?;
        if eni.is_managed() {
            return Err(Refusal::EniServiceManaged(server));
        }
        if eni.vpc != group.vpc {
            return Err(Refusal::VpcMismatch { what: server, other: Key::ServerGroup(group.id.clone()) });
        }
        let is_own = |address: &IpAddr| match address {
            IpAddr::V4(address) => *address == eni.address,
            IpAddr::V6(address) => eni.ipv6.contains_key(address),
        };
        if let Some(address) = address.filter(|address| !is_own(address)) {
            return Err(ServerRefusal::Address { address }.into());
        }
        self.room(&server, Kind::ServerGroup, 1, Quota::GroupsAServer)
    }

    /// The Reverse endpoint that has an interface, if it is one to a service of the caller's: others' are unknown.
    fn reverse_endpoint(&self, eni: &EniId) -> Option<Arc<Endpoint>> {
        let EniOwner::Endpoint(id) = &self.state().get::<Eni>(eni)?.owner else { return None };
        let endpoint = self.state().get::<Endpoint>(id)?;
        let service = self.state().get::<EndpointService>(&endpoint.service)?;
        let usable = endpoint.kind == EndpointType::Reverse && service.meta.owner == self.account;
        usable.then(|| Arc::clone(endpoint))
    }

    /// An address in a consumer's VPC needs nobody who has it, as one in the group's own VPC does not.
    fn behind_fits(&self, eni: &EniId, address: Ipv4Addr) -> Result<(), Refusal> {
        let key = Key::Eni(eni.clone());
        let endpoint = self.reverse_endpoint(eni).ok_or_else(|| Refusal::NotFound(key.clone()))?;
        if !endpoint.zones.values().any(|zone| zone.eni == *eni && endpoint.is_open(zone)) {
            return Err(ServerRefusal::NotConnected(eni.clone()).into());
        }
        let address = IpAddr::from(address);
        if !self.state().get::<Vpc>(&endpoint.vpc).is_some_and(|vpc| vpc.contains(address)) {
            return Err(ServerRefusal::Address { address }.into());
        }
        self.room(&key, Kind::ServerGroup, 1, Quota::GroupsAServer)
    }

    fn address_fits(&self, group: &ServerGroup, address: IpAddr) -> Result<(), Refusal> {
        if self.own::<Vpc>(&group.vpc)?.contains(address) {
            Ok(())
        } else {
            Err(ServerRefusal::Address { address }.into())
        }
    }

    pub(super) fn remove_servers(&mut self, it: &RemoveServers) -> Result<Output, Refusal> {
        let row = self.own::<ServerGroup>(&it.server_group)?;
        self.in_one_call(it.servers.len())?;
        let mut after = row.as_ref().clone();
        for server in &it.servers {
            let index = position(&after, server)?;
            after.servers.remove(index);
        }
        self.edit(&after, |_| ());
        Ok(Output::ServerGroup(it.server_group.clone(), self.job()))
    }

    pub(super) fn update_servers(&mut self, it: &UpdateServers) -> Result<Output, Refusal> {
        let row = self.own::<ServerGroup>(&it.server_group)?;
        self.in_one_call(it.servers.len())?;
        let mut after = row.as_ref().clone();
        for patch in &it.servers {
            let index = position(&after, &patch.server)?;
            let server = &mut after.servers[index];
            let weight = patch.weight.unwrap_or(server.weight);
            in_range("Weight", weight.into(), 0, MAX_WEIGHT.into())?;
            server.weight = weight;
            server.description = patch.description.clone().unwrap_or_else(|| server.description.clone());
            server.changed = self.revision;
        }
        self.edit(&after, |_| ());
        Ok(Output::ServerGroup(it.server_group.clone(), self.job()))
    }
}

fn position(group: &ServerGroup, wanted: &ServerRef) -> Result<usize, Refusal> {
    let at = |target: &Target| {
        group.servers.iter().position(|server| server.target == *target && server.port == wanted.port)
    };
    // The address of an interface of one's own says nothing that its id does not.
    let found = match &wanted.target {
        Target::Behind(eni, _) => at(&wanted.target).or_else(|| at(&Target::Eni(eni.clone()))),
        Target::Ecs(_) | Target::Eni(_) | Target::EcsIpv6(..) | Target::EniIpv6(..) | Target::Ip(_) => {
            at(&wanted.target)
        }
    };
    found.ok_or_else(|| ServerRefusal::NotFound { target: wanted.target.clone(), port: wanted.port }.into())
}

fn consistent(group: &ServerGroup) -> Result<(), Refusal> {
    in_range("ConnectionDrainTimeout", group.drain.seconds.into(), 0, MAX_DRAIN.into())?;
    if group.scheduler.value == Scheduler::Qch && group.protocol.value != GroupProtocol::Udp {
        return Err(Refusal::SchedulerNeedsUdp { scheduler: Scheduler::Qch });
    }
    if group.any_port && group.health_check.as_ref().is_some_and(|check| check.port == 0) {
        return Err(Refusal::AnyPortHealthCheck);
    }
    Ok(())
}
