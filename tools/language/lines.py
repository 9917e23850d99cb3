"""Which lines are code that nobody marked: a chain of two states over the lines of a document, each
line weighed by its features, each turn by what is between two lines (a linear-chain conditional
random field). src/chunk/bare.c finds the likeliest path.
"""

import collections
import random

import numpy as np

from windows import NOT_CODE

N_GAPS = 9  # (no blank line, one, more) times (indented as before, more, less)
DOCUMENTS, LINES_MAX = 8000, 400
EPOCHS, BATCH, RATE, DECAY, DROP = 5, 64, 0.03, 1e-3, 0.3
PROSE_COSTS = 1.0  # what a line of prose must be better by, in nats


def gaps(rows):
    """What is between each line and the one before it."""
    blank, indent = np.minimum(rows[:, 2], 2), rows[:, 3]
    before = np.concatenate([[0], indent[:-1]])
    return blank * 3 + np.where(indent == before, 0, np.where(indent > before, 1, 2))


def indented(text, by):
    return "\n".join(by + line if line.strip() else line for line in text.split("\n"))


class Texts:
    """Draws parts of documents, each language as often as the others."""

    def __init__(self, windows, rng):
        self.rng, self.code, self.other = rng, collections.defaultdict(list), {}
        for w in windows:
            if w.label in NOT_CODE:
                self.other.setdefault(w.label, []).append(w.text.strip("\n"))
            else:
                self.code[w.label].append(w.text.strip("\n"))
        self.languages = sorted(self.code)

    def draw(self, kind):
        r = self.rng.random()
        if kind == "code":
            text = self.rng.choice(self.code[self.rng.choice(self.languages)])
            by = "    " if r < 0.12 else "  " if r < 0.15 else "\t" if r < 0.17 else ""
            return indented(text, by), 1
        if kind == "data":
            kind = self.rng.choice([l for l in self.other if l != "markdown"] or ["markdown"])
            return self.rng.choice(self.other[kind]), 0
        text = self.rng.choice(self.other["markdown"])
        return indented(text, "    " if r < 0.03 else "   " if r < 0.06 else ""), 0


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


def documents(windows, n, seed, features):
    """[(features, how many of each line, gaps, is it code)]: parts with blank lines in between,
    or seldom none."""
    rng, made = random.Random(seed), []
    texts = Texts(windows, rng)
    while len(made) < n:
        text, labels = "", []
        for kind in kinds(rng):
            part, is_code = texts.draw(kind)
            gap = rng.random()
            text += "" if not text else "\n\n" if gap < 0.82 else "\n\n\n" if gap < 0.92 else "\n"
            labels += [0] * (text.count("\n") - len(labels)) + [is_code] * (part.count("\n") + 1)
            text += part
        found, rows = features.read(text, 0)
        if 0 < len(rows) <= LINES_MAX:
            made.append((found, rows[:, 0], gaps(rows), np.array(labels)[rows[:, 1]]))
    return made


class Batch:
    """Documents side by side, padded; features as places in the vocabulary."""

    def __init__(self, made, vocabulary, rng):
        n, most = len(made), max(len(d[1]) for d in made)
        self.shape = n, most
        self.gaps, self.y = np.zeros(self.shape, int), np.zeros(self.shape, int)
        self.mask = np.zeros(self.shape, bool)
        lines = []
        for i, (_, counts, gap, y) in enumerate(made):
            self.gaps[i, : len(y)], self.y[i, : len(y)], self.mask[i, : len(y)] = gap, y, True
            lines.append(np.repeat(i * most + np.arange(len(y)), counts))
        found, lines = np.concatenate([d[0] for d in made]), np.concatenate(lines)
        at = np.minimum(np.searchsorted(vocabulary, found), len(vocabulary) - 1)
        keep = (vocabulary[at] == found) & ((rng.random(len(at)) >= DROP) if rng else True)
        self.at, self.lines, self.scale = at[keep], lines[keep], 1 / (1 - DROP) if rng else 1

    def scores(self, w, bias):
        sums = np.bincount(self.lines, w[self.at] * self.scale, self.shape[0] * self.shape[1])
        return sums.reshape(self.shape) + bias


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


def step_of(batch, w, bias, turns):
    e = batch.scores(w, bias) + np.where(batch.mask & (batch.y == 0), PROSE_COSTS, 0)
    code, pairs = marginals(e, turns, batch)
    wrong = np.where(batch.mask, code - batch.y, 0)
    doc, line = np.nonzero(batch.mask[:, 1:])
    pairs[doc, line, batch.y[doc, line], batch.y[doc, line + 1]] -= 1
    of_turns = np.zeros_like(turns)
    np.add.at(of_turns, batch.gaps[doc, line + 1], pairs[doc, line])
    of_words = np.bincount(batch.at, wrong.ravel()[batch.lines] * batch.scale, len(w))
    return np.concatenate([of_words, of_turns.ravel(), [wrong.sum()]]) / len(wrong)


def train(made, vocabulary, epochs=EPOCHS):
    """Weights of the vocabulary, the bias, the turns [gap][from][to]."""
    rng, n = np.random.default_rng(1), len(vocabulary)
    all_of = np.zeros(n + 4 * N_GAPS + 1)
    all_of[n:-1] = np.tile([0, -3, -3, 0], N_GAPS)
    m, v, step = np.zeros_like(all_of), np.zeros_like(all_of), 0
    order = np.argsort([len(d[1]) for d in made], kind="stable")  # as long as their neighbours
    starts = range(0, len(made), BATCH)
    for epoch in range(epochs):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        for start in rng.permutation(starts):
            batch = Batch([made[i] for i in order[start : start + BATCH]], vocabulary, rng)
            g = step_of(batch, all_of[:n], all_of[-1], all_of[n:-1].reshape(N_GAPS, 2, 2))
            g[:n] += DECAY * all_of[:n]
            step += 1
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            all_of -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return all_of[:n], all_of[-1], all_of[n:-1].reshape(N_GAPS, 2, 2)


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


def report(made, vocabulary, w, bias, turns, name):
    right = collections.Counter()
    for document in made:
        batch = Batch([document], vocabulary, None)
        found = path(batch.scores(w, bias)[0], document[2], turns)
        for y in (0, 1):
            right[y] += int(((found == y) & (document[3] == y)).sum())
            right["of", y] += int((document[3] == y).sum())
    print(
        f"{name}: {len(made)} documents; lines of code right {right[1] / right['of', 1]:.4f}, "
        f"lines of anything else right {right[0] / right['of', 0]:.4f}"
    )
