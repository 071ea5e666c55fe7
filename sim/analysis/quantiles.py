"""Quantiles of Student's t and the normal distribution.

scipy.special has them, and is fetched at the first question: it takes half a second, and a single run asks none.
"""

from __future__ import annotations

import numpy as np


def student(df: float | np.ndarray, p: float) -> np.ndarray:
    """The p-quantile of Student's t with df degrees of freedom; NaN where df is."""
    from scipy.special import stdtrit

    return stdtrit(df, p)


def student_below(df: float | np.ndarray, t: float | np.ndarray) -> np.ndarray:
    """P(T <= t) of Student's t with df degrees of freedom; NaN where df is."""
    from scipy.special import stdtr

    return stdtr(df, t)


def normal(p: float) -> float:
    """The p-quantile of the standard normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(p))
