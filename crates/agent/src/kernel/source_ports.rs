//! Source ports of sockets that speak in a load balancer's name: as many to each server as there are.

use std::fs;
use std::io;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd as _};

use tables::FIRST_PORT;

use super::netns::{Netns, NetnsError};

const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// Lets sockets of a namespace use every port that is nobody's by name.
///
/// # Errors
/// When the namespace cannot be entered. A kernel that refuses the range keeps its own.
pub fn widen(namespace: &Netns) -> Result<(), NetnsError> {
    let wanted = format!("{FIRST_PORT}\t{}\n", u16::MAX);
    namespace.within(|| {
        if fs::read_to_string(RANGE).is_ok_and(|range| range != wanted) {
            // Fewer ports are no reason to stop.
            let _ = fs::write(RANGE, &wanted);
        }
    })
}

/// Lets a socket that is bound to an address get its port only when it connects: then ports are taken for each destination.
///
/// # Errors
/// When the kernel does not know it (before Linux 4.2).
pub fn late(socket: &impl AsFd) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the value is as long as said, and outlives the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as u32,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener};

    use tokio::net::TcpSocket;

    use super::*;

    /// Two ports for ten connections: to each server both may be used.
    #[tokio::test]
    async fn a_port_is_taken_for_one_destination_alone() {
        let namespace = Netns::named(format!("sp-{}", std::process::id()));
        namespace.create().unwrap();
        let up = || std::process::Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap();
        assert!(namespace.within(up).unwrap().success());
        widen(&namespace).unwrap();
        let few = || {
            assert_eq!(fs::read_to_string(RANGE).unwrap(), "1024\t65535\n");
            let servers: Vec<_> = (0..5).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
            fs::write(RANGE, "2000 2001").unwrap();
            let sockets: Vec<_> = (0..10).map(|_| TcpSocket::new_v4().unwrap()).collect();
            (servers, sockets)
        };
        let (servers, sockets) = namespace.within(few).unwrap();
        // The sockets keep it alive; a test that is killed leaves no name behind.
        namespace.delete().unwrap();
        let mut streams = Vec::new();
        for (socket, server) in sockets.into_iter().zip(servers.iter().chain(&servers)) {
            late(&socket).unwrap();
            socket.bind(SocketAddr::new([127, 0, 0, 5].into(), 0)).unwrap();
            streams.push(socket.connect(server.local_addr().unwrap()).await.unwrap());
        }
    }
}
