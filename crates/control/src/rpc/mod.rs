//! The wire: from an HTTP request to (product, action, parameters, caller) and from a result to a response. Knows
//! signatures, flattening and error bodies; knows nothing of what an action means.

pub mod encoding;
mod error;
mod node;
pub mod page;
mod params;
mod product;
mod request;
mod respond;
pub mod signature;
pub mod time;

pub use error::ApiError;
pub use params::Params;
pub use product::Product;
pub use request::{MAX_PARAMETERS, Request};
pub use respond::{Format, request_id, respond};
