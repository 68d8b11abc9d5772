//! Taps: copies of the frames that pass an interface of an instance, in both directions, as its own kernel sees them.

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::time::Duration;

use super::netns::{Netns, NetnsError};

/// Longest frame that is taken whole, bytes: the kernel joins segments to at most 512 KiB (BIG TCP), with a header.
pub const LONGEST: usize = (512 << 10) + 256;
/// What may wait to be read, bytes.
const ROOM: libc::c_int = 16 << 20;

/// There is no tap.
#[derive(Debug, thiserror::Error)]
pub enum TapError {
    /// The instance's namespace could not be entered.
    #[error(transparent)]
    Netns(#[from] NetnsError),
    /// The kernel refused.
    #[error("no tap on {device} in {namespace}: are you root, and is the interface there?")]
    Socket {
        /// The interface.
        device: String,
        /// Where.
        namespace: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A tap on one interface; closed when dropped. Without one, packets cost nothing.
#[derive(Debug)]
pub struct Tap {
    socket: OwnedFd,
    buffer: Vec<u8>,
}

/// A frame that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tapped<'a> {
    /// When, since the beginning of 1970.
    pub time: Duration,
    /// The instance has sent it.
    pub outgoing: bool,
    /// Its whole length, bytes.
    pub length: usize,
    /// Its bytes, from the Ethernet header on.
    pub bytes: &'a [u8],
}

impl Tap {
    /// Opens it on an interface of an instance's namespace.
    ///
    /// # Errors
    /// When the interface is not there, or the process may not.
    pub fn open(namespace: &Netns, device: &str) -> Result<Self, TapError> {
        let opened = namespace.within(|| open(device))?;
        let socket = opened.map_err(|source| TapError::Socket {
            device: device.to_owned(),
            namespace: namespace.name().to_owned(),
            source,
        })?;
        Ok(Self { socket, buffer: vec![0; LONGEST] })
    }

    /// The next frame that waits, if there is one.
    ///
    /// # Errors
    /// When the interface is gone.
    pub fn take(&mut self) -> io::Result<Option<Tapped<'_>>> {
        match receive(&self.socket, &mut self.buffer) {
            Ok((time, outgoing, length)) => {
                let bytes = &self.buffer[..length.min(LONGEST)];
                Ok(Some(Tapped { time, outgoing, length, bytes }))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Frames that came faster than they were read, since this was asked last.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn lost(&self) -> io::Result<u32> {
        let mut stats = libc::tpacket_stats { tp_packets: 0, tp_drops: 0 };
        let mut length = size_of::<libc::tpacket_stats>() as libc::socklen_t;
        // SAFETY: the structure is as long as said, and outlives the call.
        let got = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut stats).cast(),
                &raw mut length,
            )
        };
        if got < 0 { Err(io::Error::last_os_error()) } else { Ok(stats.tp_drops) }
    }
}

/// Waits until a frame waits in one of the taps, for so long at most.
///
/// # Errors
/// When the kernel refuses.
pub fn wait<'a>(taps: impl IntoIterator<Item = &'a Tap>, timeout: Duration) -> io::Result<()> {
    let poll = |tap: &Tap| libc::pollfd { fd: tap.socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut polled: Vec<libc::pollfd> = taps.into_iter().map(poll).collect();
    let milliseconds = libc::c_int::try_from(timeout.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: the list is as long as said, and outlives the call.
    let ready = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, milliseconds) };
    match io::Error::last_os_error() {
        error if ready < 0 && error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

/// The socket hears nothing until it is bound to its one interface.
fn open(device: &str) -> io::Result<OwnedFd> {
    let name = std::ffi::CString::new(device)?;
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: the name ends with a zero; the descriptor is new and nobody else's.
    let (socket, index) = unsafe {
        let index = libc::if_nametoindex(name.as_ptr());
        if index == 0 {
            return Err(io::Error::last_os_error());
        }
        match libc::socket(libc::AF_PACKET, kind, 0) {
            -1 => return Err(io::Error::last_os_error()),
            descriptor => (OwnedFd::from_raw_fd(descriptor), index),
        }
    };
    set(&socket, libc::SO_RCVBUFFORCE, ROOM)?;
    set(&socket, libc::SO_TIMESTAMPNS, 1)?;
    // SAFETY: all zeros are a valid address.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = i32::try_from(index).map_err(io::Error::other)?;
    let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: the address is as long as said, and outlives the call.
    let bound = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
    if bound < 0 { Err(io::Error::last_os_error()) } else { Ok(socket) }
}

fn set(socket: &OwnedFd, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the value is as long as said, and outlives the call.
    let set = unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, (&raw const value).cast(), length)
    };
    if set < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// When, whether it is outgoing, and how long it is; what fits is in the buffer.
fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<(Duration, bool, usize)> {
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let mut address = MaybeUninit::<libc::sockaddr_ll>::zeroed();
    // Room for one time stamp, aligned as the kernel writes it.
    let mut control = [0_u64; 16];
    // SAFETY: all zeros are a valid header.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_name = address.as_mut_ptr().cast();
    message.msg_namelen = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(&control) as _;
    // SAFETY: everything that the header points to is as long as said, and outlives the call. With this flag the kernel gives
    // the frame's whole length.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_TRUNC) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    // SAFETY: zeroed, and filled by the kernel.
    let outgoing = unsafe { address.assume_init() }.sll_pkttype == libc::PACKET_OUTGOING;
    Ok((time(&message), outgoing, length))
}

fn time(message: &libc::msghdr) -> Duration {
    // SAFETY: the kernel has written the control data that the header tells of; the time is copied.
    unsafe {
        let first = libc::CMSG_FIRSTHDR(message);
        if first.is_null() || (*first).cmsg_type != libc::SCM_TIMESTAMPNS {
            return Duration::ZERO;
        }
        let time: libc::timespec = std::ptr::read_unaligned(libc::CMSG_DATA(first).cast());
        Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::kernel::frames::Frames;

    /// A namespace of its own, which goes with it.
    struct Place(Netns);

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = self.0.delete();
        }
    }

    fn taken(tap: &mut Tap) -> Vec<(bool, usize, Vec<u8>)> {
        let mut all = Vec::new();
        for _ in 0..100 {
            wait([&*tap], Duration::from_millis(20)).unwrap();
            while let Some(frame) = tap.take().unwrap() {
                assert!(frame.time > Duration::from_secs(1_700_000_000), "{:?}", frame.time);
                all.push((frame.outgoing, frame.length, frame.bytes.to_vec()));
            }
            if !all.is_empty() {
                break;
            }
        }
        all
    }

    #[test]
    fn a_tap_tells_what_its_interface_sends_and_receives_and_nothing_of_others() {
        let place = Place(Netns::named(format!("tap-{}", std::process::id())));
        place.0.create().unwrap();
        let script = "ip link add one type veth peer name two && ip link set one up && ip link set two up";
        let made = place.0.within(|| Command::new("sh").args(["-c", script]).status().unwrap()).unwrap();
        assert!(made.success());
        let mut taps = ["one", "two"].map(|device| Tap::open(&place.0, device).unwrap());
        let frame = [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0][..], &[7; 50]].concat();
        let send = || {
            // SAFETY: the name ends with a zero.
            let index = unsafe { libc::if_nametoindex(c"one".as_ptr()) };
            Frames::here().unwrap().send(index, [2, 0, 0, 0, 0, 2], &frame).unwrap();
        };
        place.0.within(send).unwrap();
        assert_eq!(taken(&mut taps[0]), [(true, 64, frame.clone())]);
        assert_eq!(taken(&mut taps[1]), [(false, 64, frame.clone())]);
        assert_eq!((taps[0].lost().unwrap(), taps[1].take().unwrap()), (0, None));
        assert!(Tap::open(&place.0, "three").is_err());
    }
}
