"""The four pages that the plan names: what goes to which lane, and why that is right."""

import random

from conftest import prose, python_code


def lanes(tandem, path):
    chunks = tandem.lines("chunk", path)
    return (
        chunks,
        [c for c in chunks if c["model_hint"] == "gte"],
        [c for c in chunks if c["model_hint"] == "coderank"],
    )


def page(body, title="A page"):
    head = f"<!doctype html><html lang=en><head><title>{title}</title></head>"
    return f"{head}<body><main>{body}</main></body></html>"


def test_mixed_documentation_page(tandem):
    rng = random.Random(1)
    body = "<h1>Guide</h1>"
    for i in range(6):
        body += f"<h2>Step {i}</h2><p>{prose(rng, 14)}</p>"
        body += f"<pre class='language-python'><code>{python_code(rng, 5)}</code></pre>"
    (tandem.folder / "mixed.html").write_text(page(body))
    chunks, gte, coderank = lanes(tandem, "mixed.html")
    # One code block a step, each larger than a snippet: six chunks of code; all else is prose.
    assert len(coderank) == 6 and all(c["language"] == "python" and c["is_code"] for c in coderank)
    assert len(gte) >= 6 and not any("def " in c["text"] for c in gte)
    assert {c["heading"] for c in coderank} == {f"Guide > Step {i}" for i in range(6)}


def test_text_only_article(tandem):
    rng = random.Random(2)
    body = (
        "<article><h1>News</h1>"
        + "".join(f"<p>{prose(rng, 9)}</p>" for _ in range(20))
        + "</article>"
    )
    (tandem.folder / "article.html").write_text(page(body))
    chunks, gte, coderank = lanes(tandem, "article.html")
    assert (
        len(gte) == len(chunks) >= 5 and not coderank
    )  # an article without code: nothing for the code model


def test_code_heavy_page(tandem):
    rng = random.Random(3)
    body = "<h1>API</h1><p>Short words.</p>" + "".join(
        f"<h2>Module {i}</h2><pre class='highlight-python3'>{python_code(rng, 12)}</pre>"
        for i in range(8)
    )
    (tandem.folder / "code.html").write_text(page(body))
    chunks, gte, coderank = lanes(tandem, "code.html")
    # Headings and one sentence are all the prose there is.
    assert len(coderank) >= 8 and len(gte) <= 9 and len(coderank) > len(gte)
    assert all(c["language"] == "python" for c in coderank)


def test_page_of_more_than_100_chunks(tandem):
    rng = random.Random(4)
    body = "<h1>Book</h1>" + "".join(
        f"<h2>Chapter {i}</h2>"
        + "".join(f"<p>{prose(rng, 8)}</p>" for _ in range(14))
        + (
            f"<pre><code class='language-python'>{python_code(rng, 6)}</code></pre>"
            if i % 3 == 0
            else ""
        )
        for i in range(24)
    )
    (tandem.folder / "long.html").write_text(page(body))
    chunks, gte, coderank = lanes(tandem, "long.html")
    assert len(chunks) > 100
    assert (
        8 <= len(coderank) <= 24
    )  # every third chapter has one block of code, of one or two chunks
    assert [c["chunk_index"] for c in chunks] == list(range(len(chunks)))
    summary = tandem.index("long.html")
    assert summary["chunks"] == {"gte": len(gte), "coderank": len(coderank)}
    assert summary["embedded"] + summary["cached"] == len(chunks) and summary["failed"] == 0


def test_offsets_give_the_text_back(tandem):
    text = (
        "# Größe\n\nZwei Wörter — und ein 🙂.\n\n```python\nprint('ü')\n"
        + "x = 1  # ß\n" * 40
        + "```\n\nEnde.\n"
    )
    (tandem.folder / "page.md").write_text(text, encoding="utf-8")
    chunks = tandem.lines("chunk", "page.md")
    raw = text.encode()
    assert len(chunks) >= 2
    for c in chunks:
        assert raw[c["start_byte"] : c["end_byte"]].decode() == c["text"]
        assert text[c["start_char"] : c["end_char"]] == c["text"]
        assert text[: c["start_char"]].count("\n") + 1 == c["start_line"]


MDX = """---
title: Backups
---
import { Tabs, Tab } from "@theme/Tabs";

export const limits = {
  days: 30,

  note: "}",
};

# Backups

They are kept for {limits.days} days <Badge kind="new">in all plans</Badge>, unless you pay.

<Tabs groupId="system">
  <Tab value="linux" label="On Linux">

    ```bash
    # {not an expression} <nor a tag>
    if vault --list; then
      vault --save /srv
    fi
    ```

  </Tab>
  <Tab
    value="mac"
    label="On macOS"
    onOpen={() => {
      track("}");
    }}
  >

    | flag | meaning |
    | --- | --- |
    | `-q` | says nothing |

  </Tab>
</Tabs>

{/* Nobody reads this. */}

<Card title="Restore a backup" href="/restore" />

<Settings
  of={[
    { name: "keep", type: "int", description: <>Days, <code>30</code> if not said.</> },
    { name: "to", children: [{ name: "path", required: true }] },
  ]}
/>

<table>
  <tr><th style={{ width: "9em" }}>plan</th><th>days</th></tr>
  <tr><td><Link to="/free">free</Link></td><td>{"{30}"}</td></tr>
</table>

The word for it is {"{heirloom}"}.
"""


def test_an_mdx_page_is_what_its_readers_see(tandem):
    path = tandem.folder / "backups.mdx"
    path.write_text(MDX)
    text = tandem.run("extract", path).stdout.decode()
    lines, source = text.splitlines(), MDX.splitlines()
    for gone in ("import", "limits", "<Tab", "onOpen", "track", "Nobody", "9em", "</"):
        assert gone not in text
    assert "They are kept for days in all plans, unless you pay." in lines
    assert "```bash\n# {not an expression} <nor a tag>\nif vault --list; then\n  vault" in text
    assert "\n| flag | meaning |\n| --- | --- |\n| `-q` | says nothing |\n" in text
    assert {"**On Linux**", "**On macOS**", "**[Restore a backup](/restore)**"} <= set(lines)
    assert "\n- **keep** (`int`): Days, `30` if not said.\n- **to**\n  - **path** (req" in text
    assert "\n| plan | days |\n| --- | --- |\n| [free](/free) | {30} |\n" in text
    assert "The word for it is {heirloom}." == lines[-1]
    # What is left stands in the lines of the file, where an editor will look for a hit.
    assert len(lines) == len(source)
    for words in ("# Backups", "They are kept", "vault --save", "`-q`", "The word for it"):
        [at] = [i for i, line in enumerate(lines) if words in line]
        assert words in source[at]
    tandem.index(path)
    [hit] = [h for h in tandem.search("heirloom") if "heirloom" in h["text"]]
    assert hit["title"] == "Backups" and hit["end_line"] == len(source)


def test_lines_that_end_as_on_windows_are_printed_so(tandem):
    path = tandem.folder / "notes.md"
    path.write_bytes(b"# Notes\r\n\r\nOne\rtwo.\r\n")
    out = tandem.run("extract", path).stdout
    assert b"Notes\r\n\r\nOne\xef\xbf\xbdtwo.\r\n" in out
