//! What ships to run it in containers fits together: files that are named exist, the configuration is valid, ports, names and times agree.

use std::path::Path;
use std::time::Duration;

use trailgraph::runtime::config::{Config, Role, check};

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn exists(name: &str) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name).exists()
}

/// The lines below `name:` that stand further in than it. Enough YAML for a file of our own.
fn block<'a>(yaml: &'a str, name: &str) -> Vec<&'a str> {
    let depth = |l: &str| l.len() - l.trim_start().len();
    let mut lines = yaml.lines().filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#'));
    let head = lines.find(|l| l.trim() == format!("{name}:")).unwrap_or_else(|| panic!("no {name}"));
    lines.take_while(|l| depth(l) > depth(head)).map(str::trim).collect()
}

/// The value of `key: value`.
fn value<'a>(block: &[&'a str], key: &str) -> &'a str {
    let found = block.iter().find_map(|l| l.strip_prefix(key)?.strip_prefix(": "));
    found.unwrap_or_else(|| panic!("no {key} in {block:?}"))
}

fn shipped() -> Config {
    check(&text("deploy/pipeline.toml"), "deploy/pipeline.toml").unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// The port of the operations' endpoints.
fn port() -> String {
    shipped().http.listen.rsplit(':').next().unwrap().to_owned()
}

#[test]
fn every_file_that_is_named_is_there() {
    let compose = text("docker-compose.yml");
    let mounted = compose.lines().filter_map(|l| l.trim().strip_prefix("- ./")).filter_map(|l| l.split(':').next());
    let dockerfile = text("Dockerfile");
    let copied = dockerfile.lines().filter_map(|l| l.strip_prefix("COPY ")).filter(|l| !l.starts_with("--from"));
    let copied = copied.filter_map(|l| l.split(' ').next());
    let named: Vec<&str> = mounted.chain(copied).collect();
    assert!(named.len() >= 4, "{named:?}");
    for name in named {
        assert!(exists(name), "{name}");
    }
}

#[test]
fn the_services_run_what_the_program_knows_with_the_file_that_is_mounted() {
    let compose = text("docker-compose.yml");
    for role in ["route", "process"] {
        let service = block(&compose, role);
        let command = value(&service, "command").trim_matches(['[', ']']).replace('"', "");
        let words: Vec<&str> = command.split(", ").collect();
        let [run, c, file, roles, named] = words[..] else { panic!("{command}") };
        assert_eq!((run, c, roles, Role::parse(named).map(Role::as_str)), ("run", "-c", "--roles", Some(role)));
        assert!(service.contains(&format!("- ./deploy/pipeline.toml:{file}:ro").as_str()), "{service:?}");
        // Longer than a stop may take.
        let grace: u64 = value(&service, "stop_grace_period").trim_end_matches('s').parse().unwrap();
        assert!(Duration::from_secs(grace) > shipped().limits.stop);
        assert!(service.iter().any(|l| l.starts_with("healthcheck:")));
    }
    // Its state outlives the container.
    let process = block(&compose, "process");
    let volume = process.iter().find_map(|l| l.strip_prefix("- state:")).unwrap();
    assert!(shipped().state.dir.starts_with(volume), "{volume}");
}

#[test]
fn ports_listeners_and_topics_agree() {
    let (compose, config) = (text("docker-compose.yml"), shipped());
    let port = port();
    assert!(block(&compose, "process").contains(&format!("- 127.0.0.1:{port}:{port}").as_str()));
    assert!(text("Dockerfile").lines().any(|l| l == format!("EXPOSE {port}")));
    assert!(compose.contains(&format!("/dev/tcp/127.0.0.1/{port};")), "the health check asks another port");
    let kafka = block(&compose, "kafka");
    let doors = value(&kafka, "KAFKA_ADVERTISED_LISTENERS");
    assert!(doors.split("://").any(|d| d.starts_with(&config.kafka.bootstrap_servers)), "{doors}");
    assert!(compose.contains(&format!("for topic in {}; do", config.input.topics.join(" "))));
    // Everything that is published stays on the loopback.
    let published = compose.lines().filter(|l| l.trim().starts_with("- ") && l.matches(':').count() == 2);
    for line in published.filter(|l| l.trim()[2..].starts_with(|c: char| c.is_ascii_digit())) {
        assert!(line.trim().starts_with("- 127.0.0.1:"), "{line}");
    }
}

#[test]
fn the_image_is_built_by_the_toolchain_that_is_pinned() {
    let toolchain = text("rust-toolchain.toml");
    let version = toolchain.lines().find_map(|l| l.strip_prefix("channel = ")).unwrap().trim_matches('"');
    assert!(text("Dockerfile").contains(&format!("FROM rust:{version}-slim-")), "{version}");
    // What the program links against at run time.
    let last = text("Dockerfile").split("\nFROM ").last().unwrap().to_owned();
    for package in ["ca-certificates", "libssl3", "libstdc++6", "zlib1g"] {
        assert!(last.contains(package), "{package}");
    }
}
