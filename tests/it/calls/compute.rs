//! Fleets, snapshots, and what a region allows.

use serde_json::{Value, json};
use trailgraph::domain::graph::{Kind, Val};

use super::{after, gap, none, value};
use crate::common::records::{keys, state_of};

#[test]
fn an_instant_fleet_names_what_it_launched() {
    let tags = json!([{"ResourceType": "fleet", "tag": 1, "Tag": {"Key": "f", "Value": "1", "tag": 1}},
        {"ResourceType": "instance", "tag": 2, "Tag": {"Key": "team", "Value": true, "tag": 1}}]);
    let from = json!({"launchTemplateSpecification": {"launchTemplateId": "lt-1", "version": 2},
        "overrides": {"instanceType": "m5.large", "subnetId": "subnet-1", "availabilityZone": "us-east-1a"}});
    let launched = json!({"instanceIds": {"item": ["i-1", "i-2"]}, "instanceType": "m5.large", "lifecycle": "spot",
        "launchTemplateAndOverrides": from});
    let q = json!({"CreateFleetRequest": {"Type": "instant", "TagSpecification": tags}});
    let a =
        json!({"CreateFleetResponse": {"fleetId": "fleet-1", "errorSet": "", "fleetInstanceSet": {"item": launched}}});
    let writes = after(&[("ec2", "CreateFleet", q, a)]);
    for id in ["i-1", "i-2"] {
        let i = state_of(&writes, Kind::Instance, id);
        assert!(i.exists && !i.inferred);
        assert_eq!((i.named_text("type"), i.named_text("subnet")), (Some("m5.large"), Some("subnet-1")));
        assert_eq!(i.named_text("launch_template"), Some("lt-1"));
        assert_eq!(keys(&i, "tags"), ["team"]);
    }
}

#[test]
fn a_fleet_without_instances_is_a_gap_only_where_it_should_have_some() {
    let fleet = |kind: &str, a: Value| gap("ec2", "CreateFleet", json!({"CreateFleetRequest": {"Type": kind}}), a);
    let failed = json!({"CreateFleetResponse": {"errorSet": {"item": {"errorCode": "InsufficientInstanceCapacity"}}, "fleetInstanceSet": ""}});
    assert!(fleet("maintain", json!({"CreateFleetResponse": {"fleetId": "fleet-1"}})).is_empty());
    assert!(fleet("instant", failed).is_empty());
    assert_eq!(fleet("instant", none()), ["CreateFleet: the answer names no instances"]);
}

#[test]
fn several_snapshots_come_from_one_call() {
    let one = |n: u8| json!({"snapshotId": format!("snap-{n}"), "volumeId": format!("vol-{n}"), "volumeSize": 8, "encrypted": n == 1});
    let tags = json!({"ResourceType": "snapshot", "tag": 1, "Tag": {"Key": "t", "Value": "v", "tag": 1}});
    let q = json!({"CreateSnapshotsRequest": {"Description": "d", "InstanceSpecification": {"InstanceId": "i-1"}, "TagSpecification": tags}});
    let a = json!({"CreateSnapshotsResponse": {"snapshotSet": {"item": [one(1), one(2)]}}});
    let writes = after(&[("ec2", "CreateSnapshots", q, a)]);
    let s = state_of(&writes, Kind::Snapshot, "snap-2");
    assert_eq!((s.named_text("volume"), value(&s, "encrypted")), (Some("vol-2"), Some(Val::Bool(false))));
    assert_eq!((keys(&s, "tags"), s.named_text("description")), (vec!["t".to_owned()], Some("d")));
    assert_eq!(gap("ec2", "CreateSnapshots", json!({}), none()), ["CreateSnapshots: the answer names no snapshots"]);
}

#[test]
fn a_region_says_whether_its_images_and_snapshots_may_be_public() {
    let image = |state: &str| json!({"imageBlockPublicAccessState": state});
    let steps = [
        ("ec2", "EnableImageBlockPublicAccess", image("block-new-sharing"), image("block-new-sharing")),
        ("ec2", "EnableSnapshotBlockPublicAccess", json!({"state": "block-all-sharing"}), none()),
        ("ec2", "DisableImageBlockPublicAccess", json!({}), image("unblocked")),
        ("ec2", "DisableSnapshotBlockPublicAccess", json!({}), json!({"state": "unblocked"})),
    ];
    let (image, snapshot) = ("image_block_public_access", "snapshot_block_public_access");
    let region = state_of(&after(&steps[..2]), Kind::Region, "us-east-1");
    assert_eq!(
        (region.named_text(image), region.named_text(snapshot)),
        (Some("block-new-sharing"), Some("block-all-sharing"))
    );
    let region = state_of(&after(&steps), Kind::Region, "us-east-1");
    assert_eq!((region.named_text(image), region.named_text(snapshot)), (Some("unblocked"), Some("unblocked")));
}
