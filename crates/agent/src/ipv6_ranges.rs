//! Ranges of IPv6 addresses in rules, as groups whose members are the interfaces' addresses in them: what stands for an address
//! does not tell where it lies.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv6Net};
use model::id::GroupIndex;
use model::plan::{GroupPlan, PeerPlan};
use tables::IPV6_RANGE;

use crate::ipv6::Ipv6Addresses;
use crate::kernel::packed::stand_in;

/// The ranges of a plan, each with the number of its group.
#[derive(Debug)]
pub(crate) struct Ipv6Ranges(BTreeMap<Ipv6Net, u32>);

impl Ipv6Ranges {
    /// Those that rules of these groups name.
    pub(crate) fn of(groups: &BTreeMap<GroupIndex, GroupPlan>) -> Self {
        let rules = groups.values().flat_map(|group| group.ingress.iter().chain(&group.egress));
        let peer = |peer: PeerPlan| match peer {
            PeerPlan::Ipv6Cidr(range) => Some(range),
            PeerPlan::Cidr(_) | PeerPlan::Group(_) => None,
        };
        let own = |own: Option<IpNet>| match own {
            Some(IpNet::V6(range)) => Some(range),
            Some(IpNet::V4(_)) | None => None,
        };
        Self::numbered(
            rules.flat_map(|rule| peer(rule.peer).into_iter().chain(own(rule.own))).collect(),
            hash,
        )
    }

    /// A hash, so that a range keeps its number whatever others there are; no two ever have the same.
    fn numbered(ranges: BTreeSet<Ipv6Net>, hash: impl Fn(&Ipv6Net) -> u32) -> Self {
        let (mut numbers, mut taken) = (BTreeMap::new(), BTreeSet::new());
        for range in ranges {
            let mut number = IPV6_RANGE | hash(&range);
            while !taken.insert(number) {
                number = IPV6_RANGE | number.wrapping_add(1);
            }
            numbers.insert(range, number);
        }
        Self(numbers)
    }

    /// The number of a range's group; `None` = no rule names it.
    pub(crate) fn number(&self, range: &Ipv6Net) -> Option<u32> {
        self.0.get(range).copied()
    }

    /// Members of the groups.
    pub(crate) fn members(&self, addresses: &Ipv6Addresses) -> BTreeSet<(u32, Ipv4Addr)> {
        let of_range = |(range, number): (&Ipv6Net, &u32)| {
            let (range, number) = (*range, *number);
            let inside = addresses.0.iter().filter(move |(_, address)| range.contains(*address));
            inside.map(move |(index, _)| (number, stand_in(*index))).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_range).collect()
    }
}

/// FNV-1a, folded.
fn hash(range: &Ipv6Net) -> u32 {
    let bytes = range.network().octets().into_iter().chain([range.prefix_len()]);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use model::id::Ipv6Index;

    use super::*;

    #[test]
    fn ranges_of_one_hash_do_not_share_their_members() {
        let [one, other]: [Ipv6Net; 2] = ["fd00:1::/64", "fd00:2::/64"].map(|it| it.parse().unwrap());
        let ranges = Ipv6Ranges::numbered([one, other].into(), |_| u32::MAX);
        let numbers = [one, other].map(|range| ranges.number(&range).unwrap());
        assert_ne!(numbers[0], numbers[1]);
        assert!(numbers.iter().all(|number| number & IPV6_RANGE != 0), "never a security group's");
        let addresses = [(1, "fd00:1::7"), (2, "fd00:2::7"), (3, "fd00:3::7")];
        let addresses = addresses.map(|(index, it)| (Ipv6Index(index), it.parse().unwrap()));
        let expected = [(numbers[0], stand_in(Ipv6Index(1))), (numbers[1], stand_in(Ipv6Index(2)))];
        assert_eq!(ranges.members(&Ipv6Addresses(addresses.into())), expected.into());
    }

    #[test]
    fn a_range_keeps_its_number_whatever_others_there_are() {
        let [one, other]: [Ipv6Net; 2] = ["fd00:1::/64", "fd00:1::/56"].map(|it| it.parse().unwrap());
        let alone = Ipv6Ranges::numbered([one].into(), hash).number(&one);
        let both = Ipv6Ranges::numbered([one, other].into(), hash);
        assert!(alone.is_some() && both.number(&one) == alone && both.number(&other) != alone);
    }
}
