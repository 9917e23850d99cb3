"""How well the main content of pages of the web is kept: blogs, news, forums, wikis, shops, ...

    pip install lxml cssselect trafilatura readability-lxml lxml_html_clean resiliparse justext
    python3 bench/extract/web.py build/release/tandem FOLDER [--peers] [--each] [--only WHAT]

The pages are those that two extractors keep as test data in their Go modules, which `go mod
download` brings into FOLDER, each at one version with one checksum. Three measures, each over two
halves by the hash of the file's name; src/extract was worked on with the first half in view alone:

hand      web.json: what is content was marked by hand for this measure, page by page, in CSS
          selectors: content, what is dropped inside it, and what counts neither for nor against
          (names and dates of authors, tags, credits of pictures). F1 of words, and code kept.
segments  go-trafilatura's own test: a few phrases for each page that must be there and a few that
          must not, collected by hand by its authors. F1 of phrases.
expected  go-readability's own test: the output of its program, looked at by its authors. F1 of
          words, headings and bylines left out.
"""

import argparse
import collections
import hashlib
import json
import os
import pathlib
import re
import subprocess
import time
import zipfile

import lxml.html
from lxml.cssselect import CSSSelector

import measure

HERE = pathlib.Path(__file__).parent
MODULES = {
    "trafilatura": (
        "github.com/markusmobius/go-trafilatura@v1.12.2",
        "h1:JgEto0kDjwTuyXFl6TB+psrs1QGJqTdYJEbLhDy1vrw=",
        "test-files",
    ),
    "readability": (
        "github.com/go-shiori/go-readability@v0.0.0-20251205110129-5db1dc9836f0",
        "h1:A3B75Yp163FAIf9nLlFMl4pwIj+T3uKxfI7mbvvY2Ls=",
        "test-pages",
    ),
}
FORM_PARTS = "button, select, textarea, iframe, object"
REAL_BYTES_MIN = 10_000  # smaller pages of go-readability were made up for one feature


def fetch(folder):
    """Where each module's pages lie, by its short name."""
    places = {}
    environment = {**os.environ, "GOMODCACHE": str((folder / "modules").resolve())}
    for name, (module, checksum, pages) in MODULES.items():
        place = folder / name
        if not place.exists():
            told = subprocess.run(
                ["go", "mod", "download", "-json", module],
                env=environment,
                stdout=subprocess.PIPE,
                check=True,
            )
            told = json.loads(told.stdout)
            if told["Sum"] != checksum:
                raise SystemExit(f"{module} has the checksum {told['Sum']}, not {checksum}")
            with zipfile.ZipFile(told["Zip"]) as packed:
                packed.extractall(place)
        places[name] = place / module / pages
    return places


def half_of(name):
    return hashlib.sha256(name.encode()).digest()[0] & 1


def text_of(path):
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = re.search(rb"charset=[\"']?([\w-]+)", raw[:4096])
        try:
            return raw.decode(found[1].decode() if found else "cp1252", "replace")
        except LookupError:
            return raw.decode("cp1252", "replace")


def words_of(text):
    """Without what a mark-up's reader may take away inside of a word."""
    return collections.Counter(measure.WORD.findall(re.sub(r"[*`\xad]", "", text)))


def free_of(entry, raw):
    """Words that count neither for nor against; those in place of pictures are among them."""
    tree = lxml.html.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", raw))
    texts = [image.get("alt", "") for image in tree.iter("img")]
    for element in CSSSelector(entry["free"])(tree) if entry.get("free") else []:
        texts += element.itertext()
    return words_of("\n".join(texts))


def f1(gold, got, free):
    both = sum((gold & got).values())
    wrong = sum((got - gold - free).values())
    if not both:
        return 0.0, 0.0, 0.0
    precision, recall = both / (both + wrong), both / sum(gold.values())
    return 2 * precision * recall / (precision + recall), precision, recall


def marks_of(entry):
    drops = (FORM_PARTS, entry.get("drop"), entry.get("free"))
    return {"content": entry["content"], "drop": ", ".join(part for part in drops if part)}


def hand(places):
    """Pages marked by hand: (name, path, raw, judge)."""
    for entry in json.loads((HERE / "web.json").read_text()):
        name = entry["page"]
        place, rest = name.split("/", 1)
        path = places[place] / rest
        raw = text_of(path)
        gold, code = measure.gold_of(marks_of(entry), raw)
        if gold is None:
            raise SystemExit(f"{name}: nothing is {entry['content']}")

        def judge(markdown, text, gold=words_of(gold), code=code, free=free_of(entry, raw)):
            kept, n = measure.code_recall(code, markdown)
            return (*f1(gold, words_of(text), free), kept, n)

        yield f"{entry['kind']} {name}", path, raw, judge


def go_strings(text):
    return [json.loads(found) for found in re.findall(r"\"(?:[^\"\\]|\\.)*\"", text)]


def squeezed(text):
    return " ".join(text.split())


def segments(places):
    """Pages with phrases that must be there, and phrases that must not."""
    folder = places["trafilatura"]
    source = (folder.parent / "scripts" / "comparison" / "data.go").read_text()
    seen = set()
    for entry in re.findall(r"File:\s*(\".*?)\n\t\},", source, re.S):
        lists = dict(re.findall(r"(With|Without):\s*\[\]string\{(.*?)\},?\n", entry))
        name = go_strings(entry.split("\n")[0])[0]
        path = next((p for d in ("comparison", "mock") if (p := folder / d / name).exists()), None)
        if not path or name in seen or not lists.get("With"):
            continue
        seen.add(name)
        present, absent = (go_strings(lists.get(key, "")) for key in ("With", "Without"))

        def judge(markdown, text, present=present, absent=absent):
            text = squeezed(text)
            right = sum(squeezed(phrase) in text for phrase in present)
            wrong = sum(squeezed(phrase) in text for phrase in absent)
            return right, len(present), wrong, len(absent)

        yield name, path, text_of(path), judge


def expected(places):
    """Pages with what another program made of them."""
    for path in sorted(places["readability"].glob("*/source.html")):
        if path.stat().st_size < REAL_BYTES_MIN:
            continue
        gold, _ = measure.gold_of(
            {"content": "body, div", "drop": ""},
            "<html><body>" + path.with_name("expected.html").read_text() + "</body></html>",
        )
        if len(measure.WORD.findall(gold)) < 50:
            continue

        def judge(markdown, text, gold=words_of(gold)):
            return (*f1(gold, words_of(text), collections.Counter()), 0, 0)

        yield path.parent.name, path, text_of(path), judge


def row_of_words(scores):
    mean = [sum(score[i] for score in scores) / len(scores) for i in range(3)]
    low = sorted(score[0] for score in scores)[len(scores) // 10]
    kept, n = (sum(score[i] for score in scores) for i in (3, 4))
    return f"{mean[0]:.4f} | {mean[1]:.4f} | {mean[2]:.4f} | {low:.3f} | {kept}/{n}"


def row_of_phrases(scores):
    right, present, wrong, absent = (sum(score[i] for score in scores) for i in range(4))
    precision, recall = right / max(right + wrong, 1), right / present
    f = 2 * precision * recall / max(precision + recall, 1e-9)
    return f"{f:.4f} | {precision:.4f} | {recall:.4f} | - | {wrong}/{absent} wrong"


def run_all(name, run, clean, pages, row, each):
    """One line for each half, and one for both."""
    scores, seconds = ([], []), 0.0
    for page, path, raw, judge in pages:
        began = time.monotonic()
        try:
            got = run(str(path), raw)
        except Exception as failure:  # a peer that fails on a page has not kept it
            print(f"  {name}: {page}: {failure}")
            got = ""
        seconds += time.monotonic() - began
        score = judge(got, clean(got))
        half = half_of(path.parent.name if path.name == "source.html" else path.name)
        scores[half].append(score)
        if each:
            shown = (f"{part:.3f}" if isinstance(part, float) else str(part) for part in score)
            print("  ", half, *shown, page)
    for label, part in (("first", scores[0]), ("second", scores[1]), ("both", sum(scores, []))):
        if part:
            print(f"| {name} | {label}, {len(part)} | {row(part)} |", flush=True)


def peers():
    """Comments below articles are no content here; trafilatura is better without favour then."""
    import trafilatura

    def from_trafilatura(path, raw):
        return (
            trafilatura.extract(
                raw, include_tables=True, include_comments=False, output_format="markdown"
            )
            or ""
        )

    return {**measure.peers(), "trafilatura": (from_trafilatura, measure.plain)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--each", action="store_true")
    parser.add_argument("--only", choices=["hand", "segments", "expected"])
    args = parser.parse_args()
    places = fetch(args.folder)
    for what, make, row in (
        ("hand", hand, row_of_words),
        ("segments", segments, row_of_phrases),
        ("expected", expected, row_of_words),
    ):
        if args.only not in (None, what):
            continue
        pages = list(make(places))
        print(f"\n{what}: {len(pages)} pages, {sum(len(page[2]) for page in pages) / 1e6:.1f} MB\n")
        print("| extractor | half, pages | F1 | precision | recall | lowest tenth's best | code |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        run_all("tandem", *measure.with_tandem(args.program), pages, row, args.each)
        if args.peers:
            for name, (run, clean) in peers().items():
                run_all(name, run, clean, pages, row, args.each)


if __name__ == "__main__":
    main()
