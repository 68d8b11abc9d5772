//! Private zones: their records, and the VPCs that they are bound to.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::command::Output;
use crate::command::private_zone::{CreatePrivateZone, NewRecord, PrivateZoneCommand as C};
use crate::draft::Draft;
use crate::id::{PrivateZoneId, VpcId};
use crate::private_zone::{PrivateZone, RecordData, RecordNumber, ZoneRecord};
use crate::quota::Quota;
use crate::refusal::{PrivateZoneRefusal as R, Refusal};
use crate::relations::Claim;
use crate::tables::{Key, Kind};
use crate::vpc::Vpc;

/// Longest name, characters.
const LONGEST_NAME: usize = 253;

fn zone(id: &PrivateZoneId, result: Result<(), Refusal>) -> Result<Output, Refusal> {
    result.map(|()| Output::PrivateZone(id.clone()))
}

fn record(number: RecordNumber, result: Result<(), Refusal>) -> Result<Output, Refusal> {
    result.map(|()| Output::ZoneRecord(number))
}

impl Draft {
    pub(super) fn run_private_zone(&mut self, command: &C) -> Result<Output, Refusal> {
        match command {
            C::Create(it) => self.create_private_zone(it),
            C::Delete(id) => zone(id, self.delete_private_zone(id)),
            C::SetProxy(id, proxy) => zone(id, self.change_zone(id, |zone| zone.proxy = *proxy)),
            C::Remark(id, text) => zone(id, self.change_zone(id, |zone| zone.remark.clone_from(text))),
            C::Bind(id, vpcs) => zone(id, self.bind_zone(id, vpcs)),
            C::AddRecord(id, it) => self.add_record(id, it),
            C::UpdateRecord(number, it) => record(*number, self.update_record(*number, it)),
            C::SwitchRecord(number, enabled) => record(*number, self.switch_record(*number, *enabled)),
            C::DeleteRecord(number) => record(*number, self.delete_record(*number)),
        }
    }

    fn create_private_zone(&mut self, it: &CreatePrivateZone) -> Result<Output, Refusal> {
        self.room_in_account(Kind::PrivateZone, Quota::PrivateZonesAnAccount)?;
        let id = PrivateZoneId::generate(&mut self.entropy);
        self.put(PrivateZone {
            id: id.clone(),
            meta: self.meta(&it.labels)?,
            domain: it.domain.clone(),
            proxy: it.proxy,
            remark: String::new(),
            updated: self.now,
            vpcs: BTreeSet::new(),
            records: std::collections::BTreeMap::new(),
        });
        Ok(Output::PrivateZone(id))
    }

    fn delete_private_zone(&mut self, id: &PrivateZoneId) -> Result<(), Refusal> {
        let zone = self.own::<PrivateZone>(id)?;
        if let Some(vpc) = zone.vpcs.first() {
            return Err(R::Bound(vpc.clone()).into());
        }
        self.delete(Key::PrivateZone(id.clone()));
        Ok(())
    }

    fn change_zone(
        &mut self,
        id: &PrivateZoneId,
        change: impl FnOnce(&mut PrivateZone),
    ) -> Result<(), Refusal> {
        let (zone, now) = (self.own::<PrivateZone>(id)?, self.now);
        self.edit(zone.as_ref(), |zone| {
            change(zone);
            zone.updated = now;
        });
        Ok(())
    }

    fn bind_zone(&mut self, id: &PrivateZoneId, vpcs: &BTreeSet<VpcId>) -> Result<(), Refusal> {
        let zone = self.own::<PrivateZone>(id)?;
        for vpc in vpcs {
            self.own::<Vpc>(vpc)?;
            let same = |other: &&Arc<PrivateZone>| other.id != *id && other.domain == zone.domain;
            if let Some(other) = self.state().private_zones_of(vpc).find(same) {
                let (vpc, zone, domain) = (vpc.clone(), other.id.clone(), other.domain.clone());
                return Err(R::DomainTaken { vpc, zone, domain }.into());
            }
        }
        self.change_zone(id, |zone| zone.vpcs.clone_from(vpcs))
    }

    /// The zone of a record that the caller owns.
    fn zone_of(&self, number: RecordNumber) -> Result<Arc<PrivateZone>, Refusal> {
        let unknown = || R::RecordNotFound(number);
        let Some(Key::PrivateZone(id)) = self.state().holder(&Claim::ZoneRecord(number)) else {
            return Err(unknown().into());
        };
        self.own::<PrivateZone>(id).map_err(|_| unknown().into())
    }

    fn add_record(&mut self, id: &PrivateZoneId, it: &NewRecord) -> Result<Output, Refusal> {
        let zone = self.own::<PrivateZone>(id)?;
        self.within(zone.records.len() + 1, Quota::RecordsAZone)?;
        fits(&zone, None, it)?;
        let number = RecordNumber(1 + self.entropy.below((1 << 53) - 1));
        if self.state().holder(&Claim::ZoneRecord(number)).is_some() {
            return Err(R::RecordExists(number).into());
        }
        let record = ZoneRecord {
            host: it.host.clone(),
            data: it.data.clone(),
            ttl: it.ttl,
            enabled: true,
            remark: it.remark.clone().unwrap_or_default(),
            created: self.now,
            updated: self.now,
        };
        self.change_zone(id, |zone| {
            zone.records.insert(number, record);
        })?;
        Ok(Output::ZoneRecord(number))
    }

    fn change_record(
        &mut self,
        number: RecordNumber,
        change: impl FnOnce(&mut ZoneRecord),
    ) -> Result<(), Refusal> {
        let (zone, now) = (self.zone_of(number)?, self.now);
        self.change_zone(&zone.id, |zone| {
            if let Some(record) = zone.records.get_mut(&number) {
                change(record);
                record.updated = now;
            }
        })
    }

    fn update_record(&mut self, number: RecordNumber, it: &NewRecord) -> Result<(), Refusal> {
        let zone = self.zone_of(number)?;
        fits(&zone, Some(number), it)?;
        self.change_record(number, |record| {
            (record.host, record.data, record.ttl) = (it.host.clone(), it.data.clone(), it.ttl);
            record.remark = it.remark.clone().unwrap_or_else(|| record.remark.clone());
        })
    }

    fn switch_record(&mut self, number: RecordNumber, enabled: bool) -> Result<(), Refusal> {
        self.change_record(number, |record| record.enabled = enabled)
    }

    fn delete_record(&mut self, number: RecordNumber) -> Result<(), Refusal> {
        let zone = self.zone_of(number)?;
        self.change_zone(&zone.id, |zone| {
            zone.records.remove(&number);
        })
    }
}

/// Whether a record can stand beside the zone's others.
fn fits(zone: &PrivateZone, itself: Option<RecordNumber>, it: &NewRecord) -> Result<(), Refusal> {
    if it.host.within(&zone.domain).len() > LONGEST_NAME {
        return Err(R::NameTooLong.into());
    }
    let is_cname = |data: &RecordData| matches!(data, RecordData::Cname(_));
    let others =
        zone.records.iter().filter(|(number, other)| Some(**number) != itself && other.host == it.host);
    for (number, other) in others {
        if other.data == it.data {
            return Err(R::RecordExists(*number).into());
        }
        if is_cname(&it.data) || is_cname(&other.data) {
            return Err(R::CnameConflict(*number).into());
        }
    }
    Ok(())
}
