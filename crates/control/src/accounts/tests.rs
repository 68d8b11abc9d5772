use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::store::memory::MemoryStore;
use crate::testing::TempDir;

struct Installation {
    commits: Commits,
    directory: TempDir,
}

impl Installation {
    fn new() -> Self {
        let (commits, _) = Commits::start(Box::new(MemoryStore::default())).unwrap();
        Self { commits, directory: TempDir::new() }
    }

    async fn start(&self, dev: bool) -> (HostId, Option<(AccessKeyId, Secret)>) {
        let zones = ["z-a", "z-b"].map(ZoneId::new);
        let wanted = Wanted { region: "here", zones: &zones, dev, state_dir: self.directory.path() };
        set_up(&self.commits, &wanted).await.unwrap()
    }

    fn active_keys(&self) -> Vec<String> {
        let state = self.commits.state();
        let keys = state.tables().access_keys.values().filter(|key| key.active);
        keys.map(|key| key.id.to_string()).collect()
    }
}

#[tokio::test]
async fn the_first_start_makes_a_key_and_the_second_does_not() {
    let installation = Installation::new();
    let (host, key) = installation.start(false).await;
    let (id, secret) = key.unwrap();
    assert_eq!(installation.active_keys(), [id.to_string()]);

    let path = installation.directory.join(KEY_FILE);
    let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(file, json!({ "AccessKeyId": id.as_str(), "AccessKeySecret": secret.reveal() }));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let before = installation.commits.state().revision();
    assert_eq!(installation.start(false).await, (host, None));
    assert_eq!(installation.commits.state().revision(), before);
}

#[tokio::test]
async fn the_dev_key_is_off_when_it_is_not_asked_for() {
    let installation = Installation::new();
    let (_, key) = installation.start(true).await;
    assert_eq!((key, installation.active_keys()), (None, vec!["dev".to_owned()]));
    let (_, key) = installation.start(false).await;
    assert_eq!(installation.active_keys(), [key.unwrap().0.to_string()]);
    installation.start(true).await;
    assert_eq!(installation.active_keys().len(), 2);
}
