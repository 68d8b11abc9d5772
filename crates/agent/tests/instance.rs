//! Real containers on this machine: what an instance's owner sees, and what is left when it is gone. Needs root, crun,
//! tini, nginx and curl, as `./x test` installs them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use agent::instance::{InstanceSpec, Instances};
use model::id::{AccountId, InstanceId, PortIndex};
use model::plan::{AboutPlan, InstancePlan};
use model::report::InstanceState;

/// A network namespace and two directories; all of it goes with the test, or with the next run when this one is killed.
struct Bed {
    netns: String,
    state: PathBuf,
    run: PathBuf,
}

impl Bed {
    fn new(name: &str) -> Self {
        remove_stale();
        let tag = format!("isthmus-test-{name}-{}", std::process::id());
        sh(&format!("ip netns add {tag} && ip -n {tag} link set lo up"));
        let bed =
            Self { state: Path::new("/var/tmp").join(&tag), run: Path::new("/run").join(&tag), netns: tag };
        fs::create_dir_all(&bed.state).unwrap();
        fs::create_dir_all(&bed.run).unwrap();
        bed
    }

    fn instances(&self) -> Instances {
        Instances::new(&self.state, &self.run)
    }

    fn spec<'a>(&self, id: &'a InstanceId, plan: &'a InstancePlan, netns: &'a Path) -> InstanceSpec<'a> {
        InstanceSpec { id, plan, address: Ipv4Addr::new(10, 0, 0, 9), netns }
    }

    fn netns_path(&self) -> PathBuf {
        Path::new("/run/netns").join(&self.netns)
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        clean_up(&self.netns);
    }
}

fn clean_up(tag: &str) {
    let (state, run) = (Path::new("/var/tmp").join(tag), Path::new("/run").join(tag));
    let _ = Instances::new(&state, &run).remove_all();
    let _ = fs::remove_dir_all(state);
    let _ = fs::remove_dir_all(run);
    let _ = Command::new("ip").args(["netns", "del", tag]).output();
}

/// Takes away what a killed run left behind.
fn remove_stale() {
    for entry in fs::read_dir("/run").unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let pid = name.strip_prefix("isthmus-test-").and_then(|rest| rest.rsplit_once('-'));
        if pid.is_some_and(|(_, pid)| !Path::new("/proc").join(pid).exists()) {
            clean_up(&name);
        }
    }
}

fn sh(script: &str) -> Output {
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn id(text: &str) -> InstanceId {
    format!("i-{text}").parse().unwrap()
}

fn plan(user_data: &str) -> InstancePlan {
    InstancePlan {
        port: PortIndex(1),
        host_name: "ecs01".into(),
        image: "host".into(),
        user_data: Some(user_data.into()),
        authorized_key: None,
        about: AboutPlan {
            options: model::instance::MetadataOptions::default(),
            owner: AccountId(1),
            region: "cn-hangzhou".into(),
            instance_type: "ecs.c6.large".into(),
        },
        running: true,
        boot: 1,
        cpus: 1,
        memory_mib: 512,
    }
}

fn page_server(page: &str, port: u16) -> InstancePlan {
    plan(&format!(
        "#!/bin/sh\nset -e\necho making the page {page}\necho '{page}' >/var/www/html/index.html\n\
         sed -i 's/listen 80 /listen {port} /; s/listen \\[::\\]:80 /listen [::]:{port} /' /etc/nginx/sites-available/default\n\
         nginx\n"
    ))
}

fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("not within ten seconds: {what}");
}

/// Runs `argv` inside and gives what it wrote.
fn inside(instances: &Instances, id: &InstanceId, words: &[&str]) -> String {
    let output = instances.exec(id, false, &argv(words)).output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// The process on the host that is an instance's first.
fn init_pid(bed: &Bed, id: &InstanceId) -> String {
    let output = sh(&format!("crun --root {}/crun state {id}", bed.run.display()));
    let state: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    state["pid"].to_string()
}

fn processes_in(netns: &str) -> String {
    String::from_utf8(sh(&format!("ip netns pids {netns}")).stdout).unwrap()
}

#[test]
fn two_instances_serve_their_own_pages() {
    let bed = Bed::new("pages");
    let (instances, netns) = (bed.instances(), bed.netns_path());
    let servers =
        [(id("a"), page_server("page of ECS 03", 8003)), (id("b"), page_server("page of ECS 04", 8004))];
    for (id, plan) in &servers {
        let began = Instant::now();
        let report = instances.ensure(&bed.spec(id, plan, &netns));
        let took = began.elapsed();
        assert_eq!((report.state, report.boot), (InstanceState::Running, 1));
        assert!(took < Duration::from_secs(1), "{took:?}");
        println!("{id} runs after {took:?}");
    }
    for (port, page) in [(8003, "page of ECS 03"), (8004, "page of ECS 04")] {
        let script = format!("nsenter --net={} curl -s http://127.0.0.1:{port}/", netns.display());
        let answer = eventually(page, || {
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
        });
        assert_eq!(answer.trim(), page);
    }
    let console = eventually("end of user data", || {
        let text = String::from_utf8(instances.console(&servers[0].0)).unwrap();
        text.contains("ended with status").then_some(text)
    });
    assert!(console.contains("making the page page of ECS 03") && console.contains("status 0"), "{console}");

    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    let ours = mounts.lines().filter(|line| line.contains(&bed.netns) && !line.contains("netns/"));
    assert_eq!(ours.collect::<Vec<_>>(), [""; 0]);
    instances.remove_all().unwrap();
    assert_eq!(processes_in(&bed.netns), "");
    assert_eq!(instances.observe().unwrap().len(), 0);
    for leftover in [bed.state.join("instances"), bed.run.join("instances"), bed.run.join("crun")] {
        assert_eq!(fs::read_dir(&leftover).unwrap().count(), 0, "{}", leftover.display());
    }
    for (id, _) in &servers {
        let cgroups = sh(&format!("find /sys/fs/cgroup -maxdepth 2 -name '{}-{id}'", bed.netns));
        assert_eq!(String::from_utf8(cgroups.stdout).unwrap(), "");
    }
}

#[test]
fn commands_run_inside_and_see_only_the_instance() {
    let bed = Bed::new("exec");
    let (instances, netns, id) = (bed.instances(), bed.netns_path(), id("x"));
    fs::write(bed.state.join("secret"), "the store").unwrap();
    let plan = plan("#cloud-config\npackages: [nginx]\n");
    assert_eq!(instances.ensure(&bed.spec(&id, &plan, &netns)).state, InstanceState::Running);

    let output =
        instances.exec(&id, false, &argv(&["sh", "-c", "echo out; echo err >&2; exit 7"])).output().unwrap();
    assert_eq!(
        (output.status.code(), &output.stdout[..], &output.stderr[..]),
        (Some(7), &b"out\n"[..], &b"err\n"[..])
    );

    assert_eq!(inside(&instances, &id, &["hostname"]), "ecs01\n");
    assert!(inside(&instances, &id, &["cat", "/etc/resolv.conf"]).contains("nameserver 100.100.2.136\n"));
    assert_eq!(
        inside(&instances, &id, &["getent", "hosts", "ecs01"]).split_whitespace().next(),
        Some("10.0.0.9")
    );
    let ours = bed.state.to_str().unwrap();
    assert!(!inside(&instances, &id, &["ls", "-A", ours]).contains("secret"));
    assert_eq!(inside(&instances, &id, &["ls", "-A", bed.run.to_str().unwrap()]).lines().count(), 1);
    inside(&instances, &id, &["umount", ours]);
    assert!(!inside(&instances, &id, &["ls", "-A", ours]).contains("secret"));
    assert!(inside(&instances, &id, &["mknod", "/disk", "b", "254", "0"]).contains("not permitted"));
    assert!(
        inside(&instances, &id, &["ip", "addr", "add", "10.9.9.9/32", "dev", "lo"]).contains("not permitted")
    );
    assert_eq!(inside(&instances, &id, &["cat", "/proc/1/comm"]), "init\n");
    // Its first process and every command stand under its limits.
    let limited = format!("/{}-{id}\n", bed.netns);
    assert!(inside(&instances, &id, &["cat", "/proc/1/cgroup"]).contains(&limited));
    assert!(inside(&instances, &id, &["cat", "/proc/self/cgroup"]).contains(&limited));
    assert!(String::from_utf8(instances.console(&id)).unwrap().contains("ignored"));

    let mut sleeper = instances.exec(&id, false, &argv(&["sleep", "60"])).spawn().unwrap();
    eventually("it sleeps", || {
        (!inside(&instances, &id, &["pgrep", "-fx", "sleep 60"]).is_empty()).then_some(())
    });
    thread::sleep(Duration::from_millis(500));
    sh(&format!("kill -TERM {}", sleeper.id()));
    let status = eventually("signal passed on", || sleeper.try_wait().unwrap());
    assert_eq!(status.code(), Some(128 + 15));
    let tty = instances.exec(&id, true, &argv(&["tty"]));
    let words = tty.get_args().map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''")));
    let line = format!("/bin/sh {}", words.collect::<Vec<_>>().join(" "));
    let output = Command::new("script").args(["-qec", &line, "/dev/null"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("/dev/pts/"), "{output:?}");
}

#[test]
fn an_instance_follows_its_plan() {
    let bed = Bed::new("life");
    let (instances, netns, id) = (bed.instances(), bed.netns_path(), id("l"));
    let mut plan = plan("#!/bin/sh\necho first boot >>/root/boots\n");
    instances.ensure(&bed.spec(&id, &plan, &netns));
    eventually("user data", || {
        (inside(&instances, &id, &["cat", "/root/boots"]) == "first boot\n").then_some(())
    });

    // A new agent finds it running and leaves it alone.
    let pid = init_pid(&bed, &id);
    let adopted = bed.instances();
    assert_eq!(adopted.observe().unwrap()[&id].state, InstanceState::Running);
    assert_eq!(adopted.ensure(&bed.spec(&id, &plan, &netns)).state, InstanceState::Running);
    assert_eq!(init_pid(&bed, &id), pid);

    // Its first process dies: it is seen, and started anew with the same disk.
    sh(&format!("kill -KILL {pid}"));
    eventually("stop seen", || {
        (instances.observe().unwrap()[&id].state == InstanceState::Stopped).then_some(())
    });
    assert_eq!(instances.ensure(&bed.spec(&id, &plan, &netns)).state, InstanceState::Running);
    let second = init_pid(&bed, &id);
    assert_ne!(second, pid);

    // Reboot: a newer boot, another first process, user data not run again.
    plan.boot = 2;
    let report = instances.ensure(&bed.spec(&id, &plan, &netns));
    assert_eq!((report.state, report.boot), (InstanceState::Running, 2));
    assert_ne!(init_pid(&bed, &id), second);
    assert_eq!(inside(&instances, &id, &["cat", "/root/boots"]), "first boot\n");

    plan.running = false;
    assert_eq!(instances.ensure(&bed.spec(&id, &plan, &netns)).state, InstanceState::Stopped);
    assert_eq!(processes_in(&bed.netns), "");
    assert_eq!(instances.observe().unwrap()[&id].state, InstanceState::Stopped);
}

#[test]
fn the_key_pairs_public_key_opens_the_root_account_from_the_next_start_on() {
    let bed = Bed::new("key");
    let (instances, netns, id) = (bed.instances(), bed.netns_path(), id("k"));
    let keys = |what: &str, wanted: &str| {
        let lines = "grep isthmus-test ~/.ssh/authorized_keys";
        eventually(what, || (inside(&instances, &id, &["sh", "-c", lines]) == wanted).then_some(()));
    };
    let mut plan = InstancePlan { authorized_key: Some("ssh-rsa AAAA isthmus-test-1".into()), ..plan("") };
    instances.ensure(&bed.spec(&id, &plan, &netns));
    keys("first key", "ssh-rsa AAAA isthmus-test-1\n");
    assert_eq!(inside(&instances, &id, &["sh", "-c", "stat -c %a ~/.ssh/authorized_keys"]), "600\n");
    let own = "echo ssh-rsa BBBB isthmus-test-own >>~/.ssh/authorized_keys";
    inside(&instances, &id, &["sh", "-c", own]);

    plan.authorized_key = Some("ssh-rsa CCCC isthmus-test-2".into());
    instances.ensure(&bed.spec(&id, &plan, &netns));
    keys("not before a start", "ssh-rsa AAAA isthmus-test-1\nssh-rsa BBBB isthmus-test-own\n");
    plan.boot = 2;
    instances.ensure(&bed.spec(&id, &plan, &netns));
    keys("another key", "ssh-rsa BBBB isthmus-test-own\nssh-rsa CCCC isthmus-test-2\n");

    plan.authorized_key = None;
    plan.boot = 3;
    instances.ensure(&bed.spec(&id, &plan, &netns));
    keys("no key", "ssh-rsa BBBB isthmus-test-own\n");
}

#[test]
fn a_failure_says_why_and_is_tried_again() {
    let bed = Bed::new("fail");
    let (instances, netns, id) = (bed.instances(), bed.netns_path(), id("f"));
    let mut plan = plan("");
    plan.image = "/no/such/image".into();
    let report = instances.ensure(&bed.spec(&id, &plan, &netns));
    let InstanceState::Failed(why) = report.state else { panic!("{report:?}") };
    assert!(why.contains("'/no/such/image'") && why.contains("no such directory"), "{why}");
    assert!(matches!(instances.observe().unwrap()[&id].state, InstanceState::Failed(_)));
    let missing = Path::new("/run/netns/isthmus-test-none");
    plan.image = "host".into();
    let report = instances.ensure(&bed.spec(&id, &plan, missing));
    assert!(
        matches!(&report.state, InstanceState::Failed(why) if why.contains("isthmus-test-none")),
        "{report:?}"
    );
    assert_eq!(instances.ensure(&bed.spec(&id, &plan, &netns)).state, InstanceState::Running);
}

#[test]
fn a_start_that_is_killed_says_so() {
    let bed = Bed::new("killed");
    let (instances, netns, id) = (bed.instances(), bed.netns_path(), id("k"));
    // Too little for the shell that starts it: the kernel kills it before it can say a word.
    let plan = InstancePlan { memory_mib: 0, ..plan("") };
    let report = instances.ensure(&bed.spec(&id, &plan, &netns));
    let InstanceState::Failed(why) = report.state else { panic!("{report:?}") };
    println!("{why}");
    assert!(why.contains("SIGKILL"), "{why}");
}

#[test]
fn agents_of_one_machine_leave_each_other_alone() {
    let (ours, theirs) = (Bed::new("ours"), Bed::new("theirs"));
    let (id, mut plan) = (id("same"), plan(""));
    let (instances, netns) = (ours.instances(), ours.netns_path());
    assert_eq!(instances.ensure(&ours.spec(&id, &plan, &netns)).state, InstanceState::Running);
    let pid = init_pid(&ours, &id);

    plan.running = false;
    let stopped = theirs.instances().ensure(&theirs.spec(&id, &plan, &theirs.netns_path()));
    assert_eq!(stopped.state, InstanceState::Stopped);
    theirs.instances().remove(&id).unwrap();
    assert_eq!(instances.observe().unwrap()[&id].state, InstanceState::Running);
    assert_eq!(init_pid(&ours, &id), pid);
}
