//! Listeners.

use crate::apply::load_balancer::{MAX_CPS, in_range};
use crate::command::Output;
use crate::command::nlb::{CreateListener, UpdateListener};
use crate::draft::Draft;
use crate::id::{ListenerId, LoadBalancerId, ServerGroupId};
use crate::net::PortRange;
use crate::nlb::{GroupProtocol, Listener, ListenerProtocol, LoadBalancer, ProxyProtocol, ServerGroup};
use crate::quota::Quota;
use crate::refusal::Refusal;
use crate::tables::{Key, Kind};
use std::collections::BTreeSet;

/// Longest TCP segment that can be asked for, bytes.
const MAX_MSS: u16 = 1500;

impl Draft {
    pub(super) fn create_listener(&mut self, it: &CreateListener) -> Result<Output, Refusal> {
        let load_balancer = self.own::<LoadBalancer>(&it.load_balancer)?;
        let protocol = it.protocol.value;
        let ports = it.ports;
        in_range("ListenerPort", ports.low.into(), 1, u16::MAX.into())?;
        in_range("EndPort", ports.high.into(), ports.low.into(), u16::MAX.into())?;
        self.forwards_to(&load_balancer, protocol, ports, &it.server_group)?;
        self.ports_free(&load_balancer, protocol, ports)?;
        self.room(
            &Key::LoadBalancer(it.load_balancer.clone()),
            Kind::Listener,
            1,
            Quota::ListenersALoadBalancer,
        )?;
        let idle_timeout = it.idle_timeout.unwrap_or(longest_idle(protocol));
        limits(protocol, idle_timeout, it.cps, it.mss)?;
        let proxy_protocol = it.proxy_protocol.applied_to(ProxyProtocol::default());
        self.monitored(it.sec_sensor)?;
        let tls = self.tls(protocol, None, &it.tls)?;
        let meta = self.meta(&it.labels)?;
        let index = self.dense()?;
        let port = if ports.is_one() { ports.low } else { 0 };
        let id = ListenerId::on_port(&mut self.entropy, port);
        self.put(Listener {
            id: id.clone(),
            meta,
            index,
            load_balancer: it.load_balancer.clone(),
            protocol: it.protocol.clone(),
            ports,
            server_group: it.server_group.clone(),
            idle_timeout,
            cps: it.cps,
            mss: it.mss,
            sec_sensor: it.sec_sensor,
            proxy_protocol,
            tls,
            enabled: true,
        });
        self.servers_within(&it.load_balancer)?;
        Ok(Output::Listener(id, self.job()))
    }

    /// The group is the caller's, in the NLB's VPC, speaks the protocol on as many ports, and has room for one more listener.
    fn forwards_to(
        &self,
        load_balancer: &LoadBalancer,
        protocol: ListenerProtocol,
        ports: PortRange,
        group: &ServerGroupId,
    ) -> Result<(), Refusal> {
        let group = self.own::<ServerGroup>(group)?;
        let key = Key::ServerGroup(group.id.clone());
        if group.vpc != load_balancer.vpc {
            return Err(Refusal::VpcMismatch {
                what: key,
                other: Key::LoadBalancer(load_balancer.id.clone()),
            });
        }
        fits(protocol, &group)?;
        match (ports.is_one(), group.any_port) {
            (true, false) | (false, true) => {}
            (true, true) => return Err(Refusal::OnePortAnyPortGroup),
            (false, false) => return Err(Refusal::RangePlainGroup),
        }
        self.room(&key, Kind::Listener, 1, Quota::ListenersAGroup)
    }

    fn ports_free(
        &self,
        load_balancer: &LoadBalancer,
        protocol: ListenerProtocol,
        ports: PortRange,
    ) -> Result<(), Refusal> {
        match self.state().listeners_of(&load_balancer.id).find_map(|other| other.takes(protocol, ports)) {
            Some(port) => Err(Refusal::PortTaken { load_balancer: load_balancer.id.clone(), protocol, port }),
            None => Ok(()),
        }
    }

    pub(super) fn update_listener(&mut self, it: &UpdateListener) -> Result<Output, Refusal> {
        let row = self.own::<Listener>(&it.listener)?;
        let load_balancer = self.own::<LoadBalancer>(&row.load_balancer)?;
        if let Some(group) = it.server_group.as_ref().filter(|group| **group != row.server_group) {
            self.forwards_to(&load_balancer, row.protocol.value, row.ports, group)?;
        }
        let mut after = row.as_ref().clone();
        after.meta.description = it.description.clone().unwrap_or(after.meta.description);
        after.server_group = it.server_group.clone().unwrap_or(after.server_group);
        after.idle_timeout = it.idle_timeout.unwrap_or(after.idle_timeout);
        after.cps = it.cps.unwrap_or(after.cps);
        after.mss = it.mss.unwrap_or(after.mss);
        self.monitored(it.sec_sensor == Some(true))?;
        after.sec_sensor = it.sec_sensor.unwrap_or(after.sec_sensor);
        after.proxy_protocol = it.proxy_protocol.applied_to(after.proxy_protocol);
        after.tls = self.tls(row.protocol.value, row.tls.as_ref(), &it.tls)?;
        limits(after.protocol.value, after.idle_timeout, after.cps, after.mss)?;
        self.edit(&after, |_| ());
        self.servers_within(&after.load_balancer)?;
        Ok(Output::Job(self.job()))
    }

    /// The servers of all groups that an NLB's listeners use, each group once, are not too many.
    pub(super) fn servers_within(&self, load_balancer: &LoadBalancerId) -> Result<(), Refusal> {
        let groups: BTreeSet<_> =
            self.state().listeners_of(load_balancer).map(|listener| &listener.server_group).collect();
        let groups = groups.into_iter().filter_map(|id| self.state().get::<ServerGroup>(id));
        self.within(groups.map(|group| group.servers.len()).sum(), Quota::ServersALoadBalancer)
    }

    pub(super) fn switch_listener(&mut self, id: &ListenerId, enabled: bool) -> Result<Output, Refusal> {
        let row = self.own::<Listener>(id)?;
        if row.enabled == enabled {
            return Err(Refusal::WrongListenerState { listener: Key::Listener(id.clone()), enabled });
        }
        self.edit(row.as_ref(), |row| row.enabled = enabled);
        Ok(Output::Job(self.job()))
    }

    pub(super) fn delete_listener(&mut self, id: &ListenerId) -> Result<Output, Refusal> {
        self.own::<Listener>(id)?;
        self.delete(Key::Listener(id.clone()));
        Ok(Output::Job(self.job()))
    }
}

/// Seconds: also the default.
fn longest_idle(protocol: ListenerProtocol) -> u16 {
    match protocol {
        ListenerProtocol::Tcp | ListenerProtocol::TcpSsl => 900,
        ListenerProtocol::Udp => 20,
    }
}

fn limits(protocol: ListenerProtocol, idle_timeout: u16, cps: u32, mss: u16) -> Result<(), Refusal> {
    let longest_segment = if protocol == ListenerProtocol::Udp { 0 } else { MAX_MSS };
    in_range("IdleTimeout", idle_timeout.into(), 10, longest_idle(protocol).into())?;
    in_range("Cps", cps.into(), 0, MAX_CPS.into())?;
    in_range("Mss", mss.into(), 0, longest_segment.into())
}

fn fits(listener: ListenerProtocol, group: &ServerGroup) -> Result<(), Refusal> {
    use GroupProtocol as G;
    use ListenerProtocol as L;
    match (listener, group.protocol.value) {
        (L::TcpSsl, G::Tcp) if group.preserve_client_ip => Err(Refusal::PreserveClientIpWithTls),
        (L::Tcp, G::Tcp | G::TcpUdp) | (L::Udp, G::Udp | G::TcpUdp) | (L::TcpSsl, G::Tcp) => Ok(()),
        (L::Tcp, G::Udp) | (L::Udp, G::Tcp) | (L::TcpSsl, G::Udp | G::TcpUdp) => {
            Err(Refusal::ProtocolMismatch { listener, group: group.protocol.value })
        }
    }
}
