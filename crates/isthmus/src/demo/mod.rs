//! `isthmus demo`: builds the walkthrough through the API, shows each step, and measures what passes.

pub(crate) mod daemon;
pub(crate) mod fetch;
mod show;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::down;
use crate::place::Place;
use crate::walkthrough::{Event, Road, Session};
use fetch::{Clients, Fetched};
use show::Row;

/// Where the demo's API listens.
const LISTEN: &str = "127.0.0.1:4577";
/// Fetches of the count that shows how the servers share the work.
const SHARE: usize = 20;

/// Builds, shows, measures, and leaves the system up.
///
/// # Errors
/// When a step fails, or something passes that must not, or the other way round.
pub fn run(place: &Place) -> Result<()> {
    let begin = Instant::now();
    down::remove(place, true)?;
    show::part("Isthmus starts");
    let client = daemon::start(place, LISTEN)?;
    println!("  isthmus up --dev --state {}  answers on http://{LISTEN}", place.state.display());
    let road = Road::build(&client, &mut show::event)?;
    show::names(&road);
    let clients = Clients::of(place)?;
    let mut watcher = show::event;
    let mut session = Session::new(&client, &mut watcher);

    session.part("Before the provider allows it, nothing passes");
    let mut rows = rows(&road);
    fill(&clients, &mut rows, |row| &mut row.before)?;
    rows.iter().for_each(show::before);
    expect(&rows, |row| matches!(row.before, Some(Fetched::Nothing(_))), "passed before it was allowed")?;

    session.part("VPC 2: the provider allows the connection");
    let opened = switch(&clients, &road, &mut session, true)?;
    session.part("VPC 2: the provider denies it again, and allows it again");
    let cut = switch(&clients, &road, &mut session, false)?;
    let reopened = switch(&clients, &road, &mut session, true)?;

    fill(&clients, &mut rows, |row| &mut row.after)?;
    expect(
        &rows,
        |row| matches!(row.after, Some(Fetched::Page { .. })),
        "did not pass after it was allowed",
    )?;
    show::part("Measured");
    println!("{}", show::table(&rows));
    println!(
        "  allowed: first page after {}; denied: last page after {}; allowed again: {}",
        show::millis(opened),
        show::millis(cut),
        show::millis(reopened)
    );
    show::share(&share(&clients, &road)?);
    show::next(place, &road, begin.elapsed());
    Ok(())
}

/// Every client with every name and address that it would use.
fn rows(road: &Road) -> Vec<Row> {
    let mut rows = Vec::new();
    for (client, zone) in road.clients.iter().zip(&road.zones) {
        for (what, name) in [
            ("zone's address", &zone.address),
            ("zone's name", &zone.domain),
            ("endpoint's name", &road.domain),
        ] {
            rows.push(Row { client: client.clone(), what, name: name.clone(), before: None, after: None });
        }
    }
    rows
}

/// Fetches every row at once: each waits up to a second.
fn fill(clients: &Clients, rows: &mut [Row], field: impl Fn(&mut Row) -> &mut Option<Fetched>) -> Result<()> {
    let fetched = std::thread::scope(|scope| {
        let one = |row: &Row| (row.client.clone(), row.name.clone());
        let threads: Vec<_> = rows
            .iter()
            .map(one)
            .map(|(client, name)| scope.spawn(move || clients.fetch(&client, &name)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().ok().context("a fetch ended early")?)
            .collect::<Result<Vec<_>>>()
    })?;
    for (row, fetched) in rows.iter_mut().zip(fetched) {
        *field(row) = Some(fetched);
    }
    Ok(())
}

fn expect(rows: &[Row], holds: impl Fn(&Row) -> bool, otherwise: &str) -> Result<()> {
    match rows.iter().find(|row| !holds(row)) {
        None => Ok(()),
        Some(row) => {
            bail!("{} {otherwise}: {:?} {:?}; try `isthmus status`", row.name, row.before, row.after)
        }
    }
}

/// Allows or denies while ECS 01 opens pages; from the call to the first page, or to the first that fails.
fn switch(clients: &Clients, road: &Road, session: &mut Session<'_>, allow: bool) -> Result<Duration> {
    let watch = clients.watch(&road.clients[0], &road.zones[0].address, allow)?;
    let start = Instant::now();
    if allow {
        road.allow(session)?
    } else {
        road.deny(session)?
    }
    let took = watch.since(start)?;
    road.until_connection(session, if allow { "Connected" } else { "Disconnected" })?;
    println!("  {} page on ECS 01 after {}", if allow { "first" } else { "no more" }, show::millis(took));
    Ok(took)
}

/// How often each page came.
fn share(clients: &Clients, road: &Road) -> Result<BTreeMap<String, usize>> {
    let mut pages = BTreeMap::new();
    for _ in 0..SHARE {
        if let Fetched::Page { page, .. } = clients.fetch(&road.clients[0], &road.zones[0].address)? {
            *pages.entry(page).or_default() += 1;
        }
    }
    Ok(pages)
}
