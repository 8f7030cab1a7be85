# SPDX-License-Identifier: Apache-2.0
"""pawld with sockets that were opened for it, as systemd does for pawld.socket: it is started with
them, serves on them, and who connects while it is restarted is answered afterwards."""

import os
import signal
import socket
import subprocess
import tempfile
import unittest

PAWLD = os.environ["PAWLD_PROGRAM"]
FIRST = 3
LONGEST = 60


def listening(host):
    made = socket.create_server((host, 0))
    made.settimeout(LONGEST)
    return made


class Manager:
    """What a service manager does: the sockets stay open here, whatever becomes of pawld."""

    def __init__(self, names, *options, host="127.0.0.1"):
        self.directory = tempfile.TemporaryDirectory()
        self.sockets = [listening(host) for _ in names]
        self.names = names
        self.options = options
        self.pawld = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pawld:
            with self.pawld:  # its pipe, too
                self.pawld.kill()
        for one in self.sockets:
            one.close()
        self.directory.cleanup()

    def start(self):
        # An address that is nobody's: whatever is served is served on what was handed over.
        words = [PAWLD, "--set", f"data_dir={self.directory.name}/data", "--set",
                 "listen.client=192.0.2.1:7295", "--set", "listen.http=none", "--set",
                 "log.format=text", "--set", "security.insecure=on", *self.options]
        # In a row from 3 on, and told to the very process that becomes pawld.
        row = " ".join(f"{FIRST + i}<&{one.fileno()}" for i, one in enumerate(self.sockets))
        self.pawld = subprocess.Popen(
            ["bash", "-c", f'LISTEN_PID=$$ exec "$@" {row}', "bash", *words],
            pass_fds=[one.fileno() for one in self.sockets], stderr=subprocess.PIPE, text=True,
            env={**os.environ, "LISTEN_FDS": str(len(self.sockets)),
                 "LISTEN_FDNAMES": ":".join(self.names)})

    def ended(self):
        _, said = self.pawld.communicate(timeout=LONGEST)
        return self.pawld.returncode, said

    def stop(self):
        self.pawld.send_signal(signal.SIGTERM)
        code, said = self.ended()
        if code != 0:
            raise AssertionError(said)
        return said

    def connect(self, which=0):
        return socket.create_connection(self.sockets[which].getsockname(), timeout=LONGEST)


def ask(connection, line):
    connection.sendall(line.encode() + b"\n")
    with connection.makefile() as replies:
        return replies.readline().rstrip("\n")


class Activation(unittest.TestCase):
    def test_serves_on_the_socket_in_place_of_the_address(self):
        with Manager(["client"]) as manager:
            manager.start()
            with manager.connect() as client:
                self.assertEqual(ask(client, "PING"), "OK pong")
            said = manager.stop()
        self.assertIn("in_place_of=listen.client", said)

    def test_a_connection_made_while_nobody_serves_is_answered_by_the_next(self):
        with Manager(["client"]) as manager:
            with manager.connect() as first:
                first.sendall(b"LOCK a ttl=1m\n")
                manager.start()
                with first.makefile() as replies:
                    self.assertEqual(replies.readline(), "OK token=1 ttl=60000\n")
            manager.stop()
            with manager.connect() as second:
                second.sendall(b"VERIFY a token=1\n")
                manager.start()
                with second.makefile() as replies:
                    self.assertTrue(replies.readline().startswith("OK ttl="))
            manager.stop()

    def test_a_socket_without_a_use_is_refused(self):
        for names, words in ((["client", "peer"], "'peer'"), (["client", "http"], "'http'"),
                             (["pawld.socket"], "'pawld.socket'")):
            with Manager(names) as manager:
                manager.start()
                code, said = manager.ended()
                self.assertEqual(code, 78, said)
                self.assertIn(words, said)

    def test_each_port_may_be_handed_over(self):
        with Manager(["http", "client"], "--set", "listen.http=192.0.2.1:7297") as manager:
            manager.start()
            with manager.connect(0) as looking:
                looking.sendall(b"GET /livez HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                with looking.makefile() as reply:
                    self.assertIn(" 200 ", reply.readline())
            with manager.connect(1) as client:
                self.assertEqual(ask(client, "PING"), "OK pong")
            manager.stop()

    def test_peers_meet_on_a_socket_that_was_handed_over(self):
        with Manager(["peer", "client"]) as one, Manager(["client", "peer"]) as other:
            peer = [manager.sockets[manager.names.index("peer")].getsockname()[1]
                    for manager in (one, other)]
            nodes = ", ".join(f"{{id: n{i + 1}, peer: '127.0.0.1:{port}', client: '127.0.0.1:{i + 1}'}}"
                              for i, port in enumerate(peer))
            for name, manager in (("n1", one), ("n2", other)):
                manager.options = ("--set", f"node={name}", "--set", "cluster.id=t", "--set",
                                   f"cluster.nodes=[{nodes}]", "--set", "listen.peer=192.0.2.1:7296")
                manager.start()
            with one.connect(1) as client:
                # Answered once one of the two is primary, which takes both.
                reply = ask(client, "LOCK a ttl=1m")
                while reply.startswith("ERR NO_QUORUM"):
                    reply = ask(client, "LOCK a ttl=1m")
            self.assertRegex(reply, "^(OK token=1 |ERR NOT_PRIMARY )")

    def test_a_socket_that_others_reach_is_refused_as_its_address_would_be(self):
        cluster = ("--set", "cluster.id=t", "--set", "node=n1", "--set",
                   "cluster.nodes=[{id: n1, peer: '127.0.0.1:1', client: '127.0.0.1:2'}, "
                   "{id: n2, peer: '127.0.0.1:3', client: '127.0.0.1:4'}]")
        for names, options, words in ((["client"], (), "everybody there could do everything"),
                                      (["peer"], cluster, "could pass for a node")):
            with Manager(names, *self.CLOSED, *options, host="0.0.0.0") as manager:
                manager.start()
                code, said = manager.ended()
                self.assertEqual(code, 78, said)
                self.assertIn(words, said)

    def test_a_reload_does_not_leave_such_a_socket_to_everybody(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("security: {users: [{name: ci, roles: [], secret_sha256: " + "0" * 64 + "}]}")
            file.flush()
            with Manager(["client"], *self.CLOSED, "-c", file.name, host="0.0.0.0") as manager:
                manager.start()
                with manager.connect() as client:
                    self.assertEqual(ask(client, "PING"), "OK pong")
                file.truncate(0)
                manager.pawld.send_signal(signal.SIGHUP)
                said = manager.pawld.stderr.readline()
                while "reloaded" not in said:
                    said = manager.pawld.stderr.readline()
                self.assertIn("not reloaded", said)
                with manager.connect() as client:
                    self.assertTrue(ask(client, "LOCK a").startswith("ERR UNAUTHENTICATED"))
                manager.stop()

    CLOSED = ("--set", "security.insecure=off", "--set", "listen.client=127.0.0.1:1", "--set",
              "listen.peer=127.0.0.1:5")


if __name__ == "__main__":
    unittest.main()
