# SPDX-License-Identifier: Apache-2.0
"""pawld and its peers on loopback: each on free ports, in a directory of its own that is removed at
the end, pinned to the server's core. What flushes does so below build/, which is on a disk; /tmp may
lie in memory."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("BENCH_PROGRAMS", TREE / "build" / "release"))
SCRATCH = TREE / "build" / "bench"
SERVER_CORE, CLIENT_CORE = 0, 1
START_SECONDS = 20


class NotMeasured(Exception):
    """A peer that is not installed, or a tool that this machine does not permit."""


class Server:
    """Runs while in its `with`. `commands` is called with the directory and the free ports."""

    dialect = "pawl"
    load_options = ()
    ports_needed = 1

    def __init__(self):
        self.pids, self.port = [], 0
        self._processes, self._directory = [], None

    def commands(self, directory, ports):
        raise NotImplementedError

    def __enter__(self):
        SCRATCH.mkdir(parents=True, exist_ok=True)
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="server-", dir=SCRATCH))
        try:
            ports = free_ports(self.ports_needed)
            for command in self.commands(self._directory, ports):
                self._start(command)
            self.pids = [process.pid for process in self._processes]
            self.port = self._serving_port(ports)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    def resident_bytes(self):
        return sum(_resident_bytes(pid) for pid in self.pids)

    def _start(self, command):
        if shutil.which(command[0]) is None:
            raise NotMeasured(f"{command[0]} is not installed")
        # pawld takes its settings from there, too.
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("PAWL_")}
        with open(self._directory / f"{len(self._processes)}.log", "wb") as log:
            self._processes.append(subprocess.Popen(
                pinned(SERVER_CORE) + command, env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log))

    def _serving_port(self, ports):
        self.wait_until(lambda: is_listening(ports[0]))
        return ports[0]

    def wait_until(self, condition):
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            if any(process.poll() is not None for process in self._processes):
                raise RuntimeError(f"a server has ended:\n{self._last_words()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"a server does not start:\n{self._last_words()}")
            time.sleep(0.05)

    def _last_words(self):
        logs = sorted(self._directory.glob("*.log"))
        return "\n".join(line for log in logs
                         for line in log.read_text(errors="replace").splitlines()[-5:])

    def _stop(self):
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()
        shutil.rmtree(self._directory)


class Pawld(Server):
    def __init__(self, durability="none"):
        super().__init__()
        self.durability = durability

    ports_needed = 3

    def commands(self, directory, ports):
        settings = {"listen.client": f"127.0.0.1:{ports[0]}",
                    "listen.peer": f"127.0.0.1:{ports[1]}",
                    "listen.http": f"127.0.0.1:{ports[2]}",
                    "data_dir": directory / "data",
                    "durability": self.durability,
                    "leases.restart_grace": "0",
                    "log.level": "warn"}
        return [_pawld_command(settings)]


class PawldTls(Pawld):
    """By TLS, with a certificate of its own making."""

    load_options = ("--tls",)

    def commands(self, directory, ports):
        key, certificate = directory / "key.pem", directory / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=bench", "-days", "1",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        command, = super().commands(directory, ports)
        return [command + ["--set", f"tls.certificate={certificate}", "--set", f"tls.key={key}"]]


class PawldCluster(Server):
    """Three nodes, a majority of which has flushed what is answered; clients ask the primary."""

    nodes = 3
    ports_needed = 3 * nodes

    def commands(self, directory, ports):
        clients, peers = ports[:self.nodes], ports[self.nodes:2 * self.nodes]
        entries = ", ".join(f"{{id: n{i}, peer: 127.0.0.1:{peer}, client: 127.0.0.1:{client}}}"
                            for i, (client, peer) in enumerate(zip(clients, peers)))
        config = directory / "cluster.yaml"
        config.write_text(f"cluster:\n  id: bench\n  nodes: [{entries}]\n")
        return [_pawld_command({"node": f"n{i}", "data_dir": directory / f"n{i}",
                                "listen.http": f"127.0.0.1:{ports[2 * self.nodes + i]}",
                                "log.level": "warn"}, config)
                for i in range(self.nodes)]

    def _serving_port(self, ports):
        primaries = []

        def elected():
            primaries[:] = [port for port in ports[:self.nodes] if _is_primary(port)]
            return len(primaries) == 1

        self.wait_until(elected)
        return primaries[0]


class Redis(Server):
    dialect = "redis"

    def __init__(self, appendfsync=None):
        super().__init__()
        self.appendfsync = appendfsync

    def commands(self, directory, ports):
        # Without rewriting the file meanwhile, which would be work that pawld's log has later, too.
        log = (["--appendonly", "yes", "--appendfsync", self.appendfsync,
                "--auto-aof-rewrite-percentage", "0"] if self.appendfsync
               else ["--appendonly", "no"])
        return [["redis-server", "--bind", "127.0.0.1", "--port", str(ports[0]), "--save", "",
                 "--dir", str(directory), "--maxclients", "15000"] + log]


class Memcached(Server):
    dialect = "memcached"

    def commands(self, directory, ports):
        user = ["-u", "root"] if os.geteuid() == 0 else []
        return [["memcached", "-l", "127.0.0.1", "-p", str(ports[0]), "-U", "0", "-t", "1",
                 "-m", "2048", "-c", "15000"] + user]


class Echo(Server):
    dialect = "echo"
    ports_needed = 0

    def __init__(self, program):
        super().__init__()
        self.program = program

    def commands(self, directory, ports):
        return [[str(PROGRAMS / self.program)]]

    def _serving_port(self, ports):
        log = self._directory / "0.log"  # it says its port and nothing else
        self.wait_until(lambda: log.read_text().endswith("\n"))
        return int(log.read_text())


def pinned(core):
    """Before a command: it runs on this core, if there is such a one, and no longer than this
    process."""
    words = ["setpriv", "--pdeathsig", "KILL"]
    return words + (["taskset", "-c", str(core)] if core in os.sched_getaffinity(0) else [])


def free_ports(count):
    with contextlib.ExitStack() as open_until_all_are_chosen:
        sockets = [open_until_all_are_chosen.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_primary(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"HELLO\n")
            return " role=primary " in connection.makefile().readline()
    except OSError:
        return False


def _pawld_command(settings, config=None):
    command = [str(PROGRAMS / "pawld")] + (["-c", str(config)] if config else [])
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    return command


def _resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the server is gone")
