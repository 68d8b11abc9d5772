//! The ways that are not Isthmus, each a few commands.

use std::fs;
use std::net::Ipv4Addr;

use agent::kernel::netns::Netns;
use anyhow::Result;

use super::bed::{Bed, run};
use super::link::{End, join, route};
use super::proxies::{Identity, SUITE, TLS};
use super::servers::{HTTP, INLINE, STREAM, TOLD};

/// The server's own address, and the address of what balances in front of it.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 2, 1, 2);
const BALANCER: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 100);

/// Client, server, and the address that the client is to use.
pub(super) type Ends = (Netns, Netns, Ipv4Addr);

/// Where a proxy of others stands.
pub(super) struct Stand {
    pub(super) ends: Ends,
    pub(super) namespace: Netns,
    /// Its address there.
    pub(super) own: Ipv4Addr,
    /// The server, as it is reached from there.
    pub(super) backend: Ipv4Addr,
}

/// A stand where the packets arrive, between client and server.
pub(super) fn between(bed: &mut Bed) -> Result<Stand> {
    let (client, server, namespace) = balanced(bed)?;
    Ok(Stand { ends: (client, server, BALANCER), namespace, own: BALANCER, backend: SERVER })
}

/// One veth pair from client to server: nothing in between.
pub(super) fn wire(bed: &mut Bed) -> Result<Ends> {
    let (client, server) = (bed.namespace("client")?, bed.namespace("server")?);
    join(
        &End { namespace: &client, device: "eth0", address: "10.2.1.1/24" },
        &End { namespace: &server, device: "eth0", address: "10.2.1.2/24" },
    )?;
    Ok((client, server, SERVER))
}

/// A namespace between client and server that routes and does nothing else: the yardstick.
pub(super) fn routed(bed: &mut Bed) -> Result<Ends> {
    let (client, server, _) = across(bed)?;
    Ok((client, server, SERVER))
}

/// The routed path with address and port translation of both ends, by nftables and its connection tracking.
pub(super) fn nftables(bed: &mut Bed) -> Result<Ends> {
    let (client, server, fabric) = across(bed)?;
    let rules = format!(
        "table ip nat {{
            chain pre {{ type nat hook prerouting priority dstnat; ip daddr {BALANCER} dnat to {SERVER}; }}
            chain post {{ type nat hook postrouting priority srcnat; oifname \"server\" snat to 10.2.1.1; }}
        }}"
    );
    let file = bed.directory().join("rules");
    fs::write(&file, rules)?;
    let [nsenter, net] = super::bed::enter(&fabric);
    run(&[&nsenter, &net, "nft", "-f", &file.to_string_lossy()])?;
    Ok((client, server, BALANCER))
}

/// HAProxy as a TCP balancer between client and server.
pub(super) fn haproxy(bed: &mut Bed) -> Result<Ends> {
    let (client, server, fabric) = balanced(bed)?;
    let mut configuration = "global\n nbthread 2\n maxconn 4000\ndefaults\n mode tcp\n timeout connect 5s\n \
                             timeout client 600s\n timeout server 600s\n"
        .to_owned();
    for port in [HTTP, STREAM, INLINE] {
        configuration += &format!("listen p{port}\n bind {BALANCER}:{port}\n server s {SERVER}:{port}\n");
    }
    start_haproxy(bed, &fabric, &configuration)?;
    Ok((client, server, BALANCER))
}

fn start_haproxy(bed: &mut Bed, fabric: &Netns, configuration: &str) -> Result<()> {
    let file = bed.directory().join("haproxy");
    fs::write(&file, configuration)?;
    bed.spawn(fabric, &["haproxy", "-db", "-f", &file.to_string_lossy()])
}

/// HAProxy, which ends TLS and sends the PROXY protocol.
pub(super) fn haproxy_proxies(stand: Stand, bed: &mut Bed, identity: &Identity) -> Result<Ends> {
    let Stand { ends, namespace, own, backend } = stand;
    let both = bed.directory().join("both.pem");
    fs::write(&both, [fs::read(&identity.chain)?, fs::read(&identity.key)?].concat())?;
    let both = both.display();
    let configuration = format!(
        "global\n nbthread 2\n maxconn 4000\n ssl-default-bind-ciphersuites {SUITE}\n \
         ssl-default-bind-options ssl-min-ver TLSv1.3\n\
         defaults\n mode tcp\n option splice-auto\n timeout connect 5s\n timeout client 600s\n timeout server 600s\n\
         listen told\n bind {own}:{TOLD}\n server s {backend}:{TOLD} send-proxy-v2\n\
         listen tls\n bind {own}:{TLS} ssl crt {both}\n server s {backend}:{HTTP}\n"
    );
    start_haproxy(bed, &namespace, &configuration)?;
    Ok(ends)
}

/// NGINX, which ends TLS.
pub(super) fn nginx_tls(stand: Stand, bed: &mut Bed, identity: &Identity) -> Result<Ends> {
    let Stand { ends, namespace, own, backend } = stand;
    let home = bed.directory().join("balancer");
    fs::create_dir_all(&home)?;
    let (directory, chain, key) = (home.display(), identity.chain.display(), identity.key.display());
    let configuration = format!(
        "load_module /usr/lib/nginx/modules/ngx_stream_module.so;
         daemon off; worker_processes 2; pid {directory}/pid; error_log {directory}/error warn;
         events {{ worker_connections 4000; }}
         stream {{ server {{ listen {own}:{TLS} ssl backlog=65535 reuseport; proxy_pass {backend}:{HTTP};
           ssl_certificate {chain}; ssl_certificate_key {key}; ssl_protocols TLSv1.3;
           ssl_conf_command Ciphersuites {SUITE}; }} }}"
    );
    let file = home.join("nginx.conf");
    fs::write(&file, configuration)?;
    bed.spawn(&namespace, &["nginx", "-c", &file.to_string_lossy(), "-p", &home.to_string_lossy()])?;
    Ok(ends)
}

/// Client, server, and a namespace between them that has the balancer's address.
fn balanced(bed: &mut Bed) -> Result<(Netns, Netns, Netns)> {
    let (client, server, fabric) = across(bed)?;
    run(&["ip", "-n", fabric.name(), "addr", "add", &format!("{BALANCER}/32"), "dev", "lo"])?;
    Ok((client, server, fabric))
}

/// Client, server, and the routing namespace between them.
fn across(bed: &mut Bed) -> Result<(Netns, Netns, Netns)> {
    let (client, server, fabric) =
        (bed.namespace("client")?, bed.namespace("server")?, bed.namespace("fabric")?);
    join(
        &End { namespace: &client, device: "eth0", address: "10.1.0.2/24" },
        &End { namespace: &fabric, device: "client", address: "10.1.0.1/24" },
    )?;
    join(
        &End { namespace: &server, device: "eth0", address: "10.2.1.2/24" },
        &End { namespace: &fabric, device: "server", address: "10.2.1.1/24" },
    )?;
    route(&client, "10.1.0.1")?;
    route(&server, "10.2.1.1")?;
    // The balancer's address lies in the client's subnet, but behind its gateway.
    run(&["ip", "-n", client.name(), "route", "add", &format!("{BALANCER}/32"), "via", "10.1.0.1"])?;
    fabric.within(|| fs::write("/proc/sys/net/ipv4/ip_forward", "1"))??;
    Ok((client, server, fabric))
}
