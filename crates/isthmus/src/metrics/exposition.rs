//! Prometheus' text format, version 0.0.4: families of samples, each with its help and type before it.

use std::fmt::{Display, Write as _};

use control::tally::{BOUNDS, Durations};

/// Media type of the text.
pub(super) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the samples of a family are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only rises, until the daemon or the data plane starts anew.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Durations in buckets.
    Histogram,
    /// Count and sum alone.
    Summary,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
        }
    }
}

/// Names and values of the labels of a sample.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

/// The text as far as it is written. Writing to a string does not fail.
#[derive(Debug, Default)]
pub(super) struct Exposition(String);

impl Exposition {
    /// Begins a family; its samples come before the next one.
    pub(super) fn family(&mut self, kind: Kind, name: &'static str, help: &str) -> Family<'_> {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {}", kind.name());
        Family { text: &mut self.0, name }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// A family that samples are added to.
#[derive(Debug)]
pub(super) struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Family<'_> {
    /// A sample of a counter or gauge.
    pub(super) fn sample(&mut self, labels: Labels<'_>, value: impl Display) {
        self.line("", labels, value);
    }

    /// The samples of a histogram.
    pub(super) fn histogram(&mut self, labels: Labels<'_>, durations: &Durations) {
        for (bound, within) in BOUNDS.iter().zip(durations.within) {
            self.bucket(labels, &bound.to_string(), within);
        }
        self.bucket(labels, "+Inf", durations.count);
        self.sum(labels, durations.total.as_secs_f64(), durations.count);
    }

    /// Sum and count of a summary.
    pub(super) fn sum(&mut self, labels: Labels<'_>, seconds: f64, count: u64) {
        self.line("_sum", labels, seconds);
        self.line("_count", labels, count);
    }

    fn bucket(&mut self, labels: Labels<'_>, bound: &str, within: u64) {
        let labels: Vec<_> = labels.iter().copied().chain([("le", bound)]).collect();
        self.line("_bucket", &labels, within);
    }

    fn line(&mut self, suffix: &str, labels: Labels<'_>, value: impl Display) {
        let labels: Vec<_> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{}{suffix}{labels} {value}", self.name);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_labels_are_escaped() {
        let mut text = Exposition::default();
        text.family(Kind::Gauge, "a_thing", "A thing.").sample(&[("name", "a\"b\\c\nd")], 1.5);
        let expected =
            "# HELP a_thing A thing.\n# TYPE a_thing gauge\na_thing{name=\"a\\\"b\\\\c\\nd\"} 1.5\n";
        assert_eq!(text.into_text(), expected);
    }

    #[test]
    fn a_histogram_ends_with_everything() {
        let mut text = Exposition::default();
        text.family(Kind::Histogram, "wait_seconds", "Waits.").histogram(&[], &Durations::default());
        let text = text.into_text();
        assert!(text.contains("wait_seconds_bucket{le=\"0.00025\"} 0\n"), "{text}");
        assert!(
            text.ends_with("_bucket{le=\"+Inf\"} 0\nwait_seconds_sum 0\nwait_seconds_count 0\n"),
            "{text}"
        );
    }
}
