//! Statuses of endpoint services, endpoints, connections and their zones.

use crate::endpoint::{Acceptance, Endpoint, EndpointZone};
use crate::service::EndpointService;
use crate::status::{Judged, View};
use crate::words::words;

/// Status of an endpoint service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceStatus {
    /// Being made.
    Creating,
    /// Being changed.
    Pending,
    /// To be used.
    Active,
}

/// Status of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointStatus {
    /// Being made.
    Creating,
    /// Being changed.
    Pending,
    /// To be used.
    Active,
}

/// Status of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// Being changed.
    Pending,
    /// Accepted, packets do not pass everywhere yet.
    Connecting,
    /// Packets pass.
    Connected,
    /// Denied, packets may still pass somewhere.
    Disconnecting,
    /// Nothing passes.
    Disconnected,
    /// The service is gone.
    ServiceDeleted,
}

/// Status of a zone of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneStatus {
    /// Its interface is being made.
    Creating,
    /// Its interface is ready; the connection is not accepted.
    Wait,
    /// On, packets do not pass everywhere yet.
    Connecting,
    /// Packets pass.
    Connected,
    /// Off, packets may still pass somewhere.
    Disconnecting,
    /// Nothing passes.
    Disconnected,
    /// Another resource is to serve new connections; not everywhere yet.
    Migrating,
    /// Packets pass; some connections may still be on the resource that was replaced.
    Migrated,
}

impl ZoneStatus {
    /// What the consumer sees: it is not told by what it is served.
    pub fn of_consumer(self) -> Self {
        match self {
            ZoneStatus::Migrating | ZoneStatus::Migrated => ZoneStatus::Connected,
            ZoneStatus::Creating
            | ZoneStatus::Wait
            | ZoneStatus::Connecting
            | ZoneStatus::Connected
            | ZoneStatus::Disconnecting
            | ZoneStatus::Disconnected => self,
        }
    }
}

words! {
    ServiceStatus { Creating = "Creating", Pending = "Pending", Active = "Active" }
    EndpointStatus { Creating = "Creating", Pending = "Pending", Active = "Active" }
    ConnectionStatus {
        Pending = "Pending", Connecting = "Connecting", Connected = "Connected", Disconnecting = "Disconnecting",
        Disconnected = "Disconnected", ServiceDeleted = "ServiceDeleted"
    }
    ZoneStatus {
        Creating = "Creating", Wait = "Wait", Connecting = "Connecting", Connected = "Connected",
        Disconnecting = "Disconnecting", Disconnected = "Disconnected", Migrating = "Migrating",
        Migrated = "Migrated"
    }
}

const NOT_ACCEPTED: &str = "the provider has not accepted the connection";
const DENIED: &str = "the provider denied the connection";
const GONE: &str = "the service was deleted";

impl View<'_> {
    /// Status of an endpoint service.
    pub fn service(&self, row: &EndpointService) -> Judged<ServiceStatus> {
        if !self.is_true(row.meta.born) {
            return Judged::because(ServiceStatus::Creating, self.why(row.meta.born));
        }
        self.once(row.meta.changed, ServiceStatus::Pending, ServiceStatus::Active)
    }

    /// Status of an endpoint.
    pub fn endpoint(&self, row: &Endpoint) -> Judged<EndpointStatus> {
        if !self.is_true(row.meta.born) {
            return Judged::because(EndpointStatus::Creating, self.why(row.meta.born));
        }
        self.once(row.meta.changed, EndpointStatus::Pending, EndpointStatus::Active)
    }

    /// Status of the connection of an endpoint.
    pub fn connection(&self, row: &Endpoint) -> Judged<ConnectionStatus> {
        use ConnectionStatus as S;
        let connection = &row.connection;
        let decided = self.is_true(connection.decided);
        match connection.acceptance {
            Acceptance::Waiting => Judged::because(S::Disconnected, NOT_ACCEPTED.to_owned()),
            Acceptance::ServiceDeleted => Judged::because(S::ServiceDeleted, GONE.to_owned()),
            Acceptance::Denied if decided => Judged::because(S::Disconnected, DENIED.to_owned()),
            Acceptance::Denied => Judged::because(S::Disconnecting, self.why(connection.decided)),
            Acceptance::Accepted if decided => self.once(connection.changed, S::Pending, S::Connected),
            Acceptance::Accepted => Judged::because(S::Connecting, self.why(connection.decided)),
        }
    }

    /// Status of a zone of an endpoint.
    pub fn zone(&self, row: &Endpoint, zone: &EndpointZone) -> Judged<ZoneStatus> {
        use ZoneStatus as S;
        if !self.is_true(zone.born) {
            return Judged::because(S::Creating, self.why(zone.born));
        }
        let newer = zone.changed.max(row.connection.decided);
        match row.connection.acceptance {
            Acceptance::Waiting => Judged::because(S::Wait, NOT_ACCEPTED.to_owned()),
            Acceptance::Denied if zone.born > row.connection.decided => {
                Judged::because(S::Wait, DENIED.to_owned())
            }
            Acceptance::Denied if self.is_true(row.connection.decided) => {
                Judged::because(S::Disconnected, DENIED.to_owned())
            }
            Acceptance::Denied => Judged::because(S::Disconnecting, self.why(row.connection.decided)),
            Acceptance::ServiceDeleted => Judged::because(S::Disconnected, GONE.to_owned()),
            Acceptance::Accepted if zone.enabled && zone.replaced.is_some() => {
                self.once(newer, S::Migrating, S::Migrated)
            }
            Acceptance::Accepted if zone.enabled => self.once(newer, S::Connecting, S::Connected),
            Acceptance::Accepted if self.is_true(newer) => {
                Judged::because(S::Disconnected, "the provider switched the zone off".to_owned())
            }
            Acceptance::Accepted => Judged::because(S::Disconnecting, self.why(newer)),
        }
    }
}
