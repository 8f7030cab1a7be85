#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays conformance.json to the runner of a language and judges what it prints; README.md here says
what the words mean. Exit codes: 0 all passed, 1 some did not, 77 the language is not installed."""

import argparse
import asyncio
import itertools
import json
import pathlib
import re
import shutil
import sys
import time

from nodes import PAWLD, Failed, Nodes
from play import Play

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = [sys.executable, "-B", str(HERE / "runner.py")]
RUNNERS = {"python": [*PYTHON, "tasks"], "python-threads": [*PYTHON, "threads"],
           "node": ["node", str(HERE / "runner.mjs")], "go": [str(HERE / "go" / "run.sh")]}
TOOLS = {"node": "node", "go": "go"}
NOT_INSTALLED = 77


class Runner:
    """The program of one language: lines go in, lines come out."""

    def __init__(self, command, addresses, show):
        self._words, self._show = [*command, addresses], show
        self.lines, self._process, self._reading = asyncio.Queue(), None, None

    async def start(self):
        self._process = await asyncio.create_subprocess_exec(
            *self._words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        self._reading = asyncio.ensure_future(self._read())
        greeting = await asyncio.wait_for(self.lines.get(), 60)
        if not greeting or not greeting.startswith("ready"):
            raise Failed(f"the runner does not say ready but {greeting!r}")
        return greeting

    def tell(self, line):
        self._show(f"  > {line}")
        self._process.stdin.write(line.encode() + b"\n")

    async def end(self):
        """Asked to by the end of its input; its exit code is part of the contract."""
        self._process.stdin.close()
        try:
            return await asyncio.wait_for(self._process.wait(), 5)
        except asyncio.TimeoutError:
            self.kill()
            return "none, it had to be killed"

    def kill(self):
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def _read(self):
        while line := await self._process.stdout.readline():
            self._show(f"  < {line.decode().rstrip()}")
            self.lines.put_nowait(line.decode().rstrip())
        self.lines.put_nowait(None)


async def play_all(cases, command, show):
    """How many failed, and how many were skipped."""
    failed = skipped = 0
    numbered = enumerate(cases)
    for guarded, group in itertools.groupby(numbered, lambda one: "guarded" in one[1]):
        async with Nodes(guarded) as nodes:
            failures, skips = await play_group(group, nodes, command, show)
            failed, skipped = failed + failures, skipped + skips
    return failed, skipped


async def play_group(cases, nodes, command, show):
    failed = skipped = 0
    runner = None
    for number, case in cases:
        if runner is None:
            runner = Runner(command, nodes.addresses(), show)
            greeting = await runner.start()
        if missing := set(case.get("needs", "").split()) & set(greeting.split()[2:]):
            print(f"skip  {case['name']} (without {', '.join(missing)})", flush=True)
            skipped += 1
            continue
        started = time.monotonic()
        why = await play_one(case, f"c{number}", nodes, runner, show)
        seconds = time.monotonic() - started
        print(f"{'FAIL' if why else 'ok  '}  {case['name']} ({seconds:.1f} s)"
              f"{why and chr(10) + '      ' + why}", flush=True)
        if why:
            failed += 1
            runner.kill()
            runner = None
            show(nodes.last_words())
    if runner and (code := await runner.end()) != 0:
        print(f"FAIL  the runner's exit code is {code}", flush=True)
        failed += 1
    return failed, skipped


async def play_one(case, prefix, nodes, runner, show):
    """Nothing, or why the case failed."""
    play = Play(prefix, nodes, runner)
    try:
        await nodes.make_whole()
        for step in case["steps"]:
            show(f"  {step}")
            try:
                await play.step(step)
            except Failed as failed:
                return f"{step!r}: {failed}"
        play.judge_rest()
        nodes.turn_links("reset")
        await play.reset()
    except Failed as failed:
        return str(failed)
    finally:
        await play.forget_rival()
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", default="", help="only cases whose name this expression finds")
    parser.add_argument("-v", action="store_true", help="show every line")
    parser.add_argument("runner", nargs="+", help=f"one of {', '.join(RUNNERS)}, or a command")
    options = parser.parse_args()
    command = RUNNERS.get(options.runner[0], options.runner)
    for program in (TOOLS.get(options.runner[0], command[0]), command[0]):
        if shutil.which(program) is None:
            print(f"skipped: {program} is not installed")
            return NOT_INSTALLED
    if shutil.which(PAWLD) is None:
        sys.exit(f"there is no {PAWLD}: build it, or say in PAWLD where one is")
    cases = json.loads((HERE / "conformance.json").read_text())["cases"]
    chosen = [case for case in cases if re.search(options.k, case["name"])]
    show = (lambda line: print(line, flush=True)) if options.v else (lambda line: None)
    try:
        failed, skipped = asyncio.run(play_all(chosen, command, show))
    except Failed as why:
        sys.exit(f"not played: {why}")
    print(f"{len(chosen) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
