//! Cost of the program itself, through BPF_PROG_TEST_RUN: an established connection through an endpoint, whose addresses
//! are rewritten in every packet, against a program that does nothing.

use std::net::Ipv4Addr;

use agent::kernel::trial::{INGRESS, Trial};
use agent::reconcile::OBJECT;
use anyhow::{Result, ensure};
use serde::Serialize;
use tables::{Flow, FlowKey, FlowState, GATEWAY_MAC, checksum, mac};

use super::turns::median;

/// Runs of one sample, and samples.
const REPEAT: u32 = 200_000;
const SAMPLES: usize = 9;
/// `TC_ACT_REDIRECT` of `linux/pkt_cls.h`.
const REDIRECT: u32 = 7;
const TCP: u8 = 6;

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
const ENDPOINT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 20);
const CLIENT_PORT: u16 = 40_000;
const PORT: u16 = 80;

/// Nanoseconds of one run, medians.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Cost {
    /// Of a program that does nothing.
    pub(super) empty: f64,
    /// Of Isthmus's program on an established flow.
    pub(super) program: f64,
}

impl Cost {
    /// What the program adds to an empty one.
    pub(super) fn net(self) -> f64 {
        self.program - self.empty
    }
}

/// Measures both programs in turns.
pub(super) fn cost() -> Result<Cost> {
    let mut trial = Trial::load(OBJECT)?;
    // A test run repeats on the same bytes: a second flow leads the rewritten packet back to the first.
    for (from, to) in [(ENDPOINT, SERVER), (SERVER, ENDPOINT)] {
        trial.add_flow(&key(from), &flow(from, to))?;
    }
    let packet = packet();
    let (mut empty, mut program) = (Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        let (_, time) = trial.run("empty", &packet, REPEAT)?;
        empty.push(time.as_nanos() as f64);
        let (verdict, time) = trial.run("ingress", &packet, REPEAT)?;
        ensure!(
            verdict == REDIRECT,
            "the program does not forward the packet of the trial: verdict {verdict}"
        );
        program.push(time.as_nanos() as f64);
    }
    Ok(Cost { empty: median(&empty), program: median(&program) })
}

fn word(address: Ipv4Addr) -> u32 {
    u32::from_ne_bytes(address.octets())
}

fn key(destination: Ipv4Addr) -> FlowKey {
    FlowKey {
        ingress: INGRESS,
        src: word(CLIENT),
        dst: word(destination),
        sport: CLIENT_PORT.to_be(),
        dport: PORT.to_be(),
        protocol: TCP,
        icmp_type: 0,
        pad: [0; 2],
    }
}

/// An established flow that rewrites one destination to another.
fn flow(from: Ipv4Addr, to: Ipv4Addr) -> Flow {
    Flow {
        src: word(CLIENT),
        dst: word(to),
        sport: CLIENT_PORT.to_be(),
        dport: PORT.to_be(),
        egress: INGRESS,
        dst_mac: mac(GATEWAY_MAC),
        // What the first rewrite leaves as the sender.
        src_mac: mac(GATEWAY_MAC),
        epoch: 0,
        address_delta: checksum::delta(checksum::change32(0, word(from), word(to))) as u16,
        port_delta: 0,
        listener: 1,
        server: 1,
        endpoint: 1,
        timeout: u16::MAX,
        // A packet that goes round for ever must not age.
        ttl_step: 0,
        state: FlowState::Established as u8,
        reverse: 0,
        limited: 0,
        lease: 0,
        choice: 0,
        mss: 0,
        pad: 0,
        ack: 0,
        last_seen: now(),
        packets: 0,
        bytes: 0,
    }
}

/// `CLOCK_MONOTONIC` in nanoseconds, the clock of `last_seen`.
fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// An ACK of 64 bytes. Nobody checks its checksums.
fn packet() -> Vec<u8> {
    let mut packet = [GATEWAY_MAC, GATEWAY_MAC].concat();
    packet.extend([0x08, 0x00]);
    packet.extend([0x45, 0, 0, 50, 0, 0, 0x40, 0, 64, TCP, 0, 0]);
    packet.extend(CLIENT.octets());
    packet.extend(ENDPOINT.octets());
    packet.extend(CLIENT_PORT.to_be_bytes());
    packet.extend(PORT.to_be_bytes());
    packet.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
    packet.resize(64, 0);
    packet
}
