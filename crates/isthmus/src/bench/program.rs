//! Cost of the program itself, through BPF_PROG_TEST_RUN, against a program that does nothing. A test run repeats on the same
//! bytes: established connections stand in a ring, in which each rewrites its packet into that of the next.

mod figures;
mod ring;

use agent::kernel::trial::Trial;
use agent::reconcile::OBJECT;
use anyhow::{Result, ensure};
use serde::Serialize;

pub(super) use figures::run;
use ring::{Feature, Ring};

use super::turns::median;

/// Runs of one sample, and samples.
const REPEAT: u32 = 200_000;
const SAMPLES: usize = 9;
/// `TC_ACT_REDIRECT` of `linux/pkt_cls.h`.
const REDIRECT: u32 = 7;
/// Connections that a table has room for, if many are not what is measured.
const ROOM: u32 = 1 << 18;

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

/// Measures both programs in turns: a TCP connection through an endpoint, whose addresses are rewritten in every packet.
pub(super) fn cost() -> Result<Cost> {
    let mut trial = Trial::load(OBJECT, ROOM)?;
    let ring = Ring::of(Feature::Endpoint, 2);
    ring.add_to(&mut trial)?;
    time(&mut trial, &ring.packet(), REPEAT)
}

/// Runs both programs in turns, so often for each sample.
fn time(trial: &mut Trial, packet: &[u8], repeat: u32) -> Result<Cost> {
    let (mut empty, mut program) = (Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        let (_, time) = trial.run("empty", packet, repeat)?;
        empty.push(time.as_nanos() as f64);
        let (verdict, time) = trial.run("ingress", packet, repeat)?;
        ensure!(
            verdict == REDIRECT,
            "the program does not forward the packet of the trial: verdict {verdict}"
        );
        program.push(time.as_nanos() as f64);
    }
    Ok(Cost { empty: median(&empty), program: median(&program) })
}
