# SPDX-License-Identifier: Apache-2.0
"""One table of all rows, as Markdown that is also aligned for a terminal."""

import dataclasses
import statistics

MISSING = "not measured"
HEAD = ("workload", "who", "median", "range", "pawl ÷ it", "gate", "moonshot", "beside")


@dataclasses.dataclass(frozen=True)
class Target:
    """What pawl's figure shall be: beside a peer's as a ratio, or, with no peer, by itself."""
    peer: str = ""
    gate: float | None = None
    moonshot: float | None = None
    at_most: bool = False

    def verdict(self, bound, value):
        if bound is None:
            return ""
        sign = "≤" if self.at_most else "≥"
        if value is None:
            return f"{sign} {short(bound)}"
        met = value <= bound if self.at_most else value >= bound
        return f"{sign} {short(bound)} {'met' if met else 'MISSED'}"


@dataclasses.dataclass
class Row:
    """One figure of every peer, over the rounds. The first of them is pawl."""
    workload: str
    title: str
    figures: dict[str, list[float]]
    targets: list[Target]
    beside: dict[str, str] = dataclasses.field(default_factory=dict)

    def ratio(self, peer):
        """The median of the rounds' ratios: both were measured in the same round."""
        pawl, other = next(iter(self.figures.values())), self.figures[peer]
        if not pawl or not other:
            return None
        if len(pawl) != len(other):
            return statistics.median(pawl) / statistics.median(other)
        return statistics.median(mine / theirs for mine, theirs in zip(pawl, other))

    def lines(self):
        first = self.title
        for place, (peer, values) in enumerate(self.figures.items()):
            is_pawl = place == 0
            value = (statistics.median(values) if values else None) if is_pawl else self.ratio(peer)
            shown = "" if is_pawl or value is None else f"{value:.2f}"
            target = next((t for t in self.targets if t.peer == ("" if is_pawl else peer)), Target())
            yield (first, peer, *median_and_range(values), shown,
                   target.verdict(target.gate, value), target.verdict(target.moonshot, value),
                   self.beside.get(peer, ""))
            first = ""


def median_and_range(values):
    if not values:
        return MISSING, ""
    return short(statistics.median(values)), f"{short(min(values))} – {short(max(values))}"


def short(number):
    """Three digits are what such a measurement can tell."""
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if abs(number) >= 10 * unit or (abs(number) >= unit and letter == "M"):
            return f"{three_digits(number / unit)}{letter}"
    return f"{number:,.0f}" if abs(number) >= 1000 else three_digits(number)


def three_digits(number):
    if abs(number) >= 100:
        return f"{number:.0f}"
    text = f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"
    return text.rstrip("0").rstrip(".")


def as_text(rows):
    lines = [HEAD] + [line for row in rows for line in row.lines()]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]

    def padded(line):
        cells = (cell.ljust(width) for cell, width in zip(line, widths))
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([padded(lines[0]), rule, *map(padded, lines[1:])])


def as_data(rows):
    return [{"workload": row.workload, "title": row.title, "figures": row.figures,
             "ratios": {peer: row.ratio(peer) for peer in list(row.figures)[1:]},
             "targets": [dataclasses.asdict(target) for target in row.targets],
             "beside": row.beside} for row in rows]
