//! Endpoint services, endpoints and their connections.

use super::*;

impl Dice<'_> {
    pub(super) fn offering(&mut self) -> C {
        let service = self.service();
        match self.below(14) {
            0..=2 => C::CreateService(CreateService {
                labels: Labels::default(),
                resources: if self.chance(3) { Vec::new() } else { vec![self.resource()] },
                auto_accept: self.chance(3),
                zone_affinity: self.chance(2),
                payer: Payer::default(),
                ip_version: self.ip_version(),
            }),
            3..=6 => C::AttachResource(ServiceResource { service, resource: self.resource() }),
            7 | 8 => C::DetachResource(ServiceResource { service, resource: self.resource() }),
            9 => C::SetAutoAllocated(SetAutoAllocated {
                service,
                load_balancer: self.balancer(),
                zone: None,
                auto_allocated: self.chance(2),
            }),
            10 => C::AddUser(service, User::Account(OTHER)),
            11 => C::RemoveUser(service, User::Account(OTHER)),
            12 => C::UpdateService(UpdateService {
                auto_accept: Some(self.chance(2)),
                ip_version: self.chance(2).then(|| self.ip_version()),
                ..UpdateService::new(service)
            }),
            _ => C::DeleteService(service),
        }
    }

    pub(super) fn consuming(&mut self) -> C {
        if let Some((service, at)) = self.replaced().filter(|_| self.chance(4)) {
            return C::SwitchZone(ZoneSwitch::LetGo, service, at);
        }
        if let Some((service, at, other)) = self.choosable().filter(|_| self.chance(4)) {
            let (load_balancer, replacement) = (Some(other), Replacement::Graceful);
            return C::SetZoneResource(SetZoneResource { service, at, load_balancer, replacement });
        }
        let (service, endpoint) = self.connection();
        let at = self.at(&endpoint);
        match self.below(22) {
            20 | 21 => C::UpdateEndpoint(UpdateEndpoint {
                endpoint,
                relabel: relabel(),
                zone_affinity: None,
                ip_version: Some(self.ip_version()),
                policy: self.chance(2).then(|| self.endpoint_policy()),
            }),
            0..=3 => {
                let zone = self.endpoint_zone(&endpoint);
                let vpc = self.vpc_of(&zone.vswitch);
                C::CreateEndpoint(CreateEndpoint {
                    security_groups: self.groups_of(&vpc),
                    zones: if self.chance(3) { Vec::new() } else { vec![zone] },
                    protected: self.chance(10),
                    ip_version: self.ip_version(),
                    policy: self.endpoint_policy(),
                    kind: self.endpoint_type(),
                    ..CreateEndpoint::new(service, vpc)
                })
            }
            4..=6 => {
                let zone = self.endpoint_zone(&endpoint);
                C::AddEndpointZone(AddEndpointZone { endpoint, zone })
            }
            7 => C::RemoveEndpointZone(at),
            8 => C::DeleteEndpoint(endpoint),
            9 => C::AttachEndpointGroup(self.endpoint_group(endpoint)),
            10 => C::DetachEndpointGroup(self.endpoint_group(endpoint)),
            11..=13 => enable(&service, &endpoint),
            14 => C::DisableConnection(service, endpoint),
            15 => C::UpdateConnection(UpdateConnection {
                service,
                endpoint,
                bandwidth: Some(100 * self.below(600) as u32),
                traffic_control: None,
            }),
            16 => C::SwitchZone(ZoneSwitch::Off, service, at),
            17 => {
                let (service, at) = self.switched_off().unwrap_or((service, at));
                C::SwitchZone(ZoneSwitch::On, service, at)
            }
            _ => {
                let balancer = self.balancer();
                let load_balancer = (!self.chance(2)).then_some(balancer);
                let replacement = Replacement::Force;
                C::SetZoneResource(SetZoneResource { service, at, load_balancer, replacement })
            }
        }
    }

    /// An endpoint and its own service, mostly.
    pub(super) fn connection(&mut self) -> (EndpointServiceId, EndpointId) {
        let endpoint = self.endpoint();
        let real = self.state.get::<model::endpoint::Endpoint>(&endpoint).map(|row| row.service.clone());
        (real.filter(|_| !self.chance(20)).unwrap_or_else(|| self.service()), endpoint)
    }

    pub(super) fn at(&mut self, endpoint: &EndpointId) -> EndpointZoneRef {
        EndpointZoneRef { endpoint: endpoint.clone(), zone: self.zone() }
    }

    pub(super) fn resource(&mut self) -> ResourceKey {
        ResourceKey { zone: self.zone(), load_balancer: self.balancer() }
    }

    /// A zone with a vSwitch of the endpoint's VPC, mostly.
    pub(super) fn endpoint_zone(&mut self, endpoint: &EndpointId) -> NewEndpointZone {
        let near = self
            .vpc_of_endpoint(endpoint)
            .map(|vpc| self.state.vswitches_of(&vpc).cloned().collect::<Vec<_>>());
        let near = near.unwrap_or_default();
        let index = self.below(near.len() as u64) as usize;
        let vswitch = near.get(index).map(|row| row.id.clone()).unwrap_or_else(|| self.vswitch());
        let ipv6 = self.ipv6_wish(&vswitch);
        NewEndpointZone { zone: self.zone_of(&vswitch), vswitch, address: self.address(), ipv6 }
    }

    pub(super) fn vpc_of_endpoint(&mut self, endpoint: &EndpointId) -> Option<model::id::VpcId> {
        let real = self.state.get::<model::endpoint::Endpoint>(endpoint).map(|row| row.vpc.clone());
        real.filter(|_| !self.chance(20))
    }

    pub(super) fn endpoint_group(&mut self, endpoint: EndpointId) -> EndpointGroup {
        let near = self.vpc_of_endpoint(&endpoint).map(|vpc| self.groups_of(&vpc));
        let group = near.and_then(|groups| groups.into_iter().next()).unwrap_or_else(|| self.group());
        EndpointGroup { endpoint, group }
    }

    pub(super) fn endpoint_type(&mut self) -> EndpointType {
        if self.chance(4) { EndpointType::Reverse } else { EndpointType::Interface }
    }

    /// A zone of a connection that is switched off.
    pub(super) fn switched_off(&self) -> Option<(EndpointServiceId, EndpointZoneRef)> {
        self.zone_that(|zone| !zone.enabled)
    }

    /// A zone of a connection in which a resource was replaced.
    pub(super) fn replaced(&self) -> Option<(EndpointServiceId, EndpointZoneRef)> {
        self.zone_that(|zone| zone.replaced.is_some())
    }

    /// A zone of a connection, and a resource of the service that does not serve it.
    pub(super) fn choosable(
        &self,
    ) -> Option<(EndpointServiceId, EndpointZoneRef, model::id::LoadBalancerId)> {
        let mut endpoints = self.state.tables().endpoints.values();
        endpoints.find_map(|row| {
            let service = self.state.get::<EndpointService>(&row.service)?;
            let other = |key: &&ResourceKey| {
                let serving = row.zones.get(&key.zone).and_then(|zone| zone.resource.as_ref());
                serving.is_some_and(|own| *own != key.load_balancer)
            };
            let ResourceKey { zone, load_balancer } = service.resources.keys().find(other)?.clone();
            Some((row.service.clone(), EndpointZoneRef { endpoint: row.id.clone(), zone }, load_balancer))
        })
    }

    pub(super) fn zone_that(
        &self,
        is_it: impl Fn(&EndpointZone) -> bool,
    ) -> Option<(EndpointServiceId, EndpointZoneRef)> {
        let mut endpoints = self.state.tables().endpoints.values();
        endpoints.find_map(|row| {
            let zone = row.zones.iter().find(|(_, zone)| is_it(zone))?.0.clone();
            Some((row.service.clone(), EndpointZoneRef { endpoint: row.id.clone(), zone }))
        })
    }

    pub(super) fn endpoint_policy(&mut self) -> Policy {
        let everything =
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}}"#;
        if self.chance(2) { Policy::Default } else { Policy::Document(everything.to_owned()) }
    }
}
