//! Figures as a user would take them, with the tools that users take: generator, path and server share the machine's
//! processors, so they are noisy.

use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use agent::kernel::netns::Netns;
use anyhow::{Context, Result};

use super::bed::{enter, run};
use super::servers::{HTTP, STREAM};
use super::ways::Path;

/// Connections that wrk holds open.
const CONNECTIONS: u32 = 64;
/// What makes it open a new one for each request.
pub(super) const NEW: &[&str] = &["--header", "Connection: close"];
/// Clients that shake hands at the same time, each a process.
const SHAKERS: u32 = 16;

/// TCP throughput of `streams` connections, Gbit/s.
pub(super) fn streams(path: &Path, streams: u32, duration: Duration) -> Result<f64> {
    let (port, count, seconds) = (STREAM.to_string(), streams.to_string(), whole_seconds(duration));
    let words = [
        "iperf3",
        "--json",
        "--client",
        &path.address.to_string(),
        "--port",
        &port,
        "--parallel",
        &count,
        "--time",
        &seconds,
    ];
    let answer: serde_json::Value = serde_json::from_str(&inside(&path.client, &words)?)?;
    let rate = answer["end"]["sum_received"]["bits_per_second"].as_f64();
    Ok(rate.context("iperf3 told no rate")? / 1e9)
}

/// HTTP requests over kept connections, thousands a second.
pub(super) fn requests(path: &Path, duration: Duration) -> Result<f64> {
    page(path, duration, &[])
}

/// HTTP requests with a new connection for each, thousands a second.
pub(super) fn connections(path: &Path, duration: Duration) -> Result<f64> {
    page(path, duration, NEW)
}

fn page(path: &Path, duration: Duration, more: &[&str]) -> Result<f64> {
    let url = format!("http://{}:{HTTP}/page", path.address);
    wrk(&path.client, &url, duration, more).with_context(|| format!("through {}", path.way.name()))
}

/// Thousands of requests a second over some connections, with some more arguments.
pub(super) fn wrk(client: &Netns, url: &str, duration: Duration, more: &[&str]) -> Result<f64> {
    let (connections, seconds) = (CONNECTIONS.to_string(), whole_seconds(duration));
    let words =
        [&["wrk", "--threads", "2", "--connections", &connections, "--duration", &seconds][..], more, &[url]];
    Ok(rate(&inside(client, &words.concat())?)? / 1e3)
}

/// Requests a second of a run of wrk without errors.
fn rate(answer: &str) -> Result<f64> {
    let line = |name: &str| answer.lines().find_map(|line| line.trim().strip_prefix(name));
    let trouble = line("Socket errors:").or_else(|| line("Non-2xx"));
    anyhow::ensure!(trouble.is_none(), "wrk saw errors: {}", trouble.unwrap_or_default().trim());
    line("Requests/sec:").and_then(|rate| rate.trim().parse().ok()).context("wrk told no rate")
}

/// Thousands of full handshakes a second, each followed by a request, for one or two seconds. (wrk resumes its last session.)
pub(super) fn handshakes(client: &Netns, address: SocketAddr, page: &str) -> Result<f64> {
    let [nsenter, net] = enter(client);
    let (address, page) = (address.to_string(), format!("/{page}"));
    let words = ["openssl", "s_time", "-new", "-connect", &address, "-www", &page, "-time", "1"];
    // Reading the machine's authorities would take longer than a thousand handshakes.
    let trusted = ["-no-CAfile", "-no-CApath", "-no-CAstore"];
    let mut shaker = Command::new(nsenter);
    shaker
        .arg(net)
        .args(words)
        .args(trusted)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let begin = Instant::now();
    let shakers: Vec<_> = (0..SHAKERS).map(|_| shaker.spawn()).collect::<Result<_, _>>()?;
    let counts = shakers.into_iter().map(|shaker| shaken(&shaker.wait_with_output()?));
    let count: f64 = counts.sum::<Result<f64>>()?;
    Ok(count / begin.elapsed().as_secs_f64() / 1e3)
}

/// Connections of a client without errors.
fn shaken(output: &Output) -> Result<f64> {
    let text = String::from_utf8_lossy(&output.stdout);
    let count = text.lines().find_map(|line| line.split_once(" connections in ").map(|(count, _)| count));
    anyhow::ensure!(output.status.success(), "openssl s_time: {}", output.status);
    count.and_then(|count| count.trim().parse().ok()).context("openssl s_time told no connections")
}

fn inside(client: &Netns, words: &[&str]) -> Result<String> {
    let [nsenter, net] = enter(client);
    run(&[&[nsenter.as_str(), net.as_str()][..], words].concat())
}

/// The tools count in whole seconds.
fn whole_seconds(duration: Duration) -> String {
    duration.as_secs().max(1).to_string()
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn a_run_with_errors_has_no_rate() {
        assert_eq!(rate("  Latency  1ms\nRequests/sec:  64890.12\n").unwrap(), 64890.12);
        assert!(rate("  Socket errors: connect 0, read 3, write 0, timeout 0\nRequests/sec: 5\n").is_err());
        assert!(rate("  Non-2xx or 3xx responses: 7\nRequests/sec: 5\n").is_err());
    }
}
