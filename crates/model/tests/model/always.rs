//! Whatever is asked, what always holds goes on holding, a refused command changes nothing, and the rows alone rebuild the
//! state.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::entropy::Entropy;
use model::plan::HostPlan;
use model::planner::plan;
use model::state::State;
use model::tables::{Op, Row};
use proptest::prelude::*;

use crate::random::Dice;
use crate::support::{Walkthrough, host};

/// A plan mentions only what it contains.
fn is_closed(plan: &HostPlan) {
    for port in plan.ports.values() {
        assert!(plan.vpcs.contains_key(&port.network) && plan.instances.contains_key(&port.instance));
        assert!(!port.groups.is_empty() && port.groups.iter().all(|group| plan.groups.contains_key(group)));
    }
    for instance in plan.instances.values() {
        assert!(plan.ports.contains_key(&instance.port));
    }
    for invocation in plan.invocations.values() {
        assert!(invocation.instances.iter().all(|id| plan.instances.contains_key(id)));
        assert!(invocation.stopped.is_subset(&invocation.instances));
    }
    for group in plan.groups.values() {
        assert!(plan.vpcs.contains_key(&group.network));
        for rule in group.ingress.iter().chain(&group.egress) {
            if let model::plan::PeerPlan::Group(peer) = rule.peer {
                assert!(plan.groups.contains_key(&peer));
            }
        }
    }
    for vip in plan.vips.values() {
        assert!(vip.groups.iter().all(|group| plan.groups.contains_key(group)));
    }
    for listener in plan.listeners.values() {
        assert!(listener.vips.iter().all(|vip| plan.vips.contains_key(vip)));
        assert!(plan.server_groups.contains_key(&listener.server_group));
    }
    for server in plan.server_groups.values().flat_map(|group| group.servers.values()) {
        assert!(plan.ports.contains_key(&server.port_index));
    }
    for endpoint in plan.endpoints.values() {
        assert!(plan.vpcs.contains_key(&endpoint.network) && !plan.vpcs.contains_key(&endpoint.connection));
        assert!(
            !endpoint.groups.is_empty()
                && endpoint.groups.iter().all(|group| plan.groups.contains_key(group))
        );
        let mut vips = endpoint.zones.iter().flat_map(|zone| zone.vip.iter().chain(&zone.replaced));
        assert!(vips.all(|vip| plan.vips.contains_key(vip)));
    }
}

/// The rows as a store keeps them, read back.
fn reread(state: &State) -> State {
    let rows = state.tables().rows().map(|row| {
        let text = serde_json::to_string(&row).unwrap();
        let mut value = serde_json::Deserializer::from_str(&text);
        Row::decode(row.key().kind().table(), &mut value).unwrap()
    });
    State::replay(state.revision(), rows.collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_what_always_holds_goes_on_holding(seeds in prop::collection::vec(any::<u64>(), 1..160)) {
        let mut world = Walkthrough::new().world;
        for seed in seeds {
            world.now.0 += 7;
            let before = world.state.clone();
            let command = Dice { state: &before, entropy: Entropy::new(seed) }.command();
            let env = world.env();
            let outcome = before.apply(&command, &env);
            prop_assert_eq!(&outcome, &before.apply(&command, &env), "the same again: {:?}", command);
            let Ok((change, _)) = outcome else { continue };
            let keys: BTreeSet<_> = change.ops.iter().map(|op| match op {
                Op::Put(row) => row.key(),
                Op::Delete(key) => key.clone(),
            }).collect();
            prop_assert_eq!(keys.len(), change.ops.len(), "each row at most once: {:?}", command);
            world.state = before.absorb(&change);
            prop_assert_eq!(world.state.check(), vec![], "after {:?}", command);
        }
        prop_assert!(reread(&world.state) == world.state, "the rows alone rebuild the state");
        is_closed(&plan(&world.state, &host()));
    }
}

/// The random commands are worth something only if many of them are possible, of every kind.
#[test]
fn random_commands_reach_far() {
    let (mut done, mut tried) = (BTreeSet::new(), BTreeSet::new());
    for start in 0..120_u64 {
        let mut world = Walkthrough::new().world;
        for step in 0..300_u64 {
            let state = Arc::new(world.state.clone());
            let command = Dice { state: &state, entropy: Entropy::new(start * 1000 + step) }.command();
            let text = format!("{command:?}");
            let outer = text.split('(').next().unwrap();
            let inner = if matches!(
                outer,
                "Assistant"
                    | "Balancer"
                    | "KeyPair"
                    | "PrefixList"
                    | "Tls"
                    | "Vpc"
                    | "ResourceGroup"
                    | "SwitchZone"
            ) {
                text.split('(').nth(1).unwrap().split(' ').next().unwrap()
            } else {
                ""
            };
            let name = format!("{outer} {inner}");
            if world.try_run(&command).is_ok() {
                done.insert(name.clone());
            }
            tried.insert(name);
        }
    }
    assert_eq!(tried.difference(&done).collect::<Vec<_>>(), Vec::<&String>::new(), "never possible");
}
