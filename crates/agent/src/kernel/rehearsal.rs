//! A copy of the program that decides by the maps in force and writes into maps of its own: what it would do with a packet,
//! without anything having happened.

use std::path::Path;

use aya::maps::{HashMap as EbpfMap, MapData, PerCpuHashMap, RingBuf};
use aya::programs::{ProgramError, SchedClassifier, TestRun as _, TestRunOptions};
use aya::{Ebpf, EbpfError, EbpfLoader, Pod};
use tables::{Counter, DropKey, DropReason, Event, Flow, FlowKey, Limit, Load, Rate, RateKey, TurnKey};

use super::events;
use super::fit::fit;
use super::netns::{Netns, NetnsError};
use super::programs::OBJECT;
use super::table::{Table, TableError};

const PROGRAM: &str = "ingress";
const FLOWS: &str = "FLOWS";
/// Maps that the program only reads.
const SHARED: [&str; 14] = [
    "PORTS",
    "IPV6",
    "IPV6_ADDRESSES",
    "ADDRESSES",
    "ROUTES",
    "POLICIES",
    "RULES",
    "MEMBERS",
    "HEADERS",
    "LISTENERS",
    "SLOTS",
    "SERVERS",
    "LOCALS",
    "EPOCH",
];
/// Maps that begin empty; one packet needs little room in them.
const SMALL: [(&str, u32); 5] =
    [(FLOWS, 1024), ("FRAGMENTS", 64), ("QUIC_IDS", 64), ("DROPS", 64), ("CARRIED", 64)];
/// Offset of `ifindex` in `struct __sk_buff`, and its end (`linux/bpf.h`).
const IFINDEX: std::ops::Range<usize> = 40..44;

/// The rehearsal could not be held.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The kernel refused the object, or the maps in force are not there.
    #[error("the data plane cannot be rehearsed: is it there (`isthmus status`), and are you root?")]
    Load(#[source] Box<EbpfError>),
    /// The object lacks something.
    #[error("the data plane's object has no '{0}'")]
    Missing(&'static str),
    /// A map could not be copied.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A map of the copy could not be used.
    #[error("a map of the rehearsal could not be used")]
    Map(#[from] aya::maps::MapError),
    /// The kernel refused to run the program.
    #[error("the kernel refused to rehearse the packet")]
    Run(#[from] ProgramError),
    /// The fabric could not be entered.
    #[error(transparent)]
    Netns(#[from] NetnsError),
}

/// What the program did with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// Why it was dropped.
    pub dropped: Option<DropReason>,
    /// What the flow log would have been told.
    pub event: Option<Event>,
}

/// Runs the program on a packet that comes in through this interface of the fabric, by the maps pinned in `maps`; of
/// connections it knows those in `known` alone.
///
/// # Errors
/// When there is no data plane, or the caller is not root.
pub fn rehearse(
    fabric: &Netns,
    maps: &Path,
    ifindex: u32,
    packet: &[u8],
    known: &[(FlowKey, Flow)],
) -> Result<Rehearsed, RehearsalError> {
    let mut loader = EbpfLoader::new();
    for name in SHARED {
        loader.map_pin_path(name, maps.join(name));
    }
    for (name, entries) in SMALL {
        loader.map_max_entries(name, entries);
    }
    let loaded = loader.load(&fit(OBJECT));
    let mut object = loaded.map_err(|source| RehearsalError::Load(Box::new(source)))?;
    copy::<u32, Limit>(&mut object, maps, "LIMITS")?;
    copy::<RateKey, Rate>(&mut object, maps, "RATES")?;
    copy::<u32, Load>(&mut object, maps, "LOADS")?;
    copy::<TurnKey, u64>(&mut object, maps, "TURNS")?;
    let flows = object.map_mut(FLOWS).ok_or(RehearsalError::Missing(FLOWS))?;
    let mut flows: EbpfMap<_, FlowKey, Flow> = EbpfMap::try_from(flows)?;
    for (key, flow) in known {
        flows.insert(key, flow, 0)?;
    }
    let ring = object.take_map("EVENTS").ok_or(RehearsalError::Missing("EVENTS"))?;
    let mut ring: RingBuf<MapData> = ring.try_into()?;
    let program = object.program_mut(PROGRAM).ok_or(RehearsalError::Missing(PROGRAM))?;
    let program: &mut SchedClassifier = program.try_into()?;
    program.load()?;
    fabric.within(|| run(program, ifindex, packet))??;
    let event = ring.next().and_then(|bytes| events::parse(&bytes));
    Ok(Rehearsed { dropped: dropped(&object)?, event })
}

/// Begins where the map in force is: what the program counts and limits by.
fn copy<K: Pod + Eq + std::hash::Hash, V: Pod>(
    object: &mut Ebpf,
    maps: &Path,
    name: &'static str,
) -> Result<(), RehearsalError> {
    let map = object.map_mut(name).ok_or(RehearsalError::Missing(name))?;
    let mut copy: EbpfMap<_, K, V> = EbpfMap::try_from(map)?;
    for (key, value) in Table::<K, V>::open(maps, name)?.entries()? {
        copy.insert(key, value, 0)?;
    }
    Ok(())
}

fn run(program: &SchedClassifier, ifindex: u32, packet: &[u8]) -> Result<(), ProgramError> {
    let mut context = [0; IFINDEX.end];
    context[IFINDEX].copy_from_slice(&ifindex.to_ne_bytes());
    loop {
        let mut options = TestRunOptions::new();
        options.data_in = Some(packet);
        options.ctx_in = Some(&context);
        match program.test_run(options) {
            // A run that a signal interrupts has not begun.
            Err(ProgramError::SyscallError(error))
                if error.io_error.kind() == std::io::ErrorKind::Interrupted => {}
            other => return other.map(drop),
        }
    }
}

fn dropped(object: &Ebpf) -> Result<Option<DropReason>, RehearsalError> {
    let map = object.map("DROPS").ok_or(RehearsalError::Missing("DROPS"))?;
    let drops: PerCpuHashMap<_, DropKey, Counter> = map.try_into()?;
    let first = drops.keys().next().transpose()?;
    Ok(first.and_then(|key| DropReason::from_number(key.reason)))
}
