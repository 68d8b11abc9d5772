//! Which host this is, and what belongs to it: everything that an agent makes carries its tag.

use std::ffi::OsString;
use std::path::PathBuf;

use model::id::{HostId, InstanceId};

use crate::kernel::netns::Netns;

/// Connections that the table of a host has room for when nothing else is asked for.
pub const CONNECTIONS: u32 = 1 << 18;

/// What tells the agents of one machine apart, and where this one keeps its things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentConfig {
    /// Begins the name of every namespace. Lower-case letters, digits and `-`.
    pub tag: String,
    /// Last plan, disks and consoles of instances; survives a restart of the machine.
    pub state_dir: PathBuf,
    /// Pinned kernel objects and sockets; gone after a restart of the machine.
    pub run_dir: PathBuf,
    /// The host's name in plans and reports.
    pub host: HostId,
    /// Connections that the table has room for, from its making on. Each takes 320 bytes, whether it is there or not.
    pub connections: u32,
    /// What starts this host's proxy: a program and its arguments.
    pub proxy_command: Vec<OsString>,
}

impl AgentConfig {
    /// The namespace of all host sides.
    pub fn fabric(&self) -> Netns {
        Netns::named(&self.tag)
    }

    /// The namespace of resolver, metadata and probes.
    pub fn services(&self) -> Netns {
        Netns::named(format!("{}-services", self.tag))
    }

    /// The namespace of an instance.
    pub fn instance(&self, id: &InstanceId) -> Netns {
        Netns::named(format!("{}-{id}", self.tag))
    }

    /// Where kernel objects are pinned.
    pub fn bpf_dir(&self) -> PathBuf {
        self.run_dir.join("bpf")
    }

    /// Where the proxy hears the agent.
    pub fn proxy_socket(&self) -> PathBuf {
        self.run_dir.join("proxy.sock")
    }

    /// Where the flow log is told.
    pub fn flows_socket(&self) -> PathBuf {
        self.run_dir.join("flows.sock")
    }

    /// What the proxy has to tell.
    pub fn proxy_log(&self) -> PathBuf {
        self.run_dir.join("proxy.log")
    }

    /// One locked file for each proxy that lives, named after its process.
    pub fn proxies_dir(&self) -> PathBuf {
        self.run_dir.join("proxies")
    }

    /// One socket for each proxy that lives, named after its process, where it tells whom its connections are for.
    pub fn callers_dir(&self) -> PathBuf {
        self.run_dir.join("callers")
    }

    /// The namespaces of instances that exist, by instance.
    pub fn instance_namespaces(&self) -> Vec<(InstanceId, Netns)> {
        let instance = |namespace: Netns| {
            let id = namespace.name().strip_prefix(&self.tag)?.strip_prefix('-')?.parse().ok()?;
            Some((id, namespace))
        };
        Netns::list().into_iter().filter_map(instance).collect()
    }
}
