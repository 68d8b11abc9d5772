//! `isthmus proxy`: the process that ends connections whose bytes must change. The daemon starts it; it outlives it.

use anyhow::Result;
use clap::Args;

use crate::down::agent_config;
use crate::place::Which;

/// Which system's.
#[derive(Args, Debug)]
pub struct Proxy {
    #[command(flatten)]
    which: Which,
}

impl Proxy {
    /// Runs until it is told to retire.
    ///
    /// # Errors
    /// When the data plane is not up.
    pub fn run(&self) -> Result<()> {
        crate::up::log();
        agent::proxy::run(&agent_config(&self.which.place()?)?)?;
        Ok(())
    }
}
