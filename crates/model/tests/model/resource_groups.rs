//! Resource groups: every resource lies in one of its account's, and one with resources stays.

use model::account::Account;
use model::command::Command;
use model::command::resource_group::{CreateResourceGroup, ResourceGroupCommand};
use model::command::vpc::{CreateVpc, VpcCommand};
use model::id::{AccountId, ResourceGroupId, VpcId};
use model::meta::{Labels, Tags};
use model::quota::Quota;
use model::refusal::Refusal;
use model::resource_group::{DisplayName, GroupName, ResourceGroup};
use model::route::RouteTable;
use model::tables::Key;
use model::vpc::{VSwitch, Vpc};

use crate::support::{ACCOUNT, OTHER, World};

fn create(name: &str) -> Command {
    Command::ResourceGroup(ResourceGroupCommand::Create(CreateResourceGroup {
        name: name.to_owned().try_into().unwrap(),
        display_name: "a group".to_owned().try_into().unwrap(),
        tags: Tags::new(),
    }))
}

fn made(world: &mut World, name: &str) -> ResourceGroupId {
    match world.run(create(name)) {
        model::command::Output::ResourceGroup(group) => group.id.clone(),
        other => panic!("{other:?}"),
    }
}

fn delete(group: &ResourceGroupId) -> Command {
    Command::ResourceGroup(ResourceGroupCommand::Delete(group.clone()))
}

fn move_vpc(vpc: &VpcId, group: &ResourceGroupId) -> Command {
    Command::ResourceGroup(ResourceGroupCommand::Move(Key::Vpc(vpc.clone()), group.clone()))
}

fn default_of(world: &World, account: AccountId) -> ResourceGroupId {
    world.state.get::<Account>(&account).unwrap().resource_group.clone()
}

fn not_found(group: &ResourceGroupId) -> Refusal {
    Refusal::NotFound(Key::ResourceGroup(group.clone()))
}

#[test]
fn what_names_no_group_lies_in_the_account_s_default_one_which_stays() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let own = default_of(&world, ACCOUNT);
    assert_eq!(world.state.get::<Vpc>(&vpc).unwrap().meta.resource_group, own);
    assert_eq!(world.state.get::<ResourceGroup>(&own).unwrap().name.as_str(), "default");
    assert_ne!(own, default_of(&world, OTHER));
    assert_eq!(world.refused(delete(&own)), Refusal::DefaultResourceGroup(own));
}

#[test]
fn a_vpc_takes_its_vswitches_and_route_tables_along_into_another_group() {
    let mut world = World::new();
    let (first, second) = (made(&mut world, "first"), made(&mut world, "second"));
    let labels = Labels { resource_group: Some(first.clone()), ..Labels::default() };
    let vpc = Command::Vpc(VpcCommand::CreateVpc(CreateVpc { labels, ..CreateVpc::default() }));
    let model::command::Output::Vpc { id: vpc, route_table, .. } = world.run(vpc) else { panic!() };
    let vswitch = world.vswitch(&vpc, "g", "172.16.0.0/24");
    let groups = |world: &World| {
        let vswitch = world.state.get::<VSwitch>(&vswitch).unwrap().meta.resource_group.clone();
        let table = world.state.get::<RouteTable>(&route_table).unwrap().meta.resource_group.clone();
        [world.state.get::<Vpc>(&vpc).unwrap().meta.resource_group.clone(), vswitch, table]
    };
    assert_eq!(groups(&world), [first.clone(), first.clone(), first.clone()]);
    assert!(matches!(world.refused(delete(&first)), Refusal::InUse { what: Key::ResourceGroup(_), .. }));
    world.run(move_vpc(&vpc, &second));
    assert_eq!(groups(&world), [second.clone(), second.clone(), second]);
    world.run(delete(&first));
    assert_eq!(world.refused(delete(&first)), not_found(&first));
}

#[test]
fn nothing_lies_in_a_group_that_is_unknown_or_another_account_s() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let unknown: ResourceGroupId = "rg-acfmnothing".parse().unwrap();
    for group in [unknown, default_of(&world, OTHER)] {
        assert_eq!(world.refused(move_vpc(&vpc, &group)), not_found(&group));
        let labels = Labels { resource_group: Some(group.clone()), ..Labels::default() };
        let create = CreateVpc { labels, ..CreateVpc::default() };
        assert_eq!(world.refused(Command::Vpc(VpcCommand::CreateVpc(create))), not_found(&group));
        assert_eq!(world.refused(delete(&group)), not_found(&group));
    }
}

#[test]
fn names_are_one_of_a_kind_in_an_account_and_display_names_change() {
    let mut world = World::new();
    let group = made(&mut world, "team");
    assert_eq!(world.refused(create("team")), Refusal::Exists(Key::ResourceGroup(group.clone())));
    let renamed: DisplayName = "another".to_owned().try_into().unwrap();
    world.run(Command::ResourceGroup(ResourceGroupCommand::Rename(group.clone(), renamed.clone())));
    let row = world.state.get::<ResourceGroup>(&group).unwrap();
    assert_eq!((row.name.as_str(), &row.display_name), ("team", &renamed));
    world.account = OTHER;
    made(&mut world, "team");
    for more in 0..98 {
        made(&mut world, &format!("team-{more}"));
    }
    let quota = Quota::ResourceGroupsAnAccount;
    assert_eq!(world.refused(create("one-too-many")), Refusal::QuotaExceeded { quota, limit: 100 });
}

#[test]
fn names_of_groups_follow_their_rules() {
    for (name, legal) in [("abc", true), ("ab", false), ("1bc", false), ("a_c", false), ("ä-b-c", false)] {
        assert_eq!(GroupName::try_from(name.to_owned()).is_ok(), legal, "{name}");
    }
    for (name, legal) in [("1", true), ("", false), ("ü b", true), ("a\nb", false)] {
        assert_eq!(DisplayName::try_from(name.to_owned()).is_ok(), legal, "{name}");
    }
    assert!(GroupName::try_from("a".repeat(50)).is_ok() && GroupName::try_from("a".repeat(51)).is_err());
    assert!(DisplayName::try_from("ü".repeat(50)).is_ok() && DisplayName::try_from("ü".repeat(51)).is_err());
}
