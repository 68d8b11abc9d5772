//! A private copy of the data plane's programs with maps of its own, attached to nothing: the kernel runs it on packets
//! that nobody sent (`BPF_PROG_TEST_RUN`), to tell what it costs.

use std::io;
use std::time::Duration;

use aya::maps::{HashMap, MapError};
use aya::programs::{ProgramError, SchedClassifier, TestRun as _, TestRunOptions};
use aya::{Ebpf, EbpfError, EbpfLoader};
use tables::{Flow, FlowKey};

use super::summed;

/// Interface that packets of a trial come in through: the loopback, which every namespace has.
pub const INGRESS: u32 = 1;

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
    /// A flow could not be written.
    #[error("a flow could not be written")]
    Flow(#[from] MapError),
}

/// The programs of one object.
#[derive(Debug)]
pub struct Trial {
    object: Ebpf,
}

impl Trial {
    /// Loads an object's maps.
    ///
    /// # Errors
    /// When the kernel refuses them: usually the process is not root.
    pub fn load(object: &[u8]) -> Result<Self, TrialError> {
        let object = EbpfLoader::new().load(&summed::fit(object));
        let object = object.map_err(|source| TrialError::Load(Box::new(source)))?;
        Ok(Self { object })
    }

    /// Writes a flow; a new object is in epoch 0.
    ///
    /// # Errors
    /// When the map refuses it.
    pub fn add_flow(&mut self, key: &FlowKey, flow: &Flow) -> Result<(), TrialError> {
        let map = self.object.map_mut("FLOWS").ok_or(TrialError::Missing("FLOWS"))?;
        let mut flows: HashMap<_, FlowKey, Flow> = HashMap::try_from(map)?;
        Ok(flows.insert(key, flow, 0)?)
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
        let program = self.object.program_mut(name).ok_or(TrialError::Missing(name))?;
        let program: &mut SchedClassifier = program.try_into().map_err(refused)?;
        match program.load() {
            Err(ProgramError::AlreadyLoaded) | Ok(()) => {}
            Err(source) => return Err(refused(source)),
        }
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
}
