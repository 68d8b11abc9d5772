//! One write costs the same however large the state is.

use std::time::{Duration, Instant};

use model::command::Command;
use model::command::instance::RunInstances;

use crate::support::{Walkthrough, new_endpoint_zone};

/// Median time to make one endpoint with two zones, deny and delete nothing: the walkthrough's busiest write.
fn cost_of_an_endpoint(it: &mut Walkthrough) -> Duration {
    let command = model::command::endpoint::CreateEndpoint {
        security_groups: [it.clients.clone()].into(),
        zones: vec![new_endpoint_zone("g", &it.consumer_g), new_endpoint_zone("k", &it.consumer_k)],
        ..model::command::endpoint::CreateEndpoint::new(it.service.clone(), it.consumer.clone())
    };
    let command = Command::CreateEndpoint(command);
    let mut times: Vec<Duration> = (0..31)
        .map(|_| {
            let start = Instant::now();
            it.world.try_run(&command).unwrap();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
fn a_write_into_a_state_many_times_as_large_takes_at_most_five_times_as_long() {
    let mut it = Walkthrough::new();
    let small = cost_of_an_endpoint(&mut it);
    let wide = it.world.vswitch(&it.consumer, "g", "10.1.0.0/16");
    for _ in 0..40 {
        let amount = 100;
        let security_groups = [it.clients.clone()].into();
        let command = RunInstances { amount, security_groups, ..RunInstances::new(wide.clone()) };
        it.world.try_run(&Command::RunInstances(command)).unwrap();
    }
    let large = cost_of_an_endpoint(&mut it);
    println!("{small:?} with {} instances, {large:?} with {}", 4, it.world.state.tables().instances.size());
    assert!(large < small * 5, "{small:?} grew to {large:?}");
}
