use model::account::Secret;
use model::plan::TlsPlan;
use model::tls::SystemPolicy;

use super::*;
use crate::proxy::settings::{Listener, sample};
use crate::proxy::tls::tests::{Algorithm, plan};

fn settings(tls: TlsPlan) -> Settings {
    sample::settings(Listener { tls: Some(tls), ..sample::listener() })
}

#[test]
fn a_bad_certificate_leaves_the_last_good_one_in_place() {
    let good = plan(SystemPolicy::V1_2, Algorithm::Ecdsa);
    let (first, faults) = Live::of(settings(good.clone()), &Live::default());
    assert_eq!((first.terminators.len(), faults), (1, vec![]));
    let mut bad = good.clone();
    bad.certificate.key = Secret::new("no key");
    let (second, faults) = Live::of(settings(bad), &first);
    assert!(faults[0].starts_with("TLS of lsn-1@81: "), "{faults:?}");
    let at = |live: &Live| Arc::as_ptr(&live.terminators[&sample::LISTENER]);
    assert_eq!(at(&second), at(&first));
    let (third, faults) = Live::of(settings(good), &second);
    assert_eq!((third.terminators.len(), faults), (1, vec![]));
}

#[test]
fn what_did_not_change_keeps_its_sessions() {
    let tls = plan(SystemPolicy::V1_2, Algorithm::Ecdsa);
    let (first, _) = Live::of(settings(tls.clone()), &Live::default());
    let (second, _) = Live::of(settings(tls), &first);
    assert!(Arc::ptr_eq(&first.terminators[&sample::LISTENER], &second.terminators[&sample::LISTENER]));
}
