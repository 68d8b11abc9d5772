//! Key pairs: made, given to instances, taken away, deleted; what is refused.

use model::command::instance::RunInstances;
use model::command::key_pair::{KeyPairCommand, KeyPairOfInstances};
use model::command::{Command, Output};
use model::id::{InstanceId, VSwitchId};
use model::instance::Instance;
use model::key_pair::KeyPair;
use model::meta::{Labels, Name};
use model::planner::plan;
use model::refusal::{KeyPairRefusal, Refusal};

use crate::support::{OTHER, World, create_key_pair as create, host};

pub(crate) fn named(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn of(name: &str, instances: &[&InstanceId]) -> KeyPairOfInstances {
    KeyPairOfInstances { key_pair: named(name), instances: instances.iter().copied().cloned().collect() }
}

fn attach(name: &str, instances: &[&InstanceId]) -> Command {
    Command::KeyPair(KeyPairCommand::Attach(of(name, instances)))
}

fn detach(name: &str, instances: &[&InstanceId]) -> Command {
    Command::KeyPair(KeyPairCommand::Detach(of(name, instances)))
}

fn delete(name: &str) -> Command {
    Command::KeyPair(KeyPairCommand::Delete(vec![named(name)]))
}

fn place() -> (World, VSwitchId) {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let vswitch = world.vswitch(&vpc, "g", "10.0.1.0/24");
    (world, vswitch)
}

fn authorized(world: &World, id: &InstanceId) -> Option<String> {
    plan(&world.state, &host()).instances[id].authorized_key.clone()
}

#[test]
fn an_instance_gets_the_key_that_it_is_made_with_and_another_one_later() {
    let (mut world, vswitch) = place();
    world.run(create("first"));
    world.run(create("second"));
    let run = RunInstances { key_pair: Some(named("first")), ..RunInstances::new(vswitch) };
    let Output::Instances(ids) = world.run(Command::RunInstances(run)) else { panic!() };
    assert_eq!(authorized(&world, &ids[0]).as_deref(), Some("ssh-rsa first first"));
    assert_eq!(world.state.get::<Instance>(&ids[0]).unwrap().boot, 1);
    world.run(attach("second", &[&ids[0]]));
    assert_eq!(authorized(&world, &ids[0]).as_deref(), Some("ssh-rsa second second"));
    assert_eq!(world.state.get::<Instance>(&ids[0]).unwrap().boot, 1, "the next start writes it");
    world.run(detach("second", &[&ids[0]]));
    assert_eq!(authorized(&world, &ids[0]), None);
    world.run(delete("second"));
    assert_eq!(world.state.tables().key_pairs.size(), 1);
}

#[test]
fn the_private_half_is_told_once_and_kept_nowhere() {
    let (mut world, _) = place();
    let Output::KeyPair(id, private) = world.run(create("pair")) else { panic!() };
    assert_eq!(private.unwrap().reveal(), "private");
    let row = serde_json::to_string(world.state.get::<KeyPair>(&id).unwrap().as_ref()).unwrap();
    assert!(!row.contains("private"), "{row}");
}

#[test]
fn names_are_an_accounts_own() {
    let (mut world, vswitch) = place();
    world.run(create("pair"));
    assert_eq!(world.refused(create("pair")), KeyPairRefusal::Exists(named("pair")).into());
    let mut nameless = create("pair");
    if let Command::KeyPair(KeyPairCommand::Create(it)) = &mut nameless {
        it.labels = Labels::default();
    }
    assert_eq!(world.refused(nameless), Refusal::KeyPair(KeyPairRefusal::NoName));
    world.account = OTHER;
    assert_eq!(world.refused(delete("pair")), KeyPairRefusal::NotFound(named("pair")).into());
    let run = RunInstances { key_pair: Some(named("pair")), ..RunInstances::new(vswitch) };
    assert!(matches!(world.refused(Command::RunInstances(run)), Refusal::NotFound(_)));
    world.run(create("pair"));
}

#[test]
fn what_an_instance_has_is_not_deleted_and_what_it_lacks_is_not_detached() {
    let (mut world, vswitch) = place();
    let instance = world.instance(&vswitch, &[]);
    world.run(create("pair"));
    let key_pair = named("pair");
    let refusal = KeyPairRefusal::NotOfInstance { key_pair: key_pair.clone(), instance: instance.clone() };
    assert_eq!(world.refused(detach("pair", &[&instance])), refusal.into());
    world.run(attach("pair", &[&instance]));
    let refusal = KeyPairRefusal::InUse { key_pair, instance: instance.clone() };
    assert_eq!(world.refused(delete("pair")), refusal.into());
    assert!(matches!(world.refused(attach("pair", &[])), Refusal::Empty(_)));
    assert!(matches!(world.refused(Command::KeyPair(KeyPairCommand::Delete(vec![]))), Refusal::Empty(_)));
}
