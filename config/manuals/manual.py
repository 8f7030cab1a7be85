#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the source of a manual page (scdoc) from a frame and what must not go stale.

    manual.py FRAME help PROGRAM    every command and option, from what --help says
    manual.py FRAME keys YAML       every configuration key, from config/pawld.yaml
    manual.py FRAME page MARKDOWN   a page of this tree

What is made takes the place of the line @generated@ of the frame; the page goes to stdout.
"""

import re
import subprocess
import sys


def escaped(text):
    return re.sub(r"([\\*_`])", r"\\\1", text)


def bold(text):
    return f"*{escaped(text)}*"


# --- help: as CLI11 prints it -------------------------------------------------------------------

ENTRY = re.compile(r"^  (\S.*?)(?:\s{2,}(\S.*))?$")
CONTINUED = re.compile(r"^\s{20,}(\S.*)$")
HEADINGS = ("Positionals:", "Options:", "Subcommands:")


def help_of(program, command=None):
    words = [program, *([command] if command else []), "--help"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def entries(text, heading):
    """[[name, meaning], …] of one block of --help."""
    found = []
    inside = False
    for line in text.splitlines():
        if line in HEADINGS:
            inside = line == heading
        elif inside and not line:
            break
        elif inside and (more := CONTINUED.match(line)):
            found[-1][1] = f"{found[-1][1]} {more[1]}".strip()
        elif inside and (entry := ENTRY.match(line)):
            found.append([entry[1], entry[2] or ""])
    return found


def epilogue(text):
    """Examples, and what else stands behind the options up to the exit codes, which are the frame's."""
    _, found, behind = text.partition("\nExamples:\n")
    told = re.split(r"^Exit(?: codes)?:", behind, maxsplit=1, flags=re.MULTILINE)[0].rstrip()
    return f"```\n{told}\n```\n" if found else ""


def option_name(name):
    """-t,--ttl SPAN (…) becomes *-t*, *--ttl* SPAN (…)"""
    spellings, _, rest = name.partition(" ")
    shown = ", ".join(bold(spelling) for spelling in spellings.split(","))
    rest = re.sub(r"Excludes: (\S+)", r"(not with \1)", rest)
    return f"{shown} {escaped(rest)}".strip()


def options(text):
    lines = []
    for heading in ("Positionals:", "Options:"):
        for name, meaning in entries(text, heading):
            if not name.startswith("-h,"):
                lines += [option_name(name), f"\t{escaped(meaning)}", ""]
    return "\n".join(lines)


def command_section(program, command, meaning, told_before):
    text = help_of(program, command)
    usage = next(line for line in text.splitlines() if line.startswith("Usage: "))
    told = epilogue(text)
    return "\n".join([f"## {program.rsplit('/', 1)[-1]} {command}", "", f"{escaped(meaning)}.", "",
                      bold(usage.removeprefix("Usage: ")), "", options(text),
                      "" if told == told_before else told])


def from_help(program):
    text = help_of(program)
    told = epilogue(text)
    parts = ["# OPTIONS", "", options(text), "# COMMANDS", ""]
    for command, meaning in entries(text, "Subcommands:"):
        # "…: pawl run [OPTIONS] …" is the usage, told below.
        meaning = re.sub(r": \w+ \w+ .*$", "", meaning)
        parts.append(command_section(program, command, meaning, told))
    return "\n".join([*parts, "# EXAMPLES", "", told])


# --- keys: config/pawld.yaml --------------------------------------------------------------------


def from_keys(path):
    lines = []
    section = ""
    comment = []
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if match := re.match(r"\s*# ?(.*)$", line):
            comment.append(match[1])
        elif match := re.match(r"( *)(\w+):(?: (.*))?$", line):
            indent, word, value = match.groups()
            if value is None:
                section = word
                lines += [f"## {escaped(word)}", "", escaped(" ".join(comment)), ""]
            else:
                name = f"{section}.{word}" if indent else word
                lines += [f"{bold(name)}: {escaped(value)}", f"\t{escaped(comment[0])}"]
                lines += [f"\t{escaped(' '.join(comment[1:]))}", ""]
            comment = []
        else:
            comment = []
    return "\n".join(lines)


# --- page: the little Markdown this tree uses ---------------------------------------------------


def underlined(text):
    return re.sub(r"\\\*(\w+)\\\*", r"_\1_", escaped(text))


def inline(text):
    """**Bold** and `code` become bold, one may stand in the other; *so* is underlined."""
    runs = []
    strong = False
    for part in re.split(r"(`[^`]+`|\*\*)", text.replace("\\|", "|")):
        if part == "**":
            strong = not strong
        elif part:
            code = part.startswith("`") and len(part) > 1
            runs.append((part.strip("`") if code else part, strong or code))
    return "".join(bold(run) if is_bold else underlined(run) for run, is_bold in runs)


def paragraph(text):
    """What scdoc would take for a mark at the begin of a line is text here."""
    shown = inline(text)
    return "\\" + shown if shown[0] in "[]|#-.;" else shown


def cells_of(row):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip()[1:-1])]


def table(rows):
    """Rows become tagged paragraphs: the cells of these pages are too long for columns."""
    lines = []
    for row in rows[2:]:
        first, *others = cells_of(row)
        lines.append(paragraph(first))
        for cell in filter(None, others):
            lines += [f"\t{paragraph(cell)}", ""]
    return lines


def blocks_of(lines):
    """The lines of each fence (without its end), heading, table, item and paragraph."""
    block = []
    fenced = False
    for line in [*lines, ""]:
        if line.startswith("```"):
            fenced = not fenced
            if fenced:
                if block:
                    yield block
                block = []
            else:
                yield block
                block = []
                continue
        elif not fenced:
            begins = line.startswith(("#", "- ")) or line.startswith("|") != (
                bool(block) and block[0].startswith("|"))
            if block and (not line or begins or block[0].startswith("#")):
                yield block
                block = []
            if not line:
                continue
        block.append(line)


def from_page(path):
    out = []
    for block in blocks_of(open(path, encoding="utf-8").read().splitlines()):
        first = block[0]
        if first.startswith("```"):
            out += ["```", *(line.replace("\\", "\\\\") for line in block[1:]), "```", ""]
        elif first.startswith("# "):
            continue  # the title: in the frame
        elif first.startswith("#"):
            out += [first[1:].upper() if first.startswith("## ") else first[1:], ""]
        elif first.startswith("|"):
            out += table(block)
        elif first.startswith("- "):
            out += ["- " + inline(" ".join(line.strip() for line in [first[2:], *block[1:]])), ""]
        elif not first.startswith("<!--"):
            out += [paragraph(" ".join(line.strip() for line in block)), ""]
    return "\n".join(out)


def main():
    frame, kind, source = sys.argv[1:]
    made = {"help": from_help, "keys": from_keys, "page": from_page}[kind](source)
    text = open(frame, encoding="utf-8").read()
    if text.count("\n@generated@\n") != 1:
        sys.exit(f"{frame}: not one line @generated@")
    sys.stdout.write(text.replace("\n@generated@\n", "\n" + made + "\n"))


if __name__ == "__main__":
    main()
