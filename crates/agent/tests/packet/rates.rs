//! How many new connections listeners and load balancers take in each zone.

use tables::{AddressKind, DropReason::NewConnections};

use crate::{
    drops::dropped,
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

/// The endpoint's address in another zone, which leads to the load balancer's there.
const ENDPOINT_ELSEWHERE: &str = "10.0.0.101";
/// Dense id of the load balancer's address in the other zone.
const VIP_ELSEWHERE: u32 = VIP + 1;
/// Dense ids of the listeners on ports 80 and 443.
const WEB: u32 = 81;
const SHOP: u32 = 82;

/// Two zones, in each of which both listeners ask for their rates.
fn two_zones() -> Rig {
    let mut rig = Rig::new();
    rig.address(1, ENDPOINT_ELSEWHERE, |a| {
        a.kind = AddressKind::Endpoint as u8;
        a.index = CONNECTION + 1;
        a.ingress_policy = ENDPOINT_IN;
        a.vip = VIP_ELSEWHERE;
        a.nlb_address = ip("10.0.0.201");
    });
    for vip in [VIP, VIP_ELSEWHERE] {
        for (port, index) in [(80, WEB), (443, SHOP)] {
            rig.listener_of(vip, port, 6, |l| (l.index, l.rated) = (index, 1));
        }
    }
    rig
}

/// A connection from a port of Ann's is let in, and goes on whatever the rate.
fn let_in(rig: &mut Rig, sport: u16, to: &str, port: u16) {
    let tuple = format!("10.0.0.10:{sport} > 10.0.0.30:8080");
    arrived(&rig.send(ANN, &tcp(ANN, sport, to, port, SYN)), ONE, &tuple, FIRST);
    arrived(&rig.send(ANN, &tcp(ANN, sport, to, port, ACK)), ONE, &tuple, NEXT);
}

/// A connection from a port of Ann's is not let in.
fn left_out(rig: &mut Rig, sport: u16, to: &str, port: u16) {
    dropped(&rig.send(ANN, &tcp(ANN, sport, to, port, SYN)), NewConnections, &[ANN.index]);
}

#[test]
fn a_listener_has_its_rate_in_each_zone_and_for_itself() {
    let mut rig = two_zones();
    for vip in [VIP, VIP_ELSEWHERE] {
        rig.rate(vip, WEB, 1);
    }
    let_in(&mut rig, 5000, ENDPOINT, 80);
    left_out(&mut rig, 5001, ENDPOINT, 80);
    let_in(&mut rig, 5002, ENDPOINT_ELSEWHERE, 80);
    left_out(&mut rig, 5003, ENDPOINT_ELSEWHERE, 80);
    // The other listener has no limit.
    for sport in 5004..5010 {
        let_in(&mut rig, sport, ENDPOINT, 443);
    }
}

#[test]
fn a_load_balancer_has_its_rate_in_each_zone_for_all_of_its_listeners() {
    let mut rig = two_zones();
    for vip in [VIP, VIP_ELSEWHERE] {
        rig.rate(vip, 0, 1);
    }
    let_in(&mut rig, 5000, ENDPOINT, 80);
    left_out(&mut rig, 5001, ENDPOINT, 443);
    let_in(&mut rig, 5002, ENDPOINT_ELSEWHERE, 443);
    left_out(&mut rig, 5003, ENDPOINT_ELSEWHERE, 80);
}

#[test]
fn the_lower_of_both_rates_holds() {
    let mut rig = two_zones();
    rig.rate(VIP, 0, 1_000);
    rig.rate(VIP, WEB, 1);
    let_in(&mut rig, 5000, ENDPOINT, 80);
    left_out(&mut rig, 5001, ENDPOINT, 80);
    // The other listener has the load balancer's alone.
    for sport in 5002..5010 {
        let_in(&mut rig, sport, ENDPOINT, 443);
    }
}

#[test]
fn a_load_balancer_has_a_rate_for_all_of_its_listeners() {
    let mut rig = Rig::new();
    rig.rate(VIP, 0, 50);
    rig.listener(80, 6, |l| l.rated = 1);
    let admitted =
        |rig: &mut Rig, port: u16| rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, SYN)).verdict == REDIRECTED;
    let begin = rig.now();
    let at_once = (5000..5100).filter(|port| admitted(&mut rig, *port)).count();
    std::thread::sleep(std::time::Duration::from_millis(60));
    let later = (6000..6100).filter(|port| admitted(&mut rig, *port)).count();
    // A tenth of a second's worth at once, and one for every 20 ms that pass.
    let most = 7 + (rig.now() - begin) as usize / 20_000_000;
    assert!(at_once >= 5 && later >= 2 && at_once + later <= most, "{at_once} + {later} of {most}");
}

#[test]
fn a_rate_is_kept_for_as_long_as_more_is_asked_for() {
    const A_SECOND: u64 = 500;
    let mut rig = Rig::with_flows(1 << 16);
    rig.rate(VIP, WEB, A_SECOND as u32);
    rig.listener(80, 6, |l| l.rated = 1);
    let begin = rig.now();
    let (mut asked, mut admitted) = (0, 0);
    while rig.now() < begin + 500_000_000 {
        let opening = tcp(ANN, 1024 + asked, ENDPOINT, 80, SYN);
        admitted += u64::from(rig.send(ANN, &opening).verdict == REDIRECTED);
        asked += 1;
    }
    let due = (rig.now() - begin) * A_SECOND / 1_000_000_000;
    assert!(u64::from(asked) > admitted + 100, "{asked} asked, which is no more than {admitted}");
    // At once comes what a tenth of a second would let in; who does not ask for as long gets nothing for it.
    assert!(
        (due / 2..=due + A_SECOND / 10 + 1).contains(&admitted),
        "{admitted} of {asked} instead of {due}"
    );
}
