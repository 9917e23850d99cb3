"""How well the main content of real pages is kept: token F1 and code recall, beside other programs.

    pip install lxml cssselect trafilatura readability-lxml lxml_html_clean resiliparse justext
    python3 bench/extract/measure.py build/release/tandem FOLDER [--peers] [--each]

FOLDER gets the documentation packages of templates.json (130 MB, by apt-get download). Which
part of a page is its content was marked by hand, once for each way of making pages: CSS selectors
of what is content and of what is dropped inside it. Tokens are runs of letters and digits; code
recall is the share of the content's <pre> blocks that stand in the result byte for byte.
"""

import argparse
import collections
import hashlib
import html
import json
import pathlib
import re
import subprocess
import time

import lxml.html
from lxml.cssselect import CSSSelector

HERE = pathlib.Path(__file__).parent
WORD = re.compile(r"\w+")
BLOCKS = (
    "address article aside blockquote caption center dd details div dl dt figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody "
    "td tfoot th thead tr ul"
).split()


def fetch(package, folder):
    """Unpacks a Debian package below `folder`, once."""
    marker = folder / f".{package}"
    if marker.exists():
        return
    debs = folder / "debs" / package
    debs.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "-qq", package], cwd=debs, check=True)
    subprocess.run(["dpkg", "-x", next(debs.glob("*.deb")), folder], check=True)
    marker.touch()


def braces(pattern):
    """{a,b}*.html as two patterns."""
    found = re.search(r"\{([^}]*)\}", pattern)
    if not found:
        return [pattern]
    return [
        part
        for word in found[1].split(",")
        for part in braces(pattern[: found.start()] + word + pattern[found.end() :])
    ]


def pages_of(template, folder):
    """A sample that stays the same: by the hash of the path. Tiny pages say nothing."""
    share = folder / "usr" / "share"
    found = {
        path
        for pattern in braces(template["pages"])
        for path in share.glob(pattern)
        if path.is_file() and 3000 < path.stat().st_size < 600_000
    }
    by_hash = sorted(
        found, key=lambda p: hashlib.sha256(str(p.relative_to(share)).encode()).digest()
    )
    return by_hash[: template["n"]]


def gold_of(template, raw):
    """The page's content: its text, and its code blocks."""
    tree = lxml.html.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", raw))
    for element in tree.xpath("//script|//style|//noscript|//template|//svg|//comment()"):
        if element.getparent() is not None:
            element.drop_tree()
    chosen = []
    for element in CSSSelector(template["content"])(tree):
        if not any(parent in chosen for parent in element.iterancestors()):
            chosen.append(element)
    if not chosen:
        return None, None
    drop = CSSSelector(template["drop"]) if template["drop"] else None
    for element in chosen:
        for unwanted in drop(element) if drop else []:
            unwanted.drop_tree()
    for line_end in (br for element in chosen for br in element.iter("br")):
        line_end.tail = "\n" + (line_end.tail or "")
    code = [pre.text_content() for element in chosen for pre in element.iter("pre")]
    for element in chosen:
        for block in element.iter(*BLOCKS):  # "<td>a</td><td>b</td>" is two words
            block.text = "\n" + (block.text or "")
            block.tail = "\n" + (block.tail or "")
    words = "\n".join(element.text_content() for element in chosen)
    return words, [block.strip("\n") for block in code if block.strip()]


def plain(markdown):
    """Markdown without its signs."""
    text = re.sub(r"^\s*(```|~~~)+.*$", " ", markdown, flags=re.M)
    text = re.sub(r"!?\[([^\]\[]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)", r"\1", text)
    text = re.sub(r"<(https?://[^>\s]+)>", r"\1", text)
    text = re.sub(r"\\([^\w\s])", r"\1", text)
    text = re.sub(r"[*`]", "", text)
    return html.unescape(text)


def f1(gold, got):
    gold, got = (collections.Counter(WORD.findall(text)) for text in (gold, got))
    both = sum((gold & got).values())
    if not both:
        return 0.0, 0.0, 0.0
    precision, recall = both / sum(got.values()), both / sum(gold.values())
    return 2 * precision * recall / (precision + recall), precision, recall


def code_recall(code, markdown):
    """Indented code (inside a list, say) counts when it is the same but for a margin."""

    def squeeze(block):
        lines = [line.rstrip() for line in block.splitlines()]
        margin = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
        return "\n".join(line[margin:] for line in lines)

    bare = "\n".join(line.strip() for line in markdown.splitlines())
    kept = sum(
        block in markdown
        or "\n".join(line.strip() for line in squeeze(block).splitlines()) in bare
        for block in code
    )
    return kept, len(code)


def with_tandem(program):
    def run(path, raw):
        out = subprocess.run(
            [program, "extract", "--json", path],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return json.loads(out.stdout)["markdown"] if out.returncode == 0 else ""

    return run, plain


def peers():
    """Extractors in Python, as their documentation says to call them for best recall of content."""
    import justext
    import readability
    import resiliparse.extract.html2text as html2text
    import trafilatura

    def from_readability(path, raw):
        return lxml.html.fromstring(readability.Document(raw).summary()).text_content()

    def from_justext(path, raw):
        parts = justext.justext(raw, justext.get_stoplist("English"))
        return "\n".join(part.text for part in parts if not part.is_boilerplate)

    def same(text):
        return text

    return {
        "trafilatura": (
            lambda path, raw: trafilatura.extract(
                raw, include_tables=True, favor_recall=True, output_format="markdown"
            )
            or "",
            plain,
        ),
        "resiliparse": (
            lambda path, raw: html2text.extract_plain_text(raw, main_content=True),
            same,
        ),
        "readability-lxml": (from_readability, same),
        "justext": (from_justext, same),
    }


def measure(name, run, clean, pages, each):
    """One line of the table."""
    scores, blocks, whole, seconds = [], 0, 0, 0.0
    for template, path, raw, gold, code in pages:
        began = time.monotonic()
        try:
            got = run(path, raw)
        except Exception as failure:  # a peer that fails on a page has not kept it
            print(f"  {name}: {path}: {failure}")
            got = ""
        seconds += time.monotonic() - began
        score = f1(gold, clean(got))
        kept, n = code_recall(code, got)
        scores.append(score)
        blocks += n
        whole += kept
        if each:
            print(
                f"  {score[0]:.3f} p {score[1]:.3f} r {score[2]:.3f} code {kept}/{n} "
                f"{template['name']}: {path}"
            )
    mean = [sum(column) / len(scores) for column in zip(*scores)]
    low = sorted(score[0] for score in scores)[len(scores) // 10]
    print(
        f"| {name} | {mean[0]:.4f} | {mean[1]:.4f} | {mean[2]:.4f} | {low:.3f} "
        f"| {whole}/{blocks} | {len(scores) / seconds:.0f} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--each", action="store_true")
    args = parser.parse_args()
    pages = []
    for template in json.loads((HERE / "templates.json").read_text()):
        fetch(template["package"], args.folder)
        for path in pages_of(template, args.folder):
            raw = path.read_bytes().decode("utf-8", "replace")
            gold, code = gold_of(template, raw)
            if gold is not None and len(WORD.findall(gold)) < 10:
                continue  # a search form or the like: no content to keep
            if gold is None:
                print(f"no content by {template['content']}: {path}")
                continue
            pages.append((template, path, raw, gold, code))
    print(f"{len(pages)} pages, {sum(len(page[2]) for page in pages) / 1e6:.1f} MB\n")
    print(
        "| extractor | F1 | precision | recall | lowest tenth's best | code kept | pages/s |\n"
        "| --- | --- | --- | --- | --- | --- | --- |"
    )
    measure("tandem", *with_tandem(args.program), pages, args.each)
    if args.peers:
        for name, (run, clean) in peers().items():
            measure(name, run, clean, pages, args.each)


if __name__ == "__main__":
    main()
