//! Tags and resource groups of VPCs and vSwitches.

use model::route::RouteTable;
use model::tables::Kind;
use model::vpc::{VSwitch, Vpc};

use crate::actions::older::nested;
use crate::actions::tagging::{self, Type, Types};
use crate::actions::{Action, works};
use crate::rpc::Product;

const TYPES: Types = &[
    ("VPC", Type::of::<Vpc>(Kind::Vpc)),
    ("VSWITCH", Type::of::<VSwitch>(Kind::VSwitch)),
    ("ROUTETABLE", Type::of::<RouteTable>(Kind::RouteTable)),
];

/// Actions about tags and resource groups. The spelling of UnTagResources is this product's own.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(Product::Vpc, "TagResources", tagging::TAG, |call| tagging::tag(call, TYPES)),
    Action::write(Product::Vpc, "UnTagResources", tagging::UNTAG, |call| tagging::untag(call, TYPES)),
    Action::read(Product::Vpc, "ListTagResources", tagging::LIST, |call| {
        Ok(nested(tagging::list(call, TYPES)?, "TagResources", "TagResource"))
    }),
    Action::write(
        Product::Vpc,
        "MoveResourceGroup",
        &[works("NewResourceGroupId"), works("ResourceId"), works("ResourceType")],
        |call| tagging::move_resource_group(call, TYPES, "NewResourceGroupId"),
    ),
];
