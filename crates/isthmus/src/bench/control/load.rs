//! Clients that ask as fast as they are answered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use control::rpc::Product;

use super::wire::Wire;
use crate::bench::turns::median;
use crate::client::Client;

/// Clients at a time.
pub(super) const CLIENTS: usize = 16;
/// Calls that a latency is the median of.
const CALLS: usize = 200;

/// Calls a second of 16 clients, each with a connection of its own.
pub(super) fn rate(
    client: &Client,
    span: Duration,
    (product, action, parameters): (Product, &str, &str),
) -> Result<f64> {
    let start = Instant::now();
    let counts = everybody(|_| {
        let mut wire = Wire::connect(client)?;
        let mut count = 0;
        while start.elapsed() < span {
            wire.call(product, action, parameters)?;
            count += 1;
        }
        Ok(count)
    });
    let done: u32 = counts.into_iter().sum::<Result<u32>>()?;
    Ok(f64::from(done) / start.elapsed().as_secs_f64())
}

/// Does the jobs `0..count`, 16 at a time; how long it took.
pub(super) fn all(count: usize, job: impl Fn(usize) -> Result<()> + Sync) -> Result<Duration> {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let outcomes = everybody(|_| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            job(number)?;
        }
    });
    outcomes.into_iter().collect::<Result<()>>()?;
    Ok(start.elapsed())
}

fn everybody<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let work = &work;
                scope.spawn(move || work(number))
            })
            .collect();
        // A panic of a client is this process's own.
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

/// How long a call takes for one client alone, median, milliseconds.
pub(super) fn latency(client: &Client, product: Product, action: &str, parameters: &str) -> Result<f64> {
    let mut wire = Wire::connect(client)?;
    let mut samples = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let start = Instant::now();
        wire.call(product, action, parameters)?;
        samples.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(&samples))
}
