#!/usr/bin/env python3
"""Writes logs, output of tools and stack traces for the blind set, as collect.py reads them.

    logs.py FOLDER

Each line of logs.txt is a format that a real program writes, and none of those of made_up.py or
made_up_blind.py in tools/language; what varies is drawn, by a seed in each file's name.
"""

import os
import random
import re
import sys

PER_FORMAT = 18  # files
WORDS = (
    "orders basket parcel courier depot tariff voucher roster ticket venue lecture library "
    "catalogue reader binder archive museum harbour railway weather sensor meter pump valve"
).split()
SENTENCES = (
    "could not resolve host|handshake failed|waiting for lock|lease renewed|segment rotated|"
    "configuration file changed, reading it again|too many open files|queue is empty|"
    "backup finished|replica is behind|token has expired|accepted connection|session closed|"
    "memory usage is high|no route to host|upgrade complete|disk scrub started|job timed out|"
    "new leader has been chosen|checksum does not match|ready for connections|nothing to do"
).split("|")


def templates():
    """Those of logs, and those of traces."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "logs.txt")
    return [
        [line for line in part.split("\n") if line and not line.startswith("# ")]
        for part in open(path).read().split("\n\n")
    ]


def fill(r, template):
    """<w> a word, <W> one with a capital, <s> and <S> what happened, <A> a level, <D> <T> a time,
    <d> a small number, <n> any, <x> hexadecimal, <ip>, <1> to <8> so many digits."""

    def draw(match):
        kind = match[1]
        if kind.isdigit():
            return str(r.randint(10 ** (int(kind) - 1), 10 ** int(kind) - 1))
        return {
            "w": lambda: r.choice(WORDS),
            "W": lambda: r.choice(WORDS).title(),
            "s": lambda: r.choice(SENTENCES),
            "S": lambda: r.choice(SENTENCES).capitalize(),
            "A": lambda: r.choice(("INFO", "WARN", "ERROR", "DEBUG")),
            "D": lambda: f"2026-03-{r.randint(1, 28):02}",
            "T": lambda: f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}",
            "d": lambda: str(r.randint(10, 28)),
            "n": lambda: str(r.randint(1, 10 ** r.randint(1, 5))),
            "x": lambda: f"{r.randint(1 << 20, 1 << 32):08x}",
            "ip": lambda: ".".join(str(r.randint(1, 254)) for _ in range(4)),
        }[kind]()

    return re.sub(r"<([wWsSADTdnx1-8]|ip)>", draw, template)


def log(r, template):
    parts = template.replace("\\t", "\t").split("\\n")
    lines = []
    for _ in range(r.randint(4, 40)):
        # What belongs together comes together, more often than not.
        lines += parts if r.random() < 0.7 else [r.choice(parts)]
    return "\n".join(fill(r, line) for line in lines[: r.randint(4, 45)])


def trace(r, template):
    head, again = template.replace("\\n~", "~").replace("\\t<", "\t<").split("~", 1)
    lines = head.split("\\n") + [again.replace("\\n", "\n")] * r.randint(4, 18)
    return "\n".join(fill(r, line) for line in lines)


def main(folder):
    for make, forms in zip((log, trace), templates()):
        for k, template in enumerate(forms):
            into = os.path.join(folder, f"made-up-{make.__name__}-{k}")
            os.makedirs(into, exist_ok=True)
            for i in range(PER_FORMAT):
                r = random.Random(f"{make.__name__} {k} {i}")
                with open(os.path.join(into, f"{i}.log"), "w") as out:
                    out.write(make(r, template) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
