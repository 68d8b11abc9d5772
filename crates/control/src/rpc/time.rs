//! Times as they travel.

use jiff::Timestamp;

/// `2021-09-24T18:00:07Z`; a time that no calendar has becomes the epoch.
pub fn format(time: model::id::Timestamp) -> String {
    let time = Timestamp::from_second(time.0).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2017-12-10T04:04Z`, as the Ecs product writes creation times.
pub fn format_minutes(time: model::id::Timestamp) -> String {
    let time = Timestamp::from_second(time.0).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// The other way round: UTC to the second, and nothing else.
pub fn parse(text: &str) -> Option<model::id::Timestamp> {
    let time: Timestamp = text.parse().ok()?;
    let second = model::id::Timestamp(time.as_second());
    (format(second) == text).then_some(second)
}

/// The same to the minute.
pub fn parse_minutes(text: &str) -> Option<model::id::Timestamp> {
    parse(&format!("{}:00Z", text.strip_suffix('Z')?))
}

/// What the clock says, at the edge.
pub fn now() -> model::id::Timestamp {
    model::id::Timestamp(Timestamp::now().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_form_is_a_time() {
        let time = parse("2026-01-02T03:04:05Z").unwrap();
        assert_eq!(format(time), "2026-01-02T03:04:05Z");
        assert_eq!(format_minutes(time), "2026-01-02T03:04Z");
        for wrong in ["2026-01-02T03:04:05+08:00", "2026-01-02 03:04:05Z", "2026-01-02T03:04Z", "", "x"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse_minutes("2026-01-02T03:04Z"), parse("2026-01-02T03:04:00Z"));
        for wrong in ["2026-01-02T03:04:05Z", "2026-01-02T03:04", "Z", ""] {
            assert_eq!(parse_minutes(wrong), None, "{wrong}");
        }
    }
}
