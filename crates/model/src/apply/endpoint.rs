//! Endpoints, their zones and security groups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::alloc::NewEni;
use crate::apply::ipv6::zone_ipv6;
use crate::command::Output;
use crate::command::endpoint::{
    AddEndpointZone, CreateEndpoint, EndpointGroup, EndpointZoneRef, NewEndpointZone, UpdateEndpoint,
};
use crate::draft::Draft;
use crate::endpoint::{Acceptance, Connection, Endpoint, EndpointType, EndpointZone, Maker, TrafficControl};
use crate::id::{EndpointId, EndpointServiceId, LoadBalancerId, SecurityGroupId, VpcId, ZoneId};
use crate::instance::{Eni, EniOwner};
use crate::nlb::IpVersion;
use crate::quota::Quota;
use crate::refusal::{EndpointRefusal, Refusal};
use crate::security::SecurityGroup;
use crate::service::EndpointService;
use crate::tables::{Key, Kind};
use crate::vpc::Vpc;

impl Draft {
    pub(super) fn create_endpoint(&mut self, it: &CreateEndpoint) -> Result<Output, Refusal> {
        let service = self.open_service(&it.service)?;
        self.own::<Vpc>(&it.vpc)?;
        self.room(&Key::Vpc(it.vpc.clone()), Kind::Endpoint, 1, Quota::EndpointsAVpc)?;
        self.endpoint_groups(&it.security_groups, &it.vpc)?;
        let id = EndpointId::generate(&mut self.entropy);
        let mut endpoint = Endpoint {
            id: id.clone(),
            meta: self.meta(&it.labels)?,
            kind: it.kind,
            index: self.dense()?,
            service: it.service.clone(),
            vpc: it.vpc.clone(),
            security_groups: it.security_groups.clone(),
            zones: BTreeMap::new(),
            connection: self.new_connection(&service)?,
            protected: it.protected.then(|| self.role.clone().into()),
            zone_affinity: it.zone_affinity,
            ip_version: it.ip_version,
            policy: it.policy.clone(),
        };
        may_have(it.kind, it.ip_version, &service)?;
        for zone in &it.zones {
            self.insert_zone(&mut endpoint, &service, zone)?;
        }
        self.put(endpoint);
        Ok(Output::Endpoint(id))
    }

    /// A service that this account may connect to.
    fn open_service(&self, id: &EndpointServiceId) -> Result<Arc<EndpointService>, Refusal> {
        let service = self.state().get::<EndpointService>(id).cloned();
        let service = service.ok_or_else(|| Refusal::NotFound(Key::EndpointService(id.clone())))?;
        if service.admits(self.account) {
            Ok(service)
        } else {
            Err(Refusal::ServiceNotAuthorized(id.clone()))
        }
    }

    fn new_connection(&mut self, service: &EndpointService) -> Result<Connection, Refusal> {
        let acceptance = if service.auto_accept { Acceptance::Accepted } else { Acceptance::Waiting };
        Ok(Connection {
            network: self.dense()?,
            acceptance,
            decided: self.revision,
            changed: self.revision,
            modified: self.now,
            bandwidth: service.connect_bandwidth,
            traffic_control: TrafficControl::default(),
        })
    }

    fn insert_zone(
        &mut self,
        endpoint: &mut Endpoint,
        service: &EndpointService,
        new: &NewEndpointZone,
    ) -> Result<(), Refusal> {
        let zone = new.zone.clone();
        if endpoint.zones.contains_key(&zone) {
            return Err(Refusal::EndpointZoneExists { zone });
        }
        self.within(endpoint.zones.len() + 1, Quota::ZonesAnEndpoint)?;
        self.placed(&new.vswitch, &endpoint.vpc, &zone)?;
        let resource = match endpoint.kind {
            EndpointType::Interface => self.resource_of_new(endpoint, service, &zone)?,
            EndpointType::Reverse => None,
        };
        let owner = EniOwner::Endpoint(endpoint.id.clone());
        let ipv6 = zone_ipv6(endpoint.ip_version, new.ipv6)?;
        let eni = self.new_eni(&new.vswitch, NewEni { ipv6, ..NewEni::of(owner, new.address) })?;
        let (born, changed) = (self.revision, self.revision);
        let vswitch = new.vswitch.clone();
        endpoint.zones.insert(
            zone,
            EndpointZone { vswitch, eni, resource, replaced: None, lease: 0, enabled: true, born, changed },
        );
        Ok(())
    }

    /// What serves a new zone: the service must be there.
    fn resource_of_new(
        &mut self,
        endpoint: &Endpoint,
        service: &EndpointService,
        zone: &ZoneId,
    ) -> Result<Option<LoadBalancerId>, Refusal> {
        if !service.zones().contains(zone) {
            return Err(Refusal::ServiceHasNoResourceInZone { zone: zone.clone() });
        }
        match endpoint.connection.acceptance {
            Acceptance::Accepted => self.choose_resource(service, zone).map(Some),
            Acceptance::Waiting | Acceptance::Denied | Acceptance::ServiceDeleted => Ok(None),
        }
    }

    fn endpoint_groups(&self, groups: &BTreeSet<SecurityGroupId>, vpc: &VpcId) -> Result<(), Refusal> {
        if groups.is_empty() {
            return Err(Refusal::EndpointNeedsSecurityGroup);
        }
        self.usable_groups(groups, vpc, Quota::GroupsAnEndpoint)
    }

    pub(super) fn update_endpoint(&mut self, it: &UpdateEndpoint) -> Result<(), Refusal> {
        let row = self.unprotected(&it.endpoint)?;
        let ip_version = it.ip_version.unwrap_or(row.ip_version);
        if ip_version != row.ip_version {
            self.switch_families(&row, ip_version)?;
        }
        let zone_affinity = it.zone_affinity.unwrap_or(row.zone_affinity);
        if (zone_affinity, ip_version) != (row.zone_affinity, row.ip_version) {
            self.edit(row.as_ref(), |row| (row.zone_affinity, row.ip_version) = (zone_affinity, ip_version));
        }
        if let Some(policy) = &it.policy {
            let row = self.own::<Endpoint>(&it.endpoint)?;
            self.edit_quietly(row.as_ref(), |row| row.policy = policy.clone());
        }
        self.relabel::<Endpoint>(&it.endpoint, &it.relabel)
    }

    /// Gives each zone an IPv6 address, or takes it away.
    fn switch_families(&mut self, row: &Endpoint, after: IpVersion) -> Result<(), Refusal> {
        if after == IpVersion::DualStack {
            may_have(row.kind, after, self.service_of(row)?.as_ref())?;
        }
        let addresses = zone_ipv6(after, None)?;
        for zone in row.zones.values() {
            let eni = self.own::<Eni>(&zone.eni)?;
            self.edit(eni.as_ref(), |eni| eni.ipv6.clear());
            let eni = self.own::<Eni>(&zone.eni)?;
            self.add_ipv6(&eni, &addresses)?;
        }
        Ok(())
    }

    /// The service of an endpoint, while it exists.
    fn service_of(&self, row: &Endpoint) -> Result<Arc<EndpointService>, Refusal> {
        let service = match row.connection.acceptance {
            Acceptance::ServiceDeleted => None,
            Acceptance::Waiting | Acceptance::Accepted | Acceptance::Denied => {
                self.state().get::<EndpointService>(&row.service).cloned()
            }
        };
        service.ok_or_else(|| Refusal::ServiceDeleted(row.service.clone()))
    }

    /// An endpoint that the caller may change.
    fn unprotected(&self, id: &EndpointId) -> Result<Arc<Endpoint>, Refusal> {
        let row = self.own::<Endpoint>(id)?;
        let asking = Maker::from(self.role.clone());
        if row.protected.as_ref().is_some_and(|maker| *maker != asking) {
            return Err(Refusal::EndpointProtected(id.clone()));
        }
        Ok(row)
    }

    pub(super) fn delete_endpoint(&mut self, id: &EndpointId) -> Result<(), Refusal> {
        let row = self.unprotected(id)?;
        if !row.zones.is_empty() {
            return Err(Refusal::EndpointHasZones(id.clone()));
        }
        self.delete(Key::Endpoint(id.clone()));
        Ok(())
    }

    pub(super) fn add_endpoint_zone(&mut self, it: &AddEndpointZone) -> Result<(), Refusal> {
        let row = self.unprotected(&it.endpoint)?;
        let service = self.service_of(&row)?;
        let mut after = row.as_ref().clone();
        self.insert_zone(&mut after, &service, &it.zone)?;
        self.edit(&after, |_| ());
        Ok(())
    }

    pub(super) fn remove_endpoint_zone(&mut self, it: &EndpointZoneRef) -> Result<(), Refusal> {
        let row = self.unprotected(&it.endpoint)?;
        let mut after = row.as_ref().clone();
        let not_found = || Refusal::EndpointZoneNotFound { zone: it.zone.clone() };
        let removed = after.zones.remove(&it.zone).ok_or_else(not_found)?;
        self.edit(&after, |_| ());
        self.leave_server_groups(&Key::Eni(removed.eni.clone()), |_| true);
        self.delete_eni(&removed.eni);
        Ok(())
    }

    pub(super) fn attach_endpoint_group(&mut self, it: &EndpointGroup) -> Result<(), Refusal> {
        let row = self.unprotected(&it.endpoint)?;
        let mut groups = row.security_groups.clone();
        if !groups.insert(it.group.clone()) {
            let (member, group) = (Key::Endpoint(it.endpoint.clone()), it.group.clone());
            return Err(Refusal::AlreadyMember { member, group });
        }
        self.endpoint_groups(&groups, &row.vpc)?;
        self.edit(row.as_ref(), |row| row.security_groups = groups);
        Ok(())
    }

    pub(super) fn detach_endpoint_group(&mut self, it: &EndpointGroup) -> Result<(), Refusal> {
        let row = self.unprotected(&it.endpoint)?;
        self.own::<SecurityGroup>(&it.group)?;
        let mut groups = row.security_groups.clone();
        if !groups.remove(&it.group) {
            let (member, group) = (Key::Endpoint(it.endpoint.clone()), it.group.clone());
            return Err(Refusal::NotMember { member, group });
        }
        if groups.is_empty() {
            return Err(Refusal::EndpointNeedsSecurityGroup);
        }
        self.edit(row.as_ref(), |row| row.security_groups = groups);
        Ok(())
    }
}

/// Whether an endpoint of a service may be of these address families.
fn may_have(kind: EndpointType, version: IpVersion, service: &EndpointService) -> Result<(), Refusal> {
    if version == IpVersion::Ipv4 {
        return Ok(());
    }
    match (kind, service.ip_version) {
        (EndpointType::Interface, IpVersion::DualStack) => Ok(()),
        (EndpointType::Interface, IpVersion::Ipv4) => {
            Err(EndpointRefusal::ServiceWithoutIpv6(service.id.clone()).into())
        }
        (EndpointType::Reverse, IpVersion::Ipv4 | IpVersion::DualStack) => {
            Err(EndpointRefusal::ReverseIpv6.into())
        }
    }
}
