//! The servers that every way leads to.

use std::fs;

use agent::kernel::netns::Netns;
use anyhow::Result;

use super::bed::Bed;

/// NGINX.
pub(super) const HTTP: u16 = 80;
/// NGINX, which takes the PROXY protocol.
pub(super) const TOLD: u16 = 81;
/// Bytes of its large page.
pub(super) const LARGE: usize = 1024 * 1024;
/// iperf3.
pub(super) const STREAM: u16 = 5201;
/// Servers that live in the measuring thread, TCP and UDP.
pub(super) const INLINE: u16 = 7000;

/// Starts NGINX with two workers and pages of 128 bytes and of 1 MiB, and iperf3.
pub(super) fn start(bed: &mut Bed, server: &Netns) -> Result<()> {
    let home = bed.directory().join("nginx");
    fs::create_dir_all(home.join("www"))?;
    fs::write(home.join("www/page"), [b'x'; 128])?;
    fs::write(home.join("www/large"), vec![b'x'; LARGE])?;
    let directory = home.display();
    let scratch: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {directory}/{name};"))
        .concat();
    let configuration = format!(
        "daemon off; worker_processes 2; pid {directory}/pid; error_log {directory}/error warn;
         events {{ worker_connections 4000; }}
         http {{ access_log off; sendfile on; keepalive_requests 100000000; open_file_cache max=10; {scratch}
           server {{ listen {HTTP} backlog=65535 reuseport; root {directory}/www; }}
           server {{ listen {TOLD} proxy_protocol backlog=65535 reuseport; root {directory}/www; }} }}"
    );
    let file = home.join("nginx.conf");
    fs::write(&file, configuration)?;
    bed.spawn(server, &["nginx", "-c", &file.to_string_lossy(), "-p", &home.to_string_lossy()])?;
    bed.spawn(server, &["iperf3", "--server", "--port", &STREAM.to_string()])
}
