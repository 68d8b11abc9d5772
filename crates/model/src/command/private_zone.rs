//! Commands about private zones.

use std::collections::BTreeSet;

use crate::id::{PrivateZoneId, VpcId};
use crate::meta::Labels;
use crate::private_zone::{DnsName, HostPart, ProxyPattern, RecordData, RecordNumber};

/// A change of private zones.
#[derive(Clone, Debug, PartialEq)]
pub enum PrivateZoneCommand {
    /// Makes a zone that is bound to nothing.
    Create(CreatePrivateZone),
    /// Deletes a zone that is bound to nothing.
    Delete(PrivateZoneId),
    /// Says who answers for what a zone does not have.
    SetProxy(PrivateZoneId, ProxyPattern),
    /// Remarks on a zone.
    Remark(PrivateZoneId, String),
    /// Binds a zone to these VPCs and no others.
    Bind(PrivateZoneId, BTreeSet<VpcId>),
    /// Adds a record.
    AddRecord(PrivateZoneId, NewRecord),
    /// Changes a record.
    UpdateRecord(RecordNumber, NewRecord),
    /// Answers a record, or keeps it back.
    SwitchRecord(RecordNumber, bool),
    /// Deletes a record.
    DeleteRecord(RecordNumber),
}

/// Makes a private zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePrivateZone {
    /// Its resource group.
    pub labels: Labels,
    /// The domain that it answers for.
    pub domain: DnsName,
    /// Who answers for what it does not have.
    pub proxy: ProxyPattern,
}

/// What a record is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// The name below the zone.
    pub host: HostPart,
    /// What is answered.
    pub data: RecordData,
    /// Seconds that a client may keep the answer.
    pub ttl: u32,
    /// For people; `None` = as it is.
    pub remark: Option<String>,
}
