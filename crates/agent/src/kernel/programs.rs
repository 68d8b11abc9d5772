//! The kernel program: loaded once, pinned, attached to every host side by a pinned link. All of it outlives this
//! process; a new version takes over link by link, without a gap and with the same maps.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use aya::programs::links::{FdLink, LinkError, PinnedLink};
use aya::programs::tc::{
    NlOptions, SchedClassifierLink, SchedClassifierLinkId, TcAttachOptions, TcHandle, qdisc_add_clsact,
};
use aya::programs::{LinkOrder, ProgramError, SchedClassifier, TcAttachType};
use aya::util::KernelVersion;
use aya::{Ebpf, EbpfError, EbpfLoader};
use sha2::{Digest as _, Sha256};

use super::bpffs::{self, BpffsError};
use super::netns::{Netns, NetnsError};
use super::{clock, fit::fit};

/// The kernel program that this version was built with.
pub static OBJECT: &[u8] = aya::include_bytes_aligned!("../../../datapath/object/datapath.o");

/// Maps that are kept and shared by all versions of the program that have the same layout.
const MAPS: [&str; 27] = [
    "FLOWS",
    "OPENINGS",
    "OPENED",
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
    "LIMITS",
    "RATES",
    "LOADS",
    "TURNS",
    "QUIC_IDS",
    "FRAGMENTS",
    "EPOCH",
    "DROPS",
    "CARRIED",
    "COUNTERS",
    "EVENTS",
];
const PROGRAM: &str = "ingress";
const LINK_PIN: &str = "link_";
/// Priority and handle of our clsact filter, fixed so that a new version replaces the old one.
const CLSACT: (u16, TcHandle) = (1, TcHandle::new(0, 1));

/// The program could not be put into place.
#[derive(Debug, thiserror::Error)]
pub enum ProgramsError {
    /// No place for pins.
    #[error(transparent)]
    Bpffs(#[from] BpffsError),
    /// The fabric could not be entered.
    #[error(transparent)]
    Netns(#[from] NetnsError),
    /// The kernel refused the object.
    #[error("the kernel refused to load the data plane's program: `isthmus doctor` says what it lacks")]
    Load(#[source] Box<EbpfError>),
    /// The object is not the one that this version needs.
    #[error("the data plane's object has no program '{0}'")]
    NoProgram(&'static str),
    /// The kernel refused to verify, pin or attach it.
    #[error("the kernel refused to {what}")]
    Refused {
        /// What was tried.
        what: String,
        /// Why.
        #[source]
        source: ProgramError,
    },
    /// A pin could not be made or removed.
    #[error("pin {} could not be changed", path.display())]
    Pin {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// How a program is attached to an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// A tcx link, which can be pinned (Linux 6.6 and later).
    Tcx,
    /// A filter of a clsact queueing discipline.
    Clsact,
}

impl Attachment {
    /// What the running kernel can.
    pub fn of_kernel() -> Self {
        let tcx = KernelVersion::current().is_ok_and(|version| version >= KernelVersion::new(6, 6, 0));
        if tcx { Self::Tcx } else { Self::Clsact }
    }
}

/// The loaded program.
#[derive(Debug)]
pub struct Programs {
    directory: PathBuf,
    attachment: Attachment,
    program: SchedClassifier,
    id: u32,
    pin: PathBuf,
    /// Filters that this process has set: clsact cannot be asked which program a filter runs.
    filters: BTreeMap<String, u32>,
}

/// The directory of the maps of this version's layout.
pub fn maps_dir(directory: &Path) -> PathBuf {
    directory.join(format!("v{}", tables::LAYOUT))
}

impl Programs {
    /// The program of this object, from its pin or newly loaded, over the maps pinned in `directory`; where there are none yet,
    /// over new ones, with room for so many connections.
    pub fn open(
        directory: &Path,
        object: &[u8],
        attachment: Attachment,
        connections: u32,
    ) -> Result<Self, ProgramsError> {
        bpffs::mount(directory)?;
        let maps = maps_dir(directory);
        fs::create_dir_all(&maps).map_err(|source| ProgramsError::Pin { path: maps.clone(), source })?;
        let pin = directory.join(format!("{PROGRAM}-{}", &hex::encode(Sha256::digest(object))[..16]));
        if !pin.exists() {
            load(object, &maps, &pin, connections)?;
        }
        let refused = |source| ProgramsError::Refused { what: "open the pinned program".into(), source };
        let program = SchedClassifier::from_pin(&pin).map_err(refused)?;
        let id = program.info().map_err(refused)?.id();
        Ok(Self { directory: directory.into(), attachment, program, id, pin, filters: BTreeMap::new() })
    }

    /// Whether the pin that keeps the program is still there.
    pub fn is_pinned(&self) -> bool {
        self.pin.exists()
    }

    /// Attaches the program to exactly these host sides (name and interface index), then lets go of older versions.
    pub fn attach(&mut self, fabric: &Netns, links: &BTreeMap<String, u32>) -> Result<(), ProgramsError> {
        fabric.within(|| links.iter().try_for_each(|(name, index)| self.attach_one(name, *index)))??;
        self.filters.retain(|name, _| links.contains_key(name));
        self.release(links)
    }

    fn attach_one(&mut self, name: &str, index: u32) -> Result<(), ProgramsError> {
        let attached = match self.attachment {
            Attachment::Tcx => self.attach_tcx(name),
            Attachment::Clsact => self.attach_clsact(name, index),
        };
        attached.map_err(|source| ProgramsError::Refused {
            what: format!("attach the program to {name}"),
            source,
        })
    }

    fn attach_tcx(&mut self, name: &str) -> Result<(), ProgramError> {
        let pin = self.directory.join(format!("{LINK_PIN}{name}"));
        let running = attached_programs(name)?;
        if running == [self.id] && pin.exists() {
            return Ok(());
        }
        if !running.is_empty() && self.take_over(&pin).is_ok() {
            return Ok(());
        }
        // A pin without an interface behind it: the link that was here is gone.
        if pin.exists() {
            fs::remove_file(&pin)?;
        }
        let options = TcAttachOptions::TcxOrder(LinkOrder::default());
        let id = self.program.attach_with_options(name, TcAttachType::Ingress, options)?;
        self.fd_link(id)?.pin(&pin).map_err(|e| ProgramError::IOError(io::Error::other(e)))?;
        Ok(())
    }

    /// Swaps the program of a pinned link in place. Dropping our descriptor afterwards detaches nothing: the pin holds.
    fn take_over(&mut self, pin: &Path) -> Result<(), ProgramError> {
        let invalid = |e: LinkError| ProgramError::IOError(io::Error::other(e));
        let link = FdLink::from(PinnedLink::from_pin(pin).map_err(invalid)?);
        let id = self.program.attach_to_link(SchedClassifierLink::try_from(link).map_err(invalid)?)?;
        self.fd_link(id).map(drop)
    }

    fn fd_link(&mut self, id: SchedClassifierLinkId) -> Result<FdLink, ProgramError> {
        let link = self.program.take_link(id)?;
        link.try_into().map_err(|e: LinkError| ProgramError::IOError(io::Error::other(e)))
    }

    fn attach_clsact(&mut self, name: &str, index: u32) -> Result<(), ProgramError> {
        if self.filters.get(name) == Some(&index) {
            return Ok(());
        }
        let (priority, handle) = CLSACT;
        // Fails when it is there already.
        let _ = qdisc_add_clsact(name);
        let present = SchedClassifierLink::attached(name, TcAttachType::Ingress, priority, handle, None)?;
        let id = self.program.attach_to_link(present).or_else(|_| {
            let options = TcAttachOptions::Netlink(NlOptions { priority, handle, classid: None });
            self.program.attach_with_options(name, TcAttachType::Ingress, options)
        })?;
        // Dropping it would detach the filter, which is to outlive this process.
        std::mem::forget(self.program.take_link(id)?);
        self.filters.insert(name.to_owned(), index);
        Ok(())
    }

    /// Removes pins of links that are gone, and of older programs and layouts.
    fn release(&self, links: &BTreeMap<String, u32>) -> Result<(), ProgramsError> {
        let maps = maps_dir(&self.directory);
        for path in pins(&self.directory)? {
            let wanted = match Pin::of(&path) {
                Some(Pin::Link(link)) => links.contains_key(link),
                Some(Pin::Program | Pin::Maps) => path == self.pin || path == maps,
                None => true,
            };
            if !wanted {
                remove(&path).map_err(|source| ProgramsError::Pin { path: path.clone(), source })?;
            }
        }
        Ok(())
    }
}

/// Ids of the programs that run on a tcx ingress, in the caller's namespace.
fn attached_programs(interface: &str) -> Result<Vec<u32>, ProgramError> {
    let (_, programs) = SchedClassifier::query_tcx(interface, TcAttachType::Ingress)?;
    Ok(programs.iter().map(|program| program.id()).collect())
}

/// What a pin of ours keeps. The kernel puts files of its own into every bpffs.
enum Pin<'a> {
    Link(&'a str),
    Program,
    Maps,
}

impl<'a> Pin<'a> {
    fn of(path: &'a Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        match name.strip_prefix(LINK_PIN) {
            Some(link) => Some(Self::Link(link)),
            None if name.starts_with(PROGRAM) => Some(Self::Program),
            None => path.is_dir().then_some(Self::Maps),
        }
    }
}

/// Whether a program runs on an interface's ingress, in the caller's namespace. A kernel without tcx cannot be asked.
pub fn is_attached(interface: &str) -> bool {
    attached_programs(interface).map_or(Attachment::of_kernel() == Attachment::Clsact, |ids| !ids.is_empty())
}

fn load(object: &[u8], maps: &Path, pin: &Path, connections: u32) -> Result<(), ProgramsError> {
    let mut loader = EbpfLoader::new();
    loader.map_max_entries("FLOWS", connections.saturating_mul(2));
    for name in MAPS {
        loader.map_pin_path(name, maps.join(name));
    }
    let mut object = loader.load(&fit(object)).map_err(|e| ProgramsError::Load(Box::new(e)))?;
    for (name, pin) in [(clock::PROGRAM, clock::pin(maps)), (PROGRAM, pin.to_path_buf())] {
        if !pin.exists() {
            load_one(&mut object, name, &pin)?;
        }
    }
    Ok(())
}

fn load_one(object: &mut Ebpf, name: &'static str, pin: &Path) -> Result<(), ProgramsError> {
    let program = object.program_mut(name).ok_or(ProgramsError::NoProgram(name))?;
    let refused = |source| ProgramsError::Refused { what: format!("verify the program '{name}'"), source };
    let program: &mut SchedClassifier = program.try_into().map_err(refused)?;
    program.load().map_err(refused)?;
    program.pin(pin).map_err(|e| ProgramsError::Pin { path: pin.into(), source: io::Error::other(e) })
}

fn pins(directory: &Path) -> Result<Vec<PathBuf>, ProgramsError> {
    let list =
        || -> io::Result<Vec<PathBuf>> { fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect() };
    list().map_err(|source| ProgramsError::Pin { path: directory.into(), source })
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}
