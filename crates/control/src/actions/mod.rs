//! The actions of the API, each a value in one table: what it is called, which parameters it knows, what it does.
//! Dispatcher, command line, compatibility page and coverage check all derive from this table.
//!
//! How to add one: write its handler in `actions/<product>/<resource>.rs`, put the value into the product's `ACTIONS`.

pub mod bss;
pub mod call;
pub mod cas;
mod dispatch;
mod dry_run;
pub mod ecs;
pub mod list;
pub mod location;
pub mod nlb;
mod older;
pub mod privatelink;
pub mod pvtz;
pub mod refusal;
pub mod resource_manager;
pub mod sts;
pub mod tagging;
pub mod vpc;

use model::command::{Command, Output};
use serde_json::Value;

pub use call::{Call, View};
pub(crate) use dispatch::told;
pub use dispatch::{Api, Edge, Gate, Signed};

use crate::rpc::{ApiError, Product};

/// An action of the API.
#[derive(Debug)]
pub struct Action {
    /// Whose it is.
    pub product: Product,
    /// Its name.
    pub name: &'static str,
    /// The parameters that it knows, besides those every action knows ([`COMMON`]).
    pub params: &'static [Param],
    /// What it does.
    pub handler: Handler,
}

impl Action {
    /// An action that changes nothing.
    pub const fn read(
        product: Product,
        name: &'static str,
        params: &'static [Param],
        handler: fn(&Call) -> Result<Value, ApiError>,
    ) -> Self {
        Self { product, name, params, handler: Handler::Read(handler) }
    }

    /// An action that changes the state.
    pub const fn write(
        product: Product,
        name: &'static str,
        params: &'static [Param],
        handler: fn(&Call) -> Result<Write, ApiError>,
    ) -> Self {
        Self { product, name, params, handler: Handler::Write(handler) }
    }
}

/// What an action does.
#[derive(Clone, Copy, Debug)]
pub enum Handler {
    /// Answers from a snapshot.
    Read(fn(&Call) -> Result<Value, ApiError>),
    /// Says what shall change. Parsing is all it does; the model judges.
    Write(fn(&Call) -> Result<Write, ApiError>),
}

/// A change that a request asks for.
#[derive(Debug)]
pub struct Write {
    /// The change.
    pub command: Command,
    /// The answer, from the state after the change. `RequestId` is added to it.
    pub answer: fn(&View, &Output) -> Value,
}

impl Write {
    /// A change whose answer is the request id alone.
    pub fn silent(command: Command) -> Self {
        Self { command, answer: |_, _| Value::Null }
    }
}

/// A parameter of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name, without what follows the first dot.
    pub name: &'static str,
    /// What becomes of it.
    pub support: Support,
}

/// What becomes of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does what the public API documents.
    Works,
    /// It is taken and has no effect, because of this.
    NoEffect(&'static str),
    /// It is refused with this code if it has one of its own, because of this.
    Refused(Option<&'static str>, &'static str),
}

/// A parameter that works.
pub const fn works(name: &'static str) -> Param {
    Param { name, support: Support::Works }
}

/// A parameter without effect.
pub const fn no_effect(name: &'static str, why: &'static str) -> Param {
    Param { name, support: Support::NoEffect(why) }
}

/// A parameter that is refused; `why` is a sentence for the caller.
pub const fn refused(name: &'static str, why: &'static str) -> Param {
    Param { name, support: Support::Refused(None, why) }
}

/// A parameter that is refused with a code of its own; `why` is a sentence for the caller.
pub const fn refused_as(name: &'static str, code: &'static str, why: &'static str) -> Param {
    Param { name, support: Support::Refused(Some(code), why) }
}

/// Parameters that every action knows.
pub const COMMON: &[Param] = &[
    works("RegionId"),
    works("ClientToken"),
    works("DryRun"),
    no_effect("OwnerAccount", "an account acts for itself"),
    no_effect("OwnerId", "an account acts for itself"),
    no_effect("ResourceOwnerAccount", "an account acts for itself"),
    no_effect("ResourceOwnerId", "an account acts for itself"),
    no_effect("AcceptLanguage", "messages are in English"),
];

/// Every action that there is.
pub fn all() -> impl Iterator<Item = &'static Action> {
    [
        bss::ACTIONS,
        cas::ACTIONS,
        ecs::ACTIONS,
        location::ACTIONS,
        nlb::ACTIONS,
        privatelink::ACTIONS,
        pvtz::ACTIONS,
        resource_manager::ACTIONS,
        sts::ACTIONS,
        vpc::ACTIONS,
    ]
    .into_iter()
    .flatten()
    .copied()
    .flatten()
}

/// The action with this name, if the product has it here.
pub fn find(product: Product, name: &str) -> Option<&'static Action> {
    all().find(|action| action.product == product && action.name == name)
}

#[cfg(test)]
mod tests;
