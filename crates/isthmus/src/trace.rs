//! `isthmus trace`: what would become of a connection, stage by stage.

use std::time::Duration;

use agent::flows::Viewer;
use agent::trace::{From, Protocol, Question, Trace};
use anyhow::{Context, Result, bail};
use clap::Args;
use model::net::Family;

use crate::down::agent_config;
use crate::place::Which;

/// Which connection.
#[derive(Args, Debug)]
pub struct TraceArgs {
    #[command(flatten)]
    which: Which,
    /// Its client: an instance (i-…), an interface (eni-…) or an interface's address.
    from: String,
    /// Whom it asks for: an address ([ADDRESS] in IPv6) or a name of the client's VPC, and a port; of a ping no port.
    #[arg(value_name = "TO:PORT")]
    to: String,
    /// By IPv6 to a name that has addresses of both families.
    #[arg(long, short = '6')]
    ipv6: bool,
    /// A datagram instead of a TCP connection.
    #[arg(long, conflicts_with = "ping")]
    udp: bool,
    /// A ping.
    #[arg(long)]
    ping: bool,
    /// Wait for the client's next packet to there, of a connection that is there or a new one, and say what became of it.
    #[arg(long)]
    next: bool,
    /// How long to wait for it, seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "next")]
    timeout: u64,
    /// For a program to read.
    #[arg(long)]
    json: bool,
}

impl TraceArgs {
    /// Prints each stage's decision.
    ///
    /// # Errors
    /// When there is no data plane, client or target are unknown, or the caller is not root.
    pub fn run(&self) -> Result<()> {
        let place = self.which.place()?;
        let plan = place.plan()?;
        let (config, question) = (agent_config(&place)?, self.question()?);
        let trace = if self.next {
            agent::trace::next(&config, &plan, &question, Duration::from_secs(self.timeout))?
        } else {
            agent::trace::trace(&config, &plan, &question, &Viewer::Operator)?
        };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&trace)?);
        } else {
            print!("{}", screen(&trace));
        }
        Ok(())
    }

    fn question(&self) -> Result<Question> {
        let protocol = match (self.udp, self.ping) {
            (true, _) => Protocol::Udp,
            (false, true) => Protocol::Icmp,
            (false, false) => Protocol::Tcp,
        };
        let (to, port) = if self.ping { (self.to.clone(), 0) } else { split(&self.to)? };
        let family = self.ipv6.then_some(Family::Ipv6);
        Ok(Question { from: client(&self.from)?, to, family, port, protocol })
    }
}

fn split(to: &str) -> Result<(String, u16)> {
    let (host, port) = to.rsplit_once(':').with_context(|| format!("'{to}' has no port: give TO:PORT"))?;
    let port = port.parse().with_context(|| format!("'{port}' is no port: give 1 to 65535"))?;
    if host.contains(':') && !host.starts_with('[') {
        bail!("'{to}' does not say where its port begins: give [ADDRESS]:PORT");
    }
    Ok((host.to_owned(), port))
}

fn client(from: &str) -> Result<From> {
    if let Ok(address) = from.parse() {
        return Ok(From::Address(address));
    }
    if let Ok(id) = from.parse() {
        return Ok(From::Instance(id));
    }
    match from.parse() {
        Ok(id) => Ok(From::Eni(id)),
        Err(_) => bail!("'{from}' is no client: give an instance (i-…), an interface (eni-…) or an address"),
    }
}

fn screen(trace: &Trace) -> String {
    let line = |stage: &agent::trace::Stage| match &stage.by {
        Some(by) => format!("{:<20}{}  ({by})\n", stage.stage, stage.decision),
        None => format!("{:<20}{}\n", stage.stage, stage.decision),
    };
    trace.stages.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_and_its_port_are_told_apart_by_brackets() {
        assert_eq!(split("[fd00::1]:80").unwrap(), ("[fd00::1]".to_owned(), 80));
        assert_eq!(split("shop.example:80").unwrap(), ("shop.example".to_owned(), 80));
        assert!(split("fd00::1:80").unwrap_err().to_string().contains("[ADDRESS]:PORT"));
        assert!(split("[fd00::1]").is_err());
        assert!(matches!(client("fd00::1").unwrap(), From::Address(address) if address.is_ipv6()));
    }
}
