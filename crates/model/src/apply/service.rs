//! Endpoint services, their resources and whitelists.

use std::collections::BTreeMap;

use crate::apply::load_balancer::in_range;
use crate::command::Output;
use crate::command::service::{CreateService, ServiceResource, SetAutoAllocated, UpdateService};
use crate::draft::Draft;
use crate::endpoint::{Acceptance, Endpoint};
use crate::id::{EndpointServiceId, ZoneId};
use crate::nlb::{IpVersion, LoadBalancer};
use crate::quota::Quota;
use crate::refusal::{EndpointRefusal, Refusal};
use crate::service::{EndpointService, Resource, ResourceKey, User, Whitelist};
use crate::tables::{Key, Kind};

/// Bandwidth of a connection when nobody says otherwise, Mbit/s.
const DEFAULT_BANDWIDTH: u32 = 3072;
/// Least bandwidth that can be asked for, Mbit/s.
pub(super) const MIN_BANDWIDTH: u32 = 100;
/// Greatest default bandwidth of a service, Mbit/s.
const MAX_SERVICE_BANDWIDTH: u32 = 10_240;

impl Draft {
    pub(super) fn create_service(&mut self, it: &CreateService) -> Result<Output, Refusal> {
        self.room_in_account(Kind::EndpointService, Quota::ServicesAnAccount)?;
        self.within(it.resources.len(), Quota::ResourcesACall)?;
        let id = EndpointServiceId::generate(&mut self.entropy);
        let mut service = EndpointService {
            id: id.clone(),
            meta: self.meta(&it.labels)?,
            resources: BTreeMap::new(),
            auto_accept: it.auto_accept,
            zone_affinity: it.zone_affinity,
            payer: it.payer,
            users: Whitelist::default(),
            connect_bandwidth: DEFAULT_BANDWIDTH,
            ip_version: it.ip_version,
        };
        for resource in &it.resources {
            self.add_resource(&mut service, resource)?;
        }
        self.put(service);
        Ok(Output::Service(id))
    }

    fn add_resource(&self, service: &mut EndpointService, resource: &ResourceKey) -> Result<(), Refusal> {
        let load_balancer = self.own::<LoadBalancer>(&resource.load_balancer)?;
        let ResourceKey { zone, load_balancer: id } = resource.clone();
        if !load_balancer.zones.contains_key(&zone) {
            return Err(Refusal::ResourceNotInZone { load_balancer: id, zone });
        }
        if service.ip_version == IpVersion::DualStack {
            dual_stack(&load_balancer)?;
        }
        if service.resources.insert(resource.clone(), Resource { auto_allocated: true }).is_some() {
            return Err(Refusal::ResourceExists { load_balancer: id, zone });
        }
        self.within(service.resources.len(), Quota::ResourcesAService)?;
        self.within(service.resources.keys().filter(|key| key.zone == zone).count(), Quota::ResourcesAZone)
    }

    pub(super) fn update_service(&mut self, it: &UpdateService) -> Result<(), Refusal> {
        let row = self.own::<EndpointService>(&it.service)?;
        let bandwidth = it.connect_bandwidth.unwrap_or(row.connect_bandwidth);
        in_range("ConnectBandwidth", bandwidth.into(), MIN_BANDWIDTH.into(), MAX_SERVICE_BANDWIDTH.into())?;
        let ip_version = it.ip_version.unwrap_or(row.ip_version);
        self.families_fit(&row, ip_version)?;
        self.edit(row.as_ref(), |row| {
            row.meta.description = it.description.clone().unwrap_or_else(|| row.meta.description.clone());
            row.auto_accept = it.auto_accept.unwrap_or(row.auto_accept);
            row.zone_affinity = it.zone_affinity.unwrap_or(row.zone_affinity);
            row.connect_bandwidth = bandwidth;
            row.ip_version = ip_version;
        });
        Ok(())
    }

    /// IPv6 comes when every resource has it, and goes when no endpoint has it.
    fn families_fit(&self, row: &EndpointService, after: IpVersion) -> Result<(), Refusal> {
        match (row.ip_version, after) {
            (IpVersion::Ipv4, IpVersion::DualStack) => {
                let load_balancers = row.resources.keys().map(|key| &key.load_balancer);
                let mut load_balancers = load_balancers.filter_map(|id| self.state().get::<LoadBalancer>(id));
                load_balancers.try_for_each(|row| dual_stack(row))
            }
            (IpVersion::DualStack, IpVersion::Ipv4) => {
                let mut endpoints = self.state().endpoints_to(&row.id);
                match endpoints.find(|endpoint| endpoint.ip_version == IpVersion::DualStack) {
                    Some(endpoint) => Err(EndpointRefusal::DualStack(endpoint.id.clone()).into()),
                    None => Ok(()),
                }
            }
            (IpVersion::Ipv4, IpVersion::Ipv4) | (IpVersion::DualStack, IpVersion::DualStack) => Ok(()),
        }
    }

    pub(super) fn delete_service(&mut self, id: &EndpointServiceId) -> Result<(), Refusal> {
        let row = self.own::<EndpointService>(id)?;
        let endpoints: Vec<_> = self.state().endpoints_to(id).cloned().collect();
        if let Some(connected) =
            endpoints.iter().find(|row| row.connection.acceptance == Acceptance::Accepted)
        {
            return Err(Refusal::ConnectionDependence { endpoint: connected.id.clone() });
        }
        if !row.resources.is_empty() {
            return Err(Refusal::ServiceHasResources(id.clone()));
        }
        let (revision, now) = (self.revision, self.now);
        for endpoint in endpoints {
            self.edit_quietly(endpoint.as_ref(), |row: &mut Endpoint| {
                row.connection.acceptance = Acceptance::ServiceDeleted;
                row.connection.decided = revision;
                row.connection.modified = now;
            });
        }
        self.delete(Key::EndpointService(id.clone()));
        Ok(())
    }

    pub(super) fn attach_resource(&mut self, it: &ServiceResource) -> Result<(), Refusal> {
        let row = self.own::<EndpointService>(&it.service)?;
        let mut after = row.as_ref().clone();
        self.add_resource(&mut after, &it.resource)?;
        self.edit(&after, |_| ());
        Ok(())
    }

    pub(super) fn detach_resource(&mut self, it: &ServiceResource) -> Result<(), Refusal> {
        let row = self.own::<EndpointService>(&it.service)?;
        let ResourceKey { zone, load_balancer } = &it.resource;
        let mut after = row.as_ref().clone();
        if after.resources.remove(&it.resource).is_none() {
            return Err(Refusal::ResourceNotFound {
                load_balancer: load_balancer.clone(),
                zone: Some(zone.clone()),
            });
        }
        self.stop_serving(&it.resource, &it.service)?;
        keeps_automatic(&after, zone)?;
        self.edit(&after, |_| ());
        Ok(())
    }

    /// An accepted connection keeps what serves it; one that is not accepted forgets what was chosen for it.
    fn stop_serving(&mut self, resource: &ResourceKey, service: &EndpointServiceId) -> Result<(), Refusal> {
        let ResourceKey { zone, load_balancer } = resource;
        let chosen = |endpoint: &Endpoint| {
            let zone = endpoint.zones.get(zone);
            endpoint.service == *service
                && zone.is_some_and(|zone| zone.load_balancers().any(|own| own == load_balancer))
        };
        let endpoints = self.state().endpoints_served_by(load_balancer).filter(|endpoint| chosen(endpoint));
        let endpoints: Vec<_> = endpoints.cloned().collect();
        for endpoint in endpoints {
            if endpoint.connection.acceptance == Acceptance::Accepted {
                return Err(Refusal::ConnectionDependence { endpoint: endpoint.id.clone() });
            }
            self.edit_quietly(endpoint.as_ref(), |row| {
                if let Some(zone) = row.zones.get_mut(zone) {
                    zone.serve(None, None);
                }
            });
        }
        Ok(())
    }

    pub(super) fn set_auto_allocated(&mut self, it: &SetAutoAllocated) -> Result<(), Refusal> {
        let row = self.own::<EndpointService>(&it.service)?;
        let mut after = row.as_ref().clone();
        let meant = |key: &ResourceKey| {
            key.load_balancer == it.load_balancer && it.zone.as_ref().is_none_or(|zone| *zone == key.zone)
        };
        let meant: Vec<ResourceKey> = after.resources.keys().filter(|key| meant(key)).cloned().collect();
        if meant.is_empty() {
            let (load_balancer, zone) = (it.load_balancer.clone(), it.zone.clone());
            return Err(Refusal::ResourceNotFound { load_balancer, zone });
        }
        for key in meant {
            let zone = key.zone.clone();
            after.resources.insert(key, Resource { auto_allocated: it.auto_allocated });
            keeps_automatic(&after, &zone)?;
        }
        self.edit(&after, |_| ());
        Ok(())
    }

    pub(super) fn add_user(&mut self, id: &EndpointServiceId, user: User) -> Result<(), Refusal> {
        let row = self.own::<EndpointService>(id)?;
        self.edit_quietly(row.as_ref(), |row| match user {
            User::Everybody => row.users.everybody = true,
            User::Account(account) => {
                row.users.accounts.insert(account);
            }
        });
        Ok(())
    }

    pub(super) fn remove_user(&mut self, id: &EndpointServiceId, user: User) -> Result<(), Refusal> {
        let row = self.own::<EndpointService>(id)?;
        let mut users = row.users.clone();
        let was_there = match user {
            User::Everybody => std::mem::take(&mut users.everybody),
            User::Account(account) => users.accounts.remove(&account),
        };
        if !was_there {
            return Err(Refusal::UserNotFound);
        }
        self.edit_quietly(row.as_ref(), |row| row.users = users);
        Ok(())
    }
}

/// An NLB that a service may offer by IPv6.
fn dual_stack(row: &LoadBalancer) -> Result<(), Refusal> {
    match row.ip_version.value {
        IpVersion::DualStack => Ok(()),
        IpVersion::Ipv4 => Err(EndpointRefusal::ResourceWithoutIpv6(row.id.clone()).into()),
    }
}

/// A zone with resources has one that may be chosen automatically.
fn keeps_automatic(service: &EndpointService, zone: &ZoneId) -> Result<(), Refusal> {
    let mut here = service.resources.iter().filter(|(key, _)| key.zone == *zone).peekable();
    if here.peek().is_none() || here.any(|(_, resource)| resource.auto_allocated) {
        Ok(())
    } else {
        Err(Refusal::NoAutoAllocated { zone: zone.clone() })
    }
}
