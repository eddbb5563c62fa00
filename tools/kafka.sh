#!/usr/bin/env bash
# A real Apache Kafka for tests and for trying things out: one node, KRaft, on the loopback only.
#
#   tools/kafka.sh install                         fetch the jars (Maven Central), once
#   tools/kafka.sh start DIR PORT [PROXY_PORT]     start a broker whose data live in DIR; returns when it serves
#   tools/kafka.sh stop DIR                        stop it and wait until it is gone
#   tools/kafka.sh kill DIR                        the same without a goodbye (SIGKILL), as a crash would
#   tools/kafka.sh tool CLASS ARGS...              run one of Kafka's own tools, e.g. org.apache.kafka.tools.TopicCommand
#
# A broker takes three ports: PORT for clients, PORT+2 for its controller, and, where PROXY_PORT is given, PORT+1: a second
# listener that tells its clients to come back to 127.0.0.1:PROXY_PORT. A proxy that listens there and forwards to PORT+1
# therefore stays between the client and the broker for good.
#
# DIR survives a stop: the next start finds the topics again. DIR/log holds the broker's own words.
# Needs Java 17 or later, and Maven for `install` alone. Exit status: 0 done, 1 it failed, 2 the call is wrong.
set -euo pipefail

VERSION=4.3.1
HEAP=1g
START_SECONDS_MAX=90
STOP_SECONDS_MAX=30
# Any fixed id will do: a node never meets another one.
CLUSTER_ID=dHJhaWxncmFwaC10ZXN0cw

home=${XDG_CACHE_HOME:-$HOME/.cache}/trailgraph/kafka
jars=$home/$VERSION

say() { echo "kafka: $*" >&2; }
die() { say "$1"; exit "${2:-1}"; }
usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2; }

install() {
    [[ -f $jars/.complete ]] && return 0
    command -v java >/dev/null || die "java is missing (Debian: apt-get install openjdk-17-jre-headless)"
    command -v mvn >/dev/null || die "mvn is missing (Debian: apt-get install maven)"
    mkdir -p "$home"
    # Tests start side by side: one fetches, the others wait.
    exec 9>"$home/.lock"
    flock 9
    [[ -f $jars/.complete ]] && return 0

    say "fetching Apache Kafka $VERSION into $jars"
    local work
    work=$(mktemp -d "$home/fetch.XXXXXX")
    cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>trailgraph</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$VERSION</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$VERSION</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
    if ! mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib" >"$work/log" 2>&1; then
        tail -n 20 "$work/log" >&2
        rm -rf "$work"
        die "Maven could not fetch the jars"
    fi
    rm -rf "$jars"
    mv "$work/lib" "$jars"
    rm -rf "$work"
    touch "$jars/.complete"
    flock -u 9
}

# The broker's pid, if it runs and is ours: a pid alone may have been given to somebody else meanwhile.
running() {
    local dir=$1 pid
    pid=$(cat "$dir/pid" 2>/dev/null) || return 1
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "$dir/server.properties" || return 1
    echo "$pid"
}

open_port() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

check_port() {
    [[ $1 =~ ^[1-9][0-9]{0,4}$ ]] || die "not a port: $1" 2
    (($1 <= 65533)) || die "not a port: $1" 2
}

properties() {
    local dir=$1 port=$2 proxy=$3
    local listeners="CLIENTS://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 2))"
    local advertised="CLIENTS://127.0.0.1:$port"
    local protocols="CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT"
    if [[ -n $proxy ]]; then
        listeners+=",PROXIED://127.0.0.1:$((port + 1))"
        advertised+=",PROXIED://127.0.0.1:$proxy"
    fi
    cat <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 2))
listeners=$listeners
advertised.listeners=$advertised
listener.security.protocol.map=$protocols
inter.broker.listener.name=CLIENTS
controller.listener.names=CONTROLLER
log.dirs=$dir/data
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.consumer.session.timeout.ms=6000
group.consumer.min.session.timeout.ms=6000
group.consumer.heartbeat.interval.ms=1000
group.consumer.min.heartbeat.interval.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
log.cleaner.dedupe.buffer.size=16777216
PROPERTIES
}

start() {
    [[ $# -eq 2 || $# -eq 3 ]] || usage
    local dir=$1 port=$2 proxy=${3:-} pid i
    check_port "$port"
    [[ -z $proxy ]] || check_port "$proxy"
    install
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    if pid=$(running "$dir"); then die "already running in $dir (pid $pid)"; fi
    for i in "$port" "$((port + 2))" ${proxy:+"$((port + 1))"}; do
        ! open_port "$i" || die "port $i is taken"
    done

    properties "$dir" "$port" "$proxy" >"$dir/server.properties"
    if [[ ! -f $dir/data/meta.properties ]]; then
        java -cp "$jars/*" -Dorg.slf4j.simpleLogger.defaultLogLevel=warn kafka.tools.StorageTool \
            format -t "$CLUSTER_ID" -c "$dir/server.properties" >"$dir/format.log" 2>&1 ||
            { cat "$dir/format.log" >&2; die "could not format $dir/data"; }
    fi
    # Its own session, so that a Ctrl-C meant for the test doesn't take the broker down halfway.
    # The lock of `install` and the caller's streams are not the broker's to keep open.
    setsid java -Xms"$HEAP" -Xmx"$HEAP" -XX:+UseG1GC -Djava.awt.headless=true \
        -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS \
        -cp "$jars/*" kafka.Kafka "$dir/server.properties" </dev/null >"$dir/log" 2>&1 9>&- &
    pid=$!
    echo "$pid" >"$dir/pid"

    for ((i = 0; i < START_SECONDS_MAX * 5; i++)); do
        if ! kill -0 "$pid" 2>/dev/null; then
            tail -n 20 "$dir/log" >&2
            rm -f "$dir/pid"
            die "the broker died while it started; see $dir/log"
        fi
        if grep -q 'Kafka Server started' "$dir/log" && open_port "$port"; then
            say "serving on 127.0.0.1:$port (pid $pid, data in $dir)"
            return 0
        fi
        sleep 0.2
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$dir/pid"
    tail -n 20 "$dir/log" >&2
    die "the broker did not serve within $START_SECONDS_MAX s; see $dir/log"
}

stop() {
    [[ $# -eq 2 ]] || usage
    local signal=$1 dir pid i
    dir=$(cd "$2" 2>/dev/null && pwd) || die "no such directory: $2"
    pid=$(running "$dir") || { rm -f "$dir/pid"; say "nothing runs in $dir"; return 0; }
    kill "-$signal" "$pid" 2>/dev/null || true
    for ((i = 0; i < STOP_SECONDS_MAX * 10; i++)); do
        if ! running "$dir" >/dev/null; then
            rm -f "$dir/pid"
            return 0
        fi
        sleep 0.1
    done
    say "pid $pid did not stop within $STOP_SECONDS_MAX s; killing it"
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$dir/pid"
}

case ${1:-} in
    install) install ;;
    start) shift; start "$@" ;;
    stop) shift; stop TERM "$@" ;;
    kill) shift; stop KILL "$@" ;;
    tool)
        shift
        [[ $# -ge 1 ]] || usage
        install
        exec java -Xmx256m -cp "$jars/*" -Dorg.slf4j.simpleLogger.defaultLogLevel=error "$@"
        ;;
    *) usage ;;
esac
