//! What a handler gets: the state, what hosts say, who asks, with which parameters.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use model::id::{
    AccountId, CertificateId, CommandId, EndpointId, EndpointServiceId, EniId, InstanceId, InvocationId,
    JobId, KeyPairId, ListenerId, LoadBalancerId, PrefixListId, PrivateZoneId, ResourceGroupId, RouteTableId,
    SecurityGroupId, SecurityPolicyId, ServerGroupId, Timestamp, VSwitchId, VpcId, ZoneId,
};
use model::meta::{Description, InvalidText, Labels, Name};
use model::refusal::Refusal;
use model::state::State;
use model::status::{self, Observed};
use model::tables::{Kind, Resource};

use super::refusal;
use crate::hosts::Consoles;
use crate::rpc::signature::Caller;
use crate::rpc::{ApiError, Params};
use crate::sessions::Sessions;

/// What answers are made from.
#[derive(Clone)]
pub struct View {
    /// The state.
    pub state: Arc<State>,
    /// What the hosts have made true and see.
    pub observed: Arc<Observed>,
    /// Consoles of instances.
    pub consoles: Arc<dyn Consoles>,
}

impl View {
    /// What statuses are computed from.
    pub fn status(&self) -> status::View<'_> {
        status::View { state: &self.state, observed: &self.observed }
    }
}

/// A request that was authenticated and found its action.
pub struct Call {
    /// State and reports, as they were when the request came.
    pub view: View,
    /// Who asks.
    pub account: AccountId,
    /// With which key, and as whom.
    pub caller: Caller,
    /// When.
    pub now: Timestamp,
    /// Under which name we were reached: host and port.
    pub host: String,
    /// What makes temporary credentials.
    pub sessions: Arc<Sessions>,
    /// With which parameters.
    pub params: Params,
}

/// An id of a resource: what is no id of this kind is an unknown one.
pub trait Id: FromStr {
    /// What it is an id of.
    const KIND: Kind;
}

macro_rules! ids {
    ($($name:ident = $kind:ident)*) => {$(
        impl Id for $name {
            const KIND: Kind = Kind::$kind;
        }
    )*};
}
ids! {
    RouteTableId = RouteTable KeyPairId = KeyPair PrefixListId = PrefixList ResourceGroupId = ResourceGroup
    CommandId = SavedCommand InvocationId = Invocation
    VpcId = Vpc VSwitchId = VSwitch SecurityGroupId = SecurityGroup InstanceId = Instance EniId = Eni
    LoadBalancerId = LoadBalancer ServerGroupId = ServerGroup ListenerId = Listener JobId = Job
    PrivateZoneId = PrivateZone CertificateId = Certificate SecurityPolicyId = SecurityPolicy
    EndpointServiceId = EndpointService EndpointId = Endpoint
}

/// The id in a parameter; `None` when it is not given.
pub fn id<T: Id>(params: &Params, name: &str) -> Result<Option<T>, ApiError> {
    let parse = |text: &str| text.parse().map_err(|_| refusal::not_found(params.product(), T::KIND, text));
    params.text(name).map(parse).transpose()
}

/// The id in a parameter that must be given.
pub fn required_id<T: Id>(params: &Params, name: &str) -> Result<T, ApiError> {
    id(params, name)?.ok_or_else(|| params.missing(name))
}

/// The ids in a list.
pub fn ids<T: Id>(params: &Params, name: &str) -> Result<Vec<T>, ApiError> {
    let parse = |text: String| text.parse().map_err(|_| refusal::not_found(params.product(), T::KIND, &text));
    params.texts(name)?.into_iter().map(parse).collect()
}

/// A name; `None` when it is not given.
pub fn name(params: &Params, parameter: &str) -> Result<Option<Name>, ApiError> {
    text(params, parameter, Name::parse)
}

/// A description; `None` when it is not given.
pub fn description(params: &Params, parameter: &str) -> Result<Option<Description>, ApiError> {
    text(params, parameter, Description::parse)
}

fn text<T>(
    params: &Params,
    parameter: &str,
    parse: fn(&str) -> Result<T, InvalidText>,
) -> Result<Option<T>, ApiError> {
    let parsed = params.text(parameter).map(parse).transpose();
    parsed.map_err(|error| params.illegal(parameter, format_args!("{error}.")))
}

/// Tags, as `Tag.N.Key` and `Tag.N.Value`.
pub fn tags(params: &Params) -> Result<BTreeMap<String, String>, ApiError> {
    tags_of(params, "Tag")
}

/// The same under another name.
pub fn tags_of(params: &Params, name: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let mut tags = BTreeMap::new();
    for tag in params.list(name)? {
        let (key, value) = (tag.required("Key")?, tag.text("Value").unwrap_or_default());
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(refusal::tag_twice(params.product(), key));
        }
    }
    Ok(tags)
}

/// Name, description, tags and resource group; `None` for a parameter that the action does not have.
pub fn labels(
    params: &Params,
    name_of: Option<&str>,
    described_by: Option<&str>,
) -> Result<Labels, ApiError> {
    let named = name_of.map(|parameter| name(params, parameter)).transpose()?.flatten();
    let described = described_by.map(|parameter| description(params, parameter)).transpose()?.flatten();
    let resource_group = id(params, "ResourceGroupId")?;
    Ok(Labels {
        name: named.unwrap_or_default(),
        description: described.unwrap_or_default(),
        resource_group,
        tags: tags(params)?,
    })
}

impl Call {
    /// The caller's resource whose id stands in a parameter. Another account's is as unknown as one that never was.
    pub fn owned<T: Resource<Key: Id>>(&self, name: &str) -> Result<&Arc<T>, ApiError> {
        let id = required_id::<T::Key>(&self.params, name)?;
        let found = self.view.state.owned::<T>(self.account, &id);
        found.map_err(|refused| refusal::error(self.params.product(), &refused))
    }

    /// The caller's resources of one kind, in the order of their ids.
    pub fn all_owned<T: Resource<Key: 'static> + 'static>(&self) -> impl Iterator<Item = &Arc<T>> {
        let rows = T::table(self.view.state.tables()).values();
        rows.filter(|row| row.meta().owner == self.account)
    }

    /// The zone in a parameter, if it is given; it must be one of the region's.
    pub fn zone(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let Some(zone) = self.params.text(name) else { return Ok(None) };
        let known = self.view.state.settings().zones.iter().any(|one| one.as_str() == zone);
        let unknown = || refusal::error(self.params.product(), &Refusal::ZoneUnknown(ZoneId::new(zone)));
        known.then_some(Some(zone)).ok_or_else(unknown)
    }

    /// The region.
    pub fn region(&self) -> String {
        self.view.state.settings().region.clone()
    }
}
