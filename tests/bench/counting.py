# SPDX-License-Identifier: Apache-2.0
"""System calls and instructions of a server for each pair: by perf where the machine permits it,
else the system calls by strace, which slows the server and is therefore never timed."""

import os
import shutil
import signal
import subprocess
import time

from rounds import load
from servers import SCRATCH, NotMeasured

CALLS, INSTRUCTIONS = "raw_syscalls:sys_enter", "instructions:u"


def counted(server, *options, plan):
    SCRATCH.mkdir(parents=True, exist_ok=True)
    report = SCRATCH / f"counted-{os.getpid()}"
    run = ["pair", *options, "--span", plan.span_ms, "--warm-up", 0]
    try:
        if perf_may_count():
            return _by_perf(server, run, report)
        if shutil.which("strace"):
            return _by_strace(server, run, report)
    finally:
        report.unlink(missing_ok=True)
    raise NotMeasured("neither perf nor strace may count here")


def perf_may_count():
    return shutil.which("perf") is not None and subprocess.run(
        ["perf", "stat", "-e", CALLS, "true"], capture_output=True, check=False).returncode == 0


def _by_perf(server, run, report):
    pids = ",".join(str(pid) for pid in server.pids)
    figures = load(server, *run, before=["perf", "stat", "-x;", "-o", str(report), "-p", pids,
                                         "-e", f"{CALLS},{INSTRUCTIONS}", "--"])
    fields = [line.split(";") for line in report.read_text().splitlines()]
    counts = {field[2]: int(field[0]) / figures["ops"]
              for field in fields if len(field) > 2 and field[0].isdigit()}
    return {"syscalls": counts.get(CALLS), "instructions": counts.get(INSTRUCTIONS)}


def _by_strace(server, run, report):
    command = ["strace", "-c", "-f", "-o", str(report)]
    for pid in server.pids:
        command += ["-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as strace:
        try:
            time.sleep(0.5)  # until it has attached
            figures = load(server, *run)
        finally:
            strace.send_signal(signal.SIGINT)
    return {"syscalls": total_calls(report.read_text()) / figures["ops"]}


def total_calls(summary):
    """Of strace -c: `100.00    0.01    1    1234    5 total`, where the errors may be missing."""
    last = next(line for line in reversed(summary.splitlines()) if line.endswith(" total"))
    return int(last.split()[3])
