//! What a header of the PROXY protocol says after the addresses: the cloud's own values, each behind its type, its length and its
//! subject (proxy-protocol.txt, section 2.2.7). Pure.

use std::collections::{BTreeMap, BTreeSet};

use model::id::{EndpointId, EndpointIndex, EndpointServiceId, ListenerIndex, VipIndex, VpcId};
use model::nlb::ProxyProtocol;
use model::plan::{EndpointPlan, HostPlan, ListenerPlan};

/// Type of the cloud's own values.
const CLOUD: u8 = 0xe1;

/// What a value of the cloud's own tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// The client's VPC.
    Vpc = 1,
    /// The endpoint that the connection came through.
    Endpoint = 2,
    /// The service of that endpoint.
    Service = 3,
}

/// The values that are wanted: of a client in this VPC, who has come through this endpoint of this service.
pub(crate) fn values(
    wanted: ProxyProtocol,
    vpc: &VpcId,
    through: Option<(&EndpointId, &EndpointServiceId)>,
) -> Vec<u8> {
    let endpoint = through.filter(|_| wanted.endpoint).map(|(endpoint, _)| endpoint.as_str());
    let service = through.filter(|_| wanted.service).map(|(_, service)| service.as_str());
    let told = [
        (Subject::Vpc, wanted.vpc.then(|| vpc.as_str())),
        (Subject::Endpoint, endpoint),
        (Subject::Service, service),
    ];
    told.into_iter().filter_map(|(subject, id)| Some(value(subject, id?))).flatten().collect()
}

fn value(subject: Subject, id: &str) -> Vec<u8> {
    // No id is nearly as long.
    let length = u16::try_from(id.len() + 1).unwrap_or(u16::MAX);
    [&[CLOUD], &length.to_be_bytes()[..], &[subject as u8], id.as_bytes()].concat()
}

/// The values of every listener whose header the kernel writes: for clients that come through an endpoint to one of its zonal
/// addresses, and for those that come through none.
pub(crate) fn of_plan(plan: &HostPlan) -> BTreeMap<(ListenerIndex, Option<EndpointIndex>), Vec<u8>> {
    let told = plan.listeners.iter().filter_map(|(index, it)| Some((*index, it, it.kernel_header()?)));
    let told: Vec<_> = told.collect();
    let doors = if told.is_empty() { BTreeMap::new() } else { doors(plan) };
    told.into_iter().flat_map(|(index, it, wanted)| of_listener(plan, &doors, (index, it), wanted)).collect()
}

/// The endpoints that lead to each zonal address, or did so for connections that go on.
fn doors(plan: &HostPlan) -> BTreeMap<VipIndex, BTreeSet<EndpointIndex>> {
    let mut doors: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (index, endpoint) in &plan.endpoints {
        for vip in endpoint.zones.iter().flat_map(|zone| [zone.vip, zone.replaced]).flatten() {
            doors.entry(vip).or_default().insert(*index);
        }
    }
    doors
}

fn of_listener(
    plan: &HostPlan,
    doors: &BTreeMap<VipIndex, BTreeSet<EndpointIndex>>,
    (index, listener): (ListenerIndex, &ListenerPlan),
    wanted: ProxyProtocol,
) -> BTreeMap<(ListenerIndex, Option<EndpointIndex>), Vec<u8>> {
    let own = provider(plan, listener).map(|vpc| ((index, None), values(wanted, vpc, None)));
    let endpoints = listener.vips.iter().filter_map(|vip| doors.get(vip)).flatten();
    let through = endpoints.filter_map(|endpoint| {
        let EndpointPlan { id, service, network, .. } = plan.endpoints.get(endpoint)?;
        let vpc = &plan.vpcs.get(network)?.id;
        Some(((index, Some(*endpoint)), values(wanted, vpc, Some((id, service)))))
    });
    own.into_iter().chain(through).collect()
}

/// The VPC of a listener; `None` = it listens nowhere.
pub(crate) fn provider<'a>(plan: &'a HostPlan, listener: &ListenerPlan) -> Option<&'a VpcId> {
    let network = plan.vips.get(listener.vips.first()?)?.network;
    Some(&plan.vpcs.get(&network)?.id)
}

#[cfg(test)]
pub(crate) mod tests {
    use model::account::Secret;
    use model::entropy::Entropy;
    use model::id::{Network, PortIndex};
    use model::net::Transport;
    use model::plan::{CertificatePlan, TlsPlan};
    use tables::Header;

    use super::*;
    use crate::compile::tests::plan;
    use crate::compile::{Health, Interfaces, compile};
    use crate::image::ListenerImage;
    use crate::leaving::Past;

    const ALL: ProxyProtocol = ProxyProtocol { enabled: true, vpc: true, endpoint: true, service: true };
    const LISTENER: ListenerIndex = ListenerIndex(1);
    const ENDPOINT: EndpointIndex = EndpointIndex(1);

    pub(crate) fn tls() -> TlsPlan {
        let id = "7-cn-hangzhou".parse().unwrap();
        TlsPlan {
            certificate: CertificatePlan { id, names: vec![], chain: String::new(), key: Secret::new("") },
            additional: vec![],
            client_authority: None,
            versions: vec![],
            ciphers: vec![],
            alpn: None,
        }
    }

    /// A listener that tells this, in zone 2 reached through an endpoint from another VPC.
    fn told(wanted: ProxyProtocol) -> HostPlan {
        let mut plan = plan();
        plan.listeners.get_mut(&LISTENER).unwrap().proxy_protocol = Some(wanted);
        let mut consumer = plan.vpcs[&Network(1)].clone();
        consumer.id = "vpc-consumer".parse().unwrap();
        plan.vpcs.insert(Network(7), consumer);
        let endpoint = plan.endpoints.get_mut(&ENDPOINT).unwrap();
        endpoint.network = Network(7);
        endpoint.zones[0].vip = Some(VipIndex(2));
        plan
    }

    #[test]
    fn clients_of_an_endpoint_are_told_by_their_own_vpc_and_what_they_came_through() {
        let all = of_plan(&told(ALL));
        assert_eq!(all.len(), 2);
        assert_eq!(all[&(LISTENER, None)], b"\xe1\x00\x06\x01vpc-a");
        let through = b"\xe1\x00\x0d\x01vpc-consumer\xe1\x00\x05\x02ep-a\xe1\x00\x08\x03epsrv-1";
        assert_eq!(all[&(LISTENER, Some(ENDPOINT))], through);
    }

    #[test]
    fn only_what_is_wanted_is_told_and_who_wants_nothing_has_an_entry_all_the_same() {
        let nothing = ProxyProtocol { vpc: false, endpoint: false, service: false, ..ALL };
        let both = |wanted| {
            let all = of_plan(&told(wanted));
            [None, Some(ENDPOINT)]
                .map(|endpoint| String::from_utf8_lossy(&all[&(LISTENER, endpoint)]).into_owned())
        };
        assert_eq!(both(nothing), ["", ""]);
        assert_eq!(both(ProxyProtocol { endpoint: true, ..nothing }), ["", "\u{fffd}\0\x05\x02ep-a"]);
        assert_eq!(both(ProxyProtocol { service: true, ..nothing }), ["", "\u{fffd}\0\x08\x03epsrv-1"]);
    }

    #[test]
    fn an_endpoint_is_told_for_as_long_as_a_zone_leads_or_has_led_to_the_listener() {
        let mut plan = told(ALL);
        let zone = |plan: &mut HostPlan, vip, replaced| {
            let zone = &mut plan.endpoints.get_mut(&ENDPOINT).unwrap().zones[0];
            (zone.vip, zone.replaced) = (vip, replaced);
        };
        zone(&mut plan, Some(VipIndex(5)), Some(VipIndex(2)));
        assert!(of_plan(&plan).contains_key(&(LISTENER, Some(ENDPOINT))));
        zone(&mut plan, Some(VipIndex(5)), None);
        assert!(!of_plan(&plan).contains_key(&(LISTENER, Some(ENDPOINT))));
    }

    #[test]
    fn what_ends_at_the_proxy_gets_no_header_from_the_kernel() {
        let mut plan = told(ALL);
        plan.listeners.get_mut(&LISTENER).unwrap().protocol = Transport::Udp;
        assert_eq!(of_plan(&plan), BTreeMap::new());
        let mut plan = told(ALL);
        plan.listeners.get_mut(&LISTENER).unwrap().tls = Some(tls());
        assert_eq!(of_plan(&plan), BTreeMap::new());
        assert_eq!(of_plan(&self::plan()), BTreeMap::new(), "it tells nobody anything");
    }

    #[test]
    fn servers_that_are_told_their_clients_see_the_load_balancer() {
        let compiled = |plan: &HostPlan| {
            let interfaces =
                Interfaces { ports: [(PortIndex(1), 11), (PortIndex(2), 12)].into(), services: 3 };
            compile(plan, &Health::new(), &Past::default(), &interfaces).listeners.into_values()
        };
        let seen = |it: ListenerImage| (it.header, it.preserve_client, it.proxied);
        assert!(compiled(&self::plan()).map(seen).all(|seen| seen == (false, true, false)));
        assert!(compiled(&told(ALL)).map(seen).all(|seen| seen == (true, false, false)));
        let mut plan = told(ALL);
        plan.listeners.get_mut(&LISTENER).unwrap().tls = Some(tls());
        assert!(compiled(&plan).map(seen).all(|(header, _, proxied)| !header && proxied));
    }

    #[test]
    fn ids_of_the_system_fit_into_a_header_of_the_kernel() {
        let mut entropy = Entropy::new(7);
        let through = (EndpointId::generate(&mut entropy), EndpointServiceId::generate(&mut entropy));
        let longest = values(ALL, &VpcId::generate(&mut entropy), Some((&through.0, &through.1)));
        assert!(longest.len() <= Header::MOST as usize, "{} bytes", longest.len());
    }
}
