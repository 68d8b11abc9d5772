//! The host side: makes one host equal to its plan and keeps it so.

pub mod compile;
pub mod dns;
pub mod encode;
pub mod image;
pub mod instance;
pub mod kernel;
pub mod maglev;
pub mod place;
pub mod policy;
pub mod probe;
