//! The host side: makes one host equal to its plan and keeps it so.

pub mod agent;
pub mod assistant;
pub mod carried;
pub mod compile;
pub mod config;
pub mod dns;
pub mod down;
pub mod encode;
pub mod flows;
pub mod image;
pub mod instance;
pub mod instances;
pub mod kernel;
pub mod label;
pub mod leaving;
pub mod metadata;
pub mod plan_cache;
pub mod policy;
pub mod ports;
mod prefixes;
pub mod probe;
pub mod proxy;
pub mod ranges;
pub mod reconcile;
pub mod resets;
pub mod services;
pub mod status;
pub mod sweep;
pub mod trace;
pub mod turns;
pub mod whois;
pub mod work;

pub use agent::{AgentError, run};
pub use config::AgentConfig;
pub use down::{DownError, down};
pub use status::{HostStatus, StatusError, status};
