"""PDFs that the test writes, read by poppler's own programs, from files and from a site."""

import hashlib
import shutil
import zlib

import pytest

pytestmark = pytest.mark.skipif(
    not shutil.which("pdftotext"), reason="needs pdftotext (Debian: poppler-utils)"
)

PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def rc4(key, data):
    s, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) % 256
        s[i], s[j] = s[j], s[i]
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + s[i]) % 256
        s[i], s[j] = s[j], s[i]
        out.append(byte ^ s[(s[i] + s[j]) % 256])
    return bytes(out)


def escaped(text):
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("latin-1")


def content(lines):
    rows = b" ".join(b"(" + escaped(line) + b") '" for line in lines)
    return b"BT /F1 11 Tf 14 TL 72 770 Td " + rows + b" ET"


def pdf_of(pages, title=None, password=None, packed=False):
    """Each page is a list of lines, "" for a gap. With a password: 40 bits of RC4, as of 1996."""
    key = owner = None
    if password is not None:
        name = hashlib.md5(b"tandem").digest()
        padded = (password.encode() + PADDING)[:32]
        owner = rc4(hashlib.md5(padded).digest()[:5], padded)
        permissions = (-4).to_bytes(4, "little", signed=True)
        key = hashlib.md5(padded + owner + permissions + name).digest()[:5]
    objects, n = {}, len(pages)
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R >>"
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(n))
    objects[2] = f"<< /Type /Pages /Count {n} /Kids [{kids}] >>".encode()
    objects[3] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    for i, lines in enumerate(pages):
        stream = content(lines)
        stream = zlib.compress(stream) if packed else stream
        number = 5 + 2 * i
        if key:
            salt = number.to_bytes(3, "little") + b"\0\0"
            stream = rc4(hashlib.md5(key + salt).digest()[:10], stream)
        form = b" /Filter /FlateDecode" if packed else b""
        objects[number] = b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(stream), form, stream)
        objects[number - 1] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % number
        )
    trailer = b"/Root 1 0 R"
    if title:
        objects[4 + 2 * n] = b"<< /Title (" + escaped(title) + b") /Author (A. Writer) >>"
        trailer += b" /Info %d 0 R" % (4 + 2 * n)
    if key:
        trailer += (
            b" /ID [<%s> <%s>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>"
            % tuple(x.hex().encode() for x in (name, name, owner, rc4(key, PADDING)))
        )
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        there = number in places
        out += b"%010d 00000 n \n" % places[number] if there else b"0000000000 00001 f \n"
    out += b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, table)
    return bytes(out)


CHAPTERS = ("one", "two", "three", "four")
BOOK = pdf_of(
    [
        ["The Book of Lanes", "", f"Chapter {c} tells of a uni-", "corn in the garden.", "", str(i)]
        for i, c in enumerate(CHAPTERS, 1)
    ],
    title="Of Lanes",
    packed=True,
)


def test_a_pdf_is_text(tandem):
    (tandem.folder / "book.pdf").write_bytes(BOOK)
    page = tandem.lines("extract", "--json", "book.pdf")[0]
    assert (page["title"], page["author"]) == ("Of Lanes", "A. Writer")
    # The head and the page's number are gone, the word is whole, a page's end is a paragraph's.
    words = [f"Chapter {c} tells of a unicorn in the garden." for c in CHAPTERS]
    assert page["markdown"].split("\n\n") == [*words[:3], words[3] + "\n"]
    named = tandem.folder / "plain.pdf"
    named.write_bytes(pdf_of([["Some words."]], title="Microsoft Word - plain.doc"))
    assert tandem.lines("extract", "--json", "plain.pdf")[0]["title"] == "plain.pdf"
    chunks = tandem.lines("chunk", "book.pdf", "--chunk-size", 64, "--chunk-overlap", 0)
    assert len(chunks) == 4 and all(c["model_hint"] == "gte" for c in chunks)


def test_pdfs_of_a_folder_are_indexed_and_found(tandem):
    (tandem.folder / "tree").mkdir()
    (tandem.folder / "tree" / "book.pdf").write_bytes(BOOK)
    (tandem.folder / "tree" / "other.md").write_text("# Boats\n\nA boat lies in the harbour.\n")
    assert tandem.index("tree")["files"] == 2
    assert tandem.finds("unicorn garden", "book.pdf")
    assert tandem.index("tree")["unchanged"] == 2


def test_pdfs_of_a_site(tandem, site):
    site.put("/", '<p>See <a href="/book.pdf">the book</a>, <a href="/x?id=1">one more</a></p>')
    site.put("/book.pdf", BOOK, "application/pdf")
    site.put("/x", pdf_of([["Another page of words."]], title="Another"), "application/pdf")
    pages = tandem.lines("crawl", "--json", "-r", site.url)
    assert {p["title"] for p in pages} >= {"Of Lanes", "Another"}
    assert all(p["status"] == 200 and not p["reason"] for p in pages)


REFUSED = {
    "locked.pdf": (pdf_of([["Secret words."]], password="key"), "a PDF that needs a password"),
    "broken.pdf": (b"%PDF-1.4\n" + b"\0broken" * 50, "a damaged PDF"),
    "cut.pdf": (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog", "a damaged PDF"),
    "scan.pdf": (pdf_of([[], []]), "a PDF without text"),
}


def test_what_cannot_be_read_is_skipped_and_said(tandem):
    (tandem.folder / "tree").mkdir()
    for name, (body, _) in REFUSED.items():
        (tandem.folder / "tree" / name).write_bytes(body)
    (tandem.folder / "tree" / "book.pdf").write_bytes(BOOK)
    summary = tandem.index("tree")
    assert (summary["files"], summary["skipped"], summary["failed"]) == (1, len(REFUSED), 0)
    said = tandem.run("chunk", "tree").stderr.decode()
    for name, (_, reason) in REFUSED.items():
        line = next(line for line in said.splitlines() if name in line)
        assert reason in line, line


def test_an_empty_password_is_no_lock(tandem):
    (tandem.folder / "a.pdf").write_bytes(pdf_of([["Words for all."]], password=""))
    assert "Words for all." in tandem.run("extract", "a.pdf").stdout.decode()


def test_without_pdftotext_it_says_what_to_install(tandem, site):
    (tandem.folder / "book.pdf").write_bytes(BOOK)
    bare = {"PATH": str(tandem.folder)}
    line = tandem.error("extract", "book.pdf", status=1, env=bare)
    assert "needs pdftotext (Debian: poppler-utils)" in line

    def without_end(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/pdf")
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(BOOK[:9])
        handler.rfile.read(1)  # until the client goes: it does not wait for the rest
        handler.close_connection = True

    site.pages["/book.pdf"] = without_end
    pages = tandem.lines("crawl", "--json", site.url + "/book.pdf", env=bare)
    assert pages[0]["skipped"] and "needs pdftotext" in pages[0]["reason"]
