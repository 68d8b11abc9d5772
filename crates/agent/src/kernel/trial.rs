//! A private copy of the data plane's programs with maps of its own, attached to nothing: the kernel runs it on packets
//! that nobody sent (`BPF_PROG_TEST_RUN`), to tell what it costs.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::time::Duration;

use aya::Pod;
use aya::maps::{HashMap, Map, MapError};
use aya::programs::{ProgramError, SchedClassifier, TestRun as _, TestRunOptions};
use aya::{Ebpf, EbpfError, EbpfLoader};
use tables::{Clock, Flow, FlowKey, Ipv6, Limit};

use super::{clock, fit::fit};

/// Interface that packets of a trial come in through: the loopback, which every namespace has.
pub const INGRESS: u32 = 1;

const FLOWS: &str = "FLOWS";

/// A program could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The kernel refused the object.
    #[error("the kernel refused to load the data plane's program: `isthmus doctor` says what it lacks")]
    Load(#[source] Box<EbpfError>),
    /// The object lacks something.
    #[error("the data plane's object has no '{0}'")]
    Missing(&'static str),
    /// The kernel refused to verify or to run a program.
    #[error("the kernel refused to run the program '{name}'")]
    Run {
        /// Its name.
        name: &'static str,
        /// Why.
        #[source]
        source: ProgramError,
    },
    /// A map could not be written or read.
    #[error("a map of the trial could not be written or read")]
    Map(#[from] MapError),
    /// The kernel does not say what a map takes.
    #[error("the kernel does not say what the table of connections takes")]
    Memory(#[source] io::Error),
}

/// The programs of one object.
#[derive(Debug)]
pub struct Trial {
    object: Ebpf,
}

impl Trial {
    /// Loads an object's maps, with room for so many connections.
    ///
    /// # Errors
    /// When the kernel refuses them: usually the process is not root.
    pub fn load(object: &[u8], connections: u32) -> Result<Self, TrialError> {
        let mut loader = EbpfLoader::new();
        loader.map_max_entries(FLOWS, connections.saturating_mul(2));
        let object = loader.load(&fit(object));
        let object = object.map_err(|source| TrialError::Load(Box::new(source)))?;
        Ok(Self { object })
    }

    /// Writes a flow; a new object is in epoch 0.
    ///
    /// # Errors
    /// When the map refuses it.
    pub fn add_flow(&mut self, key: &FlowKey, flow: &Flow) -> Result<(), TrialError> {
        self.write(FLOWS, key, flow)
    }

    /// Gives an endpoint a bandwidth.
    ///
    /// # Errors
    /// When the map refuses it.
    pub fn set_limit(&mut self, endpoint: u32, limit: &Limit) -> Result<(), TrialError> {
        self.write("LIMITS", &endpoint, limit)
    }

    /// Lets a number stand for an IPv6 address.
    ///
    /// # Errors
    /// When a map refuses it.
    pub fn add_ipv6(&mut self, number: u32, address: &Ipv6) -> Result<(), TrialError> {
        self.write("IPV6", address, &number)?;
        self.write("IPV6_ADDRESSES", &number, address)
    }

    fn write<K: Pod, V: Pod>(&mut self, name: &'static str, key: &K, value: &V) -> Result<(), TrialError> {
        let map = self.object.map_mut(name).ok_or(TrialError::Missing(name))?;
        let mut map: HashMap<_, K, V> = HashMap::try_from(map)?;
        Ok(map.insert(key, value, 0)?)
    }

    /// What the kernel's clock says.
    ///
    /// # Errors
    /// When the kernel refuses to verify or to run the program that reads it.
    pub fn clock(&mut self) -> Result<Clock, TrialError> {
        let name = clock::PROGRAM;
        let refused = |source| TrialError::Run { name, source };
        clock::read(self.program(name)?).map_err(refused)
    }

    /// Memory that the table of connections takes, bytes, as the kernel counts it.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn memory(&self) -> Result<u64, TrialError> {
        let Some(Map::HashMap(table)) = self.object.map(FLOWS) else {
            return Err(TrialError::Missing(FLOWS));
        };
        let file = format!("/proc/self/fdinfo/{}", table.fd().as_fd().as_raw_fd());
        let text = std::fs::read_to_string(file).map_err(TrialError::Memory)?;
        let bytes = text.lines().find_map(|line| line.strip_prefix("memlock:")?.trim().parse().ok());
        bytes.ok_or_else(|| TrialError::Memory(io::ErrorKind::NotFound.into()))
    }

    /// Runs a program `repeat` times on the same bytes, which it changes as it likes, coming in through [`INGRESS`].
    /// Gives its last verdict and the mean time of a run.
    ///
    /// # Errors
    /// When the kernel refuses to verify or to run it.
    pub fn run(
        &mut self,
        name: &'static str,
        packet: &[u8],
        repeat: u32,
    ) -> Result<(u32, Duration), TrialError> {
        let refused = |source| TrialError::Run { name, source };
        let program = self.program(name)?;
        // A run that a signal interrupts has not begun; the next one does.
        loop {
            let mut options = TestRunOptions::new();
            options.data_in = Some(packet);
            options.repeat = repeat;
            match program.test_run(options) {
                Err(ProgramError::SyscallError(error))
                    if error.io_error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(refused(source)),
                Ok(result) => return Ok((result.return_value, result.duration)),
            }
        }
    }

    /// The program of this name, loaded.
    fn program(&mut self, name: &'static str) -> Result<&SchedClassifier, TrialError> {
        let refused = |source| TrialError::Run { name, source };
        let program = self.object.program_mut(name).ok_or(TrialError::Missing(name))?;
        let program: &mut SchedClassifier = program.try_into().map_err(refused)?;
        match program.load() {
            Err(ProgramError::AlreadyLoaded) | Ok(()) => Ok(program),
            Err(source) => Err(refused(source)),
        }
    }
}
