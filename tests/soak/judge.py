# SPDX-License-Identifier: Apache-2.0
"""What all clients were told, and whether it can be true: tokens are unique and rise, holders
exclude each other, what was acknowledged is not lost. Times are those of the clients: a holder
counts from when it sent its request, a grant is known when it was read, so nothing is called wrong
that is not."""

import collections
import time

MOST_CLAIMS, MOST_TOKENS = 8, 500_000


class Hold:
    def __init__(self, name, floor):
        self.name, self.floor, self.token, self.granted, self.until = name, floor, 0, 0.0, 0.0


class Judge:
    def __init__(self):
        self.wrong, self.grants, self._highest = [], 0, 0
        self._claims = collections.defaultdict(list)
        self._tokens = {}

    def asks(self, name):
        """Before it is asked for: every token known is lesser than its own."""
        return Hold(name, self._highest)

    def granted(self, hold, token, sent, ttl):
        hold.token, hold.granted, hold.until = token, time.monotonic(), sent + ttl
        if token <= hold.floor:
            self.wrong.append(f"token {token} of {hold.name} falls, {hold.floor} was known before")
        if token in self._tokens:
            self.wrong.append(f"token {token} of {hold.name} was that of {self._tokens[token]}")
        self._tokens[token] = hold.name
        if len(self._tokens) > MOST_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        self.grants, self._highest = self.grants + 1, max(self._highest, token)
        claims = self._claims[hold.name]
        claims.append(hold)
        claims.sort(key=lambda one: one.token)
        del claims[:-MOST_CLAIMS]
        self._look_at(hold.name)

    def confirmed(self, hold, sent, ttl):
        hold.until = max(hold.until, sent + ttl)
        self._look_at(hold.name)

    def releases(self, hold):
        """Before it is asked for."""
        hold.until = min(hold.until, time.monotonic())

    def not_held(self, hold, reply):
        if time.monotonic() < hold.until:
            self.wrong.append(f"token {hold.token} of {hold.name} is lost: {reply}")

    def forget_names(self):
        """Once nothing is held."""
        self._claims.clear()

    def _look_at(self, name):
        claims = self._claims[name]
        for one, other in zip(claims, claims[1:]):
            if other.granted < one.until:
                self.wrong.append(f"tokens {one.token} and {other.token} both hold {name}")
