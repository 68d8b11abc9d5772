//! Records of zones.

use model::command::private_zone::{NewRecord, PrivateZoneCommand as C};
use model::command::{Command, Output};
use model::private_zone::{PrivateZone, RecordData, RecordNumber, ZoneRecord};
use serde_json::{Value, json};

use super::{CLIENT, LANG, shape};
use crate::actions::call::required_id;
use crate::actions::{Action, Call, Param, View, Write, no_effect, works};
use crate::rpc::{ApiError, Params, Product};

const LINE: Param = no_effect("Line", "there is one line, default");
const WEIGHT: Param = no_effect("Weight", "all records of a name are answered together");

/// Seconds that an answer may be kept: when nothing is asked for, at least, at most.
const USUAL_TTL: u32 = 60;
const SHORTEST_TTL: u32 = 5;
const LONGEST_TTL: u32 = 86_400;
/// Longest text of a TXT record, bytes.
const LONGEST_TEXT: usize = 512;

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Pvtz,
        "AddZoneRecord",
        &[
            works("ZoneId"),
            works("Rr"),
            works("Type"),
            works("Value"),
            works("Priority"),
            works("Ttl"),
            works("Remark"),
            LINE,
            WEIGHT,
            LANG,
            CLIENT,
        ],
        add,
    ),
    Action::write(
        Product::Pvtz,
        "UpdateZoneRecord",
        &[
            works("RecordId"),
            works("Rr"),
            works("Type"),
            works("Value"),
            works("Priority"),
            works("Ttl"),
            LINE,
            WEIGHT,
            LANG,
            CLIENT,
        ],
        |call| change(call, C::UpdateRecord(number(&call.params)?, record(&call.params)?)),
    ),
    Action::write(
        Product::Pvtz,
        "SetZoneRecordStatus",
        &[works("RecordId"), works("Status"), LANG, CLIENT],
        switch,
    ),
    Action::write(Product::Pvtz, "DeleteZoneRecord", &[works("RecordId"), LANG, CLIENT], |call| {
        change(call, C::DeleteRecord(number(&call.params)?))
    }),
    Action::read(
        Product::Pvtz,
        "DescribeZoneRecords",
        &[
            works("ZoneId"),
            works("Keyword"),
            works("SearchMode"),
            works("PageNumber"),
            works("PageSize"),
            no_effect("Tag", "records have no tags"),
            LANG,
            CLIENT,
        ],
        records,
    ),
];

fn number(params: &Params) -> Result<RecordNumber, ApiError> {
    let number = params.number("RecordId", 0..=u64::MAX)?;
    number.map(RecordNumber).ok_or_else(|| params.missing("RecordId"))
}

fn record(params: &Params) -> Result<NewRecord, ApiError> {
    let host = params.parse("Rr")?.ok_or_else(|| params.missing("Rr"))?;
    let ttl = params.number("Ttl", SHORTEST_TTL..=LONGEST_TTL)?.unwrap_or(USUAL_TTL);
    Ok(NewRecord { host, data: data(params)?, ttl, remark: shape::remark(params)? })
}

type Reader = fn(&Params, &str) -> Option<RecordData>;

/// The types, and how the text of each is read.
const TYPES: &[(&str, Reader)] = &[
    ("A", |_, text| text.parse().ok().map(RecordData::A)),
    ("AAAA", |_, text| text.parse().ok().map(RecordData::Aaaa)),
    ("CNAME", |_, text| text.parse().ok().map(RecordData::Cname)),
    ("TXT", |_, text| (text.len() <= LONGEST_TEXT).then(|| RecordData::Txt(text.to_owned()))),
    ("MX", |params, text| {
        let preference = params.number("Priority", 1..=99).ok()?.unwrap_or(10);
        Some(RecordData::Mx { preference, exchange: text.parse().ok()? })
    }),
    ("PTR", |_, text| text.parse().ok().map(RecordData::Ptr)),
    ("SRV", |_, text| service(text)),
];

/// `priority weight port target`.
fn service(text: &str) -> Option<RecordData> {
    let [priority, weight, port, target] = text.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
    Some(RecordData::Srv {
        priority: priority.parse().ok()?,
        weight: weight.parse().ok()?,
        port: port.parse().ok()?,
        target: target.parse().ok()?,
    })
}

fn data(params: &Params) -> Result<RecordData, ApiError> {
    let read = params.choice("Type", TYPES)?.ok_or_else(|| params.missing("Type"))?;
    params.number::<u16>("Priority", 1..=99)?;
    let text = params.required("Value")?;
    read(params, text).ok_or_else(|| {
        params.illegal(
            "Value",
            "give an address, a name, a text of at most 512 bytes, or for SRV 'priority weight port target', as the type asks.",
        )
    })
}

fn add(call: &Call) -> Result<Write, ApiError> {
    let id = required_id(&call.params, "ZoneId")?;
    let command = Command::PrivateZone(C::AddRecord(id, record(&call.params)?));
    Ok(Write { command, answer: |_, output| with_number(output, json!({ "Success": true })) })
}

fn change(_: &Call, command: C) -> Result<Write, ApiError> {
    Ok(Write { command: Command::PrivateZone(command), answer: |_, output| with_number(output, json!({})) })
}

fn with_number(output: &Output, mut answer: Value) -> Value {
    if let Output::ZoneRecord(number) = output {
        answer["RecordId"] = number.0.into();
    }
    answer
}

const STATUS: &[(&str, bool)] = &[("ENABLE", true), ("DISABLE", false)];

fn switch(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let enabled = params.choice("Status", STATUS)?.ok_or_else(|| params.missing("Status"))?;
    let command = Command::PrivateZone(C::SwitchRecord(number(params)?, enabled));
    Ok(Write { command, answer: switched })
}

fn switched(view: &View, output: &Output) -> Value {
    let Output::ZoneRecord(number) = output else { return Value::Null };
    let status = view.state.zone_record(*number).map(|(_, record)| shape::status(record));
    json!({ "RecordId": number.0, "Status": status })
}

fn records(call: &Call) -> Result<Value, ApiError> {
    let (zone, search) = (call.owned::<PrivateZone>("ZoneId")?, shape::Search::of(&call.params)?);
    let wanted = |record: &ZoneRecord| {
        search.takes(&record.host.to_string()) || search.takes(&record.data.to_string())
    };
    let records = zone.records.iter().filter(|(_, record)| wanted(record)).collect();
    shape::page(&call.params, ("Records", "Record"), records, |(number, record)| {
        shape::record(zone, **number, record)
    })
}
