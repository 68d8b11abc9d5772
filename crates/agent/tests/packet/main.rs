//! The committed kernel program, run on packets by the kernel (`BPF_PROG_TEST_RUN`), with every counter watched.
//! Needs root.

mod answers;
mod balance;
mod carried;
mod change;
mod checksum;
mod chosen;
mod cost;
mod drops;
mod events;
mod forward;
mod fragments;
mod header;
mod icmp;
mod interfaces;
mod ipv6;
mod leaving;
mod lifetime;
mod limits;
mod live;
mod local;
mod odd;
mod openings;
mod policies;
mod port_ranges;
mod proxy;
mod rates;
mod replaced;
mod reverse;
mod rig;
mod routes;
mod schedulers;
mod services;
mod wire;
mod wire6;
