"""A report says what the numbers say, answer first, and where they say nothing it says that."""

import re
import tomllib
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from synthetic import chosen, make_results, make_scenario, plausible

from sim.analysis.metrics import METRICS
from sim.analysis.statistics import Interval
from sim.experiments.compare import compare
from sim.reports.assumptions import entries
from sim.reports.build import of_comparison, of_results
from sim.reports.caveats import LIMITS
from sim.reports.doubt import flips
from sim.reports.page import page
from sim.reports.provenance import toml
from sim.reports.segments import MARGIN, SURPLUS, Segments, replayed, told
from sim.reports.segments import of_results as segments_of
from sim.reports.tables import ranking
from sim.reports.words import chance, percent, relative
from sim.scenario import load, loads

ROOT = Path(__file__).resolve().parents[1]
EVIL = "<script>alert(1)</script>\"'&"


def report_on(*profits, seeds=3, purchases=1.0, names=("low", "high", "third"), **accounts):
    """The report of alternatives whose focus firm has these profits: each a function of the seed that gives rounds."""

    def played(scenario, seed=0, **options):
        number, _ = chosen(scenario)
        own = np.array(profits[number](seed), dtype=float)
        paid = np.stack([own, own * 0 + 1], axis=1)
        books = {"purchases": purchases, "sales": paid, "revenue": paid}
        books |= {name: value(number, seed) for name, value in accounts.items()}
        return make_results(paid, seed=seed, accounts=books)

    rounds = len(profits[0](0))
    market = {"rounds": rounds, "discount_rate": 0.0, "customers": 2000}
    scenario = make_scenario(list(names[: len(profits)]), market=market)
    return compare(scenario, seeds, simulate=played, workers=1)


def note(report, title):
    return next(block.text for _, block in report.blocks() if getattr(block, "title", "") == title)


def answers(report):
    return {finding.question: finding.text for finding in report.sections[0].blocks if hasattr(finding, "question")}


# ------------------------------------------------------------------------------------------------------- the answer


def test_the_answer_says_which_and_by_how_much_against_the_baseline():
    # differences at seeds 0, 1, 2: 3, 4, 5: mean 4, s = 1, half width 4.302653 / sqrt(3) = 2.48; baseline mean 11
    found = report_on(lambda seed: [10 + seed], lambda seed: [13 + 2 * seed])
    said = answers(of_comparison(found, replay=False))
    assert said["Which strategy?"] == "firm A earns €4.0 ± 2.5 more with “high” than with “low”."
    assert "€4.0 ± 2.5 (36 %) more than the baseline “low”" in said["By how much?"]
    assert "In 3 of 3 paired runs it earned more than “low”" in said["How sure?"]


def test_where_luck_decides_the_report_says_so_and_how_many_runs_would_tell():
    found = report_on(lambda seed: [10.0], lambda seed: [10.5 + 3 * (-1) ** seed], seeds=8)
    report = of_comparison(found, replay=False)
    assert report.headline.startswith("No clear difference in profit between “high” and “low”")
    first, how_sure = report.findings()[0], report.findings()[2]
    assert first.open
    # differences 3.5 and -2.5 in turn: mean 0.5, s = 3 sqrt(8 / 7) = 3.21; by the normal distribution 80 % of intervals
    # are clear with ((1.96 + 0.84) 3.21 / 0.5)^2 = 323 runs; by Student's t it takes some more
    more = re.search(r"about (\d+) more runs would make it clear with 80 % probability", how_sure.text)[1]
    assert 323 <= 8 + int(more) <= 330
    assert "earns" not in report.headline


@pytest.mark.parametrize(
    "unit, lead, sure", [(0.001, 1, False), (0.001, 9, True), (1000.0, 1, False), (1000.0, 9, True)]
)
def test_how_sure_the_best_is_hangs_on_its_probability_and_not_on_how_large_the_unit_is(unit, lead, sure):
    luck = [-2, 1, 3, -1, -3, 2]
    found = report_on(lambda seed: [0.0], lambda seed: [unit * (lead + luck[seed % 6])], seeds=12)
    assert ("almost surely is best" in answers(of_comparison(found))["What if that is wrong?"]) is sure


def test_a_single_run_has_no_interval_no_probability_and_no_regret():
    report = of_comparison(report_on(lambda seed: [10.0], lambda seed: [12.0], seeds=1), replay=False)
    text = page(report)
    assert "in a single run, which proves little" in report.headline
    assert "A single seed" in text
    assert "±" not in answers(report)["By how much?"]
    cards = next(block for _, block in report.blocks() if hasattr(block, "cards")).cards
    assert {card.number for card in cards if card.label in ("probability best", "expected regret")} == {"–"}
    assert not re.search(r"\bnan\b", text)


def test_what_cannot_be_estimated_is_left_empty_and_named():
    # nobody buys under "high": there are no buyers whose trust could be measured
    found = report_on(
        lambda seed: [10.0 + seed], lambda seed: [12.0 + 2 * seed],
        purchases=0.0, trust=lambda number, seed: 0.0,
    )  # fmt: skip
    report = of_comparison(found, replay=False)
    text = page(report)
    assert "nobody bought anything from the firm under “low” and “high”" in text
    assert "trust" in note(report, "Cannot be estimated")
    assert not re.search(r"\bnan\b", text)
    assert "€nan" not in text


def test_half_known_measures_are_named_as_a_selection():
    found = report_on(
        lambda seed: [10.0 + seed], lambda seed: [12.0 + seed], purchases=1.0,
        trust=lambda number, seed: np.nan if number and seed == 1 else 0.5,
    )  # fmt: skip
    report = of_comparison(found, replay=False)
    assert note(report, "Partly estimated").startswith("Trust could not be estimated in some runs")


@pytest.mark.parametrize(
    "difference, base, share",
    [
        (Interval(4, 3, 5, 9), Interval(8, 7, 9, 9), 0.5),
        (Interval(4, 3, 5, 9), Interval(8, -1, 17, 9), np.nan),  # the baseline may be zero
        (Interval(4, 3, 5, 9), Interval(-8, -9, -7, 9), np.nan),
        (Interval(4, np.nan, np.nan, 1), Interval(8, np.nan, np.nan, 1), 0.5),
    ],
)
def test_a_difference_is_relative_only_to_a_baseline_clearly_above_zero(difference, base, share):
    assert relative(difference, base) == pytest.approx(share, nan_ok=True)


def test_numbers_in_sentences_are_no_surer_than_their_making():
    assert [chance(p) for p in (1.0, 0.951, 0.5, 0.0, np.nan)] == [
        "over 99.9 %", "95.1 %", "50 %", "under 0.1 %", "cannot be estimated",
    ]  # fmt: skip
    assert [percent(s) for s in (0.5, -0.042, 4e6, np.nan)] == ["+50 %", "−4.2 %", "over 999 % more", ""]
    assert [percent(s) for s in (0.0, -0.0004, 0.0004)] == ["0.0 %"] * 3  # what is shown as nothing has no sign


# --------------------------------------------------------------------------------------------------- what would flip


def test_a_shorter_horizon_is_named_up_to_the_round_where_the_other_led():
    # cumulative: low 5 6 7 8, high 1 2 9 20: low is ahead up to round 2
    found = report_on(lambda seed: [5, 1, 1, 1], lambda seed: [1, 1, 7, 11])
    horizon = flips(found)[0]
    assert horizon.answer == "With a horizon of 2 months or less (of 4), “low” would have been ahead."


def test_the_discount_rate_that_turns_the_order_is_found():
    # 10 now against 11 a round later: 10 / (1 + i) = 11 / (1 + i)^2 at i = 10 %
    found = report_on(lambda seed: [10, 0], lambda seed: [0, 11])
    assert flips(found)[1].answer.startswith(
        "At a discount rate of about 10 % a month and above (it is 0 %), “low” comes first"
    )


def test_a_rate_beyond_which_the_order_turns_back_is_not_said_to_hold_above_it():
    # 100 q^2 - 224 q + 125.4 = 100 (q - 1.1) (q - 1.14), q = 1 + i: behind from 10 to 14 %, ahead again above that
    found = report_on(lambda seed: [0, 0, 0], lambda seed: [100, -224, 125.4])
    answer = flips(found)[1].answer
    assert answer.startswith(
        "At a discount rate of about 10 % a month (it is 0 %), “low” comes first; rates from 0 to 20 % were tried"
    )


def test_the_cost_that_eats_the_lead_is_spread_over_the_rounds():
    # 30 more over 4 rounds without discounting: 7.5 a round
    found = report_on(lambda seed: [10, 10, 10, 10], lambda seed: [17.5, 17.5, 17.5, 17.5])
    assert flips(found)[2].answer == (
        "The lead over “low” is gone if “high” costs €7.50 a month more than the model says, €30.0 in all."
    )


def test_where_luck_decides_there_is_no_order_to_turn_round():
    found = report_on(lambda seed: [10.0, 1.0], lambda seed: [10.5 + 3 * (-1) ** seed, 1.0], seeds=8)
    assert [flip.what for flip in flips(found)] == ["anything"]
    assert "a matter of luck" in answers(of_comparison(found, replay=False))["What if that is wrong?"]


# ---------------------------------------------------------------------------------------------- the page as a whole


@pytest.fixture(scope="module")
def made():
    """A comparison whose names would do harm where they are not escaped."""
    scenario = make_scenario([f"low {EVIL}", "high $x_1$", "=SUM(A1)"], title=f"Prices {EVIL}", claim_text=f"So {EVIL}")
    return compare(scenario, 4, simulate=plausible, workers=1)


@pytest.fixture(scope="module")
def text(made):
    return page(of_comparison(made, replay=False))


def test_text_of_a_scenario_is_escaped_everywhere(text):
    assert "<script" not in text
    assert "alert(1)" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_page_asks_for_nothing_from_elsewhere(text):
    sources = re.findall(r'(?:src|href|action|data)="([^"]+)"', text)
    assert sources
    assert not [source for source in sources if not source.startswith(("#", "data:"))]
    assert not re.search(r"url\(|@import", text)
    assert "default-src 'none'" in text


def test_every_link_ends_in_the_page_and_every_measure_has_its_definition_unit_and_source(text):
    names = re.findall(r' id="([^"]+)"', text)
    assert len(names) == len(set(names))
    targets = set(re.findall(r'href="#([^"]+)"', text))
    assert targets <= set(names)
    measured = {name for name in METRICS if f'href="#measure-{name}"' in text}
    assert {"discounted_profit", "customer_surplus", "retention", "trust"} <= measured
    for name in measured:
        entry = re.search(rf'<dt id="measure-{name}">.*?</dt>\n<dd>(.*?)<small>(.*?)</small></dd>', text, re.DOTALL)
        assert len(entry[1]) > 20
        assert f"Unit: {METRICS[name].unit}" in unescape(entry[2])
        assert "Source: " in entry[2]


def test_the_same_result_gives_the_same_page(made, text):
    assert page(of_comparison(made, replay=False)) == text


def test_a_run_is_reported_as_what_happened_once():
    results = plausible(make_scenario(firms=3, rounds=8), seed=5)
    report = of_results(results)
    assert "in a single run" in report.headline
    assert any("happened once" in block.text for _, block in report.blocks() if hasattr(block, "text"))
    assert not re.search(r"\bnan\b", page(report))


def test_caveats_and_the_reader_of_the_readme_learn_the_same_limits():
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert not [sentence for sentence in LIMITS if sentence not in readme]


# ------------------------------------------------------------------------------------------- assumptions, provenance


def test_assumptions_list_every_entry_once_and_tell_the_scenarios_own_from_defaults():
    given = """
    [market]
    rounds = 7
    heterogeneity = 0.6
    [[segments]]
    name = "calm"
    share = 0.5
    [[segments]]
    name = "busy"
    share = 0.5
    purchase_rate = 0.9
    [[firms]]
    name = "A"
    unit_cost = 4.5
    strategy = {kind = "everyday_low_price", price = 6.0}
    """
    found = entries(loads(given).to_dict())
    own = {(each.path, each.items) for each in found if each.own}
    assert own == {
        ("market.rounds", ()), ("market.heterogeneity", ()), ("segments.*.share", ("calm", "busy")),
        ("segments.*.purchase_rate", ("busy",)), ("firms.*.unit_cost", ("A",)), ("firms.*.strategy.price", ("A",)),
    }  # fmt: skip
    assert len({(each.path, each.items) for each in found}) == len(found)
    assert all(each.declared.source and each.declared.unit for each in found)


@pytest.mark.parametrize("file", sorted((ROOT / "scenarios").glob("*.toml")), ids=lambda file: file.stem)
def test_the_scenario_in_a_report_is_the_scenario_that_was_run(file):
    scenario = load(file)
    assert loads(toml(scenario.to_dict()), folder=file.parent).to_dict() == scenario.to_dict()


@pytest.mark.parametrize("text", ["one\ntwo\n", '"quoted"\n\\ \ttail ', '\n\n"""\n"', "\r\n\x7f\x00 ünï\n"])
def test_a_text_of_several_lines_stands_in_the_scenario_as_it_was_written(text):
    written = toml({"title": "T", "description": text})
    assert tomllib.loads(written)["description"] == text
    assert len(written.splitlines()) > 3


@pytest.mark.parametrize("clear", [True, False])
def test_grey_is_explained_where_something_is_grey(clear):
    found = report_on(
        lambda seed: [10 + seed], lambda seed: [30 + seed + (seed % 3 if clear else 90 * (seed % 2 - 0.5))]
    )
    assert ("Grey, slanted" in ranking(found).below) is not clear


def test_part_of_the_rounds_is_not_said_to_be_reproduced_by_a_command_that_plays_others():
    found = compare(make_scenario(["low", "high"], rounds=20), 2, window=(11, 20), simulate=plausible, workers=1)
    text = page(of_comparison(found, replay=False))
    assert "10 of the scenario&#x27;s 20 rounds were compared" in text
    assert "sim compare scenario.toml" not in text


# ---------------------------------------------------------------------------------------------------------- segments

MARKET = """
title = "Three kinds of people"
[market]
customers = 90
rounds = 8
[[segments]]
name = "calm"
share = 0.5
[[segments]]
name = "busy"
share = 0.25
purchase_rate = 0.9
[[segments]]
name = "<b>shy</b>"
share = 0.25
openness = 0.0
[[firms]]
name = "Ours"
strategy = {kind = "everyday_low_price", price = 5.0}
[[firms]]
name = "Theirs"
strategy = {kind = "product_centred"}
[[alternatives]]
name = "low"
[[alternatives]]
name = "high"
set = {"firms.Ours.strategy.price" = 6.5}
"""


@pytest.fixture(scope="module")
def played():
    return compare(loads(MARKET), 3, workers=1)


def test_segments_add_up_to_the_market_and_come_from_the_runs_that_were_compared(played):
    from sim.run import simulate

    found = replayed(played)
    assert found.segments == ["calm", "busy", "<b>shy</b>"]
    assert found.seeds == 3
    run = simulate(loads(MARKET).alternative("high"), seed=int(played.seeds[0]))
    margin = run.dyads["margin"][0].sum() / 90
    whole = segments_of(run, "Ours", 3)
    assert (whole[MARGIN] * whole["customers"]).sum() / 90 == pytest.approx(margin)
    at = found.names.index("high")
    assert found.found[MARGIN][at, 0] == pytest.approx(whole[MARGIN])


def test_runs_that_cannot_be_repeated_say_nothing_about_segments(played):
    accounts = played.accounts | {"profit": played.accounts["profit"] + 1e-9}
    assert "comes out differently" in replayed(replace(played, accounts=accounts))
    report = of_comparison(replace(played, accounts=accounts))
    assert "comes out differently" in page(report)


def test_one_segment_needs_no_section(made):
    assert replayed(made) == ""


# --------------------------------------------------------------------------------------------------------------- size


def test_a_thousand_runs_of_twenty_strategies_and_twelve_segments_make_a_page_like_any_other():
    names, parts = [f"strategy {n}" for n in range(20)], [f"segment {n}" for n in range(12)]
    people = [{"name": part, "share": 1 / 12} for part in parts]
    found = compare(make_scenario(names, rounds=60, segments=people), 50, simulate=plausible, workers=1)
    report = of_comparison(found, replay=False)
    luck = np.random.default_rng(1)
    drawn = {key: luck.normal(5, 1, (2, 10, 12)) for key in (MARGIN, SURPLUS)}
    people = told(found, Segments([found.baseline, found.ranking()[0]], parts, np.full(12, 1 / 12), drawn, False))
    report = replace(report, sections=(*report.sections, replace(people, name="people")))
    text = page(report)
    assert len(text.encode()) < 5_000_000
    tables = {table.name: table for table in report.tables()}
    assert len(tables["ranking"].rows) == len(tables["odds"].rows) == len(tables["measures-0"].rows) == 20
    assert len(tables["segments-margin"].rows) == 12
    lines = report.figures()[0].charts[0].series
    assert len(lines) == 20
    assert sum(line.featured for line in lines) <= 6
    assert all(name in text for name in names)


# -------------------------------------------------------------------------------------------- what the strategies are

GIVEN = """
title = "Two shops"
[market]
customers = 40
rounds = 6
discount_rate = 0.005
[[segments]]
name = "calm"
share = 0.75
[[segments]]
name = "busy"
share = 0.25
[[firms]]
name = "Ours"
unit_cost = 4.0
strategy = {kind = "everyday_low_price", price = 5.0}
[[firms]]
name = "Theirs"
strategy = {kind = "product_centred"}
[[alternatives]]
name = "low"
[[alternatives]]
name = "dearer"
set = {"firms.Ours.strategy.assortment" = 20.0}
[[alternatives]]
name = "close"
set = {"firms.Ours.strategy" = {kind = "learning_relationship", price = 7.0}}
"""


@pytest.fixture(scope="module")
def given():
    return compare(loads(GIVEN), 3, workers=1)


def rows_of(report, name):
    return [[cell.text for cell in row] for row in next(t for t in report.tables() if t.name == name).rows]


def test_a_value_the_scenario_sets_is_its_own_also_where_it_is_the_models(given):
    report = of_comparison(given, replay=False)
    table = next(t for t in report.tables() if t.name == "assumptions-own")
    own = {(row[0].text, row[0].below): row for row in table.rows}
    rate = own["market.discount_rate", ""]
    assert (rate[2].text, rate[-1].text) == ("0.005", "this scenario")
    assert rate[-1].below == "as the model has it: assumption"
    assert own["firms.*.unit_cost", "Ours"][2].text == "4"  # that of the other firm was left to the model
    assert "market.heterogeneity" not in {path for path, _ in own}
    # a result that does not say what was set
    older = replace(given, provenance={k: v for k, v in given.provenance.items() if k != "given"})
    assert not any(
        row[0] == "market.discount_rate" for row in rows_of(of_comparison(older, replay=False), "assumptions-own")
    )


def test_every_parameter_of_what_each_alternative_plays_is_listed_with_its_source(given):
    found = {(row[0], row[1]): row for row in rows_of(of_comparison(given, replay=False), "strategies")}
    assert found["low", "price"][3:] == ["5", "euro", "the price, every day", "this scenario"]
    assert found["low", "assortment"][3::3] == ["1", "assumption"]
    assert found["dearer", "assortment"][3::3] == ["20", "this scenario"]
    assert found["close", "price"][3::3] == ["7", "this scenario"]
    assert found["close", "listening"][3::3] == ["0.8", "assumption"]
    assert "Peppers & Rogers" in found["close", "strategy"][-1]


def test_the_shares_of_segments_are_those_of_the_scenario(given):
    found = replayed(given)
    assert found.shares.tolist() == [0.75, 0.25]
    table = next(t for t in of_comparison(given).tables() if t.name == "segments-margin")
    assert {row[0].text: row[0].below for row in table.rows} == {
        "calm": "75.0 % of customers", "busy": "25.0 % of customers",
    }  # fmt: skip


def test_the_command_of_a_run_that_kept_its_transactions_keeps_them_again():
    from sim.run import simulate

    for log in (False, True):
        text = page(of_results(simulate(loads(GIVEN), seed=5, log=log), replay=False))
        assert (f"sim run scenario.toml --seed 5{' --log' if log else ''} --out") in text


def test_a_number_too_small_for_its_digits_has_no_sign_and_keeps_a_digit():
    from sim.analysis.readable import magnitude, readable, readable_interval

    assert readable(-0.001, "euro", signed=True) == "€0.00"
    assert readable(-0.006, "euro", signed=True) == "−€0.01"
    assert readable_interval(Interval(153, -7847, 8153, 9), "euro", signed=True) == "+€0.2k ± 8.0k"
    assert readable_interval(Interval(0, 0, 0, 9), "euro", signed=True) == "€0.00"
    assert readable_interval(Interval(20, 20, 20, 9), "euro", signed=True) == "+€20.0"  # the same in every run
    assert magnitude(Interval(-0.25, -0.27, -0.23, 9), "share") == "25.0 ± 2.0 pp"


def test_every_word_of_the_glossary_has_a_unit_and_a_source():
    from sim.reports.glossary import SHOWN, WORDS, defined

    assert all(word.unit and word.source and word.meaning for word in WORDS)
    assert len({word.name for word in WORDS}) == len(WORDS)
    used = {word for words in SHOWN.values() for word in words}
    assert used <= {word.name for word in defined(used)}
    for word in defined(METRICS):
        assert "Raises" not in word.meaning
        assert "NaN" not in word.meaning
