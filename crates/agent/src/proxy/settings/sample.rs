//! The settings that tests begin with: one listener with one zonal address.

use super::*;

/// The listener.
pub(in crate::proxy) const LISTENER: ListenerIndex = ListenerIndex(1);
/// Its zonal address, 10.0.1.200.
pub(in crate::proxy) const VIP: VipIndex = VipIndex(9);

/// A listener that has no servers and changes no bytes.
pub(in crate::proxy) fn listener() -> Listener {
    Listener {
        id: "lsn-1@81".parse().unwrap(),
        proxy_protocol: None,
        tls: None,
        idle_timeout: 900,
        vpc: "vpc-1".parse().unwrap(),
        scheduler: Scheduler::Tch,
        vips: vips(&[]),
        members: BTreeMap::new(),
        drain_seconds: 0,
    }
}

/// The zonal address, where new connections get one of these servers by their shares.
pub(in crate::proxy) fn vips(shares: &[(ServerIndex, u32)]) -> BTreeMap<VipIndex, Vip> {
    let candidates = [(Family::Ipv4, shares.iter().copied().collect())].into();
    let sources = [(Family::Ipv4, vec![model::net::services::vip_alias(VIP)])].into();
    [(VIP, Vip { addresses: [[10, 0, 1, 200].into()].into(), sources, candidates })].into()
}

/// The settings of this listener alone.
pub(in crate::proxy) fn settings(listener: Listener) -> Settings {
    Settings { listeners: [(LISTENER, listener)].into(), ..Settings::default() }
}
