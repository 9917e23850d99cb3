"""Layout of lines as .clang-format says, where clang-format is installed."""
import re
import shutil
import subprocess

import tree as t

BATCH = 40


def check(tree):
    tree.check("format")
    program = shutil.which("clang-format")
    if not program:
        print("clang-format is not installed: layout not checked")
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
