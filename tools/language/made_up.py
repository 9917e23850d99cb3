"""Texts that free packages hardly have: logs, stack traces, sessions, tables, Dockerfiles.

Each half has formats of its own, so that what is held back was not seen in training.
"""

import random

WORDS = (
    "server client request index worker queue batch cache store token parser buffer thread "
    "session config module handler socket stream record table page chunk model vector user "
    "timeout retry connection schema driver plugin"
).split()
VERBS = (
    "started stopped failed loaded opened closed received sent dropped retried accepted".split()
)
LEVELS = "INFO WARN ERROR DEBUG".split()


def phrase(r, n=None):
    out = []
    for _ in range(n or r.randint(2, 5)):
        out.append(r.choice(WORDS))
    return " ".join(out) + " " + r.choice(VERBS)


def stamp(r, style):
    day, h, m, s = r.randint(1, 28), r.randint(0, 23), r.randint(0, 59), r.randint(0, 59)
    return (
        (
            f"2024-03-{day:02} {h:02}:{m:02}:{s:02},{r.randint(0, 999):03}",
            f"[{h:02}:{m:02}:{s:02}]",
            f"Mar {day:2} {h:02}:{m:02}:{s:02} host{r.randint(1, 9)} app[{r.randint(100, 9999)}]:",
        ),
        (
            f"2023-11-{day:02}T{h:02}:{m:02}:{s:02}.{r.randint(0, 999):03}Z",
            f"{day:02}/Nov/2023:{h:02}:{m:02}:{s:02} +0000",
            f"11-{day:02} {h:02}:{m:02}:{s:02}.{r.randint(0, 999):03}",
        ),
    )[style[0]][style[1]]


def log(r, half):
    style, n = (half, r.randrange(3)), r.randint(4, 40)
    extra = r.randrange(3)
    lines = []
    for _ in range(n):
        line = f"{stamp(r, style)} {r.choice(LEVELS)} "
        if extra == 1:
            line += f"[{r.choice(WORDS)}-{r.randint(1, 8)}] "
        elif extra == 2:
            line += f"com.{r.choice(WORDS)}.{r.choice(WORDS).title()} - "
        line += phrase(r)
        if r.random() < 0.4:
            line += (
                f" {r.choice(WORDS)}={r.randint(1, 9999)} {r.choice(WORDS)}_ms={r.randint(1, 999)}"
            )
        lines.append(line)
    return "\n".join(lines)


def access_log(r, half):
    out = []
    for _ in range(r.randint(4, 30)):
        address = ".".join(str(r.randint(1, 254)) for _ in range(4))
        path = "/" + "/".join(r.choice(WORDS) for _ in range(r.randint(1, 3)))
        status, size = r.choice((200, 301, 404, 500)), r.randint(100, 99999)
        out.append(
            f'{address} - - [{r.randint(1, 28):02}/Mar/2024:10:{r.randint(0, 59):02}:00 +0000] '
            f'"GET {path} HTTP/1.1" {status} {size}'
            if half == 0
            else f"{r.randint(1700000000, 1710000000)}.{r.randint(0, 999)} {address} "
            f"TCP_MISS/{status} "
            f"{size} GET http://{r.choice(WORDS)}.example{path} - text/html"
        )
    return "\n".join(out)


def trace(r, half):
    n = r.randint(4, 18)
    name = lambda: r.choice(WORDS) + "_" + r.choice(WORDS)
    camel = lambda: r.choice(WORDS).title() + r.choice(WORDS).title()
    kind = r.randrange(3)
    if half == 0 and kind == 0:
        lines = ["Traceback (most recent call last):"]
        for _ in range(n // 2 + 1):
            lines += [
                f'  File "/srv/app/{name()}.py", line {r.randint(1, 900)}, in {name()}',
                f"    return self.{name()}({r.choice(WORDS)})",
            ]
        lines.append(f"{camel()}Error: {phrase(r)}")
    elif half == 0 and kind == 1:
        lines = [f"Exception in thread \"main\" java.lang.{camel()}Exception: {phrase(r)}"]
        lines += [
            f"\tat com.{r.choice(WORDS)}.{camel()}.{r.choice(WORDS)}"
            f"({camel()}.java:{r.randint(1, 900)})"
            for _ in range(n)
        ]
        lines.append(f"Caused by: java.io.IOException: {phrase(r)}\n\t... {n} more")
    elif half == 0:
        lines = [
            f"panic: runtime error: {phrase(r)}",
            "",
            f"goroutine {r.randint(1, 99)} [running]:",
        ]
        for _ in range(n // 2 + 1):
            lines += [
                f"main.{camel()}(0x{r.randint(1, 1 << 40):x}, 0x{r.randint(1, 99):x})",
                f"\t/src/{name()}.go:{r.randint(1, 900)} +0x{r.randint(1, 4000):x}",
            ]
    elif kind == 0:
        lines = [f"TypeError: {phrase(r)}"]
        lines += [
            f"    at {camel()}.{r.choice(WORDS)} (/srv/{r.choice(WORDS)}/{r.choice(WORDS)}.js:"
            f"{r.randint(1, 900)}:{r.randint(1, 80)})"
            for _ in range(n)
        ]
    elif kind == 1:
        lines = [f"Unhandled exception. System.{camel()}Exception: {phrase(r)}"]
        lines += [
            f"   at App.{camel()}.{r.choice(WORDS).title()}(String {r.choice(WORDS)}) "
            f"in /src/{camel()}.cs:line "
            f"{r.randint(1, 900)}"
            for _ in range(n)
        ]
    else:
        lines = [
            f"thread 'main' panicked at src/{name()}.rs:{r.randint(1, 900)}:{r.randint(1, 80)}:",
            phrase(r),
            "stack backtrace:",
        ]
        for i in range(n // 2 + 1):
            lines += [
                f"  {i:2}: {r.choice(WORDS)}::{name()}",
                f"             at ./src/{name()}.rs:{r.randint(1, 900)}:9",
            ]
    return "\n".join(lines)


def session(r, half):
    prompt = (("$ ", "user@host:~$ ", "% "), ("# ", "root@box:/srv# ", "> "))[half][r.randrange(3)]
    commands = (
        (
            "git status",
            "ls -la",
            "make test",
            "docker ps",
            "pip install {w}",
            "cat {w}.txt",
            "grep -r {w} src",
        ),
        (
            "npm run build",
            "cargo test",
            "systemctl status {w}",
            "kubectl get pods",
            "df -h",
            "curl -s http://localhost:8080/{w}",
            "apt install {w}",
        ),
    )[half]
    lines = []
    for _ in range(r.randint(2, 6)):
        lines.append(prompt + r.choice(commands).format(w=r.choice(WORDS)))
        for _ in range(r.randint(0, 5)):
            lines.append(
                r.choice(
                    (
                        f"{phrase(r)}",
                        f"{r.choice(WORDS)}: {r.randint(1, 99)} {r.choice(WORDS)}s",
                        f"-rw-r--r-- 1 root root {r.randint(1, 9999)} Mar 3 10:00 "
                        f"{r.choice(WORDS)}.c",
                        f"{r.choice(WORDS)}-{r.randint(0, 9)}   Running   {r.randint(1, 99)}m",
                    )
                )
            )
    return "\n".join(lines)


def table(r, half):
    mark, n = (",", ";")[half] if r.random() < 0.7 else "\t", r.randint(3, 8)
    lines = [mark.join(r.choice(WORDS) for _ in range(n))]
    for _ in range(r.randint(4, 40)):
        lines.append(
            mark.join(
                str(
                    r.choice(
                        (
                            r.randint(0, 9999),
                            f"{r.random() * 100:.2f}",
                            r.choice(WORDS),
                            f"2024-0{r.randint(1, 9)}-1{r.randint(0, 9)}",
                        )
                    )
                )
                for _ in range(n)
            )
        )
    return "\n".join(lines)


def value(r, quoted):
    """A cell as statistics programs write it."""
    cell = r.choice(
        (
            lambda: f"{r.gauss(0, 100):.{r.choice((0, 2, 6, 14))}f}",
            lambda: str(r.randint(0, 10 ** r.randint(1, 5))),
            lambda: r.choice(("NA", "TRUE", "FALSE", "", f"{r.random():.3e}")),
            lambda: '"%s"' % r.choice(WORDS) if quoted else r.choice(WORDS),
        )
    )
    return cell()


def data_frame(r, half):
    """A table with quoted names, mostly of numbers, with the row's own number or name before it."""
    mark, n, quoted = (",", ";")[half] if r.random() < 0.8 else ",", r.randint(2, 10), half == 0
    quote = (lambda text: f'"{text}"') if r.random() < 0.7 else str
    names = [
        r.choice((w, w[:1], f"{w[:2]}.{r.choice(WORDS)}", f"{w[0]}({w[1]}{r.randint(0, 9)})"))
        for w in (r.choice(WORDS) for _ in range(n))
    ]
    numbered = r.random() < 0.6
    lines = [mark.join([quote("")] * numbered + [quote(name) for name in names])]
    kinds = [r.random() < 0.75 for _ in range(n)]
    for i in range(r.randint(4, 40)):
        row = [
            f"{r.gauss(0, 50):.{r.choice((1, 4, 14))}f}" if number else value(r, quoted)
            for number in kinds
        ]
        lines.append(mark.join([quote(i + 1)] * numbered + row))
    return "\n".join(lines)


def syslog(r, half):
    """Lines as they go over the wire, with a priority before them."""
    out = []
    for _ in range(r.randint(4, 30)):
        day, time = r.randint(1, 28), f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:02"
        at = (f"Mar {day:2} {time}", f"1 2024-03-{day:02}T{time}Z")[half]
        words = f"{r.choice(WORDS)}{r.randint(1, 9)} {r.choice(WORDS)}[{r.randint(10, 9999)}]: "
        extra = f'{r.choice(WORDS)}="{r.choice(WORDS)}"'
        out.append(f"<{r.randint(1, 191)}>{at} {words}{phrase(r)} {extra}")
    return "\n".join(out)


def pipe_table(r, half):
    """A table as Markdown or reStructuredText draws it."""
    n = r.randint(2, 5)
    cell = lambda: r.choice(
        (phrase(r), r.choice(WORDS), f"`{r.choice(WORDS)}`", str(r.randint(0, 9999)), "yes", "-")
    )
    rows = [[r.choice(WORDS).title() for _ in range(n)]]
    rows += [[cell() for _ in range(n)] for _ in range(r.randint(2, 14))]
    if r.random() < 0.5:
        wide = [max(len(row[i]) for row in rows) for i in range(n)]
        rows = [[c.ljust(w) for c, w in zip(row, wide)] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if half == 0 and r.random() < 0.3:
        lines = [line[2:-2] for line in lines]
    rule = (("---", ":---", "---:"), ("------", ":---:", "-"))[half][r.randrange(3)]
    if half == 1 and r.random() < 0.3:
        rule = "+" + "+".join("-" * (len(c) + 2) for c in rows[0]) + "+"
        return "\n".join([rule] + [part for line in lines for part in (line, rule)])
    return "\n".join([lines[0], "|" + "|".join([rule] * n) + "|"] + lines[1:])


def dockerfile(r, half):
    base = (
        ("debian:12", "python:3.12-slim", "golang:1.23"),
        ("alpine:3.20", "node:22", "rust:1.83"),
    )[half]
    lines = [f"FROM {r.choice(base)}" + r.choice(("", " AS build"))]
    for _ in range(r.randint(4, 14)):
        lines.append(
            r.choice(
                (
                    f"RUN apt-get update && apt-get install -y {r.choice(WORDS)}",
                    f"COPY {r.choice(WORDS)} /srv/{r.choice(WORDS)}",
                    f"ENV {r.choice(WORDS).upper()}=1",
                    f"WORKDIR /{r.choice(WORDS)}",
                    f"EXPOSE {r.randint(80, 9000)}",
                    f'CMD ["{r.choice(WORDS)}", "--{r.choice(WORDS)}"]',
                    f"RUN make {r.choice(WORDS)} \\\n    && rm -rf /var/{r.choice(WORDS)}",
                    f"USER {r.choice(WORDS)}",
                    f"ARG {r.choice(WORDS).upper()}",
                )
            )
        )
    return "\n".join(lines)


KINDS = (
    ("log", log, 500),
    ("log", access_log, 200),
    ("log", trace, 500),
    ("console", session, 400),
    ("log", syslog, 150),
    ("csv", table, 500),
    ("csv", data_frame, 500),
    ("markdown", pipe_table, 300),
    ("dockerfile", dockerfile, 300),
)


def texts():
    """(label, half, package, text); packages of 100, so that none outweighs the real ones."""
    for label, make, n in KINDS:
        for half in (0, 1):
            for i in range(n):
                r = random.Random(f"{label} {make.__name__} {half} {i}")
                yield label, half, f"made-up/{make.__name__}/{half}/{i // 100}", make(r, half)
