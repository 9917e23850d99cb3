"""A float matrix as int8 with one scale per row.

All sums are in float64: the order in which a machine adds then changes results in the 15th digit
only, which the choice of an int8 or of a float32 scale does not see, so the bytes are the same
everywhere.
"""

import numpy as np

LARGEST = 127
# Of the mean input power, added to each input's own. 0.1 and 1 had larger worst errors.
DAMPING = 0.3


def row_scales(weight):
    """One scale per row, for the least sum of squared errors in that row.

    Cutting a row's largest values a little makes its steps finer. Every cut from none to a tenth is
    tried, in steps of 1/256; these rows never want more.
    """
    columns = weight.T.astype(np.float64)
    largest = np.abs(columns).max(axis=0)
    best_error = np.full(len(largest), np.inf)
    best_scale = np.ones(len(largest))
    for kept in np.arange(256, 229, -1) / 256:
        scale = np.maximum(largest * kept / LARGEST, 1e-30).astype(np.float32).astype(np.float64)
        error = ((columns - steps(columns, scale) * scale) ** 2).sum(axis=0)
        better = error < best_error
        best_error[better], best_scale[better] = error[better], scale[better]
    return best_scale.astype(np.float32)


def nearest(weight, scale):
    """Every value rounded for itself: for tables, whose rows are looked up, not multiplied."""
    return steps(weight.T.astype(np.float64), scale.astype(np.float64)).T.astype(np.int8)


def compensated(weight, scale, power):
    """Values rounded so that the product with real inputs is near, rather than the weights.

    power [n_in, n_in] is the mean of x x^T over inputs x. Column by column, what rounding a column
    loses is added to the columns still to come, as far as their inputs go together with its input
    ("GPTQ", Frantar et al. 2022, in the order of the columns).
    """
    n_in = len(power)
    damped = power + np.eye(n_in) * (DAMPING * np.trace(power) / n_in)
    spread = np.linalg.cholesky(np.linalg.inv(damped)).T
    columns = weight.T.astype(np.float64)
    result = np.empty_like(columns)
    scale = scale.astype(np.float64)
    for i in range(n_in):
        result[i] = steps(columns[i], scale)
        lost = (columns[i] - result[i] * scale) / spread[i, i]
        columns[i + 1 :] -= np.outer(spread[i, i + 1 :], lost)
    return result.T.astype(np.int8)


def steps(columns, scale):
    return np.clip(np.rint(columns / scale), -LARGEST, LARGEST)
