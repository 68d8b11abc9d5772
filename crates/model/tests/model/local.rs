//! Local addresses of load balancers: those from which a zone speaks to servers that do not see their clients'.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use model::command::nlb::{CreateLoadBalancer, LocalAddresses, NewZone, UpdateLoadBalancerZones};
use model::command::{Command, Output};
use model::id::{LoadBalancerId, VipIndex};
use model::instance::Eni;
use model::net::Family;
use model::nlb::{IpVersion, LoadBalancer};
use model::plan::VipPlan;
use model::planner::plan;
use model::refusal::{AddressRefusal, BalancerRefusal, Refusal};

use crate::support::{Walkthrough, host, new_zone, zone};

fn v4(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, last)
}

fn v6(host: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfd69, 0x7374, 0, 0x202, 0, 0, 0, host)
}

/// Zone g with these local addresses, and zone k without.
fn zones(it: &Walkthrough, ipv4: &[u8], ipv6: &[u16]) -> Vec<NewZone> {
    let local = LocalAddresses {
        ipv4: ipv4.iter().map(|last| v4(*last)).collect(),
        ipv6: ipv6.iter().map(|host| v6(*host)).collect(),
    };
    vec![NewZone { local, ..new_zone("g", &it.provider_g) }, new_zone("k", &it.provider_k)]
}

fn create(it: &Walkthrough, version: IpVersion, zones: Vec<NewZone>) -> Command {
    let new = CreateLoadBalancer::new(it.provider.clone(), zones);
    Command::CreateLoadBalancer(CreateLoadBalancer { ip_version: version.into(), ..new })
}

fn created(it: &mut Walkthrough, version: IpVersion, ipv4: &[u8], ipv6: &[u16]) -> LoadBalancerId {
    let command = create(it, version, zones(it, ipv4, ipv6));
    let Output::LoadBalancer(id) = it.world.run(command) else { panic!("a load balancer") };
    id
}

fn update(id: &LoadBalancerId, zones: Vec<NewZone>) -> Command {
    Command::UpdateLoadBalancerZones(UpdateLoadBalancerZones { load_balancer: id.clone(), zones })
}

/// Zone g of the load balancer, as the data plane knows it.
fn planned(it: &Walkthrough, id: &LoadBalancerId) -> VipPlan {
    let plan = plan(&it.world.state, &host());
    plan.vips.into_values().find(|vip| vip.load_balancer == *id && vip.zone == zone("g")).unwrap()
}

fn local(it: &Walkthrough, id: &LoadBalancerId) -> (Vec<Ipv4Addr>, Vec<Ipv6Addr>) {
    let local = planned(it, id).local;
    (local.ipv4.into_keys().collect(), local.ipv6.into_iter().map(|it| it.address).collect())
}

#[test]
fn a_zone_has_those_that_were_asked_for_each_with_a_number_of_its_own() {
    let mut it = Walkthrough::new();
    let id = created(&mut it, IpVersion::Ipv4, &[50, 51, 52, 53], &[]);
    assert_eq!(local(&it, &id), ((50..=53).map(v4).collect(), vec![]));
    let vip = planned(&it, &id);
    let aliases: BTreeSet<VipIndex> = vip.local.ipv4.values().copied().collect();
    let plan = plan(&it.world.state, &host());
    assert_eq!(aliases.len(), 4);
    assert!(aliases.iter().all(|alias| !plan.vips.contains_key(alias)), "no zonal address has one of them");
    assert!(!vip.local.ipv4.contains_key(&vip.address));
    // Nobody else gets one, and the name leads to none of them.
    let refusal = it.world.refused(create(&it, IpVersion::Ipv4, zones(&it, &[53, 54], &[])));
    assert!(matches!(refusal, Refusal::Address(AddressRefusal::Taken { address, .. }) if address == v4(53)));
    let names: Vec<_> = plan.vpcs.values().flat_map(|vpc| vpc.names.clone()).collect();
    let own = names.iter().find(|(name, _)| name.starts_with(id.as_str())).unwrap();
    assert_eq!(own.1.addresses.iter().filter(|(_, at)| *at == zone("g")).count(), 1);
}

#[test]
fn the_zonal_address_is_none_of_them_even_where_they_are_next() {
    let mut it = Walkthrough::new();
    let id = created(&mut it, IpVersion::Ipv4, &[], &[]);
    let next = u8::try_from(u32::from(planned(&it, &id).address) & 255).unwrap() + 1;
    let id = created(&mut it, IpVersion::Ipv4, &[next, next + 1], &[]);
    assert_eq!(local(&it, &id).0, [v4(next), v4(next + 1)]);
    assert_eq!(planned(&it, &id).address, v4(next + 2));
}

#[test]
fn an_update_sets_them_anew_and_without_any_it_leaves_them() {
    let mut it = Walkthrough::new();
    let id = created(&mut it, IpVersion::Ipv4, &[50, 51], &[]);
    let before = planned(&it, &id);
    it.world.run(update(&id, zones(&it, &[], &[])));
    assert_eq!(planned(&it, &id), before);
    it.world.run(update(&id, zones(&it, &[51, 52, 53, 54], &[])));
    let after = planned(&it, &id);
    assert_eq!(local(&it, &id).0, (51..=54).map(v4).collect::<Vec<_>>());
    assert_eq!(after.local.ipv4[&v4(51)], before.local.ipv4[&v4(51)], "what stays keeps its number");
    assert_eq!((after.address, after.ipv6), (before.address, None));
    // The one that was taken off is free for whoever asks for it.
    created(&mut it, IpVersion::Ipv4, &[50, 60], &[]);
    // They go with the zone, and with the load balancer.
    let eni = it.world.state.get::<LoadBalancer>(&id).unwrap().zones[&zone("g")].eni.clone();
    it.world.run(Command::DeleteLoadBalancer(id));
    assert!(it.world.state.get::<Eni>(&eni).is_none());
    created(&mut it, IpVersion::Ipv4, &[53, 54], &[]);
}

#[test]
fn they_come_in_pairs_and_lie_in_the_vswitch() {
    let mut it = Walkthrough::new();
    let count =
        |family, count| -> Refusal { BalancerRefusal::LocalCount { zone: zone("g"), family, count }.into() };
    let ten: Vec<u8> = (50..60).collect();
    for wanted in [&[50][..], &[50, 51, 52], &ten] {
        let refusal = it.world.refused(create(&it, IpVersion::Ipv4, zones(&it, wanted, &[])));
        assert_eq!(refusal, count(Family::Ipv4, wanted.len()));
    }
    it.dual_stack();
    let refusal = it.world.refused(create(&it, IpVersion::DualStack, zones(&it, &[], &[5])));
    assert_eq!(refusal, count(Family::Ipv6, 1));
    let refusal = it.world.refused(create(&it, IpVersion::Ipv4, zones(&it, &[], &[5, 6])));
    assert_eq!(refusal, Refusal::Address(AddressRefusal::Ipv6WithoutDualStack(v6(5))));
    let elsewhere = it.world.refused(create(&it, IpVersion::Ipv4, zones(&it, &[50, 255], &[])));
    assert!(matches!(elsewhere, Refusal::Address(AddressRefusal::OutsideVSwitch { .. })));
    let [mut g, k] = zones(&it, &[50, 51], &[]).try_into().unwrap();
    g.address = Some(v4(50));
    let refusal = it.world.refused(create(&it, IpVersion::Ipv4, vec![g, k]));
    assert!(matches!(refusal, Refusal::Address(AddressRefusal::Taken { .. })), "the zonal one is another");
}

#[test]
fn with_dual_stack_each_family_has_its_own() {
    let mut it = Walkthrough::new();
    it.dual_stack();
    let id = created(&mut it, IpVersion::DualStack, &[], &[1, 2]);
    let before = planned(&it, &id);
    assert_eq!(local(&it, &id), (vec![], vec![v6(1), v6(2)]));
    assert!(before.ipv6.is_some_and(|zonal| ![v6(1), v6(2)].contains(&zonal.address)));
    it.world.run(update(&id, zones(&it, &[50, 51], &[2, 9])));
    assert_eq!(local(&it, &id), (vec![v4(50), v4(51)], vec![v6(2), v6(9)]));
    assert_eq!(planned(&it, &id).ipv6, before.ipv6);
    let [g, k] = zones(&it, &[], &[]).try_into().unwrap();
    let moved = NewZone { ipv6: Some(v6(2)), ..g };
    let refusal = it.world.refused(update(&id, vec![moved, k]));
    assert_eq!(
        refusal,
        BalancerRefusal::AddressFixed(zone("g")).into(),
        "a local address is not the zonal one"
    );
}
