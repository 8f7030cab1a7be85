# SPDX-License-Identifier: Apache-2.0
"""pawld beside its peers, in one run and one table: see README.md. `./dev bench` installs and builds
what it needs and starts it."""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import re
import resource
import subprocess
import sys
import time

from rounds import Plan
from servers import TREE
from table import as_data, as_text
from workloads import WORKLOADS

FULL = Plan(rounds=5, span_ms=3000, warm_up_ms=500)
QUICK = Plan(rounds=2, span_ms=700, warm_up_ms=200)
# What fills a million locks, or starts several servers each time; --quick does it once.
SLOW = {"hold", "idle", "expire", "renew", "cluster", "handover-fsync", "handover-cluster"}
OPEN_FILES = 11_000


def main():
    options = arguments()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < OPEN_FILES:
        sys.exit(f"bench: {OPEN_FILES} open files are needed, ulimit -Hn says {most}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench: two cores are needed, one for the server and one for the client")

    about = machine()
    meanwhile = Meanwhile()
    rows, failed = [], []
    for name in options.workloads or WORKLOADS:
        print(f"{meanwhile.seconds():5.0f} s  {name}", file=sys.stderr)
        try:
            rows += WORKLOADS[name](plan_of(name, options))
        except (RuntimeError, subprocess.TimeoutExpired) as failure:
            print(f"  failed: {failure}", file=sys.stderr)
            failed.append(name)
    about |= {"took": f"{meanwhile.seconds():.0f} s",
              "others meanwhile": f"{meanwhile.others():.2f} of {os.cpu_count()} cores"}
    print("\n".join(f"{key}: {value}" for key, value in about.items()), as_text(rows), sep="\n\n")
    if options.json:
        report = {"machine": about, "rows": as_data(rows)}
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    if failed:
        sys.exit(f"bench: failed, and not in the table: {' '.join(failed)}")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="workload",
                        help=f"all, or some of: {' '.join(WORKLOADS)}")
    parser.add_argument("--quick", action="store_true", help="under three minutes, less certain")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each peer is measured")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="every figure there")
    options = parser.parse_args()
    unknown = set(options.workloads) - set(WORKLOADS)
    if unknown:
        parser.error(f"no such workload: {' '.join(sorted(unknown))}")
    return options


def plan_of(name, options):
    plan = QUICK if options.quick else FULL
    rounds = options.rounds or (1 if options.quick and name in SLOW else plan.rounds)
    return Plan(rounds, plan.span_ms, plan.warm_up_ms)


def machine():
    processor = next((line.split(":", 1)[1].strip()
                      for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                      if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "-C", str(TREE), "describe", "--always", "--dirty"],
                            capture_output=True, text=True, check=False).stdout.strip()
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="minutes"),
            "commit": commit or "unknown", "machine": f"{os.cpu_count()} × {processor}",
            "kernel": platform.release(), "peers": ", ".join(versions()),
            "load before": f"{os.getloadavg()[0]:.2f}",
            "command": " ".join(["./dev bench", *sys.argv[1:]])}


def versions():
    for program in ("redis-server", "memcached", "etcd"):
        with contextlib.suppress(OSError):
            text = subprocess.run([program, "--version"], capture_output=True, text=True,
                                  check=False).stdout
            found = re.search(r"\d+\.\d+[.\d]*", text)
            yield f"{program} {found.group() if found else 'of an unknown version'}"


class Meanwhile:
    """What else the machine did: its busy processor time without that of this process, of the servers
    and of the load. A quiet one does little more than to serve their interrupts."""

    def __init__(self):
        self._began, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def seconds(self):
        return time.monotonic() - self._began

    def others(self):
        others = _busy_seconds() - self._busy - (_own_seconds() - self._own)
        return max(0, others) / self.seconds()


def _busy_seconds():
    names = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    ticks = dict(zip(names, map(int, pathlib.Path("/proc/stat").read_text().split()[1:])))
    return (sum(ticks.values()) - ticks["idle"] - ticks["iowait"]) / os.sysconf("SC_CLK_TCK")


def _own_seconds():
    return sum(sum(resource.getrusage(who)[:2])
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    main()
