//! `isthmus up`: control plane and agent in one process, in the foreground.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agent::PlanKey;
use agent::instance::Instances;
use anyhow::{Context, Result, bail};
use clap::Args;
use control::hosts::{Consoles, HostLink};
use control::{Control, ControlConfig, Inspector};
use model::id::InstanceId;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::place::{Hold, Place, Which};
use crate::sight::LocalSight;
use crate::{doctor, metrics, operator};

/// How often the hold is asked for: `status` has it for a moment too.
const HOLD_TRIES: u32 = 25;
/// Time between two tries.
const HOLD_PAUSE: Duration = Duration::from_millis(20);

/// How to run.
#[derive(Args, Debug)]
pub struct Up {
    #[command(flatten)]
    which: Which,
    /// Open the API with the key dev/dev, on loopback only.
    #[arg(long)]
    dev: bool,
    /// Where the API listens: HTTP and HTTPS on one port.
    #[arg(long, value_name = "ADDRESS", env = "ISTHMUS_LISTEN", default_value = "127.0.0.1:4577")]
    listen: SocketAddr,
    /// Where Prometheus finds metrics, under /metrics; without it nowhere. They name interfaces and servers of all accounts.
    #[arg(long, value_name = "ADDRESS", env = "ISTHMUS_METRICS")]
    metrics: Option<SocketAddr>,
    /// Connections that the data plane has room for, 320 bytes each. It is made at the first start; another size takes
    /// `isthmus down`.
    #[arg(
        long,
        value_name = "NUMBER",
        env = "ISTHMUS_CONNECTIONS",
        default_value_t = agent::config::CONNECTIONS,
        value_parser = clap::value_parser!(u32).range(131_072..=16_777_216)
    )]
    connections: u32,
}

impl Up {
    /// Runs until an interrupt or a request to terminate. Packets go on afterwards.
    ///
    /// # Errors
    /// When this machine lacks something, another daemon runs for the same state, or the state cannot be used.
    pub fn run(&self) -> Result<()> {
        doctor::preflight()?;
        log();
        let place = self.which.place()?;
        let hold = hold(&place)?;
        place.make_state().with_context(|| format!("cannot use {}", place.state.display()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.context("cannot start threads")?.block_on(self.serve(&place, &hold))?;
        let state = place.state.display();
        println!(
            "The daemon has ended; packets go on. `isthmus down --state {state}` removes what it has made."
        );
        Ok(())
    }

    async fn serve(&self, place: &Place, hold: &Hold) -> Result<()> {
        let mut config = ControlConfig::new(self.listen, place.state.clone());
        config.dev = self.dev;
        let control = Control::open(&config).await?;
        let endpoint = format!("http://{}", control.address());
        place.write_record(hold, &endpoint, self.dev).context("cannot write the daemon's record")?;
        let status = listen_for_status(place)?;
        let questions = operator::listen(place)?;
        greet(place, &control, &endpoint, self.dev);

        let (plans, plans_in) = watch::channel(None);
        let (reports_out, reports) = watch::channel(None);
        let (stop, stopped) = watch::channel(false);
        let mut config = place.agent_config(control.host().clone());
        config.connections = self.connections;
        let consoles = Arc::new(LocalConsoles(Instances::new(&config.state_dir, &config.run_dir)));
        tokio::spawn(tell_status(status, control.inspector()));
        let operator = tokio::spawn(operator::answer(questions, control.admin()));
        let seen = agent::Seen::default();
        let probes = Arc::clone(&seen.probes);
        let sight = Arc::new(LocalSight::new(config.clone(), plans_in.clone(), probes));
        if let Some(address) = self.metrics {
            let (inspector, plans, work) = (control.inspector(), plans_in.clone(), Arc::clone(&seen.work));
            let shown = metrics::Shown::default();
            let page = metrics::Sources { inspector, work, agent: config.clone(), plans, shown }.page();
            tokio::spawn(control.serve(page, address, until(stopped.clone())).await?);
        }
        let key = PlanKey::new(control.plan_key());
        let agent = agent::run(config, key, plans_in, reports_out, seen, until(stopped.clone()));
        let agent = tokio::spawn(stopping_all(Stop(stop.clone()), agent));
        let control = control.run(HostLink { plans, reports, consoles, sight }, until(stopped.clone()));
        let control = tokio::spawn(stopping_all(Stop(stop.clone()), control));
        let asked = tokio::select! {
            asked = asked_to_stop() => asked.map(|()| true)?,
            () = until(stopped) => false,
        };
        stop.send_replace(true);
        // It holds the store open, and the control plane waits for that to close.
        operator.abort();
        control.await.context("the control plane ended in a panic")?;
        agent.await.context("the agent ended in a panic")??;
        if !asked {
            bail!(
                "a part of the daemon ended by itself; packets go on. Start it again, and report what it printed"
            );
        }
        Ok(())
    }
}

/// Stops everything when it goes, also in a panic: half a daemon would answer with what is no longer true.
struct Stop(watch::Sender<bool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

async fn stopping_all<T>(stop: Stop, part: impl Future<Output = T>) -> T {
    let _stop = stop;
    part.await
}

/// What the daemon has to tell goes to standard error; `RUST_LOG` chooses how much of it.
pub(crate) fn log() {
    // The resolver's library tells every question.
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,hickory_server=warn"));
    let format = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    format.with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).init();
}

/// The right to be the daemon of `place`, or who has it.
fn hold(place: &Place) -> Result<Hold> {
    for _ in 0..HOLD_TRIES {
        if let Some(hold) =
            place.hold().with_context(|| format!("cannot use {}", place.run_dir().display()))?
        {
            return Ok(hold);
        }
        std::thread::sleep(HOLD_PAUSE);
    }
    let who = place.daemon()?.map(|daemon| format!(": process {}, API on {}", daemon.pid, daemon.endpoint));
    bail!(
        "a daemon runs already for {}{}; `isthmus down` stops it, and --state DIR with another directory starts a second system",
        place.state.display(),
        who.unwrap_or_default()
    )
}

fn greet(place: &Place, control: &Control, endpoint: &str, dev: bool) {
    println!("Isthmus listens on {endpoint} (HTTPS too). State: {}", place.state.display());
    if dev {
        println!("Access key dev, secret dev: for this machine only.");
    }
    if let Some((id, secret)) = control.new_key() {
        println!("Access key {}, secret {}: shown only now.", id.as_str(), secret.reveal());
    }
}

/// Whoever connects gets the summary. Only root reaches the socket.
fn listen_for_status(place: &Place) -> Result<UnixListener> {
    let path = place.status_socket();
    // A killed daemon leaves its socket.
    let _ = std::fs::remove_file(&path);
    UnixListener::bind(&path).with_context(|| format!("cannot listen on {}", path.display()))
}

async fn tell_status(listener: UnixListener, inspector: Inspector) {
    while let Ok((mut stream, _)) = listener.accept().await {
        match serde_json::to_vec(&inspector.summary()) {
            // Whoever asked may be gone.
            Ok(summary) => drop(stream.write_all(&summary).await),
            Err(error) => tracing::error!(%error, "the status cannot be told"),
        }
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // Senders that are gone want a stop too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Returns when the process is asked to end.
pub(crate) async fn asked_to_stop() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for signals")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot wait for signals"),
        _ = terminate.recv() => Ok(()),
    }
}

/// Consoles of the instances on this machine.
struct LocalConsoles(Instances);

impl Consoles for LocalConsoles {
    fn read(&self, instance: &InstanceId) -> Vec<u8> {
        self.0.console(instance)
    }
}
