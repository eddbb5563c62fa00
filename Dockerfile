# docker build -t trailgraph .
FROM rust:1.95.0-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends clang g++ libclang-dev libssl-dev make mold pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/target \
    CARGO_TARGET_DIR=/target mold -run cargo build --release --locked && cp /target/release/trailgraph /usr/local/bin/

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libssl3 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/trailgraph --create-home trailgraph
COPY --from=build /usr/local/bin/trailgraph /usr/local/bin/trailgraph
COPY pipeline.toml /etc/trailgraph/pipeline.toml
USER trailgraph
WORKDIR /var/lib/trailgraph
EXPOSE 9464
ENTRYPOINT ["trailgraph"]
CMD ["run", "-c", "/etc/trailgraph/pipeline.toml"]
