//! What every test of a running system needs.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_isthmus");

/// Removes a system of that directory, whatever is left of it.
pub(crate) fn purge(state: &Path) {
    let status =
        Command::new(PROGRAM).args(["down", "--purge", "--state"]).arg(state).stdout(Stdio::null()).status();
    assert!(status.expect("the program starts").success(), "`isthmus down --purge` failed");
}

/// An address that nobody listens on just now.
pub(crate) fn free_address() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").to_string()
}
