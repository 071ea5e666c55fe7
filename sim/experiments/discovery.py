"""Where does an alternative win? Boxes of conditions, read off a regression tree (CART).

>>> discover(found.table("discounted_profit")).rows()

Works on every design. The tree splits conditions where the mean lead differs most; cross-validation over the conditions
decides how many leaves are worth having, so that a sweep without structure gives one box: everywhere. A box that was
sought where the lead is large shows too large a lead in the runs it was sought with. The tree is therefore grown with
every second seed, and boxes are measured with the others; below four seeds all serve both, and no interval is given.

Sources: Breiman, Friedman, Olshen & Stone 1984, chapters 3 and 8 (trees, pruning); Athey & Imbens 2016, PNAS 113
(honest trees); Bryant & Lempert 2010, Technological Forecasting and Social Change 77 (scenario discovery; coverage and
density). Trees by scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.analysis.metrics import readable_interval
from sim.analysis.statistics import Interval, interval
from sim.experiments.axes import numbers
from sim.experiments.manifest import StoreError
from sim.experiments.sensitivity import outcome

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeRegressor

    from sim.experiments.sweep import Table

FOLDS = 5
SEED = 20_240_601  # of the folds; any number would do
FEWEST = 20  # conditions, below which no box can be told from chance


class Limit(NamedTuple):
    """What a box says of a factor (label: in words): above `low` and up to `high`, infinite where it says nothing; or
    one of these levels.
    """

    factor: str
    label: str
    low: float
    high: float
    levels: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.levels:
            return f"{self.label} is {' or '.join(self.levels)}"
        if np.isinf(self.low):
            return f"{self.label} ≤ {self.high:.3g}"
        if np.isinf(self.high):
            return f"{self.label} > {self.low:.3g}"
        return f"{self.low:.3g} < {self.label} ≤ {self.high:.3g}"


class Box(NamedTuple):
    """A region of conditions.

    lead      mean over its conditions, with a t interval over the seeds it was measured with (lead.n of them)
    density   share of its conditions where the first alternative leads; coverage: of all such conditions, the share
              that lies here; conditions: how many were tried in it
    """

    limits: tuple[Limit, ...]
    lead: Interval
    density: float
    coverage: float
    conditions: int

    def __str__(self) -> str:
        return " and ".join(map(str, self.limits)) or "everywhere"


@dataclass(frozen=True)
class Discovery:
    """The boxes, highest lead first. outcome: in words; rivals: the two alternatives where it is a difference.

    explained: share of the variance between conditions that the tree foresees for conditions it was not grown with
    honest: whether boxes were measured with seeds of their own
    """

    outcome: str
    unit: str
    rivals: tuple[str, ...]
    boxes: tuple[Box, ...]
    explained: float
    conditions: int
    honest: bool

    @property
    def measured(self) -> str:
        """How sure the leads are, and what that rests on."""
        seeds = self.boxes[0].lead.n
        if not self.honest:
            return (
                "Too few seeds to measure regions apart from seeking them: leads are too large, no interval is given."
            )
        freedom = f"{seeds - 1} degree{'' if seeds == 2 else 's'} of freedom"
        few = ": few, so that intervals are wide; eight seeds or more narrow them" if seeds < 4 else ""
        return (
            f"Sought with every second seed, measured with the other {seeds}: ± is Student's t with {freedom}{few}. A "
            "lead is the mean over the conditions of its region."
        )

    def rows(self) -> list[dict[str, Any]]:
        """One row per box."""
        return [
            {"where": str(box)} | box._asdict() | {"limits": [limit._asdict() for limit in box.limits]}
            for box in self.boxes
        ]

    def headline(self) -> str:
        """The finding in a sentence."""
        best = self.boxes[0]
        size = readable_interval(best.lead, self.unit, signed=bool(self.rivals))
        if len(self.boxes) == 1:
            unclear = ", no clear difference" if self.rivals and not best.lead.clear else ""
            return f"No region stands out: {self.outcome} is {size} everywhere{unclear}"
        if not self.rivals:
            return f"{self.outcome} is highest where {best} ({size})"
        first, second = self.rivals
        if best.lead.mean > 0 and (best.lead.clear or not self.honest):
            luck = "" if self.honest else "; with so few seeds that may be luck"
            return f"“{first}” leads “{second}” most where {best} ({size}){luck}"
        return f"“{first}” is nowhere clearly ahead of “{second}”; nearest where {best} ({size})"


def discover(table: Table, contrast: Sequence[str] = (), *, boxes: int = 8) -> Discovery:
    """Boxes of a sweep over numbers or names; at most `boxes` of them. `contrast` as in `sim.experiments.sensitivity`.

    Raises ValueError for a contrast that cannot be made or fewer than 20 conditions, StoreError where runs are missing
    or the library is not installed.
    """
    asked = outcome(table, contrast)
    values = asked.values[:, ~np.isnan(asked.values).any(axis=0)]
    if not values.size:
        raise StoreError("no seed has been run in every condition yet; sim resume does the rest")
    conditions, seeds = values.shape
    if conditions < FEWEST:
        raise ValueError(f"{conditions} conditions are too few to look for regions; sweep {FEWEST} or more")
    honest = seeds >= 4
    sought, measured = (values[:, ::2], values[:, 1::2]) if honest else (values, values)
    columns, meanings = _columns(table)
    tree, explained = _grown(columns, sought.mean(axis=1), boxes)
    leaves, wins = tree.apply(columns), measured.mean(axis=1) > 0
    found = []
    for leaf in np.unique(leaves):
        inside = leaves == leaf
        lead = interval(measured[inside].mean(axis=0))
        lead = lead if honest else lead._replace(low=float("nan"), high=float("nan"))
        coverage = float((wins & inside).sum() / wins.sum()) if wins.any() else float("nan")
        limits = _limits(tree, leaf, meanings, table)
        found.append(Box(limits, lead, float(wins[inside].mean()), coverage, int(inside.sum())))
    found.sort(key=lambda box: -box.lead.mean)
    return Discovery(asked.words, asked.unit, asked.rivals, tuple(found), explained, conditions, honest)


type Meaning = tuple[str, str | None]  # factor, and the level that the column is about where levels are names


def _columns(table: Table) -> tuple[np.ndarray, list[Meaning]]:
    """(conditions, columns): a factor's numbers, or a column of 0 and 1 for each of its names."""
    columns, meanings = [], []
    for factor, levels in table.levels.items():
        if numbers(levels):
            columns.append(np.array(levels, dtype=np.float64))
            meanings.append((factor, None))
            continue
        for name in dict.fromkeys(levels):
            columns.append(np.array([float(level == name) for level in levels]))
            meanings.append((factor, str(name)))
    return np.stack(columns, axis=1), meanings


def _grown(columns: np.ndarray, lead: np.ndarray, boxes: int) -> tuple[DecisionTreeRegressor, float]:
    """The smallest tree whose cross-validated error is within a standard error of the least, and what it foresees."""
    try:
        from sklearn.model_selection import KFold, cross_val_predict
        from sklearn.tree import DecisionTreeRegressor
    except ImportError:
        raise StoreError("discovery needs scikit-learn: pip install 'buyer-seller-sim[analysis]'") from None

    def tree(leaves: int) -> DecisionTreeRegressor:
        least = {"min_samples_leaf": max(3, len(lead) // 50), "random_state": SEED}
        if leaves == 1:
            return DecisionTreeRegressor(min_samples_split=len(lead) + 1, **least)
        return DecisionTreeRegressor(max_leaf_nodes=leaves, **least)

    folds = KFold(FOLDS, shuffle=True, random_state=SEED)
    sizes = range(1, max(boxes, 1) + 1)
    errors = [(lead - cross_val_predict(tree(leaves), columns, lead, cv=folds)) ** 2 for leaves in sizes]
    best = min(errors, key=np.mean)
    enough = best.mean() + best.std(ddof=1) / np.sqrt(len(lead))
    leaves, error = next((n, e) for n, e in zip(sizes, errors, strict=True) if e.mean() <= enough)
    explained = 1 - error.mean() / lead.var() if lead.var() > 0 else float("nan")
    return tree(leaves).fit(columns, lead), float(explained)


def _limits(tree: DecisionTreeRegressor, leaf: int, meanings: list[Meaning], table: Table) -> tuple[Limit, ...]:
    """What the way from the root to a leaf says of each factor."""
    low, high = np.full(len(meanings), -np.inf), np.full(len(meanings), np.inf)
    nodes, node = tree.tree_, 0
    while node != leaf:
        column, threshold = nodes.feature[node], nodes.threshold[node]
        if _leads_to(nodes, nodes.children_left[node], leaf):
            high[column], node = min(high[column], threshold), nodes.children_left[node]
        else:
            low[column], node = max(low[column], threshold), nodes.children_right[node]
    found = []
    for factor in table.levels:
        own = [k for k, (name, _) in enumerate(meanings) if name == factor]
        if meanings[own[0]][1] is None:
            if np.isfinite(low[own[0]]) or np.isfinite(high[own[0]]):
                found.append(Limit(factor, table.label(factor), float(low[own[0]]), float(high[own[0]])))
            continue
        chosen = [meanings[k][1] for k in own if np.isfinite(low[k])]  # the column has to be 1
        left = chosen or [meanings[k][1] for k in own if not np.isfinite(high[k])]
        if len(left) < len(own):
            found.append(
                Limit(factor, table.label(factor), float("nan"), float("nan"), tuple(str(name) for name in left))
            )
    return tuple(found)


def _leads_to(nodes: Any, node: int, leaf: int) -> bool:
    if node == leaf:
        return True
    left, right = nodes.children_left[node], nodes.children_right[node]
    return left != -1 and (_leads_to(nodes, left, leaf) or _leads_to(nodes, right, leaf))
