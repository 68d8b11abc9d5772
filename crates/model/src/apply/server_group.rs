//! Server groups and their servers.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::apply::load_balancer::in_range;
use crate::command::Output;
use crate::command::nlb::{
    AddServers, CreateServerGroup, NewServer, RemoveServers, ServerRef, UpdateServerGroup, UpdateServers,
};
use crate::draft::Draft;
use crate::id::{EniId, InstanceId, ServerGroupId};
use crate::instance::{Eni, Instance};
use crate::nlb::{
    GroupProtocol, HealthCheck, IpVersion, Scheduler, Server, ServerGroup, ServerGroupKind, Target,
};
use crate::quota::Quota;
use crate::refusal::{Refusal, ServerRefusal, VpcRefusal};
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
        for new in &it.servers {
            self.server_fits(&after, new)?;
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
            (ServerGroupKind::Ip, Target::Ip(address)) => self.address_fits(group, *address),
            (ServerGroupKind::Instance, Target::Ip(_))
            | (
                ServerGroupKind::Ip,
                Target::Ecs(_) | Target::Eni(_) | Target::EcsIpv6(..) | Target::EniIpv6(..),
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
    let same = |server: &Server| server.target == wanted.target && server.port == wanted.port;
    let not_found =
        || Refusal::from(ServerRefusal::NotFound { target: wanted.target.clone(), port: wanted.port });
    group.servers.iter().position(same).ok_or_else(not_found)
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
