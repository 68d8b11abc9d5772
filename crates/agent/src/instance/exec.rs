//! Running commands inside an instance.

use std::io;
use std::process::Command;

use model::id::InstanceId;

use super::Instances;
use super::bundle::ENVIRONMENT;
use super::cgroup::Cgroup;

/// Joins the cgroups named before `--`, then becomes the command after it.
const JOIN: &str = r#"while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift; exec "$@""#;

impl Instances {
    /// Whether the runtime has a container of this instance, which `exec` needs.
    pub fn has_container(&self, id: &InstanceId) -> bool {
        self.runtime.state().join(id.as_str()).exists()
    }

    /// A command that runs `argv` inside a running instance, under its limits. Meant to replace the calling process
    /// (`CommandExt::exec`): terminal, signals and exit status are then those of `argv`. `tty` gives it a terminal of
    /// its own, joined to the caller's.
    pub fn exec(&self, id: &InstanceId, tty: bool, argv: &[String]) -> Command {
        self.within(&self.cgroup(id), id, tty, argv)
    }

    /// A command that runs a script inside a running instance, in this directory. It takes the script from standard input.
    ///
    /// # Errors
    /// When the processes of the script could not be told from others.
    pub fn task(&self, id: &InstanceId, task: &str, working_dir: &str) -> io::Result<Command> {
        let cgroup = self.cgroup(id).child(task).create_unlimited()?;
        let argv = ["/bin/sh", "-c", include_str!("task.sh"), "isthmus", working_dir].map(str::to_owned);
        Ok(self.within(&cgroup, id, false, &argv))
    }

    /// Kills every process of a script.
    pub fn end_task(&self, id: &InstanceId, task: &str) {
        self.cgroup(id).child(task).remove();
    }

    /// Lets the processes live that a script which has ended left behind.
    pub fn leave_task(&self, id: &InstanceId, task: &str) {
        self.cgroup(id).child(task).remove_empty();
    }

    fn within(&self, cgroup: &Cgroup, id: &InstanceId, tty: bool, argv: &[String]) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", JOIN, "isthmus"]).args(cgroup.join_files()).arg("--");
        command
            .arg("crun")
            .arg("--root")
            .arg(self.runtime.state())
            .args(["--cgroup-manager=disabled", "exec"]);
        if tty {
            let terminal = std::env::var("TERM").unwrap_or_else(|_| "xterm".into());
            command.args(["--tty", "--env", &format!("TERM={terminal}")]);
        }
        // One `--env` makes crun forget the environment that the container was made with.
        command.args(ENVIRONMENT.iter().flat_map(|variable| ["--env", variable]));
        command.arg(id.as_str()).args(argv);
        command
    }
}
