# SPDX-License-Identifier: Apache-2.0
"""At rest: the tables are empty, and each node takes no more than at the first rest, within what
is stated here. How long it may take to get there is stated, too."""

import json

from cluster import SIZE
from nodes import until

REST = 30  # seconds; leases and reclaimed waits end within 2, an idle connection within 10

# Memory: of each node against the greatest of the three at the first rest, for any of them may have
# been primary until then and any may become it. The allocator keeps pages it has used, and how many
# depends on how requests fell together; a leak of 16 bytes a grant passes this within a million.
MEMORY = 12 << 20
# Descriptors: a primary and a standby differ by connections between nodes that are being made anew.
DESCRIPTORS = 4
# Files: two snapshots of up to 8 MiB, and the log behind the older one, in segments of 16 MiB. 64 MiB
# of records make a snapshot due; a batch of few is padded to sectors, which about doubles that. One
# segment is made ahead, as much is in reserve for a full disk, and one fills while a snapshot is
# saved. A saw-tooth, of which the baseline may be any point; a log that is never cut passes this.
BYTES = (2 * 8 + 2 * (2 * 64 + 16) + 3 * 16) << 20
FILES = 2 + BYTES // (16 << 20) + 6


class Baseline:
    def __init__(self, takes):
        self.memory = max(take["memory"] for take in takes) + MEMORY
        self.descriptors = max(take["descriptors"] for take in takes) + DESCRIPTORS

    def excesses(self, takes):
        most = {"memory": self.memory, "descriptors": self.descriptors, "files": FILES, "bytes": BYTES}
        return [f"n{node} (pid {take['pid']}): {what} {take[what]:,}, at most {limit:,}"
                for node, take in enumerate(takes) for what, limit in most.items()
                if take[what] > limit]


async def leftovers(cluster):
    """What of the load is still there."""
    found = []
    port = cluster.ports[await cluster.primary()]
    for line, key in (("LIST limit=1000", "locks"), ("SESSIONS limit=100", "sessions")):
        rows = json_of(await cluster.ask(port, line)).get(key)
        if rows != []:
            found.append(f"{line.split()[0]}: {rows if rows is None else len(rows)}")
    for node in range(SIZE):
        status = json_of(await cluster.ask(cluster.ports[node], "STATUS"))
        rest = {"locks": 0, "sessions": 0, "waiters": 0, "connections": 1}  # the one that asks
        found += [f"n{node}: {status.get(key)} {key}" for key, count in rest.items()
                  if status.get(key) != count]
    return found


async def rest(cluster, baseline=None):
    """What the nodes take once nothing is left, and what stays too much."""
    state = {"left": [], "takes": [], "excesses": []}

    async def is_at_rest():
        state["left"] = await leftovers(cluster)
        state["takes"] = [cluster.take_of(node) for node in range(SIZE)]
        state["excesses"] = baseline.excesses(state["takes"]) if baseline else []
        return not state["left"] and not state["excesses"]

    try:
        await until(is_at_rest, REST, "rest")
        return state["takes"], []
    except Exception as failed:
        return state["takes"], (state["left"] + state["excesses"]) or [str(failed)]


def json_of(answer):
    return json.loads(answer[3:]) if answer.startswith("OK {") else {}
