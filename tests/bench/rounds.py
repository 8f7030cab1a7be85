# SPDX-License-Identifier: Apache-2.0
"""Runs bench_load against a server, and peers in turn, round by round: what the machine does
meanwhile then falls on all of them."""

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time

from servers import CLIENT_CORE, PROGRAMS, SCRATCH, NotMeasured, pinned

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
                                     "--dialect", server.dialect, "--port", str(server.port)]
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


def counted(server, *options, plan):
    """System calls, and instructions in user space if this machine counts them, per operation."""
    if shutil.which("perf") is None:
        raise NotMeasured("perf is not installed")
    SCRATCH.mkdir(parents=True, exist_ok=True)
    report = SCRATCH / f"perf-{os.getpid()}"
    pids = ",".join(str(pid) for pid in server.pids)
    figures = load(server, "pair", *options, "--span", plan.span_ms, "--warm-up", 0,
                   before=["perf", "stat", "-x;", "-o", str(report), "-p", pids,
                           "-e", "raw_syscalls:sys_enter,instructions:u", "--"])
    counts = {}
    for line in report.read_text().splitlines():
        fields = line.split(";")
        if len(fields) > 2 and fields[0].isdigit():
            counts[fields[2]] = int(fields[0]) / figures["ops"]
    report.unlink()
    if "raw_syscalls:sys_enter" not in counts:
        raise NotMeasured("perf may not count system calls here")
    return {"syscalls": counts["raw_syscalls:sys_enter"], "instructions": counts.get("instructions:u")}


def fdatasync_p50(count=300):
    """Microseconds to write 128 bytes into a preallocated file and flush them."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    path = SCRATCH / f"fdatasync-{os.getpid()}"
    record = b"x" * 128
    spans = []
    with open(path, "wb", buffering=0) as file:
        file.write(bytes(count * len(record)))
        os.fsync(file.fileno())
        for i in range(count):
            began = time.perf_counter()
            os.pwrite(file.fileno(), record, i * len(record))
            os.fdatasync(file.fileno())
            spans.append((time.perf_counter() - began) * 1e6)
    path.unlink()
    return sorted(spans)[count // 2]
