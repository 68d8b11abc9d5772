//! Everything that touches the kernel: namespaces, links, programs, maps. The only place in this crate with `unsafe`.

pub mod bpffs;
mod btf;
pub mod check;
pub mod clock;
pub mod counters;
pub mod events;
pub mod fit;
pub mod frames;
mod ipv6;
pub mod links;
pub mod maps;
pub mod netlink;
pub mod netns;
pub(crate) mod packed;
pub mod programs;
pub mod rehearsal;
pub mod rules;
pub mod source_ports;
mod summed;
pub mod table;
pub mod tap;
pub mod trial;
