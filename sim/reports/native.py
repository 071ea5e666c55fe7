"""The numbers of figures as charts that a deck or a workbook can edit: lines, areas, bars, stacked bars, points.

`NATIVE` says for which charts of `sim.charts` there are such numbers, and how they are found. Maps, flows, portraits
and hills of values have no counterpart in an office program and stay pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sim.analysis.levels import ratio
from sim.analysis.metrics import METRICS
from sim.analysis.phases import PHASES
from sim.analysis.statistics import Interval, interval
from sim.charts.customers import many_curves
from sim.charts.factors import runs_caption, swings
from sim.charts.phases import DRAWN, phase_shares, shade
from sim.charts.risk import deviations, dominated
from sim.charts.run import PANELS, featured_firms, marks, moving_mean
from sim.charts.sensitivity import EFFECTS, LEADS, beside_of, factor_colours, named_colours, region_colours
from sim.charts.value import CUSTOMERS, RIVALS, few, value_parts
from sim.charts.words import caption, grey, label, round_name, run_caption, spoken
from sim.experiments.comparison import Comparison
from sim.experiments.discovery import Discovery
from sim.experiments.sensitivity import Sensitivity, outcome
from sim.experiments.sweep import Table
from sim.experiments.tournament import Tournament
from sim.figure import DOWN, FADED, INK, QUIET, UP, featured, money, sentence, sentences
from sim.palette import DASHES, Look, looks
from sim.reports.document import Chart, Series
from sim.results import Results

MANY = 6  # lines in colour; of more, those that matter, the others grey
EFFORT = "#e4e6e8"  # nobody gets it; hatched in the drawing
MOMENTS = 41  # of shares that change slowly
ALL_ROUNDS = 240  # rounds up to which none is left out
FIRMS = 6  # whose phases have charts of their own


def bar_chart(
    names: tuple[str, ...], colours: tuple[str, ...], found: Sequence[Interval], title: str, unit: str
) -> Chart:
    """Intervals with names as bars from zero; large euro in thousands or more, shares not beyond all or nothing."""
    limits = np.array([each[:3] for each in found], dtype=float).T
    if unit == "share" and not (np.abs(limits[0]) > 1).any():
        limits = np.clip(limits, -1.0, 1.0)
    scale, words = money(limits) if unit == "euro" else (1.0, unit)
    mean, low, high = (tuple((each / scale).tolist()) for each in limits)
    series = Series(title, colours[0], mean, low, high)
    heading = title if unit in ("share", "1") else f"{title} ({words})"
    return Chart("bars", names, "", heading, (series,), colours, unit == "share")


def paths(c: Comparison, found: Interval, title: str, how: str = "") -> Chart:
    """Paths of money of all alternatives over the rounds, with limits; those that matter in colour; how: for the
    caption.
    """
    scale, unit = money(found.mean)
    ranking = c.ranking()
    shown = {c.baseline, *(ranking if len(ranking) <= MANY else [*ranking[: MANY - 2], ranking[-1]])}
    limits = Interval(*(part / scale for part in found[:3]), found.n)
    series = (_line(name, look, limits, k, name in shown) for k, (name, look) in _named(c.names, c.strategies))
    x = tuple(float(number) for number in range(1, c.rounds + 1))
    below = caption(c, sentences(how, grey(len(c.names) - len(shown))), "")
    return Chart("lines", x, round_name(c.scenario), f"{title} ({unit})", tuple(series), caption=below)


def panel_lines(results: Results, name: str) -> Chart:
    """One panel of a run (see `sim.charts.PANELS`): moving means of every firm."""
    path, title, unit = PANELS[name]
    values = moving_mean(path(results))
    shown = featured_firms(results, values)
    x = tuple(float(number) for number in range(1, results.rounds + 1))
    empty = Interval(values.T, np.full(values.T.shape, np.nan), np.full(values.T.shape, np.nan), 1)
    series = (_line(firm, look, empty, k, k in shown) for k, (firm, look) in _named(results.firms, results.strategies))
    how = run_caption(results, marks(results, thin=False))
    return Chart("lines", x, round_name(results.scenario), title, tuple(series), percent=unit == "share", caption=how)


# --------------------------------------------------------------------------------------------------- of comparisons


def shared_value(c: Comparison) -> tuple[Chart, ...]:
    """Who gets the value: stacked bars, the firm's in the colours of the alternatives."""
    values = {part: interval(each).mean for part, each in value_parts(c).items()}
    order = [c.index(name) for name in (c.names if few(c) else c.ranking())]
    look = looks(c.strategies)
    whose = c.firms[0] if len(set(c.firms)) == 1 else "the firm"
    named = {"customers": "customers", "firm": whose, "rivals": "other firms", "effort": "effort of buying"}
    tints = {"customers": CUSTOMERS, "firm": "", "rivals": RIVALS, "effort": EFFORT}
    series = tuple(
        Series(named[part], tints[part], tuple(float(each[k]) for k in order)) for part, each in values.items()
    )
    title = f"euro per customer and {round_name(c.scenario)}"
    names, colours = tuple(c.names[k] for k in order), tuple(look[k].colour for k in order)
    key = f"{sentence(whose)}: in the colour of the row." if len(set(colours)) > 1 else ""
    return (Chart("stacked", names, "", title, series, colours, key=key, caption=caption(c, limits="")),)


def risk(c: Comparison) -> tuple[Chart, ...]:
    """Mean profit against its deviation; nothing where there is none."""
    scale, unit = money(c.measures["discounted_profit"])
    profit = c.measures["discounted_profit"] / scale
    mean, (spread, _, _) = interval(profit), deviations(profit)
    known = [k for k in _by_size(mean.mean) if np.isfinite(spread[k]) and np.isfinite(mean.mean[k])]
    if not known:
        return ()
    beaten, look = dominated(mean.mean, spread), looks(c.strategies)
    series = tuple(
        Series(
            c.names[k], look[k].colour, (float(mean.mean[k]),), (float(mean.low[k]),), (float(mean.high[k]),),
            not beaten[k], look[k].ink,
        )
        for k in known
    )  # fmt: skip
    x = tuple(float(spread[k]) for k in known)
    across, upwards = f"Standard deviation over seeds ({unit})", f"Mean discounted profit ({unit})"
    key = "Diamonds: in these runs another earned more on average and varied less." if any(beaten) else ""
    return (Chart("points", x, across, upwards, series, key=key, caption=caption(c, limits="Whiskers")),)


def _by_size(means: np.ndarray) -> list[int]:
    """Numbers of the rows, the highest mean first."""
    return [int(k) for k in np.argsort(-np.nan_to_num(means, nan=-np.inf), kind="stable")]


# --------------------------------------------------------------------------------------------------------- of sweeps


def swing_bars(table: Table, contrast: Sequence[str] = ()) -> tuple[Chart, ...]:
    """What every factor does from its lowest to its highest level; nothing where no factor changes alone."""
    found = [swing for swing in swings(table, contrast) if np.isfinite(swing.effect.mean)]
    if not found:
        return ()
    names = tuple(
        f"{label(table, each.factor)}: {_level(each.levels[0])} to {_level(each.levels[1])}" for each in found
    )
    effects = [swing.effect for swing in found]
    of, words = outcome(table, contrast), METRICS[table.measure].label
    title = f"{words}: “{of.rivals[0]}” less “{of.rivals[1]}”" if of.rivals else words
    chart = bar_chart(names, _signed(effects), effects, f"change in {title}", of.unit)
    how = "From the lowest to the highest level of one factor, all else equal."
    caption = f"{how} {runs_caption(table, found)} {table.title}"
    return (replace(chart, caption=caption, key=_told({UP: "more", DOWN: "less"}, chart.colours)),)


def _level(level: object) -> str:
    return f"{level:.4g}" if isinstance(level, float) else str(level)


def _signed(found: Sequence[Interval]) -> tuple[str, ...]:
    """Colours of more, less and what may be neither."""
    return tuple(FADED if not (each.clear or each.n == 1) else UP if each.mean > 0 else DOWN for each in found)


def importance(found: Sensitivity) -> tuple[Chart, ...]:
    """Indices of every factor: alone and in all, or the size of its effect."""
    ranking, other = found.ranking(), beside_of(found)
    names = tuple(found.labels[index.factor] for index in ranking)
    sizes = [Interval(index.value, index.low, index.high, found.seeds) for index in ranking]
    if found.kind != "saltelli":
        tints = tuple(factor_colours(found, ranking))
        chart = bar_chart(names, tints, sizes, "effect of the whole range", found.unit)
        return (replace(chart, key=_told(EFFECTS, tints)),)
    alone = tuple(float(other[index.factor].value) for index in ranking)
    series = (
        Series("alone", UP, alone),
        Series(
            "in all", "#a9c6e6", *(tuple(float(getattr(i, part)) for i in ranking) for part in ("value", "low", "high"))
        ),
    )
    return (Chart("bars", names, "", "share of the variance", series, percent=True),)


def regions(found: Discovery) -> tuple[Chart, ...]:
    """Mean lead in every region."""
    leads, tints = [box.lead for box in found.boxes], tuple(region_colours(found))
    chart = bar_chart(tuple(map(str, found.boxes)), tints, leads, "mean lead", found.unit)
    return (replace(chart, key=_told(LEADS, tints)),)


def _told(meant: Mapping[str, str], tints: Sequence[str]) -> str:
    """What the colours of a chart mean in words, as in: Blue: ahead; pale: may be luck."""
    names = {UP: "blue", DOWN: "orange", QUIET: "dark grey", FADED: "pale"}
    known = [f"{names[colour]}: {words}" for words, colour in named_colours(meant, tints)]
    return f"{sentence('; '.join(known))}." if known else ""


# ---------------------------------------------------------------------------------------------------- of tournaments


def spreading(found: Tournament) -> tuple[Chart, ...]:
    """Shares of the strategies over time, stacked; those that vanish early are grey."""
    from sim.charts.evolution import CLOCK, settled_path

    path, seen = settled_path(found)
    at = np.unique(np.linspace(0, len(path) - 1, MOMENTS).round().astype(int))
    look = looks(found.kinds)
    order = sorted(range(len(found.names)), key=lambda k: -path[-1, k])
    series = tuple(
        Series(
            spoken(found.names[k]), look[k].colour if k in seen else FADED, tuple(path[at, k].tolist()),
            featured=bool(path[-1, k] >= 0.01), ink=look[k].ink,
        )
        for k in order
    )  # fmt: skip
    x = tuple(float(CLOCK * step) for step in at)
    return (Chart("areas", x, "time", "share of firms", series, percent=True),)


# --------------------------------------------------------------------------------------------------------- of one run


def staying(results: Results) -> tuple[Chart, ...]:
    """Customers who have stayed, by rounds since their first purchase; nothing where nobody bought twice."""
    curves, shown = many_curves(results)
    longest = max((int(curve.time[-1]) for curve in curves if curve.time.size), default=0)
    if not longest:
        return ()
    x, series = np.arange(longest + 1), []
    for k, (firm, look) in _named(results.firms, results.strategies):
        curve = curves[k]
        if curve.time.size:
            parts = [_steps(curve.time, part, x) for part in (curve.survival, curve.low, curve.high)]
            series.append(_line(firm, look, Interval(*(part[None] for part in parts), 1), 0, k in shown))
    unit = round_name(results.scenario)
    title = f"{unit}s since the first purchase"
    return (Chart("lines", tuple(map(float, x)), title, "customers who have stayed", tuple(series), percent=True),)


def _steps(time: np.ndarray, share: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A step curve at whole rounds: what holds from each round on, NaN beyond the last one known."""
    at = np.searchsorted(time, x, side="right")
    return np.where(x > time[-1], np.nan, np.concatenate([[1.0], share])[at])


def letters(results: Results) -> tuple[Chart, ...]:
    """Messages a mean customer gets from each firm and from all, and the stress they cause."""
    active = results.series("active")
    sent = ratio(results.account("contacts"), active[:, None])
    totals = np.nan_to_num(sent).sum(axis=0)
    shown, look = [j for j in featured(totals) if totals[j] > 0], looks(results.strategies)
    stress = ratio(results.series("stress"), active)
    series = [
        Series("stress: on the mind", INK, tuple(stress.tolist())),
        Series("from all", QUIET, _row(sent.sum(axis=1))),
    ]
    series += [
        Series(results.firms[j], look[j].colour, _row(sent[:, j]), ink=look[j].ink, dash=_dash(look[j])) for j in shown
    ]
    unit = round_name(results.scenario)
    x = tuple(float(number) for number in range(1, results.rounds + 1))
    return (Chart("lines", x, unit, f"messages per customer and {unit}", tuple(series)),)


def phases(results: Results) -> tuple[Chart, ...]:
    """Phases of relationships with every firm, stacked; of many firms none, since small charts cannot be read."""
    if len(results.firms) > FIRMS:
        return ()
    shares, unit = phase_shares(results), round_name(results.scenario)
    many = max(MOMENTS, min(results.rounds, ALL_ROUNDS))
    at = np.unique(np.linspace(0, results.rounds - 1, many).round().astype(int))
    x = tuple(float(number + 1) for number in at)
    highest = float(shares[at][:, :, [PHASES.index(phase) for phase in DRAWN]].sum(axis=2).max(initial=0.0))
    return tuple(
        Chart(
            "areas", x, unit, "share of all customers",
            tuple(
                Series(phase, shade(results.strategies[j], phase), _row(shares[at, j, PHASES.index(phase)]), ink=INK)
                for phase in DRAWN
            ),
            percent=True, title=firm, beside=(highest,),
        )
        for j, firm in enumerate(results.firms)
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- parts


def _row(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _named(names: Sequence[str], kinds: Sequence[str]) -> list[tuple[int, tuple[str, Look]]]:
    return list(enumerate(zip(names, looks(list(kinds)), strict=True)))


def _dash(look: Look) -> int:
    return DASHES.index(look.dash)


def _line(name: str, look: Look, found: Interval, k: int, shown: bool) -> Series:
    """Row k of an interval of arrays as a line, with limits where there are any."""
    mean, low, high = (_row(part[k]) for part in found[:3])
    known = bool(np.isfinite(low).any())
    limits = (low, high) if known else ((), ())
    return Series(name, look.colour, mean, *limits, shown, look.ink, _dash(look))


# a chart of `sim.charts` -> its numbers, from the same arguments
NATIVE: dict[str, Callable[..., tuple[Chart, ...]]] = {
    "who_gets_the_value": shared_value,
    "risk_return": risk,
    "tornado": swing_bars,
    "sensitivity_bars": importance,
    "region_rows": regions,
    "ecology": spreading,
    "retention_curves": staying,
    "inbox": letters,
    "phases_picture": phases,
}
