//! Tags and resource groups of instances, interfaces and security groups.

use model::assistant::{Invocation, SavedCommand};
use model::instance::{Eni, Instance};
use model::prefix_list::PrefixList;
use model::security::SecurityGroup;
use model::tables::Kind;

use crate::actions::older::nested;
use crate::actions::tagging::{self, Type, Types};
use crate::actions::{Action, works};
use crate::rpc::Product;

const TYPES: Types = &[
    ("instance", Type::of::<Instance>(Kind::Instance)),
    ("eni", Type::of::<Eni>(Kind::Eni)),
    ("command", Type::of::<SavedCommand>(Kind::SavedCommand)),
    ("invocation", Type::of::<Invocation>(Kind::Invocation)),
    ("keypair", Type::of_key_pairs()),
    ("prefixlist", Type::of::<PrefixList>(Kind::PrefixList)),
    ("securitygroup", Type::of::<SecurityGroup>(Kind::SecurityGroup)),
];

/// Actions about tags and resource groups.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(Product::Ecs, "TagResources", tagging::TAG, |call| tagging::tag(call, TYPES)),
    Action::write(Product::Ecs, "UntagResources", tagging::UNTAG, |call| tagging::untag(call, TYPES)),
    Action::read(Product::Ecs, "ListTagResources", tagging::LIST, |call| {
        Ok(nested(tagging::list(call, TYPES)?, "TagResources", "TagResource"))
    }),
    Action::write(
        Product::Ecs,
        "JoinResourceGroup",
        &[works("ResourceGroupId"), works("ResourceId"), works("ResourceType")],
        |call| tagging::move_resource_group(call, TYPES, "ResourceGroupId"),
    ),
];
