# SPDX-License-Identifier: Apache-2.0
"""One case: its steps are done, and what comes of them is judged."""

import asyncio
import contextlib
import json
import re

from guard import NEW, OLD, PRIVATE
from nodes import Failed, until

PATIENCE = 3.0   # of a step that does not say `within`
WAITS = 0.3      # who says nothing for so long is said to wait
ACTORS = ("a", "b", "c")


class Rival:
    """A client of a few lines, over connections that no link disturbs."""

    def __init__(self, nodes, prefix):
        self._nodes, self._prefix = nodes, prefix
        self._tokens, self._waiting, self._asked = {}, set(), 0

    async def lock(self, lock, options, tell):
        self._asked += 1
        line = f"LOCK {lock} id={self._prefix}-{self._asked} " + " ".join(
            options if any(word.startswith("ttl=") for word in options)
            else ["ttl=60s", *options])
        task = asyncio.ensure_future(self._wait(await self._nodes.primary(), lock, line, tell))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _wait(self, node, lock, line, tell):
        async with self._nodes.connection(node) as (reader, writer):
            writer.write(line.encode() + b"\n")
            words = (await reader.readline()).decode().split()
        if words[:1] == ["OK"]:
            self._tokens[lock] = words[1].removeprefix("token=")
            tell("rival", lock, f"held {words[1]}")
        else:
            tell("rival", lock, words[1] if len(words) > 1 else "a broken connection")

    async def unlock(self, lock, tell):
        answer = await self._nodes.ask(f"UNLOCK {lock} token={self._tokens.pop(lock)}")
        tell("rival", lock, "released" if answer == "OK" else answer)

    async def forget(self):
        for task in list(self._waiting):
            task.cancel()
        for lock, token in self._tokens.items():
            with contextlib.suppress(Failed):
                await self._nodes.ask(f"UNLOCK {lock} token={token}")


class Play:
    def __init__(self, prefix, nodes, runner):
        self._prefix, self._nodes, self._runner = prefix, nodes, runner
        self._rival = Rival(nodes, prefix)
        self._told = []    # (who, lock, outcome), all of them, in order
        self._unread = []  # those that no step has awaited yet
        self._news = asyncio.Event()
        self._tokens = {}  # (who, lock): of the last grant
        self._plain = set()  # locks that are neither shared nor in slots
        self._listening = asyncio.ensure_future(self._listen())

    async def step(self, step):
        done, _, expected = step.partition(": ")
        expected, _, within = expected.partition(" within ")
        self._patience = seconds_of(within) if within else PATIENCE
        words = done.split()
        kind = getattr(self, f"_{words[0]}", None)
        if words[0] in (*ACTORS, "rival"):
            await self._client(words, expected)
        elif kind and words[0] in ("server", "servers", "links", "primary", "pause", "nobody"):
            await kind(words[1:], expected)
        else:
            raise Failed("no such step")

    def judge_rest(self):
        if self._unread:
            raise Failed(f"nobody expected {' '.join(self._unread[0])!r}")

    async def reset(self):
        self._runner.tell("reset")
        await self._await(("reset", "", "done"), 15)

    async def forget_rival(self):
        self._listening.cancel()
        await self._rival.forget()

    # A client's step.

    async def _client(self, words, expected):
        who, verb, *rest = words
        if verb == "is":
            return self._runner.tell(f"{who} is {self._nodes.guard.options_of(rest)}")
        if not rest and verb not in ("close",):
            return await self._expect(who, self._named(verb), expected)
        if verb in ("session", "close"):
            self._runner.tell(" ".join(words))
            return await self._expect(who, "", expected)
        lock = self._named(rest[0])
        if verb == "lock" and not any(word.startswith(("mode=", "slots=")) for word in rest):
            self._plain.add(lock)
        if verb == "unlock":
            self._hear(who, lock, "gives back")
        if who != "rival":
            self._runner.tell(" ".join([who, verb, lock, *rest[1:]]))
        elif verb == "lock":
            await self._rival.lock(lock, rest[1:], self._hear)
        else:
            await self._rival.unlock(lock, self._hear)
        await self._expect(who, lock, expected)

    async def _expect(self, who, lock, expected):
        if expected == "waits":
            await asyncio.sleep(WAITS)
            if told := [outcome for w, l, outcome in self._unread if (w, l) == (who, lock)]:
                raise Failed(f"it does not wait: {told[0]}")
        elif expected.startswith("still "):
            self._runner.tell(f"{who} state {lock}")
            state = f"is {expected.removeprefix('still ')}"
            if expected == "still held":
                state += f" token={self._tokens.get((who, lock))}"
            await self._await((who, lock, state), self._patience)
        else:
            await self._await((who, lock, expected), self._patience)

    # Steps of the other kinds.

    async def _server(self, words, expected):
        if words[0] == "breaks":
            lock = self._named(words[1])
            token = (await self._show(lock))["holders"][0]["token"]
            answer = await self._nodes.ask(f'BREAK {lock} token={token} reason="conformance"')
            if answer != "OK":
                raise Failed(answer)
            return
        count, what = expected.split()
        lock = self._named(words[1])

        async def shows():
            return len((await self._show(lock))[what.rstrip("s") + "s"]) == int(count)

        await until(shows, self._patience, f"{count} {what} of {lock}")

    async def _show(self, lock):
        answer = await self._nodes.ask(f"SHOW {lock}")
        if not answer.startswith("OK {"):
            raise Failed(answer)
        return json.loads(answer[3:])

    async def _servers(self, words, _):
        await self._nodes.know_of_ci({"know a new secret of ci": [OLD, NEW],
                                      "forget the old secret of ci": [NEW]}[" ".join(words)])

    async def _links(self, words, _):
        self._nodes.turn_links(words[0])

    async def _primary(self, words, _):
        await {"is killed": self._nodes.kill_primary, "is paused": self._nodes.pause_primary,
               "is killed behind a proxy": self._nodes.kill_primary_behind_a_proxy,
               "hands over": self._nodes.hand_over}[" ".join(words)]()

    async def _pause(self, words, _):
        await asyncio.sleep(seconds_of(words[0]))

    async def _nobody(self, *_):
        """Overlapped: each grant came after the last holder was told that it holds no more."""
        holder = {}
        for who, lock, outcome in self._told:
            if lock not in self._plain:
                continue
            if outcome.startswith("held"):
                if holder.get(lock):
                    raise Failed(f"{who} was granted {lock} while {holder[lock]} believed in it")
                holder[lock] = who
            elif outcome in ("lost", "gives back") and holder.get(lock) == who:
                del holder[lock]

    # What is told.

    async def _listen(self):
        while True:
            line = await self._runner.lines.get()
            if line is None:
                return self._hear("the runner", "", "has ended")
            self._hear(*self._parse(line))

    def _parse(self, line):
        """`a NAME outcome`, or `a outcome` of the client itself."""
        who, _, rest = line.partition(" ")
        name, _, outcome = rest.partition(" ")
        return (who, name, outcome) if f"{self._prefix}/" in name else (who, "", rest)

    def _hear(self, who, lock, outcome):
        self._told.append((who, lock, outcome))
        if outcome == "gives back":
            return
        self._unread.append((who, lock, outcome))
        self._news.set()

    async def _await(self, expected, seconds):
        """The next outcome of that client's lock must be this one."""
        who, lock, outcome = expected

        def news():
            return next((told for told in self._unread if told[:2] == (who, lock)
                         or told[0] == "the runner"), None)

        try:
            async with asyncio.timeout(seconds):
                while not (told := news()):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise Failed(f"nothing came within {seconds} s") from None
        self._unread.remove(told)
        if outcome == "held" and told[2].startswith("held token="):
            return self._judge_token(who, lock, int(told[2].removeprefix("held token=")))
        if told[2] != outcome:
            raise Failed(f"it is {' '.join(told)!r}")

    def _judge_token(self, who, lock, token):
        earlier = [other for (_, name), other in self._tokens.items() if name == lock]
        if earlier and token <= max(earlier):
            raise Failed(f"token {token} does not rise above {max(earlier)}")
        self._tokens[who, lock] = token

    def _named(self, lock):
        return f"{PRIVATE}/{self._prefix}/{lock}" if lock == PRIVATE else f"{self._prefix}/{lock}"


def seconds_of(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s)", text).groups()
    return int(number) / (1000 if unit == "ms" else 1)
