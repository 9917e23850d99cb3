"""Each check sees what it is for: a small tidy tree passes, and one planted fault fails it."""
import os
import shutil
import sys
import tempfile
import unittest

import format as format_check
import includes
import locks
import mirror
import names
import sizes
import tree as t
import words

CHECKS = (includes, names, sizes, words, locks, mirror)  # format has its own test

GOOD = {
    "src/LAYERS": """\
# folder | rooms | outside
base        | -                    | xxhash.h: hash.c
flow        | base                 | -
chunk       | base flow            | -
embed/model | base                 | -
embed       | base flow embed/model | -
api         | tandem base chunk    | -
apps/tandem | tandem               | jansson.h: output.c
""",
    "src/CMakeLists.txt": "td_room(chunk ROOMS base flow LIBS x)\n",
    "include/tandem/error.h": "void tandem_error_clear(void);\n",
    "include/tandem/index.h": "void tandem_index_open(void);\n",
    "src/base/error.h": '#define TD_TRY(x) goto out\n#include "tandem/error.h"\n',
    "src/base/thread.h": "/* Locks:\n *   3  base/queue.c, log.c  queue->lock  slots\n */\n",
    "src/base/queue.c": "struct td_queue {\n    pthread_mutex_t lock; /* rank 3 */\n};\n",
    "src/base/log.c": "static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;\n",
    "src/base/hash.c": "#include <xxhash.h>\n",
    "src/base/os_linux.c": "#if defined(__linux__)\n#endif\n",
    "src/base/buf.h": '#include "base/error.h"\nvoid td_buf_add(void);\n',
    "src/base/buf.c": '#include "base/buf.h"\n\nvoid td_buf_add(void)\n{\n}\n',
    "src/flow/page.h": '#include "base/buf.h"\n',
    "src/chunk/chunk.h": '#include "flow/page.h"\nvoid td_chunk_split(void);\n',
    "src/chunk/cut.h": "void td_chunk_cut_at(void);\n",
    "src/chunk/prose.c": '#include "chunk/chunk.h"\n#include "chunk/cut.h"\n\n'
                         "static void help(void)\n{\n}\n\nvoid td_chunk_split(void)\n{\n}\n",
    "src/embed/model/model.h": "void td_embed_model_run(void);\n",
    "src/embed/embed.h": '#include "embed/model/model.h"\n',
    "src/api/index.c": '#include "chunk/chunk.h"\n#include "tandem/index.h"\n\n'
                       "void tandem_index_open(void)\n{\n}\n",
    "apps/tandem/output.h": "void output(void);\n",
    "apps/tandem/output.c": '#include "output.h"\n\n#include "tandem/index.h"\n\n'
                            "#include <jansson.h>\n",
}
for _path in [p for p in GOOD if p.startswith("src/") and p.endswith(".c")]:
    _folder, _name = os.path.split(_path[len("src/"):])
    GOOD[f"tests/{_folder}/test_{_name}"] = "int main(void)\n{\n}\n"


class Planted(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="tidy-")
        self.addCleanup(shutil.rmtree, self.root)
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
        shutil.copy(os.path.join(source, ".clang-format"), self.root)
        for path, text in GOOD.items():
            self.plant(path, text)

    def plant(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def violations(self):
        told = []
        for check in CHECKS:
            tree = t.Tree(self.root)
            check.check(tree)
            told += tree.violations
        return told

    def assert_told(self, path, text, *parts):
        """Plants a file; exactly its fault is told, in one line that has all `parts`."""
        self.plant(path, text)
        told = [v for v in self.violations() if ": untested: " not in v]
        self.assertEqual(len(told), 1, told)
        for part in parts:
            self.assertIn(part, told[0])

    def test_a_tidy_tree_passes(self):
        self.assertEqual(self.violations(), [])

    def test_a_room_that_layers_does_not_give(self):
        self.assert_told("src/flow/batch.h", '#include "chunk/chunk.h"\n',
                         "layers", "flow may not include chunk")

    def test_a_header_that_is_no_door(self):
        self.assert_told("src/api/index.c", '#include "chunk/cut.h"\n', "doors", "chunk/cut.h")

    def test_a_public_header_below_the_api(self):
        self.assert_told("src/chunk/cut.h", '#include "tandem/index.h"\n', "chunk may not include")

    def test_a_folder_without_a_line(self):
        self.assert_told("src/secret/secret.h", "", "LAYERS has no line for secret")

    def test_a_program_that_looks_into_the_library(self):
        self.assert_told("apps/tandem/main.c", '#include "chunk/chunk.h"\n', "a program may not")

    def test_an_include_in_a_comment_is_none(self):
        self.plant("src/flow/page.h", '/*\n#include "chunk/chunk.h"\n*/\n')
        self.assertEqual(self.violations(), [])

    def test_a_library_in_another_file_than_its_own(self):
        self.assert_told("src/base/buf.c", "#include <xxhash.h>\n", "outside", "hash.c")

    def test_a_library_that_nobody_allowed(self):
        self.assert_told("src/chunk/cut.h", "#include <gumbo.h>\n", "outside", "<gumbo.h>")

    def test_a_library_in_a_door(self):
        self.plant("src/LAYERS", GOOD["src/LAYERS"].replace("hash.c", "hash.c buf.h"))
        self.assert_told("src/base/buf.h", "#include <xxhash.h>\n", "its types would spread")

    def test_headers_in_a_circle(self):
        self.plant("src/chunk/chunk.h", '#include "chunk/cut.h"\nvoid td_chunk_split(void);\n')
        self.assert_told("src/chunk/cut.h", '#include "chunk/chunk.h"\n', "cycles", "chunk/cut.h")

    def test_rooms_in_a_circle(self):
        text = GOOD["src/LAYERS"].replace("flow        | base  ", "flow        | base chunk")
        self.assert_told("src/LAYERS", text, "cycles", "chunk > flow > chunk")

    def test_cmake_that_links_more_than_layers(self):
        self.assert_told("src/CMakeLists.txt", "td_room(chunk ROOMS base flow\n  api LIBS x)\n",
                         "chunk links")

    def test_a_name_without_its_room(self):
        self.assert_told("src/chunk/prose.c", "int td_split(void)\n{\n}\n", "td_chunk_prose_")

    def test_a_name_of_another_file(self):
        self.assert_told("src/embed/model/bert.c", "int td_embed_bert_run(void)\n{\n}\n",
                         "td_embed_model_bert_")

    def test_a_static_name_with_a_prefix(self):
        self.assert_told("src/chunk/prose.c", "static int td_chunk_x(void)\n{\n}\n", "is static")

    def test_a_static_name_in_a_header(self):
        self.plant("src/chunk/cut.h", "static int cut(void)\n{\n}\n")
        self.assertEqual(self.violations(), [])
        self.assert_told("src/flow/batch.h", "static int cut(void)\n{\n}\n", "td_batch_")

    def test_a_static_name_by_a_macro_is_static(self):
        self.plant("src/chunk/cut.c", "#define FAST static inline\nFAST int cut(void)\n{\n}\n")
        self.plant("tests/chunk/test_cut.c", "")
        self.assertEqual(self.violations(), [])

    def test_a_public_name_that_no_header_has(self):
        self.assert_told("src/api/index.c", "void tandem_secret(void)\n{\n}\n", "tandem_secret")

    def test_a_long_function(self):
        body = "    x++;\n" * 67
        self.plant("src/base/buf.c", f"static void f(void)\n{{\n{body}}}\n")
        self.assertEqual(self.violations(), [])
        self.assert_told("src/base/buf.c", f"static void f(void)\n{{\n{body}    x++;\n}}\n",
                         "function-lines", "f: 71 lines")

    def test_a_long_file(self):
        self.assert_told("src/chunk/cut.h", "\n" * 601, "file-lines", "601")

    def test_a_long_line(self):
        self.plant("src/chunk/cut.h", "/* " + "\u00e9" * 97 + "\n*/\n")
        self.assertEqual(self.violations(), [])
        self.assert_told("src/chunk/cut.h", "/* " + "x" * 98 + "\n*/\n", "columns", "101")

    def test_a_macro_that_jumps(self):
        self.assert_told("src/base/buf.c", "#define OR(x) \\\n    if (!(x)) \\\n        goto out\n",
                         "goto", "OR")

    def test_a_platform_outside_its_files(self):
        self.assert_told("src/base/buf.c", "#ifdef __APPLE__\n#endif\n", "platform", "__APPLE__")

    def test_a_header_of_one_platform(self):
        self.assert_told("src/base/buf.c", "#include <linux/fs.h>\n", "platform", "linux/fs.h")

    def test_a_feature_that_is_asked_the_wrong_way(self):
        self.assert_told("src/base/buf.c", "#if defined(TANDEM_HAVE_GIT2)\n#endif\n", "with #if")

    def test_an_open_task_without_number(self):
        self.plant("src/base/buf.c", "/* TODO(#12): shrink */\n")
        self.assertEqual(self.violations(), [])
        self.assert_told("src/base/buf.c", "/* TODO: shrink */\n", "task")

    def test_blanks_at_the_end(self):
        self.assert_told("docs/x.md", "a \n", "space", "docs/x.md:1")

    def test_a_path_of_a_machine(self):
        self.plant("docs/x.md", "http://a/home/b and a/work/c\n")
        self.assertEqual(self.violations(), [])
        self.assert_told("docs/x.md", "see /ho" + "me/me/x\n", "machine-path")

    def test_a_lock_that_is_not_listed(self):
        self.assert_told("src/chunk/cut.h", "struct s {\n    pthread_mutex_t door_lock;\n};\n",
                         "locks", "door_lock")

    def test_a_listed_lock_that_is_gone(self):
        self.assert_told("src/base/log.c", "\n", "locks", "src/base/log.c has no lock lock")

    def test_a_test_of_nothing(self):
        self.assert_told("tests/chunk/test_poem.c", "", "mirror", "src/chunk/poem.c")

    def test_a_file_without_test(self):
        self.plant("src/chunk/cut.c", "")
        self.assertEqual(len(self.violations()), 1)
        self.assertIn("untested", self.violations()[0])

    def test_an_exemption_holds_and_must_be_needed(self):
        self.plant("src/chunk/cut.c", "")
        self.plant("tests/tidy/exemptions", "# why\nuntested src/chunk/cut.c it is empty\n")
        self.assertEqual(self.violations(), [])
        tree = t.Tree(self.root)
        mirror.check(tree)
        self.assertEqual(tree.stale(), [])
        os.remove(os.path.join(self.root, "src/chunk/cut.c"))
        tree = t.Tree(self.root)
        mirror.check(tree)
        self.assertEqual(len(tree.stale()), 1)

    def test_an_exemption_without_reason(self):
        self.plant("tests/tidy/exemptions", "untested src/chunk/cut.c\n")
        self.assertIn("says no reason", self.violations()[0])

    @unittest.skipUnless(format_check.find_program(), "no clang-format 14")
    def test_a_layout_of_its_own(self):
        self.plant("src/base/buf.c", "int  badly( void ){return 1;}\n")
        tree = t.Tree(self.root)
        format_check.check(tree)
        self.assertTrue(any("src/base/buf.c" in v for v in tree.violations), tree.violations)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
