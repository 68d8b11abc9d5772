//! Plain links between namespaces, for the ways that are not Isthmus.

use agent::kernel::netns::Netns;
use anyhow::Result;

use super::bed::run;

/// One end of a veth pair.
pub(super) struct End<'a> {
    pub(super) namespace: &'a Netns,
    pub(super) device: &'a str,
    /// Address with prefix length.
    pub(super) address: &'a str,
}

/// Joins two namespaces by a veth pair with the kernel's defaults.
pub(super) fn join(one: &End<'_>, other: &End<'_>) -> Result<()> {
    let (a, b) = (one.namespace.name(), other.namespace.name());
    run(&[
        "ip",
        "link",
        "add",
        one.device,
        "netns",
        a,
        "type",
        "veth",
        "peer",
        "name",
        other.device,
        "netns",
        b,
    ])?;
    for end in [one, other] {
        run(&["ip", "-n", end.namespace.name(), "addr", "add", end.address, "dev", end.device])?;
        run(&["ip", "-n", end.namespace.name(), "link", "set", end.device, "up"])?;
    }
    Ok(())
}

/// Sends everything that is not on link to `gateway`.
pub(super) fn route(namespace: &Netns, gateway: &str) -> Result<()> {
    run(&["ip", "-n", namespace.name(), "route", "add", "default", "via", gateway]).map(drop)
}
