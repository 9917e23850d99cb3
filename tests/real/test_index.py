"""From a folder or a site to an answer: only what changed is done again, what is gone leaves."""

import os

from conftest import make_tree


def test_second_run_embeds_nothing(tandem):
    make_tree(tandem.folder / "tree", 30)
    first = tandem.index("tree")
    assert first["files"] == 30 and first["embedded"] > 0
    second = tandem.index("tree")
    assert second["embedded"] == 0 and second["unchanged"] == 30 and second["files"] == 0


def test_only_a_changed_file_is_done_again(tandem):
    tree = make_tree(tandem.folder / "tree", 20)
    tandem.index("tree")
    path = tree / "part0" / "text0.md"
    path.write_text(
        path.read_text() + "\n## Zebra crossing\n\nZebras cross the road here, and nowhere else.\n"
    )
    again = tandem.index("tree")
    assert again["files"] == 1 and again["unchanged"] == 19 and 1 <= again["embedded"] <= 3
    assert tandem.finds("zebras crossing a road", "text0.md")


def test_removed_files_leave_the_index(tandem):
    tree = make_tree(tandem.folder / "tree", 10)
    (tree / "unicorn.md").write_text(
        "# Unicorns\n\nA unicorn lives in the garden behind the house.\n"
    )
    tandem.index("tree")
    assert tandem.finds("unicorn in the garden", "/tree/unicorn.md")
    (tree / "unicorn.md").unlink()
    assert tandem.index("tree")["removed"] == 1
    assert all(
        not hit["path"].endswith("unicorn.md") for hit in tandem.search("unicorn in the garden")
    )
    assert tandem.status()["pages"] == 10


def test_other_chunk_size_cuts_again(tandem):
    make_tree(tandem.folder / "tree", 6)
    first = tandem.index("tree")
    again = tandem.index("tree", "--chunk-size", 400, "--chunk-overlap", 50)
    assert again["unchanged"] == 0 and sum(again["chunks"].values()) > sum(first["chunks"].values())


def test_equal_chunks_are_embedded_once(tandem):
    text = "# Licence\n\nYou may use this for anything, as long as you keep this notice with it.\n"
    (tandem.folder / "tree").mkdir()
    for i in range(40):
        (tandem.folder / "tree" / f"{i}.md").write_text(text)
    summary = tandem.index("tree")
    assert summary["embedded"] == 1 and summary["cached"] == 39


def test_a_vector_comes_from_the_cache_after_its_source_was_removed(tandem):
    make_tree(tandem.folder / "tree", 8)
    first = tandem.index("tree")
    tandem.run("rm", "--db", tandem.db, "tree")
    assert tandem.status()["pages"] == 0
    again = tandem.index("tree")
    assert again["embedded"] == 0 and again["cached"] == first["embedded"] + first["cached"]


def test_folder_and_site_give_the_same_chunks(tandem, site):
    tree = make_tree(tandem.folder / "tree", 12)
    names = sorted(str(p.relative_to(tree)) for p in tree.rglob("*") if p.is_file())
    html = "<html><body><main><h1>All</h1><p>Every page of this site is in the list below.</p>"
    (tree / "index.html").write_text(html + "".join(f"<p><a href='{n}'>{n}</a></p>" for n in names))
    site.put_folder(tree)
    site.put("/", (tree / "index.html").read_bytes())
    tandem.index("tree", "--exclude", "index.html")
    by_folder = tandem.chunks()
    tandem.run("rm", "--db", tandem.db, "tree")
    summary = tandem.index("-r", site.url + "/")
    assert summary["pages"] == 13 and summary["failed"] == 0
    by_web = {
        (uri[len(site.url) + 1 :], i): rest
        for (uri, i), rest in tandem.chunks().items()
        if uri != site.url + "/"
    }
    assert by_web == by_folder and len(by_folder) > 12


def test_filters(tandem):
    make_tree(tandem.folder / "tree", 20)
    tandem.index("tree", "--project", "Alpha")
    (tandem.folder / "other").mkdir()
    (tandem.folder / "other" / "a.md").write_text(
        "# Lane\n\nThe lane has a queue of chunks and a model of its own.\n"
    )
    tandem.index("other", "--project", "Beta")
    assert {h["is_code"] for h in tandem.search("total of items", "--kind", "code")} == {True}
    assert {h["is_code"] for h in tandem.search("lane queue", "--kind", "prose")} == {False}
    assert {h["language"] for h in tandem.search("total", "--language", "python")} == {"python"}
    assert {h["path"] for h in tandem.search("lane queue", "--project", "Beta")} == {
        str(tandem.folder / "other" / "a.md")
    }
    assert all("/part3/" in h["path"] for h in tandem.search("lane", "--path", "part3/**"))
    assert len(tandem.search("lane queue chunk", "-k", 3)) == 3


def test_exact_and_fast_search_agree_at_the_top(tandem):
    make_tree(tandem.folder / "tree", 60)
    tandem.index("tree")
    for query in (
        "retry a batch when the circuit opens",
        "token budget of a window",
        "total first second range",
    ):
        fast = [h["path"] for h in tandem.search(query, "-k", 5)]
        exact = [h["path"] for h in tandem.search(query, "-k", 5, "--exact")]
        assert len(set(fast) & set(exact)) >= 4


def test_ignore_rules_binary_and_large_files(tandem):
    tree = make_tree(tandem.folder / "tree", 4)
    (tree / ".gitignore").write_text("build/\n*.log\n!keep.log\n")
    (tree / "build").mkdir()
    (tree / "build" / "made.md").write_text("# made\n\nmade by a build")
    (tree / "x.log").write_text("noise")
    (tree / "keep.log").write_text("This line of the log is kept since the rule says so.\n")
    (tree / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tree / "nul.txt").write_bytes(b"abc\0def" * 100)
    (tree / "large.txt").write_bytes(b"word " * 300000)
    os.symlink(tree, tree / "loop")
    summary = tandem.index("tree", "--max-file-size", "1M")
    assert summary["files"] == 5 and summary["failed"] == 0 and summary["skipped"] >= 3
    reasons = {m["uri"]: m["reason"] for m in tandem.status()["misses"]}
    assert (
        "large" in reasons["large.txt"]
        and "binary" in reasons["nul.txt"]
        and "picture.png" in reasons
    )
