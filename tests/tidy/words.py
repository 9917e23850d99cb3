"""Words that may not stand where they stand: open tasks without a number, jumps in macros,
platforms outside base/os_*, blanks at the end of a line, paths of a machine."""
import os
import re

import tree as t

CODE = (".c", ".h", ".S")
TEXT = CODE + (".py", ".txt", ".cmake", ".md", ".sh", ".json", ".yml", ".in", "Makefile", "run")
PLATFORM = re.compile(r"\b(__linux__|__linux|linux|__gnu_linux__|__APPLE__|__MACH__|_WIN32|_WIN64"
                      r"|_MSC_VER|__unix__|__ANDROID__|__FreeBSD__|__OpenBSD__|__NetBSD__|__sun"
                      r"|__GLIBC__|TARGET_OS_\w+)\b")
PLATFORM_HEADER = re.compile(
    r'^\s*#\s*include\s*<((linux|mach)/[^>]*|sys/(sysctl|epoll|event|prctl)\.h)>', re.M)
CONDITION = re.compile(r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b((?:\\\n|[^\n])*)", re.M)
FEATURE_DEFINED = re.compile(
    r"^[ \t]*#[ \t]*(?:ifn?def[ \t]+|(?:el)?if\b.*defined\W*)TANDEM_HAVE_", re.M)
OPEN_TASK = re.compile(r"\b(?:TODO|FIXME)\b(?!\s*[(:]?\s*#\d)")
MACHINE_PATH = re.compile(r"(?<![\w.\-/:}%*])/(?:home|root|work|Users)/\w")


def check_code(tree, path, text):
    code = t.code_only(text)
    if path != "src/base/error.h":
        for line, name, body in t.macros(code):
            if re.search(r"\bgoto\b", body):
                tree.violation("goto", path, line, f"{name} jumps; only TD_TRY and TD_FAIL do")
    if not path.startswith("src/base/os_"):
        for match in CONDITION.finditer(code):
            word = PLATFORM.search(match.group(1))
            if word:
                tree.violation("platform", path, t.line_of(code, match.start()),
                               f"{word.group()} outside base/os_*")
        for match in PLATFORM_HEADER.finditer(code):
            tree.violation("platform", path, t.line_of(code, match.start(1)),
                           f"<{match.group(1)}> outside base/os_*")
    for match in FEATURE_DEFINED.finditer(code):
        tree.violation("platform", path, t.line_of(code, match.start()),
                       "a TANDEM_HAVE_ is 0 or 1: ask with #if, not whether it is defined")


def check(tree):
    for name in ("goto", "platform", "task", "space", "machine-path"):
        tree.check(name)
    for path in tree.files(TEXT):
        with open(tree.full(path), "rb") as file:
            if b"\0" in file.read():
                continue
        text = tree.read(path)
        if path.endswith(CODE) and not path.startswith("tests/tidy/"):
            check_code(tree, path, text)
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                tree.violation("space", path, number, "blanks at the end")
            if MACHINE_PATH.search(line):
                tree.violation("machine-path", path, number, line.strip())
            if OPEN_TASK.search(line) and not path.startswith("tests/tidy/") and \
                    os.path.splitext(path)[1] != ".md":
                tree.violation("task", path, number, "an open task needs its number: TODO(#12)")


if __name__ == "__main__":
    t.run(check)
