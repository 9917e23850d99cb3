#!/usr/bin/env python3
"""Build the fixed benchmark corpus: 128 prose + 128 code chunks, <=1600 characters each.

Prose: the language reference that ships inside Python (pydoc_data.topics) and rendered man pages.
Code: the Python standard library, C headers under /usr/include (node headers too, when installed).
Length classes: 25 % short (100-400 chars), 15 % medium (400-1200), 60 % long (close to 1600).
Deterministic for a given machine image. It goes to $PEERS_DIR/corpus.jsonl.
"""

import glob, json, os, random, subprocess, sys, sysconfig
import pydoc_data.topics as T

from shapes import CORPUS

rnd = random.Random(20240601)
MAX = 1600


def pieces(text, limit):
    """greedy paragraph/line packing, as a chunker would do"""
    out, cur = [], ""
    for line in text.splitlines(keepends=True):
        if len(line) > limit:
            continue
        if len(cur) + len(line) > limit:
            out.append(cur)
            cur = ""
        cur += line
    if cur:
        out.append(cur)
    return [p.strip("\n") for p in out]


def prose_docs():
    docs = [T.topics[k] for k in sorted(T.topics)]
    mans = sorted(glob.glob("/usr/share/man/man[1578]/*.gz"))
    rnd.shuffle(mans)
    env = dict(os.environ, MANWIDTH="200", LC_ALL="C.UTF-8", MAN_KEEP_FORMATTING="")
    for m in mans[:60]:
        r = subprocess.run(
            ["man", "--no-hyphenation", "--no-justification", "-P", "cat", m],
            capture_output=True,
            env=env,
            timeout=60,
        )
        t = r.stdout.decode("utf-8", "replace")
        t = "\n".join(" ".join(l.split()) for l in t.splitlines())
        docs.append(t)
    return docs


def code_docs():
    std = sysconfig.get_paths()["stdlib"]
    py = sorted(
        glob.glob(std + "/*.py") + glob.glob(std + "/asyncio/*.py") + glob.glob(std + "/email/*.py")
    )
    h = sorted(
        glob.glob("/usr/include/*.h")
        + glob.glob("/usr/include/linux/*.h")
        + glob.glob("/usr/include/node/*.h")
    )
    rnd.shuffle(py)
    rnd.shuffle(h)
    out = []
    for f in py[:90] + h[:60]:
        t = open(f, encoding="utf-8", errors="replace").read()
        if 800 < len(t) < 200_000:
            out.append(t)
    return out


def take(docs, kind, n=128):
    want = [("short", 100, 400)] * (n // 4) + [("medium", 400, 1200)] * (n * 15 // 100)
    want += [("long", 1350, MAX)] * (n - len(want))
    rnd.shuffle(want)
    got, seen = [], set()
    for _, lo, hi in want:
        for _try in range(1000):
            d = rnd.choice(docs)
            ps = [
                p
                for p in pieces(d, rnd.randint(max(lo, hi * 2 // 3), hi))
                if lo <= len(p) <= hi and p not in seen
            ]
            if ps:
                p = rnd.choice(ps)
                seen.add(p)
                got.append({"text": p, "kind": kind})
                break
        else:
            sys.exit("no chunk found")
    return got


if __name__ == "__main__":
    rows = take([d for d in prose_docs() if len(d) > 2500], "prose") + take(code_docs(), "code")
    dst = CORPUS
    dst.parent.mkdir(parents=True, exist_ok=True)
    with open(dst, "w", encoding="utf-8") as f:
        for r in rows:
            f.write(json.dumps(r, ensure_ascii=False) + "\n")
    L = [len(r["text"]) for r in rows]
    print(len(rows), "chunks; chars mean", sum(L) / len(L), "min", min(L), "max", max(L))
