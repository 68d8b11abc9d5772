//! `isthmus bench --proxies`: listeners that speak TLS (at the proxy) or send the PROXY protocol's header (by the program),
//! next to HAProxy and NGINX in their place.
//!
//! Each proxy stands between the same client and the same server, with two threads. TLS is version 1.3 with one suite and
//! one key (ECDSA, P-256) for all; the PROXY protocol is of version 2. HAProxy and NGINX stand where the packets arrive, and
//! once more in an instance behind the endpoint and the NLB that lead to ours: what differs then is the proxy alone.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agent::kernel::netns::Netns;
use anyhow::{Context, Result};
use comfy_table::{Table, presets};

use super::bed::{Bed, await_server, run as command};
use super::dress::Ends;
use super::servers::TOLD;
use super::targets::Bound;
use super::turns::{median, ratio, spread};
use super::{dress, fabric, output, servers, users};

/// Where the proxies end TLS.
pub(super) const TLS: u16 = 443;
/// The suite that all of them speak.
pub(super) const SUITE: &str = "TLS_AES_128_GCM_SHA256";

/// A certificate and its key, as PEM files.
pub(super) struct Identity {
    pub(super) chain: PathBuf,
    pub(super) key: PathBuf,
}

/// Who stands between client and server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proxy {
    Haproxy,
    Nginx,
    HaproxyBehind,
    NginxBehind,
    Isthmus,
}

impl Proxy {
    const ALL: [Self; 5] =
        [Self::Haproxy, Self::Nginx, Self::HaproxyBehind, Self::NginxBehind, Self::Isthmus];

    fn name(self) -> &'static str {
        match self {
            Self::Haproxy => "HAProxy",
            Self::Nginx => "NGINX",
            Self::HaproxyBehind => "HAProxy behind endpoint and NLB",
            Self::NginxBehind => "NGINX behind endpoint and NLB",
            Self::Isthmus => "Isthmus",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Haproxy => "haproxy",
            Self::Nginx => "nginx",
            Self::HaproxyBehind => "haproxy-behind",
            Self::NginxBehind => "nginx-behind",
            Self::Isthmus => "ours",
        }
    }

    /// NGINX sends headers of version 1 alone.
    fn does(self, work: Work) -> bool {
        match self {
            Self::Nginx | Self::NginxBehind => work == Work::Tls,
            Self::Haproxy | Self::HaproxyBehind | Self::Isthmus => true,
        }
    }
}

/// What a proxy does to the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Header,
    Tls,
}

impl Work {
    fn url(self, address: Ipv4Addr, page: &str) -> String {
        match self {
            Self::Header => format!("http://{address}:{TOLD}/{page}"),
            Self::Tls => format!("https://{address}:{TLS}/{page}"),
        }
    }
}

/// How pages are asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    /// On connections that stay.
    Kept,
    /// On a new connection each, which resumes the session of the last where there is TLS.
    New,
    /// On a new connection each, with a full handshake.
    Full,
}

/// A figure: what is asked for, and how.
struct Figure {
    title: &'static str,
    work: Work,
    page: &'static str,
    load: Load,
    /// From thousands of requests a second to the unit of the title.
    unit: f64,
}

/// Gbit in a thousand large pages.
const LARGE: f64 = servers::LARGE as f64 * 8.0 * 1e3 / 1e9;

const FIGURES: [Figure; 7] = [
    Figure {
        title: "PROXY v2: requests, kept connections, k/s",
        work: Work::Header,
        page: "page",
        load: Load::Kept,
        unit: 1.0,
    },
    Figure {
        title: "PROXY v2: requests, new connections, k/s",
        work: Work::Header,
        page: "page",
        load: Load::New,
        unit: 1.0,
    },
    Figure {
        title: "PROXY v2: pages of 1 MiB, Gbit/s",
        work: Work::Header,
        page: "large",
        load: Load::Kept,
        unit: LARGE,
    },
    Figure {
        title: "TLS: requests, kept connections, k/s",
        work: Work::Tls,
        page: "page",
        load: Load::Kept,
        unit: 1.0,
    },
    Figure {
        title: "TLS: requests, new connections, resumed, k/s",
        work: Work::Tls,
        page: "page",
        load: Load::New,
        unit: 1.0,
    },
    Figure {
        title: "TLS: requests, new connections, full handshakes, k/s",
        work: Work::Tls,
        page: "page",
        load: Load::Full,
        unit: 1.0,
    },
    Figure {
        title: "TLS: pages of 1 MiB, Gbit/s",
        work: Work::Tls,
        page: "large",
        load: Load::Kept,
        unit: LARGE,
    },
];

/// Measures in turns, prints a table with a verdict for each figure, and renews the section of a page.
///
/// # Errors
/// When a proxy cannot be built or measured.
pub(super) fn run(turns: u32, page: Option<&Path>) -> Result<()> {
    let ways = Proxy::ALL.map(build).into_iter().collect::<Result<Vec<_>>>()?;
    let mut samples = vec![vec![Vec::new(); ways.len()]; FIGURES.len()];
    for turn in 0..turns {
        for (figure, samples) in FIGURES.iter().zip(&mut samples) {
            let mut order: Vec<usize> =
                (0..ways.len()).filter(|way| ways[*way].proxy.does(figure.work)).collect();
            if turn % 2 == 1 {
                order.reverse();
            }
            for way in order {
                let value = figure.sample(&ways[way]).with_context(|| figure.title.to_owned())?;
                samples[way].push(value);
            }
        }
        eprintln!("turn {} of {turns}", turn + 1);
    }
    let table = table(&samples);
    println!("{table}");
    match page {
        Some(file) => output::write_page(file, output::PROXIES, &[table]),
        None => Ok(()),
    }
}

/// A proxy that has been built, between client and server. Dropping it takes it away.
struct Way {
    proxy: Proxy,
    client: Netns,
    address: Ipv4Addr,
    _bed: Bed,
}

fn build(proxy: Proxy) -> Result<Way> {
    let mut bed = Bed::new(proxy.key())?;
    let identity = identity(&bed)?;
    let (client, server, address) =
        stand(proxy, &mut bed, &identity).with_context(|| format!("build {}", proxy.name()))?;
    servers::start(&mut bed, &server)?;
    let way = Way { proxy, client, address, _bed: bed };
    for port in [Some(TLS), proxy.does(Work::Header).then_some(TOLD)].into_iter().flatten() {
        await_server(&way.client, (address, port).into())?;
    }
    Ok(way)
}

/// Puts a proxy in its place.
fn stand(proxy: Proxy, bed: &mut Bed, identity: &Identity) -> Result<Ends> {
    match proxy {
        Proxy::Haproxy => dress::haproxy_proxies(dress::between(bed)?, bed, identity),
        Proxy::Nginx => dress::nginx_tls(dress::between(bed)?, bed, identity),
        Proxy::HaproxyBehind => dress::haproxy_proxies(fabric::balanced(bed)?, bed, identity),
        Proxy::NginxBehind => dress::nginx_tls(fabric::balanced(bed)?, bed, identity),
        Proxy::Isthmus => fabric::proxies(bed, identity),
    }
}

/// A certificate of its own, which lasts as long as the measurement.
fn identity(bed: &Bed) -> Result<Identity> {
    let (chain, key) = (bed.directory().join("chain.pem"), bed.directory().join("key.pem"));
    let (chain_file, key_file) = (chain.to_string_lossy(), key.to_string_lossy());
    let make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=bench -days 2";
    let files = ["-keyout", &key_file, "-out", &chain_file];
    command(&[&make.split(' ').collect::<Vec<_>>()[..], &files].concat())?;
    Ok(Identity { chain, key })
}

impl Figure {
    fn sample(&self, way: &Way) -> Result<f64> {
        let url = self.work.url(way.address, self.page);
        let second = Duration::from_secs(1);
        let rate = match self.load {
            Load::Kept => users::wrk(&way.client, &url, second, &[]),
            Load::New => users::wrk(&way.client, &url, second, users::NEW),
            Load::Full => users::handshakes(&way.client, (way.address, TLS).into(), self.page),
        };
        Ok(rate.with_context(|| way.proxy.name())? * self.unit)
    }
}

/// Every figure; that of Isthmus against each other.
fn table(samples: &[Vec<Vec<f64>>]) -> Table {
    let mut table = Table::new();
    let header = ["figure", "way", "median", "spread", "Isthmus / it", "verdict"];
    table.load_preset(presets::ASCII_MARKDOWN).set_header(header);
    for (figure, samples) in FIGURES.iter().zip(samples) {
        let ours = samples.last().map_or(&[][..], Vec::as_slice);
        for (proxy, values) in Proxy::ALL.iter().zip(samples).filter(|(_, values)| !values.is_empty()) {
            let ratio = (*proxy != Proxy::Isthmus).then(|| ratio(ours, values));
            let verdict = ratio.map(|ratio| if TARGET.holds(ratio, 0.0) { "reached" } else { "missed" });
            table.add_row([
                figure.title.to_owned(),
                proxy.name().to_owned(),
                format!("{:.2}", median(values)),
                format!("{:.0} %", 100.0 * spread(values)),
                ratio.map(|ratio| format!("{ratio:.3}")).unwrap_or_default(),
                verdict.unwrap_or_default().to_owned(),
            ]);
        }
    }
    table
}

/// At least what each of the others does: whoever has one of them loses nothing.
const TARGET: Bound = Bound::AtLeast(1.0);
