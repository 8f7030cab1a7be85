# SPDX-License-Identifier: Apache-2.0
"""Does to pawl.py what lines on standard input say, and prints what came of it; README.md here says
which. Its first argument says what a body is: `tasks`, under `async with`, or `threads`, under `with`."""

import asyncio
import pathlib
import ssl
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "src" / "client" / "python"))
import pawl  # noqa: E402


class TaskBody:
    """A task that holds the lock until it is told to end, or is cancelled by the loss."""

    def __init__(self, lock, say):
        self.lock, self._say, self._is_over = lock, say, asyncio.Event()
        self._task = asyncio.ensure_future(self._run())

    async def _run(self):
        try:
            async with self.lock:
                self._say(f"held token={self.lock.token}")
                await self._is_over.wait()
            self._say("released")
        except pawl.LockLost:
            self._say("lost")
        except pawl.PawlError as error:
            self._say(error.code)
        except asyncio.CancelledError:
            self._say("cancelled")

    def end(self):
        self._is_over.set()

    def cancel(self):
        self._task.cancel()

    async def over(self):
        self._task.cancel()
        await asyncio.wait([self._task])


class ThreadBody:
    """A thread that looks after the loss by itself. Who waits in a thread is not cancelled."""

    def __init__(self, lock, say):
        self.lock, self._say, self._is_over = lock, say, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            with self.lock:
                self._say(f"held token={self.lock.token}")
                while not self._is_over.wait(0.01):
                    self.lock.raise_if_lost()
            self._say("released")
        except pawl.LockLost:
            self._say("lost")
        except pawl.PawlError as error:
            self._say(error.code)

    def end(self):
        self._is_over.set()

    async def over(self):
        self._is_over.set()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)


class Actor:
    def __init__(self, name, servers, make_body, **options):
        self._name, self._client = name, pawl.Client(servers, **options)
        self._session, self._ttl, self._bodies, self._make_body = None, None, {}, make_body
        self._is_silent = False

    def say(self, text):
        if not self._is_silent:
            print(f"{self._name} {text}", flush=True)

    def lock(self, name, *words):
        options = options_of(words)
        if self._session:
            lock = self._session.lock(name, **options)
        else:
            lock = self._client.lock(name, **options)
        self._bodies[name] = self._make_body(lock, lambda text: self.say(f"{name} {text}"))

    def unlock(self, name):
        self._bodies[name].end()

    def cancel(self, name):
        self._bodies[name].cancel()

    def state(self, name):
        lock = self._bodies[name].lock
        token = "" if lock.state == "lost" else f" token={lock.token}"
        self.say(f"{name} is {lock.state}{token}")

    async def session(self, *words):
        self._session = self._client.session(**options_of(words))
        try:
            await self._session.__aenter__()
            # The bodies under its locks are told of a loss; that of the session is this program.
            self._session._task = None
            self.say("open")
        except pawl.PawlError as error:
            self.say(error.code)

    async def close(self):
        self._is_silent = True
        await self._session.__aexit__(None, None, None)
        self._is_silent = False
        self.say("closed")

    async def forget(self):
        self._is_silent = True
        await asyncio.gather(*(body.over() for body in self._bodies.values()))
        if self._session:
            try:
                await self._session.__aexit__(None, None, None)
            except pawl.LockLost:
                pass


def client_options(words):
    options = dict(word.split("=", 1) for word in words)
    given = {key: options[key] for key in ("user", "secret") if key in options}
    if "ca" in options:
        given["tls"] = ssl.create_default_context(cafile=options["ca"])
        given["server_hostname"] = options.get("name")
    if "cert" in options:
        given["tls"].load_cert_chain(options["cert"], options["key"])
    return given


def options_of(words):
    options = dict(word.split("=", 1) for word in words)
    for key in options.keys() & {"ttl", "wait", "max_hold"}:
        options[key] = seconds_of(options[key])
    if "slots" in options:
        options["slots"] = int(options["slots"])
    return options


def seconds_of(text):
    if text == "forever":
        return pawl.FOREVER
    return int(text[:-2]) / 1000 if text.endswith("ms") else float(text[:-1])


async def forget_all(actors):
    await asyncio.gather(*(actor.forget() for actor in actors.values()))
    actors.clear()


async def main():
    threads, servers = sys.argv[1] == "threads", sys.argv[2]
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready without cancel" if threads else "ready", flush=True)
    actors, doing = {}, set()
    while line := (await reader.readline()).decode().split():
        if line == ["reset"]:
            await forget_all(actors)
            print("reset done", flush=True)
            continue
        name, verb, *words = line
        if name not in actors:
            options = client_options(words) if verb == "is" else {}
            actors[name] = Actor(name, servers, ThreadBody if threads else TaskBody, **options)
        if verb == "is":
            continue
        done = getattr(actors[name], verb)(*words)
        if done:
            task = asyncio.ensure_future(done)
            doing.add(task)
            task.add_done_callback(doing.discard)
    await forget_all(actors)


asyncio.run(main())
