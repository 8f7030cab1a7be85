# SPDX-License-Identifier: Apache-2.0
"""What config/prometheus and config/grafana say of pawl holds: of the rules by themselves, of what a
real cluster answers at /metrics, and of what a real Prometheus makes of it. `./dev test` fetches
promtool and prometheus; without them this fails."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "bench"))

from servers import PawldCluster, free_ports

ALERTS = TREE / "config/prometheus/alerts.yaml"
CONFIGURATION = TREE / "config/prometheus/prometheus.yaml"
DASHBOARD = TREE / "config/grafana/dashboard.json"
OPERATE = TREE / "src/server/OPERATE.md"
FETCHED = TREE / "build/prometheus/usr/bin"
PATIENCE_SECONDS = 60


def program(name):
    found = shutil.which(name, path=f"{FETCHED}:{os.environ['PATH']}")
    if not found:
        raise FileNotFoundError(f"no {name}: `./dev test` fetches it")
    return found


def promtool(*words, given=None):
    return subprocess.run([program("promtool"), *map(str, words)], input=given, cwd=HERE,
                          capture_output=True, text=True, timeout=60)


def alerts():
    return re.findall(r"^      - alert: (\w+)$", ALERTS.read_text(), re.M)


def panels():
    return json.loads(DASHBOARD.read_text())["panels"]


def expressions():
    """Of the dashboard, as Grafana would send them for a cluster `a`; by panel."""
    said = [(panel["title"], target["expr"])
            for panel in panels() for target in panel.get("targets", [])]
    said += [(one["name"], one["expr"])
             for one in json.loads(DASHBOARD.read_text())["annotations"]["list"]]
    return [(title, expression.replace("$cluster", "a").replace("$__rate_interval", "10s"))
            for title, expression in said]


def metrics_named():
    """By the rules and the dashboard; `up` is Prometheus' own."""
    text = ALERTS.read_text() + "".join(expression for _, expression in expressions())
    return set(re.findall(r"\b(?:pawl|process)_[a-z_]+\b", text))


class Rules(unittest.TestCase):
    def holds(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_promtool_accepts_them(self):
        self.holds(promtool("check", "config", CONFIGURATION))
        self.holds(promtool("check", "rules", ALERTS))

    def test_each_fires_where_it_should_and_only_there(self):
        self.holds(promtool("test", "rules", "alerts_test.yaml"))
        cases = (HERE / "alerts_test.yaml").read_text()
        for alert in alerts():
            self.assertRegex(cases, rf"alertname: {alert}\n +exp_alerts:\n", "it never fires")
            self.assertRegex(cases, rf"alertname: {alert}, exp_alerts: \[\]", "it is never silent")

    def test_the_manual_says_what_to_do(self):
        headings = re.findall(r"^### (Pawl\w+)$", OPERATE.read_text(), re.M)
        self.assertEqual(headings, alerts())


class Dashboard(unittest.TestCase):
    def test_every_expression_is_one(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            rules = [{"record": f"panel:{i}", "expr": expression}
                     for i, (_, expression) in enumerate(expressions())]
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
            file.flush()
            done = promtool("check", "rules", file.name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{len(rules)} rules found", done.stdout)

    def test_no_panel_covers_another(self):
        taken, ids = {}, set()
        for panel in panels():
            place, title = panel["gridPos"], panel["title"]
            self.assertNotIn(panel["id"], ids)
            ids.add(panel["id"])
            self.assertLessEqual(place["x"] + place["w"], 24, title)
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), taken, f"{title} over {taken.get((x, y))}")
                    taken[x, y] = title

    def test_its_rows(self):
        rows = [panel["title"] for panel in panels() if panel["type"] == "row"]
        self.assertEqual(rows, ["Now", "Contention", "Leases", "Replication", "Disk", "Process"])


class Cluster(PawldCluster):
    """Whose nodes' HTTP ports are known."""

    def commands(self, directory, ports):
        self.http_ports = ports[2 * self.nodes:]
        return super().commands(directory, ports)

    def metrics(self, node):
        address = f"http://127.0.0.1:{self.http_ports[node]}/metrics"
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.read().decode()

    def primary(self):
        return next(node for node in range(self.nodes)
                    if "\npawl_is_primary 1\n" in self.metrics(node))


def use(port):
    """A grant, a refusal, a wait, a renewal, a session; all is given back."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one, \
            socket.create_connection(("127.0.0.1", port), timeout=10) as other:
        replies = {one: one.makefile(), other: other.makefile()}

        def hear(connection):
            reply = replies[connection].readline()
            assert reply.startswith(("OK", "ERR BUSY")), reply
            return reply

        def ask(connection, line):
            connection.sendall(line.encode() + b"\n")
            return hear(connection)

        def token_in(reply):
            return re.search(r"token=(\d+)", reply)[1]

        token = token_in(ask(one, "LOCK a ttl=30s"))
        ask(other, "LOCK a")
        other.sendall(b"LOCK a wait=10s ttl=30s\n")
        ask(one, f"RENEW a token={token}")
        ask(one, f"UNLOCK a token={token}")
        ask(other, f"UNLOCK a token={token_in(hear(other))}")
        ask(one, "OPEN")
        ask(one, "LOCK a")
        ask(one, "CLOSE")


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        use(cls.cluster.port)
        cls.primary = cls.cluster.primary()

    def test_promtool_has_nothing_to_say_of_them(self):
        for node in range(self.cluster.nodes):
            done = promtool("check", "metrics", given=self.cluster.metrics(node))
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_every_one_that_is_looked_at_is_there(self):
        text = self.cluster.metrics(self.primary)
        there = set(re.findall(r"^([a-z_]+)[ {]", text, re.M))
        self.assertEqual(metrics_named() - there, set())
        for labels in ('lock_lost_total{reason="expired"}', 'lock_lost_total{reason="session"}',
                       'acquire_denied_total{reason="limit"}'):
            self.assertIn(f"\npawl_{labels} 0\n", text)

    def test_no_lock_is_named_in_them(self):
        self.assertNotIn("jobs/secret", self.metrics_with_lock("jobs/secret"))

    def metrics_with_lock(self, name):
        with socket.create_connection(("127.0.0.1", self.cluster.port), timeout=10) as connection:
            connection.sendall(f"LOCK {name} ttl=30s\n".encode())
            self.assertRegex(connection.makefile().readline(), "^OK")
            return self.cluster.metrics(self.primary)


class Prometheus:
    """A real one, which scrapes these ports as the cluster `a`."""

    def __init__(self, ports):
        self._ports = ports

    def __enter__(self):
        self._directory = tempfile.TemporaryDirectory()
        place = pathlib.Path(self._directory.name)
        shutil.copy(ALERTS, place)
        configuration = CONFIGURATION.read_text().replace("5s", "1s").replace(
            "{cluster: pawl}", "{cluster: a}")
        targets = ", ".join(f'"127.0.0.1:{port}"' for port in self._ports)
        configuration = re.sub(r"targets: \[.*\]", f"targets: [{targets}]", configuration)
        (place / "prometheus.yaml").write_text(configuration)
        self._port = free_ports(1)[0]
        self._log = open(place / "log", "w+")
        self._process = subprocess.Popen(
            [program("prometheus"), f"--config.file={place}/prometheus.yaml",
             f"--storage.tsdb.path={place}/data", f"--web.listen-address=127.0.0.1:{self._port}"],
            stdout=self._log, stderr=self._log)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=30)
        self._log.close()
        self._directory.cleanup()

    def ask(self, expression):
        query = urllib.parse.urlencode({"query": expression})
        address = f"http://127.0.0.1:{self._port}/api/v1/query?{query}"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return json.load(answer)["data"]["result"]
        except OSError:
            if self._process.poll() is not None:
                self._log.seek(0)
                raise RuntimeError(f"prometheus ended:\n{self._log.read()}") from None
            return []


class Scraped(unittest.TestCase):
    """No panel is empty, and of a cluster that is well nobody is woken."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.prometheus = cls.enterClassContext(Prometheus(cls.cluster.http_ports))

    def until_said(self, expressions_by_title):
        deadline = time.monotonic() + PATIENCE_SECONDS
        left = expressions_by_title
        while left and time.monotonic() < deadline:
            use(self.cluster.port)
            time.sleep(0.1)
            left = [(title, expression) for title, expression in left
                    if not self.prometheus.ask(expression)]
        return left

    def test_every_panel_has_something_to_show(self):
        annotations = {one["name"]
                       for one in json.loads(DASHBOARD.read_text())["annotations"]["list"]}
        shown = [one for one in expressions() if one[0] not in annotations]
        self.assertEqual(self.until_said(shown), [])
        self.assertEqual(self.prometheus.ask('ALERTS{alertstate="firing"}'), [])


if __name__ == "__main__":
    unittest.main()
