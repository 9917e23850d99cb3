"""Functions of at most 70 lines, files of at most 600, lines of at most 100 columns."""
import tree as t

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
COLUMNS_MAX = 100


def check(tree):
    for name in ("function-lines", "file-lines", "columns"):
        tree.check(name)
    for path in tree.files((".c", ".h", ".S", ".py")):
        text = tree.read(path)
        lines = text.split("\n")
        n_lines = len(lines) - (lines[-1] == "")
        if n_lines > FILE_LINES_MAX:
            tree.violation("file-lines", path, 1, f"{n_lines} lines, at most {FILE_LINES_MAX}")
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX:
                tree.violation("columns", path, number,
                               f"{len(line)} columns, at most {COLUMNS_MAX}")
        if not path.endswith((".c", ".h")):
            continue
        for function, line, n, _ in t.functions(t.code_only(text)):
            if n > FUNCTION_LINES_MAX:
                tree.violation("function-lines", path, line,
                               f"{function}: {n} lines, at most {FUNCTION_LINES_MAX}")


if __name__ == "__main__":
    t.run(check)
