# make setup   what the build needs, Debian's packages
# make demo    the scenario that ships with the project, and a page to look at it: no Kafka, no C++ build
# make test    everything, against a real Kafka; ends with "N passed, N failed, N skipped"
# make check   the gate: format, lints, licences, pure tests
# make bench   how fast
# make kafka   a broker on 127.0.0.1:9092 (make kafka-stop)

SHELL := /bin/bash
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/trailgraph

# Outside the clone, so that clones share the slow C++ builds and a clean clone stays clean.
export CARGO_TARGET_DIR ?= $(CACHE)/target

# As a wrapper, not in RUSTFLAGS: changed flags would build everything again.
export LINK := $(if $(shell command -v mold),mold -run)

PURE := --no-default-features

.PHONY: help setup demo test check bench kafka kafka-stop build
help:
	@sed -n '1,/^$$/s/^# //p' Makefile

setup:
	@tools/setup.sh

build: setup
	$(LINK) cargo build --release

demo:
	$(LINK) cargo build $(PURE) --features console
	cargo run -q $(PURE) --features console -- demo

test: setup
	@tools/test.sh

check:
	cargo fmt --check
	$(LINK) cargo clippy $(PURE) --all-targets -- -D warnings
	$(LINK) cargo clippy $(PURE) --features console --all-targets -- -D warnings
	$(LINK) cargo clippy --release --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check; else echo "check: cargo-deny is not installed; licences and advisories not looked at" >&2; fi
	$(LINK) cargo test $(PURE) --no-run
	cargo test $(PURE)

bench: setup
	$(LINK) cargo bench --no-run
	cargo bench

kafka:
	@tools/kafka.sh start $(CACHE)/broker 9092

kafka-stop:
	@tools/kafka.sh stop $(CACHE)/broker
