//! `isthmus exec ID -- COMMAND`: becomes a command inside an instance.

use std::os::unix::process::CommandExt;

use agent::instance::Instances;
use anyhow::{Context, Result, bail};
use clap::Args;
use model::id::InstanceId;

use crate::place::Which;

/// A command to run in an instance of this host.
#[derive(Args, Debug)]
pub struct Exec {
    #[command(flatten)]
    which: Which,
    /// The instance.
    id: InstanceId,
    /// Give the command a terminal.
    #[arg(short = 't', long)]
    tty: bool,
    /// The command and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

impl Exec {
    /// Replaces this process: terminal, signals and exit status are the command's own.
    ///
    /// # Errors
    /// When the instance does not run here, or the container runtime cannot be started.
    pub fn run(self) -> Result<()> {
        let place = self.which.place()?;
        let instances = Instances::new(&place.state, &place.run_dir());
        if !instances.has_container(&self.id) {
            bail!(
                "{} does not run in the system of {}: `isthmus status` tells what does; --state DIR names another system",
                self.id,
                place.state.display()
            );
        }
        let error = instances.exec(&self.id, self.tty, &self.command).exec();
        Err(error).context("cannot start the container runtime: `isthmus doctor` says what is missing")
    }
}
