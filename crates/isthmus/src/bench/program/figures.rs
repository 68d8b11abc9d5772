//! `isthmus bench --program`: what an established packet costs with each feature, among how many connections, and what a
//! connection takes of memory.

use std::path::Path;

use agent::kernel::trial::Trial;
use agent::reconcile::OBJECT;
use anyhow::{Context, Result};

use super::ring::{Feature, Ring};
use super::{REPEAT, ROOM, SAMPLES, time};
use crate::bench::figure::{self, Figure};
use crate::bench::measure::Metric;
use crate::bench::output;
use crate::bench::targets::Bound;
use crate::bench::turns::median;
use crate::bench::ways::{self, Way};

/// A million connections, as many as fill a table.
const MILLION: u32 = 1 << 20;
/// Part of an established packet's way that a feature may cost.
const SHARE: f64 = 0.05;
/// What a connection takes, bytes: two entries, each of 48 of the kernel's own, 16 for the key, 80 for the flow, and 16 for
/// its place in the hash table. The table itself has half a byte more.
const MEMORY: f64 = 320.5;

/// Measures, prints a table with a verdict for each figure, and renews the section of a page.
///
/// # Errors
/// When a program cannot be run, or a figure is missed.
pub(in crate::bench) fn run(page: Option<&Path>) -> Result<()> {
    let way = way()?;
    let mut figures = features(way)?;
    figures.extend(numbers()?);
    figure::report(&figures, page, output::PROGRAM)
}

/// Nanoseconds that a packet of one byte takes from client to server and up to it: half a round trip.
fn way() -> Result<f64> {
    let paths = ways::build(&[Way::Isthmus])?;
    let path = paths.first().context("no way")?;
    let samples: Result<Vec<f64>> = (0..SAMPLES).map(|_| Metric::RoundTrip.sample(path)).collect();
    Ok(median(&samples?) * 1000.0 / 2.0)
}

/// What the program takes for an established packet, beyond an empty one, nanoseconds.
fn net(feature: Feature) -> Result<f64> {
    let mut trial = Trial::load(OBJECT, ROOM)?;
    let ring = Ring::of(feature, 2);
    ring.add_to(&mut trial)?;
    Ok(time(&mut trial, &ring.packet(), REPEAT)?.net())
}

fn features(way: f64) -> Result<Vec<Figure>> {
    let plain = net(Feature::Endpoint)?;
    let first = Figure {
        what: format!("{}: ns beyond an empty program", Feature::Endpoint.name()),
        bound: Bound::AtMost(110.0),
        reached: plain,
    };
    let others = Feature::OTHERS.into_iter().map(|feature| {
        let more = net(feature)? - plain;
        let what = format!("{}: {more:+.0} ns, part of a packet's way of {way:.0} ns", feature.name());
        Ok(Figure { what, bound: Bound::AtMost(SHARE), reached: more / way })
    });
    std::iter::once(Ok(first)).chain(others).collect()
}

/// One table for all of them: first with few connections in it, then with a million.
fn numbers() -> Result<Vec<Figure>> {
    let mut trial = Trial::load(OBJECT, MILLION)?;
    let mut cost = |connections: u32, repeat: u32| -> Result<f64> {
        let ring = Ring::of(Feature::Endpoint, connections);
        ring.add_to(&mut trial)?;
        Ok(time(&mut trial, &ring.packet(), repeat)?.net())
    };
    let two = cost(2, REPEAT)?;
    let thousand = cost(1_000, REPEAT)?;
    let ten_thousand = cost(10_000, REPEAT)?;
    let million = cost(2 * (MILLION - 1_000), 2 * MILLION)?;
    let thousand_of_million = cost(1_000, REPEAT)?;
    let memory = trial.memory()? as f64 / f64::from(MILLION);
    Ok(vec![
        Figure {
            what: format!("10,000 entries used in turn, {ten_thousand:.0} ns / one connection, {two:.0} ns"),
            bound: Bound::AtMost(2.0),
            reached: ten_thousand / two,
        },
        Figure {
            what: format!(
                "1,000 entries used in turn, among those of a million connections / alone, {thousand:.0} ns (all of the \
                 million in turn: {million:.0} ns)"
            ),
            bound: Bound::AtMost(1.3),
            reached: thousand_of_million / thousand,
        },
        Figure {
            what: "memory of a connection, bytes".into(),
            bound: Bound::AtMost(MEMORY),
            reached: memory,
        },
    ])
}
