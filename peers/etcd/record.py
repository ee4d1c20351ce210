#!/usr/bin/env python3
"""Records what etcd answers to random requests, for the tests of crates/store.

    peers/etcd/record.py SEED REQUESTS FILE

It needs etcd and etcdctl (Debian: etcd-server, etcd-client) and starts one process of etcd, on free
ports of this machine and in a folder of its own, which it ends and removes. A line of the file is a
request with its answer, with keys and values as text.
"""

import base64
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

KEYS = ["a", "b", "c", "d", "aa", "ab", "b1", "zz"]
ENDS = [*KEYS, "zzz"]
BYTES = {"key", "range_end", "value"}
PATHS = {
    "range": "/v3/kv/range",
    "put": "/v3/kv/put",
    "delete": "/v3/kv/deleterange",
    "txn": "/v3/kv/txn",
    "compact": "/v3/kv/compaction",
}


def encoded(json_value):
    if isinstance(json_value, dict):
        return {
            name: base64.b64encode(value.encode()).decode() if name in BYTES else encoded(value)
            for name, value in json_value.items()
        }
    return [encoded(value) for value in json_value] if isinstance(json_value, list) else json_value


def decoded(json_value):
    """Text for bytes, numbers for numbers in quotes, and of a header the revision alone."""
    if isinstance(json_value, list):
        return [decoded(value) for value in json_value]
    if not isinstance(json_value, dict):
        return json_value
    out = {}
    for name, value in json_value.items():
        if name == "header":
            out["revision"] = int(value.get("revision", "0"))
        elif name in BYTES:
            out[name] = base64.b64decode(value).decode()
        elif isinstance(value, str) and value.lstrip("-").isdigit():
            out[name] = int(value)
        else:
            out[name] = decoded(value)
    return out


class Etcd:
    def __init__(self, folder):
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            two.bind(("127.0.0.1", 0))
            client, peer = (f"127.0.0.1:{s.getsockname()[1]}" for s in (one, two))
        self.at = client
        words = ["etcd", "--data-dir", folder, "--unsafe-no-fsync", "--log-level", "error"]
        words += ["--listen-client-urls", f"http://{client}"]
        words += ["--advertise-client-urls", f"http://{client}"]
        words += ["--listen-peer-urls", f"http://{peer}"]
        words += ["--initial-advertise-peer-urls", f"http://{peer}"]
        words += ["--initial-cluster", f"default=http://{peer}"]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(words, stdout=quiet, stderr=quiet)
        for _ in range(100):
            try:
                self.ask("range", {"key": "x"})
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("etcd does not answer")

    def ask(self, kind, request):
        body = json.dumps(encoded(request)).encode()
        try:
            with urllib.request.urlopen(f"http://{self.at}{PATHS[kind]}", body, 5) as answer:
                return {"answer": decoded(json.loads(answer.read()))}
        except urllib.error.HTTPError as error:
            return {"error": json.loads(error.read())["error"]}

    def hash(self):
        words = ["etcdctl", f"--endpoints={self.at}", "endpoint", "hashkv", "-w", "json"]
        said = subprocess.run(words, capture_output=True, check=True, env={"ETCDCTL_API": "3"})
        found = json.loads(said.stdout)[0]["HashKV"]
        compacted = found.get("compact_revision", 0)
        revision = found["header"]["revision"]
        return {"answer": {"hash": found["hash"], "revision": revision, "compacted": compacted}}


class Requests:
    """Random requests, about the last revisions."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.revision, self.compacted, self.values = 1, 0, 0

    def odds(self, percent):
        return self.chance.random() * 100 < percent

    def one_of(self, *options):
        return self.chance.choice(options)

    def key(self):
        return "" if self.odds(1) else self.one_of(*KEYS)

    def wanted(self):
        request = {"key": "\0" if self.odds(20) else self.key()}
        if self.odds(50):
            request["range_end"] = "\0" if self.odds(20) else self.one_of(*ENDS)
        return request

    def range(self):
        request = self.wanted()
        if self.odds(30):
            request["limit"] = self.chance.randint(0, 4)
        if self.odds(30):
            least = max(0, self.compacted - 3)
            request["revision"] = self.chance.randint(least, self.revision + 1)
        if self.odds(20):
            request["sort_order"] = self.one_of("ASCEND", "DESCEND", "NONE")
        if self.odds(20):
            request["sort_target"] = self.one_of("KEY", "CREATE", "MOD")
        for flag in ("keys_only", "count_only"):
            if self.odds(10):
                request[flag] = True
        for bound in ("min_mod", "max_mod", "min_create", "max_create"):
            if self.odds(7):
                request[f"{bound}_revision"] = self.chance.randint(1, self.revision + 1)
        return request

    def put(self):
        self.values += 1
        request = {"key": self.key(), "value": f"v{self.values}" if self.odds(90) else ""}
        if self.odds(30):
            request["prev_kv"] = True
        if self.odds(10):
            request["ignore_value"] = True
            request["value"] = "" if self.odds(90) else request["value"]
        if self.odds(5):
            request["ignore_lease"] = True
        if self.odds(2):
            request["lease"] = self.chance.randint(1, 5)
        return request

    def delete(self):
        request = self.wanted()
        if self.odds(60):
            request.pop("range_end", None)
        if self.odds(40):
            request["prev_kv"] = True
        return request

    def compare(self):
        target = self.one_of("VERSION", "CREATE", "MOD", "VALUE", "LEASE")
        result = self.one_of("EQUAL", "GREATER", "LESS", "NOT_EQUAL")
        request = {"key": self.key(), "result": result, "target": target}
        if self.odds(20):
            request["range_end"] = self.one_of(*KEYS, "\0")
        now = self.revision
        if target == "VALUE":
            request["value"] = f"v{self.chance.randint(max(0, self.values - 8), self.values + 1)}"
        elif target == "VERSION":
            request["version"] = self.chance.randint(0, 3)
        else:
            name = {"CREATE": "create_revision", "MOD": "mod_revision", "LEASE": "lease"}[target]
            request[name] = self.one_of(0, 1, 2, now, now - 1, now - 3)
        return request

    def operation(self, depth):
        drawn = self.chance.random()
        if drawn < 0.3:
            return {"request_range": self.range()}
        if drawn < 0.65:
            return {"request_put": self.put()}
        if drawn < 0.85 or depth > 1:
            return {"request_delete_range": self.delete()}
        return {"request_txn": self.txn(depth + 1)}

    def txn(self, depth=0):
        def some(one, *many):
            return [one() for _ in range(self.one_of(*many))]

        return {
            "compare": some(self.compare, 0, 1, 1, 2),
            "success": some(lambda: self.operation(depth), 0, 1, 2, 3),
            "failure": some(lambda: self.operation(depth), 0, 1, 2),
        }

    def next(self):
        drawn = self.chance.random()
        if drawn < 0.25:
            return "range", self.range()
        if drawn < 0.5:
            return "put", self.put()
        if drawn < 0.62:
            return "delete", self.delete()
        if drawn < 0.97:
            return "txn", self.txn()
        least = max(0, self.revision - 12)
        revision = self.chance.randint(least, self.revision + 1)
        return "compact", {"revision": revision, "physical": True}


def ends_etcd(request):
    """Removes keys without an end and keeps what one of them has: etcd 3.4.23 stops for ever."""
    text = json.dumps(request)
    open_end = '"range_end": "\\u0000"' in text
    return open_end and "ignore_" in text and "request_delete_range" in text


def main():
    seed, many, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with tempfile.TemporaryDirectory() as folder, open(path, "w", encoding="utf-8") as out:
        etcd, requests = Etcd(folder), Requests(seed)
        written = 0
        while written < many:
            if requests.odds(3):
                line = {"kind": "hash", **etcd.hash()}
            else:
                kind, request = requests.next()
                if ends_etcd(request):
                    continue
                line = {"kind": kind, "request": request, **etcd.ask(kind, request)}
                answer = line.get("answer", {})
                requests.revision = max(requests.revision, answer.get("revision", 0))
                if kind == "compact" and "answer" in line:
                    requests.compacted = request["revision"]
            out.write(json.dumps(line, separators=(",", ":")) + "\n")
            written += 1
        etcd.process.terminate()
        etcd.process.wait()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main()
