//! Connections: what the provider says to an endpoint, as a whole and zone by zone.

use std::sync::Arc;

use crate::apply::load_balancer::in_range;
use crate::apply::service::MIN_BANDWIDTH;
use crate::command::endpoint::{
    EnableConnection, EndpointZoneRef, SetZoneResource, UpdateConnection, ZoneSwitch,
};
use crate::draft::Draft;
use crate::endpoint::{Acceptance, Endpoint, EndpointType, EndpointZone, Replacement, TrafficControl};
use crate::id::{EndpointId, EndpointServiceId, LoadBalancerId, ZoneId};
use crate::refusal::{EndpointRefusal, Refusal};
use crate::service::{EndpointService, ResourceKey};

/// Greatest bandwidth of a connection, Mbit/s.
const MAX_BANDWIDTH: u32 = 50_000;

impl Draft {
    /// The caller's service and an endpoint that belongs to it, whoever owns that.
    fn connection(
        &self,
        service: &EndpointServiceId,
        endpoint: &EndpointId,
    ) -> Result<(Arc<EndpointService>, Arc<Endpoint>), Refusal> {
        let row = self.own::<EndpointService>(service)?;
        let found = self.state().get::<Endpoint>(endpoint).filter(|endpoint| endpoint.service == *service);
        let not_found =
            || Refusal::ConnectionNotFound { endpoint: endpoint.clone(), service: service.clone() };
        Ok((row, found.cloned().ok_or_else(not_found)?))
    }

    /// One of the zone's resources that may be chosen without being asked for.
    pub(super) fn choose_resource(
        &mut self,
        service: &EndpointService,
        zone: &ZoneId,
    ) -> Result<LoadBalancerId, Refusal> {
        let here = service.resources.iter().filter(|(key, it)| key.zone == *zone && it.auto_allocated);
        let here: Vec<&LoadBalancerId> = here.map(|(key, _)| &key.load_balancer).collect();
        let index = self.entropy.below(here.len() as u64) as usize;
        let chosen = here.get(index).copied().cloned();
        chosen.ok_or_else(|| Refusal::ServiceHasNoResourceInZone { zone: zone.clone() })
    }

    pub(super) fn enable_connection(&mut self, it: &EnableConnection) -> Result<(), Refusal> {
        let (service, row) = self.connection(&it.service, &it.endpoint)?;
        if row.connection.acceptance == Acceptance::Accepted {
            return Err(Refusal::WrongConnectionState { accepted: true });
        }
        let mut after = row.as_ref().clone();
        self.limit(&mut after, it.bandwidth, it.traffic_control)?;
        for (id, zone) in &mut after.zones {
            if zone.resource.is_none() && row.kind == EndpointType::Interface {
                let chosen = self.choose_resource(&service, id);
                zone.serve(Some(chosen.map_err(|_| Refusal::NothingServesZone { zone: id.clone() })?), None);
            }
            zone.enabled = true;
            zone.changed = self.revision;
        }
        self.decide(after, Acceptance::Accepted);
        Ok(())
    }

    pub(super) fn disable_connection(
        &mut self,
        service: &EndpointServiceId,
        endpoint: &EndpointId,
    ) -> Result<(), Refusal> {
        let (_, row) = self.connection(service, endpoint)?;
        accepted(&row)?;
        let mut after = row.as_ref().clone();
        for zone in after.zones.values_mut() {
            zone.serve(None, None);
            zone.changed = self.revision;
        }
        self.decide(after, Acceptance::Denied);
        Ok(())
    }

    fn decide(&mut self, mut endpoint: Endpoint, acceptance: Acceptance) {
        endpoint.connection.acceptance = acceptance;
        endpoint.connection.decided = self.revision;
        endpoint.connection.modified = self.now;
        self.put(endpoint);
    }

    fn limit(
        &mut self,
        endpoint: &mut Endpoint,
        bandwidth: Option<u32>,
        traffic_control: Option<TrafficControl>,
    ) -> Result<(), Refusal> {
        let connection = &mut endpoint.connection;
        let bandwidth = bandwidth.unwrap_or(connection.bandwidth);
        in_range("Bandwidth", bandwidth.into(), MIN_BANDWIDTH.into(), MAX_BANDWIDTH.into())?;
        connection.bandwidth = bandwidth;
        connection.traffic_control = traffic_control.unwrap_or(connection.traffic_control);
        if endpoint.kind == EndpointType::Reverse && endpoint.connection.limit().is_some() {
            return Err(EndpointRefusal::ReverseUnlimited(endpoint.id.clone()).into());
        }
        Ok(())
    }

    pub(super) fn update_connection(&mut self, it: &UpdateConnection) -> Result<(), Refusal> {
        let (_, row) = self.connection(&it.service, &it.endpoint)?;
        accepted(&row)?;
        let mut after = row.as_ref().clone();
        self.limit(&mut after, it.bandwidth, it.traffic_control)?;
        self.touch(after);
        Ok(())
    }

    /// Something of the connection changed, but not what the provider says to it as a whole.
    fn touch(&mut self, mut endpoint: Endpoint) {
        endpoint.connection.changed = self.revision;
        endpoint.connection.modified = self.now;
        self.put(endpoint);
    }

    pub(super) fn switch_zone(
        &mut self,
        how: ZoneSwitch,
        service: &EndpointServiceId,
        at: &EndpointZoneRef,
    ) -> Result<(), Refusal> {
        let (_, row) = self.connection(service, &at.endpoint)?;
        accepted(&row)?;
        let mut after = row.as_ref().clone();
        let not_found = || EndpointRefusal::ConnectionZoneNotFound { zone: at.zone.clone() };
        let zone = after.zones.get_mut(&at.zone).ok_or_else(not_found)?;
        let replaced = zone.replaced.take();
        let enabled = match how {
            ZoneSwitch::LetGo if replaced.is_none() => {
                return Err(EndpointRefusal::NothingReplaced(at.zone.clone()).into());
            }
            ZoneSwitch::LetGo => {
                self.touch(after);
                return Ok(());
            }
            ZoneSwitch::On => true,
            ZoneSwitch::Off => false,
        };
        if zone.enabled == enabled {
            return Err(EndpointRefusal::WrongZoneState { zone: at.zone.clone(), enabled }.into());
        }
        zone.enabled = enabled;
        zone.changed = self.revision;
        self.touch(after);
        Ok(())
    }

    pub(super) fn set_zone_resource(&mut self, it: &SetZoneResource) -> Result<(), Refusal> {
        let (service, row) = self.connection(&it.service, &it.at.endpoint)?;
        if row.kind == EndpointType::Reverse {
            return Err(EndpointRefusal::ReverseUnserved(row.id.clone()).into());
        }
        let mut after = row.as_ref().clone();
        let open = row.connection.acceptance == Acceptance::Accepted;
        let zone = zone_of(&mut after, &it.at.zone)?;
        let resource = match &it.load_balancer {
            Some(id) => Some(attached(&service, id, &it.at.zone)?),
            None if open => Some(self.choose_automatic(&service, zone, &it.at.zone)?),
            None => None,
        };
        if zone.resource == resource {
            return Ok(());
        }
        if !row.is_open(zone) {
            zone.serve(resource, None);
            self.put(after);
            return Ok(());
        }
        replace(zone, resource, it)?;
        zone.changed = self.revision;
        self.touch(after);
        Ok(())
    }

    /// A resource to be chosen automatically, instead of one that was chosen by hand.
    fn choose_automatic(
        &mut self,
        service: &EndpointService,
        zone: &EndpointZone,
        id: &ZoneId,
    ) -> Result<LoadBalancerId, Refusal> {
        let key = |load_balancer: &LoadBalancerId| ResourceKey {
            zone: id.clone(),
            load_balancer: load_balancer.clone(),
        };
        let current = zone.resource.as_ref().and_then(|own| service.resources.get(&key(own)));
        if current.is_some_and(|resource| resource.auto_allocated) {
            return Err(EndpointRefusal::AutomaticAlready(id.clone()).into());
        }
        self.choose_resource(service, id)
    }
}

fn replace(
    zone: &mut EndpointZone,
    resource: Option<LoadBalancerId>,
    it: &SetZoneResource,
) -> Result<(), Refusal> {
    let replaced = match it.replacement {
        Replacement::Graceful if zone.replaced.is_some() => {
            return Err(EndpointRefusal::ReplacedStays(it.at.zone.clone()).into());
        }
        Replacement::Graceful => zone.resource.clone(),
        Replacement::Force => None,
    };
    zone.serve(resource, replaced);
    Ok(())
}

fn accepted(endpoint: &Endpoint) -> Result<(), Refusal> {
    if endpoint.connection.acceptance == Acceptance::Accepted {
        Ok(())
    } else {
        Err(Refusal::WrongConnectionState { accepted: false })
    }
}

fn zone_of<'a>(endpoint: &'a mut Endpoint, zone: &ZoneId) -> Result<&'a mut EndpointZone, Refusal> {
    endpoint.zones.get_mut(zone).ok_or_else(|| Refusal::EndpointZoneNotFound { zone: zone.clone() })
}

fn attached(
    service: &EndpointService,
    id: &LoadBalancerId,
    zone: &ZoneId,
) -> Result<LoadBalancerId, Refusal> {
    if service.resources.contains_key(&ResourceKey { zone: zone.clone(), load_balancer: id.clone() }) {
        Ok(id.clone())
    } else if service.resources.keys().any(|key| key.load_balancer == *id) {
        Err(EndpointRefusal::ResourceElsewhere { load_balancer: id.clone(), zone: zone.clone() }.into())
    } else {
        Err(Refusal::ResourceNotFound { load_balancer: id.clone(), zone: Some(zone.clone()) })
    }
}
