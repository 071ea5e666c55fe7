"""What customers are worth, who stays and why, where they go, and how they hang together.

Read off runs with their customers and transactions: of a comparison some are played again for it
(`sim.reports.replays`), a single run has them or is played again. Everything is of the customers of the firm that is
compared; means are over runs, differences paired by seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sim.analysis.heterogeneity import Verdict, loyalty_verdict
from sim.analysis.inference import Judged, judged
from sim.analysis.levels import YEAR, ratio
from sim.analysis.lifetime import QUANTILES, distribution, value_distribution
from sim.analysis.loyalty import rfm, rfm_table, switching_matrix
from sim.analysis.metrics import METRICS
from sim.analysis.prospects import HORIZON, equity_of, forecast_values
from sim.analysis.readable import MISSING, magnitude, readable, readable_interval
from sim.analysis.statistics import Interval, interval
from sim.analysis.survival import Cohort, cohorts, survival_curve
from sim.analysis.ties import embeddedness, supplier_assortativity, supplier_modularity
from sim.charts.words import round_name
from sim.experiments.comparison import Comparison
from sim.figure import sentences
from sim.network import GRAPH, Network
from sim.reports.document import Block, Cell, Column, Finding, Note, Section, Table
from sim.reports.figures import customers as pictures
from sim.reports.replays import affordable, chosen, play
from sim.reports.tables import WIDE, market, name_cells, table_of
from sim.reports.words import counted, listed
from sim.results import Results, ResultsError

WORK = 3_000_000  # customers x rounds that may be played again, and looked at customer by customer, for a comparison
FITTED = 3  # runs of each alternative to which models of customers are fitted, which takes a second each
TENURES = (1, 3, 6, 12, 24, 36, 60, 120)  # rounds after the first purchase at which it is counted who stayed
FIRMS = 7  # of the switching matrix; the smallest others are one
GROUPS = 5  # of recency and frequency
GREY = "may be none (Holm)"  # of a difference
SMALL = 10  # customers below which a cohort says nothing
LEADING = ("lifetime_value", "payback", "share_of_wallet", "loyalty_index", "net_promoters", "well_being")  # come first


class Expected(NamedTuple):
    """What present customers will still bring, forecast from the dates of purchases alone: euro, discounted.

    quantiles of it over customers, mean per customer, equity of all as of the start of the run; acquisition: spent so
    far, euro, and customers acquired for it
    """

    quantiles: dict[float, float]
    mean: float
    equity: float
    acquisition: float
    acquired: float


class Portrait(NamedTuple):
    """What one run says of the customers of one firm; what cannot be known is NaN.

    measures   of `METRICS`, those that need dyads or transactions
    worth      quantile or "mean", "negative", "top_fifth" -> of realised lifetime values
    stayed     (tenures, 3) share still there with its limits; cohorts: first round -> (customers, share after `YEAR`)
    went       (F, F) probability of the next firm given the last; sizes (F,) purchases
    rfm        (GROUPS, GROUPS) share of customers by score of recency and of frequency
    ties       of the customers' network: embeddedness, modularity, assortativity; empty where nobody is linked
    expected, verdict   None where no model was fitted
    """

    measures: dict[str, float]
    worth: dict[float | str, float]
    stayed: np.ndarray
    cohorts: dict[int, tuple[float, float]]
    went: np.ndarray
    sizes: np.ndarray
    rfm: np.ndarray
    ties: dict[str, float]
    expected: Expected | None
    verdict: Verdict | None


def portrait(
    results: Results, firm: str, network: Network | None, tenures: Sequence[int], width: int, fitted: bool
) -> Portrait:
    """The customers of a firm in a run with its transactions. Raises ResultsError without them."""
    j = results.firms.index(firm)
    values = value_distribution(results, firm)
    curve = survival_curve(results, firm)
    at = np.searchsorted(curve.time, tenures, side="right") - 1
    limits = [np.where(at >= 0, side[np.maximum(at, 0)] if side.size else np.nan, np.nan) for side in curve[5:7]]
    went, scores = switching_matrix(results), rfm(results, firm, GROUPS)
    return Portrait(
        {name: _one(METRICS[name].of(results), j) for name in METRICS if METRICS[name].needs},
        values.quantiles | {"mean": values.mean, "negative": values.negative, "top_fifth": values.top_fifth},
        np.stack([curve.at(np.array(tenures, float)), *limits], axis=1),
        {each.first: (each.customers, _after_a_year(each, results.rounds)) for each in cohorts(results, firm, width)},
        went.probability,
        results.account("purchases").sum(axis=0),
        ratio(rfm_table(scores), scores.customer.size),
        _ties(results, network, j),
        _expected(results, firm) if fitted else None,
        loyalty_verdict(results, firm) if fitted else None,
    )


def _after_a_year(cohort: Cohort, rounds: int) -> float:
    """Share still there after `YEAR` rounds; NaN where none of the cohort could be watched so long, though all went."""
    return float(cohort.curve.at(YEAR)) if cohort.first + YEAR <= rounds else float("nan")


def _one(value: np.ndarray | float, firm: int) -> float:
    return float(value[firm] if np.ndim(value) else value)


def _ties(results: Results, network: Network | None, firm: int) -> dict[str, float]:
    if network is None or network.kind != GRAPH:
        return {}
    return {
        "embeddedness": float(embeddedness(results, network)[firm]),
        "supplier_modularity": supplier_modularity(results, network),
        "supplier_assortativity": supplier_assortativity(results, network),
    }


def _expected(results: Results, firm: str) -> Expected | None:
    """None where nobody bought twice, which allows no forecast."""
    try:
        found = forecast_values(results, firm)
    except ResultsError:
        return None
    spread, equity = distribution(found.value), equity_of(results, firm, found)
    return Expected(spread.quantiles, spread.mean, equity.outlook, equity.acquisition, equity.acquired)


# ------------------------------------------------------------------------------------------------------- gathering


class People(NamedTuple):
    """Portraits of each of `names` in so many runs: portraits[k][r]; firms of the market, first: a run of the best.

    best, other   whom sentences and large tables are about; fitted: runs to which models were fitted
    """

    names: list[str]
    portraits: list[list[Portrait]]
    tenures: list[int]
    width: int
    firms: list[str]
    best: str
    other: str
    first: Results

    @property
    def runs(self) -> int:
        """Of each alternative."""
        return len(self.portraits[0])

    @property
    def fitted(self) -> int:
        """Runs of each to which models were fitted."""
        return sum(each.verdict is not None for each in self.portraits[0])

    def of(self, name: str) -> list[Portrait]:
        """The portraits of one."""
        return self.portraits[self.names.index(name)]

    def values(self, read: Callable[[Portrait], float]) -> np.ndarray:
        """(names, runs) one number of each portrait."""
        return np.array([[read(each) for each in row] for row in self.portraits], dtype=float)


def _measured_at(rounds: int) -> tuple[list[int], int]:
    """Tenures that a run of this length can show, and the width of cohorts of which it shows six at most."""
    return [tenure for tenure in TENURES if tenure < rounds] or [1], YEAR * max(1, -(-rounds // (6 * YEAR)))


def replayed(c: Comparison) -> People | str:
    """The customers of a comparison from runs played again, or why nothing is said of them."""
    names = chosen(c, all_of_few=True)
    seeds = affordable(c, names, WORK)
    if seeds < min(2, len(c.seeds)):
        names = chosen(c)
        seeds = affordable(c, names, WORK)
    if seeds < min(2, len(c.seeds)):
        return "The market is too large to be played again for its customers; sim compare --also takes their measures."
    tenures, width = _measured_at(c.rounds)
    found: list[list[Portrait]] = [[] for _ in names]
    best, *others = c.ranking()
    other = c.baseline if c.baseline != best else others[0]
    first = None
    try:
        for run in play(c, names, seeds, log=True):
            for k, name in enumerate(names):
                if name == run.name or c.within:
                    firm = c.firms[c.index(name)]
                    fitted = run.number < FITTED and name in (best, other)
                    found[k].append(portrait(run.results, firm, run.network, tenures, width, fitted))
                    first = run.results if name == best and first is None else first
    except ResultsError as error:
        return f"Customers cannot be looked at one by one: {error}."
    if not any(each.sizes.any() for row in found for each in row):
        return "Nobody bought anything, so that nothing can be said of customers."
    return People(names, found, tenures, width, first.firms, best, other, first)


def of_run(c: Comparison, results: Results, network: Network | None) -> People | str:
    """The customers of the firms of a single run: the focus firm, and those ahead, of many."""
    names = c.names if len(c.names) <= WIDE else chosen(c)
    tenures, width = _measured_at(results.rounds)
    try:
        found = [[portrait(results, name, network, tenures, width, True)] for name in names]
    except ResultsError as error:
        return f"Customers cannot be looked at one by one: {error}."
    if not results.account("purchases").any():
        return "Nobody bought anything, so that nothing can be said of customers."
    best, *others = [name for name in c.ranking() if name in names]
    other = c.baseline if c.baseline != best or not others else others[0]
    return People(list(names), found, tenures, width, results.firms, best, other, results)


def measured(c: Comparison, people: People) -> Comparison:
    """A comparison of the measures of customers that runs played again allow and that were not taken in all runs."""
    places, runs = [c.index(name) for name in people.names], people.runs
    known = {
        name: people.values(lambda each, name=name: each.measures[name])
        for name in dict.fromkeys((*LEADING, *METRICS))
        if METRICS[name].needs and name not in c.measures
    }
    kept = {name: values for name, values in known.items() if np.isfinite(values).any()}
    return replace(
        c,
        names=people.names,
        firms=[c.firms[k] for k in places],
        strategies=[c.strategies[k] for k in places],
        rates=[c.rates[k] for k in places],
        seeds=c.seeds[:runs],
        measures={c.measure: c.measures[c.measure][places][:, :runs]} | kept,
        accounts={"profit": c.accounts["profit"][places][:, :runs]},
        market={},
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------------- section


def section(c: Comparison, people: People) -> Section:
    """Worth, loyalty, ways and ties of the customers, with pictures of one run."""
    blocks: list[Block] = [*_findings(c, people), Note(_made(c, people))]
    blocks += _measures(c, people)
    blocks += [_worth(c, people), *_still(c, people), _stayed(c, people), *_cohorts(c, people)]
    blocks += [
        _went(c, people, name) for name in dict.fromkeys((people.best, people.best if c.within else people.other))
    ]
    blocks += [_rfm(c, people), *_networks(c, people)]
    return Section("customers", "Customers", (*blocks, *pictures(people.first)))


def _made(c: Comparison, people: People) -> str:
    if len(c.seeds) == 1:
        return "All of this is of one run. Lifetime values are discounted to a customer's first purchase."
    who = "all alternatives" if len(people.names) == len(c.names) else listed([c.called(n) for n in people.names])
    return (
        f"A comparison keeps no customers. {counted(people.runs, 'run')} of {who} "
        f"{'was' if people.runs == 1 else 'were'} played again, with the same bits, and looked at customer by "
        "customer; ± is over these runs. Models of customers (forecast, loyalty) were fitted to "
        f"{counted(people.fitted, 'run')} of {c.called(people.best)} and {c.called(people.other)}."
    )


def _findings(c: Comparison, people: People) -> list[Finding]:
    found = [_what_worth(c, people)]
    said = {
        name: Counter(e.verdict.verdict for e in people.of(name) if e.verdict) for name in (people.best, people.other)
    }
    parts = []
    for name, verdicts in said.items():
        if not verdicts:
            continue
        kind, many = verdicts.most_common(1)[0]
        sentence = next(e.verdict.sentence for e in people.of(name) if e.verdict and e.verdict.verdict == kind)
        among = f" (in {many} of {verdicts.total()} runs)" if verdicts.total() > 1 else ""
        parts.append(f"{c.called(name)}{among}: {sentence[:1].lower()}{sentence[1:]}")
    if parts:
        warning = "A retention rate that rises with tenure does not by itself mean that anybody became more loyal."
        words = ("loyalty_verdict", "survival_curve")
        found.append(Finding("Do customers become more loyal?", f"{' '.join(parts)} {warning}", words))
    return found


def _what_worth(c: Comparison, people: People) -> Finding:
    """Lifetime value so far of the best against the other."""
    unit = "euro per customer"
    values = people.values(lambda each: each.worth["mean"])
    own, rival = values[people.names.index(people.best)], values[people.names.index(people.other)]
    mine, (gap,) = interval(own), judged([own - rival])
    if not np.isfinite(mine.mean):
        return Finding(
            "What are customers worth?", "Nobody bought, so that it cannot be estimated.", ("lifetime_value",)
        )
    losing = interval([each.worth["negative"] for each in people.of(people.best)]).mean
    text = f"A customer of {c.called(people.best)} has brought {readable_interval(mine, unit)} so far on average"
    if people.other != people.best and np.isfinite(gap.mean):
        more = "more" if gap.mean > 0 else "less"
        level = gap.n > 1 and not gap.clear
        size = f"{magnitude(gap, unit)} {more} than with {c.called(people.other)}"
        text += f", {size}{' (no clear difference)' if level else ' in this one run' if gap.n == 1 else ''}"
    few = "under 0.1 %" if losing else "none"
    text += f"; {readable(losing, 'share') if losing >= 0.0005 else few} cost more than they brought."
    return Finding("What are customers worth?", text, ("lifetime_value", "losing_customers"))


def _measures(c: Comparison, people: People) -> list[Table]:
    """The measures of customers, six side by side; of a single run they stand with all others."""
    if len(c.seeds) == 1 and c.within:
        return []
    found = measured(c, people)
    known = [name for name in found.measures if name != c.measure and not (c.within and not METRICS[name].per_firm)]
    title = f"Measures of customers, from {counted(people.runs, 'run')} of each"
    tables = [
        table_of(
            found, known[at : at + WIDE], f"customers-{at // WIDE}", f"{title}{f' ({at // WIDE + 1})' if at else ''}"
        )
        for at in range(0, len(known), WIDE)
    ]
    return [*tables, *market(found, "customers-market", f"All customers, from {counted(people.runs, 'run')}")]


# ---------------------------------------------------------------------------------------------------------- tables


def _rows(
    c: Comparison, people: People, columns: Sequence[tuple[np.ndarray, str]], names: Sequence[str] | None = None
) -> tuple[tuple[Cell, ...], ...]:
    """A row for each alternative: means over runs with half widths, below them the difference to the baseline.

    columns: (names, runs) values and their unit. Grey: not clear, corrected for the rivals (Holm).
    """
    names, first = names or people.names, name_cells(c)
    places = [people.names.index(name) for name in names]
    base = people.names.index(c.baseline) if c.baseline in names else None
    cells: list[list[Cell]] = []
    for values, unit in columns:
        rivals = [k for k in places if k != base]
        gaps = (
            {} if base is None else dict(zip(rivals, judged([values[k] - values[base] for k in rivals]), strict=True))
        )
        cells.append([_value(interval(values[k]), unit, gaps.get(k)) for k in places])
    return tuple((first[name], *(column[at] for column in cells)) for at, name in enumerate(names))


def _value(own: Interval, unit: str, gap: Judged | None) -> Cell:
    if not np.isfinite(own.mean):
        return Cell(MISSING)
    if gap is None:
        return Cell(readable_interval(own, unit), value=own.mean)
    below = readable_interval(gap, unit, signed=True) if np.isfinite(gap.mean) else ""
    return Cell(readable_interval(own, unit), below, own.mean, quiet=gap.n > 1 and not gap.clear)


def _below(c: Comparison, runs: int) -> str:
    """What the second lines of such a table are."""
    if len(c.names) < 2:
        return ""
    of = f"Means of {counted(runs, 'run')}." if runs > 1 else ""
    return sentences(of, f"Below: difference to {c.baseline}.")


def _heads(c: Comparison, *columns: Column) -> tuple[Column, ...]:
    return Column("firm" if c.within else "alternative"), *columns


def _quantile(q: float) -> str:
    return "median" if q == 0.5 else f"{100 * q:.0f} %"


def _worth(c: Comparison, people: People) -> Table:
    """The distribution of realised lifetime values."""
    euro, share = "euro per customer", "share"
    parts: list[tuple[float | str, str, str, str]] = [("mean", "mean", euro, "lifetime_value")]
    parts += [(q, _quantile(q), euro, "value_distribution") for q in QUANTILES]
    parts += [
        ("negative", "at a loss", share, "losing_customers"), ("top_fifth", "from the best fifth", share, "top_fifth"),
    ]  # fmt: skip
    columns = [(people.values(lambda each, key=key: each.worth[key]), unit) for key, _, unit, _ in parts]
    heads = (Column(head, unit, measure, numbers=True) for _, head, unit, measure in parts)
    rows = _rows(c, people, columns)
    note = sentences("Percentages: so many customers have brought less.", _below(c, people.runs))
    return Table("worth", "Lifetime value so far, customer by customer", _heads(c, *heads), rows, note, grey=GREY)


def _still(c: Comparison, people: People) -> tuple[Table, ...]:
    """What present customers are expected to bring yet, and what it cost to win them."""
    names = [name for name in people.names if any(each.expected for each in people.of(name))]
    if not names:
        return ()
    nothing = Expected(dict.fromkeys(QUANTILES, np.nan), *[np.nan] * 4)

    def known(read: Callable[[Expected], float]) -> np.ndarray:
        return people.values(lambda each: read(each.expected or nothing))

    parts: list[tuple[str, str, str, Callable[[Expected], float]]] = [
        ("mean", "euro per customer", "forecast_values", lambda e: e.mean),
        *(
            (_quantile(q), "euro per customer", "forecast_values", lambda e, q=q: e.quantiles[q])
            for q in QUANTILES[::2]
        ),
        ("equity to come", "euro", "customer_equity_outlook", lambda e: e.equity),
        ("spent to win customers", "euro", "acquisition_cost", lambda e: e.acquisition),
        ("customers won", "customers", "account-first_time", lambda e: e.acquired),
    ]
    columns = [(known(read), unit) for _, unit, _, read in parts]
    heads = (Column(head, unit, measure, numbers=True) for head, unit, measure, _ in parts)
    note = (
        f"What customers will bring in the next {HORIZON} {round_name(c.scenario)}s, discounted. A forecast from the "
        "dates of purchases alone (BG/NBD), as the firm itself could make it: the past is carried on. Values of a "
        "customer are as of the end of the run; equity to come (their sum) and what was spent, as of its start."
    )
    rows = _rows(c, people, columns, names)
    note = sentences(note, _below(c, people.fitted))
    return (Table("expected", "Lifetime value still expected", _heads(c, *heads), rows, note, grey=GREY),)


def _stayed(c: Comparison, people: People) -> Table:
    """Survival by tenure."""
    unit, once = round_name(c.scenario), people.runs == 1
    columns = [(people.values(lambda each, t=t: each.stayed[t, 0]), "share") for t in range(len(people.tenures))]
    rows = _rows(c, people, columns)
    if once:  # the interval is that of the curve, over its customers
        rows = tuple((row[0], *(_of_curve(cell, people.portraits[k][0].stayed[t]) for t, cell in enumerate(row[1:])))
                     for k, row in enumerate(rows))  # fmt: skip
    heads = (
        Column(f"{tenure} {unit}{'s' if tenure > 1 else ''}", "share", "survival_curve", numbers=True)
        for tenure in people.tenures
    )
    limits = "In brackets: 95 % interval over customers." if once else _below(c, people.runs)
    note = (
        f"Share of customers who have bought nowhere else so long after their first purchase (Kaplan-Meier). {limits}"
    )
    return Table("stayed", "Who stays, by tenure", _heads(c, *heads), rows, note, main=True, grey=GREY)


def _of_curve(cell: Cell, stayed: np.ndarray) -> Cell:
    if cell.value is None or not np.isfinite(stayed[1:]).all():
        return replace(cell, below="")
    return replace(cell, below=f"({100 * stayed[1]:.0f}–{100 * stayed[2]:.0f})")


def _cohorts(c: Comparison, people: People) -> tuple[Table, ...]:
    """Survival after a year by cohort of acquisition."""
    shown = [name for name in people.names if name in (people.other, people.best)]
    first = sorted({start for name in shown for each in people.of(name) for start in each.cohorts})
    if len(first) < 2:
        return ()
    unit, rows = round_name(c.scenario), []
    for start in first:
        cells = [Cell(f"{start}–{start + people.width - 1}")]
        for name in shown:
            found = [each.cohorts.get(start, (0, np.nan)) for each in people.of(name)]
            many, stay = (interval([each[k] for each in found]) for k in (0, 1))
            stay = stay if many.mean >= SMALL else interval([])
            cells.append(Cell(f"{many.mean:,.0f}", value=many.mean))
            cells.append(Cell(readable_interval(stay, "share"), value=stay.mean if np.isfinite(stay.mean) else None))
        rows.append(tuple(cells))
    columns = [Column(f"won in {unit}")]
    for name in shown:
        columns.append(Column(f"{name}: customers", "", "cohorts", numbers=True))
        columns.append(Column(f"{name}: still there after {YEAR} {unit}s", "share", "cohorts", numbers=True))
    note = (
        f"{MISSING}: not watched so long, or fewer than {SMALL} customers. Late cohorts are those who came late, not "
        "the same people later."
    )
    return (Table("cohorts", "Who stays, by when they were won", tuple(columns), tuple(rows), note),)


def _went(c: Comparison, people: People, name: str) -> Table:
    """From whom to whom, as means over runs; the smallest of many firms together."""
    found = people.of(name)
    with_others, names = _folded(people.firms, found)
    means = interval(np.moveaxis(with_others, 0, -1))
    rows = tuple(
        (
            Cell(names[i]),
            *(_share(means.mean[i, j], means.high[i, j] - means.mean[i, j], len(found)) for j in range(len(names))),
        )
        for i in range(len(names))
    )
    columns = (
        Column("last purchase from"),
        *(Column(firm, "share", "switching_matrix", numbers=True) for firm in names),
    )
    under = "" if c.within else f", under {c.called(name)}"
    mean = f"Mean of {len(found)} runs." if len(found) > 1 else ""
    note = sentences("Share of the next purchases after one from the row's firm.", mean)
    return Table(f"went-{people.names.index(name)}", f"Where customers buy next{under}", columns, rows, note)


def _folded(firms: list[str], found: list[Portrait]) -> tuple[np.ndarray, list[str]]:
    """(runs, n, n) switching probabilities with the smallest firms as one, and the names."""
    went = np.array([each.went for each in found])
    if len(firms) <= FIRMS + 1:
        return went, firms
    sizes = np.array([each.sizes for each in found])
    order = np.argsort(-sizes.sum(axis=0), kind="stable")
    kept, rest = np.sort(order[:FIRMS]), order[FIRMS:]
    columns = np.concatenate([went[:, :, kept], went[:, :, rest].sum(axis=2, keepdims=True)], axis=2)
    weights = sizes[:, rest, None]
    others = ratio((np.nan_to_num(columns[:, rest]) * weights).sum(axis=1), weights.sum(axis=1))
    names = [*(firms[k] for k in kept), f"{len(rest)} others"]
    return np.concatenate([columns[:, kept], others[:, None]], axis=1), names


def _share(mean: float, half: float, runs: int) -> Cell:
    if not np.isfinite(mean):
        return Cell(MISSING)
    return Cell(readable_interval(Interval(mean, mean - half, mean + half, runs), "share"), value=float(mean))


def _rfm(c: Comparison, people: People) -> Table:
    """Customers of the best by recency and frequency."""
    means = interval(np.moveaxis(np.array([each.rfm for each in people.of(people.best)]), 0, -1)).mean
    rows = tuple(
        (Cell(f"{score}" + (" latest" if score == GROUPS else " longest ago" if score == 1 else "")),
         *(_share(means[score - 1, k], np.nan, 1) for k in range(GROUPS)))
        for score in range(GROUPS, 0, -1)
    )  # fmt: skip
    ends = {1: "1 rarest", GROUPS: f"{GROUPS} most often"}
    columns = (
        Column("recency"),
        *(Column(f"frequency {ends.get(k, k)}", "share", "rfm", numbers=True) for k in range(1, GROUPS + 1)),
    )
    note = (
        "Share of customers by score of their last purchase and of the number of purchases: fifths, where no two "
        "customers are alike; those who are alike share a score, so that groups may be empty."
    )
    whose = c.called(people.best)
    return Table("rfm", f"Recency and frequency of the customers of {whose}", columns, rows, note)


def _networks(c: Comparison, people: People) -> tuple[Table, ...]:
    """How suppliers lie on the network of customers; nothing where nobody is linked."""
    if not all(each.ties for row in people.portraits for each in row):
        return ()
    parts = (
        ("embeddedness", "neighbours with the same supplier", "share"),
        ("supplier_modularity", "modularity by supplier", "1"),
        ("supplier_assortativity", "assortativity of suppliers", "1"),
    )
    columns = [(people.values(lambda each, key=key: each.ties[key]), unit) for key, _, unit in parts]
    heads = (Column(head, unit, key, numbers=True) for key, head, unit in parts)
    rows = _rows(c, people, columns)
    note = (
        "Of the network of customers who hear of each other, which is no part of a result: it is drawn again from "
        "scenario and seed."
    )
    note = sentences(note, _below(c, people.runs))
    return (Table("network", "Suppliers on the customers' network", _heads(c, *heads), rows, note, grey=GREY),)
