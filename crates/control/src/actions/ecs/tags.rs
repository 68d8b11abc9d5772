//! Tags and resource groups of instances, interfaces and security groups.

use std::collections::BTreeMap;

use model::assistant::{Invocation, SavedCommand};
use model::instance::{Eni, Instance};
use model::meta::Meta;
use model::prefix_list::PrefixList;
use model::security::SecurityGroup;
use model::tables::Kind;
use serde_json::{Value, json};

use crate::actions::list::Sizes;
use crate::actions::older::{fuzzy, nested, sized_page};
use crate::actions::tagging::{self, Counts, Tag, Type, Types};
use crate::actions::{Action, Call, works};
use crate::rpc::{ApiError, Params, Product};

/// Tags of a page.
const PAGE: Sizes = Sizes { default: 50, most: 100 };

/// What can have tags in the cloud.
const TAGGED: [&str; 12] = [
    "instance",
    "disk",
    "image",
    "snapshot",
    "securitygroup",
    "eni",
    "keypair",
    "ddh",
    "volume",
    "launchtemplate",
    "reservedinstance",
    "snapshotpolicy",
];
/// Those of them that are here, and what their counts are called.
const COUNTED: [(&str, &str); 4] =
    [("instance", "Instance"), ("eni", "Eni"), ("keypair", "KeyPair"), ("securitygroup", "Securitygroup")];

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
    Action::read(
        Product::Ecs,
        "ListTagResources",
        &[
            works("ResourceType"),
            works("ResourceId"),
            works("Tag"),
            works("TagFilter"),
            works("MaxResults"),
            works("NextToken"),
        ],
        list,
    ),
    Action::write(
        Product::Ecs,
        "JoinResourceGroup",
        &[works("ResourceGroupId"), works("ResourceId"), works("ResourceType")],
        |call| tagging::move_resource_group(call, TYPES, "ResourceGroupId"),
    ),
    Action::read(
        Product::Ecs,
        "DescribeTags",
        &[
            works("ResourceType"),
            works("ResourceId"),
            works("Tag"),
            works("PageNumber"),
            works("PageSize"),
            works("Category"),
        ],
        describe,
    ),
];

/// Tags that a resource must have, as `TagFilter.N` asks for them: keys and values in which `*` stands for anything.
struct TagFilters(Vec<(String, Vec<String>)>);

/// Most keys, and most values of a key, in `TagFilter.N` (the cloud's documentation of ListTagResources).
const FUZZY: usize = 5;

impl TagFilters {
    fn of(params: &Params) -> Result<Self, ApiError> {
        let filter =
            |filter: &Params| Ok((filter.required("TagKey")?.to_owned(), filter.texts("TagValues")?));
        let filters = params.list("TagFilter")?.iter().map(filter).collect::<Result<Vec<_>, ApiError>>()?;
        let many = filters.len() > FUZZY || filters.iter().any(|(_, values)| values.len() > FUZZY);
        if many || (!filters.is_empty() && params.has("Tag")) {
            let message =
                format!("Give Tag, or TagFilter with at most {FUZZY} keys of at most {FUZZY} values.");
            return Err(ApiError::new(403, "InvalidTagFilter.Malformed", message));
        }
        Ok(Self(filters))
    }

    fn takes(&self, meta: &Meta) -> bool {
        let met = |(key, values): &(String, Vec<String>)| {
            let fits = |value: &String| values.is_empty() || values.iter().any(|asked| fuzzy(asked, value));
            meta.tags.iter().any(|(own, value)| fuzzy(key, own) && fits(value))
        };
        self.0.iter().all(met)
    }
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let filters = TagFilters::of(&call.params)?;
    let listed = tagging::list_of(call, TYPES, |meta| filters.takes(meta))?;
    Ok(nested(listed, "TagResources", "TagResource"))
}

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    params.choice("ResourceType", &TAGGED.map(|word| (word, ())))?;
    // The system gives no tags: all are the users' own.
    let own = params.choice("Category", &[("Custom", true), ("System", false)])?.unwrap_or(true);
    let counts = tagging::counts(call, TYPES, &COUNTED)?.into_iter().filter(|_| own).collect();
    let id = |(tag, _): &(Tag, Counts)| tag.join("=");
    let shape = |([key, value], counts): &(Tag, Counts)| {
        let count = |(_, shown): &(&str, &'static str)| (*shown, counts.get(shown).copied().unwrap_or(0));
        let counts: BTreeMap<_, _> = COUNTED.iter().map(count).collect();
        json!({ "TagKey": key, "TagValue": value, "ResourceTypeCount": counts })
    };
    sized_page(params, ("Tags", "Tag"), PAGE, counts, id, shape)
}
