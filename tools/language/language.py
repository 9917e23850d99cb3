"""Which language is it: a softmax over all labels, from a vocabulary of features.

A window's features are the square roots of their counts, less for a long window than for a short
one: sqrt(count) / n ** LENGTH_POWER. src/chunk/language.c counts the same.
"""

import collections

import numpy as np

from windows import NOT_CODE

N_FEATURES = 14000
PACKAGES_MIN, WINDOWS_MIN = 3, 10  # in which a feature must be, or it says more of a package
LENGTH_POWER = 0.35
EPOCHS, BATCH, RATE, DECAY, DROP = 8, 256, 0.03, 1e-6, 0.6


def choose(windows, classes, n_features=N_FEATURES):
    """The features whose presence tells most about the label, as if labels were equally frequent
    (mutual information); sorted."""
    of = [np.unique(w.features) for w in windows]
    sizes = [len(o) for o in of]
    packages = {p: i for i, p in enumerate(sorted({w.package for w in windows}))}
    found, where = np.unique(np.concatenate(of), return_inverse=True)
    of_package = np.repeat([packages[w.package] for w in windows], sizes)
    pairs = np.unique(where * len(packages) + of_package)
    n_packages = np.bincount(pairs // len(packages), minlength=len(found))
    counts = np.zeros((len(found), len(classes)), np.float32)
    np.add.at(counts, (where, np.repeat([classes.index(w.label) for w in windows], sizes)), 1)
    fit = (n_packages >= PACKAGES_MIN) & (counts.sum(1) >= WINDOWS_MIN)
    found, counts = found[fit], counts[fit]
    rate = counts / np.maximum(1, np.bincount([classes.index(w.label) for w in windows]))
    mean = rate.mean(1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.nansum(rate * np.log(rate / mean), 1)
        gain += np.nansum((1 - rate) * np.log((1 - rate) / (1 - mean)), 1)
    return np.sort(found[np.argsort(-gain, kind="stable")[:n_features]])


class Matrix:
    """Sparse rows, none of them empty."""

    def __init__(self, columns, values, sizes):
        self.columns, self.values = columns, values.astype(np.float32)[:, None]
        self.starts = np.cumsum(sizes) - sizes
        self.rows = np.repeat(np.arange(len(sizes)), sizes)

    def times(self, w):
        return np.add.reduceat(w[self.columns] * self.values, self.starts)

    def transposed_times(self, p, like):
        """A gradient of the shape of `like`."""
        order = np.argsort(self.columns, kind="stable")
        columns = self.columns[order]
        first = np.flatnonzero(np.diff(columns, prepend=-1))
        g = np.zeros_like(like)
        g[columns[first]] = np.add.reduceat(p[self.rows[order]] * self.values[order], first)
        return g


class Rows:
    """Texts as sparse rows over the vocabulary: of each the features, and where lines end."""

    def __init__(self, texts, vocabulary, ends=None):
        self.n, self.ends = len(vocabulary), ends
        self.items = []
        for features in texts:
            at = np.minimum(np.searchsorted(vocabulary, features), self.n - 1)
            self.items.append(np.where(vocabulary[at] == features, at, self.n))

    def part(self, i, rng):
        """Of half of the texts a part of the lines."""
        at, ends = self.items[i], self.ends[i]
        if len(ends) <= 4 or rng.random() >= 0.5:
            return at
        n = rng.integers(3, len(ends) + 1)
        first = rng.integers(0, len(ends) - n + 1)
        return at[ends[first - 1] if first else 0 : ends[first + n - 1]]

    def matrix(self, which, rng=None):
        """A row for each text, the last column 1; with `rng` parts of texts, and DROP of what
        they have left out."""
        columns, values, sizes = [], [], []
        for i in which:
            at = self.items[i] if rng is None else self.part(i, rng)
            found, counts = np.unique(at, return_counts=True)
            known = found < self.n
            found, weights = found[known], np.sqrt(counts[known]) / max(1, len(at)) ** LENGTH_POWER
            if rng is not None:
                kept = rng.random(len(found)) >= DROP
                found, weights = found[kept], weights[kept] / (1 - DROP)
            columns += [found, [self.n]]
            values += [weights, [1]]
            sizes.append(len(found) + 1)
        return Matrix(np.concatenate(columns).astype(int), np.concatenate(values), np.array(sizes))


def weights_of(y, classes):
    """Rare classes count more, and prose three times as much: a page of prose that is sent to the
    code model costs more than a wrong language."""
    share = np.bincount(y, minlength=len(classes)) / len(y)
    weights = share[y] ** -0.65 * np.where(np.array(classes)[y] == "markdown", 3, 1)
    return (weights / weights.mean()).astype(np.float32)


def train(rows, y, classes, epochs=EPOCHS):
    rng, weights = np.random.default_rng(1), weights_of(y, classes)
    w = np.zeros((rows.n + 1, len(classes)), np.float32)
    m, v, step = np.zeros_like(w), np.zeros_like(w), 0
    for epoch in range(epochs):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        order = rng.permutation(len(y))
        for start in range(0, len(y), BATCH):
            at = order[start : start + BATCH]
            x = rows.matrix(at, rng)
            p = softmax(x.times(w))
            p[np.arange(len(at)), y[at]] -= 1
            g = x.transposed_times(p * weights[at, None], w) / len(at) + DECAY * w
            step += 1
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return w


def softmax(z):
    p = np.exp(z - z.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def probabilities(rows, w):
    n = len(rows.items)
    if n == 0:
        return np.zeros((0, w.shape[1]), np.float32)
    return np.concatenate(
        [softmax(rows.matrix(range(i, min(i + 512, n))).times(w)) for i in range(0, n, 512)]
    )


def odds(rows, w, classes):
    """How much likelier each is to be code than not, in nats."""
    code = np.array([c not in NOT_CODE for c in classes])
    p = probabilities(rows, w)
    return np.log(p[:, code].sum(1) + 1e-9) - np.log(p[:, ~code].sum(1) + 1e-9)


def report(rows, y, w, classes, name):
    """Prints how often the windows are told right, and the reliability of the confidence."""
    p, code = probabilities(rows, w), np.array([c not in NOT_CODE for c in classes])
    says, is_code, best = p[:, code].sum(1) >= 0.5, code[y], p.argmax(1)
    print(
        f"{name}: {len(y)} windows; code or not right {np.mean(says == is_code):.4f}; "
        f"not code called code {np.mean(says[~is_code]):.4f}; code not called code "
        f"{np.mean(~says[is_code]):.4f}; language of code right "
        f"{np.mean(best[is_code] == y[is_code]):.4f}"
    )
    for k, c in enumerate(classes):
        mine = y == k
        if mine.any():
            wrong = collections.Counter(classes[b] for b in best[mine] if b != k).most_common(4)
            print(
                f"  {c:12} {mine.sum():5} label {np.mean(best[mine] == k):.3f} "
                f"kind {np.mean(says[mine] == code[k]):.3f} {wrong}"
            )
    sure = p.max(1)
    for low, high in ((0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.98), (0.98, 1.01)):
        at = (sure >= low) & (sure < high)
        if at.any():
            print(
                f"  confidence {low:.2f}..{min(high, 1):.2f}: {at.sum():5} windows, mean "
                f"{sure[at].mean():.3f}, right {np.mean(best[at] == y[at]):.3f}"
            )
