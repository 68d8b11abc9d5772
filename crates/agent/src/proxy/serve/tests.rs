use model::account::Secret;
use model::nlb::Scheduler;
use model::plan::TlsPlan;
use model::tls::SystemPolicy;

use super::*;
use crate::proxy::settings::Listener;
use crate::proxy::tls::tests::{Algorithm, plan};

fn settings(tls: TlsPlan) -> Settings {
    let listener = Listener {
        id: "lsn-1@443".parse().unwrap(),
        proxy_protocol: None,
        tls: Some(tls),
        idle_timeout: 900,
        vpc: "vpc-1".parse().unwrap(),
        vips: BTreeMap::new(),
        members: BTreeMap::new(),
        scheduler: Scheduler::Tch,
        drain_seconds: 0,
    };
    Settings {
        listeners: [(ListenerIndex(1), listener)].into(),
        endpoints: BTreeMap::new(),
        ipv6: Default::default(),
    }
}

#[test]
fn a_bad_certificate_leaves_the_last_good_one_in_place() {
    let good = plan(SystemPolicy::V1_2, Algorithm::Ecdsa);
    let (first, faults) = Live::of(settings(good.clone()), &Live::default());
    assert_eq!((first.terminators.len(), faults), (1, vec![]));
    let mut bad = good.clone();
    bad.certificate.key = Secret::new("no key");
    let (second, faults) = Live::of(settings(bad), &first);
    assert!(faults[0].starts_with("TLS of lsn-1@443: "), "{faults:?}");
    let at = |live: &Live| Arc::as_ptr(&live.terminators[&ListenerIndex(1)]);
    assert_eq!(at(&second), at(&first));
    let (third, faults) = Live::of(settings(good), &second);
    assert_eq!((third.terminators.len(), faults), (1, vec![]));
}

#[test]
fn what_did_not_change_keeps_its_sessions() {
    let tls = plan(SystemPolicy::V1_2, Algorithm::Ecdsa);
    let (first, _) = Live::of(settings(tls.clone()), &Live::default());
    let (second, _) = Live::of(settings(tls), &first);
    assert!(Arc::ptr_eq(&first.terminators[&ListenerIndex(1)], &second.terminators[&ListenerIndex(1)]));
}
