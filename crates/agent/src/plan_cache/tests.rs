use std::os::unix::fs::PermissionsExt as _;

use model::account::Secret;
use model::id::{
    AccountId, InstanceId, InvocationId, ListenerIndex, PortIndex, Revision, ServerGroupIndex, Timestamp,
};
use model::instance::MetadataOptions;
use model::net::{PortRange, Transport};
use model::plan::{AboutPlan, CertificatePlan, InstancePlan, InvocationPlan, ListenerPlan, TlsPlan};

use super::*;

/// A state directory, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let name = format!("isthmus-test-plan-cache-{test}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn cache(&self, key: u8) -> PlanCache {
        PlanCache::new(&self.0, PlanKey::new([key; 32]))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn plan(revision: u64) -> HostPlan {
    let host = "host-test".parse().unwrap();
    let empty = model::planner::plan(&model::state::State::default(), &host);
    HostPlan { revision: Revision(revision), ..empty }
}

const SECRETS: [&str; 4] =
    ["first private key", "second private key", "password in user data", "password=word"];

fn certificate(id: &str, key: &str) -> CertificatePlan {
    CertificatePlan {
        id: id.parse().unwrap(),
        names: vec!["shop.example".to_owned()],
        chain: "what everybody may see".to_owned(),
        key: Secret::new(key),
    }
}

fn listener() -> ListenerPlan {
    let tls = TlsPlan {
        certificate: certificate("1-cn-hangzhou", SECRETS[0]),
        additional: vec![certificate("2-cn-hangzhou", SECRETS[1])],
        client_authority: None,
        versions: vec![],
        ciphers: vec![],
        alpn: None,
    };
    ListenerPlan {
        id: "lsn-1@443".parse().unwrap(),
        vips: vec![],
        protocol: Transport::Tcp,
        ports: PortRange::one(443),
        server_group: ServerGroupIndex(1),
        idle_timeout: 900,
        cps: 0,
        mss: 0,
        proxy_protocol: None,
        tls: Some(tls),
    }
}

fn instance() -> InstancePlan {
    let about = AboutPlan {
        owner: AccountId(1),
        region: "cn-hangzhou".to_owned(),
        instance_type: "ecs.c6.large".to_owned(),
        options: MetadataOptions::default(),
    };
    InstancePlan {
        port: PortIndex(1),
        host_name: "ecs".to_owned(),
        image: "host".to_owned(),
        user_data: Some(SECRETS[2].into()),
        authorized_key: None,
        about,
        running: false,
        boot: 1,
        cpus: 1,
        memory_mib: 64,
    }
}

fn invocation() -> InvocationPlan {
    InvocationPlan {
        content: SECRETS[3].to_owned(),
        working_dir: "/root".to_owned(),
        timeout: 60,
        begins_until: Timestamp(1),
        instances: [].into(),
        stopped: [].into(),
    }
}

/// A plan with one secret of each kind, and two instances, of which one has none.
fn secretive() -> Arc<HostPlan> {
    let (one, other): (InstanceId, InstanceId) = ("i-1".parse().unwrap(), "i-2".parse().unwrap());
    let invocation_id: InvocationId = "t-1".parse().unwrap();
    let mut plan = plan(7);
    plan.listeners.insert(ListenerIndex(1), listener());
    plan.instances.insert(one, instance());
    plan.instances.insert(other, InstancePlan { user_data: None, ..instance() });
    plan.invocations.insert(invocation_id, invocation());
    Arc::new(plan)
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn only_the_newest_plan_is_ever_kept() {
    let directory = Directory::new("newest");
    let cache = directory.cache(1);
    let (old, new) = (Arc::new(plan(1)), Arc::new(plan(2)));
    cache.supersede(&old).unwrap();
    cache.store(&old).unwrap();
    assert_eq!(cache.load().unwrap().as_deref(), Some(&*old));
    cache.supersede(&new).unwrap();
    assert_eq!(cache.load().unwrap(), None);
    // It was still being written when the new one came.
    cache.store(&old).unwrap();
    assert_eq!(cache.load().unwrap(), None);
    cache.store(&new).unwrap();
    assert_eq!(cache.load().unwrap().as_deref(), Some(&*new));
}

#[test]
fn no_secret_of_a_plan_is_in_the_file_and_all_come_back_to_who_has_the_key() {
    let directory = Directory::new("secrets");
    let (cache, plan) = (directory.cache(1), secretive());
    cache.supersede(&plan).unwrap();
    cache.store(&plan).unwrap();
    let file = fs::read(&cache.path).unwrap();
    for secret in SECRETS {
        // As text, as the numbers of its bytes, and as hexadecimal digits.
        let numbers = serde_json::to_string(secret.as_bytes()).unwrap();
        for form in [secret.to_owned(), numbers, hex::encode(secret)] {
            assert!(!has(&file, &form), "{secret} as {form}");
        }
    }
    assert!(has(&file, "what everybody may see"));
    assert_eq!(fs::metadata(&cache.path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(directory.cache(1).load().unwrap().as_deref(), Some(&*plan));
}

#[test]
fn who_has_no_key_sees_the_plan_without_its_secrets() {
    let directory = Directory::new("look");
    assert_eq!(read(&directory.0).unwrap(), None);
    let (cache, plan) = (directory.cache(1), secretive());
    cache.supersede(&plan).unwrap();
    cache.store(&plan).unwrap();
    let seen = read(&directory.0).unwrap().unwrap();
    let mut bare = plan.as_ref().clone();
    Secrets::take(&mut bare);
    assert!(SECRETS.iter().all(|secret| !has(&serde_json::to_vec(&seen).unwrap(), secret)));
    assert_eq!(seen, bare);
    assert_eq!(seen.listeners[&ListenerIndex(1)].id, plan.listeners[&ListenerIndex(1)].id);
}

#[test]
fn secrets_of_another_key_or_plan_or_changed_ones_are_not_taken() {
    let directory = Directory::new("foreign");
    let (cache, plan) = (directory.cache(1), secretive());
    cache.supersede(&plan).unwrap();
    cache.store(&plan).unwrap();
    assert!(matches!(directory.cache(2).load(), Err(CacheError::Unopened(_))));
    let change = |change: &dyn Fn(&mut Kept)| {
        let mut kept = Kept::read(&cache.path).unwrap().unwrap();
        change(&mut kept);
        kept.opened(&cache.key)
    };
    assert_eq!(change(&|_| ()).as_ref(), Some(&*plan));
    assert_eq!(change(&|kept| kept.plan.revision = Revision(8)), None);
    assert_eq!(change(&|kept| kept.sealed.replace_range(40..42, "zz")), None);
    assert_eq!(change(&|kept| kept.sealed.truncate(20)), None);
    let flip = |kept: &mut Kept| {
        let digit = if kept.sealed.ends_with('0') { "1" } else { "0" };
        kept.sealed.replace_range(kept.sealed.len() - 1.., digit);
    };
    assert_eq!(change(&flip), None);
}
