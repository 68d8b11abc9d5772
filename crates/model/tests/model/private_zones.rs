//! Private zones: records, bindings, and what each refusal is for.

use std::collections::{BTreeMap, BTreeSet};

use model::command::Command;
use model::command::private_zone::{CreatePrivateZone, NewRecord, PrivateZoneCommand as C};
use model::command::vpc::VpcCommand;
use model::id::{PrivateZoneId, VpcId};
use model::meta::Labels;
use model::planner::plan;
use model::private_zone::{PrivateZone, ProxyPattern, RecordData, RecordNumber};
use model::quota::Quota;
use model::refusal::{PrivateZoneRefusal, Refusal};
use model::tables::Key;

use crate::support::{OTHER, World, host};

struct It {
    world: World,
    vpc: VpcId,
    zone: PrivateZoneId,
}

fn run(it: &mut World, command: C) {
    it.run(Command::PrivateZone(command));
}

fn made(it: &mut World, domain: &str) -> PrivateZoneId {
    let known: BTreeSet<_> = it.state.tables().private_zones.keys().cloned().collect();
    let labels = Labels::default();
    let proxy = ProxyPattern::Zone;
    run(it, C::Create(CreatePrivateZone { labels, domain: domain.parse().unwrap(), proxy }));
    let mut zones = it.state.tables().private_zones.keys();
    zones.find(|id| !known.contains(*id)).unwrap().clone()
}

fn record(host: &str, data: RecordData) -> NewRecord {
    NewRecord { host: host.parse().unwrap(), data, ttl: 60, remark: None }
}

fn address(last: u8) -> RecordData {
    RecordData::A([10, 0, 0, last].into())
}

fn alias(name: &str) -> RecordData {
    RecordData::Cname(name.parse().unwrap())
}

impl It {
    fn new() -> Self {
        let mut world = World::new();
        let vpc = world.vpc("10.0.0.0/16");
        let zone = made(&mut world, "Shop.test");
        Self { world, vpc, zone }
    }

    fn add(&mut self, host: &str, data: RecordData) -> RecordNumber {
        let known: BTreeSet<_> = self.row().records.into_keys().collect();
        run(&mut self.world, C::AddRecord(self.zone.clone(), record(host, data)));
        *self.row().records.keys().find(|number| !known.contains(number)).unwrap()
    }

    fn row(&self) -> PrivateZone {
        self.world.state.get::<PrivateZone>(&self.zone).unwrap().as_ref().clone()
    }

    fn bind(&mut self, vpcs: &[&VpcId]) {
        let vpcs = vpcs.iter().map(|vpc| (*vpc).clone()).collect();
        run(&mut self.world, C::Bind(self.zone.clone(), vpcs));
    }

    fn refused(&mut self, command: C) -> Refusal {
        self.world.refused(Command::PrivateZone(command))
    }

    /// Names and what is planned for them, VPC by VPC.
    fn planned(&self) -> Vec<BTreeMap<String, Vec<(RecordData, u32)>>> {
        let plan = plan(&self.world.state, &host());
        let zones = plan.vpcs.into_values().flat_map(|vpc| vpc.zones.into_values());
        zones.map(|zone| zone.records).collect()
    }
}

#[test]
fn records_are_planned_for_the_vpcs_that_the_zone_is_bound_to() {
    let mut it = It::new();
    let first = it.add("www", address(1));
    let second = it.add("www", address(2));
    it.add("@", RecordData::Txt("hello".into()));
    assert_eq!(it.planned(), []);
    let vpc = it.vpc.clone();
    it.bind(&[&vpc]);
    let planned = it.planned();
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0]["www.shop.test"].len(), 2);
    assert_eq!(planned[0]["shop.test"], [(RecordData::Txt("hello".into()), 60)]);

    run(&mut it.world, C::SwitchRecord(first, false));
    assert_eq!(it.planned()[0]["www.shop.test"], [(address(2), 60)]);
    run(&mut it.world, C::UpdateRecord(second, NewRecord { ttl: 5, ..record("api", address(3)) }));
    assert_eq!(it.planned()[0]["api.shop.test"], [(address(3), 5)]);
    run(&mut it.world, C::DeleteRecord(second));
    assert_eq!(it.planned()[0].len(), 1);
    it.bind(&[]);
    assert_eq!(it.planned(), []);
    let (zone, proxy) = (it.zone.clone(), ProxyPattern::Record);
    run(&mut it.world, C::SetProxy(zone.clone(), proxy));
    run(&mut it.world, C::Remark(zone.clone(), "ours".into()));
    assert_eq!((it.row().proxy, it.row().remark), (proxy, "ours".to_owned()));
    run(&mut it.world, C::Delete(zone.clone()));
    assert!(it.world.state.get::<PrivateZone>(&zone).is_none());
}

#[test]
fn records_that_cannot_stand_beside_others_are_refused() {
    let mut it = It::new();
    let zone = it.zone.clone();
    let first = it.add("www", address(1));
    let same = it.refused(C::AddRecord(zone.clone(), record("WWW", address(1))));
    assert_eq!(same, PrivateZoneRefusal::RecordExists(first).into());
    let other_name = it.refused(C::AddRecord(zone.clone(), record("www", alias("a.test"))));
    assert_eq!(other_name, PrivateZoneRefusal::CnameConflict(first).into());
    let second = it.add("alias", alias("www.shop.test"));
    let more = it.refused(C::UpdateRecord(first, record("alias", address(1))));
    assert_eq!(more, PrivateZoneRefusal::CnameConflict(second).into());
    run(&mut it.world, C::UpdateRecord(second, record("alias", alias("api.shop.test"))));
    let long = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "a".repeat(60));
    let long = it.refused(C::AddRecord(zone, record(&long, address(1))));
    assert_eq!(long, Refusal::PrivateZone(PrivateZoneRefusal::NameTooLong));
}

#[test]
fn a_record_of_another_account_is_an_unknown_one() {
    let mut it = It::new();
    let mine = it.add("www", address(1));
    let unknown = RecordNumber(7);
    let refused = it.refused(C::DeleteRecord(unknown));
    assert_eq!(refused, PrivateZoneRefusal::RecordNotFound(unknown).into());
    it.world.account = OTHER;
    for command in
        [C::DeleteRecord(mine), C::SwitchRecord(mine, false), C::UpdateRecord(mine, record("a", address(2)))]
    {
        assert_eq!(it.refused(command), PrivateZoneRefusal::RecordNotFound(mine).into());
    }
    let zone = it.zone.clone();
    assert_eq!(it.refused(C::Delete(zone.clone())), Refusal::NotFound(Key::PrivateZone(zone)));
}

#[test]
fn bindings_are_of_own_vpcs_and_one_zone_for_a_domain() {
    let mut it = It::new();
    let (zone, vpc) = (it.zone.clone(), it.vpc.clone());
    it.bind(&[&vpc]);
    assert_eq!(it.refused(C::Delete(zone.clone())), PrivateZoneRefusal::Bound(vpc.clone()).into());
    let twin = made(&mut it.world, "shop.test");
    let taken = it.refused(C::Bind(twin, [vpc.clone()].into()));
    let domain = "shop.test".parse().unwrap();
    assert_eq!(
        taken,
        PrivateZoneRefusal::DomainTaken { vpc: vpc.clone(), zone: zone.clone(), domain }.into()
    );
    let below = made(&mut it.world, "below.shop.test");
    run(&mut it.world, C::Bind(below, [vpc].into()));
    let gone: VpcId = "vpc-bp1gone".parse().unwrap();
    let refused = it.refused(C::Bind(zone, [gone.clone()].into()));
    assert_eq!(refused, Refusal::NotFound(Key::Vpc(gone)));
}

#[test]
fn a_vpc_with_a_zone_is_not_deleted() {
    let mut it = It::new();
    let vpc = it.vpc.clone();
    it.bind(&[&vpc]);
    let refused = it.world.refused(Command::Vpc(VpcCommand::DeleteVpc(vpc.clone())));
    let by = Key::PrivateZone(it.zone.clone());
    assert_eq!(refused, Refusal::InUse { what: Key::Vpc(vpc), by });
}

#[test]
fn names_that_are_none_are_refused() {
    use model::private_zone::{DnsName, HostPart};
    for wrong in ["", ".", "a..b", "-a.test", "a-.test", "a b", "*.test", &"a".repeat(64)] {
        assert!(wrong.parse::<DnsName>().is_err(), "{wrong}");
    }
    for right in ["@", "*", "*.a", "_sip._tcp", "a.b"] {
        assert!(right.parse::<HostPart>().is_ok(), "{right}");
    }
    assert_eq!("Shop.Test.".parse::<DnsName>().unwrap().as_str(), "shop.test");
    assert!(Quota::RecordsAZone.usual() >= 1000);
}
