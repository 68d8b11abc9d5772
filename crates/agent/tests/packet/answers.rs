//! What the program answers itself: ARP and pings of addresses that nobody stands behind.

use crate::{drops::dropped, rig::*, wire::*};

#[test]
fn every_other_address_is_behind_the_gateway() {
    let mut rig = Rig::new();
    for target in [GATEWAY, BOB.address, "10.0.0.250"] {
        let out = rig.send(ANN, &arp(ANN, ANN.address, target, 1));
        assert_eq!((out.verdict, out.drops), (REDIRECTED, [].into()));
        assert_eq!(out.counts, [("arp", 1)].into());
        let mut answer = Vec::from(ANN.mac);
        answer.extend(gateway());
        answer.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 2]);
        answer.extend(gateway());
        answer.extend(ip(target).to_ne_bytes());
        answer.extend(ANN.mac);
        answer.extend(ip(ANN.address).to_ne_bytes());
        assert_eq!(out.packet.0, answer);
    }
}

#[test]
fn probes_and_announcements_need_no_answer() {
    let mut rig = Rig::new();
    let quiet = [
        arp(ANN, "0.0.0.0", ANN.address, 1),
        arp(ANN, ANN.address, ANN.address, 1),
        arp(ANN, ANN.address, GATEWAY, 2),
    ];
    for packet in quiet {
        let out = rig.send(ANN, &packet);
        assert_eq!((out.verdict, out.drops), (DROPPED, [].into()));
        assert_eq!(out.counts, [("swallowed", 1)].into());
    }
}

#[test]
fn gateways_and_endpoints_and_load_balancers_answer_pings() {
    let mut rig = Rig::new();
    for (from, target) in [(ANN, GATEWAY), (ANN, ENDPOINT), (TWIN, NLB)] {
        let out = rig.send(from, &echo(from, target, 8, 7));
        assert_eq!((out.verdict, &out.drops), (REDIRECTED, &[].into()));
        assert_eq!(out.counts, [("echo", 1)].into());
        assert_eq!(out.packet.check().tuple(), format!("{target}:7 > {}:7", from.address));
        assert_eq!(out.packet.macs(), (gateway(), from.mac));
        assert_eq!(out.packet.0[34..36], [0, 0], "an echo reply");
        assert_eq!(out.packet.0[40..], echo(from, target, 8, 7).0[40..], "with the same data");
    }
    assert_eq!(rig.flows(), [], "and nothing is remembered");
}

#[test]
fn a_reply_that_nobody_asked_for_is_not_answered() {
    let mut rig = Rig::new();
    let out = rig.send(ANN, &echo(ANN, GATEWAY, 0, 7));
    dropped(&out, tables::DropReason::NoConnection, &[ANN.index]);
}
