#!/usr/bin/env python3
"""How many functions that fit a chunk are whole in one, package by package.

    measure.py FOLDER TANDEM...      FOLDER as bench/chunk/fetch has filled it; one column for each
                                     program, then one for a naive splitter

Which functions there are, and where they begin and end, says another program: Python's own parser
for Python, the TypeScript compiler for TypeScript and JavaScript, the layout that rustfmt gives
for Rust, universal-ctags (5.9 or later) for C, Go and Java. A function of one line, or without a
body, is none. It is whole if one chunk has its first to its last line.
"""
import ast
import json
import os
import re
import subprocess
import sys

SIZE = 1600
PACKAGES = [  # package, ctags' language and kinds of functions, folder, ends of names
    ("sqlalchemy 2.0.36", "Python", "", "sqlalchemy/sqlalchemy", (".py",)),
    ("libgit2 1.8.1", "C", "function", "rust/vendor/libgit2-sys/libgit2/src", (".c",)),
    ("regex-automata 0.4.9", "Rust", "", "rust/vendor/regex-automata/src", (".rs",)),
    ("gin 1.10.0", "Go", "func", "gin", (".go",)),
    ("rxjs 7.8.1", "TypeScript", "", "rxjs/src", (".ts",)),
    ("webpack 5.97.1", "JavaScript", "", "webpack/lib", (".js",)),
    ("guava 33.3.1", "Java", "method", "guava/com", (".java",)),
]


def files_of(folder, ends):
    for base, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(ends) and not name.endswith(".d.ts"):
                yield os.path.join(base, name)


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno] + [d.lineno for d in node.decorator_list])
            if first < node.end_lineno:
                yield first, node.end_lineno


SCRIPT = r"""
const ts = require(process.argv[1] + "/judge/node_modules/typescript");
for (const path of require("fs").readFileSync(0, "utf8").split("\n")) {
  const text = require("fs").readFileSync(path, "utf8");
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const line = (at) => file.getLineAndCharacterOfPosition(at).line + 1;
  const visit = (node) => {
    const named = ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) ||
      ts.isConstructorDeclaration(node) || ts.isAccessor(node);
    if (named && node.body && line(node.getStart()) < line(node.end))
      console.log(JSON.stringify([path, line(node.getStart()), line(node.end)]));
    ts.forEachChild(node, visit);
  };
  visit(file);
}"""


def script_functions(paths, folder):
    out = subprocess.run(["node", "-e", SCRIPT, os.path.realpath(folder)], input="\n".join(paths),
                         text=True, capture_output=True, check=True).stdout
    found = {}
    for line in out.split("\n")[:-1]:
        path, first, last = json.loads(line)
        found.setdefault(path, set()).add((first, last))
    return found


def rust_functions(text):
    lines = text.split("\n")
    for number, line in enumerate(lines):
        head = re.match(r"( *)(?:pub(?:\([a-z ]+\))? |const |unsafe |async |extern \S+ )*fn \w",
                        line)
        if not head or line.rstrip().endswith((";", "}")):
            continue
        for end in range(number + 1, len(lines)):
            if lines[end].startswith(head[1] + "}"):
                yield number + 1, end + 1
                break
            if lines[end].startswith(head[1] + ")") and lines[end].endswith(";"):
                break  # of a trait, without a body


def tagged_functions(paths, language, kinds):
    """By path, (first line, last line)."""
    out = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+neK", "-f", "-",
         f"--language-force={language}", "-L", "-"], input="\n".join(paths), text=True,
        capture_output=True, check=True).stdout
    found = {}
    for line in out.split("\n")[:-1]:
        tag = json.loads(line)
        if tag.get("kind") in kinds.split() and tag.get("end", 0) > tag["line"]:
            found.setdefault(tag["path"], set()).add((tag["line"], tag["end"]))
    return found


def chunks_of(program, folder):
    out = subprocess.run([program, "chunk", "--chunk-size", str(SIZE), folder],
                         capture_output=True, text=True).stdout
    chunks = {}
    for line in out.split("\n")[:-1]:
        chunk = json.loads(line)
        chunks.setdefault(os.path.join(folder, chunk["path"]), []).append(
            (chunk["start_line"], chunk["end_line"]))
    return chunks


def naive(text):
    """Lines as they come, until the next does not fit."""
    chunks, first, size = [], 1, 0
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if size and size + len(line) + 1 > SIZE:
            chunks.append((first, number - 1))
            first, size = number, 0
        size += len(line) + 1
    return chunks + [(first, len(lines))]


def main(folder, *programs):
    print("package", "language", "functions", "fit", *programs, "naive", sep=" | ")
    for package, language, kinds, inner, ends in PACKAGES:
        top = os.path.realpath(os.path.join(folder, inner))
        texts = {p: open(p, encoding="utf-8", errors="replace").read() for p in files_of(top, ends)}
        if language == "Python":
            functions = {p: set(python_functions(t)) for p, t in texts.items()}
        elif language == "Rust":
            functions = {p: set(rust_functions(t)) for p, t in texts.items()}
        elif language in ("TypeScript", "JavaScript"):
            functions = script_functions(list(texts), folder)
        else:
            functions = tagged_functions(list(texts), language, kinds)
        cut = [chunks_of(program, top) for program in programs]
        cut.append({p: naive(t) for p, t in texts.items()})
        n_all, n_fit, whole = 0, 0, [0] * len(cut)
        for path, found in sorted(functions.items()):
            lines = texts[path].split("\n")
            for first, last in sorted(found):
                n_all += 1
                if len("\n".join(lines[first - 1:last]).strip()) > SIZE:
                    continue
                n_fit += 1
                for i, chunks in enumerate(cut):
                    good = any(a <= first and last <= b for a, b in chunks.get(path, []))
                    whole[i] += good
                    if i == 0 and not good and os.environ.get("MISSED"):
                        print("missed", f"{path}:{first}-{last}", file=sys.stderr)
        sizes = [sum(len(c.get(p, ())) for p in texts) for c in cut]
        print(package, language, n_all, n_fit,
              *(f"{100 * n / max(1, n_fit):.1f} % ({m} chunks)" for n, m in zip(whole, sizes)),
              sep=" | ", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
