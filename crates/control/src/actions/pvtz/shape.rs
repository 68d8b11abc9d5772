//! Zones and records as they are shown.

use model::id::Timestamp;
use model::private_zone::{PrivateZone, RecordData, RecordNumber, ZoneRecord};
use model::vpc::Vpc;
use model::words::Words;
use serde_json::{Map, Value, json};

use crate::actions::{Call, list};
use crate::rpc::page::{Page, by_number};
use crate::rpc::{ApiError, Params, time};

/// The type of every zone.
pub(super) const ZONE_TYPE: &str = "AUTH_ZONE";
/// Longest remark, characters.
const LONGEST_REMARK: usize = 500;

/// What a list is searched for.
pub(super) struct Search {
    word: Option<String>,
    exact: bool,
}

impl Search {
    pub(super) fn of(params: &Params) -> Result<Self, ApiError> {
        let exact = params.choice("SearchMode", &[("LIKE", false), ("EXACT", true)])?.unwrap_or(false);
        Ok(Self { word: params.text("Keyword").map(str::to_ascii_lowercase), exact })
    }

    pub(super) fn takes(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.word.as_ref().is_none_or(|word| if self.exact { text == *word } else { text.contains(word) })
    }
}

pub(super) fn remark(params: &Params) -> Result<Option<String>, ApiError> {
    match params.text("Remark") {
        Some(text) if text.chars().count() > LONGEST_REMARK || text.chars().any(char::is_control) => {
            Err(params.illegal("Remark", "give at most 500 printable characters."))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// A page by number, with the names that this product has for its totals.
pub(super) fn page<T>(
    params: &Params,
    (outer, inner): (&str, &str),
    items: Vec<T>,
    render: impl Fn(&T) -> Value,
) -> Result<Value, ApiError> {
    let (Page { items, total, size, .. }, number) = by_number(params, 20, 100, items)?;
    let items: Vec<Value> = items.iter().map(render).collect();
    Ok(json!({
        outer: { inner: items },
        "PageNumber": number,
        "PageSize": size,
        "TotalItems": total,
        "TotalPages": total.div_ceil(size),
    }))
}

fn times(created: Timestamp, updated: Timestamp) -> Value {
    json!({
        "CreateTime": time::format_minutes(created),
        "CreateTimestamp": created.0 * 1000,
        "UpdateTime": time::format_minutes(updated),
        "UpdateTimestamp": updated.0 * 1000,
    })
}

fn joined(one: Value, other: Value) -> Value {
    let fields = |value| if let Value::Object(fields) = value { fields } else { Map::new() };
    Value::Object(fields(one).into_iter().chain(fields(other)).collect())
}

/// What every view of a zone shows.
pub(super) fn zone(zone: &PrivateZone) -> Value {
    let own = json!({
        "ZoneId": zone.id.as_str(),
        "ZoneName": zone.domain.as_str(),
        "ZoneType": ZONE_TYPE,
        "ZoneTag": "",
        "Creator": zone.meta.owner.to_string(),
        "CreatorType": "USER",
        "CreatorSubType": "",
        "DnsGroup": "NORMAL_ZONE",
        "DnsGroupChanging": false,
        "IsPtr": zone.domain.as_str().ends_with("in-addr.arpa"),
        "ProxyPattern": zone.proxy.word(),
        "RecordCount": zone.records.len(),
        "Remark": zone.remark,
        "ResourceGroupId": list::resource_group(&zone.meta),
        "ResourceTags": { "ResourceTag": [] },
        "SlaveDnsStatus": "OFF",
    });
    joined(own, times(zone.meta.created, zone.updated))
}

fn vpcs(call: &Call, zone: &PrivateZone) -> Vec<Value> {
    let shown = |id| {
        let vpc = call.view.state.get::<Vpc>(id)?;
        Some(json!({
            "RegionId": call.region(),
            "RegionName": call.region(),
            "VpcId": id.as_str(),
            "VpcName": vpc.meta.name.as_str(),
            "VpcType": "STANDARD",
            "VpcUserId": vpc.meta.owner.0,
        }))
    };
    zone.vpcs.iter().filter_map(shown).collect()
}

pub(super) fn info(call: &Call, row: &PrivateZone) -> Value {
    let more = json!({
        "BindVpcs": { "Vpc": vpcs(call, row) },
        "BindEdgeDnsClusters": { "EdgeDnsCluster": [] },
        "SlaveDns": false,
    });
    joined(zone(row), more)
}

pub(super) fn tree(call: &Call, row: &PrivateZone) -> Value {
    joined(zone(row), json!({ "Vpcs": { "Vpc": vpcs(call, row) } }))
}

pub(super) fn status(record: &ZoneRecord) -> &'static str {
    if record.enabled { "ENABLE" } else { "DISABLE" }
}

pub(super) fn record(zone: &PrivateZone, number: RecordNumber, record: &ZoneRecord) -> Value {
    let mut own = json!({
        "ZoneId": zone.id.as_str(),
        "RecordId": number.0,
        "Rr": record.host.to_string(),
        "Type": record.data.kind(),
        "Value": record.data.to_string(),
        "Ttl": record.ttl,
        "Remark": record.remark,
        "Status": status(record),
        "Line": "default",
        "Weight": 1,
    });
    if let RecordData::Mx { preference, .. } = record.data {
        own["Priority"] = preference.into();
    }
    joined(own, times(record.created, record.updated))
}
