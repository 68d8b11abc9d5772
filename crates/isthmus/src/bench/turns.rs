//! Measuring in turns, and what many samples say together.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::measure::Metric;
use super::program::Cost;
use super::ways::{Path, Way};

/// What is measured how often.
pub(super) struct Schedule {
    pub(super) turns: u32,
    pub(super) ways: Vec<Way>,
    pub(super) metrics: Vec<Metric>,
}

/// All samples: for each metric and way one a turn.
#[derive(Debug, Default)]
pub(super) struct Samples {
    values: BTreeMap<Metric, BTreeMap<Way, Vec<f64>>>,
    /// Cost of the program itself.
    pub(super) program: Option<Cost>,
}

/// Measures every metric on every way in every turn; every second turn goes through the ways backwards.
pub(super) fn measure(paths: &[Path], schedule: &Schedule, samples: &mut Samples) -> Result<()> {
    for turn in 0..schedule.turns {
        for &metric in &schedule.metrics {
            let mut order: Vec<&Path> = paths.iter().filter(|path| metric.applies(path.way)).collect();
            if turn % 2 == 1 {
                order.reverse();
            }
            for path in order {
                let value = metric
                    .sample(path)
                    .with_context(|| format!("{} on {}", metric.title(), path.way.name()))?;
                samples.add(metric, path.way, value);
            }
        }
        eprintln!("turn {} of {}", turn + 1, schedule.turns);
    }
    Ok(())
}

impl Samples {
    fn add(&mut self, metric: Metric, way: Way, value: f64) {
        self.values.entry(metric).or_default().entry(way).or_default().push(value);
    }

    /// Metrics that were measured.
    pub(super) fn metrics(&self) -> impl Iterator<Item = Metric> {
        self.values.keys().copied()
    }

    /// The samples of a metric on a way, in the order of turns.
    pub(super) fn of(&self, metric: Metric, way: Way) -> Option<&[f64]> {
        self.values.get(&metric)?.get(&way).map(Vec::as_slice)
    }

    /// How much of `against` the way reaches.
    pub(super) fn ratio(&self, metric: Metric, way: Way, against: Way) -> Option<f64> {
        Some(ratio(self.of(metric, way)?, self.of(metric, against)?))
    }
}

/// How much of `against` the values reach: the median of the ratios within each turn.
pub(super) fn ratio(values: &[f64], against: &[f64]) -> f64 {
    let pairs = values.iter().zip(against);
    median(&pairs.map(|(value, base)| value / base).collect::<Vec<_>>())
}

/// The middle value; the mean of the two in the middle of an even number. Zero for no values.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle.wrapping_sub(1)), sorted.get(middle)) {
        (Some(low), Some(high)) if sorted.len().is_multiple_of(2) => (low + high) / 2.0,
        (_, Some(value)) => *value,
        (_, None) => 0.0,
    }
}

/// Distance of the extremes, in parts of the median.
pub(super) fn spread(values: &[f64]) -> f64 {
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    (high - low) / median(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_a_turn() {
        let mut samples = Samples::default();
        // The machine was twice as slow in the second turn: the ratio does not notice.
        for (way, values) in [(Way::Routed, [10.0, 20.0, 10.0]), (Way::Isthmus, [8.0, 16.0, 8.0])] {
            for value in values {
                samples.add(Metric::RoundTrip, way, value);
            }
        }
        assert_eq!(samples.ratio(Metric::RoundTrip, Way::Isthmus, Way::Routed), Some(0.8));
        assert_eq!(samples.ratio(Metric::RoundTrip, Way::Isthmus, Way::Wire), None);
    }

    #[test]
    fn median_and_spread() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(spread(&[1.0, 2.0, 3.0]), 1.0);
    }
}
