//! The kernel maps. Their names are the contract with the agent, which may override the number of entries.

use aya_ebpf::{
    bindings::BPF_F_NO_PREALLOC,
    btf_maps::{Array, HashMap, LpmTrie, LruHashMap, LruPerCpuHashMap, PerCpuArray, RingBuf},
    macros::btf_map,
};
use tables::{
    Address, AddressKey, Carried, CarriedKey, Counter, DropKey, Event, Flow, FlowKey, Fragment, FragmentKey,
    Header, HeaderKey, Ipv6, Limit, Listener, ListenerAt, Load, Locals, LocalsKey, MemberKey, Policy, Port,
    Purpose, QuicId, Rate, RateKey, RouteAt, Rule, Server, TurnKey,
};

use crate::{carried::Ending, trip::Trip};

/// Entries are made when they are needed: only first packets and events look here, and few hosts have many.
const BY_NEED: usize = BPF_F_NO_PREALLOC as usize;

/// 262,144 connections, if the agent says nothing else. Entries (144 bytes each, and 16 a bucket: 80 MiB) are made up front: they lie together, which many
/// flows notice.
#[btf_map]
pub(crate) static FLOWS: HashMap<FlowKey, Flow, { 1 << 19 }> = HashMap::new();
/// Half-open connections, by their forward entry, in the order in which they came: never more than there are places, half of the smallest table.
#[btf_map]
pub(crate) static OPENINGS: Array<FlowKey, { 1 << 16 }> = Array::new();
/// How many there have been.
#[btf_map]
pub(crate) static OPENED: Array<u64, 1> = Array::new();
#[btf_map]
pub(crate) static PORTS: HashMap<u32, Port, { 1 << 14 }> = HashMap::new();
/// IPv6 addresses of interfaces to what stands for them.
#[btf_map]
pub(crate) static IPV6: HashMap<Ipv6, u32, { 1 << 17 }, BY_NEED> = HashMap::new();
/// The other way.
#[btf_map]
pub(crate) static IPV6_ADDRESSES: HashMap<u32, Ipv6, { 1 << 17 }, BY_NEED> = HashMap::new();
#[btf_map]
pub(crate) static ADDRESSES: HashMap<AddressKey, Address, { 1 << 17 }> = HashMap::new();
#[btf_map]
pub(crate) static ROUTES: LpmTrie<RouteAt, u32, { 1 << 16 }> = LpmTrie::new();
#[btf_map]
pub(crate) static POLICIES: HashMap<u32, Policy, { 1 << 14 }> = HashMap::new();
#[btf_map]
pub(crate) static RULES: Array<Rule, { 1 << 17 }> = Array::new();
#[btf_map]
pub(crate) static MEMBERS: HashMap<MemberKey, u8, { 1 << 17 }> = HashMap::new();
#[btf_map]
pub(crate) static LISTENERS: LpmTrie<ListenerAt, Listener, { 1 << 16 }> = LpmTrie::new();
#[btf_map]
pub(crate) static SLOTS: Array<u32, { 1 << 20 }> = Array::new();
#[btf_map]
pub(crate) static SERVERS: HashMap<u32, Server, { 1 << 19 }, BY_NEED> = HashMap::new();
#[btf_map]
pub(crate) static LOCALS: HashMap<LocalsKey, Locals, { 1 << 14 }, BY_NEED> = HashMap::new();
#[btf_map]
pub(crate) static HEADERS: HashMap<HeaderKey, Header, { 1 << 19 }, BY_NEED> = HashMap::new();
#[btf_map]
pub(crate) static FRAGMENTS: LruHashMap<FragmentKey, Fragment, { 1 << 12 }> = LruHashMap::new();
#[btf_map]
pub(crate) static LIMITS: HashMap<u32, Limit, { 1 << 14 }> = HashMap::new();
#[btf_map]
pub(crate) static RATES: HashMap<RateKey, Rate, { 1 << 14 }> = HashMap::new();
#[btf_map]
pub(crate) static LOADS: HashMap<u32, Load, { 1 << 19 }, BY_NEED> = HashMap::new();
#[btf_map]
pub(crate) static TURNS: LruHashMap<TurnKey, u64, { 1 << 14 }> = LruHashMap::new();
#[btf_map]
pub(crate) static QUIC_IDS: LruHashMap<QuicId, u32, { 1 << 16 }> = LruHashMap::new();
/// Not shared: a new program may look through all ports once more.
#[btf_map]
pub(crate) static EXHAUSTED: LruHashMap<FlowKey, u64, { 1 << 10 }> = LruHashMap::new();
#[btf_map]
pub(crate) static EPOCH: Array<u32, 1> = Array::new();
#[btf_map]
pub(crate) static DROPS: LruPerCpuHashMap<DropKey, Counter, { 1 << 14 }> = LruPerCpuHashMap::new();
/// Room for two rows, the program's and the agent's, of each of 400,000 servers and of 10,000 endpoints in two zones.
#[btf_map]
pub(crate) static CARRIED: HashMap<CarriedKey, Carried, { 1 << 20 }, BY_NEED> = HashMap::new();
#[btf_map]
pub(crate) static COUNTERS: PerCpuArray<Counter, { Purpose::ALL.len() }> = PerCpuArray::new();
/// 20,000 events: as many as the agent takes up between two looks, at 200,000 a second.
#[btf_map]
pub(crate) static EVENTS: RingBuf<Event, { 1 << 21 }> = RingBuf::new();
#[btf_map]
pub(crate) static TRIP: PerCpuArray<Trip, 1> = PerCpuArray::new();
#[btf_map]
pub(crate) static ENDING: PerCpuArray<Ending, 1> = PerCpuArray::new();
