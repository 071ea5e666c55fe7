"""Every mechanism can be switched off, cleanly, and an ablation shows what each carries."""

import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from synthetic import make_results
from typer.testing import CliRunner

from sim import ablate, loads, simulate
from sim.charts import ablation_bars, ablation_picture
from sim.cli import app
from sim.mechanisms import NAMES, as_played, switched_off
from sim.scenario_errors import ScenarioError

# everything is at work: surcharges, contacts, care, content, turnover, drift, hearsay
LIVELY = """
title = "Lively"
seed = 3
focus = "A"
[market]
customers = 150
rounds = 12
turnover = 0.02
failure_loss = 5
[relationship]
initial_surcharge = 0.5
initial_context = 0.2
[[segments]]
name = "all"
purchase_rate = 0.9
talkativeness = 0.5
[[firms]]
name = "A"
failure_rate = 0.3
strategy = {kind = "learning_relationship", price = 6, contacts = 0.5}
[[firms]]
name = "B"
failure_rate = 0.3
strategy = {kind = "fee_extractor", price = 4, surcharge = 2}
[[alternatives]]
name = "knows"
[[alternatives]]
name = "cheap"
set = {"firms.A.strategy" = {kind = "everyday_low_price", price = 5}}
"""
INITIAL_TRUST, INITIAL_CONTEXT = np.float32(0.3), pytest.approx(0.2)


def without(*names, **options):
    scenario = loads(LIVELY).with_changes({f"mechanisms.{name}": False for name in names})
    return simulate(scenario, alternative="knows", **options)


@pytest.fixture(scope="module")
def whole():
    return without()


# ------------------------------------------------------------------------------------------------------- switches


def test_all_mechanisms_are_at_work_by_default_and_change_nothing():
    scenario = loads(LIVELY)
    assert switched_off(scenario) == ()
    assert as_played(scenario) is scenario


@pytest.mark.parametrize("name", NAMES)
def test_a_switch_changes_the_run_and_its_hash_but_not_the_scenario_beside_it(whole, name):
    results = without(name)
    assert not np.array_equal(results.account("profit"), whole.account("profit"))
    assert results.provenance["scenario_hash"] != whole.provenance["scenario_hash"]
    assert results.scenario | {"mechanisms": None} == whole.scenario | {"mechanisms": None}
    assert results.scenario["mechanisms"] == dict.fromkeys(NAMES, True) | {name: False}


@pytest.mark.parametrize("name", NAMES)
def test_both_drivers_play_without_a_mechanism_alike(name):
    compiled, agents = (without(name, rounds=3, driver=driver) for driver in ("compiled", "agents"))
    for account, values in compiled.accounts.items():
        np.testing.assert_array_equal(values, agents.accounts[account], err_msg=account)


@pytest.mark.parametrize(
    "name, changes",
    [
        ("word_of_mouth", {"network": {"kind": "none"}}),
        ("cocreation", {"relationship.cocreation": 0}),
        ("turnover", {"market.turnover": 0}),
        ("drift", {"market.turbulence": 0}),
        ("context", {"relationship.context_gain": 0, "relationship.context_decay": 0}),
        ("trust", {"learning.trust_gain": 0, "learning.trust_loss": 0}),
        ("contacts", {"firms.A.strategy.contacts": 0}),
        ("recovery", {"firms.A.strategy.care": 0}),
        ("surcharges", {"firms.B.strategy.surcharge": 0, "relationship.initial_surcharge": 0}),
        ("beliefs", {"firms.A.reading": 0, "firms.B.reading": 0, "market.latent_dimensions": 0}),
    ],
)
def test_a_switch_is_what_its_parameters_could_do_as_well(name, changes):
    by_hand = simulate(loads(LIVELY).with_changes(changes), alternative="knows")
    np.testing.assert_array_equal(without(name).account("profit"), by_hand.account("profit"))


def test_without_trust_it_stays_as_it_was_also_under_hearsay_and_fees():
    assert (without("trust").dyads["trust"] == INITIAL_TRUST).all()


def test_without_context_it_neither_grows_nor_fades():
    context = without("context").dyads["context"]
    assert context.min() == INITIAL_CONTEXT
    assert context.max() == INITIAL_CONTEXT


def test_without_contacts_surcharges_and_recovery_nobody_pays_for_them():
    results = without("contacts", "surcharges", "recovery")
    for account in ("contacts", "contacting", "surcharges", "compensation"):
        assert not results.account(account).any(), account
    assert results.account("complaints").any()  # customers still speak up
    assert not results.dyads["expected_surcharge"].any()
    assert not results.customers["stress"].any()


def test_without_beliefs_the_firm_goes_on_taking_everybody_for_average():
    results = without("beliefs", "drift", "turnover")
    needs = results.dyads["belief_distance"]
    np.testing.assert_array_equal(needs[0], needs[1])  # both stand at their position, 0


def test_without_turnover_and_word_of_mouth_nobody_comes_and_nobody_hears(whole):
    assert whole.series("replaced").any()
    quiet = without("turnover", "word_of_mouth", "trust")
    assert not quiet.series("replaced").any()


def test_an_alternative_may_switch_a_mechanism_off():
    scenario = loads(LIVELY + '[[alternatives]]\nname = "mute"\nset = {"mechanisms.word_of_mouth" = false}\n')
    assert switched_off(scenario.alternative("mute")) == ("word_of_mouth",)


def test_a_misspelt_mechanism_is_answered_with_the_nearest():
    with pytest.raises(ScenarioError, match='did you mean "contacts"'):
        loads(LIVELY).with_changes({"mechanisms.contact": False})


# ------------------------------------------------------------------------------------------------------- ablations


def worked(scenario, seed=0, **options):
    """Profit of A is 10, 2 less without contacts, and the seed less without trust; alternative "cheap" makes 4."""
    off = switched_off(scenario)
    relational = scenario.firms[0].strategy.kind == "learning_relationship"
    profit = 10 - 2 * ("contacts" in off) - seed * ("trust" in off) if relational else 4
    return make_results([[profit, 1]], firms=["A", "B"], seed=seed)


def test_an_ablation_takes_the_difference_of_differences_by_seed():
    found = ablate(loads(LIVELY), 3, simulate=worked, workers=1)  # seeds 3, 4, 5
    assert found.contrast == ["cheap", "knows"]
    assert found.whole.tolist() == [-6, -6, -6]
    rows = {row.mechanism: row for row in found.rows()}
    assert rows["contacts"].change[:3] == (2, 2, 2)
    # without trust "knows" makes 7, 6, 5: differences −3, −2, −1; changes 3, 4, 5: half width 4.302653/√3
    assert rows["trust"].without.mean == -2
    assert rows["trust"].change.mean == 4
    assert rows["trust"].change.high == pytest.approx(4 + 2.484138)
    assert [row.mechanism for row in found.rows()][:2] == ["trust", "contacts"]
    assert {name for name, row in rows.items() if row.idle} == set(NAMES) - {"contacts", "trust"}


def test_one_alternative_or_a_firm_can_be_ablated_alone():
    alone = ablate(loads(LIVELY), 2, contrast=["knows"], mechanisms=["contacts"], simulate=worked, workers=1)
    assert (alone.whole.tolist(), alone.without["contacts"].tolist()) == ([10, 10], [8, 8])
    market = loads(LIVELY[: LIVELY.index("[[alternatives]]")])
    assert ablate(market, 2, mechanisms=["contacts"], simulate=worked, workers=1).contrast == ["A"]
    firms = ablate(market, 2, contrast=["A", "B"], mechanisms=["contacts"], simulate=worked, workers=1)
    assert firms.whole.tolist() == [9, 9]


def test_what_the_scenario_has_switched_off_is_not_switched_off_again():
    scenario = loads(LIVELY + "[mechanisms]\ncontacts = false\n")
    assert set(ablate(scenario, 1, simulate=worked, workers=1).without) == set(NAMES) - {"contacts"}


def test_the_headline_says_what_carries_most_or_that_nothing_does():
    found = ablate(loads(LIVELY), 3, simulate=worked, workers=1)
    assert found.headline().startswith("Without trust the difference in discounted profit changes most: +€4")
    quiet = ablate(loads(LIVELY), 3, mechanisms=["drift"], simulate=worked, workers=1)
    assert quiet.headline().startswith("No single mechanism clearly changes the difference in discounted profit")


@pytest.mark.parametrize(
    "wrong, answer",
    [
        ({"measure": "trst"}, 'did you mean "trust"'),
        ({"contrast": ["chaep"]}, 'did you mean "cheap"'),
        ({"mechanisms": ["drfit"]}, 'did you mean "drift"'),
    ],
)
def test_a_misspelt_question_is_answered_with_the_nearest(wrong, answer):
    with pytest.raises(ScenarioError, match=answer):
        ablate(loads(LIVELY), 1, simulate=worked, **wrong)


def test_an_ablation_of_a_measure_of_dyads_keeps_them():
    found = ablate(loads(LIVELY), 2, measure="offer_gap", contrast=["knows"], mechanisms=["beliefs"], workers=1)
    assert found.without["beliefs"].mean() > found.whole.mean()


def test_the_pictures_are_drawn_also_of_a_single_run_and_of_what_cannot_be_estimated():
    found = ablate(loads(LIVELY), 1, simulate=worked, workers=1)
    assert isinstance(ablation_picture(found), Figure)
    unknown = ablate(loads(LIVELY), 2, measure="retention", simulate=worked, workers=1)  # of nobody
    assert "not estimable" in {text.get_text() for text in ablation_bars(unknown).texts}


# ---------------------------------------------------------------------------------------------------- command line


def sim(*arguments, code=0):
    answer = CliRunner().invoke(app, arguments)
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    assert answer.exit_code == code, answer.output
    return answer


def test_mechanisms_are_switched_off_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lively.toml").write_text(LIVELY)
    sim("run", "lively.toml", "--rounds", "2", "--off", "contacts", "--off", "trust", "--out", "a")
    sim("run", "lively.toml", "--rounds", "2", "--set", "mechanisms.contacts=false", "--set", "mechanisms.trust=false",
        "--out", "b")  # fmt: skip
    a, b = (json.loads((tmp_path / out / "scenario-as-run.json").read_text()) for out in "ab")
    assert a == b
    assert not a["mechanisms"]["trust"]
    assert 'did you mean "contacts"' in sim("run", "lively.toml", "--off", "contact", code=2).stderr


def test_the_command_writes_table_runs_and_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lively.toml").write_text(LIVELY)
    answer = sim("ablate", "lively.toml", "--seeds", "2", "--rounds", "3", "--measure", "trust", "--off", "drift")
    assert "word of mouth" in answer.stdout
    assert "2 paired runs, seeds 3 to 4" in answer.stdout
    files = {path.name for path in (tmp_path / "out" / "ablate-lively").iterdir()}
    assert files == {"comparison.npz", "picture.png", "scenario-as-run.json", "table.csv"}
    told = json.loads(sim("ablate", "lively.toml", "--seeds", "1", "--rounds", "2", "--out", "c", "--json").stdout)
    assert {row["mechanism"] for row in told["rows"]} == set(NAMES)
    assert 'did you mean "trust"' in sim("ablate", "lively.toml", "--measure", "trst", "--out", "d", code=2).stderr
