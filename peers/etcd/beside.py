#!/usr/bin/env python3
"""Measures a group of Quorate's processes beside one of etcd's, with the same program as clients.

    cargo build --release -p quorate
    cargo build --release -p quorate-service --examples
    peers/etcd/beside.py [--seconds S] [--repeats R] [--clients 1,16,64,256] [--connections own,4]
                         [--ops put,get,get-serializable] [--systems etcd,quorate,alone]
                         [--keys N] [--value-bytes B] [--puts N] [--folder DIR] [--json FILE]
                         [--target DIR] [--set KEY=VALUE ...]

It needs etcd (Debian: etcd-server). The systems take turns, each alone with new data and through
all rows, so that what else the machine does meets all of them. Figures are medians of the repeats.
Each group has three processes on this machine, beats of 100 ms and elections after 1 s, and syncs
before it answers. `alone` is one process that answers gRPC and keeps nothing, neither with others
nor on a disk: the floor of the interface. Data is in a temporary folder in DIR, which is removed;
DIR should be on the disk that is meant. All processes that it starts, it ends. --set is a
parameter of our protocol, as `quorate up` takes it.

CPU time is user and system time of all servers, between the first and the last request of a row,
divided by the operations answered. Memory is the most that one process held (VmHWM) after --puts
puts of 64 clients, the same for all systems, whose pasts are kept by all.
"""

import argparse
import contextlib
import json
import os
import platform
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 60


def ports(many):
    """Free ports: they are held until all are found, so that no two are the same."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(many)]
    found = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return found


class Group:
    """Servers of one system: where they answer, and which processes they are."""

    def __init__(self, pids, endpoints):
        self.pids, self.endpoints = pids, endpoints

    def cpu_seconds(self):
        total = 0
        for pid in self.pids:
            # The name, in brackets, may have blanks in it.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def held_mib(self):
        held = []
        for pid in self.pids:
            text = Path(f"/proc/{pid}/status").read_text()
            held.append(int(re.search(r"VmHWM:\s+(\d+) kB", text).group(1)) / 1024)
        return held


def ended(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def etcd(folder, args):
    free = ports(6)
    peers = [f"http://127.0.0.1:{port}" for port in free[:3]]
    clients = [f"http://127.0.0.1:{port}" for port in free[3:]]
    members = ",".join(f"p{at}={peers[at]}" for at in range(3))
    with contextlib.ExitStack() as stack:
        pids = []
        for at in range(3):
            command = [
                *("etcd", "--name", f"p{at}", "--data-dir", str(folder / f"p{at}")),
                *("--listen-client-urls", clients[at], "--advertise-client-urls", clients[at]),
                *("--listen-peer-urls", peers[at], "--initial-advertise-peer-urls", peers[at]),
                *("--initial-cluster", members, "--initial-cluster-state", "new"),
                *("--logger", "zap", "--log-level", "error"),
            ]
            log = stack.enter_context(open(folder / f"p{at}.log", "wb"))
            process = subprocess.Popen(command, stdout=log, stderr=log)
            stack.callback(ended, process)
            pids.append(process.pid)
        yield Group(pids, clients)


@contextlib.contextmanager
def quorate(folder, args):
    out = folder / "up.out"
    command = [args.target / "quorate", "up", "raft", "--nodes", "3", "--keep", folder / "group"]
    command += [word for one in args.set for word in ("--set", one)]
    with open(out, "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        line = re.compile(r"p\d+ +process (\d+) .* clients at (\S+)")
        until = time.monotonic() + READY_SECONDS
        while len(found := line.findall(out.read_text())) < 3:
            if process.poll() is not None or time.monotonic() > until:
                sys.exit(f"quorate up does not start: {out.read_text()}")
            time.sleep(0.05)
        yield Group([pid for pid, _ in found], [f"http://{place}" for _, place in found])
    finally:
        ended(process)


@contextlib.contextmanager
def alone(folder, args):
    (port,) = ports(1)
    with open(folder / "alone.out", "wb") as log:
        command = [args.target / "examples" / "alone", f"127.0.0.1:{port}"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield Group([process.pid], [f"http://127.0.0.1:{port}"])
    finally:
        ended(process)


SYSTEMS = {"etcd": etcd, "quorate": quorate, "alone": alone}


def load(args, group, op, clients, connections, seconds, *more):
    command = [
        *(args.target / "examples" / "load", "--endpoints", ",".join(group.endpoints)),
        *("--clients", str(clients), "--connections-per-node", connections),
        *("--seconds", str(seconds), "--value-bytes", str(args.value_bytes)),
        *("--keys", str(args.keys), "--op", op, "--json", *more),
    ]
    return subprocess.run(command, capture_output=True, text=True)


def filled(args, group):
    """Writes the keys, as soon as the group takes any."""
    until = time.monotonic() + READY_SECONDS
    while (done := load(args, group, "get", 3, "1", 0)).returncode != 0:
        if time.monotonic() > until:
            sys.exit(f"the servers do not answer: {done.stderr}")
        time.sleep(0.2)


def written(args, group):
    """Puts so many as are asked for."""
    done = load(args, group, "put", 64, "own", 0, "--operations", str(args.puts))
    if done.returncode != 0:
        sys.exit(f"load has failed: {done.stderr}")


def row(args, group, op, clients, connections):
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = group.cpu_seconds()
    done = load(args, group, op, clients, connections, args.seconds, "--filled")
    cpu = group.cpu_seconds() - cpu
    if done.returncode != 0:
        sys.exit(f"load has failed: {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seen = json.loads(done.stdout)
    clients_cpu = after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
    many = max(seen["operations"], 1)
    seen["server_cpu_us"] = cpu / many * 1e6
    seen["client_cpu_us"] = clients_cpu / many * 1e6
    seen["load_average"] = os.getloadavg()[0]
    seen["errors"] = sum(seen["errors"].values())
    return seen


def sync_milliseconds(folder, size, samples=200):
    """How long a write of so many bytes takes until it is safe, in a file that has room for it."""
    at, block, took = folder / "floor", os.urandom(size), []
    file = os.open(at, os.O_CREAT | os.O_RDWR)
    try:
        os.write(file, bytes(size * samples))
        os.fsync(file)
        for turn in range(samples):
            begun = time.perf_counter()
            os.pwrite(file, block, turn * size)
            os.fdatasync(file)
            took.append((time.perf_counter() - begun) * 1e3)
    finally:
        os.close(file)
        at.unlink()
    took.sort()
    return {"p50_ms": took[samples // 2], "p99_ms": took[samples * 99 // 100]}


def measure(args, found):
    """One turn of all systems."""
    for system in args.systems:
        folder = Path(tempfile.mkdtemp(prefix="beside-", dir=args.folder))
        try:
            for size in (512, 65536):
                found["sync"].setdefault(str(size), []).append(sync_milliseconds(folder, size))
            with SYSTEMS[system](folder, args) as group:
                filled(args, group)
                for op in args.ops:
                    for connections in args.connections:
                        for clients in args.clients:
                            seen = row(args, group, op, clients, connections)
                            found["rows"].append({"system": system, "own": connections, **seen})
                            rate, p99 = seen["operations_per_second"], seen["p99_ms"]
                            what = f"{system} {op} {clients} {connections}"
                            print(f"{what}: {rate:.0f}/s, p99 {p99:.1f} ms", file=sys.stderr)
            if system != "alone" and args.puts:
                (folder / "memory").mkdir()
                with SYSTEMS[system](folder / "memory", args) as group:
                    filled(args, group)
                    found["started_mib"].setdefault(system, []).extend(group.held_mib())
                    written(args, group)
                    found["held_mib"].setdefault(system, []).extend(group.held_mib())
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def median(rows, name):
    return statistics.median(row[name] for row in rows)


def table(args, found):
    print("| operation | clients | connections | system | /s | ratio | p50 ms | p99 ms | "
          "server CPU µs | client CPU µs | errors |")
    print("| - | -: | - | - | -: | -: | -: | -: | -: | -: | -: |")
    for op in args.ops:
        for connections in args.connections:
            for clients in args.clients:
                keys = {system: (system, op, connections, clients) for system in args.systems}
                rows_of = {system: [one for one in found["rows"]
                                    if (one["system"], one["op"], one["own"], one["clients"]) == key]
                           for system, key in keys.items()}
                base = median(rows_of["etcd"], "operations_per_second") if "etcd" in rows_of else 0
                for system, rows in rows_of.items():
                    rate = median(rows, "operations_per_second")
                    ratio = f"{rate / base:.2f}" if base else "-"
                    shown = "own" if connections == "own" else f"{connections} a node"
                    figures = " | ".join(f"{median(rows, name):.{digits}f}" for name, digits in (
                        ("p50_ms", 2), ("p99_ms", 2), ("server_cpu_us", 0), ("client_cpu_us", 0)))
                    errors = sum(one["errors"] for one in rows)
                    print(f"| {op} | {clients} | {shown} | {system} | {rate:.0f} | {ratio} | "
                          f"{figures} | {errors} |")
    print()
    for system, held in found["held_mib"].items():
        started = statistics.median(found["started_mib"][system])
        print(f"{system}: a process held {statistics.median(held):.0f} MiB at most after "
              f"{args.puts} puts (median; {min(held):.0f} to {max(held):.0f}), and {started:.0f} "
              f"when {args.keys} keys were written")
    for size, took in found["sync"].items():
        print(f"{size} bytes written and synced: p50 {median(took, 'p50_ms'):.2f} ms, p99 "
              f"{median(took, 'p99_ms'):.2f} ms")
    loads = [one["load_average"] for one in found["rows"]]
    middle = statistics.median(loads)
    print(f"load average {min(loads):.1f} to {max(loads):.1f}, median {middle:.1f}")


def machine(args):
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    versions = {}
    if "etcd" in args.systems:
        said = subprocess.run(["etcd", "--version"], capture_output=True, text=True).stdout
        versions["etcd"] = said.splitlines()[0]
    if "quorate" in args.systems:
        command = [args.target / "quorate", "--version"]
        said = subprocess.run(command, capture_output=True, text=True)
        versions["quorate"] = said.stdout.strip()
    return {
        "cores": os.cpu_count(), "cpu": cpu.group(1) if cpu else platform.machine(),
        "memory_gib": round(int(memory.group(1)) / 2**20, 1), "system": platform.platform(),
        "versions": versions, "command": ["peers/etcd/beside.py", *sys.argv[1:]],
    }


def main():
    words, parser = (lambda text: text.split(",")), argparse.ArgumentParser()
    numbers = lambda text: [int(one) for one in text.split(",")]
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--clients", type=numbers, default=[1, 16, 64, 256])
    parser.add_argument("--connections", type=words, default=["own", "4"])
    parser.add_argument("--ops", type=words, default=["put", "get", "get-serializable"])
    parser.add_argument("--systems", type=words, default=["etcd", "quorate"])
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--value-bytes", type=int, default=256)
    parser.add_argument("--puts", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--target", type=Path, default=ROOT / "target" / "release")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if unknown := set(args.systems) - set(SYSTEMS):
        parser.error(f"no such system: {', '.join(unknown)}; there are {', '.join(SYSTEMS)}")
    needed = [args.target / "examples" / "load"]
    needed += [args.target / "quorate"] if "quorate" in args.systems else []
    needed += [args.target / "examples" / "alone"] if "alone" in args.systems else []
    if absent := [str(one) for one in needed if not one.exists()]:
        parser.error(f"{', '.join(absent)} not there: build as the first lines of this file say")
    if "etcd" in args.systems and not shutil.which("etcd"):
        parser.error("etcd is not there: install it (Debian: etcd-server), or leave it out "
                     "with --systems quorate,alone")
    about = machine(args)
    for name, said in about.items():
        print(f"{name}: {said}")
    print()
    found = {"machine": about, "rows": [], "held_mib": {}, "started_mib": {}, "sync": {}}
    for repeat in range(args.repeats):
        measure(args, found)
        print(f"repeat {repeat + 1} of {args.repeats}", file=sys.stderr)
    table(args, found)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
