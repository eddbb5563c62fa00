//! Every form of input, from real data and from broken copies of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use proptest::prelude::*;
use trailgraph::domain::event::{Event, Finding};
use trailgraph::domain::finding::ResourceDetails;
use trailgraph::wire::{Limits, Parsed, Piece, Reason, account, parse, unpack, unpack_within};

const TRAIL: &str = r#"{"eventVersion":"1.08","eventID":"e1","eventTime":"2023-07-10T12:09:56Z","eventSource":"ec2.amazonaws.com","eventName":"RunInstances","awsRegion":"eu-west-1","recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","userName":"a\"b"},"requestParameters":{"instancesSet":{"items":[{"imageId":"ami-1"}]}},"responseElements":null}"#;
const FINDING: &str = r#"{"id":"f1","type":"Recon:EC2/Portscan","createdAt":"2023-07-10T12:09:56Z","severity":5,"resource":{"resourceType":"Instance","instanceDetails":{"instanceId":"i-1"}},"service":{"count":2}}"#;
const STATE: &str = r#"{"id":"s1","detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","account":"111122223333","time":"2023-07-10T12:09:56Z","region":"eu-west-1","detail":{"instance-id":"i-1","state":"running"}}"#;

/// The folder of real records; `None`: there is none, and the test says so.
fn data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: no real records at {}", path.display());
    None
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.to_string_lossy().into_owned();
        match path.is_dir() {
            true => files(&path, out),
            false if name.ends_with(".json") || name.ends_with(".json.gz") => out.push(path),
            false => {}
        }
    }
}

/// Pieces as `kind` or `refused reason`, then what the parse of the kept ones says.
#[derive(Default)]
struct Seen {
    pieces: BTreeMap<String, usize>,
    parses: BTreeMap<String, usize>,
    events: Vec<Event>,
}

impl Seen {
    fn of(bytes: &[u8]) -> Seen {
        let mut seen = Seen::default();
        seen.take(bytes);
        seen
    }

    fn take(&mut self, bytes: &[u8]) {
        unpack(bytes, &mut |piece| {
            let label = match piece {
                Piece::Control => "control".to_owned(),
                Piece::Refused { refusal, .. } => format!("refused {}", refusal.reason.text()),
                Piece::Record { kind, json, .. } => {
                    let said = match parse(kind, json) {
                        Ok(Parsed::Event(event)) => {
                            self.events.push(event);
                            format!("{} event", kind.text())
                        }
                        Ok(Parsed::Irrelevant(kind)) => format!("{} irrelevant", kind.text()),
                        Err(refusal) => format!("{} {refusal}", kind.text()),
                    };
                    *self.parses.entry(said).or_default() += 1;
                    kind.text().to_owned()
                }
            };
            *self.pieces.entry(label).or_default() += 1;
        });
    }

    fn pieces(&self) -> Vec<(&str, usize)> {
        self.pieces.iter().map(|(k, n)| (k.as_str(), *n)).collect()
    }

    fn findings(&self) -> Vec<&Finding> {
        self.events.iter().filter_map(|e| if let Event::Finding(f) = e { Some(f.as_ref()) } else { None }).collect()
    }
}

fn folder(name: &str) -> Option<Seen> {
    let mut paths = Vec::new();
    files(&data()?.join(name), &mut paths);
    let mut seen = Seen::default();
    for path in paths {
        seen.take(&std::fs::read(path).unwrap());
    }
    Some(seen)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn reasons(limits: &Limits, bytes: &[u8]) -> Vec<Reason> {
    let mut out = Vec::new();
    unpack_within(limits, bytes, &mut |p| {
        if let Piece::Refused { refusal, .. } = p {
            out.push(refusal.reason);
        }
    });
    out
}

#[test]
fn a_real_trail_is_taken_whole() {
    let Some(seen) = folder("Yamato-Security+suzaku-sample-data") else { return };
    println!("{:?} {:?}", seen.pieces, seen.parses);
    assert_eq!(seen.pieces.get("trail").copied(), Some(30_477));
    assert_eq!(seen.parses.get("trail event").copied(), Some(30_477));
    assert!(!seen.pieces.keys().any(|k| k.starts_with("refused")));
}

#[test]
fn every_file_gives_pieces_and_none_a_panic() {
    let Some(data) = data() else { return };
    let mut paths = Vec::new();
    files(&data, &mut paths);
    paths.retain(|p| !p.to_string_lossy().contains("Yamato"));
    let mut all: BTreeMap<String, Seen> = BTreeMap::new();
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        let one = Seen::of(&bytes);
        assert!(one.pieces.values().sum::<usize>() >= 1, "{}", path.display());
        let group = path.strip_prefix(&data).unwrap().components().next().unwrap();
        all.entry(group.as_os_str().to_string_lossy().into_owned()).or_default().take(&bytes);
    }
    for (group, seen) in &all {
        println!("{group}\n  {:?}\n  {:?}", seen.pieces, seen.parses);
    }
    let trails = |group: &str| all.get(group).and_then(|s| s.pieces.get("trail")).copied();
    assert_eq!(trails("shapes"), Some(97));
    assert_eq!(trails("DataDog+stratus-red-team"), Some(310));
    assert_eq!(trails("OTRF+Security-Datasets"), Some(103));
}

/// The name of the first resource that the finding names.
fn resource(f: &Finding) -> &str {
    f.latest.resources.first().map(|r| r.name.as_str()).unwrap_or_default()
}

#[test]
fn real_findings_are_read_in_every_casing() {
    let Some(seen) = folder("blu371ck+GuardDuty-SOAR/samples") else { return };
    assert_eq!(seen.pieces(), [("finding", 15)]);
    assert_eq!(seen.findings().len(), 15);
    for f in seen.findings() {
        // Two are another account's than their envelope's.
        assert!(f.latest.sample && f.latest.region == "us-east-1", "{f:?}");
        assert!(["1234567891234", "057372331974"].contains(&f.account.as_str()), "{f:?}");
        assert!(f.id.len() == 32 && f.latest.kind.contains(':') && f.latest.severity.0 > 0.0, "{f:?}");
        assert!(!f.latest.action.kind.is_empty() && !f.actors.is_empty(), "{f:?}");
    }
    let probe = seen.findings().into_iter().find(|f| f.latest.kind == "Recon:EC2/PortProbeUnprotectedPort").unwrap();
    assert_eq!((resource(probe), probe.latest.resource_role.as_str()), ("i-99999999", "TARGET"));

    // This one names no account anywhere; given one by its envelope it is taken.
    let path = "aws-samples+amazon-guardduty-waf-acl/templates/gd2acl_test_event.json";
    let text = std::fs::read_to_string(data().unwrap().join(path)).unwrap();
    let bare = Seen::of(text.as_bytes());
    assert_eq!(bare.parses.keys().collect::<Vec<_>>(), ["finding missing_field: accountId"]);
    let seen = Seen::of(text.replacen('{', r#"{"account":"777","#, 1).as_bytes());
    let [f] = seen.findings()[..] else { panic!("{:?}", seen.parses) };
    assert!(f.latest.sample && f.latest.kind == "UnauthorizedAccess:EC2/SSHBruteForce" && f.account == "777", "{f:?}");
    let [ResourceDetails::Instance(i)] = &f.latest.resources.iter().map(|r| r.details.clone()).collect::<Vec<_>>()[..]
    else {
        panic!("{f:?}")
    };
    assert_eq!(i.interfaces.iter().map(|i| i.id.as_str()).collect::<Vec<_>>(), ["eni-bfcffe88"]);

    let Some(seen) = folder("cloud-custodian+cloud-custodian/tests/data/cwe") else { return };
    let find = |id: &str| seen.findings().into_iter().find(|f| f.id == id).cloned();
    // The envelope says another account and 1970: neither counts.
    let instance = find("b4b01b60fc24a199139f8f5f490edd81").unwrap();
    assert_eq!(
        (instance.account.as_str(), instance.latest.sample, resource(&instance)),
        ("883606788610", true, "i-99999999")
    );
    assert_eq!(instance.first_seen.to_string(), "2017-12-08T15:32:49.000Z");
    let key = seen.findings().into_iter().find(|f| f.latest.resource_type == "AccessKey" && f.latest.sample).unwrap();
    assert_eq!((key.account.as_str(), key.latest.identities[0].user_type.as_str()), ("883606788610", "IAMUser"));
    // Security Hub's form keeps GuardDuty's id and type.
    let hub = find("4cb5a629e9757b650d102f683cdbcd7b").unwrap();
    assert_eq!(
        (hub.latest.kind.as_str(), hub.latest.severity.0, hub.latest.sample),
        ("UnauthorizedAccess:IAMUser/ConsoleLogin", 5.0, false)
    );
    assert_eq!(hub.actors.first().map(|a| a.address.as_str()), Some("208.115.85.104"));
}

#[test]
fn one_record_in_every_envelope() {
    let message =
        serde_json::json!({"messageType": "DATA_MESSAGE", "owner": "1", "logEvents": [{"id": "1", "message": TRAIL}]})
            .to_string();
    let zipped = base64::engine::general_purpose::STANDARD.encode(gzip(message.as_bytes()));
    for (form, pieces) in [
        (TRAIL.to_owned(), 1),
        (format!("\u{feff}{{\"Records\":[{TRAIL},{TRAIL}]}}"), 2),
        (format!("[{TRAIL}, {TRAIL}]"), 2),
        (format!("{TRAIL}\r\n{TRAIL}\n\n{TRAIL}"), 3),
        (format!(r#"{{"detail-type":"AWS API Call via CloudTrail","account":"9","detail":{TRAIL}}}"#), 1),
        (format!(r#"{{"integration":"aws","aws":{TRAIL}}}"#), 1),
        (format!(r#"{{"awslogs":{{"data":"{zipped}"}}}}"#), 1),
        (zipped, 1),
        (message, 1),
    ] {
        let once = gzip(form.as_bytes());
        // What holds gzip already would be one too deep.
        let twice = if form.contains("H4sI") { once.clone() } else { gzip(&once) };
        for bytes in [form.clone().into_bytes(), once, twice] {
            let seen = Seen::of(&bytes);
            assert_eq!(seen.pieces(), [("trail", pieces)], "{form}");
            let ids = seen.events.iter().filter(|e| e.account() == "111122223333");
            assert_eq!(ids.count(), pieces, "{form}");
        }
    }
    let logstash = TRAIL.replace("eventTime", "@timestamp");
    assert_eq!(Seen::of(logstash.as_bytes()).events.len(), 1);
}

#[test]
fn findings_take_from_the_envelope_only_what_they_lack() {
    let within = |detail: &str| {
        format!(
            r#"{{"detail-type":"GuardDuty Finding","account":"777","region":"eu-north-1","time":"1970-01-01T00:00:00Z","detail":{detail}}}"#
        )
    };
    let seen = Seen::of(within(FINDING).as_bytes());
    let found = seen.findings();
    assert_eq!(
        found.iter().map(|f| (f.account.as_str(), f.latest.region.as_str())).collect::<Vec<_>>(),
        [("777", "eu-north-1")]
    );
    let own = FINDING.replacen('{', r#"{"AccountId":"555","#, 1);
    assert_eq!(Seen::of(within(&own).as_bytes()).findings().first().map(|f| f.account.clone()), Some("555".to_owned()));
    assert_eq!(Seen::of(within("{}").as_bytes()).parses.keys().collect::<Vec<_>>(), ["finding missing_field: id"]);
    let listed = format!(r#"{{"Findings":[{own},{own}]}}"#);
    assert_eq!(Seen::of(listed.as_bytes()).findings().len(), 2);
}

#[test]
fn state_changes_keep_their_envelope() {
    let seen = Seen::of(STATE.as_bytes());
    let [Event::InstanceState(state)] = &seen.events[..] else { panic!("{:?}", seen.parses) };
    assert_eq!((state.id.as_str(), state.account.as_str(), state.region.as_str()), ("s1", "111122223333", "eu-west-1"));
    assert_eq!((state.instance_id.as_str(), state.state.as_str()), ("i-1", "running"));
    assert_eq!(state.time.to_string(), "2023-07-10T12:09:56.000Z");
    let without = STATE.replace(r#""state":"running""#, "\"x\":1");
    assert_eq!(
        Seen::of(without.as_bytes()).parses.keys().collect::<Vec<_>>(),
        ["instance_state missing_field: detail.state"]
    );
}

#[test]
fn what_is_not_acted_on_has_a_name() {
    for (form, label) in [
        (r#"{"messageType":"CONTROL_MESSAGE","logEvents":[]}"#, "control"),
        (r#"{"Records":[]}"#, "control"),
        (STATE, "instance_state"),
        (r#"{"detail-type":"EC2 Spot Instance Interruption Warning","detail":{}}"#, "spot_interruption"),
        (r#"{"detail-type":"EBS Volume Notification","detail":{}}"#, "volume_notification"),
        (r#"{"detail-type":"EC2 Instance Launch Successful","detail":{}}"#, "auto_scaling"),
        (r#"{"configurationItems":[{"configurationItemCaptureTime":"x"}]}"#, "config_item"),
        (r#"{"account":"1","region":"r","operation":"DescribeInstances","response":{}}"#, "inventory"),
        (r#"{"digestS3Object":"x"}"#, "digest"),
        (r#"{"eventType":"AwsCloudTrailInsight","insightDetails":{}}"#, "insight"),
        (r#"{"hello":1}"#, "refused unknown_form"),
        (r#"{"eventSource":"x","eventTime":"y"}"#, "refused missing_field"),
        ("[1]", "refused wrong_type"),
        (r#"{"a":}"#, "refused not_json"),
        (r#"{"a":["#, "refused truncated"),
        ("", "refused not_json"),
        ("hello", "refused not_json"),
        ("\0\0\0\0\x01rest", "refused avro_without_registry"),
    ] {
        assert_eq!(Seen::of(form.as_bytes()).pieces(), [(label, 1)], "{form}");
    }
    assert_eq!(Seen::of(b"{\"a\":\"\xff\"}").pieces(), [("refused not_utf8", 1)]);
    assert_eq!(Seen::of(&[0x1f, 0x8b, 8, 0]).pieces(), [("refused gzip_broken", 1)]);
}

#[test]
fn a_bad_line_costs_only_itself() {
    for bad in [r#"{"eventName":"#, r#"{"a":"unclosed"#, "garbage", r#"{"a":}"#] {
        let text = format!("{TRAIL}\n{bad}\n{TRAIL}\n{TRAIL}");
        let mut refused = Vec::new();
        let mut records = 0;
        unpack(text.as_bytes(), &mut |piece| match piece {
            Piece::Refused { own, .. } => refused.push(String::from_utf8_lossy(own.unwrap()).trim().to_owned()),
            Piece::Record { .. } => records += 1,
            Piece::Control => {}
        });
        assert_eq!((records, refused), (3, vec![bad.to_owned()]));
    }
}

#[test]
fn nothing_costs_more_than_its_limit() {
    let limits = Limits { expanded_bytes_max: 1 << 20, bytes_max: 1 << 20, records_max: 10, ..Limits::default() };
    assert_eq!(reasons(&limits, &gzip(&vec![b' '; 64 << 20])), [Reason::DecompressionLimit]);
    assert_eq!(reasons(&limits, &gzip(&gzip(&gzip(TRAIL.as_bytes())))), [Reason::DecompressionLimit]);
    assert_eq!(reasons(&limits, &vec![b'{'; (1 << 20) + 1]), [Reason::TooLarge]);
    // One that no topic takes is refused by itself; those beside it go their way.
    let small = Limits { piece_bytes_max: TRAIL.len(), ..limits };
    let large = TRAIL.replace("e1", "a longer id");
    assert_eq!(reasons(&small, format!("[{TRAIL},{large},{TRAIL}]").as_bytes()), [Reason::TooLarge]);
    assert_eq!(reasons(&limits, format!("[{}]", [TRAIL; 12].join(",")).as_bytes()), [Reason::TooManyRecords]);
    assert_eq!(reasons(&limits, "[".repeat(10_000).as_bytes()), [Reason::TooDeep]);
    assert_eq!(reasons(&limits, r#"{"a":"#.repeat(10_000).as_bytes()), [Reason::TooDeep]);
    assert_eq!(reasons(&limits, format!("{}{}", "[".repeat(20), "]".repeat(20)).as_bytes()), [Reason::TooDeep]);
    let mut message = TRAIL.to_owned();
    for _ in 0..9 {
        message = serde_json::json!({"messageType": "DATA_MESSAGE", "logEvents": [{"message": message}]}).to_string();
    }
    assert_eq!(reasons(&limits, message.as_bytes()), [Reason::TooDeep]);
}

#[test]
fn every_prefix_gives_a_piece() {
    let wrapped = format!(r#"{{"Records":[{TRAIL}]}}"#);
    let zipped = gzip(wrapped.as_bytes());
    for whole in [TRAIL.as_bytes(), FINDING.as_bytes(), STATE.as_bytes(), wrapped.as_bytes(), &zipped] {
        for cut in 0..whole.len() {
            let seen = Seen::of(&whole[..cut]);
            assert!(seen.events.is_empty() && seen.pieces.values().sum::<usize>() == 1, "{cut} {:?}", seen.pieces);
        }
    }
}

#[test]
fn what_is_told_before_the_parse_is_what_the_parse_tells() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths = Vec::new();
    files(&fixtures, &mut paths);
    assert!(paths.len() > 200, "{}", paths.len());
    if let Some(data) = data() {
        files(&data, &mut paths);
    }
    let (mut told, mut all) = (0, 0);
    for path in paths {
        unpack(&std::fs::read(path).unwrap(), &mut |piece| {
            let Piece::Record { kind, json, call, .. } = piece else { return };
            all += 1;
            match (account(kind, json), parse(kind, json)) {
                (Ok(owner), Ok(Parsed::Event(event))) => {
                    assert_eq!(owner, Some((event.account().to_owned(), event.time())));
                }
                (Ok(owner), Ok(Parsed::Irrelevant(_))) => assert_eq!(owner, None),
                (Err(before), Err(after)) => assert_eq!(before.reason, after.reason),
                (before, after) => panic!("{before:?} {after:?}"),
            }
            if let Ok(Parsed::Event(Event::Trail(e))) = parse(kind, json) {
                let call = call.unwrap();
                assert_eq!((call.source.as_ref(), call.name.as_ref()), (e.source.as_str(), e.name.as_str()));
                assert_eq!(call.account().map(Some), account(kind, json));
                assert_eq!(call.principal(), e.principal);
                told += 1;
            }
        });
    }
    assert!(told > all / 2, "{told} of {all}");
}

#[test]
fn many_broken_objects_cost_no_more_than_their_bytes() {
    let lines = 200_000;
    let mut refused = 0;
    unpack("{\"a\":\n".repeat(lines).as_bytes(), &mut |piece| {
        refused += usize::from(matches!(piece, Piece::Refused { .. }))
    });
    assert_eq!(refused, lines);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bytes_never_panic(which in 0usize..6, flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let message = serde_json::json!({"messageType": "DATA_MESSAGE", "logEvents": [{"message": TRAIL}]}).to_string();
        let mut bytes = match which {
            0 => TRAIL.as_bytes().to_vec(),
            1 => FINDING.as_bytes().to_vec(),
            2 => STATE.as_bytes().to_vec(),
            3 => gzip(TRAIL.as_bytes()),
            4 => message.into_bytes(),
            _ => format!("{{\"Records\":[{TRAIL},{TRAIL}]}}\n{FINDING}").into_bytes(),
        };
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        prop_assert!(Seen::of(&bytes).pieces.values().sum::<usize>() >= 1);
    }

    #[test]
    fn any_bytes_give_a_piece(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Seen::of(&bytes).pieces.values().sum::<usize>() >= 1);
    }
}
