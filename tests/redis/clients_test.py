# SPDX-License-Identifier: Apache-2.0
"""Real Redis clients against a real pawld, as REDIS.md promises. Run by Debian's own Python, whose
redis package it is; `./dev test` installs the clients."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

import redis

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "bench"))

from servers import Pawld, PawldCluster

MODULES = pathlib.Path(os.environ["NODE_PATH"])
HIREDIS_CLIENT = os.environ["HIREDIS_CLIENT"]


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=120, **options)


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Pawld())
        cls.port = cls.server.port

    def cli(self, *words):
        done = run("redis-cli", "-p", self.port, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def ends_well(self, *command):
        done = run(*command)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_redis_cli(self):
        for version in ("-2", "-3"):
            self.assertEqual(self.cli(version, "SET", "cli", "me", "NX", "PX", "60000"), "OK")
            self.assertEqual(self.cli(version, "SET", "cli", "you", "NX", "PX", "60000"), "")
            self.assertEqual(self.cli(version, "GET", "cli"), "me")
            self.assertEqual(self.cli(version, "DELEX", "cli", "IFEQ", "you"), "0")
            self.assertEqual(self.cli(version, "DELEX", "cli", "IFEQ", "me"), "1")
        token, ttl = self.cli("LOCK", "cli", "ttl=30s").split()
        self.assertEqual(ttl, "30000")
        self.assertEqual(self.cli("UNLOCK", "cli", "TOKEN", token), "OK")

    def test_redis_cli_as_a_shell(self):
        done = run("redis-cli", "-p", self.port, input="SET shell me NX PX 60000\nTTL shell\n")
        self.assertEqual(done.stdout.split(), ["OK", "60"])

    def test_redis_benchmark(self):
        for command in (["-t", "ping_mbulk"], ["-P", "16", "-r", "1000000", "SET", "__rand_int__",
                                               "v", "NX", "PX", "1000"]):
            said = self.ends_well("redis-benchmark", "-p", self.port, "-n", 20000, "-q", *command)
            self.assertIn("requests per second", said)

    def test_hiredis(self):
        self.assertEqual(self.ends_well(HIREDIS_CLIENT, self.port), "hiredis: ok\n")

    def test_node_clients(self):
        for script in ("ioredis_locks.js", "node_redis.js"):
            with self.subTest(script):
                self.assertIn("ok", self.ends_well("node", HERE / script, self.port))

    def test_unknown_scripts_are_told_apart(self):
        client = redis.Redis(port=self.port)
        with self.assertRaisesRegex(redis.ResponseError, "unsupported script .sha [0-9a-f]{40}"):
            client.eval("return redis.call('flushall')", 0)


class RedisPyLock(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Pawld())

    def setUp(self):
        self.client = redis.Redis(port=self.server.port)
        self.addCleanup(self.client.close)

    def test_extend_reacquire_and_release(self):
        lock = self.client.lock("py/a", timeout=2)
        self.assertTrue(lock.acquire())
        self.assertTrue(lock.owned())
        self.assertTrue(lock.extend(5))
        self.assertGreater(self.client.pttl("py/a"), 6000)
        self.assertTrue(lock.extend(5, replace_ttl=True))
        self.assertLessEqual(self.client.pttl("py/a"), 5000)
        self.assertTrue(lock.reacquire())
        self.assertLessEqual(self.client.pttl("py/a"), 2000)
        lock.release()
        self.assertIsNone(self.client.get("py/a"))

    def test_contention_and_a_wrong_owner(self):
        lock, other = (self.client.lock("py/b", timeout=30) for _ in range(2))
        self.assertTrue(lock.acquire())
        self.assertFalse(other.acquire(blocking=False))
        self.assertFalse(other.acquire(blocking_timeout=0.2))
        for change in (other.release, other.reacquire, lambda: other.extend(9)):
            other.local.token = b"not the owner"
            with self.assertRaises(redis.exceptions.LockNotOwnedError):
                change()
        self.assertTrue(lock.owned())
        lock.release()
        self.assertTrue(other.acquire(blocking=False))

    def test_expiry(self):
        lock, other = (self.client.lock("py/c", timeout=0.3) for _ in range(2))
        self.assertTrue(lock.acquire())
        self.assertTrue(other.acquire(blocking_timeout=5))
        with self.assertRaises(redis.exceptions.LockNotOwnedError):
            lock.release()
        self.assertTrue(other.owned())

    def test_a_lock_without_a_ttl_ends_all_the_same(self):
        self.assertTrue(self.client.lock("py/d").acquire())
        self.assertTrue(0 < self.client.pttl("py/d") <= 3_600_000)
        self.assertEqual(self.client.info()["missing_ttl"], 1)

    def test_the_owner_has_a_fencing_token_that_rises(self):
        tokens = []
        for _ in range(3):
            with self.client.lock("py/e", timeout=5) as lock:
                tokens.append(self.client.execute_command("FENCE", "py/e", lock.local.token))
        self.assertEqual(tokens, sorted(set(tokens)))


class Failover(unittest.TestCase):
    def test_the_owner_is_known_to_the_next_primary(self):
        with PawldCluster() as cluster:
            redis.Redis(port=cluster.port).set("f/a", "me", nx=True, px=60_000)
            line = run("nc", "-q1", "127.0.0.1", cluster.port, input="HANDOVER\n").stdout
            self.assertEqual(line, "OK\n")
            primary = self.next_primary(cluster)
            self.assertEqual(primary.get("f/a"), b"me")
            self.assertEqual(primary.execute_command("DELIFEQ", "f/a", "you"), 0)
            self.assertEqual(primary.execute_command("DELIFEQ", "f/a", "me"), 1)
            with self.assertRaisesRegex(redis.exceptions.ReadOnlyError, "primary=127.0.0.1:"):
                redis.Redis(port=cluster.port).set("f/b", "me", nx=True, px=60_000)

    def next_primary(self, cluster):
        for _ in range(100):
            try:
                redis.Redis(port=cluster.port).get("f/a")
            except redis.exceptions.ReadOnlyError as refused:
                said = str(refused)
                if "primary=" in said:
                    return redis.Redis(port=int(said.rsplit(":", 1)[1]))
            time.sleep(0.1)
        return self.fail("no other primary within ten seconds")


class ForwardingCluster(PawldCluster):
    """`client_ports` are those of all its nodes."""

    def commands(self, directory, ports):
        self.client_ports = ports[:self.nodes]
        return [command + ["--set", "resp.forward=on"]
                for command in super().commands(directory, ports)]


class Forwarding(unittest.TestCase):
    def test_any_node_serves_who_cannot_follow(self):
        with ForwardingCluster() as cluster:
            clients = [redis.Redis(port=port) for port in cluster.client_ports]
            for client in clients:
                self.assertEqual(client.info()["role"], "master")
            lock = clients[0].lock("fw/a", timeout=30)
            self.assertTrue(lock.acquire())
            for client in clients:
                self.assertEqual(client.get("fw/a"), lock.local.token)
                self.assertFalse(client.lock("fw/a", timeout=30).acquire(blocking=False))
            lock.release()
            self.check_pipelines(clients)

    def check_pipelines(self, clients):
        value = "v" * 500
        for number, client in enumerate(clients):
            pipeline = client.pipeline(transaction=False)
            for i in range(5000):
                pipeline.set(f"fw/{number}/{i}", value, nx=True, px=60_000)
                pipeline.get(f"fw/{number}/{i}")
            self.assertEqual(set(pipeline.execute()), {True, value.encode()})

    def test_after_a_handover_each_client_comes_to_the_next_primary_by_itself(self):
        with ForwardingCluster() as cluster:
            clients = [redis.Redis(port=port) for port in cluster.client_ports]
            clients[0].set("fw/b", "me", nx=True, px=60_000)
            for client in clients:
                self.assertEqual(client.get("fw/b"), b"me")
            line = run("nc", "-q1", "127.0.0.1", cluster.port, input="HANDOVER\n").stdout
            self.assertEqual(line, "OK\n")
            for client in clients:
                self.assertEqual(self.ask_until_served(client), b"me")

    def ask_until_served(self, client):
        for _ in range(100):
            try:
                return client.get("fw/b")
            except (redis.exceptions.ReadOnlyError, redis.exceptions.ConnectionError):
                time.sleep(0.1)
        return self.fail("not served within ten seconds")


class GuardedForwardingCluster(ForwardingCluster):
    def commands(self, directory, ports):
        digest = hashlib.sha256(b"s3cret").hexdigest()
        return [command + ["--set", "security.roles=[{name: own, lock: [ci/]}]", "--set",
                           f"security.users=[{{name: ci, secret_sha256: {digest}, roles: [own]}}]"]
                for command in super().commands(directory, ports)]


class Guarded(unittest.TestCase):
    def test_any_node_passes_on_who_asks_and_keeps_whoever_was_known(self):
        with GuardedForwardingCluster() as cluster:
            clients = [redis.Redis(port=port, username="ci", password="s3cret",
                                   single_connection_client=True)
                       for port in cluster.client_ports]
            for number, client in enumerate(clients):
                self.assertTrue(client.set(f"ci/{number}", "me", nx=True, px=60_000))
                with self.assertRaises(redis.exceptions.NoPermissionError):
                    client.set("other", "me", nx=True, px=60_000)
            for port in cluster.client_ports:
                with self.assertRaisesRegex(redis.exceptions.RedisError, "WRONGPASS|invalid"):
                    redis.Redis(port=port, username="ci", password="wrong").get("ci/0")
                with self.assertRaisesRegex(redis.exceptions.RedisError, "AUTH user secret first"):
                    redis.Redis(port=port).get("ci/0")
            self.check_stays(clients)

    def check_stays(self, clients):
        """A stranger has ten seconds to say who it is; these have said."""
        sockets = [client.connection._sock for client in clients]
        end = time.monotonic() + 11
        while time.monotonic() < end:
            for number, client in enumerate(clients):
                self.assertEqual(client.get(f"ci/{number}"), b"me")
            time.sleep(0.5)
        self.assertEqual([client.connection._sock for client in clients], sockets)


if __name__ == "__main__":
    for tool in ("redis-cli", "redis-benchmark", "node", HIREDIS_CLIENT):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is missing: ./dev test installs what this needs")
    if not (MODULES / "redlock5").exists():
        sys.exit(f"{MODULES} lacks the npm clients: ./dev test installs them")
    unittest.main()
