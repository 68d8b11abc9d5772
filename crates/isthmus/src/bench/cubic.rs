//! Leave for namespaces to use the congestion control that all ways are measured with.

use std::fs;

/// The machine's list of what a namespace may choose.
const LIST: &str = "/proc/sys/net/ipv4/tcp_allowed_congestion_control";
/// Loss-based and without pacing: it measures the path, not a model of it.
pub(super) const NAME: &str = "cubic";

/// While this lives, namespaces may choose cubic; afterwards the list is as it was. (A machine whose default it is allows it
/// anyway. On another one a killed run leaves it allowed, which changes nobody's choice.)
pub(super) struct Leave(Option<String>);

impl Leave {
    pub(super) fn take() -> Self {
        let before = fs::read_to_string(LIST).unwrap_or_default();
        let missing = !before.split_whitespace().any(|name| name == NAME);
        let widened = missing && fs::write(LIST, format!("{} {NAME}", before.trim())).is_ok();
        Self(widened.then_some(before))
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // Nothing depends on it.
            let _ = fs::write(LIST, before.trim());
        }
    }
}
