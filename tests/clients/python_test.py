# SPDX-License-Identifier: Apache-2.0
"""What pawl.py promises to Python alone: how a loss, a cancellation and an error meet in a body."""

import asyncio
import json
import multiprocessing
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "src" / "client" / "python"))
import pawl  # noqa: E402

PAWLD = os.environ.get("PAWLD", str(TREE / "build" / "release" / "pawld"))


class Test(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        settings = {"listen.client": "127.0.0.1:0", "listen.http": "127.0.0.1:0",
                    "data_dir": cls.directory.name}
        cls.daemon = subprocess.Popen(
            [PAWLD, *(f"--set={key}={value}" for key, value in settings.items())],
            env={key: value for key, value in os.environ.items() if not key.startswith("PAWL_")},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        listening = next(line for line in map(json.loads, cls.daemon.stdout)
                         if line["msg"] == "listening")
        cls.server = listening["client"]

    @classmethod
    def tearDownClass(cls):
        cls.daemon.kill()
        cls.daemon.wait()
        cls.daemon.stdout.close()
        cls.directory.cleanup()

    def setUp(self):
        self.client = pawl.Client(self.server)
        self.name = f"test/{self.id()}"

    def ask(self, line):
        host, port = self.server.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(line.encode() + b"\n")
            return connection.makefile().readline().strip()

    def shown(self):
        return json.loads(self.ask(f"SHOW {self.name}")[3:])

    def break_it(self, lock):
        self.assertEqual(self.ask(f'BREAK {self.name} token={lock.token} reason="a test"'), "OK")

    async def test_a_body_is_cancelled_by_the_loss_and_lock_lost_comes_out(self):
        with self.assertRaises(pawl.LockLost):
            async with self.client.lock(self.name) as lock:
                self.break_it(lock)
                await asyncio.sleep(60)
        self.assertEqual(lock.state, "lost")
        self.assertEqual(getattr(asyncio.current_task(), "cancelling", int)(), 0)

    async def test_a_cancellation_by_somebody_else_stays_one_and_gives_the_lock_back(self):
        began = asyncio.Event()

        async def body():
            async with self.client.lock(self.name):
                began.set()
                await asyncio.sleep(60)

        task = asyncio.create_task(body())
        await began.wait()
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual(self.shown()["holders"], [])

    async def test_a_timeout_around_a_wait_leaves_the_queue_before_it_comes_out(self):
        async with self.client.lock(self.name):
            with self.assertRaises(asyncio.TimeoutError):
                waiting = self.client.lock(self.name, wait=pawl.FOREVER)
                await asyncio.wait_for(waiting.__aenter__(), 0.3)
            self.assertEqual(self.shown()["waiters"], [])

    async def test_an_error_of_the_body_comes_out_even_if_the_lock_is_lost(self):
        with self.assertRaises(ZeroDivisionError):
            async with self.client.lock(self.name) as lock:
                self.break_it(lock)
                try:
                    await asyncio.sleep(60)
                finally:
                    1 / 0

    async def test_a_body_that_swallows_its_cancellation_is_told_at_its_end(self):
        with self.assertRaises(pawl.LockLost):
            async with self.client.lock(self.name) as lock:
                self.break_it(lock)
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    pass

    async def test_a_body_that_blocks_its_event_loop_keeps_its_lock(self):
        async with self.client.lock(self.name, ttl=0.4) as lock:
            time.sleep(1.2)
            self.assertEqual(lock.state, "held")
            self.assertTrue(self.ask(f"VERIFY {self.name} token={lock.token}").startswith("OK"))

    async def test_the_body_under_a_session_is_cancelled_when_the_session_is_over(self):
        with self.assertRaises(pawl.LockLost):
            async with self.client.session(ttl=0.5, name="worker 7") as session:
                async with session.lock(self.name):
                    pass
                secret = session._session._secret
                self.ask(f"RESUME {secret}\nCLOSE")
                await asyncio.sleep(60)

    async def test_the_loss_of_a_session_comes_out_of_what_was_entered_first(self):
        with self.assertRaisesRegex(pawl.LockLost, "session s"):
            async with self.client.session() as session, session.lock(self.name):
                self.ask(f"RESUME {session._session._secret}\nCLOSE")
                await asyncio.sleep(60)
        self.assertEqual(getattr(asyncio.current_task(), "cancelling", int)(), 0)

    async def test_a_lock_that_was_taken_away_leaves_no_session_behind(self):
        lock = self.client.lock(self.name)
        with self.assertRaises(pawl.LockLost):
            async with lock:
                self.break_it(lock)
                await asyncio.sleep(60)
        self.await_gone(lock)

    def test_a_thread_is_told_of_a_loss(self):
        lock = self.client.lock(self.name)
        with self.assertRaises(pawl.LockLost):
            with lock:
                self.break_it(lock)
                self.assertTrue(lock.lost.wait(5))
                self.assertEqual(lock.valid_for, 0)
                self.await_gone(lock)  # though the body goes on

    def await_gone(self, lock):
        deadline = time.monotonic() + 5
        while f'"{lock._hold.session.handle}"' in self.ask("SESSIONS limit=1000"):
            self.assertLess(time.monotonic(), deadline)

    def test_a_lock_that_was_given_back_leaves_no_session_behind(self):
        with self.client.lock(self.name) as lock:
            pass
        self.await_gone(lock)

    def test_an_interrupted_wait_leaves_the_queue(self):
        def interrupt(*_):
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            with self.client.lock(self.name):
                signal.setitimer(signal.ITIMER_REAL, 0.3)
                with self.assertRaises(KeyboardInterrupt):
                    self.client.lock(self.name, wait=pawl.FOREVER).__enter__()
                self.assertEqual(self.shown()["waiters"], [])
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_one_client_serves_many_threads(self):
        counts, tokens = [0], []

        def work():
            for _ in range(5):
                with self.client.lock(self.name, wait=30) as lock:
                    before = counts[0]
                    time.sleep(0.001)
                    counts[0] = before + 1
                    tokens.append(lock.token)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(counts[0], 40)
        self.assertEqual(tokens, sorted(set(tokens)))

    def test_a_name_cannot_carry_a_second_request(self):
        for name in ("", "a b", "a\nBREAK x", "a=b", 'a"b', "a,b", "x" * 256):
            with self.assertRaises(pawl.PawlError) as raised:
                with self.client.lock(name):
                    pass
            self.assertEqual(raised.exception.code, "BAD_REQUEST")

    def test_what_is_no_address_is_refused_before_anything_is_asked(self):
        for servers in ([], ",", ":7295", "host:65536", "host:0"):
            with self.assertRaises(ValueError):
                pawl.Client(servers)
        self.assertEqual(pawl.Client("a, b:1 [::1]:2").servers,
                         [("a", 7295), ("b", 1), ("::1", 2)])

    def test_a_note_is_shown_as_it_was_given(self):
        note = 'web-3 said: "C:\\new"\nand more'
        with self.client.lock(self.name, note=note):
            self.assertEqual(self.shown()["holders"][0]["note"], note)

    def test_a_lock_is_entered_only_once(self):
        with self.client.lock(self.name) as lock:
            with self.assertRaises(RuntimeError):
                lock.__enter__()
            self.assertEqual(lock.state, "held")
        with self.assertRaises(RuntimeError):
            lock.__enter__()

    def test_a_forked_child_locks_by_itself(self):
        with self.client.lock(self.name) as lock:
            child = multiprocessing.get_context("fork").Process(target=self.in_a_child)
            child.start()
            child.join(10)
            self.assertEqual(child.exitcode, 0)
            self.assertEqual(lock.state, "held")

    def in_a_child(self):
        with self.client.lock(self.name + "/of-the-child"):
            os._exit(0)


if __name__ == "__main__":
    unittest.main()
