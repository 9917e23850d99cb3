"""What every check of tests/tidy shares: the files of the tree, C without its comments,
exemptions, and the way a violation is told."""
import os
import re
import sys

FOLDERS = ("src", "include", "apps", "tests", "bench", "tools", "scripts", "packaging", "docs",
           ".ci")
TOP_FILES = ("CMakeLists.txt", "Makefile", "README.md", "CONTRIBUTING.md", ".clang-format")
DATA = ("tests/golden/", "tests/fuzz/corpus/")  # made by other programs, kept byte for byte


class Tree:
    def __init__(self, root):
        self.root = root
        self.violations = []
        self.exemptions = {}  # (check, path) -> used
        self.checks = set()
        path = "tests/tidy/exemptions"
        if os.path.exists(self.full(path)):
            for number, line in enumerate(self.read(path).splitlines(), 1):
                words = line.split(None, 2)
                if not words or words[0].startswith("#"):
                    continue
                if len(words) < 3:
                    self.violations.append(f"{path}:{number}: says no reason: {line}")
                    continue
                self.exemptions[words[0], words[1]] = False

    def full(self, path):
        return os.path.join(self.root, path)

    def exists(self, path):
        return os.path.exists(self.full(path))

    def read(self, path):
        with open(self.full(path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def files(self, suffixes, folders=FOLDERS):
        """Paths below `folders` (and at the top, when all are asked for), sorted."""
        found = []
        for folder in folders:
            for where, names, files in os.walk(self.full(folder)):
                names[:] = [n for n in names if n not in ("__pycache__", "node_modules")]
                found += [os.path.relpath(os.path.join(where, f), self.root) for f in files]
        if folders is FOLDERS:
            found += [f for f in TOP_FILES if self.exists(f)]
        found = [f for f in found if f.endswith(suffixes) and not f.startswith(DATA)]
        return sorted(found)

    def check(self, name):
        """Says that this run makes the check `name`, so that a stale exemption of it is told."""
        self.checks.add(name)

    def violation(self, check, path, line, text):
        assert check in self.checks, check
        if (check, path) in self.exemptions:
            self.exemptions[check, path] = True
        else:
            self.violations.append(f"{path}:{line}: {check}: {text}")

    def stale(self):
        """Exemptions of the checks that ran which nothing needed."""
        return [f"tests/tidy/exemptions:1: nothing to exempt: {check} {path}"
                for (check, path), used in self.exemptions.items()
                if check in self.checks and not used]

    def finish(self):
        """Prints all violations; the exit status."""
        told = self.violations + self.stale()
        for violation in told:
            print(violation)
        return 1 if told else 0


def blank(text):
    """As many line ends as `text` has, and nothing else."""
    return re.sub(r"[^\n]", " ", text)


def code_only(text, keep_strings=False):
    """C without comments and (by default) without what strings say; lines stay where they are."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def replace(match):
        part = match.group()
        if part[0] == "/":
            return blank(part)
        return part if keep_strings else part[0] + " " * (len(part) - 2) + part[0]

    return re.sub(pattern, replace, text, flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def macros(code):
    """(line, name, body) of each #define, with its continued lines."""
    for match in re.finditer(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:\\\n|[^\n])*)", code, re.M):
        yield line_of(code, match.start()), match.group(1), match.group(2)


def functions(code):
    """(name, first line, lines, is static) of each function body. .clang-format puts the brace of
    a function, and of nothing else, alone at the start of a line."""
    lines = code.split("\n")
    words = "|".join(["static"] + [name for _, name, body in macros(code)
                                   if re.search(r"\bstatic\b", body)])
    for number, line in enumerate(lines):
        if line.rstrip() != "{":
            continue
        first = number
        while first > 0 and not re.search(r"(^\s*|[;}])\s*$|^\s*#|\\$", lines[first - 1]):
            first -= 1
        last = number
        while last + 1 < len(lines) and lines[last].rstrip() != "}":
            last += 1
        head = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", " ".join(lines[first:number]))
        match = re.search(r"(\w+)\s*\(", head)
        if match:
            static = bool(re.search(rf"\b(?:{words})\b", head[: match.start()]))
            yield match.group(1), first + 1, last - first + 1, static


def run(check, arguments=None):
    arguments = sys.argv[1:] if arguments is None else arguments
    default = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    tree = Tree(os.path.abspath(arguments[0] if arguments else default))
    check(tree)
    sys.exit(tree.finish())
