"""Which lines are code that nobody marked: a chain of two states over the lines of a document, each
line weighed by its features, each paragraph by what the languages say of it, each turn by what is
between two lines (a linear-chain conditional random field). src/chunk/bare.c finds the likeliest
path.
"""

import collections
import random

import zlib

import numpy as np

import language
from windows import NOT_CODE

N_GAPS = 9  # (no blank line, one, more) times (indented as before, more, less)
DOCUMENTS, LINES_MAX = 8000, 400
EPOCHS, BATCH, RATE, DECAY, DROP = 5, 64, 0.03, 1e-3, 0.3
PROSE_COSTS = 1.0  # what a line of prose must be better by, in nats
VOTE_SIZES = (2, 3, 5, 9)  # lines from which a paragraph's vote has the next weight
VOTE_MOST = 8.0  # nats
N_VOTES = len(VOTE_SIZES) + 1


def gaps(rows):
    """What is between each line and the one before it."""
    blank, indent = np.minimum(rows[:, 2], 2), rows[:, 3]
    before = np.concatenate([[0], indent[:-1]])
    return blank * 3 + np.where(indent == before, 0, np.where(indent > before, 1, 2))


def indented(text, by):
    return "\n".join(by + line if line.strip() else line for line in text.split("\n"))


def fold(package):
    """Of two: a vote on a paragraph comes from languages that were learned without its package."""
    return zlib.crc32(package.encode()) % 2


class Texts:
    """Draws parts of documents, each language as often as the others."""

    def __init__(self, windows, rng):
        self.rng, self.code, self.other = rng, collections.defaultdict(list), {}
        for w in windows:
            if w.label in NOT_CODE:
                self.other.setdefault(w.label, []).append(w)
            else:
                self.code[w.label].append(w)
        self.languages = sorted(self.code)

    def draw(self, kind):
        """The text, whether it is code, its package."""
        r = self.rng.random()
        if kind == "code":
            w = self.rng.choice(self.code[self.rng.choice(self.languages)])
            by = "    " if r < 0.12 else "  " if r < 0.15 else "\t" if r < 0.17 else ""
        elif kind == "data":
            kind = self.rng.choice([l for l in self.other if l != "markdown"] or ["markdown"])
            w, by = self.rng.choice(self.other[kind]), ""
        else:
            w = self.rng.choice(self.other["markdown"])
            by = "    " if r < 0.03 else "   " if r < 0.06 else ""
        text = w.text.strip("\n")
        return indented(text, by) if by else text, int(kind == "code"), fold(w.package)


def kinds(rng):
    r = rng.random()
    if r < 0.55:
        turn = ["code", "prose"][:: rng.choice((1, -1))]
        return [turn[i % 2] for i in range(rng.randint(2, 5))]
    if r < 0.75:
        return ["prose"] * rng.randint(1, 4)
    if r < 0.85:
        return [rng.choice(("data", "data", "prose")) for _ in range(rng.randint(1, 3))]
    return ["code"] if r < 0.93 else ["prose", "code", "data"]


class Document:
    """Parts with blank lines in between, or seldom none."""

    def __init__(self, texts, rng, features):
        self.text, labels, folds = "", [], []
        for kind in kinds(rng):
            part, is_code, of_fold = texts.draw(kind)
            gap = rng.random()
            if self.text:
                self.text += "\n\n" if gap < 0.82 else "\n\n\n" if gap < 0.92 else "\n"
            for values, value in ((labels, is_code), (folds, of_fold)):
                values += [0] * (self.text.count("\n") - len(values))
                values += [value] * (part.count("\n") + 1)
            self.text += part
        self.features, rows = features.read(self.text, 0)
        self.counts, self.gaps, self.y = rows[:, 0], gaps(rows), np.array(labels)[rows[:, 1]]
        starts = np.flatnonzero(rows[:, 2] > 0)
        self.starts = starts if len(starts) and not starts[0] else np.insert(starts, 0, 0)
        self.sizes = np.diff(np.append(self.starts, len(rows)))
        lines = self.text.split("\n")
        self.paragraphs, self.folds = [], [folds[i] for i in rows[self.starts, 1]]
        for start, n in zip(self.starts, self.sizes):
            first, last = rows[start, 1], rows[start + n - 1, 1]
            self.paragraphs.append(features.read("\n".join(lines[first : last + 1]), 1)[0])

    def vote(self, odds):
        """[lines, N_VOTES]: each line's part of its paragraph's vote, by the paragraph's size."""
        self.votes = np.zeros((len(self.y), N_VOTES))
        size = np.searchsorted(VOTE_SIZES, self.sizes, side="right")
        lines = np.arange(len(self.y))
        of = np.repeat(np.arange(len(self.sizes)), self.sizes)
        self.votes[lines, size[of]] = np.clip(odds, -VOTE_MOST, VOTE_MOST)[of] / self.sizes[of]


def documents(windows, n, seed, features, vocabulary, classes, models):
    """As many as `n`; models: the languages' weights to vote with, for either fold."""
    rng, made = random.Random(seed), []
    texts = Texts(windows, rng)
    while len(made) < n:
        document = Document(texts, rng, features)
        if 0 < len(document.y) <= LINES_MAX:
            made.append(document)
    flat = [(p, f) for d in made for p, f in zip(d.paragraphs, d.folds)]
    odds = np.zeros(len(flat))
    for of_fold, w in enumerate(models):
        mine = [i for i, (_, f) in enumerate(flat) if f == of_fold]
        rows = language.Rows([flat[i][0] for i in mine], vocabulary)
        odds[mine] = language.odds(rows, w, classes)
    at = 0
    for document in made:
        document.vote(odds[at : at + len(document.sizes)])
        at += len(document.sizes)
        del document.paragraphs, document.text
    return made


class Batch:
    """Documents side by side, padded; features as places in the vocabulary."""

    def __init__(self, made, vocabulary, rng):
        n, most = len(made), max(len(d.y) for d in made)
        self.shape = n, most
        self.gaps, self.y = np.zeros(self.shape, int), np.zeros(self.shape, int)
        self.mask, self.votes = np.zeros(self.shape, bool), np.zeros((n, most, N_VOTES))
        lines = []
        for i, d in enumerate(made):
            m = len(d.y)
            self.gaps[i, :m], self.y[i, :m], self.mask[i, :m] = d.gaps, d.y, True
            self.votes[i, :m] = d.votes
            lines.append(np.repeat(i * most + np.arange(m), d.counts))
        found, lines = np.concatenate([d.features for d in made]), np.concatenate(lines)
        at = np.minimum(np.searchsorted(vocabulary, found), len(vocabulary) - 1)
        keep = (vocabulary[at] == found) & ((rng.random(len(at)) >= DROP) if rng else True)
        self.at, self.lines, self.scale = at[keep], lines[keep], 1 / (1 - DROP) if rng else 1

    def scores(self, model):
        w = model.words[self.at] * self.scale
        sums = np.bincount(self.lines, w, self.shape[0] * self.shape[1])
        return sums.reshape(self.shape) + model.bias + self.votes @ model.votes


class Model:
    """Weights of the vocabulary and of votes, the turns [gap][from][to], the bias: views of all."""

    def __init__(self, n):
        self.all = np.zeros(n + N_VOTES + 4 * N_GAPS + 1)
        self.words, self.votes = self.all[:n], self.all[n : n + N_VOTES]
        self.turns = self.all[n + N_VOTES : -1].reshape(N_GAPS, 2, 2)
        self.turns[:] = [[0, -3], [-3, 0]]

    @property
    def bias(self):
        return self.all[-1]


def marginals(e, turns, batch):
    """Of each line that it is code, of each pair of lines their two states."""
    n, most = batch.shape
    forward, backward = np.zeros((most, n, 2)), np.zeros((most, n, 2))
    forward[0, :, 1] = e[:, 0]
    for t in range(1, most):
        both = forward[t - 1][:, :, None] + turns[batch.gaps[:, t]]
        new = np.logaddexp(both[:, 0], both[:, 1])
        new[:, 1] += e[:, t]
        forward[t] = np.where(batch.mask[:, t, None], new, forward[t - 1])
    for t in range(most - 2, -1, -1):
        ahead = backward[t + 1].copy()
        ahead[:, 1] += e[:, t + 1]
        both = turns[batch.gaps[:, t + 1]] + ahead[:, None, :]
        new = np.logaddexp(both[:, :, 0], both[:, :, 1])
        backward[t] = np.where(batch.mask[:, t + 1, None], new, backward[t + 1])
    whole = np.logaddexp(forward[-1, :, 0], forward[-1, :, 1])
    code = np.exp(np.minimum(0, forward[:, :, 1] + backward[:, :, 1] - whole)).T
    ahead = backward[1:].copy()
    ahead[:, :, 1] += e.T[1:]
    pairs = forward[:-1].transpose(1, 0, 2)[..., None] + turns[batch.gaps[:, 1:]]
    pairs = pairs + ahead.transpose(1, 0, 2)[:, :, None, :] - whole[:, None, None, None]
    return code, np.exp(np.minimum(0, pairs))


def step_of(batch, model):
    e = batch.scores(model) + np.where(batch.mask & (batch.y == 0), PROSE_COSTS, 0)
    code, pairs = marginals(e, model.turns, batch)
    wrong = np.where(batch.mask, code - batch.y, 0)
    doc, line = np.nonzero(batch.mask[:, 1:])
    pairs[doc, line, batch.y[doc, line], batch.y[doc, line + 1]] -= 1
    of_turns = np.zeros_like(model.turns)
    np.add.at(of_turns, batch.gaps[doc, line + 1], pairs[doc, line])
    of_words = np.bincount(
        batch.at, wrong.ravel()[batch.lines] * batch.scale, len(model.words)
    )
    of_votes = np.tensordot(wrong, batch.votes, 2)
    return np.concatenate([of_words, of_votes, of_turns.ravel(), [wrong.sum()]]) / len(wrong)


def train(made, vocabulary, epochs=EPOCHS):
    rng, model = np.random.default_rng(1), Model(len(vocabulary))
    m, v, step = np.zeros_like(model.all), np.zeros_like(model.all), 0
    order = np.argsort([len(d.y) for d in made], kind="stable")  # as long as their neighbours
    starts = range(0, len(made), BATCH)
    for epoch in range(epochs):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        for start in rng.permutation(starts):
            batch = Batch([made[i] for i in order[start : start + BATCH]], vocabulary, rng)
            g = step_of(batch, model)
            g[: len(vocabulary)] += DECAY * model.words
            step += 1
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            model.all -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return model


def path(e, gap, turns):
    """The likeliest states."""
    best, back = np.array([0.0, e[0]]), []
    for t in range(1, len(e)):
        both = best[:, None] + turns[gap[t]]
        back.append(both.argmax(0))
        best = both.max(0) + [0, e[t]]
    states = [int(best.argmax())]
    for choice in reversed(back):
        states.append(int(choice[states[-1]]))
    return np.array(states[::-1])


def report(made, vocabulary, model, name):
    right = collections.Counter()
    for document in made:
        batch = Batch([document], vocabulary, None)
        found = path(batch.scores(model)[0], document.gaps, model.turns)
        for y in (0, 1):
            right[y] += int(((found == y) & (document.y == y)).sum())
            right["of", y] += int((document.y == y).sum())
    print(
        f"{name}: {len(made)} documents; lines of code right {right[1] / right['of', 1]:.4f}, "
        f"lines of anything else right {right[0] / right['of', 0]:.4f}"
    )
