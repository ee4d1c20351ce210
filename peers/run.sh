#!/bin/sh
# Measures Quorate beside its peers, on one core, and prints a table of medians.
#
#   peers/run.sh [REPEATS [simulators|log|checkers]]
#
# For checkers, "each" is a state and "messages" are all states; bytes are the most that the process
# held, divided by the states. peers/promela/run.sh compares with SPIN.
#
# madsim exists only where `--cfg madsim` is set, so it is built apart from the others:
#
#   RUSTFLAGS="--cfg madsim" cargo build --release -p peers-madsim --target-dir target/madsim
set -eu
cd "$(dirname "$0")"
repeats=${1:-5}
only=${2:-all}

cargo build --release --quiet --locked -p peers-simulators -p peers-log -p peers-checkers
RUSTFLAGS="--cfg madsim" \
    cargo build --release --quiet --locked -p peers-madsim --target-dir target/madsim

core=$(($(nproc) - 1))
found=$(mktemp)
trap 'rm -f "$found"' EXIT
wanted() {
    [ "$only" = all ] || [ "$only" = "$1" ]
}

simulators() {
    for shape in relay rounds; do
        for n in 5 50; do
            for system in bare quorate turmoil; do
                taskset -c "$core" target/release/peers-simulators "$system" "$shape" "$n"
            done
            taskset -c "$core" target/madsim/release/peers-madsim "$shape" "$n"
        done
    done
}

log() {
    for batch in 1 64; do
        for bytes in 8 64 256; do
            for system in quorate quorate-raft omnipaxos omnipaxos-blind raft raft-late; do
                taskset -c "$core" target/release/peers-log "$system" "$batch" "$bytes"
            done
        done
    done
}

checkers() {
    for model in two-phase-7 two-phase-8 paxos-register-2 paxos-register-3; do
        for system in quorate stateright-dfs stateright-bfs; do
            taskset -c "$core" target/release/peers-checkers "$system" "$model"
        done
    done
}

for repeat in $(seq "$repeats"); do
    for kind in simulators log checkers; do
        if wanted "$kind"; then "$kind"; fi
    done
    echo "repeat $repeat of $repeats" >&2
done >"$found"

# Each line: case, system, nanoseconds of CPU time for one, how many messages, and bytes if known.
sort -k1,1 -k2,2 -k3,3n "$found" | awk '
    function close_group() {
        if (count) {
            median = count % 2 ? time[(count + 1) / 2] \
                : (time[count / 2] + time[count / 2 + 1]) / 2
            medians[key] = median
            span[key] = sprintf("%.0f-%.0f", time[1], time[count])
            sent[key] = messages
            held[key] = bytes
        }
        count = 0
    }
    { if ($1 " " $2 != key) { close_group(); key = $1 " " $2; keys[++total] = key } }
    { time[++count] = $3; messages = $4; bytes = NF > 4 ? $5 : "-" }
    END {
        close_group()
        printf "| %-16s | %-15s | %9s | %13s | %9s | %10s | %9s | %6s |\n", \
            "case", "system", "ns each", "range", "each/s", "to quorate", "messages", "bytes"
        print "| - | - | -: | -: | -: | -: | -: | -: |"
        for (at = 1; at <= total; at++) {
            split(keys[at], part, " ")
            printf "| %-16s | %-15s | %9.0f | %13s | %9.3g | %10.2f | %9d | %6s |\n", part[1], \
                part[2], medians[keys[at]], span[keys[at]], 1e9 / medians[keys[at]], \
                medians[keys[at]] / medians[part[1] " quorate"], sent[keys[at]], held[keys[at]]
        }
    }'
