//! What the demo prints.

use std::collections::BTreeMap;
use std::time::Duration;

use comfy_table::Table;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;

use super::Event;
use super::fetch::Fetched;
use crate::place::Place;
use crate::walkthrough::{Machine, Road};

/// One client and one name.
pub(super) struct Row {
    pub(super) client: Machine,
    /// What kind of name it is.
    pub(super) what: &'static str,
    pub(super) name: String,
    pub(super) before: Option<Fetched>,
    pub(super) after: Option<Fetched>,
}

/// The heading of a part.
pub(super) fn part(name: &str) {
    println!("\n{name}");
}

/// A step of the walkthrough.
pub(super) fn event(event: Event<'_>) {
    match event {
        Event::Part(name) => part(name),
        Event::Called { product, action, result, took } => {
            println!("  {:<12} {action:<30} {result}  ({})", product.name(), millis(took));
        }
        Event::Became { what, status, took } => {
            println!("  {:<12} {what} is {status}  ({})", "", millis(took))
        }
    }
}

/// The addresses and names that the endpoint has got.
pub(super) fn names(road: &Road) {
    for zone in &road.zones {
        println!("  {:<12} {:<15} {}", zone.zone, zone.address, zone.domain);
    }
    println!("  {:<12} {:<15} {}", "all zones", "", road.domain);
}

/// What a client gets before the connection is allowed.
pub(super) fn before(row: &Row) {
    let got = row.before.as_ref().map(Fetched::to_string).unwrap_or_default();
    println!("  {}, {}: {got}", row.client.name, row.what);
}

/// A time as people compare it.
pub(super) fn millis(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1000.0)
}

/// Everything that was measured.
pub(super) fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY);
    table.set_header(["client", "opens", "before", "after", "from", "time"]);
    for row in rows {
        let (page, from, time) = match &row.after {
            Some(Fetched::Page { page, address, millis }) => {
                (page.clone(), address.clone(), format!("{millis:.1} ms"))
            }
            Some(Fetched::Nothing(why)) => (why.clone(), String::new(), String::new()),
            None => Default::default(),
        };
        let client = format!("{} {}", row.client.name, row.client.address);
        let before = match &row.before {
            Some(Fetched::Nothing(_)) => "nothing",
            Some(Fetched::Page { .. }) => "a page",
            None => "",
        };
        table.add_row([&client, row.what, before, &page, &from, &time]);
    }
    table
}

/// How the servers share the work.
pub(super) fn share(pages: &BTreeMap<String, usize>) {
    let counts = pages.iter().map(|(page, count)| format!("{count} × '{page}'"));
    println!("  through one address: {}", counts.collect::<Vec<_>>().join(", "));
}

/// What to do with a system that is up.
pub(super) fn next(place: &Place, road: &Road, took: Duration) {
    let program = std::env::current_exe().unwrap_or_else(|_| "isthmus".into());
    let (program, state) = (program.display(), place.state.display());
    let (client, server) = (&road.clients[0].id, &road.servers[0].id);
    println!("\nAll of it took {:.0} s. The system stays up. Try next:\n", took.as_secs_f32());
    println!("  export ISTHMUS_STATE={state}");
    println!("  {program} status");
    println!("  {program} exec -t {client} -- bash");
    println!("  {program} exec {client} -- curl -s http://{}/", road.domain);
    println!("  {program} exec {client} -- dig +short {}", road.zones[0].domain);
    println!("  {program} exec {server} -- tail -3 /var/log/nginx/access.log");
    println!("  {program} api privatelink ListVpcEndpointConnections --ServiceId {}", road.service);
    println!(
        "  {program} api privatelink DisableVpcEndpointConnection --ServiceId {} --EndpointId {}",
        road.service, road.endpoint
    );
    println!("  ./x down    (removes all of it)");
}
