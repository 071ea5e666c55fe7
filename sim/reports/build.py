"""From a result to a report: a comparison or a single run; `sweeps` and `tournaments` do what their names say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sim.analysis.metrics import METRICS
from sim.charts.words import focus_of, round_name
from sim.experiments.comparison import Comparison
from sim.reports.answer import answer
from sim.reports.assumptions import assumptions
from sim.reports.caveats import caveats
from sim.reports.document import Block, Figure, Finding, Note, Report, Sample, Section, Table
from sim.reports.doubt import doubt
from sim.reports.figures import customers, over_time, panels, ranked, where_possible
from sim.reports.glossary import defined
from sim.reports.provenance import provenance, seeds_in_words
from sim.reports.segments import segments
from sim.reports.tables import measures, ordered, ranking, sample
from sim.reports.why import section as why
from sim.reports.words import DECIDES, counted
from sim.results import Results, ResultsError

FEW = 6  # alternatives whose measures can be told apart as bars


def of_comparison(c: Comparison, replay: bool = True) -> Report:
    """The report of a comparison. replay: play some runs again, to tell segments apart.

    Raises ResultsError for a comparison without any run.
    """
    if not len(c.seeds):
        raise ResultsError("the comparison holds no run; there is nothing to report")
    people, unknown = segments(c) if replay and len(c.names) > 1 else (None, "")
    first = answer(c, tuple(block for block in (people.blocks if people else ()) if isinstance(block, Finding)))
    order: list[Section | None] = [
        Section(first.name, first.title, (*first.blocks, ranking(c))),
        Section("time", "Over time", over_time(c)),
        why(c),
        _for_whom(c, people),
        _doubt(c),
        numbers(c),
        caveats(c, unknown),
        assumptions(c.scenario),
        provenance(c.provenance, seeds_in_words(int(c.seeds[0]), len(c.seeds)), c.scenario, command(c), _part(c)),
    ]
    what = "firms of one market" if c.within else "alternatives"
    runs = counted(len(c.seeds), "paired run" if len(c.seeds) > 1 else "run")
    basis = f"{len(c.names)} {what} · {runs} · {counted(c.rounds, round_name(c.scenario))} · baseline: {c.baseline}"
    found = whole(c.title, question(c.scenario), c.headline(), basis, order)
    return replace(found, samples=samples(c))


def _for_whom(c: Comparison, people: Section | None) -> Section | None:
    """Who gets the value, and the segments where they are told apart."""
    title = "Who gets the value"
    shared = where_possible("who_gets_the_value", title, c, measures=("welfare", "customer_surplus"))
    return Section("segments", "For whom", (*shared, *(people.blocks if people else ())))


def _doubt(c: Comparison) -> Section | None:
    """What if we are wrong, with the risk of every alternative where there are runs to see it in."""
    if len(c.names) < 2:
        return None
    found = doubt(c)
    risk = where_possible("risk_return", "Risk and return", c, measures=(DECIDES,)) if len(c.seeds) > 1 else ()
    return replace(found, blocks=(*found.blocks, *risk))


def samples(c: Comparison) -> tuple[Sample, ...]:
    """Every measure run by run."""
    return tuple(sample(c, measure) for measure in ordered(c))


def numbers(c: Comparison) -> Section:
    """Every measure; of few alternatives as bars as well."""
    found = measures(c)
    return replace(found, blocks=(ranked(c), *found.blocks)) if 1 < len(c.names) <= FEW else found


def whole(title: str, asked: str, headline: str, basis: str, sections: list[Section | None]) -> Report:
    """A report of these sections with the definitions of all that they mention."""
    kept = tuple(section for section in sections if section is not None and section.blocks)
    used: list[str] = []
    for section in kept:
        for block in section.blocks:
            used += mentioned(block)
    return Report(title, asked, headline, basis, kept, defined(used))


def mentioned(block: Block) -> list[str]:
    """Measures that a block links to."""
    match block:
        case Finding() | Figure():
            return list(block.measures)
        case Table():
            return [column.measure for column in block.columns] + [cell.measure for row in block.rows for cell in row]
    return []


def question(scenario: dict[str, Any]) -> str:
    """What is examined: the claim in words, or nothing."""
    claim, words = scenario.get("claim"), scenario.get("claim_text") or ""
    return f"Claim {claim}: {words}" if claim and words else words


def command(c: Comparison) -> str:
    """The command that makes the comparison again; "" where only some rounds of the scenario were compared."""
    if _part(c):
        return ""
    seed = "" if c.seeds[0] == c.scenario.get("seed", 0) else f" --seed {c.seeds[0]}"
    return f"sim compare scenario.toml --seeds {len(c.seeds)}{seed} --out out/again --report"


def _part(c: Comparison) -> tuple[Note, ...]:
    """What is said where the comparison holds some rounds only, since it does not say which."""
    rounds = c.scenario.get("market", {}).get("rounds", c.rounds)
    if rounds == c.rounds:
        return ()
    text = f"{c.rounds} of the scenario's {rounds} rounds were compared, with rounds= or window= of sim.compare; use "
    text += "the same."
    return (Note(text, "Reproduce it"),)


# --------------------------------------------------------------------------------------------------------- one run


def as_comparison(results: Results) -> Comparison:
    """The firms of one run as a comparison within one market; the baseline is the focus firm."""
    values = {name: metric.of(results) for name, metric in METRICS.items() if metric.known(results)}
    number = len(results.firms)
    return Comparison(
        scenario=results.scenario,
        names=list(results.firms),
        firms=list(results.firms),
        strategies=list(results.strategies),
        baseline=focus_of(results),
        rates=[results.discount_rate] * number,
        within=True,
        seeds=np.array([results.seed]),
        measures={
            name: np.reshape(np.broadcast_to(np.asarray(value, dtype=float), (number,)), (number, 1)).copy()
            for name, value in values.items()
        },
        accounts={name: account.T[:, None, :] for name, account in results.accounts.items()},
        market={name: np.broadcast_to(series, (number, 1, len(series))) for name, series in results.market.items()},
        provenance=results.provenance,
    )


def of_results(results: Results) -> Report:
    """The report of a single run: what happened once, firm by firm."""
    c = as_comparison(results)
    first = answer(c)
    words = "What is here happened once. To learn what to expect, compare: sim compare SCENARIO --seeds 20."
    once = Note(words, "One run")
    asked = provenance(results.provenance, str(results.seed), results.scenario, _run_again(results))
    order: list[Section | None] = [
        Section(first.name, first.title, (*first.blocks, ranking(c), once)),
        Section("time", "Over time", (*over_time(c), *panels(results))),
        why(c),
        Section("customers", "Customers", customers(results)),
        numbers(c),
        caveats(c),
        assumptions(results.scenario),
        asked,
    ]
    basis = f"{counted(len(results.firms), 'firm')} · one run · {counted(results.rounds, round_name(results.scenario))}"
    found = whole(results.title, question(results.scenario), c.headline(), basis, order)
    return replace(found, samples=samples(c))


def _run_again(results: Results) -> str:
    """`scenario` is the one as run, with the alternative in it."""
    seed = "" if results.seed == results.scenario.get("seed", 0) else f" --seed {results.seed}"
    rounds = results.scenario.get("market", {}).get("rounds", results.rounds)
    shorter = "" if rounds == results.rounds else f" --rounds {results.rounds}"
    return f"sim run scenario.toml{seed}{shorter} --out out/again"
