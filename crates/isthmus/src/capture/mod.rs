//! `isthmus capture`: what passes an interface, or both sides of a translation.

mod pcapng;

use std::io::{self, BufWriter, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use agent::capture::{Capture, Captured, Filter, Packet, Target};
use agent::flows::FlowProtocol;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::down::agent_config;
use crate::place::Which;
use pcapng::Pcapng;

/// Longest time until an end that was asked for is noticed.
const NOTICE: Duration = Duration::from_millis(100);

/// What to capture, and how much of it.
#[derive(Args, Debug)]
pub struct CaptureArgs {
    #[command(flatten)]
    which: Which,
    /// An instance (i-…) or interface (eni-…); or an endpoint (ep-…) or load balancer (nlb-…), of which both sides are captured.
    target: String,
    /// A pcapng file instead of lines; `-` = standard output.
    #[arg(long, short, value_name = "FILE")]
    write: Option<PathBuf>,
    /// End after so many packets [default: when interrupted].
    #[arg(long, short, value_name = "N")]
    count: Option<u64>,
    /// Only this protocol.
    #[arg(long, value_enum)]
    protocol: Option<Protocol>,
    /// Only packets that have this address at one of their ends.
    #[arg(long)]
    address: Option<IpAddr>,
    /// Only packets that have this port at one of their ends.
    #[arg(long)]
    port: Option<u16>,
}

/// What a packet speaks.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Protocol {
    Tcp,
    Udp,
    Icmp,
}

impl CaptureArgs {
    /// Captures until interrupted or until there are enough, and then tells on standard error how many there were.
    ///
    /// # Errors
    /// When nothing of the target is on this host, the file cannot be written, or the caller is not root.
    pub fn run(self) -> Result<()> {
        let place = self.which.place()?;
        let plan = place.plan()?;
        let target = target(&self.target)?;
        let mut capture = Capture::begin(&agent_config(&place)?, &plan, &target, self.filter())?;
        let mut out = self.out(&capture)?;
        let ended = interrupted()?;
        let (mut told, mut lost) = (0, 0);
        let left = |told| self.count.map_or(u64::MAX, |count| count - told);
        while left(told) > 0 && !ended.load(Ordering::Relaxed) {
            let taken = capture.take(NOTICE).context("the interface is gone")?;
            for captured in taken.iter().take(usize::try_from(left(told)).unwrap_or(usize::MAX)) {
                out.tell(captured)?;
                told += 1;
            }
            out.flush()?;
            lost += capture.lost()?;
        }
        eprintln!("isthmus: {told} packets captured, {lost} came faster than they were taken");
        Ok(())
    }

    fn filter(&self) -> Filter {
        let protocol = self.protocol.map(|protocol| match protocol {
            Protocol::Tcp => FlowProtocol::Tcp,
            Protocol::Udp => FlowProtocol::Udp,
            Protocol::Icmp => FlowProtocol::Icmp,
        });
        Filter { protocol, address: self.address, port: self.port }
    }

    fn out(&self, capture: &Capture) -> Result<Out> {
        let Some(path) = &self.write else {
            return Ok(Out::Lines(capture.interfaces().map(str::to_owned).collect()));
        };
        let writer: Box<dyn io::Write> = if path.as_os_str() == "-" {
            Box::new(io::stdout())
        } else {
            let made = std::fs::File::create(path);
            Box::new(made.with_context(|| format!("cannot write {}", path.display()))?)
        };
        Ok(Out::File(Pcapng::new(BufWriter::new(writer), capture.interfaces())?))
    }
}

/// Where packets are told.
enum Out {
    /// With the names of the interfaces.
    Lines(Vec<String>),
    File(Pcapng<BufWriter<Box<dyn io::Write>>>),
}

impl Out {
    fn tell(&mut self, captured: &Captured) -> Result<()> {
        match self {
            Self::Lines(names) => {
                let name = names.get(captured.interface).map_or("", String::as_str);
                Ok(writeln!(io::stdout(), "{}", line(captured, name))?)
            }
            Self::File(file) => file.add(captured),
        }
    }

    /// At once, for whoever reads from a pipe.
    fn flush(&mut self) -> Result<()> {
        match self {
            Self::Lines(_) => Ok(io::stdout().flush()?),
            Self::File(file) => file.flush(),
        }
    }
}

fn target(text: &str) -> Result<Target> {
    if let Ok(id) = text.parse() {
        return Ok(Target::Instance(id));
    }
    if let Ok(id) = text.parse() {
        return Ok(Target::Eni(id));
    }
    if let Ok(id) = text.parse() {
        return Ok(Target::Endpoint(id));
    }
    match text.parse() {
        Ok(id) => Ok(Target::LoadBalancer(id)),
        Err(_) => bail!(
            "'{text}' cannot be captured: give an instance (i-…), an interface (eni-…), an endpoint (ep-…) or a load \
             balancer (nlb-…)"
        ),
    }
}

/// Turns true when the process is asked to end.
fn interrupted() -> Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&ended);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        // What cannot be waited for ends the process by itself.
        if runtime.block_on(crate::up::asked_to_stop()).is_ok() {
            set.store(true, Ordering::Relaxed);
        }
    });
    Ok(ended)
}

/// One line for a person.
fn line(captured: &Captured, interface: &str) -> String {
    let time = jiff::Timestamp::try_from(std::time::UNIX_EPOCH + captured.time);
    let time = time.unwrap_or(jiff::Timestamp::UNIX_EPOCH).strftime("%H:%M:%S%.6f");
    let way = if captured.outgoing { "out" } else { "in" };
    format!("{time} {interface} {way:3} {} {} bytes", contents(&captured.bytes), captured.length)
}

fn contents(frame: &[u8]) -> String {
    let Some(packet) = Packet::of(frame) else {
        return match frame.get(12..14) {
            Some([8, 6]) => "arp".to_owned(),
            Some([high, low]) => format!("ethertype 0x{high:02x}{low:02x}"),
            _ => "nothing whole".to_owned(),
        };
    };
    let protocol = match packet.protocol {
        1 => "icmp".to_owned(),
        58 => "icmpv6".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        other => format!("protocol {other}"),
    };
    let flags = packet.letters().map(|letters| format!(" [{letters}]")).unwrap_or_default();
    if [1, 58].contains(&packet.protocol) {
        return format!("{protocol} {} > {}", packet.from.ip(), packet.to.ip());
    }
    format!("{protocol} {} > {}{flags}", packet.from, packet.to)
}
