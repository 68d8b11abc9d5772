//! In whose name a zone of a load balancer speaks to servers that do not see their clients': its zonal address, or its local
//! addresses if it has any. To servers' security groups it is the zonal one all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use model::id::VipIndex;
use model::net::{Family, services};
use model::plan::{HostPlan, VipPlan};

use crate::image::{AddressImage, LocalImage};
use crate::ipv6::both;
use crate::kernel::packed::stand_in;
use crate::reverse;

/// The zonal addresses of a zone.
pub(crate) fn zonal(vip: &VipPlan) -> LocalImage {
    LocalImage { address: vip.address, ipv6: vip.ipv6.map(|it| stand_in(it.index)) }
}

/// The local addresses of every zone that has any, by the family of servers.
pub(crate) fn of_plan(plan: &HostPlan) -> BTreeMap<(VipIndex, Family), Vec<Ipv4Addr>> {
    let of_zone = |(index, vip): (&VipIndex, &VipPlan)| {
        let index = *index;
        Family::ALL.map(|servers| ((index, servers), of_zone(vip, servers)))
    };
    plan.vips.iter().flat_map(of_zone).filter(|(_, addresses)| !addresses.is_empty()).collect()
}

fn of_zone(vip: &VipPlan, servers: Family) -> Vec<Ipv4Addr> {
    match servers {
        Family::Ipv4 => vip.local.ipv4.keys().copied().collect(),
        Family::Ipv6 => vip.local.ipv6.iter().map(|it| stand_in(it.index)).collect(),
    }
}

/// Every address from which a zone may speak, as the kernel knows them.
pub(crate) fn all(vip: &VipPlan) -> impl Iterator<Item = Ipv4Addr> + '_ {
    both(vip.address, vip.ipv6).chain(Family::ALL.into_iter().flat_map(|servers| of_zone(vip, servers)))
}

/// The aliases from which the proxy speaks to servers of a family in the name of a zone.
pub(crate) fn aliases(index: VipIndex, vip: &VipPlan, servers: Family) -> Vec<Ipv4Addr> {
    let ipv6: Vec<_> = vip.local.ipv6.iter().map(|it| services::ipv6_alias(it.index)).collect();
    let ipv4: Vec<_> = vip.local.ipv4.values().map(|it| services::vip_alias(*it)).collect();
    // Without an IPv6 address of its own it speaks to all servers as to those of IPv4.
    let local = if servers == Family::Ipv6 && vip.ipv6.is_some() { ipv6 } else { ipv4 };
    if local.is_empty() { vec![services::vip_alias(index)] } else { local }
}

/// The proxy, and the aliases of each zonal address that a listener with a proxy has: none where nothing needs it.
pub(crate) fn proxy_addresses(plan: &HostPlan) -> BTreeMap<Ipv4Addr, AddressImage> {
    let proxied = plan.listeners.values().filter(|listener| listener.is_proxied());
    let vips: BTreeSet<_> = proxied.flat_map(|listener| &listener.vips).collect();
    let known = vips.into_iter().filter_map(|index| Some((*index, plan.vips.get(index)?)));
    let aliases: BTreeMap<_, _> = known.flat_map(|(index, vip)| of_aliases(index, vip)).collect();
    let proxy = (!aliases.is_empty()).then_some((services::PROXY, AddressImage::Proxy));
    aliases.into_iter().chain(proxy).collect()
}

fn of_aliases(index: VipIndex, vip: &VipPlan) -> Vec<(Ipv4Addr, AddressImage)> {
    let image = |local| AddressImage::VipAlias { vip: index, zonal: zonal(vip), local };
    let ipv4 = vip.local.ipv4.iter().map(|(address, alias)| (services::vip_alias(*alias), Some(*address)));
    let ipv6 = vip.local.ipv6.iter().map(|it| (services::ipv6_alias(it.index), Some(stand_in(it.index))));
    let all = [(services::vip_alias(index), None)].into_iter().chain(ipv4).chain(ipv6);
    all.map(|(alias, local)| (alias, image(local))).collect()
}

/// The addresses that the proxy needs in the services namespace: servers in consumers' VPCs are not spoken to in the name of
/// the load balancer.
pub(crate) fn proxy_names(plan: &HostPlan) -> BTreeSet<Ipv4Addr> {
    proxy_addresses(plan).into_keys().chain(reverse::aliases(plan)).collect()
}

#[cfg(test)]
mod tests {
    use model::id::Ipv6Index;
    use model::net::Transport;
    use model::nlb::ProxyProtocol;
    use model::plan::{Ipv6Plan, LocalPlan};

    use super::*;
    use crate::compile::tests::plan;

    const VIP: VipIndex = VipIndex(1);

    /// Zone 1 with two local addresses of each family, for a listener with the proxy.
    fn zone(dual_stack: bool) -> HostPlan {
        let mut plan = plan();
        let vip = plan.vips.get_mut(&VIP).unwrap();
        let ipv6 =
            |index| Ipv6Plan { index: Ipv6Index(index), address: format!("fd00::{index}").parse().unwrap() };
        vip.ipv6 = dual_stack.then(|| ipv6(5));
        vip.local = LocalPlan {
            ipv4: [([10, 0, 0, 111].into(), VipIndex(8)), ([10, 0, 0, 112].into(), VipIndex(9))].into(),
            ipv6: if dual_stack { vec![ipv6(6), ipv6(7)] } else { vec![] },
        };
        plan.listeners.values_mut().for_each(|it| {
            (it.protocol, it.proxy_protocol) = (Transport::Udp, Some(ProxyProtocol::default()));
        });
        plan
    }

    fn addresses(of: Vec<Ipv4Addr>) -> Vec<String> {
        of.into_iter().map(|it| it.to_string()).collect()
    }

    #[test]
    fn servers_of_a_family_are_spoken_to_from_local_addresses_of_it() {
        let plan = zone(true);
        let all = of_plan(&plan);
        assert_eq!(all.keys().map(|(vip, _)| *vip).collect::<BTreeSet<_>>(), [VIP].into());
        assert_eq!(addresses(all[&(VIP, Family::Ipv4)].clone()), ["10.0.0.111", "10.0.0.112"]);
        assert_eq!(addresses(all[&(VIP, Family::Ipv6)].clone()), ["240.0.0.6", "240.0.0.7"]);
        let aliases = |servers| addresses(aliases(VIP, &plan.vips[&VIP], servers));
        assert_eq!(aliases(Family::Ipv4), ["100.112.0.8", "100.112.0.9"]);
        assert_eq!(aliases(Family::Ipv6), ["100.104.0.6", "100.104.0.7"]);
    }

    #[test]
    fn a_zone_without_any_speaks_from_its_zonal_address_and_one_without_ipv6_from_those_of_ipv4() {
        let other = &plan().vips[&VipIndex(2)];
        for servers in Family::ALL {
            assert_eq!(addresses(aliases(VipIndex(2), other, servers)), ["100.112.0.2"]);
        }
        let vip = &zone(false).vips[&VIP];
        assert_eq!(aliases(VIP, vip, Family::Ipv6), aliases(VIP, vip, Family::Ipv4));
    }

    #[test]
    fn the_proxy_has_an_alias_for_each_address_and_servers_policies_see_the_zonal_one() {
        let plan = zone(true);
        let zonal = zonal(&plan.vips[&VIP]);
        let all = proxy_addresses(&plan);
        let stands_for = |alias: &str| all[&alias.parse().unwrap()].clone();
        for (alias, local) in [
            ("100.112.0.1", None),
            ("100.112.0.8", Some([10, 0, 0, 111].into())),
            ("100.104.0.7", Some([240, 0, 0, 7].into())),
        ] {
            assert_eq!(stands_for(alias), AddressImage::VipAlias { vip: VIP, zonal, local });
        }
        assert_eq!(all.len(), 7, "five of zone 1, one of zone 2, and the proxy");
        assert_eq!(proxy_names(&plan).len(), 7);
    }
}
