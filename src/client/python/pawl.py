# SPDX-License-Identifier: Apache-2.0
"""Locks of pawl from Python: one file, the standard library, Python 3.10 or later.

    client = pawl.Client("10.0.0.1:7295,10.0.0.2:7295,10.0.0.3:7295")

    async with client.lock("jobs/nightly", ttl=30, wait=10) as lock:
        await write(fencing_token=lock.token)     # cancelled when the lock is lost; then LockLost

    with client.lock("jobs/nightly", ttl=30) as lock:
        write(fencing_token=lock.token)           # a thread cannot be stopped: ask lock.lost, or
        lock.raise_if_lost()                      # this; the end of the body does it in any case

    with client.session(ttl=10) as session, session.lock("a"), session.lock("b", wait=pawl.FOREVER):
        ...                                       # many locks, renewed as one; deadlocks are found

    trust = ssl.create_default_context(cafile="ca.pem")
    client = pawl.Client(servers, user="ci", secret=os.environ["PAWL_SECRET"], tls=trust)

The law: a lock is held until the TTL has passed, by the client's own clock, since the send of the
request that renewed it last, less a margin and the moment a body needs to stop. What was lost stays lost. A LOCK is asked again with its id, of any server, until one says yes or no. All this stops
your body, never the resource: that has to refuse a lower token. Times are seconds. Any thread may use
these objects; a thread of their own renews, so that a body may block its event loop.
"""

import asyncio
import contextlib
import math
import os
import random
import re
import ssl
import threading
import time
import uuid

__all__ = ["FOREVER", "Client", "Deadlock", "Forbidden", "Lock", "LockBusy", "LockLost",
           "PawlError", "Session", "Unauthenticated", "Unreachable"]
FOREVER = math.inf


class PawlError(Exception):
    """A lock or session that is not to be had; `code` is the protocol's, UNREACHABLE or LOST."""

    def __init__(self, code, message=""):
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code


class LockBusy(PawlError):
    """Others hold it, now (BUSY) or for the whole wait (TIMEOUT)."""


class Deadlock(PawlError):
    """The wait would never end: sessions wait for each other. The message names them."""


class Unreachable(PawlError):
    """No server said yes or no in time, or none that could be trusted. The message says why."""


class Unauthenticated(PawlError):
    """The server does not know this user, or the secret is not its own: it is not asked again."""


class Forbidden(PawlError):
    """The user may not do this; other locks go on."""


class LockLost(PawlError):
    """It was held, and is not any more; its cause is what a server refused, if that was why."""


def _error(code, message=""):
    kinds = {"BUSY": LockBusy, "TIMEOUT": LockBusy, "DEADLOCK": Deadlock, "LOST": LockLost,
             "UNREACHABLE": Unreachable, "UNAUTHENTICATED": Unauthenticated, "FORBIDDEN": Forbidden}
    return kinds.get(code, PawlError)(code, message)


class Client:
    """Knows the servers; each lock or session has a connection of its own. `timeout`: to reach a
    server at all, and for what is given back to be answered. `user` and `secret` are said first on
    each connection, in the clear where it is not TLS. `tls`: an ssl.SSLContext, which may carry a
    client certificate; or True, to trust whom the system trusts. The certificate must be for the
    host of the address, or for `server_hostname`."""

    def __init__(self, servers=None, timeout=5.0, *, user="", secret="", tls=None,
                 server_hostname=None):
        if servers is None:
            servers = os.environ.get("PAWL_SERVER", "127.0.0.1:7295")
        names = servers.replace(",", " ").split() if isinstance(servers, str) else servers
        self.servers, self.timeout = [_address(name) for name in names], timeout
        if not self.servers:
            raise ValueError("no server is named")
        self.first = 0  # who answered last is asked first
        self._auth = _auth_line(user, secret)
        self._tls = ssl.create_default_context() if tls is True else tls or None
        self._server_hostname = server_hostname

    async def _connect(self, host, port):
        hostname = self._tls and (self._server_hostname or host)
        return await asyncio.open_connection(host, port, ssl=self._tls, server_hostname=hostname)

    def lock(self, name, *, ttl=30.0, wait=0.0, **shape):
        """One lock, in a session of its own. `wait` 0: tried once. `shape`: mode="shared", or
        slots=5, how many may hold it at once; delay=, how long it is nobody's after an unclean loss;
        max_hold=, after how long it is taken back, renewed or not; note=, shown to others."""
        hold = _Hold(name, wait, _Shape(**shape))
        return Lock(hold, lambda: _Session(self, ttl, ""))

    def session(self, *, ttl=10.0, name="", on_disconnect="keep", deadlock=True):
        """Locks that live as long as it does. Threads that share one say deadlock=False: it counts
        as one line of work."""
        options = _line("", name=name, on_disconnect=on_disconnect,
                        deadlock="on" if deadlock else "off")
        return Session(_Session(self, ttl, options))


class _Body:
    """What `with` and `async with` share. The renewing thread begins, finishes and tells of a loss."""

    def __init__(self):
        self.lost = threading.Event()
        self._task = self._loop = None
        self._cancelled = self._entered = False

    def __enter__(self):
        self._enter()
        try:
            _submit(self._begin()).result()
        except BaseException:
            _submit(self._finish()).result()  # a grant that comes now would be nobody's
            raise
        return self

    def __exit__(self, kind, *_):
        _submit(self._finish()).result()
        if kind is None:
            self.raise_if_lost()

    async def __aenter__(self):
        self._enter()
        try:
            await asyncio.shield(asyncio.wrap_future(_submit(self._begin())))
        except BaseException:
            await asyncio.shield(asyncio.wrap_future(_submit(self._finish())))
            raise
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self.lost.is_set():
            self._cancel()
        return self

    async def __aexit__(self, kind, *_):
        task, self._task = self._task, None
        finishing = asyncio.wrap_future(_submit(self._finish()))
        try:
            await asyncio.shield(finishing)
        except asyncio.CancelledError:
            if not self._cancelled:
                raise
            kind = kind or asyncio.CancelledError  # ours, which found the body at its end
        # Whoever else cancelled the task, if anybody, goes first.
        is_ours = self._cancelled and getattr(task, "uncancel", int)() == 0
        if kind is None or kind is asyncio.CancelledError and is_ours:
            self.raise_if_lost()

    def _enter(self):
        if self._entered:
            raise RuntimeError(f"{self} is entered only once")
        self._entered = True

    def raise_if_lost(self):
        if self.state == "lost":
            raise LockLost("LOST", str(self)) from self._refusal()  # of its session, if so

    def _on_lost(self):
        self.lost.set()
        if loop := self._loop:
            with contextlib.suppress(RuntimeError):  # that loop is closed, and the body with it
                loop.call_soon_threadsafe(self._cancel)

    def _cancel(self):
        if self._task and not self._cancelled:
            self._cancelled = True
            self._task.cancel()


class Lock(_Body):
    """One acquisition. `lost` is set when it is lost. To be entered once."""

    def __init__(self, hold, make_session=None):
        super().__init__()
        self._hold, self._make_session = hold, make_session
        hold.on_lost = self._on_lost

    @property
    def token(self):
        """The fencing token of the grant; 0 before it."""
        return self._hold.token

    @property
    def state(self):
        """asking, held, unsure (not renewed in time, but held), lost, refused or released."""
        return self._hold.state()

    @property
    def valid_for(self):
        """For how many seconds it is certainly held; 0 where it is not."""
        is_held = self.state in ("held", "unsure")
        return max(0.0, self._hold.held_until() - now()) if is_held else 0.0

    def __str__(self):
        return f"lock {self._hold.name} token={self.token}"

    def _refusal(self):
        return self._hold.session.refusal

    def _begin(self):
        return self._hold.acquire(self._make_session)

    def _finish(self):
        return self._hold.release()


class Session(_Body):
    """Locks that are renewed as one, and lost as one when it is over."""

    def __init__(self, session):
        super().__init__()
        self._session = session
        session.on_lost = self._on_lost

    def lock(self, name, *, wait=0.0, **shape):
        """As Client.lock, without a TTL: that is the session's."""
        return Lock(_Hold(name, wait, _Shape(**shape), self._session))

    @property
    def state(self):
        """As of a Lock."""
        return self._session.state()

    @property
    def handle(self):
        """Its public name: s17."""
        return self._session.handle

    def __str__(self):
        return f"session {self.handle}"

    def _refusal(self):
        return self._session.refusal

    def _begin(self):
        return self._session.open()

    def _finish(self):
        return self._session.close()


# From here on all runs in the renewing thread.

_PATIENCE = 1.0  # with an answer that needs no wait
_PING_EVERY, _PING_PATIENCE = 1.0, 2.0  # the server keeps the place of a broken connection for 5 s
_ELSEWHERE = ("NOT_PRIMARY", "SHUTTING_DOWN", "NO_SESSION")  # not on this connection
_TIME_MAY_HELP = ("LIMIT", "DISK_FULL")
_UNKNOWN = ("NO_QUORUM", "INTERNAL")  # it may have taken effect: the same is asked again


class _Link:
    """One connection after the other to whoever is primary; requests are asked over as many as it
    takes."""

    def __init__(self, client, ttl):
        self.client, self.ttl = client, ttl
        self.reached = self.stopped = False
        self.trouble = ""  # of the connection that failed last
        self._up, self._writer, self._running = asyncio.Event(), None, None
        self._waiting, self._tags, self._attempts = {}, 0, 0
        self._server, self._primary = client.first, None

    def start(self):
        self._running = asyncio.ensure_future(self._connect_for_ever())
        asyncio.get_running_loop().call_later(
            self.client.timeout, lambda: self.reached or self.stop())

    def stop(self):
        self.stopped = True
        if self._running:
            self._running.cancel()
        self._drop()
        self._up.set()  # whoever waits for it learns that it is over

    async def ask(self, line, until=math.inf, patience=lambda asked: _PATIENCE):
        """The first answer that says yes or no; None at `until`, or when the link is stopped. `line`
        is called for each time it is asked."""
        asked = vain = 0
        while await _within(self._up.wait(), until - now()) and not self.stopped:
            asked += 1
            reply = await self._ask_once(line(), min(patience(asked - 1), until - now()))
            if reply is None:
                continue
            if reply.code in _ELSEWHERE or self._is_known_no_more(reply):
                self._leave(reply.fields.get("primary"))
            elif reply.code in _UNKNOWN:
                vain += 1
                if vain % 2 == 0:
                    self._leave()
                await asyncio.sleep(_longest_pause(self.ttl))
            else:
                self.client.first = self._server
                reply.asked = asked
                return reply
        return None

    async def _ask_once(self, line, patience):
        """None when the connection broke, or is left because nothing came."""
        if self._writer is None:
            return None
        sent, (tag, answer) = now(), self._send(line)
        reply = await _within(answer, patience)
        if reply:
            reply.sent = sent
        elif self._waiting.pop(tag, None):
            self._leave()
        return reply

    def _send(self, line):
        self._tags += 1
        tag, answer = f"t{self._tags}", asyncio.get_running_loop().create_future()
        self._waiting[tag] = answer
        self._writer.write(f"#{tag} {line}\n".encode())
        return tag, answer

    def _leave(self, primary=None):
        if self._writer:
            with contextlib.suppress(ValueError):
                self._primary = primary and _address(primary)
            self._drop()

    def _drop(self):
        self._up.clear()
        if self._writer:
            self._writer.transport.abort()
            self._writer = None
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_result(None)

    async def _connect_for_ever(self):
        pause = 0.0
        while True:
            servers, began = self.client.servers, now()
            server, self._primary = self._primary or servers[self._server], None
            self._server = servers.index(server) if server in servers else self._server
            attempt = min(self.client.timeout, 0.25 * 2 ** min(6, self._attempts // len(servers)))
            self._attempts += 1
            try:
                await self._connect(server, attempt)
            except (OSError, ValueError, asyncio.TimeoutError) as error:
                self.trouble = str(error) or self.trouble
            self._drop()
            if not self._primary:
                self._server = (self._server + 1) % len(servers)
            # What stood well is made anew at once; and not by all clients in the same moment.
            longest = min(0.05, _longest_pause(self.ttl)) if self.reached else 0.25
            pause = 0.0 if now() - began > 1 else min(longest, 2 * pause or 0.01)
            await asyncio.sleep(random.uniform(pause / 2, pause))

    async def _connect(self, server, attempt):
        """Until that connection is over. Each step on the way may take as long as the first."""
        reader, writer = await asyncio.wait_for(self.client._connect(*server), attempt)
        try:
            if await asyncio.wait_for(self._is_accepted(reader, writer), attempt):
                await self._serve(reader, writer)
        finally:
            writer.transport.abort()

    async def _is_accepted(self, reader, writer):
        """Nothing is asked of a server that does not agree to who asks."""
        if not self.client._auth:
            return True
        writer.write(f"#auth {self.client._auth}\n".encode())
        while line := await reader.readline():
            reply = _Reply(line.decode())
            if reply.code:
                self.trouble = str(reply.error())
            if reply.tag == "auth":
                if reply.code and reply.code not in _ELSEWHERE + _UNKNOWN + _TIME_MAY_HELP:
                    self._refuse(reply)
                return not reply.code
        return False

    def _is_known_no_more(self, reply):
        """Else whoever does not say who it is may not do this."""
        return reply.code == "UNAUTHENTICATED" and bool(self.client._auth)

    async def _serve(self, reader, writer):
        self._writer, heard = writer, now()
        self._send("EVENTS on")
        self._greet()
        self._up.set()
        while self._writer is writer:
            line = await _within(reader.readline(), _PING_EVERY)
            if line:
                heard = now()
                self._on_line(_Reply(line.decode()))
            elif line is not None or self._waiting and now() - heard > _PING_PATIENCE:
                return
            elif self._waiting:
                self._send("PING")

    def _on_line(self, reply):
        if reply.code and not reply.tag:  # why it will be closed
            self.trouble = str(reply.error())
            return None
        self.reached, self._attempts = True, 0
        if reply.kind == "EVENT":
            return self._on_event(reply)
        answer = self._waiting.pop(reply.tag, None)
        if answer and not answer.done():
            answer.set_result(reply)


class _Session(_Link):
    """A session, and what it holds."""

    def __init__(self, client, ttl, options):
        super().__init__(client, ttl)
        self.phase, self.refusal, self.on_lost = "asking", None, lambda: None
        self.held_until = self._renew_at = -math.inf
        self.holds, self.handle, self.lost_tokens = set(), "", set()
        self._secret, self._options = uuid.uuid4().hex, options
        self._opened, self._wake, self._renewing = asyncio.Event(), asyncio.Event(), None
        self._asking = set()

    async def open(self):
        self.start()
        await self._opened.wait()
        if self.phase != "held":
            raise self.refusal or self.unreachable()

    def unreachable(self):
        return _error("UNREACHABLE", f"no server answers{self.trouble and ': '}{self.trouble}")

    async def close(self, seconds=None):
        """Gives back all it holds, and ends its waits. True if a server has said so."""
        if self.state() == "lost":
            self.lose()
        before = self.phase
        if before in ("asking", "held"):
            self.phase = "released"
        until = min(now() + (seconds or self.client.timeout),
                    self.held_until if before == "held" else math.inf)
        reply = None if self.stopped else await self.ask(lambda: "CLOSE", until)
        for hold in list(self.holds):
            hold.end("released")
        self.stop()
        return reply is not None

    def stop(self):
        super().stop()
        self._opened.set()
        if self._renewing:
            self._renewing.cancel()

    def state(self):
        if self.phase != "held":
            return self.phase
        if now() >= self.held_until:
            return "lost"
        return "unsure" if now() > self._renew_at + _patience(self.ttl, 0) else "held"

    def lose(self):
        was_held = self.phase == "held"
        self.phase = {"held": "lost", "asking": "refused"}.get(self.phase, self.phase)
        self.stop()
        for hold in list(self.holds):
            hold.end("lost")
        if was_held:
            self.on_lost()

    def see_through(self, asking):
        """For as long as it lives, whoever waits for it."""
        task = asyncio.ensure_future(asking)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return asyncio.shield(task)

    def _greet(self):
        """What makes a new connection the session's; what is asked after it need not wait for it."""
        line = f"RESUME {self._secret}" if self._opened.is_set() else _line(
            "OPEN", ttl=self.ttl, id=self._secret) + self._options
        sent, (_, answer) = now(), self._send(line)
        answer.add_done_callback(lambda done: self._on_greeted(sent, done.result()))

    def _on_greeted(self, sent, reply):
        if reply is None or self.stopped:
            return
        if reply.code in _ELSEWHERE + _UNKNOWN or self._is_known_no_more(reply):
            return self._leave(reply.fields.get("primary"))
        if not reply.ttl:
            return self._refuse(reply)
        self._extend(sent, reply.ttl)
        self.handle = reply.fields.get("handle", "")
        if self._opened.is_set():
            self._wake.set()
            for hold in self.holds:
                self.see_through(hold.verify())
        elif self.phase == "asking":
            self.phase, self._renewing = "held", asyncio.ensure_future(self._renew_for_ever())
        self._opened.set()

    def _refuse(self, reply):
        self.refusal = self.refusal or reply.error()
        self.lose()

    def _extend(self, sent, ttl):
        self.held_until = max(self.held_until, _end_of(sent, ttl))
        self._renew_at = sent + min(60.0, max(ttl / 4 - _margin(ttl), ttl / 10))

    async def _renew_for_ever(self):
        while True:
            while (left := self._renew_at - now()) > 0 and not self._wake.is_set():
                # A second at most: a timer does not count the time that a machine is suspended.
                await _within(self._wake.wait(), min(left, 1.0))
            self._wake.clear()
            reply = await self.ask(lambda: "KEEPALIVE", self.held_until,
                                   lambda asked: _patience(self.ttl, asked))
            if reply and reply.ttl:
                self._extend(reply.sent, reply.ttl)
                for hold in [hold for hold in self.holds if hold.is_bounded]:
                    self.see_through(hold.verify())
            elif reply and reply.code != "SESSION_EXPIRED":
                await asyncio.sleep(_longest_pause(self.ttl))
            elif reply or now() >= self.held_until:  # a RESUME may have moved it meanwhile
                return self.lose()

    def _on_event(self, event):
        if event.fields.get("session") == self.handle:
            return self.lose()
        if token := event.token:
            self.lost_tokens.add(token)  # it may come before the grant is taken in
            for hold in [hold for hold in self.holds if hold.token == token]:
                hold.end("lost")


class _Hold:
    """One acquisition of one lock."""

    def __init__(self, name, wait, shape, session=None):
        self.name, self.session, self.token = name, session, 0
        self.is_bounded = shape.max_hold > 0
        # By max_hold, as far as a server has said: for the body, and for others.
        self._until = self._over_at = -math.inf if self.is_bounded else math.inf
        self._wait, self._options, self._is_alone = wait, shape.line(), session is None
        self._id, self._phase, self._acquiring = str(uuid.uuid4()), "asking", None
        self._wait_until, self._is_doubtful, self._is_given_up = 0.0, False, False
        self.on_lost = lambda: None

    def state(self):
        if self._phase != "held":
            return self._phase
        return self.session.state() if now() < self._until else "lost"

    def held_until(self):
        return min(self.session.held_until, self._until)

    async def acquire(self, make_session):
        self._wait_until, self._acquiring = now() + self._wait, asyncio.current_task()
        try:
            while not await self._acquire(make_session):
                await asyncio.sleep(0.25)
        finally:
            self._acquiring = None

    async def _acquire(self, make_session):
        """False where another session may do better."""
        self._phase = "asking"
        if self._is_alone:
            was_reached = self.session is not None and self.session.reached
            self.session = make_session()
            self.session.reached = was_reached
            self.session.start()
        try:
            if not re.fullmatch(r'[^\x00-\x20\x7f-\x9f"=,]+', self.name):
                raise _error("BAD_REQUEST", "not a lock name")
            await self._ask_for_it()
            return True
        except PawlError as error:
            self._phase = "refused"
            is_certain = await self._withdraw(_PATIENCE)
            if self._may_try_again(error.code):
                return False
            if error.code == "TIMEOUT" and not is_certain:
                raise _error("UNREACHABLE", "nobody confirms that it is not granted") from None
            if self._is_alone and error.code == "SESSION_EXPIRED":
                raise _error("TIMEOUT") from None  # nobody asked for a session
            raise
        except asyncio.CancelledError:
            self._phase = "released"
            await self._withdraw(self.session.client.timeout)
            raise

    def _may_try_again(self, code):
        may_help = self._is_alone and code in ("SESSION_EXPIRED", *_TIME_MAY_HELP)
        return may_help and now() < self._wait_until and not self._is_given_up

    async def _ask_for_it(self):
        session, cancelled_at_once = self.session, 0
        self._is_doubtful = True  # a LOCK may be on its way
        until = max(self._wait_until + _PATIENCE, now() + session.client.timeout)
        while True:
            reply = await session.ask(self._line, until, lambda asked: math.inf)
            if reply is None:
                raise self._why_none()
            self._is_doubtful = reply.asked > 1 and reply.code != "TIMEOUT"
            may_wait = now() < self._wait_until
            if reply.token:
                return await self._take(reply)
            # Once is no proof: a server that closes cancels the waits of those it leaves.
            cancelled_at_once += reply.code == "CANCELLED" and now() - reply.sent < 0.2
            if reply.code in _TIME_MAY_HELP and may_wait:
                await asyncio.sleep(0.25)
            elif reply.code != "CANCELLED" or cancelled_at_once > 1:
                raise reply.error()

    def _line(self):
        left = max(0.0, self._wait_until - now())
        return _line(f"LOCK {self.name}", wait=left, id=self._id) + self._options

    def _why_none(self):
        session = self.session
        if session.refusal:
            return session.refusal
        if session.phase == "lost":
            return _error("SESSION_EXPIRED")
        return _error("TIMEOUT") if session.reached else session.unreachable()

    async def _take(self, reply):
        self.token = reply.token
        self._bound(reply)
        if self.is_bounded and now() - reply.sent > reply.ttl / 3:
            self._is_doubtful = True
            await self.verify()  # granted after a wait: what does max_hold leave?
        if self.session.phase != "held":
            raise _error("SESSION_EXPIRED")
        self._phase = "held"
        self.session.holds.add(self)
        if self.token in self.session.lost_tokens:
            self.end("lost")
        elif self.is_bounded:
            self.session.see_through(self._watch_clock())

    def _bound(self, reply):
        if self.is_bounded and reply.ttl:
            self._until = max(self._until, _end_of(reply.sent, reply.ttl))
            self._over_at = max(self._over_at, reply.sent + reply.ttl)

    async def _watch_clock(self):
        while self._phase == "held" and (left := self._until - now()) > 0:
            await asyncio.sleep(min(left, 1.0))
        if self._leave("lost"):
            await asyncio.sleep(self._over_at - now())  # the body may not have stopped yet
            if self._is_alone:
                await self.session.close()

    async def _withdraw(self, seconds):
        """What may still wait or hold is given up; a session of its own ends with it. True if it
        certainly does neither."""
        if self._is_alone:
            return await self.session.close(seconds) or not self._is_doubtful
        if not self._is_doubtful:
            return True
        return await _within(self.session.see_through(self._cancel()), seconds) is not None

    async def _cancel(self):
        reply = await self.session.ask(lambda: f"CANCEL {self.name} id={self._id}")
        return await self._unlock(reply.token) if reply and reply.token else reply

    async def release(self):
        """Gives back what is held, and gives up what is not granted yet."""
        self._is_given_up = True
        if acquiring := self._acquiring:
            if self._phase == "asking":
                acquiring.cancel()
            await asyncio.wait([acquiring])
        state, was_lost = self.state(), self._phase == "lost"
        self.end("released" if state in ("held", "unsure") else state)
        if self._is_alone and self.session:
            closing = self.session.see_through(self.session.close())
            if not was_lost:  # else there is nothing to wait for
                await closing
        elif state in ("held", "unsure"):
            unlocking = self.session.see_through(self._unlock(self.token))
            await _within(unlocking, self.session.client.timeout)

    async def _unlock(self, token):
        return await self.session.ask(lambda: f"UNLOCK {self.name} token={token}")

    async def verify(self):
        """A LOST that was told to the broken connection is found by asking; so is what max_hold
        leaves."""
        reply = await self.session.ask(lambda: f"VERIFY {self.name} token={self.token}",
                                       self.session.held_until)
        if reply and reply.code == "NOT_HELD":
            self._until = -math.inf
            self.end("lost")
        elif reply:
            self._bound(reply)

    def end(self, phase):
        if self._leave(phase) and phase == "lost" and self._is_alone:
            self.session.see_through(self.session.close())

    def _leave(self, phase):
        """False: it was not held any more."""
        if self.session:
            self.session.holds.discard(self)
        if self._phase != "held":
            return False
        self._phase = phase
        if phase == "lost":
            self.on_lost()
        return True


class _Reply:
    """One line from a server: [#tag] OK or ERR CODE or EVENT KIND, then key=value."""

    def __init__(self, line):
        words = re.findall(r'[^\s="]+="(?:\\.|[^"\\])*"|\S+', line)
        self.tag = words.pop(0)[1:] if words and words[0].startswith("#") else ""
        self.kind = words[0] if words else ""
        self.code = words[1] if self.kind == "ERR" and len(words) > 1 else ""
        self.fields = {key: _unquoted(value) for key, _, value in
                       (word.partition("=") for word in words)}
        self.token = int(self.fields.get("token", 0)) if self.kind != "ERR" else 0
        self.ttl = int(self.fields.get("ttl", 0)) / 1000 if self.kind == "OK" else 0.0
        self.sent, self.asked = 0.0, 0

    def error(self):
        return _error(self.code, self.fields.get("msg") or self.fields.get("cycle") or "")


class _Shape:
    def __init__(self, mode="exclusive", slots=0, delay=0.0, max_hold=0.0, note=""):
        self.max_hold = max_hold
        self._options = {"mode": "slot" if slots else mode, "slots": slots, "delay": delay,
                         "max_hold": max_hold, "note": note}

    def line(self):
        return _line("", **self._options)


def _line(verb, **options):
    """A request. Times become milliseconds; what is empty or zero is the server's to choose."""
    for key, value in options.items():
        if key in ("ttl", "wait", "delay", "max_hold"):
            value = "forever" if value == FOREVER else math.ceil(value * 1000)
        if value or key == "wait":
            verb += f" {key}={_quoted(str(value))}"
    return verb


def _auth_line(user, secret):
    if not user and not secret:
        return ""
    for what, word in (("user", user), ("secret", secret)):
        if not re.fullmatch(r'[^\x00-\x20\x7f-\x9f"=]+', word):
            raise ValueError(f"the {what} is not one word without blanks, quotes and =")
    return f"AUTH {user} {secret}"


def _quoted(value):
    if re.fullmatch(r'[^\x00-\x20\x7f-\x9f"]+', value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _unquoted(value):
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _margin(ttl):
    return max(min(0.05, ttl / 5), ttl / 100)


def _end_of(sent, ttl):
    """By when a body must have stopped."""
    return sent + ttl - _margin(ttl) - min(ttl / 20, 0.1)


def _patience(ttl, asked):
    """With a renewal, longer each time: where the way is long, some answer must be awaited."""
    first = max(0.02, min(ttl / 20, 1.0))
    return min(max(first, min(ttl / 5, 1.0)), first * 2 ** min(asked, 6))


def _longest_pause(ttl):
    return min(0.25, max(0.002, ttl / 50))


def _address(text):
    host, port = re.fullmatch(r"(.*?)(?::(\d+))?", text).groups()
    if not host or not 0 < int(port or 7295) < 65536:
        raise ValueError(f"not a server's address: {text!r}")
    return host.strip("[]"), int(port or 7295)


async def _within(waited, seconds):
    """None when it takes longer."""
    waited = asyncio.ensure_future(waited)
    try:
        await asyncio.wait([waited], timeout=None if seconds == math.inf else max(0, seconds))
        return waited.result() if waited.done() else None
    finally:
        waited.cancel()


_CLOCKS = [getattr(time, name) for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC_RAW")
           if hasattr(time, name)]
_clock_lock, _elapsed, _last = threading.Lock(), 0.0, None


def now():
    """Of two clocks the larger elapsed: one counts while the machine is suspended, the other is not
    slewed."""
    global _elapsed, _last
    with _clock_lock:
        readings = [time.clock_gettime(clock) for clock in _CLOCKS] or [time.monotonic()]
        _elapsed += max([0.0] + [one - other for one, other in zip(readings, _last or readings)])
        _last = readings
        return _elapsed


_renewing_loop, _loop_lock = None, threading.Lock()


def _submit(coroutine):
    """Runs it in the renewing thread, which is started by the first."""
    global _renewing_loop
    with _loop_lock:
        if _renewing_loop is None:
            _renewing_loop = asyncio.new_event_loop()
            threading.Thread(target=_renewing_loop.run_forever, name="pawl", daemon=True).start()
    return asyncio.run_coroutine_threadsafe(coroutine, _renewing_loop)


def _forget_loop():
    """A forked child has no such thread, and holds nothing."""
    global _renewing_loop
    _renewing_loop = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_loop)
