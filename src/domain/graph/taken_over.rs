//! Addresses that another asset took over: AWS moves them without a call that names the former holder.

use super::{AssetId, AssetState, Kind, Sourced, StateView, Val};
use crate::domain::assets::ec2::{address_association, network_interface};
use crate::domain::time::Time;

/// The end of an association of an Elastic IP address by a newer one: of the same address, which moves, or of another address with the same
/// private address, which replaces it.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html>
pub(super) fn association_end(view: &dyn StateView, of: &AssetId, state: &AssetState, t: Time) -> Option<Sourced> {
    let since = state.since.as_ref()?;
    let held = [address_association::ADDRESS, address_association::INTERFACE, address_association::INSTANCE];
    let mut ends: Vec<Sourced> = Vec::new();
    for field in held {
        let Some(reference) = field.id().declaration().and_then(|f| f.reference) else { continue };
        let Some(name) = state.text(field) else { continue };
        let key = AssetId::new(&of.account, reference.to, name).token();
        let others = view.referrers(&of.account, &key, Kind::AddressAssociation, since.stamp.time).assets;
        for other in others.into_iter().filter(|other| other != of) {
            let Some(newer) = view.fields(&other, t) else { continue };
            let Some(start) = newer.since.as_ref().filter(|start| start.stamp > since.stamp) else { continue };
            let same = newer.text(field) == Some(name);
            let same_target = field == address_association::ADDRESS || private_ip(state) == private_ip(&newer);
            if same && same_target {
                ends.push(start.implied());
            }
        }
    }
    ends.into_iter().min()
}

/// The private address that an association maps to; `None`: the primary one.
fn private_ip(association: &AssetState) -> Option<&str> {
    association.text(address_association::PRIVATE_IP)
}

/// Takes away the secondary private addresses that another interface of the VPC was assigned since.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssignPrivateIpAddresses.html>
pub(super) fn drop_moved_private_ips(view: &dyn StateView, interface: &AssetId, state: &mut AssetState, t: Time) {
    let list = network_interface::PRIVATE_IPS;
    let secondary = state.elements(list).filter(|(_, e)| e.value == Some(Val::Bool(false)));
    let secondary: Vec<(String, Sourced)> = secondary.map(|(ip, e)| (ip.clone(), e.by.clone())).collect();
    for (ip, by) in secondary {
        let key = format!("ip/{ip}");
        let others = view.referrers(&interface.account, &key, Kind::NetworkInterface, by.stamp.time).assets;
        let moved = others.iter().filter(|other| *other != interface).any(|other| {
            let newer = view.element(other, list.id(), &ip, t).is_some_and(|e| e.by.stamp > by.stamp);
            let vpc = view.fields(other, t).and_then(|s| s.text(network_interface::VPC).map(str::to_owned));
            newer && vpc.as_deref() == state.text(network_interface::VPC)
        });
        if moved && let Some(elements) = state.lists.get_mut(&list.id()) {
            elements.remove(&ip);
        }
    }
}
