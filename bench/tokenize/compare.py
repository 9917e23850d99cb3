"""tandem's tokenizers beside the Rust package `tokenizers`, one thread each, in turns.

    pip install tokenizers==0.23.3
    python bench/tokenize/compare.py BENCH_TOKENIZE [TEXT_FOLDER...]

Texts are the files below the folders (Python's documentation and standard library where none is
named) in pieces of about 1600 characters, as an index has them, prose and code apart. WordPiece is
the vocabulary of BERT (models/minilm); the byte-level BPE of 50,000 tokens is learnt from the same
texts by `tokenizers`. Both sides must give the same ids, else nothing is timed. `tokenizers` runs
encode_batch_fast, its fastest call, which leaves offsets out.
"""

import json
import os
import pathlib
import re
import statistics
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers  # noqa: E402
from tokenizers import processors, trainers  # noqa: E402

ROOT = pathlib.Path(__file__).parents[2]
ROUNDS = 9
TAGS = r"<script.*?</script>|<style.*?</style>|<[^>]+>"
KINDS = {"prose": (".txt", ".rst", ".md", ".html"), "code": (".py", ".c", ".h", ".js", ".rs")}
BYTES_MAX = 6 << 20  # of each kind


def default_folders():
    library = pathlib.Path(sysconfig.get_path("stdlib"))
    return [library, pathlib.Path("/usr/share/doc/python3.11/html")]


def read_pieces(folders, endings):
    pieces, n = [], 0
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix not in endings or not path.is_file() or "site-packages" in path.parts:
                continue
            text = path.read_text(errors="replace")
            if path.suffix == ".html":
                text = re.sub(TAGS, " ", text, flags=re.S)
                text = re.sub(r"[ \t]*\n\s*", "\n", text)
            for at in range(0, len(text), 1600):
                pieces.append(text[at : at + 1600])
                n += len(pieces[-1].encode())
            if n > BYTES_MAX:
                return pieces
    return pieces


def wordpiece(folder):
    """models/minilm's vocabulary as tokenizer.json, as published beside BERT models."""
    tokens = (ROOT / "models/minilm/vocab.txt").read_text().splitlines()
    vocab = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    specials = [(name, vocab[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, specials)
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer


def bpe(folder, pieces):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(
        pieces,
        trainers.BpeTrainer(
            vocab_size=50000,
            show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=["[CLS]", "[SEP]", "[MASK]"],
        ),
    )
    specials = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, specials)
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer


def ask(process, word):
    process.stdin.write(word + "\n")
    process.stdin.flush()
    return process.stdout.readline()


def compare(program, folder, tokenizer, pieces):
    path = folder / "texts"
    path.write_bytes(b"".join(struct.pack("<I", len(p.encode())) + p.encode() for p in pieces))
    process = subprocess.Popen(
        [program, folder, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    expected = [encoding.ids for encoding in tokenizer.encode_batch_fast(pieces)]
    first = ask(process, "ids")
    for i, ids in enumerate(expected):
        line = first if i == 0 else process.stdout.readline()
        assert list(map(int, line.split())) == ids, (i, pieces[i])
    ours, theirs = [], []
    for _ in range(ROUNDS):
        seconds, n = ask(process, "run").split()
        ours.append(float(seconds))
        began = time.perf_counter()
        tokenizer.encode_batch_fast(pieces)
        theirs.append(time.perf_counter() - began)
    process.stdin.close()
    process.wait()
    assert int(n) == sum(map(len, expected))
    n_bytes = sum(len(p.encode()) for p in pieces)
    mine, other = statistics.median(ours), statistics.median(theirs)
    return {
        "mb": n_bytes / 1e6,
        "tokens": int(n),
        "tandem_mb_per_s": n_bytes / mine / 1e6,
        "tokenizers_mb_per_s": n_bytes / other / 1e6,
        "ratio": statistics.median(b / a for a, b in zip(ours, theirs)),
        "ratio_least": min(b / a for a, b in zip(ours, theirs)),
    }


def main(program, *folders):
    texts = {kind: read_pieces(folders or default_folders(), ends) for kind, ends in KINDS.items()}
    cache = os.environ.get("BENCH_CACHE")  # where a learnt vocabulary is kept for the next time
    print(f"tokenizers {tokenizers.__version__}")
    with tempfile.TemporaryDirectory() as temporary:
        for name in ("wordpiece", "bpe"):
            folder = pathlib.Path(cache or temporary) / name
            folder.mkdir(parents=True, exist_ok=True)
            if name == "wordpiece":
                tokenizer = wordpiece(folder)
            elif (folder / "tokenizer.json").exists():
                tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            else:
                tokenizer = bpe(folder, sum(texts.values(), []))
            for kind, pieces in texts.items():
                found = compare(program, folder, tokenizer, pieces)
                found = {key: round(value, 2) for key, value in found.items()}
                print(json.dumps({"tokenizer": name, "texts": kind, **found}), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
