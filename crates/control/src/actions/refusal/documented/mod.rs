//! Actions whose documentation has a code of its own for what the rest of their product calls otherwise.

mod ecs;
mod newer;
mod vpc;

use std::borrow::Cow;

use super::Code;
use crate::actions::Action;
use crate::rpc::{ApiError, Product};

/// What some actions of a product call otherwise, or answer with another status.
struct Otherwise {
    /// Their names.
    actions: &'static [&'static str],
    /// What the rest of the product says.
    codes: &'static [&'static str],
    /// What they say.
    own: Code,
}

/// A table of such: `Action Other: "what the product says" => 400 "what they say";`.
macro_rules! otherwise {
    ($($($action:ident)+: $($code:literal)+ => $status:literal $own:literal;)*) => {
        &[$(Otherwise { actions: &[$(stringify!($action)),+], codes: &[$($code),+], own: ($status, $own) }),*]
    };
}
use otherwise;

fn table(product: Product) -> &'static [Otherwise] {
    match product {
        Product::Ecs => ecs::TABLE,
        Product::Vpc => vpc::TABLE,
        Product::Nlb => newer::NLB,
        Product::Privatelink => newer::PRIVATELINK,
        Product::BssOpenApi
        | Product::Cas
        | Product::Location
        | Product::Pvtz
        | Product::ResourceManager
        | Product::Sts => &[],
    }
}

/// The complaint under the code that the action's documentation has for it.
pub fn as_documented(action: &Action, error: ApiError) -> ApiError {
    let here = |it: &&Otherwise| it.actions.contains(&action.name) && it.codes.contains(&error.code.as_ref());
    match table(action.product).iter().find(here) {
        Some(Otherwise { own: (status, code), .. }) => {
            ApiError { status: *status, code: Cow::Borrowed(code), message: error.message }
        }
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::find;

    #[test]
    fn every_action_of_the_table_is_there() {
        for product in Product::ALL {
            for action in table(product).iter().flat_map(|row| row.actions) {
                assert!(find(product, action).is_some(), "{action}");
            }
        }
    }
}
