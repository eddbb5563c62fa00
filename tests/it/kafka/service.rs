//! The program as a process of its own, and what its log says.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::broker::{Broker, PARTITIONS, PATIENCE};

/// One role of one instance.
pub struct Service(Child);

impl Service {
    pub fn start(config: &Path, role: &str, log: &Path) -> Service {
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_trailgraph"))
            .args(["run", "-c", config.to_str().unwrap(), "--roles", role])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Service(child)
    }

    /// SIGKILL: nothing is finished.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// By name, without `SIG`.
    pub fn signal(&self, name: &str) {
        signal(name, self.0.id());
    }

    /// SIGTERM: commits what is open and ends well. Says how long that took.
    pub fn stop(self) -> Duration {
        let began = Instant::now();
        self.signal("TERM");
        assert_eq!(self.end(), Some(0), "the service ended badly");
        began.elapsed()
    }

    /// Waits for its end; none: by a signal.
    pub fn end(mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < until, "the service doesn't stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

pub fn signal(name: &str, pid: u32) {
    let done = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap();
    assert!(done.success(), "kill -{name} {pid}");
}

/// A configuration for `broker` whose state lies below `dir`. `changes` are sections and keys that replace, or add to, these.
pub fn configuration(broker: &Broker, dir: &Path, changes: &str) -> PathBuf {
    let text = format!(
        "[kafka]\nbootstrap_servers = \"{}\"\n[topics]\npartitions = {PARTITIONS}\nreplication_factor = 1\n\
         [state]\ndir = \"{}\"\n[http]\nlisten = \"\"\n[log]\nformat = \"json\"\n[join]\ngrace = \"1s\"\n\
         [commit]\nrecords_max = 2000\n",
        broker.servers(),
        dir.join("state").display()
    );
    let mut all: toml::Table = text.parse().unwrap();
    for (section, keys) in changes.parse::<toml::Table>().unwrap() {
        let into = all.entry(section).or_insert_with(|| toml::Table::new().into());
        into.as_table_mut().unwrap().extend(keys.as_table().unwrap().clone());
    }
    let path = dir.join("pipeline.toml");
    std::fs::write(&path, all.to_string()).unwrap();
    path
}

/// The fields of every line of a log with this message.
pub fn said(log: &Path, message: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap();
    let lines = text.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok());
    lines.map(|mut l| l["fields"].take()).filter(|f| f["message"] == message).collect()
}

/// The sum of a field over these lines.
pub fn sum(lines: &[Value], field: &str) -> u64 {
    lines.iter().map(|l| l[field].as_u64().unwrap_or_else(|| panic!("no {field} in {l}"))).sum()
}
