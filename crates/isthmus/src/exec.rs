//! `isthmus exec ID -- COMMAND`: becomes a command inside an instance.

use std::os::unix::process::CommandExt;

use agent::instance::Instances;
use anyhow::{Context, Result};
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
    /// When the container runtime cannot be started.
    pub fn run(self) -> Result<()> {
        let place = self.which.place()?;
        let instances = Instances::new(&place.state, &place.run_dir());
        let error = instances.exec(&self.id, self.tty, &self.command).exec();
        Err(error).context("cannot start the container runtime: `isthmus doctor` says what is missing")
    }
}
