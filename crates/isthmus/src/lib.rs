//! Isthmus as a program: its commands, the client that they share, and the walkthrough that shows it all.

pub mod account;
pub mod api;
pub mod bench;
pub mod capture;
pub mod certificate;
pub mod cli;
pub mod client;
pub mod compatibility;
pub mod demo;
pub mod doctor;
pub mod down;
pub mod exec;
pub mod flows;
pub mod metrics;
pub mod operator;
pub mod place;
pub mod proxy;
mod sight;
pub mod status;
pub mod trace;
pub mod up;
pub mod walkthrough;
pub mod whois;
