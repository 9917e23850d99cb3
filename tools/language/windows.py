"""Labelled windows as collect.py writes them, with the features that tandem sees in them.

Needs numpy and features.so: src/chunk/features.c as a library (see features.c beside this file), so
that training and use read the same.

    cc -O2 -D_GNU_SOURCE -shared -fPIC -Isrc -Iinclude tools/language/features.c \\
       src/chunk/features.c src/chunk/lines.c src/base/str.c -o features.so
"""

import ctypes
import json
import os

import numpy as np

NOT_CODE = ("markdown", "csv", "log")


class Features:
    """`read` gives the features of a text, line after line, and a row for each line that is not
    blank: how many features it has, its number, the blank lines before it, its indentation."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(os.path.abspath(path))  # a bare name is looked for elsewhere
        size, pointer = ctypes.c_size_t, ctypes.c_void_p
        self.lib.td_features.restype = size
        self.lib.td_features.argtypes = [
            *(ctypes.c_char_p, size, ctypes.c_int, pointer, size, pointer, size)
        ]
        self.lib.td_fingerprint.restype = ctypes.c_uint32
        self.fingerprint = self.lib.td_fingerprint()
        self.features = np.zeros(1 << 20, np.uint32)
        self.rows = np.zeros((1 << 16, 4), np.uint32)

    def read(self, text, margin):
        raw = text.encode()
        n = self.lib.td_features(
            raw,
            len(raw),
            margin,
            self.features.ctypes.data,
            len(self.features),
            self.rows.ctypes.data,
            len(self.rows),
        )
        rows = self.rows[:n].astype(int)
        return self.features[: rows[:, 0].sum()].copy(), rows


class Window:
    def __init__(self, item, features):
        self.label, self.half, self.text = item["label"], item["half"], item["text"]
        self.package = item["package"]
        self.features, rows = features.read(self.text, 1)
        self.ends = np.cumsum(rows[:, 0])  # of the lines, in features


def load(path, features):
    return [Window(json.loads(line), features) for line in open(path)]
