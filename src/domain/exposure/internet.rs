//! Whether networks together hold every address of the internet. Rules may say so in parts: `0.0.0.0/1` and `128.0.0.0/1`.

use ipnet::IpNet;

/// IPv4 networks that hosts on the internet do not call from: special purposes (RFC 6890), multicast and reserved addresses.
const NOT_INTERNET: [&str; 8] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
];
/// All global unicast addresses of IPv6 (RFC 4291).
const GLOBAL_UNICAST: &str = "2000::/3";

/// The internet, of either family, lies within these networks.
pub fn covers_internet(networks: &[IpNet]) -> bool {
    covers_v4(networks) || covers_v6(networks)
}

fn covers_v4(networks: &[IpNet]) -> bool {
    if !networks.iter().any(|n| matches!(n, IpNet::V4(_))) {
        return false;
    }
    let others = NOT_INTERNET.iter().filter_map(|n| n.parse().ok());
    let ranges = networks.iter().copied().chain(others).filter_map(|n| match n {
        IpNet::V4(n) => Some((u128::from(n.network().to_bits()), u128::from(n.broadcast().to_bits()))),
        IpNet::V6(_) => None,
    });
    covers(ranges.collect(), 0, u128::from(u32::MAX))
}

fn covers_v6(networks: &[IpNet]) -> bool {
    let range = |n: &IpNet| match n {
        IpNet::V6(n) => Some((n.network().to_bits(), n.broadcast().to_bits())),
        IpNet::V4(_) => None,
    };
    let Some((from, to)) = GLOBAL_UNICAST.parse().ok().as_ref().and_then(range) else { return false };
    covers(networks.iter().filter_map(range).collect(), from, to)
}

/// Every number from `from` to `to` lies in one of the ranges.
fn covers(mut ranges: Vec<(u128, u128)>, from: u128, to: u128) -> bool {
    ranges.sort_unstable();
    let mut next = from;
    for (first, last) in ranges {
        if first > next {
            return false;
        }
        if last >= to {
            return true;
        }
        next = next.max(last + 1);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_internet_is_covered_as_a_whole_or_in_parts() {
        for (networks, want) in [
            (&["0.0.0.0/0"][..], true),
            (&["::/0"], true),
            (&["2000::/3"], true),
            (&["0.0.0.0/1", "128.0.0.0/1"], true),
            (&["128.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2"], true),
            (&["::/1", "8000::/1"], true),
            // Everything but the private networks is still the internet.
            (
                &[
                    "0.0.0.0/5",
                    "8.0.0.0/7",
                    "11.0.0.0/8",
                    "12.0.0.0/6",
                    "16.0.0.0/4",
                    "32.0.0.0/3",
                    "64.0.0.0/2",
                    "128.0.0.0/2",
                    "192.0.0.0/3",
                ],
                true,
            ),
            (&["0.0.0.0/1"], false),
            (&["128.0.0.0/1", "0.0.0.0/2"], false),
            (&["0.0.0.0/1", "8000::/1"], false),
            (&["198.51.100.0/24"], false),
            (&["10.0.0.0/8"], false),
            (&["2001:db8::/32"], false),
            (&[], false),
        ] {
            let networks: Vec<IpNet> = networks.iter().map(|n| n.parse().unwrap()).collect();
            assert_eq!(covers_internet(&networks), want, "{networks:?}");
        }
    }
}
