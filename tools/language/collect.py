#!/usr/bin/env python3
"""Collects labelled texts for train.py and for bench/route, from free packages on this system.

    collect.py FOLDER TEXTS.jsonl                   to train, and a quarter to measure
    collect.py FOLDER TEXTS.jsonl KNOWN.jsonl       a blind set, all of it to measure

In:   FOLDER as tools/language/fetch fills it, and what the system has in /usr/share, /usr/lib and
      /usr/include, of Go's and Rust's sources and of Node's modules. With KNOWN, the texts that
      were collected to train, FOLDER alone, as bench/route/fetch fills it; no window that has more
      than a third of its lines in KNOWN; the traces and tables that documents show, and other
      made-up logs
Out:  lines of {"label", "half", "package", "text", "comments", "name"}: windows of 3 to 60 lines,
      and the numbers, from 0, of those of its lines that are nothing but comment, docstring or POD,
      as the whole file, whose name is "name", tells. "half": 0 trains, 1 is held back, which has a
      quarter of each label; nothing of a package is in both
Nothing is random but by the seed in each file's own name; the same packages give the same set.
"""

import collections
import difflib
import glob
import gzip
import hashlib
import json
import os
import random
import re
import sys
import textwrap

import made_up
import made_up_blind

BY_END = {
    "c": ".c .h",
    "cpp": ".cpp .cc .cxx .hpp .hh",
    "csharp": ".cs",
    "css": ".css",
    "csv": ".csv",
    "diff": ".diff .patch",
    "go": ".go",
    "html": ".html .htm",
    "ini": ".ini .conf .cfg .desktop .service .socket .timer .theme",
    "java": ".java",
    "javascript": ".js .mjs .cjs",
    "json": ".json",
    "kotlin": ".kt .kts",
    "latex": ".tex .sty .cls .ltx",
    "lisp": ".el .lisp .scm .cl",
    "log": ".log",
    "lua": ".lua",
    "make": ".mk .mak .am",
    "objective-c": ".m .mm",
    "ocaml": ".ml .mli",
    "perl": ".pl .pm .t",
    "php": ".php",
    "powershell": ".ps1 .psm1 .psd1",
    "python": ".py",
    "r": ".R .r",
    "ruby": ".rb .rake",
    "rust": ".rs",
    "scala": ".scala",
    "shell": ".sh .bash",
    "sql": ".sql .ddl",
    "swift": ".swift",
    "tcl": ".tcl",
    "toml": ".toml",
    "typescript": ".ts .tsx",
    "vim": ".vim",
    "xml": ".xml .xsl .svg",
    "yaml": ".yaml .yml",
    "cmake": ".cmake",
    "markdown": ".md .markdown .rst .txt",
}
LABELS = {end: label for label, ends in BY_END.items() for end in ends.split()}
CHANGES = (
    "changelog changelog.Debian ChangeLog NEWS NEWS.Debian CHANGES AUTHORS THANKS TO" "DO"
).split()
NAMES = {
    "Makefile": "make",
    "CMakeLists.txt": "cmake",
    "GNUmakefile": "make",
    "makefile": "make",
    "rules": "make",
    "Dockerfile": "dockerfile",
    "Containerfile": "dockerfile",
    ".editorconfig": "ini",
    ".coveragerc": "ini",
    ".pylintrc": "ini",
    ".gitmodules": "ini",
    "Pipfile": "toml",
    ".clang-format": "yaml",
    "Rakefile": "ruby",
    "Gemfile": "ruby",
    "copyright": "markdown",
    "README": "markdown",
    **{name: "markdown" for name in CHANGES},
}
# Windows: of a package and label; of a label, to train and held back.
PER_PACKAGE, PER_LABEL = 200, (2400, 1200)
HELD_BACK = 3  # the others have so many times as much
NOT_CODE = ("markdown", "log", "csv")
PATCHES_PER_LABEL = 90
PROSE_TIMES = 6  # as many windows of prose as of each other label
FILE_BYTES_MAX = 1 << 20
TOPS = [
    "/usr/share",
    "/usr/lib",
    "/usr/include",
    "/usr/local/go/src",
    os.path.expanduser("~/go/pkg/mod"),
    os.path.expanduser("~/.cargo/registry/src/*"),
    "/etc",
]


def halves(found):
    """{package: half}: each package, in an order that means nothing, to the side that lacks it
    most, labels of few packages first."""
    sides, order = {}, lambda name: hashlib.sha256(name.encode()).digest()
    packages = {
        label: collections.Counter(item[0] for item in items) for label, items in found.items()
    }
    for label in sorted(packages, key=lambda l: (len(packages[l]), l)):
        have = [0, 0]
        counts = packages[label]
        for package in sorted(counts, key=lambda p: (p not in sides, -counts[p], order(p))):
            if package.startswith("made-up/"):
                sides[package] = int(package.split("/")[2])
            side = sides.setdefault(package, int(have[1] * HELD_BACK < have[0]))
            have[side] += min(counts[package], PER_PACKAGE)
    return sides


def package_of(path, folder):
    """The folder that stands for what was installed as one."""
    collection = re.match(r".*/ansible_collections/[^/]+/[^/]+(?=/)", path)
    if collection:
        return collection[0]
    for top, deep in (
        (folder, 1),
        (os.path.expanduser("~/.cargo/registry/src"), 2),
        (os.path.expanduser("~/go/pkg/mod"), 3),
        ("/usr/local/go/src", 2),
        ("/usr/share/doc", 1),
        ("/usr/include", 1),
        ("/usr/lib/python3/dist-packages", 1),
        ("/usr/lib/node_modules/npm/node_modules", 1),
        ("/usr/lib/node_modules", 1),
        ("/usr/share/perl", 2),
        ("/usr/share", 2),
        ("/usr/lib", 2),
        ("/etc", 1),
    ):
        if path.startswith(top + "/"):
            return "/".join([top] + path[len(top) + 1 :].split("/")[:-1][:deep])
    return os.path.dirname(path)


def read(path):
    try:
        if os.path.islink(path) or os.path.getsize(path) > FILE_BYTES_MAX:
            return ""
        if path.endswith(".gz"):
            raw = gzip.open(path).read(FILE_BYTES_MAX)
        else:
            raw = open(path, "rb").read()
        return raw.decode("utf-8").replace("\r\n", "\n")
    except (OSError, EOFError, UnicodeDecodeError):
        return ""


FENCE = re.compile(r"^ {0,3}(```+|~~~+)[^\n]*\n.*?^ {0,3}\1`*~* *$\n?", re.M | re.S)
QUOTED = r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"""
SLASHES = r"(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))" + QUOTED
HASH = r"(?P<comment>^[ \t]*#(?!!)[^\n]*"
# What is a comment, a docstring or POD in a whole file, or a text inside of data. Strings are
# matched to be passed over.
COMMENTS = {
    "python": r"(?P<comment>^[ \t]*[rRuU]?(?P<q>\"{3}|'{3})(?:\\.|.)*?(?P=q)|#[^\n]*)"
    r"|\"{3}.*?\"{3}|'{3}.*?'{3}" + QUOTED,
    "lua": r"(?P<comment>--\[\[.*?\]\]|--[^\n]*)" + QUOTED,
    "sql": r"(?P<comment>--[^\n]*|/\*.*?\*/)|'[^']*'",
    "html": r"(?P<comment><!--.*?-->)",
    "xml": r"(?P<comment><!--.*?-->)",
    "lisp": r"(?P<comment>^[ \t]*;[^\n]*)",
    "latex": r"(?P<comment>^[ \t]*%[^\n]*)",
    "vim": r"(?P<comment>^[ \t]*\"[^\n]*)",
    "ocaml": r"(?P<comment>\(\*.*?\*\))|\"(?:\\.|[^\"\\])*\"",
    "css": r"(?P<comment>/\*.*?\*/)",
    "perl": HASH + r"|^=[a-zA-Z].*?(?:^=cut[^\n]*$|\Z))",
    "ruby": HASH + r"|^=begin.*?^=end[^\n]*$)",
    "powershell": HASH + r"|<#.*?#>)",
    "ini": r"(?P<comment>^[ \t]*[#;][^\n]*)",
    "toml": r"(?P<comment>^[ \t]*#[^\n]*|(?P<text>(?P<q>\"{3}|'{3})(?:\\.|.)*?(?P=q)))" + QUOTED,
    "yaml": r"(?P<comment>^[ \t]*#[^\n]*|^(?P<by> *)(?:- +)?[^\s#][^\n]*?[:-] +[|>][-+0-9]*"
    r" *\n(?P<text>(?:(?P=by) +\S[^\n]*\n|[ \t]*\n)+))",
    "json": r"(?P<comment>(?!))",
    "cmake": r"(?P<comment>#\[(?P<q>=*)\[.*?\](?P=q)\]|^[ \t]*#[^\n]*)",
}
COMMENTS.update(
    {
        label: SLASHES
        for label in "c cpp csharp go java javascript kotlin objective-c php rust scala swift "
        "typescript".split()
    }
)
COMMENTS = {label: re.compile(form, re.M | re.S) for label, form in COMMENTS.items()}
HASH_COMMENTS = re.compile(HASH + ")", re.M)


PATCH = re.compile(
    r"diff |Index: |=== |index [0-9a-f]|(?:old|new|deleted|rename|similarity|copy)\b|"
    r"Binary files |--- |\+\+\+ |\*\*\* |@@ |[-+ \\!]"
)


def told_lines(text):
    """The lines of a patch that tell what it is for: before, between and behind what changes."""
    told, inside = set(), False
    for i, line in enumerate(text.split("\n")):
        begins = re.match(r"--- \S|\*\*\* \S|diff |Index: |@@ -", line)
        inside = bool(begins) or (inside and bool(not line or PATCH.match(line)))
        if line.strip() and not inside:
            told.add(i)
    return told


def comment_lines(text, label):
    """The numbers of the lines of a file that have a comment and nothing else; of data also those
    of running text in one value; of a patch also what is no part of any hunk."""
    if label == "diff":
        return told_lines(text)

    def blank(m):
        inner = m.groupdict().get("text")
        if not m["comment"] or (inner and not is_running(inner)):
            return m[0]
        kept = m[0][: -len(inner)] if inner else ""
        return kept + re.sub(r"[^\n]", " ", m[0][len(kept) :])

    bare = COMMENTS.get(label, HASH_COMMENTS).sub(blank, text)
    pairs = zip(text.split("\n"), bare.split("\n"))
    return {i for i, (line, rest) in enumerate(pairs) if line.strip() and not rest.strip()}


def name_of(path):
    """What its label is known by."""
    name = os.path.basename(path).removesuffix(".gz")
    return "Dockerfile" if re.match(r"Dockerfile[.-]|.*\.[Dd]ockerfile$", name) else name


def label_of(path, text):
    name = name_of(path)
    label = NAMES.get(name) or LABELS.get(os.path.splitext(name)[1])
    if label is None and text.startswith("#!"):
        first = text[:80].split("\n")[0]
        label = next(
            (
                l
                for word, l in (
                    ("bash", "shell"),
                    ("/sh", "shell"),
                    ("perl", "perl"),
                    ("python", "python"),
                    ("ruby", "ruby"),
                    ("tclsh", "tcl"),
                )
                if word in first
            ),
            None,
        )
    if label == "objective-c" and "@" not in text or label == "log" and "texlive" in path:
        return None
    if label == "c" and re.search(r"^\s*(class|template|namespace) ?\w*[ <]", text, re.M):
        return "cpp"
    if label == "markdown" and name not in CHANGES and (
        re.search(r"/(tests?|testdata|examples?|fixtures|locale)/", path)
        or name.endswith(".txt")
        and not re.search("/share/(doc|debian-reference)/", path)
    ):
        return None  # lists of words, data, code under another name
    if label == "make" and name == "rules" and "make" not in text[:80]:
        return None  # of some other program
    if label == "perl" and name.endswith(".t") and not re.search(r"^use [A-Z\w:]+", text, re.M):
        return None
    if label == "ini" and text.lstrip().startswith("<"):
        return "xml"
    if label == "ini" and re.search(r"^ *\\[A-Za-z@]+[\[{]", text, re.M):
        return "latex"
    if label == "ini" and re.search(r"^\[\[\w.]+\]\]\s*$", text, re.M):
        return "toml"
    if label == "ini" and not re.search(r"^\[[^\]\n]+\]\s*$", text, re.M):
        return None  # some other syntax under a name like ".conf"
    if label == "latex" and not re.search(r"\\(begin|def|newcommand)\b", text):
        return None  # Texinfo and the like
    if "\x1b[" in text:
        return None  # coloured for a terminal
    if "unicore" in path or "Collate" in path or name == "Activate.ps1":
        return None  # tables of numbers; the same file everywhere
    return label


def is_running(text):
    """Whether it is running text for the most part, and not lists of names."""
    lines = [line for line in text.split("\n") if line.strip()]
    words = lambda line: len(re.findall(r"\b[^\W\d_]{2,}\b|[\u3040-\u30ff\u4e00-\u9fff]{3}", line))
    wordy = sum(words(line) >= 6 for line in lines)
    return wordy * 2 >= len(lines)


def windows(text, label, rng, most, running):
    """Parts of a file, from a line that begins something; of prose only what is `running` text, or
    code that it shows would be among it."""
    if label == "markdown":
        text = FENCE.sub("\n", text)
    if running:
        # Indented code and what belongs to a directive of reStructuredText.
        text = re.sub(r"^( {2}|\t|\.\. )[^\n]*\n", "", text, flags=re.M)
    if label == "html":  # style sheets and scripts are in other languages
        text = re.sub(r"(<(style|script)\b[^>]*>).*?(</\2>)", r"\1\3", text, flags=re.S | re.I)
    lines = text.split("\n")
    comments = set() if label in NOT_CODE else comment_lines(text, label)
    starts = [
        i for i, line in enumerate(lines) if line.strip() and not (i and lines[i - 1].strip())
    ]
    for _ in range(min(most, 1 + len(lines) // 30) if starts else 0):
        n = rng.choice((3, 5, 8, 12, 20, 35, 60))
        at = rng.choice(starts)
        part = textwrap.dedent("\n".join(lines[at : at + n])).strip("\n")
        visible = sum(not c.isspace() for c in part)
        if visible < 60 or len(part) > 16000:
            continue
        if running and not is_running(part):
            continue
        mine = sorted(i - at for i in comments if at <= i < at + n)
        if len(mine) * 3 > sum(bool(line.strip()) for line in part.split("\n")):
            continue  # prose and code at once: no example of either
        yield part, mine


def sessions(text):
    """Blocks of a document that are a session, by their own word."""
    for block in re.finditer(
        r"^```(?:console|shell-session|sh-session|terminal)\n(.*?)^```", text, re.M | re.S
    ):
        yield "console", block[1]
    for block in re.finditer(r"^```[Dd]ockerfile\n(.*?)^```", text, re.M | re.S):
        yield "dockerfile", block[1]
    for block in re.finditer(r"^\.\. code-block:: console\n\n((?:    ?[^\n]*\n|\n)+)", text, re.M):
        yield "console", block[1]


def patches(found):
    """Patches of the windows of code, as editing makes them: (package, text). Packages have few."""
    for label, items in sorted(found.items()):
        rng = random.Random(f"patches {label}")
        if label in NOT_CODE or label == "diff":
            continue
        for package, text, _, name in rng.sample(items, min(PATCHES_PER_LABEL, len(items))):
            old, other = text.split("\n"), rng.choice(items)[1].split("\n")
            new = list(old)
            for _ in range(rng.randint(1, 4)):
                at, n = rng.randrange(len(new) + 1), rng.randint(0, 3)
                start = rng.randrange(len(other))
                new[at : at + n] = other[start : start + rng.randint(n == 0, 4)]
            if new == old:
                continue
            file, n = f"{label}/{name}", rng.randint(1, 900)
            made = list(difflib.unified_diff(old, new, f"a/{file}", f"b/{file}", lineterm=""))
            heads = ["Description: " + rng.choice(other).strip(), f"diff --git a/{file} b/{file}"]
            made = rng.choice((made, [rng.choice(heads)] + made, made[rng.randint(2, 8) :]))
            yield package, re.sub(r"^@@ -1", f"@@ -{n}", "\n".join(made[: rng.randint(8, 60)]))


TRACE = re.compile(
    r"^[ \t]*(Traceback \(most recent call last\):|Exception in thread |panic: |goroutine \d+ \["
    r"|thread '.*' panicked|[\w.]+(?:Error|Exception)\b.*\n\s+at )(?:.*\S.*\n){3,}",
    re.M,
)
TABLE = re.compile(r"^ {0,3}\|.*\n {0,3}\|[ :|-]+\|? *\n(?: {0,3}\|.*\n){2,}", re.M)


def traces_and_tables(text):
    """What a document shows of them, by their own form."""
    for found in TRACE.finditer(text):
        yield "log", textwrap.dedent(found[0])
    for found in TABLE.finditer(text):
        yield "markdown", textwrap.dedent(found[0])


def lines_of(text):
    """Those that are long enough to tell a text from others."""
    return {line.strip() for line in text.split("\n") if len(line.strip()) >= 16}


def lines_known(path):
    return set().union(*(lines_of(json.loads(line)["text"]) for line in open(path)))


def files(folder, tops):
    for top in [folder] + [t for pattern in tops for t in sorted(glob.glob(pattern))]:
        for base, folders, names in os.walk(top):
            folders[:] = sorted(
                f for f in folders if f not in (".git", "__pycache__", "get", "get2", "test_data")
            )
            for name in sorted(names):
                yield os.path.join(base, name)


def main(folder, out_path, known_path=None):
    folder = os.path.realpath(folder)
    known = lines_known(known_path) if known_path else set()
    taken, files_seen, seen = collections.Counter(), set(), set()
    found = collections.defaultdict(list)
    for path in files(folder, [] if known else TOPS):
        name = name_of(path)
        end = os.path.splitext(name)[1]
        if end not in LABELS and name not in NAMES and (end or "/bin" not in path):
            continue
        package = package_of(path, folder)
        rough = NAMES.get(name) or LABELS.get(end)
        if taken[package, rough] >= 40 * PER_PACKAGE:
            continue
        taken[package, rough] += 40
        text = read(path)
        label, digest = label_of(path, text), hashlib.sha256(text.encode()).digest()
        if not label or not text or digest in files_seen:
            continue  # the same file is in more packages than one
        files_seen.add(digest)
        rng = random.Random(path)
        few = label in ("python", "go", "html", "javascript", "c", "xml") or name in CHANGES
        running = label == "markdown" and name not in CHANGES
        most = 4 if few else 16 + running * len(text) // 4000
        for part, comments in windows(text, label, rng, most, running):
            found[label].append((package, part, comments, name))
        if label == "markdown":
            for other, part in [*sessions(text), *(traces_and_tables(text) if known else ())]:
                part = part.strip("\n")
                comments = [] if other in NOT_CODE else sorted(comment_lines(part, other))
                if len(comments) * 3 <= part.count("\n") + 1:
                    found[other].append((package, part, comments, name))
    for label, _, package, text in (made_up_blind if known else made_up).texts():
        found[label].append((package, text, [], "made-up"))
    for package, text in () if known else patches(found):
        found["diff"].append((package, text, [], "made.diff"))
    sides = collections.defaultdict(lambda: 1) if known else halves(found)
    with open(out_path, "w") as out:
        for label, items in sorted(found.items()):
            random.Random(label).shuffle(items)
            per, n = collections.Counter(), [0, 0]
            most = [n * (PROSE_TIMES if label == "markdown" else 1) for n in PER_LABEL]
            for package, text, comments, name in items:
                digest, half = hashlib.sha256(text.encode()).digest(), sides[package]
                if digest in seen or per[package] >= PER_PACKAGE or n[half] >= most[half]:
                    continue
                mine = lines_of(text)
                if len(mine & known) * 3 > len(mine):
                    continue
                seen.add(digest)
                per[package] += 1
                n[half] += 1
                item = {"label": label, "half": half, "package": package, "text": text}
                out.write(json.dumps(item | {"comments": comments, "name": name}) + "\n")
            print(f"{label:12} {n[0]:5} to train, {n[1]:5} held back, {len(per):4} packages")


if __name__ == "__main__":
    main(*sys.argv[1:])
