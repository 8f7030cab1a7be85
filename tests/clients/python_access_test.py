# SPDX-License-Identifier: Apache-2.0
"""Who a client says it is, and whom it believes: pawl.py before servers whose answers a test
writes."""

import asyncio
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "src" / "client" / "python"))
import pawl  # noqa: E402

SECRET = "s3cr3t-of-ci"
ANSWERS = {"AUTH": "OK user=ci", "EVENTS": "OK", "OPEN": "OK session=x handle=s1 ttl=10000",
           "RESUME": "OK session=x handle=s1 ttl=10000", "KEEPALIVE": "OK ttl=10000",
           "LOCK": "OK token=7 ttl=10000", "VERIFY": "OK ttl=10000", "UNLOCK": "OK",
           "CLOSE": "OK released=0"}
UNAUTHENTICATED = 'ERR UNAUTHENTICATED msg="no such user, or not its secret"'


class Fake:
    """`heard`: the lines of each connection. `answers`: what a verb, or a verb and its first word,
    is answered; None: nothing."""

    def __init__(self, context=None):
        self.heard, self.answers, self.peers = [], dict(ANSWERS), []
        self._context, self._connections = context, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                self.peers.append(connection.getpeercert())
            lines = []
            self._connections.append(connection)
            self.heard.append(lines)
            for line in connection.makefile():
                tag, verb, *words = line.split()
                lines.append(line.removeprefix(tag).strip())
                answer = self.answers.get(" ".join([verb, *words[:1]]), self.answers.get(verb))
                if answer is not None:
                    connection.sendall(f"{tag} {answer}\n".encode())
        except (OSError, ValueError):
            pass  # it left, or did not speak the protocol
        finally:
            connection.close()

    def hang_up(self, last_words=""):
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.sendall(last_words.encode())
            connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listener.close()


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.005)


class WhoTheClientIs(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.server = Fake()
        self.addCleanup(self.server.close)
        self.client = pawl.Client(self.server.address, user="ci", secret=SECRET)

    def test_it_says_so_first_on_each_connection(self):
        with self.client.lock("x") as lock:
            self.server.hang_up()
            until(lambda: any("VERIFY x token=7" in lines for lines in self.server.heard[1:]))
            self.assertEqual(lock.state, "held")
        self.assertEqual({lines[0] for lines in self.server.heard}, {f"AUTH ci {SECRET}"})

    def test_a_wrong_secret_is_said_once_and_ends_what_was_begun(self):
        self.server.answers = dict.fromkeys(ANSWERS, UNAUTHENTICATED)
        for begun in (self.client.lock("x", wait=pawl.FOREVER), self.client.session()):
            with self.assertRaisesRegex(pawl.Unauthenticated, "not its secret") as raised, begun:
                self.fail("entered")
            self.assertNotIn(SECRET, str(raised.exception) + repr(raised.exception))
        self.assertEqual(self.server.heard, [[f"AUTH ci {SECRET}"]] * 2)  # and nothing is asked

    def test_a_server_that_does_not_answer_who_it_is_is_left(self):
        other = Fake()
        self.addCleanup(other.close)
        self.server.answers = {}
        servers = f"{self.server.address},{other.address}"
        with pawl.Client(servers, user="ci", secret=SECRET).lock("x"):
            self.assertEqual(len(other.heard), 1)

    def test_who_says_no_user_to_a_server_that_wants_one_is_told(self):
        self.server.answers = dict.fromkeys(ANSWERS, UNAUTHENTICATED)
        with self.assertRaises(pawl.Unauthenticated), pawl.Client(self.server.address).session():
            self.fail("entered")
        self.assertEqual(len(self.server.heard), 1)

    def test_who_says_no_user_may_do_less(self):
        self.server.answers["LOCK secret/x"] = UNAUTHENTICATED
        with pawl.Client(self.server.address).session() as session, session.lock("x") as lock:
            with self.assertRaises(pawl.Unauthenticated):
                session.lock("secret/x", wait=pawl.FOREVER).__enter__()
            self.assertEqual(lock.state, "held")
        self.assertEqual(len(self.server.heard), 1)

    def test_a_request_that_meets_a_new_configuration_is_asked_again(self):
        self.server.answers["LOCK x"] = UNAUTHENTICATED
        lock = self.client.lock("x", wait=pawl.FOREVER)
        entering = threading.Thread(target=lock.__enter__)
        entering.start()
        until(lambda: len(self.server.heard) > 1)
        del self.server.answers["LOCK x"]
        entering.join(20)
        self.assertEqual(lock.state, "held")
        lock.__exit__(None, None, None)

    def test_who_is_sent_away_for_a_new_configuration_comes_back(self):
        with self.client.lock("x") as lock:
            self.server.hang_up(UNAUTHENTICATED + "\n")
            until(lambda: any("VERIFY x token=7" in lines for lines in self.server.heard[1:]))
            self.assertEqual(lock.state, "held")

    async def test_who_is_not_known_any_more_has_lost_its_locks_and_is_told_why(self):
        self.server.answers["LOCK y"] = None
        with self.assertRaises(pawl.LockLost) as lost:
            async with self.client.session() as session:
                waiting = asyncio.ensure_future(session.lock("y", wait=pawl.FOREVER).__aenter__())
                with self.assertRaises(pawl.LockLost):
                    async with session.lock("x"):
                        self.server.answers = dict.fromkeys(ANSWERS, UNAUTHENTICATED)
                        self.server.hang_up(UNAUTHENTICATED + "\n")
                        await asyncio.sleep(60)
        self.assertIsInstance(lost.exception.__cause__, pawl.Unauthenticated)
        with self.assertRaises(pawl.Unauthenticated):
            await waiting

    def test_what_is_forbidden_ends_alone(self):
        self.server.answers["LOCK secret/x"] = 'ERR FORBIDDEN msg="not for ci"'
        with self.client.session() as session, session.lock("x") as lock:
            with self.assertRaisesRegex(pawl.Forbidden, "not for ci"):
                session.lock("secret/x", wait=pawl.FOREVER).__enter__()
            self.assertEqual(lock.state, "held")
        self.assertEqual(len(self.server.heard), 1)

    def test_a_secret_is_not_shown(self):
        self.assertNotIn(SECRET, repr(self.client) + str(self.client))
        for word in ("", "two words", "a\nQUIT", 'a"b', "a=b"):
            with self.assertRaises(ValueError) as raised:
                pawl.Client(user="ci", secret=word)
            if word:
                self.assertNotIn(word, str(raised.exception))


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class WhomItBelieves(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        subprocess.run([HERE / "certificates.sh", cls.directory.name], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def file(self, name):
        return f"{self.directory.name}/{name}"

    def serve(self, name, asks_for_certificate=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file(f"{name}.pem"), self.file(f"{name}.key"))
        if asks_for_certificate:
            context.load_verify_locations(self.file("ca.pem"))
            context.verify_mode = ssl.CERT_REQUIRED
        server = Fake(context)
        self.addCleanup(server.close)
        return server

    def trust(self, name="ca"):
        return ssl.create_default_context(cafile=self.file(f"{name}.pem"))

    def client(self, server, **options):
        return pawl.Client(server.address, 2.0, user="ci", secret=SECRET, **options)

    def assert_refuses(self, server, why, **options):
        with self.assertRaisesRegex(pawl.Unreachable, why):
            with self.client(server, **options).session():
                self.fail("entered")
        self.assertEqual(sum(server.heard, []), [])

    def test_a_server_of_its_ca(self):
        server = self.serve("here")
        with self.client(server, tls=self.trust()).lock("x") as lock:
            server.hang_up()
            until(lambda: any("VERIFY x token=7" in lines for lines in server.heard[1:]))
            self.assertEqual(lock.state, "held")
        self.assertEqual({lines[0] for lines in server.heard}, {f"AUTH ci {SECRET}"})

    def test_no_server_of_another_ca(self):
        self.assert_refuses(self.serve("here"), "certificate verify failed",
                            tls=self.trust("other-ca"))
        self.assert_refuses(self.serve("here"), "certificate verify failed", tls=True)

    def test_no_server_with_the_certificate_of_another_host(self):
        server = self.serve("elsewhere")
        self.assert_refuses(server, "not valid for '127.0.0.1'", tls=self.trust())
        with self.client(server, tls=self.trust(), server_hostname="elsewhere.example").lock("x"):
            pass

    def test_no_server_that_speaks_no_tls(self):
        server = Fake()
        self.addCleanup(server.close)
        server.answers = {}
        client = self.client(server, tls=self.trust())
        with self.assertRaises(pawl.Unreachable), client.session():
            self.fail("entered")
        self.assertFalse([line for line in sum(server.heard, []) if SECRET in line])

    def test_a_certificate_of_its_own_is_shown_where_it_is_asked_for(self):
        server = self.serve("here", asks_for_certificate=True)
        self.assert_refuses(server, "", tls=self.trust())  # a reset may overtake the alert
        context = self.trust()
        context.load_cert_chain(self.file("client.pem"), self.file("client.key"))
        with pawl.Client(server.address, tls=context).lock("x"):
            pass
        self.assertEqual(server.peers[-1]["subject"], ((("commonName", "ci"),),))


if __name__ == "__main__":
    unittest.main()
