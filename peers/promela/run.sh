#!/bin/bash
# Counts the states of two of our models with SPIN too, and measures the search beside it.
#
#   peers/promela/run.sh
#
# Exits with 1 if the numbers of states or of transitions differ. SPIN keeps whole states, and we
# keep prints of 64 bits and the way back to each; bytes are as each counts them, tables included.
set -eu
cd "$(dirname "$0")"

for need in spin gcc cargo; do
    if ! command -v "$need" >/dev/null; then
        echo "$need is missing: install it first (on Debian, the packages spin, gcc and cargo)" >&2
        exit 2
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd ../.. && cargo build --release --quiet --locked -p quorate-checker --example count_network)
ours=${CARGO_TARGET_DIR:-../../target}/release/examples/count_network
TIMEFORMAT='%U %S'

# Runs a command, and leaves its output in $1 and its CPU seconds in $cpu.
timed() {
    local out=$1
    shift
    { time "$@" >"$out" 2>&1; } 2>"$work/time"
    cpu=$(awk '{ printf "%.2f", $1 + $2 }' "$work/time")
}

# Searches a model of a size with both; the rest are options of pan.
both() {
    local model=$1 size=$2
    shift 2
    (
        cd "$work"
        spin "-DN=$size" -a "$OLDPWD/$model.pml"
        gcc -O3 -w -DSAFETY -DNOREDUCE -DNOFAIR -DNOBOUNDCHECK -DMEMLIM=8000 -o pan pan.c
    )
    timed "$work/spin" "$work/pan" -m100000 -n "$@"
    spin_cpu=$cpu
    timed "$work/ours" "$ours" "${model//_/-}-$size"
    ours_cpu=$cpu
    spin_found=$(awk '/states, stored/ { s = $1 } /transitions \(=/ { t = $1 } END { print s, t }' \
        "$work/spin")
    ours_found=$(awk '/ transitions, / { print $1, $3 }' "$work/ours")
}

differ=0
for case in "two_phase 3" "two_phase 5" "two_phase 7" "paxos 1" "paxos 2" "paxos 3"; do
    read -r model size <<<"$case"
    both "$model" "$size" -w22
    verdict=same
    [ "$spin_found" = "$ours_found" ] || { verdict=DIFFERENT differ=1; }
    echo "$model $size: SPIN $spin_found, ours $ours_found: $verdict"
done

echo
echo "| model | system | states | CPU s | states/CPU s | bytes a state |"
echo "| - | - | -: | -: | -: | -: |"
# The table of SPIN has about as many places as there are states.
for case in "two_phase 7 18" "two_phase 8 21" "paxos 3 23"; do
    read -r model size places <<<"$case"
    both "$model" "$size" "-w$places"
    read -r states _ <<<"$ours_found"
    spin_bytes=$(awk -v states="$states" '/total actual memory usage/ { t = $1 }
        /memory used for DFS stack/ { d = $1 } END { printf "%.1f", (t - d) * 1048576 / states }' \
        "$work/spin")
    ours_bytes=$(sed -n 's/.* \([0-9.]*\) bytes a state.*/\1/p' "$work/ours")
    row() {
        awk -v model="${model//_/-}-$size" -v who="$1" -v cpu="$2" -v bytes="$3" -v states="$states" 'BEGIN {
            rate = cpu > 0 ? sprintf("%.0f", states / cpu) : "-"
            printf "| %s | %s | %d | %s | %s | %s |\n", model, who, states, cpu, rate, bytes
        }'
    }
    row SPIN "$spin_cpu" "$spin_bytes"
    row quorate "$ours_cpu" "$ours_bytes"
done
exit $differ
