//! `isthmus flows`: what became of connections, from each tenant's side.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Shutdown};
use std::os::unix::net::UnixStream;

use agent::flows::{Filter, FlowEvent, FlowProtocol, FlowRecord, Query, Told, Traffic, Tuple, Viewer};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use model::id::{AccountId, EndpointId, EniId, VpcId};

use crate::down::agent_config;
use crate::place::Which;

/// Which connections, and whose view of them.
#[derive(Args, Debug)]
pub struct Flows {
    #[command(flatten)]
    which: Which,
    /// Go on with what comes.
    #[arg(long, short)]
    follow: bool,
    /// At most the last so many of what is kept.
    #[arg(long, value_name = "N", default_value_t = 100)]
    last: usize,
    /// What this account sees, by its number [default: everything, for the operator].
    #[arg(long, value_name = "NUMBER", conflicts_with = "vpc")]
    account: Option<u64>,
    /// What this VPC sees.
    #[arg(long, value_name = "ID")]
    vpc: Option<VpcId>,
    /// Only these: new, closed, denied, reset, expired.
    #[arg(long, value_name = "EVENT", value_delimiter = ',', value_parser = event)]
    event: Vec<FlowEvent>,
    /// Only this protocol.
    #[arg(long, value_enum)]
    protocol: Option<Protocol>,
    /// Only connections that have this address at one of their ends.
    #[arg(long)]
    address: Option<IpAddr>,
    /// Only connections that have this port at one of their ends.
    #[arg(long)]
    port: Option<u16>,
    /// Only connections through this endpoint.
    #[arg(long, value_name = "ID")]
    endpoint: Option<EndpointId>,
    /// Only connections that begin or end at this interface.
    #[arg(long, value_name = "ID")]
    eni: Option<EniId>,
    /// A JSON object a line.
    #[arg(long)]
    json: bool,
}

/// What a connection speaks.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Protocol {
    Tcp,
    Udp,
    Icmp,
}

fn event(text: &str) -> Result<FlowEvent, String> {
    FlowEvent::try_from(text.to_owned())
}

impl Flows {
    /// Prints them.
    ///
    /// # Errors
    /// When no daemon runs for this state, or the caller is not root.
    pub fn run(self) -> Result<()> {
        let place = self.which.place()?;
        let path = agent_config(&place)?.flows_socket();
        let no_daemon = || {
            format!(
                "nobody tells the flow log of {}: does `isthmus up` run, and are you root?",
                place.state.display()
            )
        };
        let mut stream = UnixStream::connect(path).with_context(no_daemon)?;
        let json = self.json;
        stream.write_all(&serde_json::to_vec(&self.query())?)?;
        stream.shutdown(Shutdown::Write)?;
        for line in BufReader::new(stream).lines() {
            match serde_json::from_str(&line?)? {
                Told::Flow(record) if json => print(&serde_json::to_string(&record)?)?,
                Told::Flow(record) => print(&text(&record))?,
                Told::Missed(records) => {
                    eprintln!("isthmus: {records} records came faster than they were printed")
                }
            }
        }
        Ok(())
    }

    fn query(self) -> Query {
        let viewer = match (self.account, self.vpc) {
            (Some(account), _) => Viewer::Account(AccountId(account)),
            (None, Some(vpc)) => Viewer::Vpc(vpc),
            (None, None) => Viewer::Operator,
        };
        let protocol = self.protocol.map(|protocol| match protocol {
            Protocol::Tcp => FlowProtocol::Tcp,
            Protocol::Udp => FlowProtocol::Udp,
            Protocol::Icmp => FlowProtocol::Icmp,
        });
        let filter = Filter {
            events: self.event,
            protocol,
            address: self.address,
            port: self.port,
            endpoint: self.endpoint,
            eni: self.eni,
        };
        Query { viewer, filter, last: self.last, follow: self.follow }
    }
}

/// At once, for whoever reads from a pipe.
fn print(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// One line for a person.
fn text(record: &FlowRecord) -> String {
    let time = jiff::Timestamp::from_millisecond(record.time_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let protocol = match record.protocol {
        FlowProtocol::Tcp => "tcp",
        FlowProtocol::Udp => "udp",
        FlowProtocol::Icmp => "icmp",
    };
    let mut line =
        format!("{} {:7} {protocol:4}", time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"), record.event.0.text());
    let sides = [("asked", record.asked), ("served", record.served)];
    for (name, tuple) in sides.into_iter().filter_map(|(name, tuple)| Some((name, tuple?))) {
        let Tuple { from, to } = tuple;
        // Writing to a string does not fail.
        let _ = write!(line, " {name} {from} > {to}");
    }
    if let Some(endpoint) = &record.endpoint {
        let _ = write!(line, " through {endpoint}");
    }
    if let Some(listener) = &record.listener {
        let _ = write!(line, " by {listener}");
    }
    if let Some(reverse) = &record.reverse {
        let _ = write!(line, " in the name of {reverse}");
    }
    let _ = write!(line, " sent {} received {}", amount(record.sent), amount(record.received));
    if let Some(reason) = record.reason {
        let _ = write!(line, ": {}", reason.text());
    }
    line
}

fn amount(traffic: Traffic) -> String {
    format!("{}/{}", traffic.packets, traffic.bytes)
}
