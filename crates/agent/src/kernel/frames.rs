//! Sends frames to the far ends of links: what leaves through a host side arrives there, past every program.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use super::netns::{Netns, NetnsError};

/// Frames cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum FramesError {
    /// The fabric could not be entered.
    #[error(transparent)]
    Netns(#[from] NetnsError),
    /// The kernel refused the socket.
    #[error("no socket for frames: are you root?")]
    Socket(#[source] io::Error),
}

/// A socket of the fabric that receives nothing.
#[derive(Debug)]
pub struct Frames(OwnedFd);

impl Frames {
    /// Opens it.
    ///
    /// # Errors
    /// When there is no fabric, or the process may not.
    pub fn open(fabric: &Netns) -> Result<Self, FramesError> {
        fabric.within(Self::here)?
    }

    /// Opens one in the caller's namespace.
    ///
    /// # Errors
    /// When the process may not.
    pub fn here() -> Result<Self, FramesError> {
        socket().map(Self).map_err(FramesError::Socket)
    }

    /// Sends a frame through the interface with this index to the MAC address `receiver`.
    ///
    /// # Errors
    /// When the interface is gone or down.
    pub fn send(&self, interface: u32, receiver: [u8; 6], frame: &[u8]) -> io::Result<()> {
        let mut addr = [0; 8];
        addr[..6].copy_from_slice(&receiver);
        let address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: (libc::ETH_P_IP as u16).to_be(),
            sll_ifindex: i32::try_from(interface).map_err(io::Error::other)?,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 6,
            sll_addr: addr,
        };
        // SAFETY: the frame and the address are as long as said, and outlive the call.
        let sent = unsafe {
            libc::sendto(
                self.0.as_raw_fd(),
                frame.as_ptr().cast(),
                frame.len(),
                libc::MSG_DONTWAIT,
                (&raw const address).cast(),
                size_of::<libc::sockaddr_ll>() as u32,
            )
        };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

fn socket() -> io::Result<OwnedFd> {
    // SAFETY: no pointers; the descriptor is new and nobody else's.
    unsafe {
        match libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) {
            -1 => Err(io::Error::last_os_error()),
            descriptor => Ok(OwnedFd::from_raw_fd(descriptor)),
        }
    }
}
