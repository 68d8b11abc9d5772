//! `isthmus whois`: who stands behind the source address and port of a connection.

use std::net::SocketAddr;

use agent::flows::FlowProtocol;
use agent::whois::{Caller, Question, Receiver, whois};
use anyhow::{Result, bail};
use clap::Args;
use model::id::{InstanceId, VpcId};

use crate::down::agent_config;
use crate::place::Which;

/// Which connection.
#[derive(Args, Debug)]
pub struct Whois {
    #[command(flatten)]
    which: Which,
    /// Its source, as the instance that has got it sees it.
    #[arg(value_name = "ADDRESS:PORT")]
    from: SocketAddr,
    /// Only connections that instances of this VPC have got.
    #[arg(long, value_name = "ID", conflicts_with = "instance")]
    vpc: Option<VpcId>,
    /// Only connections that this instance has got.
    #[arg(long, value_name = "ID")]
    instance: Option<InstanceId>,
    /// For a program to read.
    #[arg(long)]
    json: bool,
}

impl Whois {
    /// Prints who it is.
    ///
    /// # Errors
    /// When nobody has such a connection, there is no data plane, or the caller is not root.
    pub fn run(self) -> Result<()> {
        let place = self.which.place()?;
        let plan = place.plan()?;
        let receiver = match (self.vpc, self.instance) {
            (Some(vpc), _) => Receiver::Vpc(vpc),
            (None, Some(instance)) => Receiver::Instance(instance),
            (None, None) => Receiver::Any,
        };
        let callers = whois(&agent_config(&place)?, &plan, &Question { from: self.from, receiver })?;
        if callers.is_empty() {
            bail!("no instance has a connection from {}", self.from);
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&callers)?);
        } else {
            print!("{}", callers.iter().map(screen).collect::<Vec<_>>().join("\n"));
        }
        Ok(())
    }
}

fn screen(caller: &Caller) -> String {
    let protocol = match caller.protocol {
        FlowProtocol::Tcp => "tcp",
        FlowProtocol::Udp => "udp",
        FlowProtocol::Icmp => "icmp",
    };
    let client = match caller.client {
        Some(client) => client.to_string(),
        None => "the host itself: a health check".to_owned(),
    };
    let interface = caller.eni.as_ref().zip(caller.instance.as_ref());
    let endpoint = caller.endpoint.as_ref().zip(caller.service.as_ref());
    let lines = [
        ("connection", Some(format!("{protocol} {} > {} of {}", caller.from, caller.to, caller.receiver))),
        ("client", Some(client)),
        ("account", caller.account.map(|account| account.to_string())),
        ("vpc", caller.vpc.as_ref().map(VpcId::to_string)),
        ("interface", interface.map(|(eni, instance)| format!("{eni} of {instance}"))),
        ("asked for", caller.asked.map(|asked| asked.to_string())),
        ("endpoint", endpoint.map(|(endpoint, service)| format!("{endpoint}  ({service})"))),
        ("listener", caller.listener.as_ref().map(|listener| listener.to_string())),
        ("in the name of", caller.reverse.as_ref().map(|reverse| reverse.to_string())),
    ];
    let line = |(name, value): (&str, Option<String>)| Some(format!("{name:<20}{}\n", value?));
    lines.into_iter().filter_map(line).collect()
}
