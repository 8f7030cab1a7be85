# SPDX-License-Identifier: Apache-2.0
"""Runs bench_load against a server, and peers in turn, round by round: what the machine does
meanwhile then falls on all of them."""

import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from servers import CLIENT_CORE, PROGRAMS, SCRATCH, SERVER_CORE, NotMeasured, pinned

PATIENCE_SECONDS = 150  # more than any run of bench_load


@dataclasses.dataclass(frozen=True)
class Plan:
    rounds: int
    span_ms: int
    warm_up_ms: int

    @property
    def seconds(self):
        return self.span_ms / 1000


def interleaved(plan, makers, measure):
    """`makers`: the peers' names, and what makes each server; each server stands through all rounds.
    What `measure` returns for a server, by peer, a list over the rounds; empty if not measured."""
    samples = {name: [] for name in makers}
    with contextlib.ExitStack() as servers:
        running = {}
        for name, make in makers.items():
            with reasons_told(name):
                running[name] = servers.enter_context(make())
        for name in rotated(running, plan.rounds):
            samples[name].append(measure(running[name]))
    return samples


def interleaved_fresh(plan, makers, measure):
    """The same with a new server each time: for what it leaves behind, like memory."""
    samples = {name: [] for name in makers}
    for name in rotated(makers, plan.rounds):
        with reasons_told(name), makers[name]() as server:
            samples[name].append(measure(server))
    return samples


def rotated(names, rounds):
    """Each name once a round, and each round begins with another."""
    names = list(names)
    for round_number in range(rounds):
        first = round_number % max(len(names), 1)
        yield from names[first:] + names[:first]


@contextlib.contextmanager
def reasons_told(name):
    try:
        yield
    except NotMeasured as reason:
        print(f"  {name}: not measured: {reason}", file=sys.stderr)


def load(server, workload, *options, plan=None, before=()):
    """One run to its end; its figures. `before`: words before the command."""
    result = subprocess.run([*before, *_command(server, workload, options, plan)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                            timeout=PATIENCE_SECONDS, check=False)
    return _figures(workload, result.stdout, result.returncode)


@contextlib.contextmanager
def standing_load(server, workload, *options):
    """Its figures, while what it made stands."""
    process = subprocess.Popen(_command(server, workload, options, None), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        yield _figures(workload, line, 0 if line else 1)
    finally:
        process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        process.kill()
        process.wait()


def _command(server, workload, options, plan):
    command = pinned(CLIENT_CORE) + [str(PROGRAMS / "bench_load"), workload,
                                     "--dialect", server.dialect, "--port", str(server.port),
                                     *server.load_options]
    for pid in server.pids:
        command += ["--server-pid", str(pid)]
    if plan is not None:
        command += ["--span", str(plan.span_ms), "--warm-up", str(plan.warm_up_ms)]
    return command + [str(option) for option in options]


def _figures(workload, text, code):
    if code != 0 or not text:
        raise RuntimeError(f"bench_load {workload} failed ({code}): {text}")
    figures = json.loads(text)
    if figures["errors"]:
        raise RuntimeError(f"bench_load {workload}: wrong replies: {text}")
    return with_rates(figures)


def with_rates(figures):
    if figures.get("server_cpu_seconds"):
        figures["per_server_second"] = figures["ops"] / figures["server_cpu_seconds"]
    if figures["seconds"] > 0:
        figures["per_second"] = figures["ops"] / figures["seconds"]
    return figures


def resident_each(server, workload, count, *options):
    """Bytes that each of what stands takes of the server."""
    time.sleep(0.3)
    before = server.resident_bytes()
    with standing_load(server, workload, *options) as figures:
        if figures["ops"] != count:
            raise RuntimeError(f"{workload}: {figures['ops']} instead of {count}")
        time.sleep(1)
        return {"bytes": (server.resident_bytes() - before) / count}


def fdatasync_p50():
    """Microseconds to write 128 bytes into a preallocated file and flush them, from the core of the
    servers: on the one that the disk interrupts, a flush is back far sooner."""
    usable = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, usable & {SERVER_CORE} or usable)
        return _least_disturbed_flush()
    finally:
        os.sched_setaffinity(0, usable)


def _least_disturbed_flush(blocks=10, block=50):
    """The least of the medians of some blocks: a busy machine hides a disk behind its scheduler."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    record = b"x" * 128
    medians = []
    with tempfile.NamedTemporaryFile(dir=SCRATCH, buffering=0) as file:
        file.write(bytes(blocks * block * len(record)))
        os.fsync(file.fileno())
        for first in range(0, blocks * block, block):
            spans = [_flush(file.fileno(), record, i) for i in range(first, first + block)]
            medians.append(statistics.median(spans))
    return min(medians)


def _flush(descriptor, record, place):
    began = time.perf_counter()
    os.pwrite(descriptor, record, place * len(record))
    os.fdatasync(descriptor)
    return (time.perf_counter() - began) * 1e6
