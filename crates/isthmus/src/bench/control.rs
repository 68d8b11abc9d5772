//! `isthmus bench --control`: what the control plane does in a second, and whether it still does with a large state.
//!
//! A daemon of its own, asked over HTTP as any client asks; clients and daemon share the processors. It begins with the
//! walkthrough and adds endpoints and rules through the API. So every figure is one that a user would see.

mod daemon;
mod fill;
mod load;
mod wire;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use control::rpc::Product;

use super::figure::{self, Figure};
use super::output;
use super::targets::Bound;
use crate::client::{Client, text};
use crate::demo::fetch::Clients;
use crate::walkthrough::{Road, Session};
use daemon::Daemon;
use load::{latency, rate};

/// How long a rate is measured.
const SPAN: Duration = Duration::from_secs(3);

/// Measures, prints a table with a verdict for each target, and renews the section of a page.
///
/// # Errors
/// When the system cannot be built or asked, or a target is missed.
pub(super) fn run(page: Option<&Path>) -> Result<()> {
    let mut daemon = Daemon::start()?;
    let client = daemon.client().clone();
    let road = Road::build(&client, &mut |_| ())?;
    let mut figures = vec![reads("reads a second, small state", &client, &road)?];
    figures.extend(fill::endpoints(&client, &road)?);
    fill::rules(&client, &road)?;
    figures.push(reads("reads a second, large state", &client, &road)?);
    figures.extend(latencies(&client, &road)?);
    figures.push(acceptance(&daemon, &client, &road)?);
    let restart = daemon.restart()?;
    figures.push(Figure {
        what: "restart, kill to first answer, s".into(),
        bound: Bound::AtMost(5.0),
        reached: restart.as_secs_f64(),
    });
    figure::report(&figures, page, output::CONTROL)
}

fn reads(what: &str, client: &Client, road: &Road) -> Result<Figure> {
    let which = format!("VpcId={}", road.consumer.id);
    let reached = rate(client, SPAN, (Product::Vpc, "DescribeVpcAttribute", &which))?;
    Ok(Figure { what: what.into(), bound: Bound::AtLeast(20_000.0), reached })
}

/// How long single calls take with all of it there, each the median of many, milliseconds.
fn latencies(client: &Client, road: &Road) -> Result<Vec<Figure>> {
    let endpoint = format!("EndpointId={}", road.endpoint);
    let group = format!("SecurityGroupId={}", road.security_group);
    let calls: [(f64, Product, &str, &str); 6] = [
        (1.0, Product::Privatelink, "GetVpcEndpointAttribute", &endpoint),
        (1.0, Product::Ecs, "DescribeSecurityGroupAttribute", &group),
        (10.0, Product::Privatelink, "ListVpcEndpoints", "MaxResults=50"),
        (10.0, Product::Privatelink, "ListVpcEndpointConnections", "MaxResults=50"),
        (10.0, Product::Ecs, "DescribeNetworkInterfaces", "PageSize=50"),
        (10.0, Product::Ecs, "DescribeSecurityGroups", "PageSize=50"),
    ];
    let figure = |(limit, product, action, parameters): (f64, Product, &str, &str)| {
        let reached = latency(client, product, action, parameters)?;
        Ok(Figure { what: format!("{action}, ms"), bound: Bound::AtMost(limit), reached })
    };
    calls.into_iter().map(figure).collect()
}

/// From the provider's call to the consumer's first page.
fn acceptance(daemon: &Daemon, client: &Client, road: &Road) -> Result<Figure> {
    let mut quiet = |_: crate::walkthrough::Event<'_>| ();
    let mut session = Session::new(client, &mut quiet);
    let watch = Clients::of(daemon.place())?.watch(&road.clients[0], &road.zones[0].address, true)?;
    let start = Instant::now();
    road.allow(&mut session)?;
    let took = watch.since(start)?;
    Ok(Figure {
        what: "accepted connection, first page, ms".into(),
        bound: Bound::AtMost(300.0),
        reached: took.as_secs_f64() * 1000.0,
    })
}

/// One call of a filler, which must succeed; the text at `field` of its answer.
fn made(
    client: &Client,
    product: Product,
    action: &str,
    field: &str,
    parameters: &[(&str, &str)],
) -> Result<String> {
    let owned: Vec<_> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let answer = client.call(product, action, &owned)?;
    text(&answer, field).with_context(|| format!("{action}: the answer has no {field}"))
}
