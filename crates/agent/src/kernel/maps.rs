//! The maps that the agent writes. They are made equal to an image in an order in which nothing ever refers to what
//! is not there yet: rules, policies, headers, servers, limits, rates, loads, local addresses, slots, listeners, IPv6
//! addresses, addresses, routes, ports; removals go the other way.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::path::Path;

use aya::Pod;
use model::id::ServerIndex;
use tables::{
    Address, AddressKey, AddressKind, Carried, CarriedKey, Flow, FlowKey, Header, HeaderKey, Ipv6, Limit,
    Listener, ListenerPrefix, Load, Locals, LocalsKey, MemberKey, Policy, Port, Rate, RateKey, RoutePrefix,
    Rule, Server,
};

use super::clock::KernelClock;
use super::table::{Table, TableError};
use crate::encode::{self, Places};
use crate::image::Image;
use crate::leaving::Former;
use crate::ranges::{Full, Place, Range, place};

/// The plan is larger than a map: what did not fit lets nothing through, everything else is as planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan does not fit into map {map}")]
pub struct Overflow {
    /// Its name.
    map: &'static str,
    /// By how much.
    #[source]
    source: Full,
}

/// The pinned maps.
#[derive(Debug)]
pub struct Maps {
    /// Ports.
    pub ports: Table<u32, Port>,
    ipv6: Table<Ipv6, u32>,
    /// IPv6 addresses, by what stands for them.
    pub ipv6_addresses: Table<u32, Ipv6>,
    /// What addresses mean.
    pub addresses: Table<AddressKey, Address>,
    /// Where packets go whose destination nobody has.
    pub routes: Table<RoutePrefix, u32>,
    policies: Table<u32, Policy>,
    rules: Table<u32, Rule>,
    members: Table<MemberKey, u8>,
    headers: Table<HeaderKey, Header>,
    /// Listeners.
    pub listeners: Table<ListenerPrefix, Listener>,
    slots: Table<u32, u32>,
    /// Servers.
    pub servers: Table<u32, Server>,
    limits: Table<u32, Limit>,
    rates: Table<RateKey, Rate>,
    /// Connections of servers; the agent sets the program's count right.
    pub loads: Table<u32, Load>,
    locals: Table<LocalsKey, Locals>,
    epoch: Table<u32, u32>,
    /// What connections that are over have carried.
    pub carried: Table<CarriedKey, Carried>,
    /// Connections; the agent only reads and ends them.
    pub flows: Table<FlowKey, Flow>,
    /// By which these are idle.
    pub clock: KernelClock,
}

/// What a pass knows of maps that it has written.
#[derive(Debug, Default)]
pub struct Known {
    /// Contents of `PORTS`.
    pub(crate) ports: HashMap<u32, Port>,
    pub(crate) rules: Rules,
}

/// The rules of all policies, and where they are.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    lists: Vec<Vec<Rule>>,
    /// Contents of `POLICIES`.
    entries: HashMap<u32, Policy>,
    /// The id of each policy.
    ids: Vec<u32>,
    /// That some are empty for want of room.
    overflow: Option<Overflow>,
}

/// What a pass changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Entries written or removed.
    pub entries: usize,
    /// Something that first packets are judged by changed, so established flows must be judged again.
    pub judgement: bool,
    /// Something that connections go through or to is gone: a sweep should look for them at once.
    pub departure: bool,
    /// What did not fit: policies and server tables.
    pub overflows: [Option<Overflow>; 2],
}

impl Maps {
    /// Opens the maps pinned in `directory`.
    pub fn open(directory: &Path) -> Result<Self, TableError> {
        Ok(Self {
            ports: Table::open(directory, "PORTS")?,
            ipv6: Table::open(directory, "IPV6")?,
            ipv6_addresses: Table::open(directory, "IPV6_ADDRESSES")?,
            addresses: Table::open(directory, "ADDRESSES")?,
            routes: Table::open(directory, "ROUTES")?,
            policies: Table::open(directory, "POLICIES")?,
            rules: Table::open(directory, "RULES")?,
            members: Table::open(directory, "MEMBERS")?,
            headers: Table::open(directory, "HEADERS")?,
            listeners: Table::open(directory, "LISTENERS")?,
            slots: Table::open(directory, "SLOTS")?,
            servers: Table::open(directory, "SERVERS")?,
            limits: Table::open(directory, "LIMITS")?,
            rates: Table::open(directory, "RATES")?,
            loads: Table::open(directory, "LOADS")?,
            locals: Table::open(directory, "LOCALS")?,
            epoch: Table::open(directory, "EPOCH")?,
            carried: Table::open(directory, "CARRIED")?,
            flows: Table::open(directory, "FLOWS")?,
            clock: KernelClock::open(directory)?,
        })
    }

    /// Makes the maps equal to the image; gives what is known of them too. `rejudge` raises the epoch even when nothing
    /// changed: a pass that was interrupted before it raised the epoch leaves no other trace.
    pub fn sync(&self, image: &Image, rejudge: bool) -> Result<(Changes, Known), TableError> {
        let rules = self.write_rules(image)?;
        let (server_tables, no_slots) = self.write_slots(image)?;
        let places = Places { policies: rules.ids.clone(), server_tables };
        let network = Network::of(self, image, &rules, &places)?;
        let servers = Difference::of(&self.servers, encode::servers(image, &places))?;
        let loads = Difference::of(&self.loads, encode::loads(image))?;
        let locals = Difference::of(&self.locals, encode::locals(image))?;
        let listeners = Difference::of(&self.listeners, encode::listeners(image, &places))?;
        let [first @ .., ipv6_addresses, ipv6, addresses, routes, ports] = network.steps();
        let [members, policies, headers, limits, rates] = first;
        let steps = [
            members,
            policies,
            headers,
            &servers,
            limits,
            rates,
            &loads,
            &locals,
            &listeners,
            ipv6_addresses,
            ipv6,
            addresses,
            routes,
            ports,
        ];
        let changes = Changes {
            entries: carry_out(&steps)?,
            judgement: rejudge
                || network.changes_judgement()
                || servers.size() + locals.size() > 0
                || listeners.changes(differ_in_judgement),
            departure: servers.changes(departs) || listeners.changes(leads_elsewhere) || network.departs(),
            overflows: [rules.overflow, no_slots],
        };
        if changes.judgement {
            self.raise_epoch()?;
        }
        Ok((changes, Known { ports: encode::ports(image, &places), rules }))
    }

    /// The same for an image without load balancing, whose maps stay as they are: they were made for the ports that are known.
    /// `None` = the ports are not those any more, by links or policies; nothing that packets follow has changed.
    pub fn sync_network(&self, image: &Image, known: Known) -> Result<Option<(Changes, Known)>, TableError> {
        let Known { ports, rules } = known;
        let stay = rules.lists == image.policies && rules.overflow.is_none();
        let rules = if stay { rules } else { self.write_rules(image)? };
        let places = Places { policies: rules.ids.clone(), server_tables: Vec::new() };
        if encode::ports(image, &places) != ports {
            return Ok(None);
        }
        let network = Network::of(self, image, &rules, &places)?;
        let changes = Changes {
            entries: carry_out(&network.steps())?,
            judgement: network.changes_judgement(),
            departure: network.departs(),
            overflows: [rules.overflow, None],
        };
        if changes.judgement {
            self.raise_epoch()?;
        }
        Ok(Some((changes, Known { ports, rules })))
    }

    /// Puts rules that are not there yet into free places.
    fn write_rules(&self, image: &Image) -> Result<Rules, TableError> {
        let present: BTreeMap<u32, Range> = self
            .policies
            .entries()?
            .into_iter()
            .map(|(id, policy)| (id, Range { first: policy.first, count: policy.count }))
            .collect();
        let live = contents(&self.rules, present.values().copied())?;
        let (places, overflow) = write_lists(&self.rules, &live, &image.policies)?;
        let ids = policy_ids(&present, &places);
        let entry = |(id, place): (&u32, &Place)| {
            (*id, Policy { first: place.range.first, count: place.range.count })
        };
        let entries = ids.iter().zip(&places).map(entry).collect();
        Ok(Rules { lists: image.policies.clone(), entries, ids, overflow })
    }

    fn write_slots(&self, image: &Image) -> Result<Written, TableError> {
        let present = self.listeners.entries()?;
        let ranges =
            present.iter().map(|(_, listener)| Range { first: listener.first_slot, count: listener.slots });
        let live = contents(&self.slots, ranges)?;
        write_lists(&self.slots, &live, &image.server_tables)
    }

    fn raise_epoch(&self) -> Result<(), TableError> {
        self.epoch.set(&0, &self.epoch()?.wrapping_add(1))
    }

    /// The plan in force: flows of another one are judged again.
    pub fn epoch(&self) -> Result<u32, TableError> {
        Ok(self.epoch.range(0, 1)?.first().copied().unwrap_or(0))
    }

    /// The servers that the kernel knows.
    pub fn formers(&self) -> Result<BTreeMap<ServerIndex, Former>, TableError> {
        Ok(encode::formers(&self.servers.entries()?))
    }

    /// Name, entries in use and capacity of each map that can fill up.
    pub fn fill(&self) -> Result<Vec<(&'static str, usize, u32)>, TableError> {
        fn of<K: Pod, V: Pod>(table: &Table<K, V>) -> Result<(&'static str, usize, u32), TableError> {
            let mut used = 0;
            table.for_each(|_, _| used += 1)?;
            Ok((table.name(), used, table.capacity()))
        }
        let tables: BTreeMap<u32, usize> = (self.listeners.entries()?.iter())
            .map(|(_, listener)| (listener.first_slot, listener.slots as usize))
            .collect();
        let slots = tables.values().sum();
        let rules = self.policies.entries()?.iter().map(|(_, policy)| policy.count as usize).sum();
        Ok(vec![
            of(&self.flows)?,
            of(&self.ports)?,
            of(&self.ipv6)?,
            of(&self.addresses)?,
            of(&self.routes)?,
            of(&self.policies)?,
            (self.rules.name(), rules, self.rules.capacity()),
            of(&self.members)?,
            of(&self.headers)?,
            of(&self.listeners)?,
            (self.slots.name(), slots, self.slots.capacity()),
            of(&self.servers)?,
            of(&self.limits)?,
            of(&self.rates)?,
            of(&self.loads)?,
            of(&self.locals)?,
            of(&self.carried)?,
        ])
    }
}

/// Where lists are now, and that some are nowhere.
type Written = (Vec<Place>, Option<Overflow>);

fn write_lists<T: Pod + Eq + Hash>(
    table: &Table<u32, T>,
    live: &BTreeMap<Range, Vec<T>>,
    wanted: &[Vec<T>],
) -> Result<Written, TableError> {
    let (places, full) = place(live, wanted, table.capacity());
    let fresh = places.iter().zip(wanted).filter(|(place, _)| place.fresh);
    table.set_all(fresh.flat_map(|(place, list)| (place.range.first..).zip(list.iter().copied())))?;
    Ok((places, full.map(|source| Overflow { map: table.name(), source })))
}

fn contents<T: Pod>(
    table: &Table<u32, T>,
    ranges: impl Iterator<Item = Range>,
) -> Result<BTreeMap<Range, Vec<T>>, TableError> {
    ranges.map(|range| Ok((range, table.range(range.first, range.count)?))).collect()
}

/// Ids of policies in these places: of one already there, or the lowest that is free. A policy's meaning never changes under
/// its id.
fn policy_ids(present: &BTreeMap<u32, Range>, places: &[Place]) -> Vec<u32> {
    let mut there: HashMap<Range, Vec<u32>> = HashMap::new();
    for (id, range) in present.iter().rev() {
        there.entry(*range).or_default().push(*id);
    }
    let mut unused = (1..=u32::MAX).filter(|id| !present.contains_key(id));
    let mut id_at =
        |place: &Place| there.get_mut(&place.range).and_then(Vec::pop).or_else(|| unused.next()).unwrap_or(0);
    places.iter().map(&mut id_at).collect()
}

/// Whether a flow could be judged otherwise. Which servers get *new* connections does not concern established ones.
fn differ_in_judgement(old: Option<&Listener>, new: Option<&Listener>) -> bool {
    let without_slots = |listener: &Listener| Listener { first_slot: 0, slots: 0, ..*listener };
    old.map(without_slots) != new.map(without_slots)
}

/// Whether a server no longer serves.
fn departs(old: Option<&Server>, new: Option<&Server>) -> bool {
    old.is_some_and(|old| old.until == 0) && new.is_none_or(|new| new.until != 0)
}

/// Whether a listener leads to other servers, or nowhere.
fn leads_elsewhere(old: Option<&Listener>, new: Option<&Listener>) -> bool {
    old.is_some_and(|old| new.is_none_or(|new| old.server_group != new.server_group))
}

/// Whether an endpoint is served otherwise, or by nobody, or leads to its own VPC no more.
fn disconnects(old: Option<&Address>, new: Option<&Address>) -> bool {
    let served = |it: &Address| (it.vip, it.lease, it.replaced_vip, it.open);
    let is_served = |it: &&Address| it.kind == AddressKind::Endpoint as u8 && it.vip != 0 || it.open == 1;
    old.filter(is_served).is_some_and(|old| new.is_none_or(|new| served(old) != served(new)))
}

/// Whether an address from which a load balancer speaks is taken off.
fn falls_silent(old: Option<&Address>, new: Option<&Address>) -> bool {
    old.is_some_and(|old| old.kind == AddressKind::Local as u8) && new.is_none()
}

/// What separates a map from its wanted contents.
struct Difference<'a, K, V> {
    table: &'a Table<K, V>,
    /// Entries to write, with what they replace.
    written: Vec<(K, V, Option<V>)>,
    removed: Vec<(K, V)>,
}

/// What separates the maps from an image, load balancing left out.
struct Network<'a> {
    members: Difference<'a, MemberKey, u8>,
    policies: Difference<'a, u32, Policy>,
    headers: Difference<'a, HeaderKey, Header>,
    limits: Difference<'a, u32, Limit>,
    rates: Difference<'a, RateKey, Rate>,
    ipv6_addresses: Difference<'a, u32, Ipv6>,
    ipv6: Difference<'a, Ipv6, u32>,
    addresses: Difference<'a, AddressKey, Address>,
    routes: Difference<'a, RoutePrefix, u32>,
    ports: Difference<'a, u32, Port>,
}

impl<'a> Network<'a> {
    fn of(maps: &'a Maps, image: &Image, rules: &Rules, places: &Places) -> Result<Self, TableError> {
        Ok(Self {
            members: Difference::of(&maps.members, encode::members(image))?,
            policies: Difference::of(&maps.policies, rules.entries.clone())?,
            headers: Difference::of(&maps.headers, encode::headers(image))?,
            limits: Difference::of(&maps.limits, encode::limits(image))?,
            rates: Difference::of(&maps.rates, encode::rates(image))?,
            ipv6_addresses: Difference::of(&maps.ipv6_addresses, encode::ipv6_addresses(image))?,
            ipv6: Difference::of(&maps.ipv6, encode::ipv6(image))?,
            addresses: Difference::of(&maps.addresses, encode::addresses(image, places))?,
            routes: Difference::of(&maps.routes, encode::routes(image))?,
            ports: Difference::of(&maps.ports, encode::ports(image, places))?,
        })
    }

    fn changes_judgement(&self) -> bool {
        let [members, policies, _, _, _, judged @ ..] = self.steps();
        [members, policies].iter().chain(&judged).any(|step| step.size() > 0)
    }

    /// Whether a port has gone, an endpoint from what has served it, or a load balancer's local address.
    fn departs(&self) -> bool {
        !self.ports.removed.is_empty()
            || self.addresses.changes(disconnects)
            || self.addresses.changes(falls_silent)
    }

    /// In the order in which they are written.
    fn steps(&self) -> [&dyn Step; 10] {
        let Self {
            members,
            policies,
            headers,
            limits,
            rates,
            ipv6_addresses,
            ipv6,
            addresses,
            routes,
            ports,
        } = self;
        [members, policies, headers, limits, rates, ipv6_addresses, ipv6, addresses, routes, ports]
    }
}

/// Writes what is new, in order, then removes what is old, the other way; gives the number of entries.
fn carry_out(steps: &[&dyn Step]) -> Result<usize, TableError> {
    steps.iter().try_for_each(|step| step.write())?;
    steps.iter().rev().try_for_each(|step| step.remove())?;
    Ok(steps.iter().map(|step| step.size()).sum())
}

trait Step {
    fn write(&self) -> Result<(), TableError>;
    fn remove(&self) -> Result<(), TableError>;
    fn size(&self) -> usize;
}

impl<'a, K: Pod + Eq + Hash, V: Pod + PartialEq> Difference<'a, K, V> {
    fn of(table: &'a Table<K, V>, wanted: HashMap<K, V>) -> Result<Self, TableError> {
        let present: HashMap<K, V> = table.entries()?.into_iter().collect();
        let removed =
            present.iter().filter(|(key, _)| !wanted.contains_key(key)).map(|(k, v)| (*k, *v)).collect();
        let written = wanted
            .into_iter()
            .map(|(key, value)| (key, value, present.get(&key).copied()))
            .filter(|(_, value, old)| *old != Some(*value))
            .collect();
        Ok(Self { table, written, removed })
    }

    fn changes(&self, matters: impl Fn(Option<&V>, Option<&V>) -> bool) -> bool {
        self.written.iter().any(|(_, new, old)| matters(old.as_ref(), Some(new)))
            || self.removed.iter().any(|(_, old)| matters(Some(old), None))
    }
}

impl<K: Pod, V: Pod> Step for Difference<'_, K, V> {
    fn write(&self) -> Result<(), TableError> {
        self.table.set_all(self.written.iter().map(|(key, value, _)| (*key, *value)))
    }

    fn remove(&self) -> Result<(), TableError> {
        self.removed.iter().try_for_each(|(key, _)| self.table.remove(key))
    }

    fn size(&self) -> usize {
        self.written.len() + self.removed.len()
    }
}
