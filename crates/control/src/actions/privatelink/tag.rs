//! Tags and resource groups of endpoints and endpoint services.

use model::endpoint::Endpoint;
use model::service::EndpointService;
use model::tables::Kind;

use crate::actions::tagging::{self, Type, Types};
use crate::actions::{Action, works};
use crate::rpc::Product;

const TYPES: Types = &[
    ("vpcendpoint", Type::of::<Endpoint>(Kind::Endpoint)),
    ("vpcendpointservice", Type::of::<EndpointService>(Kind::EndpointService)),
];

pub(super) const ACTIONS: &[Action] = &[
    Action::write(Product::Privatelink, "TagResources", tagging::TAG, |call| tagging::tag(call, TYPES)),
    Action::write(Product::Privatelink, "UntagResources", tagging::UNTAG, |call| tagging::untag(call, TYPES)),
    Action::read(Product::Privatelink, "ListTagResources", tagging::LIST, |call| tagging::list(call, TYPES)),
    Action::write(
        Product::Privatelink,
        "ChangeResourceGroup",
        &[works("ResourceType"), works("ResourceId"), works("ResourceGroupId")],
        |call| tagging::move_resource_group(call, TYPES, "ResourceGroupId"),
    ),
];
