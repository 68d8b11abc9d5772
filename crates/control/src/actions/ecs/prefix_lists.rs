//! Prefix lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipnet::IpNet;
use model::command::prefix_list::{CreatePrefixList, ModifyPrefixList, PrefixListCommand};
use model::command::{Command, Output};
use model::meta::{Description, Relabel};
use model::net::Family;
use model::prefix_list::PrefixList;
use model::tables::{Key, Kind};
use serde_json::{Value, json};

use super::rule::network;
use crate::actions::list::resource_group;
use crate::actions::older::{self, ecs_tags, page, wanted};
use crate::actions::{Action, Call, View, Write, call, works};
use crate::rpc::{ApiError, Params, Product, time};

/// Actions about prefix lists.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Ecs,
        "CreatePrefixList",
        &[
            works("AddressFamily"),
            works("Description"),
            works("Entry"),
            works("MaxEntries"),
            works("PrefixListName"),
            works("ResourceGroupId"),
            works("Tag"),
        ],
        create,
    ),
    Action::write(
        Product::Ecs,
        "ModifyPrefixList",
        &[
            works("AddEntry"),
            works("Description"),
            works("PrefixListId"),
            works("PrefixListName"),
            works("RemoveEntry"),
        ],
        modify,
    ),
    Action::write(Product::Ecs, "DeletePrefixList", &[works("PrefixListId")], |call| {
        let id = call::required_id(&call.params, "PrefixListId")?;
        Ok(Write::silent(Command::PrefixList(PrefixListCommand::Delete(id))))
    }),
    Action::read(
        Product::Ecs,
        "DescribePrefixLists",
        &[
            works("AddressFamily"),
            works("MaxResults"),
            works("NextToken"),
            works("PrefixListId"),
            works("PrefixListName"),
            works("ResourceGroupId"),
            works("Tag"),
        ],
        describe,
    ),
    Action::read(Product::Ecs, "DescribePrefixListAttributes", &[works("PrefixListId")], attributes),
    Action::read(
        Product::Ecs,
        "DescribePrefixListAssociations",
        &[works("MaxResults"), works("NextToken"), works("PrefixListId")],
        associations,
    ),
];

const FAMILIES: [(&str, Family); 2] = [("IPv4", Family::Ipv4), ("IPv6", Family::Ipv6)];

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    params.required("PrefixListName")?;
    let max_entries = params.number("MaxEntries", PrefixList::SIZES)?;
    let command = CreatePrefixList {
        labels: call::labels(params, Some("PrefixListName"), Some("Description"))?,
        family: params.choice("AddressFamily", &FAMILIES)?.ok_or_else(|| params.missing("AddressFamily"))?,
        max_entries: max_entries.ok_or_else(|| params.missing("MaxEntries"))?,
        entries: entries(params, "Entry")?,
    };
    let answer = |_: &View, output: &Output| match output {
        Output::PrefixList(id) => json!({ "PrefixListId": id }),
        _ => Value::Null,
    };
    Ok(Write { command: Command::PrefixList(PrefixListCommand::Create(command)), answer })
}

fn modify(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let (add, remove) = (entries(params, "AddEntry")?, entries(params, "RemoveEntry")?);
    if let Some(both) = remove.keys().find(|range| add.contains_key(*range)) {
        let why = format!("{both} is in AddEntry and in RemoveEntry: to describe it anew, add it alone.");
        return Err(params.illegal("RemoveEntry", why));
    }
    let command = ModifyPrefixList {
        list: call::required_id(params, "PrefixListId")?,
        relabel: Relabel {
            name: call::name(params, "PrefixListName")?,
            description: call::description(params, "Description")?,
        },
        add,
        remove: remove.into_keys().collect::<BTreeSet<_>>(),
    };
    Ok(Write::silent(Command::PrefixList(PrefixListCommand::Modify(command))))
}

/// The ranges in a list of entries, each named once.
fn entries(params: &Params, name: &str) -> Result<BTreeMap<IpNet, Description>, ApiError> {
    let mut entries = BTreeMap::new();
    for entry in params.list(name)? {
        let text = entry.required("Cidr")?;
        let range = network::<IpNet, std::net::IpAddr>(text).filter(|range| *range == range.trunc());
        let range =
            range.ok_or_else(|| entry.illegal("Cidr", "give an address, or a range such as 10.0.0.0/8."))?;
        let description = call::description(&entry, "Description")?.unwrap_or_default();
        if entries.insert(range, description).is_some() {
            return Err(entry.illegal("Cidr", format_args!("{range} is named twice.")));
        }
    }
    Ok(entries)
}

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let filter = older::Filter::of(params, "PrefixListId", "PrefixListName")?;
    params.choice("AddressFamily", &FAMILIES)?;
    let asked = |row: &&Arc<PrefixList>| {
        filter.takes(row.id.as_str(), &row.meta) && wanted(params, "AddressFamily", &row.family.to_string())
    };
    let rows: Vec<Arc<PrefixList>> = call.all_owned::<PrefixList>().filter(asked).cloned().collect();
    let shape = |row: &Arc<PrefixList>| {
        let mut shape = about(row);
        shape["AssociationCount"] = users(&call.view, row).len().into();
        shape["ResourceGroupId"] = resource_group(&row.meta).into();
        shape["Tags"] = ecs_tags(&row.meta);
        shape
    };
    page(params, ("PrefixLists", "PrefixList"), 100, rows, |row| row.id.to_string(), shape)
}

fn attributes(call: &Call) -> Result<Value, ApiError> {
    let row = call.owned::<PrefixList>("PrefixListId")?;
    let entry =
        |(range, description): (&IpNet, &Description)| json!({ "Cidr": range, "Description": description });
    let mut answer = about(row);
    answer["Entries"] = json!({ "Entry": row.entries.iter().map(entry).collect::<Vec<_>>() });
    Ok(answer)
}

fn about(row: &PrefixList) -> Value {
    json!({
        "PrefixListId": row.id,
        "PrefixListName": row.meta.name,
        "Description": row.meta.description,
        "AddressFamily": row.family.to_string(),
        "MaxEntries": row.max_entries,
        "CreationTime": time::format(row.meta.created),
    })
}

/// The security groups whose rules name a list.
fn users(view: &View, row: &PrefixList) -> Vec<String> {
    let key = Key::PrefixList(row.id.clone());
    view.state.users(&key, Kind::SecurityGroup).map(ToString::to_string).collect()
}

fn associations(call: &Call) -> Result<Value, ApiError> {
    let row = call.owned::<PrefixList>("PrefixListId")?;
    let shape = |id: &String| json!({ "ResourceId": id, "ResourceType": "securitygroup" });
    let names = ("PrefixListAssociations", "PrefixListAssociation");
    page(&call.params, names, 100, users(&call.view, row), Clone::clone, shape)
}
