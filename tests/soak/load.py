# SPDX-License-Identifier: Apache-2.0
"""Everything clients do, fast: each kind of client is one episode, told again and again."""

import asyncio
import base64
import collections
import contextlib
import random
import re
import time

from cluster import SECRETS, SIZE
from nodes import Failed
from talk import PATIENCE, Gone, Talk

TTL = 1  # seconds; the least of a cluster
DO_NOT_HOLD = ("ERR NOT_HELD", "ERR NO_SESSION", "ERR SESSION_EXPIRED")


class Load:
    def __init__(self, cluster, judge):
        self._cluster, self._judge = cluster, judge
        self._number, self._hint, self._is_over = 0, None, False
        self.done = collections.Counter()  # episodes that came to their end, by kind
        self._kinds = [(self.leases, 12), (self.names, 4), (self.sessions, 8), (self.waits, 8),
                       (self.watches, 4), (self.redis, 4), (self.scrapes, 2), (self.strangers, 3),
                       (self.guests, 1)]

    def begin(self):
        self._is_over = False
        self._tasks = [asyncio.create_task(self._again(kind))
                       for kind, count in self._kinds for _ in range(count)]

    async def stop(self):
        self._is_over = True  # a cancellation may get lost where a wait ends at that moment
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome

    def idle_kinds(self):
        return [kind.__name__ for kind, _ in self._kinds if not self.done[kind.__name__]]

    async def _again(self, kind):
        while not self._is_over:
            try:
                await kind()
                self.done[kind.__name__] += 1
            except (Gone, OSError, TimeoutError, asyncio.IncompleteReadError) as gone:
                where = re.search(r"primary=127\.0\.0\.1:(\d+)", str(gone))
                self._hint = int(where[1]) if where else None
            await asyncio.sleep(random.random() * 0.02)

    @contextlib.asynccontextmanager
    async def _talk(self):
        """As ci, by secret or by certificate; one in four is broken off."""
        port = self._hint or random.choice(self._cluster.ports)
        if random.randrange(3):
            talk = await Talk.open(port, self._cluster.context, "ci", SECRETS["ci"])
        else:
            talk = await Talk.open(port, self._cluster.context_of_ci)
        try:
            yield talk
        finally:
            if random.randrange(4):
                talk.close()
            else:
                talk.break_off()

    def _fresh(self):
        self._number += 1
        return self._number

    async def _lock(self, talk, name, options=""):
        """The hold, or None where it was refused as it may be."""
        hold, sent = self._judge.asks(name), time.monotonic()
        reply = await talk.ask(f"LOCK {name} {options}")
        if reply.startswith("OK token="):
            token, ttl = (int(word.split("=")[1]) for word in reply.split()[1:3])
            self._judge.granted(hold, token, sent, ttl / 1000)
            return hold
        self._expect(reply, "ERR BUSY", "ERR TIMEOUT", "ERR DEADLOCK", "ERR SESSION_EXPIRED", "ERR LIMIT")
        return None

    async def _renew(self, talk, hold):
        sent = time.monotonic()
        reply = await talk.ask(f"RENEW {hold.name} token={hold.token}")
        if reply.startswith("OK ttl="):
            self._judge.confirmed(hold, sent, int(reply[7:]) / 1000)
        else:
            self._expect(reply, "ERR NOT_HELD")
            self._judge.not_held(hold, reply)

    async def _unlock(self, talk, hold):
        self._judge.releases(hold)
        reply = await talk.ask(f"UNLOCK {hold.name} token={hold.token}")
        self._expect(reply, "OK", *DO_NOT_HOLD)

    def _expect(self, reply, *beginnings):
        if not reply.startswith(beginnings):
            raise Failed(f"answered {reply}, not {' or '.join(beginnings)}")

    async def leases(self):
        """A few names that many want; what is held is renewed, given back, or left to expire."""
        async with self._talk() as talk:
            for _ in range(random.randrange(1, 40)):
                options = f"wait=300ms ttl={TTL}s id=lease-{self._fresh()}"
                hold = await self._lock(talk, f"soak/lease/{random.randrange(12)}", options)
                if not hold:
                    continue
                for _ in range(random.randrange(3)):
                    await self._renew(talk, hold)
                if random.randrange(20):
                    await self._unlock(talk, hold)

    async def names(self):
        """Names that are used once."""
        async with self._talk() as talk:
            for _ in range(random.randrange(1, 60)):
                name = f"soak/once/{self._fresh()}/{'x' * random.randrange(100)}"
                hold = await self._lock(talk, name, f"ttl={TTL}s note=note-{'y' * random.randrange(200)}")
                if hold and random.randrange(4):
                    await self._unlock(talk, hold)

    async def sessions(self):
        """Opened, used, taken up elsewhere; closed, or left."""
        async with self._talk() as talk:
            end = random.choice(("keep", "release"))
            opened = await talk.ask(f"OPEN ttl={TTL}s on_disconnect={end} name=soak-{self._fresh()}")
            self._expect(opened, "OK session=")
            holds = []
            try:
                await self._use_session(talk, opened.split()[1].split("=")[1], holds)
            finally:  # closed, or its connection is
                for hold in holds:
                    self._judge.releases(hold)
            if random.randrange(2):
                await talk.ask("CLOSE")

    async def _use_session(self, talk, secret, holds):
        await talk.ask("EVENTS on")
        for _ in range(random.randrange(1, 6)):
            name = f"soak/session/{random.randrange(40)}"
            if hold := await self._lock(talk, name, "wait=200ms"):
                holds.append(hold)
            self._expect(await talk.ask("KEEPALIVE"), "OK ttl=", *DO_NOT_HOLD)
        if random.randrange(3) == 0:
            async with self._talk() as other:
                self._expect(await other.ask(f"RESUME {secret}"), "OK session=", *DO_NOT_HOLD)

    async def waits(self):
        """Somebody waits behind another; one is cancelled, one is broken off, one gets it."""
        name, own = f"soak/wait/{random.randrange(6)}", f"id=wait-{self._fresh()}"
        async with self._talk() as talk:
            talk.write(f"#w LOCK {name} wait=2s ttl={TTL}s {own}")
            await asyncio.sleep(random.random() * 0.2)
            if random.randrange(3) == 0:
                return
            reply = await talk.ask(f"#c CANCEL {name} {own}")
            self._expect(reply, "#w ", "#c ")

    async def watches(self):
        async with self._talk() as talk:
            self._expect(await talk.ask("WATCH soak/"), "OK")
            until = time.monotonic() + random.random()
            while time.monotonic() < until:
                line = await asyncio.wait_for(talk.read_line(), PATIENCE)
                if line.startswith("ERR"):
                    raise Gone(line)
                self._expect(line, "EVENT ")

    async def redis(self):
        async with self._talk_redis() as ask:
            for _ in range(random.randrange(1, 20)):
                key, owner = f"soak/redis/{random.randrange(20)}", f"owner-{self._fresh()}"
                if await ask("SET", key, owner, "NX", "PX", str(TTL * 1000)) == "+OK":
                    if random.randrange(5):
                        await ask("DELEX", key, "IFEQ", owner)

    @contextlib.asynccontextmanager
    async def _talk_redis(self):
        talk = await Talk.open(self._hint or random.choice(self._cluster.ports), self._cluster.context)

        async def ask(*words):
            parts = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
            talk.writer.write(f"*{len(words)}\r\n{parts}".encode())
            answer = (await asyncio.wait_for(talk.read_line(), PATIENCE)).rstrip("\r")
            if answer.startswith(("-READONLY", "-NO_QUORUM", "-SHUTTING_DOWN", "-NOAUTH")):
                raise Gone(answer)
            self._expect(answer, "+OK", ":0", ":1", "$-1")
            return answer

        try:
            await ask("AUTH", SECRETS["default"])
            yield ask
        finally:
            talk.break_off()

    async def scrapes(self):
        node, path = random.randrange(SIZE), random.choice(("/metrics", "/status.json", "/readyz"))
        talk = await Talk.open(self._cluster.http_ports[node], self._cluster.context)
        try:
            who = base64.b64encode(f"operator:{SECRETS['operator']}".encode()).decode()
            talk.writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {who}\r\n"
                              "Connection: close\r\n\r\n".encode())
            answer = await asyncio.wait_for(talk.reader.read(), PATIENCE)
            if answer:  # none of a server that goes away
                self._expect(answer.decode(), "HTTP/1.1 200", "HTTP/1.1 503")
        finally:
            talk.close()
        await asyncio.sleep(0.1)

    async def strangers(self):
        """Half a handshake, half a line, no TLS, a wrong secret."""
        port, kind = random.choice(self._cluster.ports + self._cluster.http_ports), random.randrange(4)
        if kind < 2:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"PING\n" if kind else b"\x16\x03\x01\x02\x00\x01")
            await asyncio.sleep(random.random() * 0.1)
            return writer.transport.abort()
        talk = await Talk.open(port, self._cluster.context)
        talk.write("AUTH ci wrong" if kind == 2 else "HEL")
        await asyncio.sleep(random.random() * 0.1)
        talk.break_off()

    async def guests(self):
        """A user that comes and goes with the configuration."""
        talk = await Talk.open(self._hint or random.choice(self._cluster.ports), self._cluster.context)
        try:
            await talk.ask(f"AUTH guest {SECRETS['guest']}")
            for _ in range(10):
                await self._lock(talk, f"soak/guest/{self._fresh()}", f"ttl={TTL}s")
                await asyncio.sleep(0.05)
        finally:
            talk.close()
