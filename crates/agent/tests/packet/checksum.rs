//! Checksums of established packets, with kernels that let the program see how they stand and with those that do not.

use crate::{
    forward::{NEXT, arrived},
    rig::*,
    wire::*,
};

fn both() -> [Rig; 2] {
    [Rig::new(), Rig::without_sight()]
}

#[test]
fn checksums_of_established_packets_are_right_however_they_are_made() {
    for mut rig in both() {
        rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
        rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, SYN | ACK));
        let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, ACK));
        arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", NEXT);
        let out = rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, ACK));
        arrived(&out, ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
        rig.listener(80, 17, |listener| listener.idle_timeout = 20);
        rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 80));
        rig.send(ONE, &udp(ONE, 8080, ANN.address, 5000));
        let out = rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 80));
        arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", NEXT);
    }
}

#[test]
fn a_datagram_without_a_checksum_stays_without_one() {
    for mut rig in both() {
        rig.listener(80, 17, |listener| listener.idle_timeout = 20);
        let datagram = udp(ANN, 5000, ENDPOINT, 80);
        let at = datagram.l4() + 6;
        let datagram = datagram.changed(at, 0).changed(at + 1, 0);
        rig.send(ANN, &datagram);
        rig.send(ONE, &udp(ONE, 8080, ANN.address, 5000));
        assert_eq!(rig.send(ANN, &datagram).packet.0[at..at + 2], [0, 0]);
    }
}

/// One's complement has two zeros, and in UDP one of them means "none".
#[test]
fn a_checksum_of_zero_is_sent_as_all_ones() {
    for mut rig in both() {
        rig.listener(80, 17, |listener| listener.idle_timeout = 20);
        rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 80));
        rig.send(ONE, &udp(ONE, 8080, ANN.address, 5000));
        let seen = rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 80));
        let at = seen.packet.l4() + 6;
        let check = u16::from_be_bytes([seen.packet.0[at], seen.packet.0[at + 1]]);
        // What brings the sum to nought: the checksum is added to a field that was zero before.
        let datagram = udp(ANN, 5000, ENDPOINT, 80);
        let own = u16::from_be_bytes([datagram.0[at], datagram.0[at + 1]]);
        let shifted = own.checked_sub(check).unwrap_or_else(|| own.wrapping_sub(check).wrapping_sub(1));
        let [high, low] = shifted.to_be_bytes();
        let datagram = datagram.changed(at, high).changed(at + 1, low);
        assert_eq!(rig.send(ANN, &datagram).packet.0[at..at + 2], [0xff, 0xff]);
    }
}
