# SPDX-License-Identifier: Apache-2.0
"""What the benchmark says of its figures, and half a second of each workload against a real pawld."""

import pathlib
import socket
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from counting import total_calls
from rounds import Plan, load, rotated, standing_load
from servers import Echo, Pawld
from table import Row, Target, as_text, short

PLAN = Plan(rounds=1, span_ms=300, warm_up_ms=50)


class Table(unittest.TestCase):
    def test_a_ratio_is_the_median_of_the_rounds_ratios(self):
        row = Row("x", "x", {"pawl": [2, 30, 4], "redis": [1, 10, 4]}, [])
        self.assertEqual(row.ratio("redis"), 2)

    def test_without_a_figure_there_is_no_ratio_and_no_verdict(self):
        row = Row("x", "x", {"pawl": [2], "etcd": []}, [Target("etcd", 15, 30)])
        self.assertIsNone(row.ratio("etcd"))
        line = list(row.lines())[1]
        self.assertEqual(line[2], "not measured")
        self.assertEqual(line[5:7], ("≥ 15", "≥ 30"))

    def test_a_target_is_met_at_its_bound(self):
        self.assertEqual(Target("", 1.4).verdict(1.4, 1.4), "≥ 1.4 met")
        self.assertEqual(Target("", 1.4).verdict(1.4, 1.39), "≥ 1.4 MISSED")
        self.assertEqual(Target("", 2, at_most=True).verdict(2, 2.1), "≤ 2 MISSED")

    def test_numbers_are_short(self):
        self.assertEqual([short(n) for n in (0.995, 15, 1536, 20_000, 101_234, 1_240_000)],
                         ["0.99", "15", "1,536", "20k", "101k", "1.24M"])

    def test_all_lines_of_a_table_are_of_one_width(self):
        text = as_text([Row("x", "longer than its head", {"pawl": [2], "redis": []}, [])])
        self.assertEqual(len({len(line) for line in text.splitlines()}), 1)


class Rounds(unittest.TestCase):
    def test_each_round_has_all_and_begins_with_another(self):
        self.assertEqual("".join(rotated("abc", 3)), "abcbcacab")

    def test_calls_are_read_from_strace(self):
        self.assertEqual(total_calls("% time\n100.00 0.1 1 1234 5 total\n"), 1234)
        self.assertEqual(total_calls("% time\n100.00 0.1 1 1234 total\n"), 1234)


class Load(unittest.TestCase):
    def test_every_workload_finds_only_right_replies_at_a_real_pawld(self):
        with Pawld() as server:
            for workload in ("pair", "renew", "keepalive", "handover"):
                with self.subTest(workload):
                    figures = load(server, workload, "--connections", 4, "--count", 500, plan=PLAN)
                    self.assertGreater(figures["ops"], 0)
            figures = load(server, "pair", "--connections", 4, "--depth", 32, plan=PLAN)
            self.assertGreater(figures["ops"], 0)

    def test_leases_end_by_the_servers_own_count(self):
        with Pawld() as server:
            figures = load(server, "expire", "--connections", 4, "--count", 500)
            self.assertEqual(figures["ops"], 500)
            self.assertGreater(figures["seconds"], 0)

    def test_what_is_held_stands_until_it_is_let_go(self):
        with Pawld() as server:
            with standing_load(server, "hold", "--connections", 4, "--count", 500) as figures:
                self.assertEqual(figures["ops"], 500)
                with self.assertRaises(RuntimeError):
                    load(server, "hold", "--count", 1)
            with standing_load(server, "idle", "--connections", 50) as figures:
                self.assertEqual(figures["ops"], 50)

    def test_the_echoes_are_understood(self):
        for program in ("echo_epoll", "echo_asio"):
            with self.subTest(program), Echo(program) as server:
                self.assertGreater(load(server, "pair", "--depth", 8, plan=PLAN)["ops"], 0)

    def test_wrong_replies_are_no_operations(self):
        with Liar() as server, self.assertRaisesRegex(RuntimeError, '"ops":0,.*"errors":[1-9]'):
            load(server, "pair", plan=PLAN)


class Liar:
    """Grants whatever it is asked, an UNLOCK too."""

    dialect, pids, load_options = "pawl", (), ()

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rw") as lines:
            for _ in lines:
                lines.write("OK token=1 ttl=30000\n")
                lines.flush()


if __name__ == "__main__":
    unittest.main()
