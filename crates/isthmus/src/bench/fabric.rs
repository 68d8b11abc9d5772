//! The way through Isthmus, made by its own agent from a host plan.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use agent::compile::Health;
use agent::config::AgentConfig;
use agent::down::down;
use agent::kernel::maps::Maps;
use agent::kernel::netns::Netns;
use agent::kernel::programs::{Attachment, maps_dir};
use agent::proxy::{Keeper, Settings};
use agent::reconcile::Reconciler;
use agent::sweep;
use anyhow::{Context, Result, ensure};
use model::plan::HostPlan;
use rustix::process::{Signal, set_parent_process_death_signal};

use super::bed::{Bed, adjust, run};
use super::dress::{Ends, Stand};
use super::plan;
use super::proxies::Identity;

/// A data plane that is kept running, expiry included. Dropping it takes it away.
#[derive(Debug)]
pub(super) struct Fabric {
    config: AgentConfig,
    over: Arc<AtomicBool>,
    sweeper: Option<JoinHandle<()>>,
}

impl Drop for Fabric {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(sweeper) = self.sweeper.take() {
            sweeper.thread().unpark();
            // It cannot panic; and if it did, the rest is still to be taken away.
            let _ = sweeper.join();
        }
        take_down(&self.config);
    }
}

/// Takes away the data plane that a name stands for, if there is one.
pub(super) fn remove(name: &str, directory: &Path) {
    if let Ok(config) = config(name, directory) {
        take_down(&config);
    }
}

fn take_down(config: &AgentConfig) {
    if let Err(error) = down(config) {
        eprintln!("isthmus: {:#}", anyhow::Error::from(error));
    }
}

fn config(name: &str, directory: &Path) -> Result<AgentConfig> {
    let program = std::env::current_exe()?;
    Ok(AgentConfig {
        tag: name.to_owned(),
        state_dir: directory.join("state"),
        run_dir: directory.join("run"),
        host: "host-bench".parse()?,
        connections: agent::config::CONNECTIONS,
        proxy_command: [program.as_os_str(), "bench".as_ref(), "--proxy-of".as_ref(), name.as_ref()]
            .map(Into::into)
            .to_vec(),
    })
}

/// Client, endpoint ENI, NLB, server; with links as the agent makes them.
pub(super) fn isthmus(bed: &mut Bed) -> Result<Ends> {
    let config = config(bed.name(), &bed.directory())?;
    let (client, server) = plan::instances()?;
    let (client, server) = (config.instance(&client), config.instance(&server));
    bed.adopt(&[&client, &server]);
    let plan = Arc::new(plan::host(&config.host)?);
    let mut reconciler = Reconciler::new(config.clone(), Attachment::of_kernel());
    let pass = loop {
        let pass = reconciler.pass(&plan, &Health::new(), 0);
        if !pass.unfinished {
            break pass;
        }
    };
    bed.keep(Fabric { config: config.clone(), over: Arc::default(), sweeper: None });
    ensure!(pass.faults.is_empty(), "{}", pass.faults.join("; "));
    for namespace in [&client, &server] {
        adjust(namespace)?;
    }
    let maps = Maps::open(&maps_dir(&config.bpf_dir()))?;
    bed.fabric().context("the data plane was just made")?.start_sweeper(maps);
    Ok((client, server, plan::ENDPOINT))
}

/// With a proxy for the listener that needs one, which is a process of its own as everywhere.
pub(super) fn proxies(bed: &mut Bed, identity: &Identity) -> Result<Ends> {
    let ends = isthmus(bed)?;
    let config = config(bed.name(), &bed.directory())?;
    let plan = Arc::new(plan::proxied(&config.host, identity)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    follow(&config, &plan)?;
    // The proxy's connections have the TCP of all others.
    adjust(&config.services())?;
    let settings = Settings::of(&plan, &Health::new());
    // The proxy goes on without whoever has told it what to do.
    runtime.block_on(Keeper::new(config).follow(settings))?;
    Ok(ends)
}

/// With an instance for a proxy of others, which endpoint and NLB lead to.
pub(super) fn balanced(bed: &mut Bed) -> Result<Stand> {
    let ends = isthmus(bed)?;
    let config = config(bed.name(), &bed.directory())?;
    let namespace = config.instance(&plan::balancer()?);
    bed.adopt(&[&namespace]);
    follow(&config, &Arc::new(plan::balanced(&config.host)?))?;
    adjust(&namespace)?;
    Ok(Stand { ends, namespace, own: plan::BALANCER, backend: plan::SERVER })
}

/// Makes the data plane follow another plan.
fn follow(config: &AgentConfig, plan: &Arc<HostPlan>) -> Result<()> {
    let mut reconciler = Reconciler::new(config.clone(), Attachment::of_kernel());
    let pass = reconciler.pass(plan, &Health::new(), 0);
    ensure!(pass.faults.is_empty() && !pass.unfinished, "{}", pass.faults.join("; "));
    Ok(())
}

/// Runs the proxy of the benchmark of this name. It dies with the benchmark, whatever happens to that: outside of a benchmark
/// a proxy outlives its agent.
pub(super) fn proxy(name: &str) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(agent::proxy::run(&config(name, &super::bed::directory(name))?)?)
}

/// The same with super-packets of at most 64 KiB.
pub(super) fn without_big_tcp(bed: &mut Bed) -> Result<Ends> {
    let (client, server, address) = isthmus(bed)?;
    let fabric = Netns::named(bed.name());
    for (namespace, device) in [(&client, "eth0"), (&server, "eth0"), (&fabric, "p1"), (&fabric, "p2")] {
        // Another value than the kernel's own, 65,536, which would change nothing: that for IPv4 goes with it only then.
        let limit = ["gso_max_size", "65535", "gro_max_size", "65535"];
        run(&[&["ip", "-n", namespace.name(), "link", "set", "dev", device][..], &limit].concat())?;
    }
    Ok((client, server, address))
}

impl Fabric {
    /// Forgets idle connections as the agent does all the time.
    fn start_sweeper(&mut self, maps: Maps) {
        let over = self.over.clone();
        self.sweeper = Some(thread::spawn(move || {
            let mut memory = sweep::Memory::default();
            while !over.load(Ordering::Relaxed) {
                if let Err(error) = sweep::sweep(&maps, &mut memory, |_| (), drop) {
                    eprintln!("isthmus: {error}");
                }
                thread::park_timeout(sweep::INTERVAL);
            }
        }));
    }
}
