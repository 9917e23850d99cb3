"""Every pthread_mutex_t has a line in the list of base/thread.h, and every line its mutex."""
import re

import tree as t

LIST = "src/base/thread.h"
LINE = re.compile(r"^ \*   (\d)  (\S.*?)  +(\S+)  +\S", re.M)
MUTEX = re.compile(r"\bpthread_mutex_t\s+(\w+)(?:\[[^\]]*\])?\s*[;=,]")


def read_list(tree):
    """{(path, name of the lock): line}"""
    text = tree.read(LIST)
    locks = {}
    for match in LINE.finditer(text):
        folder = ""
        for file in match.group(2).split(","):
            file = file.strip()
            if "/" in file:
                folder = file.rsplit("/", 1)[0] + "/"
            else:
                file = folder + file
            path = file if file.startswith("apps/") else "src/" + file
            name = re.split(r"->|\.", match.group(3))[-1]
            locks[path, name] = t.line_of(text, match.start())
    return locks


def check(tree):
    tree.check("locks")
    listed = read_list(tree)
    seen = set()
    for path in tree.files((".c", ".h"), ("src", "apps")):
        code = t.code_only(tree.read(path))
        for match in MUTEX.finditer(code):
            seen.add((path, match.group(1)))
            if (path, match.group(1)) not in listed:
                tree.violation("locks", path, t.line_of(code, match.start()),
                               f"{match.group(1)} has no line in {LIST}")
    for (path, name), line in listed.items():
        if (path, name) not in seen:
            tree.violation("locks", LIST, line, f"{path} has no lock {name}")


if __name__ == "__main__":
    t.run(check)
