//! Private zones as the resolver sees them, pure: which zone a name lies in, and what it says about the name.

use std::collections::BTreeMap;

use hickory_server::proto::rr::rdata::{A, AAAA, CNAME, MX, PTR, SRV, TXT};
use hickory_server::proto::rr::{Name, RData, RecordType};
use model::plan::ZonePlan;
use model::private_zone::{DnsName, ProxyPattern, RecordData};

/// Longest string of a TXT record, bytes (RFC 1035, section 3.3.14); longer text is cut into several.
const TXT_STRING: usize = 255;

/// What a zone says about a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Finding {
    /// These records, with the seconds that each may be kept.
    Records(Vec<(RData, u32)>),
    /// It is another name for this one.
    Alias(DnsName, u32),
    /// It exists, but has no record of this type.
    NoData,
    /// It does not exist.
    NoName,
    /// The host's resolvers know.
    Elsewhere,
}

/// The most specific of these zones in which a name (lower case, no last dot) lies.
pub(crate) fn zone_of<'a>(
    zones: &'a BTreeMap<String, ZonePlan>,
    name: &str,
) -> Option<(&'a str, &'a ZonePlan)> {
    suffixes(name)
        .find_map(|suffix| zones.get_key_value(suffix))
        .map(|(domain, zone)| (domain.as_str(), zone))
}

/// The name, then what is left of it label by label.
fn suffixes(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |rest| rest.split_once('.').map(|(_, rest)| rest))
}

/// What the zone of `domain` says.
pub(crate) fn look_up(domain: &str, zone: &ZonePlan, name: &str, kind: RecordType) -> Finding {
    match records_of(domain, zone, name) {
        Some(records) => of_kind(records, kind),
        None if exists_above(zone, name) || name == domain => Finding::NoData,
        None => match zone.proxy {
            ProxyPattern::Zone => Finding::NoName,
            ProxyPattern::Record => Finding::Elsewhere,
        },
    }
}

/// The records of a name, or those of the closest `*` when there is nothing at the name (RFC 4592).
fn records_of<'a>(domain: &str, zone: &'a ZonePlan, name: &str) -> Option<&'a [(RecordData, u32)]> {
    if let Some(records) = zone.records.get(name) {
        return Some(records);
    }
    if exists_above(zone, name) {
        return None;
    }
    for parent in suffixes(name).skip(1).take_while(|parent| parent.len() >= domain.len()) {
        if let Some(records) = zone.records.get(&format!("*.{parent}")) {
            return Some(records);
        }
        // A `*` does not reach below a name that is there.
        if zone.records.contains_key(parent) || exists_above(zone, parent) {
            return None;
        }
    }
    None
}

/// Whether names below this one have records: then it exists itself.
fn exists_above(zone: &ZonePlan, name: &str) -> bool {
    let below = format!(".{name}");
    zone.records.keys().any(|owner| owner.ends_with(&below) && !is_wildcard_of(owner, &below))
}

fn is_wildcard_of(owner: &str, below: &str) -> bool {
    owner.strip_suffix(below) == Some("*")
}

fn of_kind(records: &[(RecordData, u32)], kind: RecordType) -> Finding {
    if kind != RecordType::CNAME {
        let alias = records.iter().find_map(|(data, ttl)| match data {
            RecordData::Cname(target) => Some((target.clone(), *ttl)),
            RecordData::A(_) | RecordData::Aaaa(_) | RecordData::Txt(_) | RecordData::Ptr(_) => None,
            RecordData::Mx { .. } | RecordData::Srv { .. } => None,
        });
        if let Some((target, ttl)) = alias {
            return Finding::Alias(target, ttl);
        }
    }
    let found = records.iter().filter_map(|(data, ttl)| Some((rdata(data)?, *ttl)));
    let found: Vec<_> = found.filter(|(data, _)| data.record_type() == kind).collect();
    if found.is_empty() { Finding::NoData } else { Finding::Records(found) }
}

/// A name as the wire has it.
pub(crate) fn wire_name(name: &DnsName) -> Option<Name> {
    Name::from_ascii(format!("{name}.")).ok()
}

/// `None` only for what cannot be written on the wire, which no checked name is.
fn rdata(data: &RecordData) -> Option<RData> {
    Some(match data {
        RecordData::A(address) => RData::A(A(*address)),
        RecordData::Aaaa(address) => RData::AAAA(AAAA(*address)),
        RecordData::Cname(target) => RData::CNAME(CNAME(wire_name(target)?)),
        RecordData::Txt(text) => {
            let strings = text.as_bytes().chunks(TXT_STRING).collect();
            RData::TXT(TXT::from_bytes(strings))
        }
        RecordData::Mx { preference, exchange } => RData::MX(MX::new(*preference, wire_name(exchange)?)),
        RecordData::Ptr(target) => RData::PTR(PTR(wire_name(target)?)),
        RecordData::Srv { priority, weight, port, target } => {
            RData::SRV(SRV::new(*priority, *weight, *port, wire_name(target)?))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(proxy: ProxyPattern, records: &[(&str, &[&str])]) -> ZonePlan {
        let data = |text: &&str| {
            let data = text.parse().map(RecordData::A);
            (data.unwrap_or_else(|_| RecordData::Cname(text.parse().unwrap())), 60)
        };
        let of = |(name, all): &(&str, &[&str])| ((*name).to_owned(), all.iter().map(data).collect());
        ZonePlan { proxy, records: records.iter().map(of).collect() }
    }

    fn shop(proxy: ProxyPattern) -> ZonePlan {
        zone(
            proxy,
            &[
                ("www.shop.test", &["10.0.0.1", "10.0.0.2"]),
                ("alias.shop.test", &["www.shop.test"]),
                ("*.shop.test", &["10.0.0.9"]),
                ("deep.below.shop.test", &["10.0.0.3"]),
            ],
        )
    }

    fn addresses(finding: &Finding) -> usize {
        if let Finding::Records(records) = finding { records.len() } else { 0 }
    }

    #[test]
    fn the_most_specific_zone_is_chosen() {
        let zones: BTreeMap<String, ZonePlan> =
            ["test", "shop.test"].map(|name| (name.to_owned(), shop(ProxyPattern::Zone))).into();
        let chosen = |name| zone_of(&zones, name).map(|(domain, _)| domain);
        assert_eq!(chosen("www.shop.test"), Some("shop.test"));
        assert_eq!(chosen("shop.test"), Some("shop.test"));
        assert_eq!(chosen("myshop.test"), Some("test"));
        assert_eq!(chosen("shop.test.example"), None);
    }

    #[test]
    fn names_types_aliases_and_wildcards() {
        let zone = shop(ProxyPattern::Zone);
        let find = |name, kind| look_up("shop.test", &zone, name, kind);
        assert_eq!(addresses(&find("www.shop.test", RecordType::A)), 2);
        assert_eq!(find("www.shop.test", RecordType::AAAA), Finding::NoData);
        assert_eq!(
            find("alias.shop.test", RecordType::A),
            Finding::Alias("www.shop.test".parse().unwrap(), 60)
        );
        assert_eq!(addresses(&find("alias.shop.test", RecordType::CNAME)), 1);
        assert_eq!(addresses(&find("anything.shop.test", RecordType::A)), 1);
        assert_eq!(addresses(&find("more.anything.shop.test", RecordType::A)), 1);
        assert_eq!(find("below.shop.test", RecordType::A), Finding::NoData);
        assert_eq!(find("other.below.shop.test", RecordType::A), Finding::NoName);
        assert_eq!(find("shop.test", RecordType::A), Finding::NoData);
    }

    #[test]
    fn what_a_zone_does_not_have_is_nowhere_or_elsewhere() {
        for (proxy, finding) in
            [(ProxyPattern::Zone, Finding::NoName), (ProxyPattern::Record, Finding::Elsewhere)]
        {
            let zone = zone(proxy, &[("www.shop.test", &["10.0.0.1"])]);
            assert_eq!(look_up("shop.test", &zone, "no.shop.test", RecordType::A), finding);
            assert_eq!(look_up("shop.test", &zone, "www.shop.test", RecordType::AAAA), Finding::NoData);
        }
    }
}
