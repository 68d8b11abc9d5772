//! Interfaces, their addresses, and routes.

use super::*;

impl Dice<'_> {
    pub(super) fn interfaces(&mut self) -> C {
        let eni = self.eni();
        let instance = self.instance();
        match self.below(15) {
            12 | 13 => {
                let vswitch = self.state.get::<model::instance::Eni>(&eni).map(|row| row.vswitch.clone());
                let vswitch = vswitch.unwrap_or_else(|| self.vswitch());
                let addresses = self.ipv6_addresses(&vswitch);
                C::Eni(EniCommand::AssignIpv6(AssignIpv6 { eni, addresses }))
            }
            14 => {
                let row = self.state.get::<model::instance::Eni>(&eni);
                let addresses = row.map(|row| row.ipv6.keys().copied().collect()).unwrap_or_default();
                C::Eni(EniCommand::UnassignIpv6(UnassignIpv6 { eni, addresses }))
            }
            0..=2 => C::Eni(EniCommand::Create(self.new_eni())),
            3 => C::Eni(EniCommand::Delete(eni)),
            4..=6 => C::Eni(EniCommand::Attach(EniAttachment { eni, instance })),
            7 => C::Eni(EniCommand::Detach(self.attachment().unwrap_or(EniAttachment { eni, instance }))),
            8 => C::Eni(EniCommand::Modify(ModifyEni {
                security_groups: Some(BTreeSet::from([self.group()])),
                delete_on_release: Some(self.chance(2)),
                ..ModifyEni::new(eni)
            })),
            9 => C::Eni(EniCommand::Assign(AssignAddresses { eni, addresses: self.more_addresses() })),
            10 => {
                let row = self.state.get::<model::instance::Eni>(&eni);
                let addresses = row.map(|row| row.secondary.clone()).unwrap_or_default();
                C::Eni(EniCommand::Unassign(UnassignAddresses { eni, addresses }))
            }
            _ => {
                let instance = self.stopped().unwrap_or(instance);
                let vswitch = self.vswitch();
                let vpc = self.vpc_of(&vswitch);
                let security_groups = self.groups_of(&vpc);
                let address = self.address();
                C::Eni(EniCommand::MoveInstance(MoveInstance {
                    instance,
                    vswitch,
                    vpc: Some(vpc),
                    address,
                    security_groups,
                }))
            }
        }
    }

    pub(super) fn eni(&mut self) -> model::id::EniId {
        self.key(&self.state.tables().enis.clone(), "eni-none")
    }

    pub(super) fn table(&mut self) -> model::id::RouteTableId {
        self.key(&self.state.tables().route_tables.clone(), "vtb-none")
    }

    pub(super) fn next_hop(&mut self) -> NextHop {
        if self.chance(2) { NextHop::Instance(self.instance()) } else { NextHop::Eni(self.eni()) }
    }

    pub(super) fn routes(&mut self) -> C {
        let table = self.table();
        let destination = format!("10.0.{}.0/24", self.below(8)).parse().unwrap();
        C::Route(match self.below(12) {
            0 | 1 => {
                RouteCommand::CreateTable(CreateRouteTable { labels: Labels::default(), vpc: self.vpc_id() })
            }
            2 => RouteCommand::ModifyTable(ModifyRouteTable { table, relabel: relabel() }),
            3 => RouteCommand::DeleteTable(table),
            4 | 5 => RouteCommand::Associate(TableOfVSwitch { table, vswitch: self.vswitch() }),
            6 => {
                let mut vswitches = self.state.tables().vswitches.values();
                let using = vswitches.find_map(|row| Some((row.route_table.clone()?, row.id.clone())));
                let (table, vswitch) = using.unwrap_or_else(|| (table, self.vswitch()));
                RouteCommand::Unassociate(TableOfVSwitch { table, vswitch })
            }
            7..=10 => RouteCommand::CreateEntry(CreateRouteEntry {
                table,
                destination,
                next_hop: self.next_hop(),
                name: Name::default(),
                description: Description::default(),
            }),
            _ => {
                let mut tables = self.state.tables().route_tables.values();
                let entry = tables.find_map(|row| row.entries.values().next().map(|entry| entry.id.clone()));
                let by_place = RouteSelector::Destination(table, destination, None);
                RouteCommand::DeleteEntry(entry.map_or(by_place, RouteSelector::Id))
            }
        })
    }

    /// A secondary interface and its instance.
    pub(super) fn attachment(&self) -> Option<EniAttachment> {
        let mut enis = self.state.tables().enis.values();
        let eni = enis.find(|eni| eni.instance().is_some() && !eni.is_primary())?;
        Some(EniAttachment { eni: eni.id.clone(), instance: eni.instance()?.clone() })
    }

    pub(super) fn more_addresses(&mut self) -> MoreAddresses {
        match self.address() {
            Some(address) => MoreAddresses::These(BTreeSet::from([address])),
            None => MoreAddresses::Any(self.below(3) as u32),
        }
    }

    /// IPv6 addresses in a vSwitch, mostly.
    pub(super) fn ipv6_addresses(&mut self, vswitch: &VSwitchId) -> MoreAddresses<Ipv6Addr> {
        let ipv6 = self.state.get::<model::vpc::VSwitch>(vswitch).and_then(|row| row.ipv6);
        match ipv6 {
            Some(ipv6) if self.chance(3) => {
                let address = u128::from(ipv6.range().addr()) + u128::from(self.below(6));
                MoreAddresses::These(BTreeSet::from([address.into()]))
            }
            Some(_) => MoreAddresses::Any(self.below(3) as u32),
            None => MoreAddresses::Any((self.below(8) / 7) as u32),
        }
    }

    pub(super) fn new_eni(&mut self) -> CreateEni {
        let vswitch = self.vswitch();
        let vpc = self.vpc_of(&vswitch);
        let groups = self.groups_of(&vpc);
        CreateEni {
            address: self.address(),
            more: self.more_addresses(),
            ipv6: self.ipv6_addresses(&vswitch),
            delete_on_release: self.chance(2),
            source_dest_check: self.chance(2),
            ..CreateEni::new(vswitch, groups)
        }
    }
}
