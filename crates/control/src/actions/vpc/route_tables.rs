//! Route tables: each VPC has the system's own.

use std::sync::Arc;

use model::vpc::Vpc;
use serde_json::{Value, json};

use crate::actions::list::resource_group;
use crate::actions::older::{self, page, vpc_tags, wanted};
use crate::actions::{Action, Call, View, no_effect, works};
use crate::rpc::{ApiError, Product, time};

/// Actions about route tables.
pub(super) const ACTIONS: &[Action] = &[Action::read(
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
        no_effect("RouterType", "every router is a VPC's"),
        works("Tag"),
        works("VpcId"),
    ],
    describe,
)];

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let filter = older::Filter::of(params, "RouteTableId", "RouteTableName")?;
    let asked = |vpc: &&Arc<Vpc>| {
        let named = params.has("RouteTableName");
        !named
            && filter.takes(vpc.route_table.as_str(), &vpc.meta)
            && wanted(params, "RouteTableType", "System")
            && wanted(params, "RouterId", vpc.router.as_str())
            && wanted(params, "VpcId", vpc.id.as_str())
    };
    let vpcs: Vec<Arc<Vpc>> = call.all_owned::<Vpc>().filter(asked).cloned().collect();
    let names = ("RouterTableList", "RouterTableListType");
    page(params, names, 50, vpcs, |vpc| vpc.route_table.to_string(), |vpc| table(&call.view, vpc))
}

/// The system's table of a VPC; it has no name of its own.
fn table(view: &View, vpc: &Vpc) -> Value {
    let vswitches: Vec<_> = view.state.vswitches_of(&vpc.id).map(|vswitch| &vswitch.id).collect();
    json!({
        "RouteTableId": vpc.route_table,
        "RouteTableName": "",
        "RouteTableType": "System",
        "RouterId": vpc.router,
        "RouterType": "VRouter",
        "AssociateType": "VSwitch",
        "VpcId": vpc.id,
        "VSwitchIds": { "VSwitchId": vswitches },
        "GatewayIds": { "GatewayIds": [] },
        "RoutePropagationEnable": false,
        "Status": "Available",
        "Description": "",
        "CreationTime": time::format(vpc.meta.created),
        "OwnerId": vpc.meta.owner,
        "ResourceGroupId": resource_group(&vpc.meta),
        "Tags": vpc_tags(&vpc.meta),
    })
}
