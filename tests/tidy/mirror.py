"""tests/ mirrors src/: tests/chunk/test_prose.c tests src/chunk/prose.c, and every .c of src/ has
its test. tests/fault/test_chunk.c tests the room chunk."""
import os

import tree as t

NO_MIRROR = ("golden", "fuzz", "real", "tidy")


def check(tree):
    tree.check("mirror")
    tree.check("untested")
    for path in tree.files((".c",), ("tests",)):
        folder, name = os.path.split(path[len("tests/"):])
        if not name.startswith("test_") or folder.split("/")[0] in NO_MIRROR:
            continue
        stem = name[len("test_"):-2]
        if folder == "fault":
            room = "src/" + stem.replace("_", "/")
            if stem == "fault":
                continue  # the harness's own test
            if not os.path.isdir(tree.full(room)) and not os.path.isdir(tree.full("src/" + stem)):
                tree.violation("mirror", path, 1, f"there is no room {stem}")
            continue
        tested = folder if folder.startswith("apps/") else "src/" + folder
        if not any(tree.exists(f"{tested}/{stem}{suffix}") for suffix in (".c", ".h")):
            tree.violation("mirror", path, 1, f"there is no {tested}/{stem}.c")
    for path in tree.files((".c",), ("src",)):
        folder, name = os.path.split(path[len("src/"):])
        if not tree.exists(f"tests/{folder}/test_{name}"):
            tree.violation("untested", path, 1, f"there is no tests/{folder}/test_{name}")


if __name__ == "__main__":
    t.run(check)
