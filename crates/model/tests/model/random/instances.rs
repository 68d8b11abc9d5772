//! Instances, their key pairs and commands.

use super::*;

impl Dice<'_> {
    pub(super) fn instances(&mut self) -> C {
        let instance = self.instance();
        match self.below(10) {
            0..=4 => {
                let vswitch = self.vswitch();
                let vpc = self.vpc_of(&vswitch);
                C::RunInstances(RunInstances {
                    amount: 1 + self.below(3) as u32,
                    security_groups: self.groups_of(&vpc),
                    address: self.address(),
                    more: self.more_addresses(),
                    ipv6: self.ipv6_addresses(&vswitch),
                    interfaces: (0..self.below(2)).map(|_| MoreInterface::New(self.new_eni())).collect(),
                    power: if self.chance(4) { Power::Stopped } else { Power::Running },
                    ..RunInstances::new(vswitch)
                })
            }
            5 => C::SwitchInstances(Switch::Start, vec![instance]),
            6 => C::SwitchInstances(Switch::Stop, vec![instance]),
            7 => C::SwitchInstances(Switch::Reboot, vec![instance]),
            8 => C::DeleteInstances(DeleteInstances { instances: vec![instance], force: self.chance(2) }),
            _ => C::ModifyInstance(ModifyInstance {
                security_groups: Some(BTreeSet::from([self.group()])),
                deletion_protection: Some(self.chance(8)),
                instance_type: self.chance(2).then(InstanceType::default),
                ..ModifyInstance::new(instance)
            }),
        }
    }

    pub(super) fn assistant(&mut self) -> C {
        let saved = self.key(&self.state.tables().commands.clone(), "c-none");
        let invocation = self.key(&self.state.tables().invocations.clone(), "t-none");
        let instances = BTreeSet::from([self.instance(), self.instance()]);
        C::Assistant(match self.below(6) {
            0 => AssistantCommand::Create(command("true", false)),
            1 => AssistantCommand::Delete(saved),
            2 => AssistantCommand::Stop(StopInvocation { invocation, instances: BTreeSet::new() }),
            3 => AssistantCommand::Invoke(InvokeCommand {
                command: saved,
                labels: Labels::default(),
                working_dir: None,
                timeout: None,
                values: std::collections::BTreeMap::new(),
                instances,
            }),
            _ => AssistantCommand::Run(RunCommand { instances, ..run("true", &[]) }),
        })
    }

    pub(super) fn key_pairs(&mut self) -> C {
        let name = ["one", "two", "three"][self.below(3) as usize];
        let mut holders = self.state.tables().instances.values().filter(|row| row.key_pair.is_some());
        let holder = holders.next().and_then(|row| Some((row.id.clone(), row.key_pair.clone()?)));
        let named = |id| self.state.get::<model::key_pair::KeyPair>(id).map(|row| row.meta.name.clone());
        match (self.below(6), holder) {
            (0 | 1, _) => create_key_pair(name),
            (2, _) => C::KeyPair(KeyPairCommand::Delete(vec![Name::parse(name).unwrap()])),
            (3, Some((instance, id))) => C::KeyPair(KeyPairCommand::Detach(KeyPairOfInstances {
                key_pair: named(&id).unwrap(),
                instances: vec![instance],
            })),
            (_, _) => C::KeyPair(KeyPairCommand::Attach(KeyPairOfInstances {
                key_pair: Name::parse(name).unwrap(),
                instances: vec![self.instance()],
            })),
        }
    }

    pub(super) fn stopped(&self) -> Option<model::id::InstanceId> {
        let mut instances = self.state.tables().instances.values();
        let is_alone = |id: &model::id::InstanceId| self.state.enis_of_instance(id).count() == 1;
        let stopped = |row: &&Arc<model::instance::Instance>| {
            row.power == model::instance::Power::Stopped && is_alone(&row.id)
        };
        instances.find(stopped).map(|row| row.id.clone())
    }
}
