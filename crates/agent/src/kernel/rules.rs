//! Source routing inside an instance with several interfaces: what is sent from an address looks into the table of the
//! interface that has it.

use std::net::IpAddr;
use std::{fs, io};

use futures_util::TryStreamExt as _;
use rtnetlink::IpVersion;
use rtnetlink::packet_route::rule::{RuleAction, RuleAttribute, RuleMessage};

use super::netlink::{Netlink, NetlinkError};

/// `RT_TABLE_MAIN` of `linux/rtnetlink.h`.
pub const MAIN_TABLE: u8 = 254;
/// Table of the primary interface; the others' follow.
pub const SOURCE_TABLES: u8 = 100;
/// Priority of all our rules, before the main table's 32766: it tells them from others.
const PRIORITY: u32 = 1000;
/// The switch, as the caller's namespace sees it.
const FORWARDING: &str = "/proc/sys/net/ipv4/ip_forward";

/// Packets from this address look into this table first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceRule {
    /// The source address.
    pub address: IpAddr,
    /// The routing table.
    pub table: u8,
}

/// How a whole instance routes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routing {
    /// Its only source rules.
    pub rules: Vec<SourceRule>,
    /// Whether it passes on what is not for itself.
    pub forwards: bool,
}

/// Switches forwarding on or off in the caller's namespace.
pub(super) fn set_forwarding(forwards: bool) -> io::Result<()> {
    let wanted = if forwards { "1" } else { "0" };
    if fs::read_to_string(FORWARDING)?.trim() == wanted { Ok(()) } else { fs::write(FORWARDING, wanted) }
}

impl Netlink {
    /// Makes these the namespace's only source rules.
    pub(super) async fn set_source_rules(&self, wanted: &[SourceRule]) -> Result<(), NetlinkError> {
        let mut present: Vec<RuleMessage> = Vec::new();
        for version in [IpVersion::V4, IpVersion::V6] {
            let request = self.handle.rule().get(version).execute();
            present.extend(request.try_collect::<Vec<_>>().await.map_err(|e| self.refused("list rules", e))?);
        }
        let mut missing = wanted.to_vec();
        for message in present {
            let Some(rule) = ours(&message) else { continue };
            if wanted.contains(&rule) {
                missing.retain(|other| *other != rule);
                continue;
            }
            let what = format!("remove the rule for packets from {}", rule.address);
            self.handle.rule().del(message).execute().await.map_err(|e| self.refused(&what, e))?;
        }
        for rule in missing {
            let request = self.handle.rule().add().table_id(u32::from(rule.table));
            let request = request.priority(PRIORITY).action(RuleAction::ToTable);
            let added = match rule.address {
                IpAddr::V4(address) => request.v4().source_prefix(address, 32).execute().await,
                IpAddr::V6(address) => request.v6().source_prefix(address, 128).execute().await,
            };
            let what = format!("add a rule for packets from {}", rule.address);
            added.map_err(|e| self.refused(&what, e))?;
        }
        Ok(())
    }
}

fn ours(message: &RuleMessage) -> Option<SourceRule> {
    let address = message.attributes.iter().find_map(|attribute| match attribute {
        RuleAttribute::Source(address) => Some(*address),
        _ => None,
    })?;
    let is_ours = message.attributes.contains(&RuleAttribute::Priority(PRIORITY));
    is_ours.then_some(SourceRule { address, table: message.header.table })
}
