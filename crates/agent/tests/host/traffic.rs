//! Sockets inside namespaces.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use agent::kernel::netns::Netns;
use rustix::net::{AddressFamily, SendFlags, SocketType, ipproto};

/// Long enough for a healthy road, short enough for what must not pass.
const PATIENCE: Duration = Duration::from_millis(700);

/// A server that names itself in answer to every byte; ends when dropped.
pub(crate) struct Server {
    ended: Arc<AtomicBool>,
    /// Connections that were reset.
    resets: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn resets(&self) -> usize {
        self.resets.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

pub(crate) fn serve(netns: Netns, address: &str, name: &'static str) -> Server {
    let address: SocketAddr = address.parse().unwrap();
    let listener = netns.within(|| TcpListener::bind(address)).unwrap().unwrap();
    listener.set_nonblocking(true).unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let resets = Arc::new(AtomicUsize::new(0));
    let server = Server { ended: Arc::clone(&ended), resets: Arc::clone(&resets) };
    std::thread::spawn(move || {
        while !ended.load(Ordering::Relaxed) {
            match listener.accept() {
                Ok((stream, _)) => {
                    let resets = Arc::clone(&resets);
                    std::thread::spawn(move || answer(stream, name, &resets));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    });
    server
}

fn answer(mut stream: TcpStream, name: &str, resets: &AtomicUsize) {
    stream.set_nonblocking(false).unwrap();
    let mut byte = [0];
    loop {
        match stream.read_exact(&mut byte).and_then(|()| stream.write_all(name.as_bytes())) {
            Ok(()) => {}
            Err(error) => {
                let is_reset = error.kind() == io::ErrorKind::ConnectionReset;
                resets.fetch_add(usize::from(is_reset), Ordering::Relaxed);
                return;
            }
        }
    }
}

/// A client's end of a connection.
#[derive(Debug)]
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) fn ask(&mut self) -> String {
        self.try_ask(PATIENCE).unwrap()
    }

    pub(crate) fn try_ask(&mut self, patience: Duration) -> io::Result<String> {
        self.0.set_read_timeout(Some(patience))?;
        self.0.write_all(b"?")?;
        let mut name = [0];
        self.0.read_exact(&mut name)?;
        Ok(String::from_utf8_lossy(&name).into_owned())
    }
}

impl Connection {
    /// Its own end.
    pub(crate) fn source(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// How it ends, without a word of this side.
    pub(crate) fn ended(&mut self) -> io::ErrorKind {
        self.0.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        match self.0.read(&mut [0; 16]) {
            Ok(count) => panic!("{count} bytes instead of a reset"),
            Err(error) => error.kind(),
        }
    }
}

pub(crate) fn connect(netns: Netns, address: &str) -> io::Result<Connection> {
    let address: SocketAddr = address.parse().unwrap();
    netns.within(|| TcpStream::connect_timeout(&address, PATIENCE)).unwrap().map(Connection)
}

/// The same from an address of one's own.
pub(crate) fn connect_from(netns: Netns, own: SocketAddr, address: &str) -> io::Result<Connection> {
    let address: SocketAddr = address.parse().unwrap();
    let opened = || {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
        rustix::net::bind(&socket, &own)?;
        rustix::net::connect(&socket, &address)?;
        Ok(Connection(TcpStream::from(socket)))
    };
    netns.within(opened).unwrap()
}

/// Takes one connection, hears it out, and says everything back.
pub(crate) fn repeat(netns: Netns, address: &str) -> std::thread::JoinHandle<()> {
    let address: SocketAddr = address.parse().unwrap();
    let listener = netns.within(|| TcpListener::bind(address)).unwrap().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        stream.write_all(&all).unwrap();
    })
}

/// What is said back.
pub(crate) fn repeated(netns: Netns, address: &str, said: &[u8]) -> Vec<u8> {
    let mut stream = connect(netns, address).unwrap().0;
    stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(said).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    all
}

/// Echoes one datagram.
pub(crate) fn serve_udp(netns: Netns, address: &str) -> std::thread::JoinHandle<()> {
    let address: SocketAddr = address.parse().unwrap();
    let socket = netns.within(|| UdpSocket::bind(address)).unwrap().unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65536];
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&buffer[..length], from);
        }
    })
}

pub(crate) fn udp_exchange(netns: Netns, address: &str, datagram: &[u8]) -> io::Result<Vec<u8>> {
    let address: SocketAddr = address.parse().unwrap();
    let own = if address.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    let socket = netns.within(|| UdpSocket::bind(own)).unwrap()?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send_to(datagram, address)?;
    let mut buffer = vec![0; 65536];
    let length = socket.recv(&mut buffer)?;
    Ok(buffer[..length].to_vec())
}

/// Whether an echo request is answered.
pub(crate) fn ping(netns: Netns, address: &str) -> bool {
    let to = SocketAddr::new(address.parse().unwrap(), 0);
    let raw = || rustix::net::socket(AddressFamily::INET, SocketType::RAW, Some(ipproto::ICMP));
    let socket = UdpSocket::from(netns.within(raw).unwrap().unwrap());
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    // Echo request, identifier 0x7e57, sequence 1, no data; the second half-word is the checksum.
    let request = [8, 0, 0x79, 0xa7, 0x7e, 0x57, 0, 1];
    rustix::net::sendto(&socket, &request, SendFlags::empty(), &to).unwrap();
    let mut packet = [0; 128];
    // A raw socket is handed the IP header too, here 20 bytes.
    socket
        .recv(&mut packet)
        .is_ok_and(|length| length >= 28 && packet[20] == 0 && packet[24..26] == [0x7e, 0x57])
}
