//! Health checks of servers.

use serde::{Deserialize, Serialize};

use crate::words::words;

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

impl Default for HealthCheck {
    /// The defaults of the NLB API: a connect to the server's own port every 5 s, 5 s to answer, thresholds of 2.
    fn default() -> Self {
        Self {
            kind: HealthCheckKind::Tcp,
            port: 0,
            timeout: 5,
            interval: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 2,
        }
    }
}

/// What a health check asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HealthCheckKind {
    /// A connect.
    Tcp,
    /// An HTTP request.
    Http(HttpCheck),
    /// A datagram, which need not be answered.
    Udp,
    /// A datagram, which must be answered.
    Exchange(Exchange),
}

/// The datagrams of a UDP health check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What the server is sent: 1 to 512 letters and digits.
    pub request: String,
    /// What it must answer: 1 to 512 letters and digits.
    pub response: String,
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

impl Default for HttpCheck {
    /// The defaults of the NLB API: GET / with HTTP/1.0, any 2xx.
    fn default() -> Self {
        Self { head: false, path: "/".to_owned(), domain: None, classes: vec![2], http11: false }
    }
}

/// What a health check asks, without the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// A connect.
    Tcp,
    /// An HTTP request.
    Http,
    /// A datagram.
    Udp,
}

words! {
    ProbeKind { Tcp = "TCP", Http = "HTTP", Udp = "UDP" }
}

impl HealthCheckKind {
    /// What is asked, without the details.
    pub fn probe(&self) -> ProbeKind {
        match self {
            Self::Tcp => ProbeKind::Tcp,
            Self::Http(_) => ProbeKind::Http,
            Self::Udp | Self::Exchange(_) => ProbeKind::Udp,
        }
    }
}

/// A change of a health check; `None` leaves what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthCheckPatch {
    /// Whether health is judged at all.
    pub enabled: Option<bool>,
    /// What is asked.
    pub kind: Option<ProbeKind>,
    /// Port to ask; 0 = the server's own.
    pub port: Option<u16>,
    /// Longest wait for an answer, seconds.
    pub timeout: Option<u16>,
    /// Time from one probe to the next, seconds.
    pub interval: Option<u16>,
    /// Successes in a row that make a server healthy.
    pub healthy_threshold: Option<u8>,
    /// Failures in a row that make a server unhealthy.
    pub unhealthy_threshold: Option<u8>,
    /// HEAD rather than GET.
    pub head: Option<bool>,
    /// Path, beginning with `/`.
    pub path: Option<String>,
    /// Host header; empty or `$SERVER_IP` = the server's address.
    pub domain: Option<String>,
    /// Accepted classes of status codes, 2 to 5.
    pub classes: Option<Vec<u8>>,
    /// HTTP/1.1 rather than 1.0.
    pub http11: Option<bool>,
    /// What a UDP server is sent.
    pub request: Option<String>,
    /// What a UDP server must answer.
    pub response: Option<String>,
}

/// A health check that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHealthCheck {
    /// A number out of its range.
    #[error("{field} of the health check is {value}; give {low} to {high}")]
    Range {
        /// Which.
        field: &'static str,
        /// What it was to be.
        value: u16,
        /// Least.
        low: u16,
        /// Most.
        high: u16,
    },
    /// A path.
    #[error("the health check's path has 1 to 80 printable characters without spaces and begins with '/'")]
    Path,
    /// A domain.
    #[error("the health check's domain has 1 to 80 letters, digits, '.' and '-', or is $SERVER_IP")]
    Domain,
    /// Classes of status codes.
    #[error(
        "the health check's status codes are any of http_2xx, http_3xx, http_4xx and http_5xx, at least one"
    )]
    Classes,
    /// One of the texts of a UDP check, or neither of the two that belong together.
    #[error(
        "a UDP health check has both a request and a response, each of 1 to 512 letters and digits, or neither"
    )]
    Exchange,
}

fn within(field: &'static str, value: u16, low: u16, high: u16) -> Result<(), InvalidHealthCheck> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(InvalidHealthCheck::Range { field, value, low, high })
    }
}

impl HealthCheckPatch {
    /// The health check after the change; `None` = checks are off.
    pub fn over(&self, now: Option<&HealthCheck>) -> Result<Option<HealthCheck>, InvalidHealthCheck> {
        let touched = *self != Self::default();
        let enabled = self.enabled.unwrap_or(now.is_some());
        let mut check = now.cloned().unwrap_or_default();
        if !touched {
            return Ok(now.cloned());
        }
        check.kind = self.kind_over(check.kind)?;
        check.port = self.port.unwrap_or(check.port);
        check.timeout = self.timeout.unwrap_or(check.timeout);
        check.interval = self.interval.unwrap_or(check.interval);
        check.healthy_threshold = self.healthy_threshold.unwrap_or(check.healthy_threshold);
        check.unhealthy_threshold = self.unhealthy_threshold.unwrap_or(check.unhealthy_threshold);
        check.verify()?;
        Ok(enabled.then_some(check))
    }

    fn kind_over(&self, now: HealthCheckKind) -> Result<HealthCheckKind, InvalidHealthCheck> {
        match self.kind.unwrap_or(now.probe()) {
            ProbeKind::Tcp => Ok(HealthCheckKind::Tcp),
            ProbeKind::Udp => self.udp_over(now),
            ProbeKind::Http => {
                let before = if let HealthCheckKind::Http(http) = now { http } else { HttpCheck::default() };
                self.http_over(before).map(HealthCheckKind::Http)
            }
        }
    }

    fn udp_over(&self, now: HealthCheckKind) -> Result<HealthCheckKind, InvalidHealthCheck> {
        let (request, response) = match now {
            HealthCheckKind::Exchange(before) => (Some(before.request), Some(before.response)),
            HealthCheckKind::Tcp | HealthCheckKind::Http(_) | HealthCheckKind::Udp => (None, None),
        };
        let legal = |text: &str| {
            (1..=512).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        match (self.request.clone().or(request), self.response.clone().or(response)) {
            (None, None) => Ok(HealthCheckKind::Udp),
            (Some(request), Some(response)) if legal(&request) && legal(&response) => {
                Ok(HealthCheckKind::Exchange(Exchange { request, response }))
            }
            (Some(_), Some(_)) | (Some(_), None) | (None, Some(_)) => Err(InvalidHealthCheck::Exchange),
        }
    }

    fn http_over(&self, now: HttpCheck) -> Result<HttpCheck, InvalidHealthCheck> {
        let own = |domain: &String| domain.is_empty() || domain.eq_ignore_ascii_case("$SERVER_IP");
        let http = HttpCheck {
            head: self.head.unwrap_or(now.head),
            path: self.path.clone().unwrap_or(now.path),
            domain: self.domain.clone().map_or(now.domain, |domain| Some(domain).filter(|text| !own(text))),
            classes: self.classes.clone().unwrap_or(now.classes),
            http11: self.http11.unwrap_or(now.http11),
        };
        http.verify()?;
        Ok(http)
    }
}

impl HealthCheck {
    fn verify(&self) -> Result<(), InvalidHealthCheck> {
        let slowest = if self.kind.probe() == ProbeKind::Udp { 300 } else { 50 };
        within("the timeout", self.timeout, 1, 300)?;
        within("the interval", self.interval, 1, slowest)?;
        within("the healthy threshold", self.healthy_threshold.into(), 2, 10)?;
        within("the unhealthy threshold", self.unhealthy_threshold.into(), 2, 10)
    }
}

impl HttpCheck {
    fn verify(&self) -> Result<(), InvalidHealthCheck> {
        let path = self.path.starts_with('/')
            && self.path.len() <= 80
            && self.path.chars().all(|c| c.is_ascii_graphic());
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let domain =
            self.domain.as_ref().is_none_or(|text| (1..=80).contains(&text.len()) && text.chars().all(legal));
        let classes = !self.classes.is_empty() && self.classes.iter().all(|class| (2..=5).contains(class));
        match (path, domain, classes) {
            (false, _, _) => Err(InvalidHealthCheck::Path),
            (true, false, _) => Err(InvalidHealthCheck::Domain),
            (true, true, false) => Err(InvalidHealthCheck::Classes),
            (true, true, true) => Ok(()),
        }
    }
}
