"""Layout of lines as .clang-format says, where clang-format 14 is installed: each version lays out
a few lines in its own way, so another one would complain of what this one made."""
import re
import shutil
import subprocess

import tree as t

BATCH = 40
VERSION = "14"


def find_program():
    """The path of clang-format 14, under that name or the plain one; None if there is none."""
    program = shutil.which(f"clang-format-{VERSION}") or shutil.which("clang-format")
    if program:
        told = subprocess.run(
            [program, "--version"], stdout=subprocess.PIPE, text=True, check=False
        )
        if f"version {VERSION}." in told.stdout:
            return program
    return None


def check(tree):
    tree.check("format")
    program = find_program()
    if not program:
        print(f"clang-format {VERSION} is not installed: layout not checked")
        return
    paths = tree.files((".c", ".h"))
    for start in range(0, len(paths), BATCH):
        told = subprocess.run([program, "--dry-run", "--style=file"] + paths[start:start + BATCH],
                              cwd=tree.root, stderr=subprocess.PIPE, text=True, check=False).stderr
        first = {}
        for path, line in re.findall(r"^(\S+?):(\d+):\d+: (?:warning|error): ", told, re.M):
            first.setdefault(path, line)
        for path, line in first.items():
            tree.violation("format", path, line, "run clang-format -i on it")


if __name__ == "__main__":
    t.run(check)
