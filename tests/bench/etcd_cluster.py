# SPDX-License-Identifier: Apache-2.0
"""etcd as a peer of the benchmark: Debian's server with its default settings (so it flushes before
it answers), one node or three on this machine's loopback, and the load of etcd/ on it.

    python3 tests/bench/etcd_cluster.py pair 3 64 10      # nodes, connections, seconds
    python3 tests/bench/etcd_cluster.py handover 1 64 10  # nodes, waiters, seconds

The servers are pinned to one core and the load to another. Clients are told all nodes and spread
their requests over them, as is the default of that client. Times are from the call of Lock to its
return; `ops` are locks that were granted and given back, and etcd's own count of revisions agrees.
`server_cpu_seconds` is the CPU time of all nodes over the measured span.
"""

import contextlib
import functools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

packages = ["etcd-server", "golang-go", "golang-etcd-server-dev"]

SERVER_CORE, CLIENT_CORE = 0, 1
WARM_UP_SECONDS = 2
START_SECONDS = 30
PATIENCE_SECONDS = 90  # more than the load's own

SOURCE = pathlib.Path(__file__).resolve().parent / "etcd"
# In the tree and not in /tmp, which may lie in memory: what is flushed must go to a disk.
BUILD = SOURCE.parents[2] / "build" / "bench"
LOAD = BUILD / "etcd_load"

RESULTS = ("ops", "seconds", "server_cpu_seconds", "p50_us", "p99_us", "max_us", "jain",
           "longest_wait_us", "mean_wait_us")


def measure_pairs(nodes, connections, seconds):
    """Each connection locks and unlocks a name of its own."""
    return _measure(nodes, "pair", connections, seconds)


def measure_handover(nodes, waiters, seconds):
    """All contend for one name and unlock it at once."""
    return _measure(nodes, "handover", waiters, seconds)


def _measure(nodes, workload, clients, seconds):
    _build()
    with Cluster(nodes) as cluster, _load(cluster, workload, clients, seconds) as load:
        _expect_line(load, "ready")
        before = cluster.cpu_seconds()
        load.stdin.write("go\n")
        load.stdin.flush()
        figures = json.loads(_expect_line(load))
        figures["server_cpu_seconds"] = round(cluster.cpu_seconds() - before, 2)
    if figures["errors"]:
        print(f"etcd: {figures['errors']} failed and are not counted, the first: "
              f"{figures['first_error']}", file=sys.stderr)
    return {name: figures[name] for name in RESULTS}


class Cluster:
    """Running nodes, each in a directory of its own; all is stopped and removed at the end."""

    def __init__(self, nodes):
        BUILD.mkdir(parents=True, exist_ok=True)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="etcd-", dir=BUILD))
        self.processes = []
        ports = _free_ports(2 * nodes)
        self.endpoints = [f"127.0.0.1:{port}" for port in ports[:nodes]]
        self.peers = [f"127.0.0.1:{port}" for port in ports[nodes:]]

    def __enter__(self):
        try:
            for number in range(len(self.endpoints)):
                self.processes.append(self._start(number))
            self._await_health()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    def cpu_seconds(self):
        if any(process.poll() is not None for process in self.processes):
            raise RuntimeError("a node of etcd has ended")
        return sum(_cpu_seconds(process.pid) for process in self.processes)

    def _start(self, number):
        client, peer = f"http://{self.endpoints[number]}", f"http://{self.peers[number]}"
        members = ",".join(f"n{i}=http://{address}" for i, address in enumerate(self.peers))
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("ETCD_")}
        with open(self._log(number), "wb") as log:
            return subprocess.Popen(
                _pinned(SERVER_CORE) +
                ["etcd", "--name", f"n{number}",
                 "--data-dir", str(self.directory / f"n{number}"),
                 "--listen-client-urls", client, "--advertise-client-urls", client,
                 "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                 "--initial-cluster", members, "--initial-cluster-state", "new",
                 "--initial-cluster-token", self.directory.name],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def _await_health(self):
        deadline = time.monotonic() + START_SECONDS
        for number, endpoint in enumerate(self.endpoints):
            while not _is_healthy(endpoint):
                if self.processes[number].poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"etcd does not start:\n{self._last_words(number)}")
                time.sleep(0.1)

    def _last_words(self, number):
        return "\n".join(self._log(number).read_text(errors="replace").splitlines()[-5:])

    def _log(self, number):
        return self.directory / f"n{number}.log"

    def _stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()
        shutil.rmtree(self.directory)


def _pinned(core):
    """Before a command: it runs on this core, and no longer than this process."""
    return ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", str(core)]


def _free_ports(count):
    with contextlib.ExitStack() as open_until_all_are_chosen:
        sockets = [open_until_all_are_chosen.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _is_healthy(endpoint):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://{endpoint}/health", timeout=2) as reply:
            return json.load(reply)["health"] == "true"
    except OSError:
        return False


def _cpu_seconds(pid):
    """utime + stime, of all threads."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    fields = stat[stat.rindex(")") + 2:].split()  # the command before it may contain anything
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@functools.cache
def _build():
    """Against Debian's Go packages only: no module is fetched."""
    BUILD.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOFLAGS="",
                       GOCACHE=str(BUILD / "go-cache"))
    for command in (["go", "test"], ["go", "build", "-o", str(LOAD)]):
        done = subprocess.run(command, cwd=SOURCE, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} fails:\n{done.stdout}")


@contextlib.contextmanager
def _load(cluster, workload, clients, seconds):
    """The load, ended with its block: in order, or killed if anything failed or it hangs."""
    command = _pinned(CLIENT_CORE) + [
        str(LOAD), "-workload", workload, "-endpoints", ",".join(cluster.endpoints),
        "-clients", str(clients), "-warm-up", str(WARM_UP_SECONDS), "-seconds", str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        watchdog = threading.Timer(WARM_UP_SECONDS + seconds + PATIENCE_SECONDS, process.kill)
        watchdog.start()
        try:
            yield process
            process.stdin.close()
            process.wait()
        finally:
            process.kill()
            watchdog.cancel()


def _expect_line(load, expected=None):
    line = load.stdout.readline().strip()
    if not line or (expected and line != expected):
        raise RuntimeError(f"etcd_load stopped, or said {line!r}")
    return line


def main(arguments):
    workloads = {"pair": measure_pairs, "handover": measure_handover}
    if len(arguments) != 4 or arguments[0] not in workloads:
        sys.exit(__doc__)
    nodes, clients, seconds = (int(each) for each in arguments[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of all that cleans up
    print(json.dumps(workloads[arguments[0]](nodes, clients, seconds)))


if __name__ == "__main__":
    main(sys.argv[1:])
