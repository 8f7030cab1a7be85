# SPDX-License-Identifier: Apache-2.0
"""The rows of the table, a function each: from a plan to rows with their gates and moonshots.
The order of WORKLOADS is the order of the table."""

import dataclasses
import statistics

from counting import counted
from etcd_peer import Etcd
from rounds import (fdatasync_p50, interleaved, interleaved_fresh, load, resident_each, rotated)
from servers import Echo, Memcached, Pawld, PawldCluster, PawldTls, Redis
from table import Row, Target

WIDE = ("--connections", 64)
PIPELINED = ("--connections", 16, "--depth", 32)
LIMITS = {"asio echo": lambda: Echo("echo_asio"), "epoll echo": lambda: Echo("echo_epoll")}
IN_MEMORY = {"pawl none": Pawld, "redis": Redis, "memcached": Memcached}
MILLION = 1_000_000


def column(samples, key):
    return {peer: [sample[key] for sample in each if sample.get(key) is not None]
            for peer, each in samples.items()}


def speeds(samples):
    """Of each peer: how many a second by the clock, and how long an acquire took."""
    def of(each):
        def median(key):
            return statistics.median(sample[key] for sample in each)
        return (f"{median('ops') / median('seconds'):,.0f}/s, "
                f"p50 {median('p50_us'):,.0f} p99 {median('p99_us'):,.0f} µs")
    return {peer: of(each) for peer, each in samples.items() if each}


def per_processor(samples):
    """Where the clock decides: how many for a second of the server's processor."""
    return {peer: f"{statistics.median(s['per_server_second'] for s in each):,.0f} /S"
            for peer, each in samples.items() if each and "per_server_second" in each[0]}


def beside_etcd(plan, workload, pawl, make, nodes):
    """pawl and etcd of as many nodes; the samples and etcd's name."""
    etcd = f"etcd, {nodes} node{'s' if nodes > 1 else ''}"

    def measure(server):
        if isinstance(server, Etcd):
            return server.load(workload, plan)
        return load(server, workload, *WIDE, plan=plan)

    return interleaved(plan, {pawl: make, etcd: lambda: Etcd(nodes)}, measure), etcd


def pair(plan):
    samples = interleaved(plan, IN_MEMORY | LIMITS,
                          lambda server: load(server, "pair", *WIDE, plan=plan))
    return [Row("pair", "pair /S, 64 connections, none", column(samples, "per_server_second"),
                [Target("redis", 1.4, 1.6), Target("asio echo", 0.9),
                 Target("epoll echo", None, 0.9), Target("memcached", None, 1)], speeds(samples))]


def pipelined(plan):
    samples = interleaved(plan, IN_MEMORY | LIMITS,
                          lambda server: load(server, "pair", *PIPELINED, plan=plan))
    return [Row("pipelined", "pair /S, 16 × 32 pipelined, none",
                column(samples, "per_server_second"),
                [Target("redis", 4, 6), Target("memcached", 1)], speeds(samples))]


def tls(plan):
    makers = {"pawl none, TLS": PawldTls, "pawl none": Pawld}
    rows = []
    for title, options, gate in (("64 connections", WIDE, 0.6),
                                 ("16 × 32 pipelined", PIPELINED, None)):
        samples = interleaved(plan, makers,
                              lambda server: load(server, "pair", *options, plan=plan))
        rows.append(Row("tls", f"pair /S by TLS, {title}", column(samples, "per_server_second"),
                        [Target("pawl none", gate, None)], speeds(samples)))
    return rows


def fsync(plan):
    makers = {"pawl fsync": lambda: Pawld("fsync"), "redis always": lambda: Redis("always")}
    samples = interleaved(plan, makers, lambda server: load(server, "pair", *WIDE, plan=plan))
    return [Row("fsync", "pair /s, 64 connections, fsync", column(samples, "per_second"),
                [Target("redis always", 2, 3)], per_processor(samples))]


def latency(plan):
    """A pair is two steps: two bare round trips and two flushes are its least."""
    flushes = []

    def measure(server):
        figures = load(server, "pair", plan=plan)
        if server.dialect == "echo":
            flushes.append(fdatasync_p50())
        return figures

    makers = {"pawl fsync": lambda: Pawld("fsync"), "epoll echo": LIMITS["epoll echo"]}
    figures = column(interleaved(plan, makers, measure), "pair_p50_us")
    figures["fdatasync"] = flushes
    figures["echo + 2 × 1.2 fdatasync"] = [
        echo + 2.4 * flush for echo, flush in zip(figures["epoll echo"], flushes)]
    return [Row("latency", "pair p50 in µs, 1 connection, fsync", figures,
                [Target("echo + 2 × 1.2 fdatasync", 1, at_most=True)])]


def cluster(plan):
    samples, etcd = beside_etcd(plan, "pair", "pawl, 3 nodes", PawldCluster, 3)
    return [Row("cluster", "pair /S of all servers, 64 connections, 3 nodes",
                column(samples, "per_server_second"), [Target(etcd, 15, 30)], speeds(samples))]


def handover(plan):
    """Each grant takes a round trip to the client that then gives on: a client that sleeps is woken
    for it, which on a virtual machine costs more than the rest; one that spins is not."""
    makers = {"pawl none": Pawld}
    asleep = interleaved(plan, makers, lambda server: load(server, "handover", *WIDE, plan=plan))
    awake = interleaved(plan, makers,
                        lambda server: load(server, "handover", *WIDE, "--spin", plan=plan))
    for sample in asleep["pawl none"]:
        sample["longest_to_mean"] = sample["longest_wait_us"] / sample["mean_wait_us"]
    name = "hand-over among 64 waiters, none"
    rates = [Row("handover", title, column(samples, "per_second"), [Target("", 20_000, 50_000)],
                 per_processor(samples))
             for title, samples in ((f"{name}, /s", asleep),
                                    (f"{name}, clients spin, /s", awake))]
    return rates + [
        Row("handover", f"{name}, longest wait ÷ mean", column(asleep, "longest_to_mean"),
            [Target("", 1.5, at_most=True)]),
        Row("handover", f"{name}, Jain's fairness", column(asleep, "jain"), [Target("", 0.99)])]


def handover_fsync(plan):
    return [handover_beside_etcd(plan, "fsync", "pawl fsync", lambda: Pawld("fsync"), 1)]


def handover_cluster(plan):
    return [handover_beside_etcd(plan, "cluster", "pawl, 3 nodes", PawldCluster, 3)]


def handover_beside_etcd(plan, how, pawl, make, nodes):
    samples, etcd = beside_etcd(plan, "handover", pawl, make, nodes)
    beside = {peer: f"longest {max(s['longest_wait_us'] for s in each) / 1000:,.0f} ms, "
                    f"mean {statistics.median(s['mean_wait_us'] for s in each) / 1000:,.1f} ms"
              for peer, each in samples.items() if each}
    return Row(f"handover-{how}", f"hand-over among 64 waiters, {how}, /s",
               column(samples, "per_second"), [Target(etcd, 5, 10)], beside)


def hold(plan):
    samples = interleaved_fresh(plan, IN_MEMORY, lambda server: resident_each(
        server, "hold", MILLION, *PIPELINED, "--count", MILLION))
    return [Row("hold", "bytes per lock, 1,000,000 held", column(samples, "bytes"),
                [Target("", 120, 105, at_most=True)])]


def idle(plan):
    count = 10_000
    samples = interleaved_fresh(plan, IN_MEMORY, lambda server: resident_each(
        server, "idle", count, "--connections", count))
    secured = interleaved_fresh(plan, {"pawl none, TLS": PawldTls}, lambda server: resident_each(
        server, "idle", count, "--connections", count))
    return [Row("idle", "bytes per idle connection, 10,000 open", column(samples, "bytes"),
                [Target("", 1.5 * 1024, 0.8 * 1024, at_most=True)]),
            Row("idle", "the same by TLS", column(secured, "bytes"), [])]


def expire(plan):
    makers = {"pawl none": Pawld, "redis": Redis}

    def measure(server):
        figures = load(server, "expire", *PIPELINED, "--count", MILLION)
        figures["p99_ms"] = figures["p99_us"] / 1000
        return figures

    samples = interleaved_fresh(plan, makers, measure)
    return [Row("expire", "1,000,000 leases end at once: seconds until gone",
                column(samples, "seconds"), [Target("", 2, 1, at_most=True)]),
            Row("expire", "p99 of others meanwhile, ms", column(samples, "p99_ms"),
                [Target("", 5, 2, at_most=True)])]


def renew(plan):
    makers = {"pawl none": Pawld, "redis": Redis}
    samples = interleaved_fresh(plan, makers, lambda server: load(
        server, "renew", *PIPELINED, "--count", 100_000, plan=plan))
    alive = interleaved_fresh(plan, {"pawl none": Pawld}, lambda server: load(
        server, "keepalive", *PIPELINED, "--count", 100_000, plan=plan))
    return [renewals("RENEW, 100,000 leases", samples),
            renewals("KEEPALIVE, 100,000 sessions", alive | {"redis": samples["redis"]})]


def renewals(title, samples):
    return Row("renew", f"{title}, 16 × 32 pipelined, /s", column(samples, "per_second"),
               [Target("", None, MILLION), Target("redis", 3)], per_processor(samples))


def cost(plan):
    held = {"pawl, 1,000,000 held": MILLION, "pawl, 10 held": 10}
    samples = {name: [] for name in held}
    with Pawld() as full, Pawld() as empty:
        servers = dict(zip(held, (full, empty)))
        for name, count in held.items():
            load(servers[name], "hold", *PIPELINED, "--count", count)
        for name in rotated(held, plan.rounds):
            sample = load(servers[name], "pair", *WIDE, plan=plan)
            sample["cost_us"] = 1e6 / sample["per_server_second"]
            samples[name].append(sample)
    return [Row("cost", "µs of the server's processor per pair", column(samples, "cost_us"),
                [Target("pawl, 10 held", 1.25, 1.1, at_most=True)])]


def calls(plan):
    plan = dataclasses.replace(plan, rounds=min(plan.rounds, 2))
    rows = []
    for title, options in (("64 connections", WIDE), ("16 × 32 pipelined", PIPELINED)):
        samples = interleaved(plan, IN_MEMORY | LIMITS,
                              lambda server: counted(server, *options, plan=plan))
        rows.append(Row("calls", f"system calls per pair, {title}", column(samples, "syscalls"), []))
        instructions = column(samples, "instructions")
        if any(instructions.values()):
            rows.append(Row("calls", f"instructions per pair, {title}", instructions, []))
        else:
            rows.append(Row("calls", f"instructions per pair, {title}", {"all": []}, [],
                            {"all": "this machine does not count them"}))
    return rows


WORKLOADS = {"pair": pair, "pipelined": pipelined, "tls": tls, "fsync": fsync, "latency": latency,
             "cluster": cluster, "handover": handover, "handover-fsync": handover_fsync,
             "handover-cluster": handover_cluster, "hold": hold, "idle": idle, "expire": expire,
             "renew": renew, "cost": cost, "calls": calls}
