//! Network load balancers: zonal addresses, listeners, server groups, health checks.

use serde::{Deserialize, Serialize};

/// How a server is chosen for a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheduler {
    /// Weighted round robin.
    Wrr,
    /// Round robin.
    Rr,
    /// Weighted least connections.
    Wlc,
    /// Consistent hash of the source address.
    Sch,
    /// Consistent hash of the four-tuple.
    Tch,
    /// Consistent hash of the QUIC connection id.
    Qch,
}

/// A health check. Ranges as documented for the NLB API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// What is asked.
    pub kind: HealthCheckKind,
    /// Port to ask; 0 = the server's own.
    pub port: u16,
    /// Longest wait for an answer, seconds, 1..=300.
    pub timeout: u16,
    /// Time from one probe to the next, seconds, 1..=50 (UDP 1..=300).
    pub interval: u16,
    /// Successes in a row that make a server healthy, 2..=10.
    pub healthy_threshold: u8,
    /// Failures in a row that make a server unhealthy, 2..=10.
    pub unhealthy_threshold: u8,
}

/// What a health check asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HealthCheckKind {
    /// A connect.
    Tcp,
    /// An HTTP request.
    Http(HttpCheck),
    /// A datagram.
    Udp,
}

/// The request of an HTTP health check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCheck {
    /// GET or HEAD.
    pub head: bool,
    /// Path, beginning with `/`.
    pub path: String,
    /// Host header; `None` = the server's address.
    pub domain: Option<String>,
    /// Accepted classes of status codes: 2 for 2xx and so on.
    pub classes: Vec<u8>,
    /// HTTP/1.1 rather than 1.0.
    pub http11: bool,
}
