"""Includes against src/LAYERS: rooms, doors, cycles, outside libraries, and what apps may see."""
import os
import re

import tree as t

ALL_DOORS = ("base", "flow")  # rooms whose headers are all doors
OPEN_TO_ALL = ("tandem/error.h", "tandem/value.h")

SYSTEM = set("""
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
    stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath threads
    time uchar wchar wctype
    dirent dlfcn fcntl fnmatch ftw getopt glob grp ifaddrs langinfo libgen netdb poll pthread pwd
    regex sched search semaphore spawn syslog termios unistd utime wordexp
    immintrin cpuid arm_neon endian byteswap execinfo malloc
""".split())
SYSTEM_FOLDERS = ("sys/", "netinet/", "arpa/", "net/", "sanitizer/", "linux/", "mach/")


def read_layers(tree):
    """{folder: (rooms, {outside header: files})}"""
    layers = {}
    for number, line in enumerate(tree.read("src/LAYERS").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 3:
            tree.violation("layers", "src/LAYERS", number, f"not three columns: {line}")
            continue
        outside = {}
        for entry in parts[2].split(";"):
            header, colon, files = entry.partition(":")
            if colon:
                outside[header.strip()] = files.split()
        layers[parts[0]] = (parts[1].replace("-", "").split(), outside)
    return layers


def folder_of(path):
    """The room of a file below src/ or the program of one below apps/."""
    if path.startswith("apps/"):
        return "/".join(path.split("/")[:2])
    return os.path.dirname(path)[len("src/"):]


def is_door(header):
    """Whether other rooms may include it; `header` is as an include names it."""
    folder, name = os.path.split(header)
    return folder in ALL_DOORS or name == os.path.basename(folder) + ".h"


def includes(tree, path):
    code = t.code_only(tree.read(path), keep_strings=True)
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', code, re.M):
        yield t.line_of(code, match.start()), match.group(1) == '"', match.group(2)


def check_own(tree, layers, path, line, header):
    folder = folder_of(path)
    rooms = layers[folder][0]
    if header.startswith("tandem/"):
        if "tandem" not in rooms and header not in OPEN_TO_ALL:
            tree.violation("layers", path, line, f"{folder} may not include {header}")
        elif not tree.exists("include/" + header):
            tree.violation("layers", path, line, f"there is no include/{header}")
        return
    if path.startswith("apps/"):
        beside = (os.path.dirname(path), folder)
        if not any(tree.exists(os.path.join(where, header)) for where in beside):
            tree.violation("layers", path, line, f"a program may not include {header}")
        return
    room = os.path.dirname(header)
    if room == folder:
        return
    if room not in layers:
        tree.violation("layers", path, line, f"{header} is in no room")
    elif room not in rooms:
        tree.violation("layers", path, line, f"{folder} may not include {room}")
    elif not is_door(header):
        tree.violation("doors", path, line, f"{header} is no door")


def check_outside(tree, layers, path, line, header):
    name = header[:-2]
    if name in SYSTEM or header.startswith(SYSTEM_FOLDERS):
        return
    folder = folder_of(path)
    files = layers[folder][1].get(header)
    if files is None:
        tree.violation("outside", path, line, f"LAYERS gives {folder} no <{header}>")
    elif os.path.relpath(path, "apps/tandem" if path.startswith("apps/") else "src/" + folder) \
            not in files:
        tree.violation("outside", path, line, f"LAYERS keeps <{header}> in {' '.join(files)}")
    elif path.startswith("src/") and path.endswith(".h") and is_door(path[len("src/"):]):
        tree.violation("outside", path, line, f"<{header}> in a door: its types would spread")


def find_cycle(graph):
    """The nodes of one cycle, or None."""
    state = {}

    def visit(node, way):
        state[node] = "open"
        for other in sorted(graph.get(node, ())):
            if state.get(other) == "open":
                return way[way.index(other):] + [other] if other in way else [node, other]
            if other not in state:
                found = visit(other, way + [other])
                if found:
                    return found
        state[node] = "done"
        return None

    for node in sorted(graph):
        if node not in state:
            found = visit(node, [node])
            if found:
                return found
    return None


def check_cmake(tree, layers):
    """src/CMakeLists.txt links what LAYERS lets include, no more and no less."""
    if not tree.exists("src/CMakeLists.txt"):
        return
    text = tree.read("src/CMakeLists.txt")
    for match in re.finditer(r"^td_room\(([^)]*)\)", text, re.M):
        words = re.split(r"\bLIBS\b", match.group(1))[0].split()
        folder = words[0]
        linked = set(words[2:])
        allowed = set(layers.get(folder, ((), {}))[0]) - {"tandem"}
        if linked != allowed:
            tree.violation("layers", "src/CMakeLists.txt", t.line_of(text, match.start()),
                           f"{folder} links {sorted(linked)}, LAYERS says {sorted(allowed)}")


def check(tree):
    for name in ("layers", "doors", "outside", "cycles"):
        tree.check(name)
    layers = read_layers(tree)
    files = {}
    for path in tree.files((".c", ".h", ".S"), ("src", "apps")):
        folder = folder_of(path)
        if folder not in layers:
            tree.violation("layers", path, 1, f"LAYERS has no line for {folder}")
            continue
        for line, own, header in includes(tree, path):
            if own:
                check_own(tree, layers, path, line, header)
                files.setdefault(path, set()).add("src/" + header)
            else:
                check_outside(tree, layers, path, line, header)

    cycle = find_cycle({folder: set(rooms) for folder, (rooms, _) in layers.items()})
    if cycle:
        tree.violation("cycles", "src/LAYERS", 1, " > ".join(cycle))
    cycle = find_cycle(files)
    if cycle:
        tree.violation("cycles", cycle[0], 1, " > ".join(cycle))
    check_cmake(tree, layers)


if __name__ == "__main__":
    t.run(check)
