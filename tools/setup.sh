#!/usr/bin/env bash
# Debian packages that the full build needs: librdkafka (TLS) and RocksDB (bindings made by libclang). The pure parts need none.
# As root, installs what is missing; otherwise says what to install. Exit status 1 where something is still missing.
set -euo pipefail

PACKAGES=(libclang-dev libssl-dev pkg-config clang zlib1g-dev make g++)
# Links faster; nothing needs it.
WELCOME=(mold)

missing() {
    local package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

command -v cargo >/dev/null || { echo "setup: cargo is missing; see https://rustup.rs" >&2; exit 1; }
if ! command -v dpkg-query >/dev/null; then
    echo "setup: not a Debian; have these, by whatever name: ${PACKAGES[*]} ${WELCOME[*]}" >&2
    exit 0
fi
mapfile -t need < <(missing "${PACKAGES[@]}" "${WELCOME[@]}")
[[ ${#need[@]} -eq 0 ]] && exit 0

if [[ $(id -u) -eq 0 ]]; then
    echo "setup: installing ${need[*]}" >&2
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null ||
        echo "setup: apt-get failed" >&2
else
    echo "setup: missing; please run: sudo apt-get install ${need[*]}" >&2
fi
mapfile -t need < <(missing "${PACKAGES[@]}")
[[ ${#need[@]} -eq 0 ]] || { echo "setup: still missing: ${need[*]}" >&2; exit 1; }
