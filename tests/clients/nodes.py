# SPDX-License-Identifier: Apache-2.0
"""Three pawlds on loopback that are one lock server, and links before them for the clients."""

import asyncio
import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile

from guard import OLD, Guard
from links import Link

TREE = pathlib.Path(__file__).resolve().parents[2]
PAWLD = os.environ.get("PAWLD", str(TREE / "build" / "release" / "pawld"))
SIZE = 3


class Failed(Exception):
    """What had to come did not, or something else did."""


class Nodes:
    """Runs while in its `async with`. `direct` ports are the nodes' own: no link disturbs them.
    `guarded`: they ask who somebody is."""

    def __init__(self, guarded=False):
        self._is_guarded, self.guard = guarded, None

    async def __aenter__(self):
        for _ in range(3):
            try:
                return await self._try_start()
            except (OSError, Failed) as error:  # somebody else may have taken a port meanwhile
                why = error
        raise why

    async def _try_start(self):
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="pawl-clients-"))
        self._processes, self._paused, self._links = [None] * SIZE, set(), []
        try:
            ports = free_ports(3 * SIZE)
            self._direct, self._peers = ports[:SIZE], ports[SIZE:2 * SIZE]
            self._links = [Link(port, direct) for port, direct in
                           zip(ports[2 * SIZE:], self._direct)]
            self.guard = Guard(self._directory / "guard") if self._is_guarded else None
            self._write_configuration()
            await self.make_whole()
        except Failed as failed:
            last_words = self.last_words()
            await self.__aexit__()
            raise Failed(f"{failed}\n{last_words}") from None
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_):
        for node, process in enumerate(self._processes):
            if process:
                self._end(node)
        for link in self._links:
            with contextlib.suppress(Exception):
                await link.stop()
        shutil.rmtree(self._directory)

    def addresses(self):
        return ",".join(f"127.0.0.1:{link.port}" for link in self._links)

    def turn_links(self, mode):
        for link in self._links:
            link.turn(mode)

    async def make_whole(self):
        """All run, links are good, one is primary and the others follow it."""
        self.turn_links("pass")
        for link in self._links:
            await link.open()
        for node in range(SIZE):
            if node in self._paused:
                self._signal(node, signal.SIGCONT)
            if not self._processes[node]:
                self._start(node)
        self._paused.clear()
        await until(self._all_follow, 20, "three nodes, of which one is primary")
        if self.guard:
            await self.know_of_ci([OLD])

    async def kill_primary(self):
        node = await self.primary()
        self._links[node].refuse()
        self._end(node)

    async def kill_primary_behind_a_proxy(self):
        """Connections to it still stand, and are closed at once."""
        self._end(await self.primary())

    async def pause_primary(self):
        node = await self.primary()
        self._signal(node, signal.SIGSTOP)
        self._paused.add(node)

    async def hand_over(self):
        before = await self.primary()
        await self.ask("HANDOVER")
        await until(lambda: self._is_other_than(before), 10, "another primary")

    async def know_of_ci(self, secrets):
        """All running nodes take these, and no others."""
        if self.guard.secrets_of_ci == secrets:
            return
        self.guard.secrets_of_ci = secrets
        self._write_configuration()
        for node in self._running():
            self._signal(node, signal.SIGHUP)
        await until(self._all_go_by_it, 10, "servers with the new configuration")

    async def _all_go_by_it(self):
        for node in self._running():
            for question, is_granted in self.guard.questions():
                answer = await self.ask_node(node, question, served_by_all=True, greeting="")
                if answer is None or answer.startswith("OK ") != is_granted:
                    return False
        return True

    async def primary(self):
        """Which node serves: it answers a SHOW only if a majority follows it."""
        found = []

        async def serves():
            for node in self._running():
                if await self.ask_node(node, "SHOW x") not in (None, "") and not found:
                    found.append(node)
            return bool(found)

        await until(serves, 10, "a primary")
        return found[0]

    def _running(self):
        return [node for node in range(SIZE) if self._processes[node] and node not in self._paused]

    async def _is_other_than(self, before):
        return await self.primary() != before

    async def _all_follow(self):
        answers = [await self.ask_node(node, "HELLO", served_by_all=True) for node in range(SIZE)]
        roles = [dict(word.split("=", 1) for word in answer.split() if "=" in word).get("role")
                 for answer in answers if answer]
        return sorted(roles) == ["primary", "standby", "standby"]

    async def ask(self, line, seconds=8):
        """The answer of whoever is primary. Only what may be asked twice is asked so."""
        answers = []

        async def answered():
            for node in self._running():
                answer = await self.ask_node(node, line)
                if answer:
                    answers.append(answer)
                    return True
            return False

        await until(answered, seconds, f"an answer to {line}")
        return answers[0]

    async def ask_node(self, node, line, served_by_all=False, greeting=None):
        """None where nobody is, or where it is the wrong one to ask."""
        try:
            async with asyncio.timeout(1):
                async with self.connection(node, greeting) as (reader, writer):
                    writer.write(line.encode() + b"\n")
                    answer = (await reader.readline()).decode().strip()
        except (OSError, TimeoutError):
            return None
        elsewhere = answer.startswith(("ERR NOT_PRIMARY", "ERR NO_QUORUM", "ERR SHUTTING_DOWN"))
        return None if elsewhere and not served_by_all else answer

    @contextlib.asynccontextmanager
    async def connection(self, node, greeting=None):
        if greeting is None:
            greeting = self.guard.greeting() if self.guard else ""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._direct[node])
        try:
            if greeting:
                writer.write(greeting.encode())
                if (answer := await reader.readline())[:3] != b"OK ":
                    raise Failed(f"AUTH of the operator: {answer.decode()}")
            yield reader, writer
        finally:
            writer.close()

    def last_words(self):
        return "\n".join(f"{log.name}: {line}" for log in sorted(self._directory.glob("*.log"))
                         for line in log.read_text(errors="replace").splitlines()[-6:])

    def _write_configuration(self):
        """At once: a node that reads it while it is written would believe to be alone."""
        entries = ", ".join(
            f"{{id: n{i}, peer: 127.0.0.1:{self._peers[i]}, client: 127.0.0.1:{link.port}}}"
            for i, link in enumerate(self._links))
        self._configuration = self._directory / "cluster.yaml"
        draft = self._directory / "cluster.yaml.new"
        draft.write_text(f"cluster:\n  id: clients\n  nodes: [{entries}]\n" +
                         (self.guard.configuration() if self.guard else ""))
        draft.replace(self._configuration)

    def _start(self, node):
        settings = {"node": f"n{node}", "data_dir": self._directory / f"n{node}",
                    "listen.client": f"127.0.0.1:{self._direct[node]}",
                    "listen.http": "127.0.0.1:0"}
        words = [f"--set={key}={value}" for key, value in settings.items()]
        # pawld takes its settings from there, too.
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("PAWL_")}
        with open(self._directory / f"n{node}.log", "ab") as log:
            self._processes[node] = subprocess.Popen(
                [PAWLD, "-c", str(self._configuration), *words], env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)

    def _signal(self, node, number):
        self._processes[node].send_signal(number)

    def _end(self, node):
        process, self._processes[node] = self._processes[node], None
        process.kill()
        process.wait()


async def until(condition, seconds, what):
    """Calls it again and again, until it says yes."""
    try:
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise Failed(f"within {seconds} s there was not {what}") from None


def free_ports(count):
    """Below those the kernel gives to connections, which come and go."""
    ports = set()
    while len(ports) < count:
        port = random.randrange(10_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            ports.add(port)
    return list(ports)
