//! The host side: makes one host equal to its plan and keeps it so.

pub mod compile;
pub mod config;
pub mod dns;
pub mod down;
pub mod encode;
pub mod image;
pub mod instance;
pub mod kernel;
pub mod link;
pub mod maglev;
pub mod place;
pub mod policy;
pub mod probe;
pub mod reconcile;
pub mod status;
pub mod sweep;
