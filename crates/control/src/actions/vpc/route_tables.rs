//! Route tables and routers.

use std::sync::Arc;

use model::command::route::{CreateRouteTable, ModifyRouteTable, RouteCommand, TableOfVSwitch};
use model::command::{Command, Output};
use model::meta::Relabel;
use model::route::RouteTable;
use model::vpc::Vpc;
use serde_json::{Value, json};

use super::routes::entries;
use crate::actions::list::resource_group;
use crate::actions::older::{self, never, page, vpc_tags, wanted};
use crate::actions::{Action, Call, Param, View, Write, call, no_effect, works};
use crate::rpc::{ApiError, Params, Product, time};

const EVERY_ROUTER: &str = "every router is a VPC's";
const ASSOCIATION: &[Param] = &[works("RouteTableId"), works("VSwitchId")];

/// Actions about route tables.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Vpc,
        "CreateRouteTable",
        &[
            works("AssociateType"),
            works("Description"),
            works("RouteTableName"),
            works("Tag"),
            works("VpcId"),
        ],
        create,
    ),
    Action::write(
        Product::Vpc,
        "ModifyRouteTableAttributes",
        &[
            works("Description"),
            works("RoutePropagationEnable"),
            works("RouteTableId"),
            works("RouteTableName"),
        ],
        modify,
    ),
    Action::write(Product::Vpc, "DeleteRouteTable", &[works("RouteTableId")], |call| {
        let id = call::required_id(&call.params, "RouteTableId")?;
        Ok(Write::silent(Command::Route(RouteCommand::DeleteTable(id))))
    }),
    Action::write(Product::Vpc, "AssociateRouteTable", ASSOCIATION, |call| {
        Ok(Write::silent(Command::Route(RouteCommand::Associate(association(call)?))))
    }),
    Action::write(Product::Vpc, "UnassociateRouteTable", ASSOCIATION, |call| {
        Ok(Write::silent(Command::Route(RouteCommand::Unassociate(association(call)?))))
    }),
    Action::read(
        Product::Vpc,
        "DescribeRouteTableList",
        &[
            works("PageNumber"),
            works("PageSize"),
            works("ResourceGroupId"),
            works("RouteTableId"),
            works("RouteTableName"),
            works("RouteTableType"),
            works("RouterId"),
            no_effect("RouterType", EVERY_ROUTER),
            works("Tag"),
            works("VpcId"),
        ],
        |call| {
            let names = ("RouterTableList", "RouterTableListType");
            listed(call, "RouteTableType", &["RouterId"], names, |table| listed_table(&call.view, table))
        },
    ),
    Action::read(
        Product::Vpc,
        "DescribeRouteTables",
        &[
            works("PageNumber"),
            works("PageSize"),
            works("ResourceGroupId"),
            works("RouteTableId"),
            works("RouteTableName"),
            works("RouterId"),
            no_effect("RouterType", EVERY_ROUTER),
            works("Type"),
            works("VRouterId"),
        ],
        |call| {
            let entry_type = call.params.text("Type");
            listed(
                call,
                "RouteTableType",
                &["RouterId", "VRouterId"],
                ("RouteTables", "RouteTable"),
                |table| table_with_entries(&call.view, table, entry_type),
            )
        },
    ),
    Action::read(
        Product::Vpc,
        "DescribeVRouters",
        &[works("PageNumber"), works("PageSize"), works("VRouterId")],
        routers,
    ),
];

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    params.choice("AssociateType", &[("VSwitch", ())])?;
    let labels = call::labels(params, Some("RouteTableName"), Some("Description"))?;
    let command = CreateRouteTable { labels, vpc: call::required_id(params, "VpcId")? };
    let answer = |_: &View, output: &Output| match output {
        Output::RouteTable(id) => json!({ "RouteTableId": id }),
        _ => Value::Null,
    };
    Ok(Write { command: Command::Route(RouteCommand::CreateTable(command)), answer })
}

fn modify(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    never(params, "RoutePropagationEnable", "this version has no routers to learn from.")?;
    let relabel = Relabel {
        name: call::name(params, "RouteTableName")?,
        description: call::description(params, "Description")?,
    };
    let table = call::required_id(params, "RouteTableId")?;
    Ok(Write::silent(Command::Route(RouteCommand::ModifyTable(ModifyRouteTable { table, relabel }))))
}

fn association(call: &Call) -> Result<TableOfVSwitch, ApiError> {
    let table = call::required_id(&call.params, "RouteTableId")?;
    Ok(TableOfVSwitch { table, vswitch: call::required_id(&call.params, "VSwitchId")? })
}

/// The word for who made a table or an entry.
pub(super) fn made_by(system: bool) -> &'static str {
    if system { "System" } else { "Custom" }
}

fn router(view: &View, table: &RouteTable) -> String {
    view.state.get::<Vpc>(&table.vpc).map(|vpc| vpc.router.to_string()).unwrap_or_default()
}

/// Tables that a request asks for, with its words for type and router; each router that it names must be the table's.
fn listed(
    call: &Call,
    type_name: &str,
    router_names: &[&str],
    names: (&str, &str),
    shape: impl Fn(&RouteTable) -> Value,
) -> Result<Value, ApiError> {
    let params = &call.params;
    let filter = older::Filter::of(params, "RouteTableId", "RouteTableName")?;
    let asked = |table: &&Arc<RouteTable>| {
        filter.takes(table.id.as_str(), &table.meta)
            && wanted(params, type_name, made_by(table.system))
            && router_names.iter().all(|name| wanted(params, name, &router(&call.view, table)))
            && wanted(params, "VpcId", table.vpc.as_str())
    };
    let tables: Vec<Arc<RouteTable>> = call.all_owned::<RouteTable>().filter(asked).cloned().collect();
    page(params, names, 50, tables, |table| table.id.to_string(), |table| shape(table))
}

/// vSwitches that use a table.
fn vswitches(view: &View, table: &RouteTable) -> Value {
    let all = view.state.vswitches_of(&table.vpc);
    let of_system = |own: &Option<_>| own.is_none() && table.system;
    let using = all
        .filter(|vswitch| vswitch.route_table.as_ref() == Some(&table.id) || of_system(&vswitch.route_table));
    json!({ "VSwitchId": using.map(|vswitch| &vswitch.id).collect::<Vec<_>>() })
}

fn listed_table(view: &View, table: &RouteTable) -> Value {
    json!({
        "RouteTableId": table.id,
        "RouteTableName": table.meta.name,
        "RouteTableType": made_by(table.system),
        "RouterId": router(view, table),
        "RouterType": "VRouter",
        "AssociateType": "VSwitch",
        "VpcId": table.vpc,
        "VSwitchIds": vswitches(view, table),
        "GatewayIds": { "GatewayIds": [] },
        "RoutePropagationEnable": false,
        "Status": view.status().network(&table.meta).to_string(),
        "Description": table.meta.description,
        "CreationTime": time::format(table.meta.created),
        "OwnerId": table.meta.owner,
        "ResourceGroupId": resource_group(&table.meta),
        "Tags": vpc_tags(&table.meta),
    })
}

fn table_with_entries(view: &View, table: &RouteTable, entry_type: Option<&str>) -> Value {
    let shown = entries(view, table).into_iter().filter(|entry| {
        entry_type
            .is_none_or(|asked| entry["Type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(asked)))
    });
    json!({
        "RouteTableId": table.id,
        "RouteTableType": made_by(table.system),
        "VRouterId": router(view, table),
        "Status": view.status().network(&table.meta).to_string(),
        "VSwitchIds": vswitches(view, table),
        "RouteEntrys": { "RouteEntry": shown.collect::<Vec<_>>() },
        "ResourceGroupId": resource_group(&table.meta),
        "CreationTime": time::format(table.meta.created),
    })
}

fn routers(call: &Call) -> Result<Value, ApiError> {
    let params: &Params = &call.params;
    let asked = |vpc: &&Arc<Vpc>| wanted(params, "VRouterId", vpc.router.as_str());
    let vpcs: Vec<Arc<Vpc>> = call.all_owned::<Vpc>().filter(asked).cloned().collect();
    let shape = |vpc: &Arc<Vpc>| {
        let tables: Vec<_> = call.view.state.route_tables_of(&vpc.id).map(|table| &table.id).collect();
        json!({
            "VRouterId": vpc.router,
            "VRouterName": "",
            "Description": "",
            "VpcId": vpc.id,
            "RegionId": call.region(),
            "RouteTableIds": { "RouteTableId": tables },
            "CreationTime": time::format(vpc.meta.created),
        })
    };
    page(params, ("VRouters", "VRouter"), 50, vpcs, |vpc| vpc.router.to_string(), shape)
}
