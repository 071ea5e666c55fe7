"""From a result to a report: a comparison or a single run; `sweeps` and `tournaments` do what their names say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from sim.analysis.metrics import METRICS
from sim.charts.words import focus_of, round_name
from sim.experiments.comparison import Comparison
from sim.reports import people
from sim.reports.answer import answer
from sim.reports.assumptions import assumptions, of_alternatives
from sim.reports.caveats import caveats
from sim.reports.document import Block, Cards, Figure, Finding, Note, Report, Sample, Section, Table
from sim.reports.doubt import doubt
from sim.reports.figures import customers, over_time, panels, ranked, where_possible
from sim.reports.glossary import defined, shown
from sim.reports.provenance import provenance, seeds_in_words
from sim.reports.replays import with_log
from sim.reports.segments import segments
from sim.reports.tables import measures, ordered, ranking, sample
from sim.reports.why import section as why
from sim.reports.words import DECIDES, counted
from sim.results import Held, Results, ResultsError

FEW = 6  # alternatives whose measures can be told apart as bars


def of_comparison(c: Comparison, replay: bool = True, measure: str | None = None) -> Report:
    """The report of a comparison.

    replay    play some runs again, to tell segments apart and to look at customers one by one
    measure   what decides (default: what the comparison was decided by)

    Raises ResultsError for a comparison without any run, and for a measure that it does not hold.
    """
    if not len(c.seeds):
        raise ResultsError("the comparison holds no run; there is nothing to report")
    c = c if measure is None else c.by(measure)
    parts, unknown = segments(c) if replay and len(c.names) > 1 else (None, "")
    crowd = people.replayed(c) if replay and len(c.names) > 1 else ""
    first = answer(c, tuple(block for block in (parts.blocks if parts else ()) if isinstance(block, Finding)))
    order: list[Section | None] = [
        Section(first.name, first.title, (*first.blocks, ranking(c))),
        Section("time", "Over time", over_time(c)),
        why(c),
        _for_whom(c, parts),
        None if isinstance(crowd, str) else people.section(c, crowd),
        _doubt(c),
        numbers(c),
        caveats(c, unknown, crowd if isinstance(crowd, str) else "", not isinstance(crowd, str)),
        assumptions(c.scenario, c.provenance.get("given"), of_alternatives(c.scenario, c.provenance.get("given"))),
        provenance(c.provenance, seeds_in_words(c.seeds), c.scenario, command(c), _part(c)),
    ]
    what = "firms of one market" if c.within else "alternatives"
    runs = counted(len(c.seeds), "paired run" if len(c.seeds) > 1 else "run")
    runs += f" ({len(c.left_out)} more left out)" if c.left_out else ""
    basis = f"{len(c.names)} {what} · {runs} · {counted(c.rounds, round_name(c.scenario))} · baseline: {c.baseline}"
    basis += "" if c.measure == DECIDES else f" · decides: {METRICS[c.measure].label}"
    found = whole(c.title, question(c.scenario), c.headline(), basis, order)
    further = () if isinstance(crowd, str) else samples(people.measured(c, crowd), {*ordered(c)})
    return replace(found, samples=(*samples(c), *further))


def _for_whom(c: Comparison, parts: Section | None) -> Section | None:
    """Who gets the value, and the segments where they are told apart."""
    title = "Who gets the value"
    shared = where_possible("who_gets_the_value", title, c, measures=("welfare", "customer_surplus"))
    return Section("segments", "For whom", (*shared, *(parts.blocks if parts else ())))


def _doubt(c: Comparison) -> Section | None:
    """What if we are wrong, with the risk of every alternative where there are runs to see it in."""
    if len(c.names) < 2:
        return None
    found = doubt(c)
    risk = where_possible("risk_return", "Risk and return", c, measures=(DECIDES,)) if len(c.seeds) > 1 else ()
    return replace(found, blocks=(*found.blocks, *risk))


def samples(c: Comparison, without: Collection[str] = ()) -> tuple[Sample, ...]:
    """Every measure run by run."""
    return tuple(sample(c, measure) for measure in ordered(c) if measure not in without)


def numbers(c: Comparison) -> Section:
    """Every measure; of few alternatives as bars as well."""
    found = measures(c)
    return replace(found, blocks=(ranked(c), *found.blocks)) if 1 < len(c.names) <= FEW else found


def whole(title: str, asked: str, headline: str, basis: str, sections: list[Section | None]) -> Report:
    """A report of these sections with the definitions of all that they mention."""
    kept = tuple(_linked(section) for section in sections if section is not None and section.blocks)
    used: list[str] = []
    for section in kept:
        for block in section.blocks:
            used += mentioned(block)
    return Report(title, asked, headline, basis, kept, defined(used))


def _linked(section: Section) -> Section:
    """The section with the words of its figures, so that every caption leads to a definition."""
    blocks = (
        replace(block, measures=tuple(dict.fromkeys((*block.measures, *shown(block)))))
        if isinstance(block, Figure)
        else block
        for block in section.blocks
    )
    return replace(section, blocks=tuple(blocks))


def mentioned(block: Block) -> list[str]:
    """Measures and words that a block links to."""
    match block:
        case Finding() | Figure():
            return list(block.measures)
        case Cards():
            return [card.measure for card in block.cards]
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
    every = [*c.seeds.tolist(), *c.left_out]
    seed = "" if min(every) == c.scenario.get("seed", 0) else f" --seed {min(every)}"
    decides = "" if c.measure == DECIDES else f" --measure {c.measure}"
    also = "".join(f" --also {name}" for name in c.measures if METRICS[name].needs and name != c.measure)
    many = max(every) - min(every) + 1
    return f"sim compare scenario.toml --seeds {many}{seed}{decides}{also} --out out/again --report"


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
    results.account("profit")  # without it there is nothing to report
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
        accounts=Held({name: account.T[:, None, :] for name, account in results.accounts.items()}),
        market={name: np.broadcast_to(series, (number, 1, len(series))) for name, series in results.market.items()},
        provenance=results.provenance,
    )


def of_results(results: Results, replay: bool = True, measure: str | None = None) -> Report:
    """The report of a single run: what happened once, firm by firm.

    replay: where the run has no transactions, play it again with them. Raises ResultsError for a measure that it does
    not hold, or that tells no firm from another.
    """
    known, network = with_log(results) if replay else (results, None)
    c = as_comparison(known)
    c = c if measure is None else c.by(measure)
    crowd = people.of_run(c, known, network) if known.log is not None else ""
    first = answer(c)
    words = "What is here happened once. To learn what to expect, compare: sim compare SCENARIO --seeds 20."
    once = Note(words, "One run")
    given = results.provenance.get("given")
    order: list[Section | None] = [
        Section(first.name, first.title, (*first.blocks, ranking(c), once)),
        Section("time", "Over time", (*over_time(c), *panels(known))),
        why(c),
        people.section(c, crowd) if not isinstance(crowd, str) else Section("customers", "Customers", customers(known)),
        numbers(c),
        caveats(c, customers=crowd if isinstance(crowd, str) else ""),
        assumptions(results.scenario, given),
        provenance(results.provenance, str(results.seed), results.scenario, _run_again(results)),
    ]
    basis = f"{counted(len(results.firms), 'firm')} · one run · {counted(results.rounds, round_name(results.scenario))}"
    found = whole(results.title, "", c.headline(), basis, order)
    return replace(found, samples=samples(c))


def _run_again(results: Results) -> str:
    """`scenario` is the one as run, with the alternative in it."""
    seed = "" if results.seed == results.scenario.get("seed", 0) else f" --seed {results.seed}"
    rounds = results.scenario.get("market", {}).get("rounds", results.rounds)
    shorter = "" if rounds == results.rounds else f" --rounds {results.rounds}"
    log = "" if results.log is None else " --log"
    return f"sim run scenario.toml{seed}{shorter}{log} --out out/again"
