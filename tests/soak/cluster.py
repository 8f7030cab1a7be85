# SPDX-License-Identifier: Apache-2.0
"""Three pawlds that ask who everybody is, by TLS on every port: how they are started, ended and
reloaded, and what they take of the machine."""

import hashlib
import os
import pathlib
import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "tests" / "clients"))
from nodes import Failed, free_ports, until  # noqa: E402

from talk import Gone, Talk  # noqa: E402

PAWLD = os.environ.get("PAWLD", str(TREE / "build" / "release" / "pawld"))
PAWL = os.environ.get("PAWL", str(TREE / "build" / "release" / "pawl"))
SIZE = 3
SECRETS = {user: f"the-secret-of-{user}" for user in ("ci", "default", "guest", "operator")}


class Cluster:
    """Runs while in its `async with`."""

    def __init__(self):
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="pawl-soak-"))
        self._processes = [None] * SIZE
        self.has_guest, self._waiters = True, 1000

    async def __aenter__(self):
        ports = free_ports(3 * SIZE)
        self.ports, self.http_ports, self._peers = ports[:3], ports[3:6], ports[6:]
        self._make_certificates(range(SIZE))
        self.context = self._context_of(None)
        self.context_of_ci = self._context_of("user-ci")
        self._write_configurations()
        await self.make_whole()
        return self

    async def __aexit__(self, *_):
        for node, process in enumerate(self._processes):
            if process:
                self.end(node, signal.SIGKILL)
        shutil.rmtree(self._directory)

    # Certificates and configuration

    def _context_of(self, who):
        context = ssl.create_default_context(cafile=self._certificate("ca.pem"))
        if who:
            context.load_cert_chain(self._certificate(f"{who}.pem"), self._certificate(f"{who}.key"))
        return context

    def _certificate(self, name):
        return self._directory / "certificates" / name

    def _make_certificates(self, nodes):
        words = [PAWL, "certs", self._directory / "certificates", "--cluster", "soak"]
        for node in nodes:
            words += ["--node", f"n{node}=127.0.0.1"]
        if not self._certificate("user-ci.pem").exists():
            words += ["--user", "ci"]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)

    def _write_configurations(self):
        """Each at once: a node may be reading it."""
        users = [user for user in SECRETS if user != "guest" or self.has_guest]
        lines = ", ".join(f"{{name: {user}, roles: [{user}], secret_sha256: "
                          f"{hashlib.sha256(SECRETS[user].encode()).hexdigest()}}}" for user in users)
        roles = ", ".join(f"{{name: {user}, lock: [soak/], observe: [soak/]}}"
                          for user in SECRETS if user != "operator")
        entries = ", ".join(f"{{id: n{i}, peer: 127.0.0.1:{self._peers[i]}, "
                            f"client: 127.0.0.1:{self.ports[i]}}}" for i in range(SIZE))
        for node in range(SIZE):
            own = self._certificate(f"node-n{node}")
            draft = self._directory / f"n{node}.new"
            draft.write_text(
                f"node: n{node}\ndata_dir: {self.data(node)}\n"
                f"cluster:\n  id: soak\n  nodes: [{entries}]\n"
                f"listen:\n  http: 127.0.0.1:{self.http_ports[node]}\n"
                f"tls:\n  certificate: {own}.pem\n  key: {own}.key\n"
                f"  ca: {self._certificate('ca.pem')}\n  clients: only\n"
                "  client_certificates: optional\n  peers: on\n  http: on\n"
                f"security:\n  users: [{lines}]\n"
                f'  roles: [{roles}, {{name: operator, admin: [""]}}]\n'
                f"limits:\n  waiters_per_lock: {self._waiters}\n  reclaim: 1s\n"
                "log:\n  format: text\n")
            draft.replace(self._directory / f"n{node}.yaml")

    async def reload(self):
        """Another set of users, another limit, another certificate of one node; all take it."""
        self.has_guest, self._waiters = not self.has_guest, 500 + random.randrange(1000)
        node = random.randrange(SIZE)
        for kind in ("pem", "key"):
            self._certificate(f"node-n{node}.{kind}").unlink()
        self._make_certificates([node])
        self._write_configurations()
        for process in self._processes:
            process.send_signal(signal.SIGHUP)
        await until(self._all_go_by_it, 10, "servers with the new configuration")

    async def _all_go_by_it(self):
        for port in self.ports:
            answer = await self.ask(port, "PING", "guest")
            if answer.startswith("OK") != self.has_guest:
                return False
        return True

    # Life and death

    def data(self, node):
        return self._directory / f"n{node}"

    def start(self, node):
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("PAWL_")}
        with open(self._directory / f"n{node}.log", "ab") as log:
            self._processes[node] = subprocess.Popen(
                [PAWLD, "-c", self._directory / f"n{node}.yaml"], env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def end(self, node, number):
        """The exit code, or minus the signal."""
        process, self._processes[node] = self._processes[node], None
        process.send_signal(number)
        return process.wait(timeout=30)

    async def make_whole(self):
        for node in range(SIZE):
            if not self._processes[node]:
                self.start(node)
        await until(self._all_follow, 30, "three nodes, of which one is primary")

    async def _all_follow(self):
        for node, process in enumerate(self._processes):
            if process.poll() is not None:
                raise Failed(f"n{node} ended by itself, {process.returncode}\n{self.last_words()}")
        roles = [await self.role(node) for node in range(SIZE)]
        return sorted(roles) == ["primary", "standby", "standby"]

    async def role(self, node):
        answer = await self.ask(self.ports[node], "HELLO")
        return dict(word.split("=", 1) for word in answer.split() if "=" in word).get("role", "")

    async def primary(self):
        found = []

        async def is_there():
            found[:] = [node for node in range(SIZE) if await self.role(node) == "primary"]
            return len(found) == 1

        await until(is_there, 20, "one primary")
        return found[0]

    async def ask(self, port, line, user="operator"):
        """Empty where nobody answers."""
        try:
            talk = await Talk.open(port, self.context, user, SECRETS[user])
            try:
                return await talk.say(line)
            finally:
                talk.close()
        except (Gone, OSError, TimeoutError):
            return ""

    # What they take

    def take_of(self, node):
        pid = self._processes[node].pid
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        memory = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        files = [file for file in self.data(node).rglob("*") if file.is_file()]
        return {"pid": pid, "memory": int(memory.split()[1]) << 10,
                "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
                "files": len(files), "bytes": sum(file.stat().st_blocks * 512 for file in files)}

    def last_words(self):
        return "\n".join(f"{log.name}: {line}" for log in sorted(self._directory.glob("*.log"))
                         for line in log.read_text(errors="replace").splitlines()[-8:])
