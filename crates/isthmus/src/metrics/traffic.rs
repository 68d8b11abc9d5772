//! What listeners, endpoints and servers have carried.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use agent::carried::{Carrier, Total};
use tables::Carried;

use super::exposition::{Exposition, Kind};

/// What was shown last. Reading is not of one moment, and a connection that ends meanwhile may be missed for once: a
/// counter that fell would be taken for one that began anew.
#[derive(Debug, Default)]
pub struct Shown(Mutex<BTreeMap<Carrier, Carried>>);

impl Shown {
    /// The totals, none smaller than it was.
    pub(crate) fn rise(&self, mut totals: BTreeMap<Carrier, Total>) -> BTreeMap<Carrier, Total> {
        // Every change is whole.
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (carrier, total) in &mut totals {
            if let Some(before) = shown.get(carrier) {
                total.all = higher(total.all, *before);
            }
        }
        *shown = totals.iter().map(|(carrier, total)| (carrier.clone(), total.all)).collect();
        totals
    }
}

fn higher(mut one: Carried, other: Carried) -> Carried {
    one.connections = one.connections.max(other.connections);
    for (one, other) in [(&mut one.sent, other.sent), (&mut one.received, other.received)] {
        one.packets = one.packets.max(other.packets);
        one.bytes = one.bytes.max(other.bytes);
    }
    one
}

/// Names of the families of one kind of carriers.
struct Names {
    what: &'static str,
    connections: &'static str,
    open: &'static str,
    packets: &'static str,
    bytes: &'static str,
}

macro_rules! names {
    ($what:literal) => {
        Names {
            what: $what,
            connections: concat!("isthmus_", $what, "_connections_total"),
            open: concat!("isthmus_", $what, "_connections"),
            packets: concat!("isthmus_", $what, "_packets_total"),
            bytes: concat!("isthmus_", $what, "_bytes_total"),
        }
    };
}

const LISTENERS: Names = names!("listener");
const ENDPOINTS: Names = names!("endpoint");
const SERVERS: Names = names!("server");

/// A carrier's labels, and what it has carried.
type Row = (Vec<(&'static str, String)>, Total);

pub(super) fn write(text: &mut Exposition, totals: BTreeMap<Carrier, Total>, shown: &Shown) {
    let (mut listeners, mut endpoints, mut servers) = (Vec::new(), Vec::new(), Vec::new());
    for (carrier, total) in shown.rise(totals) {
        let rows = match &carrier {
            Carrier::Listener(..) => &mut listeners,
            Carrier::Endpoint(..) => &mut endpoints,
            Carrier::Server(_) => &mut servers,
        };
        rows.push((labels(carrier), total));
    }
    for (names, rows) in [(LISTENERS, listeners), (ENDPOINTS, endpoints), (SERVERS, servers)] {
        families(text, &names, &rows);
    }
}

fn labels(carrier: Carrier) -> Vec<(&'static str, String)> {
    match carrier {
        Carrier::Listener(id, zone) => vec![("listener", id.to_string()), ("zone", zone.to_string())],
        Carrier::Endpoint(id, zone) => vec![("endpoint", id.to_string()), ("zone", zone.to_string())],
        Carrier::Server(server) => vec![
            ("server_group", server.group.to_string()),
            ("server", server.instance.map_or_else(String::new, |id| id.to_string())),
            ("address", server.address.to_string()),
            ("port", server.port.to_string()),
            ("zone", server.zone.to_string()),
        ],
    }
}

fn families(text: &mut Exposition, names: &Names, rows: &[Row]) {
    let what = names.what;
    samples(text, Kind::Counter, names.connections, &format!("New connections, by {what}."), rows, |total| {
        vec![(None, total.all.connections)]
    });
    samples(text, Kind::Gauge, names.open, &format!("Connections that go on, by {what}."), rows, |total| {
        vec![(None, total.open)]
    });
    let help = format!("Packets that clients have sent and received, by {what}.");
    samples(text, Kind::Counter, names.packets, &help, rows, |Total { all, .. }| {
        vec![(Some("sent"), all.sent.packets), (Some("received"), all.received.packets)]
    });
    let help = format!("Bytes that clients have sent and received, by {what}.");
    samples(text, Kind::Counter, names.bytes, &help, rows, |Total { all, .. }| {
        vec![(Some("sent"), all.sent.bytes), (Some("received"), all.received.bytes)]
    });
}

fn samples(
    text: &mut Exposition,
    kind: Kind,
    name: &'static str,
    help: &str,
    rows: &[Row],
    values: impl Fn(&Total) -> Vec<(Option<&'static str>, u64)>,
) {
    let mut family = text.family(kind, name, help);
    for (labels, total) in rows {
        for (direction, value) in values(total) {
            let labels = labels.iter().map(|(name, value)| (*name, value.as_str()));
            let labels: Vec<_> = labels.chain(direction.map(|direction| ("direction", direction))).collect();
            family.sample(&labels, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tables::Counter;

    fn totals(connections: u64, bytes: u64) -> BTreeMap<Carrier, Total> {
        let sent = Counter { packets: connections, bytes };
        let all = Carried { connections, sent, received: Counter::default() };
        let carrier = Carrier::Listener("lsn-1@80".parse().unwrap(), model::id::ZoneId::new("cn-hangzhou-g"));
        [(carrier, Total { all, open: 1 })].into()
    }

    #[test]
    fn what_was_missed_for_once_makes_no_counter_fall() {
        let shown = Shown::default();
        for (read, told) in [((3, 300), (3, 300)), ((2, 400), (3, 400)), ((4, 500), (4, 500))] {
            assert_eq!(shown.rise(totals(read.0, read.1)).values().next().unwrap().all.connections, told.0);
            assert_eq!(shown.rise(totals(read.0, read.1)).values().next().unwrap().all.sent.bytes, told.1);
        }
        assert_eq!(shown.rise(BTreeMap::new()).len(), 0, "what is gone is not shown");
        assert_eq!(shown.rise(totals(1, 1)).values().next().unwrap().all.connections, 1, "nor remembered");
    }

    #[test]
    fn samples_have_the_ids_of_the_api() {
        let mut text = Exposition::default();
        write(&mut text, totals(2, 128), &Shown::default());
        let text = text.into_text();
        let labels = r#"{listener="lsn-1@80",zone="cn-hangzhou-g""#;
        for line in [
            format!("isthmus_listener_connections_total{labels}}} 2\n"),
            format!("isthmus_listener_connections{labels}}} 1\n"),
            format!("isthmus_listener_bytes_total{labels},direction=\"sent\"}} 128\n"),
            format!("isthmus_listener_bytes_total{labels},direction=\"received\"}} 0\n"),
        ] {
            assert!(text.contains(&line), "{line}{text}");
        }
    }
}
