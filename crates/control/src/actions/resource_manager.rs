//! The ResourceManager product: resource groups.

use std::sync::Arc;

use model::command::resource_group::{CreateResourceGroup, ResourceGroupCommand};
use model::command::{Command, Output};
use model::resource_group::{InvalidGroupText, ResourceGroup};
use serde_json::{Value, json};

use super::list::{self, Labelled, among, is};
use super::older::page;
use super::{Action, Call, View, Write, call, works};
use crate::rpc::{ApiError, Params, Product, time};

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[&[
    Action::write(
        Product::ResourceManager,
        "CreateResourceGroup",
        &[works("Name"), works("DisplayName"), works("Tag")],
        create,
    ),
    Action::write(Product::ResourceManager, "DeleteResourceGroup", &[works("ResourceGroupId")], delete),
    Action::read(
        Product::ResourceManager,
        "GetResourceGroup",
        &[works("ResourceGroupId"), works("IncludeTags")],
        get,
    ),
    Action::read(
        Product::ResourceManager,
        "ListResourceGroups",
        &[
            works("DisplayName"),
            works("IncludeTags"),
            works("Name"),
            works("PageNumber"),
            works("PageSize"),
            works("ResourceGroupId"),
            works("ResourceGroupIds"),
            works("Status"),
            works("Tag"),
        ],
        list,
    ),
    Action::write(
        Product::ResourceManager,
        "UpdateResourceGroup",
        &[works("ResourceGroupId"), works("NewDisplayName")],
        update,
    ),
]];

/// Most groups of a page.
const PAGE: usize = 100;

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let group = CreateResourceGroup {
        name: text(params, "Name")?,
        display_name: text(params, "DisplayName")?,
        tags: call::tags(params)?,
    };
    let command = Command::ResourceGroup(ResourceGroupCommand::Create(group));
    Ok(Write { command, answer: |view, output| changed(view, output, "OK") })
}

fn delete(call: &Call) -> Result<Write, ApiError> {
    let id = call::required_id(&call.params, "ResourceGroupId")?;
    let command = Command::ResourceGroup(ResourceGroupCommand::Delete(id));
    Ok(Write { command, answer: |view, output| changed(view, output, "PendingDelete") })
}

fn update(call: &Call) -> Result<Write, ApiError> {
    let id = call::required_id(&call.params, "ResourceGroupId")?;
    let command = ResourceGroupCommand::Rename(id, text(&call.params, "NewDisplayName")?);
    Ok(Write { command: Command::ResourceGroup(command), answer: |view, output| changed(view, output, "OK") })
}

fn text<T: TryFrom<String, Error = InvalidGroupText>>(params: &Params, name: &str) -> Result<T, ApiError> {
    let text = params.required(name)?.to_owned();
    text.try_into().map_err(|error| params.illegal(name, format_args!("{error}.")))
}

fn changed(view: &View, output: &Output, status: &str) -> Value {
    match output {
        Output::ResourceGroup(group) => json!({ "ResourceGroup": whole(view, group, status) }),
        _ => Value::Null,
    }
}

fn get(call: &Call) -> Result<Value, ApiError> {
    let group = call.owned::<ResourceGroup>("ResourceGroupId")?;
    let mut shown = whole(&call.view, group, "OK");
    if call.params.flag("IncludeTags")?.unwrap_or(false) {
        shown["Tags"] = tags(group);
    }
    Ok(json!({ "ResourceGroup": shown }))
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    // The group of a resource group is itself, so the filter by resource group is the one by id.
    let (labelled, ids) = (Labelled::of(params)?, params.texts("ResourceGroupIds")?);
    let with_tags = params.flag("IncludeTags")?.unwrap_or(false);
    let asked = |group: &&Arc<ResourceGroup>| {
        labelled.takes(&group.meta)
            && among(&ids, group.id.as_str())
            && is(params.text("Name"), group.name.as_str())
            && params.text("DisplayName").is_none_or(|part| group.display_name.as_str().contains(part))
            && is(params.text("Status"), "OK")
    };
    let groups = call.all_owned::<ResourceGroup>().filter(asked).collect();
    let names = ("ResourceGroups", "ResourceGroup");
    page(
        params,
        names,
        PAGE,
        groups,
        |group| group.id.to_string(),
        |group| {
            let mut shown = shape(group, "OK");
            if with_tags {
                shown["Tags"] = tags(group);
            }
            shown
        },
    )
}

fn whole(view: &View, group: &ResourceGroup, status: &str) -> Value {
    let mut shown = shape(group, status);
    let region = json!({ "RegionId": view.state.settings().region, "Status": status });
    shown["RegionStatuses"] = json!({ "RegionStatus": [region] });
    shown
}

fn shape(group: &ResourceGroup, status: &str) -> Value {
    json!({
        "Id": group.id,
        "Name": group.name,
        "DisplayName": group.display_name,
        "AccountId": group.meta.owner.to_string(),
        "CreateDate": time::format(group.meta.created),
        "Status": status,
    })
}

fn tags(group: &ResourceGroup) -> Value {
    json!({ "Tag": list::tags(&group.meta.tags, "TagKey", "TagValue") })
}
