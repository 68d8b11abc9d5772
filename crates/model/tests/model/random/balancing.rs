//! Load balancers, listeners, server groups and servers.

use super::*;

impl Dice<'_> {
    pub(super) fn balancing(&mut self) -> C {
        let load_balancer = self.balancer();
        match self.below(10) {
            0..=4 => {
                let zones = self.new_zones();
                let vpc = self.vpc_of(&zones[0].vswitch.clone());
                let ip_version = self.ip_version().into();
                C::CreateLoadBalancer(CreateLoadBalancer {
                    ip_version,
                    ..CreateLoadBalancer::new(vpc, zones)
                })
            }
            5 => C::UpdateLoadBalancer(UpdateLoadBalancer {
                load_balancer,
                name: None,
                cross_zone: Some(self.chance(2)),
                cps: None,
            }),
            6 | 7 => {
                let zones = self.zones_near(&load_balancer);
                C::UpdateLoadBalancerZones(UpdateLoadBalancerZones { load_balancer, zones })
            }
            8 => C::UpdateLoadBalancerProtection(UpdateLoadBalancerProtection {
                load_balancer,
                deletion: Some(SetProtection { enabled: self.chance(2), reason: String::new() }),
                modification: None,
            }),
            _ => C::DeleteLoadBalancer(load_balancer),
        }
    }

    pub(super) fn servers(&mut self) -> C {
        let server_group = self.server_group();
        match self.below(14) {
            0..=2 => C::CreateServerGroup(CreateServerGroup {
                labels: named(),
                kind: if self.chance(4) { ServerGroupKind::Ip } else { ServerGroupKind::Instance },
                protocol: if self.chance(4) { GroupProtocol::Udp } else { GroupProtocol::Tcp }.into(),
                any_port: self.chance(10),
                ip_version: self.ip_version().into(),
                health_check: HealthCheckPatch {
                    port: self.chance(3).then_some(80),
                    ..HealthCheckPatch::default()
                },
                ..CreateServerGroup::new(self.vpc_id())
            }),
            3 | 4 => C::AddServers(AddServers {
                server_group,
                servers: vec![NewServer::new(self.target(), self.below(3) as u16)],
            }),
            5 => C::RemoveServers(RemoveServers { server_group, servers: vec![self.server()] }),
            6 => C::UpdateServers(UpdateServers {
                server_group,
                servers: vec![ServerPatch { server: self.server(), weight: Some(0), description: None }],
            }),
            7 => C::DeleteServerGroup(server_group),
            8 | 9 => {
                let low = 1 + self.below(3) as u16;
                let high = low + if self.chance(4) { self.below(3) as u16 } else { 0 };
                let protocol = if self.chance(4) { ListenerProtocol::Udp } else { ListenerProtocol::Tcp };
                C::CreateListener(CreateListener {
                    ports: PortRange { low, high },
                    ..CreateListener::new(self.balancer(), protocol, low, server_group)
                })
            }
            10 => C::UpdateListener(UpdateListener {
                server_group: Some(server_group),
                ..UpdateListener::new(self.listener())
            }),
            11 => C::StopListener(self.listener()),
            12 => C::StartListener(self.listener()),
            _ => C::DeleteListener(self.listener()),
        }
    }

    pub(super) fn surroundings(&mut self) -> C {
        let load_balancer = self.balancer();
        let row = self.state.get::<model::nlb::LoadBalancer>(&load_balancer);
        let zones = row.and_then(|row| row.zones.iter().next());
        let zones =
            zones.map(|(zone, mapping)| (zone.clone(), mapping.vswitch.clone())).into_iter().collect();
        let near = row.map(|row| (row.vpc.clone(), row.security_groups.clone()));
        let shift = ShiftZones { load_balancer: load_balancer.clone(), zones };
        C::Balancer(match self.below(8) {
            0 | 1 => {
                let groups = near.map(|(vpc, _)| self.groups_of(&vpc)).unwrap_or_default();
                BalancerCommand::Join(BalancerGroups { load_balancer, groups })
            }
            2 => {
                let groups = near.map(|(_, groups)| groups).unwrap_or_default();
                BalancerCommand::Leave(BalancerGroups { load_balancer, groups })
            }
            3 | 4 => BalancerCommand::Shift(shift),
            5 => BalancerCommand::CancelShift(shift),
            6 => BalancerCommand::SetMonitor { log_project: "p".to_owned(), metric_store: "s".to_owned() },
            _ => BalancerCommand::DeleteMonitor,
        })
    }

    /// An NLB and a server group that fit each other, mostly.
    pub(super) fn road(&mut self) -> (model::id::LoadBalancerId, model::id::ServerGroupId) {
        let hides = self.state.tables().server_groups.values().filter(|row| !row.preserve_client_ip);
        let pair = hides.filter_map(|group| {
            let balancer = self.state.load_balancers_of(&group.vpc).next()?;
            Some((balancer.id.clone(), group.id.clone()))
        });
        let found = pair.last().filter(|_| !self.chance(20));
        found.unwrap_or_else(|| (self.balancer(), self.server_group()))
    }

    pub(super) fn target(&mut self) -> Target {
        match self.below(8) {
            0 => Target::Eni(self.eni()),
            3 => self.target_behind(),
            1 => Target::Ip(Ipv4Addr::new(10, 0, 0, self.below(9) as u8).into()),
            2 => self.ipv6_target(),
            _ => Target::Ecs(self.instance()),
        }
    }

    /// An address in a consumer's VPC, behind an interface of a Reverse endpoint, mostly.
    pub(super) fn target_behind(&mut self) -> Target {
        let address = Ipv4Addr::new(10, 0, 0, self.below(9) as u8);
        let reverse = self.state.tables().endpoints.values().filter(|row| row.kind == EndpointType::Reverse);
        let enis: Vec<_> = reverse.flat_map(|row| row.zones.values()).map(|zone| zone.eni.clone()).collect();
        let drawn = self.below(enis.len() as u64) as usize;
        Target::Behind(enis.get(drawn).cloned().unwrap_or_else(|| self.eni()), address)
    }

    /// An IPv6 address that an interface has, mostly, and who has it.
    pub(super) fn ipv6_target(&mut self) -> Target {
        let mut enis = self.state.tables().enis.values();
        let found = enis.find_map(|eni| Some((eni.clone(), *eni.ipv6.keys().next()?)));
        let Some((eni, address)) = found else {
            return Target::EniIpv6(self.eni(), "fd69:7374::1".parse().unwrap());
        };
        match (self.below(3), eni.instance()) {
            (0, _) => Target::Ip(address.into()),
            (1, Some(instance)) => Target::EcsIpv6(instance.clone(), address),
            (_, _) => Target::EniIpv6(eni.id.clone(), address),
        }
    }

    pub(super) fn ip_version(&mut self) -> IpVersion {
        if self.chance(2) { IpVersion::DualStack } else { IpVersion::Ipv4 }
    }

    pub(super) fn server(&mut self) -> ServerRef {
        let group = self.server_group();
        let servers = self.state.get::<model::nlb::ServerGroup>(&group).map(|row| row.servers.clone());
        let first = servers.and_then(|servers| servers.first().cloned());
        first.map_or(ServerRef { target: self.target(), port: 80 }, |row| ServerRef {
            target: row.target,
            port: row.port,
        })
    }

    pub(super) fn new_zones(&mut self) -> Vec<NewZone> {
        let count = 1 + self.below(3);
        let zone = |dice: &mut Self| {
            let vswitch = dice.vswitch();
            let ipv6 = dice.ipv6_wish(&vswitch);
            let (zone, local) = (dice.zone_of(&vswitch), dice.local(&vswitch));
            NewZone { zone, vswitch, address: dice.address(), ipv6, local }
        };
        (0..count).map(|_| zone(self)).collect()
    }

    /// Addresses from which a zone is to speak, now and then, and not always as many as can be.
    fn local(&mut self, vswitch: &VSwitchId) -> LocalAddresses {
        let mut local = LocalAddresses::default();
        if self.chance(6) {
            let count = 2 + self.below(3);
            local.ipv4 = (0..count).map(|_| Ipv4Addr::new(10, 0, 0, self.below(16) as u8)).collect();
            local.ipv6 = (0..count).filter_map(|_| self.ipv6_wish(vswitch)).collect();
        }
        local
    }

    /// Zones that an NLB has or could have, mostly.
    pub(super) fn zones_near(&mut self, balancer: &model::id::LoadBalancerId) -> Vec<NewZone> {
        let row = self.state.get::<model::nlb::LoadBalancer>(balancer).filter(|_| !self.chance(10));
        let Some(row) = row else { return self.new_zones() };
        let kept = row.zones.iter().map(|(zone, mapping)| (zone.clone(), mapping.vswitch.clone()));
        let near = self.state.vswitches_of(&row.vpc).map(|row| (row.zone.clone(), row.id.clone()));
        let mut zones: std::collections::BTreeMap<_, _> = near.chain(kept).collect();
        let drop = zones.keys().nth(self.below(4) as usize).cloned();
        drop.map(|zone| zones.remove(&zone));
        zones
            .into_iter()
            .map(|(zone, vswitch)| {
                let local = self.local(&vswitch);
                NewZone { zone, vswitch, address: None, ipv6: None, local }
            })
            .collect()
    }
}
