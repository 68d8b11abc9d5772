//! The kernel's own clock (jiffies), by which flows are idle. User space cannot read it: a program of ours does.

use std::path::{Path, PathBuf};

use aya::programs::{ProgramError, SchedClassifier, TestRun as _, TestRunOptions};
use rustix::time::{ClockId, clock_getres};
use tables::clock::PLACE;
use tables::{Clock, Tick};

use super::fit::{place, replace};

/// Name of the program in the object.
pub const PROGRAM: &str = "jiffies";
/// Packets of test runs are no shorter.
const PACKET: [u8; 64] = [0; 64];
const NANOSECONDS: u32 = 1_000_000_000;

/// The clock could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the kernel's clock could not be read")]
pub struct ClockError(#[from] ProgramError);

/// The program that reads the clock.
#[derive(Debug)]
pub struct KernelClock(SchedClassifier);

impl KernelClock {
    /// The one pinned beside the maps in `directory`.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(directory: &Path) -> Result<Self, ClockError> {
        Ok(Self(SchedClassifier::from_pin(pin(directory))?))
    }

    /// What the clock says.
    ///
    /// # Errors
    /// When the kernel does not run the program.
    pub fn read(&self) -> Result<Clock, ClockError> {
        Ok(read(&self.0)?)
    }
}

/// Where the program is pinned beside the maps in `directory`.
pub(super) fn pin(directory: &Path) -> PathBuf {
    directory.join(PROGRAM)
}

/// Runs the program that reads the clock.
///
/// # Errors
/// When the kernel does not run it.
pub fn read(program: &SchedClassifier) -> Result<Clock, ProgramError> {
    loop {
        let mut options = TestRunOptions::new();
        options.data_in = Some(&PACKET);
        match program.test_run(options) {
            // A run that a signal interrupts has not begun.
            Err(ProgramError::SyscallError(error))
                if error.io_error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(result) => return Ok(Clock { now: Tick(result.return_value), hz: hz() }),
        }
    }
}

/// Puts the running kernel's steps a second into the program.
pub(super) fn put_into(object: &mut [u8]) {
    put(object, i32::try_from(hz()).unwrap_or(PLACE));
}

fn put(object: &mut [u8], steps: i32) {
    replace(object, place(PLACE), place(steps));
}

/// Steps a second: the coarse clocks go on with each.
fn hz() -> u32 {
    let step = clock_getres(ClockId::MonotonicCoarse).tv_nsec;
    u32::try_from(step).ok().and_then(|step| NANOSECONDS.checked_div(step)).unwrap_or(PLACE as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::programs::OBJECT;

    #[test]
    fn the_program_has_the_kernel_s_steps_everywhere() {
        let holds = |object: &[u8], steps| {
            object.chunks_exact(8).collect::<Vec<_>>().windows(2).filter(|two| *two == place(steps)).count()
        };
        let mut object = OBJECT.to_vec();
        let places = holds(&object, PLACE);
        put(&mut object, 1000);
        assert!(places > 0, "the program asks for them");
        assert_eq!((holds(&object, PLACE), holds(&object, 1000)), (0, places));
        assert!([100, 250, 300, 1000].contains(&hz()), "{} steps a second", hz());
    }
}
