#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""soak.py [seconds] [seed]: three nodes with users and TLS in fast motion, for an hour unless told
otherwise. Clients come and go, nodes end, hand over and reload; now and then all load stops, and
then nothing may be left and nothing have grown. What each node takes is printed at every rest."""

import asyncio
import random
import signal
import sys
import time

import measure
from cluster import SIZE, Cluster
from judge import Judge
from load import Load
from nodes import Failed
from talk import Talk

SPENT_IDS = 65_536  # pawld remembers as many cancelled ids: they are no leak, and are there before
LONG = 300  # seconds; then each node has a leg of its own


class Soak:
    def __init__(self, cluster):
        self._cluster, self._judge = cluster, Judge()
        self._load = Load(cluster, self._judge)
        self._begun, self._spared, self._baseline = time.monotonic(), 0, None
        self._faults = {"SIGTERM": 0, "kill -9": 0, "HANDOVER": 0, "SIGHUP": 0}
        self._upset = dict.fromkeys(range(SIZE), 0)  # how often each node was ended

    async def run(self, seconds):
        """A warm-up, then legs. In each another node is spared the ends, so that what its one
        process takes is seen after all of the leg."""
        if seconds >= LONG:  # a short one cancels hundreds
            await self._spend_ids()
        await self._work(max(6, min(120, seconds / 4)))
        takes = await self._rest()
        self._baseline = measure.Baseline(takes)
        left = seconds - (time.monotonic() - self._begun)
        legs = SIZE if seconds >= LONG else 1
        for leg in range(legs):
            self._spared = leg
            rests = max(1, round(left / legs / 300))
            for _ in range(rests):
                await self._work(left / legs / rests)
                await self._rest()
        if idle := self._load.idle_kinds():
            raise Failed(f"of these nothing was ever done: {', '.join(idle)}")

    async def _spend_ids(self):
        primary = self._cluster.ports[await self._cluster.primary()]
        talk = await Talk.open(primary, self._cluster.context_of_ci)
        for first in range(0, SPENT_IDS, 1024):
            talk.writer.write("".join(f"CANCEL soak/spent id=wait-0{first + i}\n"
                                      for i in range(1024)).encode())
            for _ in range(1024):
                answer = await talk.read_line()
                if answer != "OK cancelled=yes":
                    raise Failed(f"CANCEL: {answer}")
        talk.close()

    async def _work(self, seconds):
        until = time.monotonic() + seconds
        self._load.begin()
        try:
            while (left := until - time.monotonic()) > 0:
                await asyncio.sleep(min(left, random.uniform(0.3, 2)))
                await self._upset_one()
                await self._cluster.make_whole()
                if self._judge.wrong:
                    raise Failed(self._judge.wrong[0])
        finally:
            await self._load.stop()

    async def _upset_one(self):
        fault = min(self._faults, key=lambda one: (self._faults[one], random.random()))
        self._faults[fault] += 1
        if fault == "SIGHUP":
            return await self._cluster.reload()
        primary = await self._cluster.primary()
        if fault == "HANDOVER":
            await self._cluster.ask(self._cluster.ports[primary], "HANDOVER")
            return
        others = [node for node in range(SIZE) if node != self._spared]
        # The primary, if it may be; each of the others as often as the other.
        node = primary if primary in others and random.randrange(2) else min(others, key=self._upset.get)
        self._upset[node] += 1
        code = self._cluster.end(node, signal.SIGTERM if fault == "SIGTERM" else signal.SIGKILL)
        if code != (0 if fault == "SIGTERM" else -signal.SIGKILL):
            raise Failed(f"n{node} ended with {code} at {fault}\n{self._cluster.last_words()}")
        await asyncio.sleep(random.random())

    async def _rest(self):
        takes, too_much = await measure.rest(self._cluster, self._baseline)
        self._judge.forget_names()
        took = "  ".join(f"n{node}: {take['memory'] / 2**20:.1f} MiB, {take['descriptors']} fds, "
                         f"{take['files']} files, {take['bytes'] / 2**20:.0f} MiB"
                         for node, take in enumerate(takes))
        print(f"{time.monotonic() - self._begun:6.0f} s  {self._judge.grants:>9,} grants  {took}", flush=True)
        if too_much:
            raise Failed("at rest there is still\n  " + "\n  ".join(too_much))
        return takes

    def summary(self):
        return (f"{self._judge.grants:,} grants; " +
                ", ".join(f"{count} {name}" for name, count in self._faults.items()) + "; ended " +
                ", ".join(f"n{node} {count} times" for node, count in self._upset.items()) +
                "; episodes: " + ", ".join(f"{n} {kind}" for kind, n in self._load.done.most_common()))


async def main(seconds, seed):
    random.seed(seed)
    print(f"soak: {seconds:.0f} s, seed {seed}", flush=True)
    async with Cluster() as cluster:
        soak = Soak(cluster)
        try:
            await soak.run(seconds)
        except Exception as error:
            print(soak.summary(), f"soak: FAILED: {error or repr(error)}", cluster.last_words(), sep="\n")
            if not isinstance(error, Failed):
                raise
            return 1
        print(soak.summary(), "soak: nothing is left, nothing has grown, no two held one lock", sep="\n")
        return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # no node outlives it
    how_long = float(sys.argv[1]) if len(sys.argv) > 1 else 3600
    which = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 1_000_000
    sys.exit(asyncio.run(main(how_long, which)))
