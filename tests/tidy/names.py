"""Names of functions that other files can call: td_<folder>_<file>_<verb>.

base and flow leave their folder out. What a header declares may carry that header's name instead
of the file's; what a door declares, its folder's alone. tandem_ is for include/ only. A static
function carries none of it; in a header it may, and in a door, which brings it to others, must."""
import os
import re

import tree as t
from includes import is_door

FOLDER_LEFT_OUT = ("base", "flow")


def prefix_of(folder, stem):
    """td_chunk_prose for chunk/prose.c, td_chunk for the door chunk/chunk.h."""
    if folder in FOLDER_LEFT_OUT:
        return "td_" + stem
    room = folder.replace("/", "_")
    return "td_" + (room if stem == os.path.basename(folder) else f"{room}_{stem}")


def fits(name, prefix):
    return name == prefix or name.startswith(prefix + "_")


def check(tree):
    tree.check("names")
    headers = {}  # folder -> [(stem, code)]
    public = ""
    for path in tree.files((".h",), ("src", "include")):
        code = t.code_only(tree.read(path))
        if path.startswith("include/"):
            public += code
        else:
            folder, name = os.path.split(path[len("src/"):])
            headers.setdefault(folder, []).append((name[:-2], code))

    for path in tree.files((".c", ".h"), ("src",)):
        folder, name = os.path.split(path[len("src/"):])
        stem = name.rsplit(".", 1)[0]
        for function, line, _, static in t.functions(t.code_only(tree.read(path))):
            prefixed = function.startswith(("td_", "tandem_"))
            if static and path.endswith(".c"):
                if prefixed:
                    tree.violation("names", path, line, f"{function} is static: it needs no prefix")
                continue
            if static and not prefixed and not is_door(path[len("src/"):]):
                continue
            if function.startswith("tandem_"):
                if not re.search(rf"\b{function}\s*\(", public):
                    tree.violation("names", path, line, f"no header in include/ has {function}")
                continue
            stems = [stem] + [s for s, code in headers.get(folder, ())
                              if re.search(rf"\b{function}\s*\(", code)]
            if not any(fits(function, prefix_of(folder, s)) for s in stems):
                tree.violation("names", path, line,
                               f"{function} should start with {prefix_of(folder, stem)}_")


if __name__ == "__main__":
    t.run(check)
