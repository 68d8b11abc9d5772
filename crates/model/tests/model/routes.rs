//! Route tables: what leads where, what is refused, and what hosts are told.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use model::command::eni::{CreateEni, EniAttachment, EniCommand, ModifyEni};
use model::command::instance::DeleteInstances;
use model::command::route::{
    CreateRouteEntry, CreateRouteTable, RouteCommand, RouteSelector, TableOfVSwitch,
};
use model::command::vpc::{CreateVSwitch, VpcCommand};
use model::command::{Command, Output};
use model::id::{InstanceId, RouteEntryId, RouteTableId, VSwitchId, VpcId};
use model::instance::{Eni, Instance};
use model::meta::{Description, Labels, Name};
use model::plan::{HostPlan, PortPlan};
use model::planner::plan;
use model::quota::Quota;
use model::refusal::{EniRefusal, Refusal, VpcRefusal};
use model::route::NextHop;
use model::tables::Key;
use model::vpc::{VSwitchCidr, Vpc};

use crate::support::{Walkthrough, World, host, zone};

/// A VPC with two vSwitches, a client in one and a router in the other.
struct Place {
    world: World,
    vpc: VpcId,
    client_vswitch: VSwitchId,
    router_vswitch: VSwitchId,
    client: InstanceId,
    router: InstanceId,
}

impl Place {
    fn new() -> Self {
        let mut world = World::new();
        let vpc = world.vpc("10.0.0.0/16");
        let client_vswitch = world.vswitch(&vpc, "g", "10.0.1.0/24");
        let router_vswitch = world.vswitch(&vpc, "g", "10.0.2.0/24");
        let client = world.instance(&client_vswitch, &[]);
        let router = world.instance(&router_vswitch, &[]);
        Self { world, vpc, client_vswitch, router_vswitch, client, router }
    }

    fn system(&self) -> RouteTableId {
        self.world.state.get::<Vpc>(&self.vpc).unwrap().route_table.clone()
    }

    fn route(&mut self, command: RouteCommand) -> Output {
        self.world.run(Command::Route(command))
    }

    fn refused(&mut self, command: RouteCommand) -> VpcRefusal {
        match self.world.refused(Command::Route(command)) {
            Refusal::Vpc(refusal) => refusal,
            other => panic!("{other}"),
        }
    }

    fn table(&mut self) -> RouteTableId {
        match self.route(RouteCommand::CreateTable(new_table(&self.vpc.clone()))) {
            Output::RouteTable(id) => id,
            other => panic!("{other:?}"),
        }
    }

    fn entry(&mut self, table: &RouteTableId, to: &str) -> RouteEntryId {
        let router = NextHop::Instance(self.router.clone());
        match self.route(RouteCommand::CreateEntry(entry(table, to, router))) {
            Output::RouteEntry(id) => id,
            other => panic!("{other:?}"),
        }
    }

    fn plan(&self) -> HostPlan {
        plan(&self.world.state, &host())
    }

    fn port(&self, instance: &InstanceId) -> PortPlan {
        let plan = self.plan();
        let port = plan.ports.values().find(|port| port.instance == *instance && port.device == 0);
        port.unwrap().clone()
    }

    fn eni_of(&self, instance: &InstanceId) -> Eni {
        let id = &self.world.state.get::<Instance>(instance).unwrap().eni;
        self.world.state.get::<Eni>(id).unwrap().as_ref().clone()
    }

    /// What the client's route table says about a range.
    fn via(&self, range: &str) -> Option<Option<Ipv4Addr>> {
        let table = self.port(&self.client).table?;
        let range: Ipv4Net = range.parse().unwrap();
        let plan = self.plan();
        let routes = plan.vpcs.values().find_map(|vpc| vpc.tables.get(&table))?;
        routes.iter().find(|route| route.range == range).map(|route| route.via)
    }
}

fn new_table(vpc: &VpcId) -> CreateRouteTable {
    CreateRouteTable { labels: Labels::default(), vpc: vpc.clone() }
}

fn entry(table: &RouteTableId, to: &str, next_hop: NextHop) -> CreateRouteEntry {
    CreateRouteEntry {
        table: table.clone(),
        destination: to.parse().unwrap(),
        next_hop,
        name: Name::default(),
        description: Description::default(),
    }
}

fn of(table: &RouteTableId, vswitch: &VSwitchId) -> TableOfVSwitch {
    TableOfVSwitch { table: table.clone(), vswitch: vswitch.clone() }
}

#[test]
fn a_route_of_the_system_s_table_holds_for_every_vswitch() {
    let mut it = Place::new();
    assert_eq!(it.port(&it.client).table, None, "nothing leads anywhere");
    let table = it.system();
    let id = it.entry(&table, "0.0.0.0/0");
    let router = it.eni_of(&it.router.clone()).address;
    assert_eq!(it.via("0.0.0.0/0"), Some(Some(router)));
    assert_eq!(it.via("10.0.1.0/24"), Some(None), "vSwitches come first");
    assert_eq!(it.via("100.64.0.0/10"), Some(None), "and so do the cloud's services");
    assert_eq!(it.port(&it.client).table, it.port(&it.router).table);
    it.route(RouteCommand::DeleteEntry(RouteSelector::Id(id)));
    assert_eq!(it.port(&it.client).table, None);
}

#[test]
fn a_vswitch_with_a_table_of_its_own_follows_that() {
    let mut it = Place::new();
    let table = it.table();
    it.entry(&table, "192.168.0.0/16");
    assert_eq!(it.via("192.168.0.0/16"), None);
    let association = of(&table, &it.client_vswitch.clone());
    it.route(RouteCommand::Associate(association.clone()));
    assert!(matches!(it.via("192.168.0.0/16"), Some(Some(_))));
    assert_eq!(it.port(&it.router.clone()).table, None);
    assert!(matches!(
        it.refused(RouteCommand::Associate(association.clone())),
        VpcRefusal::TableAssociated { .. }
    ));
    let (what, by) = (Key::VSwitch(it.client_vswitch.clone()), Key::RouteTable(table.clone()));
    let delete = Command::Vpc(VpcCommand::DeleteVSwitch(it.client_vswitch.clone()));
    assert_eq!(it.world.refused(delete), Refusal::InUse { what, by });
    it.route(RouteCommand::Unassociate(association.clone()));
    assert_eq!(it.via("192.168.0.0/16"), None);
    let refusal = it.refused(RouteCommand::Unassociate(association));
    assert!(matches!(refusal, VpcRefusal::TableNotAssociated { .. }));
}

#[test]
fn a_next_hop_may_send_from_where_its_routes_lead_but_not_from_vswitches() {
    let mut it = Place::new();
    let table = it.table();
    it.entry(&table, "10.0.0.0/8");
    let sources = |it: &Place, instance: &InstanceId| {
        let port = it.port(instance);
        port.sources.iter().map(|source| (source.range.to_string(), source.allowed)).collect::<Vec<_>>()
    };
    let expected =
        [("10.0.1.0/24", false), ("10.0.2.0/24", false), ("100.64.0.0/10", false), ("10.0.0.0/8", true)];
    let expected = expected.map(|(range, allowed)| (range.to_owned(), allowed));
    let (router, client) = (it.router.clone(), it.client.clone());
    assert_eq!(BTreeSet::from_iter(sources(&it, &router)), expected.into());
    assert_eq!(sources(&it, &client), []);
    let free = ModifyEni { source_dest_check: Some(false), ..ModifyEni::new(it.eni_of(&client).id) };
    it.world.run(Command::Eni(EniCommand::Modify(free)));
    assert_eq!(sources(&it, &client), [("0.0.0.0/0".to_owned(), true)]);
}

#[test]
fn a_route_to_an_interface_leads_nowhere_while_that_is_attached_to_nothing() {
    let mut it = Place::new();
    let groups = it.eni_of(&it.router.clone()).security_groups;
    let new = CreateEni::new(it.router_vswitch.clone(), groups);
    let Output::Eni(eni) = it.world.run(Command::Eni(EniCommand::Create(new))) else { panic!() };
    let table = it.system();
    it.route(RouteCommand::CreateEntry(entry(&table, "192.168.0.0/16", NextHop::Eni(eni.clone()))));
    assert_eq!(it.via("192.168.0.0/16"), Some(None));
    let attachment = EniAttachment { eni: eni.clone(), instance: it.router.clone() };
    it.world.run(Command::Eni(EniCommand::Attach(attachment.clone())));
    assert!(matches!(it.via("192.168.0.0/16"), Some(Some(_))));
    it.world.run(Command::Eni(EniCommand::Detach(attachment)));
    let refusal = it.world.refused(Command::Eni(EniCommand::Delete(eni.clone())));
    assert_eq!(refusal, Refusal::Eni(EniRefusal::NextHop { eni, table }));
}

#[test]
fn what_a_route_leads_to_stays() {
    let mut it = Place::new();
    let table = it.system();
    it.entry(&table, "192.168.0.0/16");
    let instances = vec![it.router.clone()];
    let delete = Command::DeleteInstances(DeleteInstances { instances, force: true });
    let (what, by) = (Key::Instance(it.router.clone()), Key::RouteTable(table));
    assert_eq!(it.world.refused(delete), Refusal::InUse { what, by });
}

#[test]
fn destinations_that_cannot_be() {
    let mut it = Place::new();
    let table = it.system();
    it.entry(&table, "192.168.0.0/16");
    let router = NextHop::Instance(it.router.clone());
    let to = |it: &mut Place, to: &str| {
        it.refused(RouteCommand::CreateEntry(entry(&table.clone(), to, router.clone())))
    };
    assert!(matches!(to(&mut it, "192.168.0.0/16"), VpcRefusal::RouteExists(_)));
    for reserved in ["100.64.0.0/10", "100.100.2.136/32", "127.0.0.0/8", "169.254.1.0/24", "240.0.0.0/4"] {
        assert!(matches!(to(&mut it, reserved), VpcRefusal::Destination(_)), "{reserved}");
    }
    assert!(matches!(to(&mut it, "192.168.1.1/16"), VpcRefusal::Destination(_)));
    for within in ["10.0.1.0/24", "10.0.1.128/25"] {
        assert!(matches!(to(&mut it, within), VpcRefusal::RouteInVSwitch { .. }), "{within}");
    }
    it.entry(&table, "10.0.9.0/24");
    let vswitch = CreateVSwitch {
        labels: Labels::default(),
        vpc: it.vpc.clone(),
        zone: zone("g"),
        cidr: VSwitchCidr::new("10.0.8.0/21".parse().unwrap()).unwrap(),
        ipv6: None,
    };
    let refusal = it.world.refused(Command::Vpc(VpcCommand::CreateVSwitch(vswitch)));
    assert!(matches!(refusal, Refusal::Vpc(VpcRefusal::VSwitchOverRoute { .. })));
}

#[test]
fn next_hops_that_cannot_be() {
    let mut it = Place::new();
    let table = it.system();
    let to = |it: &mut Place, next_hop| {
        it.refused(RouteCommand::CreateEntry(entry(&table, "192.168.0.0/16", next_hop)))
    };
    let unknown: InstanceId = "i-none".parse().unwrap();
    let refusal = to(&mut it, NextHop::Instance(unknown.clone()));
    assert_eq!(refusal, VpcRefusal::NextHopNotFound(Key::Instance(unknown)));
    let other = it.world.vpc("10.0.0.0/16");
    let other = it.world.vswitch(&other, "g", "10.0.1.0/24");
    let stranger = it.world.instance(&other, &[]);
    assert!(matches!(to(&mut it, NextHop::Instance(stranger)), VpcRefusal::NextHopElsewhere(_)));
    let mut it = Walkthrough::new();
    let table = it.world.state.get::<Vpc>(&it.provider).unwrap().route_table.clone();
    let mut enis = it.world.state.enis_of_vpc(&it.provider);
    let managed = enis.find(|eni| eni.is_managed()).unwrap().id.clone();
    drop(enis);
    let to =
        Command::Route(RouteCommand::CreateEntry(entry(&table, "192.168.0.0/16", NextHop::Eni(managed))));
    assert!(matches!(it.world.refused(to), Refusal::Vpc(VpcRefusal::NextHopManaged(_))));
}

#[test]
fn tables_are_deleted_when_nobody_needs_them() {
    let mut it = Place::new();
    let (system, table) = (it.system(), it.table());
    let id = it.entry(&table, "192.168.0.0/16");
    let (client, router) = (it.client_vswitch.clone(), it.router_vswitch.clone());
    assert_eq!(
        it.refused(RouteCommand::DeleteTable(system.clone())),
        VpcRefusal::SystemTable(system.clone())
    );
    let refusal = it.refused(RouteCommand::Associate(of(&system, &client)));
    assert_eq!(refusal, VpcRefusal::SystemTableAssociated(system.clone()));
    let refusal = it.refused(RouteCommand::Unassociate(of(&system, &client)));
    assert_eq!(refusal, VpcRefusal::SystemTableUnassociated(system));
    it.route(RouteCommand::Associate(of(&table, &router)));
    assert_eq!(
        it.refused(RouteCommand::DeleteTable(table.clone())),
        VpcRefusal::TableHasEntries(table.clone())
    );
    let wrong =
        RouteSelector::Destination(table.clone(), "192.168.0.0/16".parse().unwrap(), Some("i-a".into()));
    assert_eq!(it.refused(RouteCommand::DeleteEntry(wrong)), VpcRefusal::RouteNotFound);
    it.route(RouteCommand::DeleteEntry(RouteSelector::Id(id.clone())));
    assert_eq!(it.refused(RouteCommand::DeleteEntry(RouteSelector::Id(id))), VpcRefusal::RouteNotFound);
    let refusal = it.world.refused(Command::Route(RouteCommand::DeleteTable(table.clone())));
    assert!(matches!(refusal, Refusal::InUse { by: Key::VSwitch(_), .. }));
    it.route(RouteCommand::Unassociate(of(&table, &router)));
    it.route(RouteCommand::DeleteTable(table));
    let elsewhere = it.world.vpc("10.0.0.0/16");
    let elsewhere = it.world.vswitch(&elsewhere, "g", "10.0.1.0/24");
    let table = it.table();
    let refusal = it.world.refused(Command::Route(RouteCommand::Associate(of(&table, &elsewhere))));
    assert!(matches!(refusal, Refusal::VpcMismatch { .. }));
}

#[test]
fn a_vpc_with_a_table_of_a_user_stays_and_takes_the_system_s_with_it() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let system = world.state.get::<Vpc>(&vpc).unwrap().route_table.clone();
    let Output::RouteTable(table) = world.run(Command::Route(RouteCommand::CreateTable(new_table(&vpc))))
    else {
        panic!()
    };
    let (what, by) = (Key::Vpc(vpc.clone()), Key::RouteTable(table.clone()));
    let delete = Command::Vpc(VpcCommand::DeleteVpc(vpc.clone()));
    assert_eq!(world.refused(delete.clone()), Refusal::InUse { what, by });
    world.run(Command::Route(RouteCommand::DeleteTable(table)));
    for _ in 1..Quota::RouteTablesAVpc.usual() {
        world.run(Command::Route(RouteCommand::CreateTable(new_table(&vpc))));
    }
    let many = world.refused(Command::Route(RouteCommand::CreateTable(new_table(&vpc))));
    assert_eq!(many, Refusal::QuotaExceeded { quota: Quota::RouteTablesAVpc, limit: 10 });
    let tables: Vec<_> = world.state.route_tables_of(&vpc).filter(|table| !table.system).cloned().collect();
    for table in tables {
        world.run(Command::Route(RouteCommand::DeleteTable(table.id.clone())));
    }
    world.run(delete);
    assert!(world.state.get::<model::route::RouteTable>(&system).is_none());
}
