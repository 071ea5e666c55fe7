"""Scenario files: what they may say, what is said when they are wrong, and how they are varied."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from sim.parameter import parameter
from sim.scenario import (
    Scenario,
    ScenarioError,
    json_schema,
    load,
    loads,
    parameters,
    parse,
    parse_setting,
    schema_text,
)
from sim.scenario_paths import named, value_at
from sim.strategies.base import Levers, Strategy, registry

SCENARIOS = Path(__file__).parent.parent / "scenarios"
FILES = sorted(SCENARIOS.glob("*.toml"))

TWO_FIRMS = """
[[firms]]
name = "Honest"
strategy = {kind = "learning_relationship", price = 7.5}
[[firms]]
name = "Cheap"
strategy = {kind = "everyday_low_price", price = 5}
"""


def told(text: str, folder: Path | None = None) -> list[str]:
    """The problems of a scenario text, one line each, without the name of the source."""
    with pytest.raises(ScenarioError) as caught:
        loads(text, "x.toml", folder)
    lines = str(caught.value).split("\n")
    assert len(lines) == len(caught.value.problems)
    assert all(line.startswith("x.toml: ") for line in lines)
    return [line.removeprefix("x.toml: ") for line in lines]


def the_one(text: str) -> str:
    """The only problem of a scenario text."""
    problems = told(text)
    assert len(problems) == 1, problems
    return problems[0]


# ---------------------------------------------------------------------------------------------------- what is read


def test_a_scenario_needs_no_more_than_a_firm_and_its_strategy():
    scenario = loads('[[firms]]\nname = "Only"\nstrategy = {kind = "product_centred"}')
    assert (scenario.market.customers, scenario.market.rounds, scenario.focus) == (2000, 120, "Only")
    assert scenario.segments[0].price_sensitivity.sigma == 0.2
    assert scenario.network.kind == "mixing"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_scenario_file_is_sound_and_states_its_claim(file):
    scenario = load(file)
    assert scenario.title
    assert scenario.claim
    assert scenario.claim_text
    assert scenario.baseline in [alternative.name for alternative in scenario.alternatives]
    runs = [scenario.alternative(alternative.name) for alternative in scenario.alternatives]
    assert len({run.hash for run in runs}) == len(runs) >= 2


def test_positions_and_need_means_left_out_are_k_zeros():
    scenario = loads("[market]\ndimensions = 3" + TWO_FIRMS)
    assert scenario.firms[0].position == scenario.segments[0].need_mean == (0.0, 0.0, 0.0)
    assert scenario.with_changes({"market.dimensions": 2}).firms[0].position == (0.0, 0.0)


def test_a_number_is_a_distribution_without_spread():
    scenario = loads('[[segments]]\nname = "all"\nopenness = 0.4' + TWO_FIRMS)
    assert (scenario.segments[0].openness.dist, scenario.segments[0].openness.value) == ("fixed", 0.4)


def test_every_kind_of_event_and_network_can_be_declared():
    events = """
    events = [
      {kind = "failure_spike", round = 3, firm = "Cheap", failure_rate = 0.5, duration = 2},
      {kind = "cost_shock", round = 4, firm = "Cheap", unit_cost = 5},
      {kind = "quality_shock", round = 4, firm = "Cheap", quality = 0.5, duration = 1},
      {kind = "exit", round = 5, firm = "Cheap"},
      {kind = "entry", round = 9, firm = "Cheap"},
      {kind = "strategy", round = 6, firm = "Honest", strategy = {kind = "fee_extractor"}},
      {kind = "need_shift", round = 7, shift = [1, 0, 0, 0]},
    ]
    """
    for network in ("none", "mixing", "watts_strogatz", "barabasi_albert", "stochastic_block"):
        scenario = loads(f'{events}\nnetwork.kind = "{network}"{TWO_FIRMS}')
        assert scenario.network.kind == network
        assert parse(scenario.to_dict()).hash == scenario.hash


def test_a_strategy_defined_anywhere_can_be_named_in_a_scenario():
    class Sleeper(Strategy):
        """Does nothing."""

        kind: Literal["sleeper"] = "sleeper"
        price: float = parameter(3, ge=0, unit="euro", description="the price")

        def decide(self, view):
            return Levers(price=self.price)

    scenario = loads('[[firms]]\nname = "New"\nstrategy = {kind = "sleeper", price = 2}')
    assert scenario.firms[0].strategy == Sleeper(price=2)
    assert "Sleeper" in json_schema()["$defs"]
    assert "Sleeper" not in schema_text()


def test_scenarios_cannot_be_written_to():
    scenario = loads(TWO_FIRMS)
    with pytest.raises(ValueError, match="frozen"):
        scenario.firms[0].quality = 2


def test_scenarios_survive_copying_pickling_and_the_way_through_a_dict():
    scenario = load(SCENARIOS / "airline_fees.toml")
    assert pickle.loads(pickle.dumps(scenario)) == copy.deepcopy(scenario) == scenario
    assert parse(scenario.to_dict()).to_dict() == scenario.to_dict()


def test_reading_scenarios_imports_nothing_heavy():
    heavy = "{'numba', 'mesa', 'pandas', 'matplotlib', 'networkx'}"
    code = f"import sys, sim.scenario; sim.scenario.parameters(); print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


# ------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "text, message",
    [
        ("[market]\ncustmers = 3", '"custmers" is not known here; allowed: customers, rounds'),
        ("[market]\ntrust_weight = 3", "report_lag; there is relationship.trust_weight"),
        ("[market]\ncustmers = 3", 'did you mean "customers"?'),
        ('[market]\ncustomers = "many"', 'market.customers: expected a whole number, got the text "many"'),
        ("[market]\ncustomers = 2.5", "market.customers: expected a whole number, got the number 2.5"),
        ("[market]\nrounds = true", "market.rounds: expected a whole number, got the truth value true"),
        ("[market]\nbase_value = true", "market.base_value: expected a number, got the truth value true"),
        ("[market]\nbase_value = 2020-01-01", "market.base_value: expected a number, got the date 2020-01-01"),
        ("[market]\nturbulence = 1.4", "market.turbulence: 1.4 is out of range; allowed: 0 to 1 (share per round)"),
        ("[market]\nvalue_noise = nan", "market.value_noise: expected a finite number, got the number nan"),
        ("[market]\nbase_value = inf", "market.base_value: expected a finite number, got the number inf"),
        ("[learning]\ngoodwill_scale = 0", "learning.goodwill_scale: 0 is out of range; allowed: above 0 (euro)"),
        (
            '[market]\nchoice = "logti"',
            '"logti" is not possible; allowed: logit, hotelling, best; did you mean "logit"?',
        ),
        ("[market]\nlatent_dimensions = 5", "5 is out of range; allowed: at most market.dimensions = 4"),
        ("market = 3", "market: expected a table, got the number 3"),
        ('[network]\nkind = "watts"', 'network.kind: "watts" is not a network; allowed: none, mixing'),
        ("[network]\nlinks = 3", "network.kind: is missing; allowed: none, mixing"),
        ('[network]\nkind = "watts_strogatz"\nneighbours = 2000', "network.neighbours: 2000 is out of range"),
        ('focus = "Nobody"', 'focus: "Nobody" is not a firm here; allowed: Honest, Cheap'),
        ('baseline = "cheap"', 'baseline: "cheap" is not an alternative here; allowed: none'),
        ('[[events]]\nkind = "exitt"', 'events.0.kind: "exitt" is not an event'),
        ('[[events]]\nkind = "exit"\nfirm = "Cheep"\nround = 2', 'events.0.firm: "Cheep" is not a firm here'),
        (
            '[[events]]\nkind = "exit"\nfirm = "Cheap"\nround = 0',
            "events.0.round: 0 is out of range; allowed: 1 to 32000",
        ),
        (
            '[[events]]\nkind = "entry"\nfirm = "Cheap"\nround = 2',
            '"Cheap" is in the market already; set firms.1.present',
        ),
        ('[[events]]\nkind = "need_shift"\nshift = [1]\nround = 2', "events.0.shift: has 1 numbers; allowed: 4"),
        ('[[events]]\nkind = "exit"\nfirm = "Cheap"', "events.0.round: is missing: at the start of which round"),
        ('[[segments]]\nname = "a"\nshare = 0.4', "segments: the shares sum to 0.4; they must sum to 1"),
        ('[[segments]]\nname = "a"\nneed_mean = [0, 1]', "segments.0.need_mean: has 2 numbers; allowed: 4"),
        ('[[segments]]\nname = "a.b"', 'segments.0.name: "a.b" cannot be a name'),
        ('[[segments]]\nname = "a"\nopenness = 2', "segments.0.openness: 2 is out of range; allowed: 0 to 1 (share)"),
        (
            '[[segments]]\nname = "a"\nopenness = {dist = "normal", mean = 0, sd = 1}',
            "segments.0.openness: a normal distribution reaches out of range; allowed: 0 to 1 (share)",
        ),
        ('[[segments]]\nname = "a"\nopenness = "low"', 'openness: expected a number or a table, got the text "low"'),
        (
            '[[segments]]\nname = "a"\nopenness = {dist = "unifrom"}',
            'segments.0.openness.dist: "unifrom" is not a distribution',
        ),
        (
            '[[segments]]\nname = "a"\nopenness = {dist = "uniform", low = 0.5, high = 0.1}',
            "segments.0.openness: low 0.5 is above high 0.1",
        ),
        (
            '[[alternatives]]\nname = "a"\nset = {"firms.Cheep.quality" = 2}',
            'alternatives.0.set: firms.Cheep.quality: "Cheep" is not a name in this list; allowed: Honest, Cheap',
        ),
        (
            '[[alternatives]]\nname = "a"\nset = {"market.turbulence" = 2}',
            "alternatives.0.set: market.turbulence: 2 is out of range",
        ),
        ('[[alternatives]]\nname = "a"\nset = {market.rounds = 2}', "alternatives.0.set: market: is a whole table"),
        ('[[alternatives]]\nname = "a"\nfocus = "X"', 'alternatives.0.focus: "X" is not a firm here'),
    ],
)
def test_a_mistake_is_answered_with_its_place_and_what_is_allowed(text, message):
    assert message in the_one(f"{text}\n{TWO_FIRMS}")


@pytest.mark.parametrize(
    "strategy, message",
    [
        ('{kind = "everyday_low_prise"}', 'firms.0.strategy.kind: "everyday_low_prise" is not a strategy; allowed: '),
        ('{kind = "everyday_low_prise"}', 'did you mean "everyday_low_price"?'),
        ("{price = 3}", "firms.0.strategy.kind: is missing; allowed: "),
        ('"everyday_low_price"', 'firms.0.strategy: expected a table, got the text "everyday_low_price"'),
        ("{kind = 3}", "firms.0.strategy.kind: 3 is not a strategy"),
        (
            '{kind = "everyday_low_price", price = -1}',
            "firms.0.strategy.price: -1 is out of range; allowed: 0 to 1000000",
        ),
        (
            '{kind = "everyday_low_price", pric = 1}',
            'firms.0.strategy.pric: "pric" is not known here; allowed: kind, price',
        ),
    ],
)
def test_a_mistake_in_a_strategy_is_placed_in_the_strategy(strategy, message):
    assert message in the_one(f'[[firms]]\nname = "A"\nstrategy = {strategy}')


def test_a_misspelt_strategy_is_answered_with_all_there_are():
    text = the_one('[[firms]]\nname = "A"\nstrategy = {kind = "everyday_low_prise"}')
    assert f"allowed: {', '.join(registry())}" in text


def test_all_problems_of_a_file_are_told_at_once():
    problems = told(
        'titel = "x"\n[market]\nturbulence = 1.4\nchoice = "hotelling"\n[[segments]]\nname = "a"\nshare = 1.4\n'
        '[[events]]\nkind = "exit"\nround = 1\nfirm = "Q"\n'
        '[[alternatives]]\nname = "n"\nset = {"firms.A.quality" = "good"}\n[[alternatives]]\nname = "n"\n'
        '[[firms]]\nname = "A"\nposition = [1]\nstrategy = {kind = "shared_valu"}'
    )
    places = [problem.split(": ")[0] for problem in problems]
    assert sorted(places) == sorted(
        [
            "titel",
            "market.turbulence",
            "market.choice",
            "segments.0.share",
            "segments",
            "events.0.firm",
            "alternatives.0.set",
            "alternatives.1.name",
            "firms.0.position",
            "firms.0.strategy.kind",
        ]
    )


@pytest.mark.parametrize("part", ["firms", "segments", "alternatives"])
def test_names_must_differ(part):
    strategy = 'strategy = {kind = "product_centred"}' if part == "firms" else ""
    share = "share = 0.5" if part == "segments" else ""
    twice = f'[[{part}]]\nname = "Twin"\n{strategy}\n{share}\n' * 2
    problem = the_one(twice + TWO_FIRMS)
    assert problem.endswith('.1.name: "Twin" is there already; names must differ')


def test_a_scenario_without_firms_is_told_so():
    assert the_one('title = "x"').startswith("firms: is missing")
    assert the_one("firms = []") == "firms: is empty; at least one is needed"


def test_hotelling_needs_exactly_two_firms():
    assert loads('[market]\nchoice = "hotelling"' + TWO_FIRMS).market.choice == "hotelling"
    third = '[[firms]]\nname = "Third"\nstrategy = {kind = "product_centred"}'
    assert "there are 3" in the_one('[market]\nchoice = "hotelling"' + TWO_FIRMS + third)


def test_a_misplaced_line_break_or_control_character_cannot_forge_a_message():
    assert len(told(f'focus = "a\\nx.toml: all is well\\u001b[2J"\n{TWO_FIRMS}')) == 1


# ---------------------------------------------------------------------------------------------------------- files


def test_bad_toml_is_told_with_line_and_column():
    assert the_one("a = 1\nb = = 3").startswith("line 2, column 5: not TOML")
    assert the_one("a = 1\nb = [1,").startswith("line 2, column 8: not TOML")


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is empty; a scenario has at least one [[firms]] table"),
        (b" \n\t\n", "is empty"),
        (b"\x7fELF\x02\x01\xff\xfe", "is not a text file (UTF-8)"),
        (None, "there is no such file"),
    ],
)
def test_a_file_that_is_no_text_gets_one_clear_line(tmp_path, content, message):
    file = tmp_path / "market.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: {message}")
    assert "\n" not in str(caught.value)


def test_other_alternatives_say_what_has_to_change_with_them():
    market = load(SCENARIOS / "everyday_low_price.toml")
    with pytest.raises(ScenarioError) as caught:
        market.with_changes({"alternatives": [{"name": "a"}, {"name": "b"}]})
    told = str(caught.value)
    assert 'baseline: "low price" is not an alternative here; allowed: a, b; ' in told
    assert 'other alternatives need another baseline: set baseline = "a" as well' in told
    assert "set examination.contrast as well, or leave the examination out" in told
    changes = {"alternatives": [{"name": "a"}, {"name": "b"}], "baseline": "a", "examination": None}
    assert market.with_changes(changes).baseline == "a"


def test_a_bare_name_is_that_of_a_file_in_scenarios_here_or_above(tmp_path, monkeypatch):
    named = load(SCENARIOS / "one_click.toml")
    assert load("one_click").hash == named.hash
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "mine.toml").write_text((SCENARIOS / "one_click.toml").read_text())
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert load("mine").hash == named.hash
    with pytest.raises(ScenarioError, match=r'no scenario "mien" in .*; did you mean "mine"\?; there are: mine'):
        load("mien")


def test_a_path_is_read_and_set_alike():
    market = load(SCENARIOS / "everyday_low_price.toml")
    tree = market.to_dict()
    for path in ("firms.0.strategy.price", "firms.Our shop.strategy.price", "segments.households.purchase_rate.mean"):
        assert value_at(market.with_changes({path: 0.7}).to_dict(), path) == 0.7 != value_at(tree, path)
    assert value_at(tree, "firms.2.strategy.price") is None
    assert value_at(tree, "market.nothing") is None
    assert value_at(tree, "market.rounds.deep") is None
    assert named(tree, "firms.1.strategy.markup") == "firms.Rival.strategy.markup"
    assert named(tree, "market.rounds") == "market.rounds"


def test_a_folder_is_no_scenario(tmp_path):
    with pytest.raises(ScenarioError, match="is a folder"):
        load(tmp_path)


def test_a_misspelt_file_is_answered_with_the_nearest_one():
    with pytest.raises(ScenarioError, match=r'did you mean ".*airline_fees\.toml"\?'):
        load(SCENARIOS / "airline_fee.toml")


def edge_list(file: str) -> str:
    return f"[network]\nkind = 'edge_list'\nfile = '{file}'\n{TWO_FIRMS}"


def test_an_edge_list_is_found_beside_the_scenario_and_counts_in_the_hash(tmp_path):
    (tmp_path / "ties.txt").write_text("0 1\n")
    (tmp_path / "x.toml").write_text(edge_list("ties.txt"))
    scenario = load(tmp_path / "x.toml")
    assert scenario.edge_list == (tmp_path / "ties.txt").resolve()
    assert scenario.with_changes({"seed": 1}).edge_list == scenario.edge_list
    before = scenario.hash
    (tmp_path / "ties.txt").write_text("0 2\n")
    assert scenario.hash != before


@pytest.mark.parametrize("file", ["/etc/passwd", "../x.txt", "a/../../x.txt", "c:/x.txt", "..\\x.txt"])
def test_an_edge_list_stays_in_the_folder_of_the_scenario(tmp_path, file):
    assert told(edge_list(file), tmp_path)[0].startswith("network.file: ")


def test_an_edge_list_does_not_leave_the_folder_by_a_link(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "ties.txt"
    inside.mkdir()
    outside.write_text("0 1\n")
    (inside / "ties.txt").symlink_to(outside)
    assert "leads out of the scenario's folder" in told(edge_list("ties.txt"), inside)[0]


def test_an_edge_list_that_is_not_there_is_told():
    assert 'there is no file "ties.txt"' in told(edge_list("ties.txt"), SCENARIOS)[0]


# -------------------------------------------------------------------------------------------------------- changes


def test_changes_reach_list_items_by_name_and_by_position():
    scenario = loads(TWO_FIRMS)
    by_name = scenario.with_changes({"firms.Cheap.strategy.price": 4, "segments.customers.openness": 0.5})
    by_position = scenario.with_changes({"firms.1.strategy.price": 4, "segments.0.openness": 0.5})
    assert by_name.firms[1].strategy.price == 4
    assert by_name.hash == by_position.hash != scenario.hash


def test_a_key_not_in_the_file_can_be_changed():
    scenario = loads(TWO_FIRMS).with_changes(
        {"firms.Honest.strategy.listening": 0.1, "segments.customers.price_sensitivity.sigma": 0.5, "seed": 7}
    )
    assert scenario.firms[0].strategy.listening == 0.1
    assert (scenario.segments[0].price_sensitivity.mu, scenario.segments[0].price_sensitivity.sigma) == (0, 0.5)
    assert scenario.seed == 7


def test_a_strategy_table_is_replaced_whole():
    scenario = loads(TWO_FIRMS).with_changes({"firms.Honest.strategy": {"kind": "crm_blaster"}})
    assert (scenario.firms[0].strategy.kind, scenario.firms[0].strategy.price) == ("crm_blaster", 6.5)


def test_a_change_of_kind_alone_keeps_the_other_fields_and_refuses_those_the_new_kind_does_not_know():
    scenario = loads(TWO_FIRMS)
    assert scenario.with_changes({"firms.Cheap.strategy.kind": "crm_blaster"}).firms[1].strategy.price == 5
    scenario = scenario.with_changes({"firms.Cheap.strategy.assortment": 3})
    with pytest.raises(ScenarioError, match=r'"assortment" is not known here; .* replace the whole table'):
        scenario.with_changes({"firms.Cheap.strategy.kind": "crm_blaster"})


@pytest.mark.parametrize(
    "path, message",
    [
        ("firms.2.quality", "firms.2.quality: there is no item 2; there are 2, counted from 0"),
        ("firms.Onest.quality", 'firms.Onest.quality: "Onest" is not a name in this list; allowed: Honest, Cheap'),
        ("markt.rounds", '"markt" is not known here'),
        ("market.rounds.x", "market.rounds"),
        ("seed.x", "seed"),
        ("", "is not known here"),
    ],
)
def test_a_path_that_leads_nowhere_is_told(path, message):
    with pytest.raises(ScenarioError) as caught:
        loads(TWO_FIRMS).with_changes({path: 3})
    assert message in str(caught.value)


def test_changes_are_checked_together_with_the_alternatives():
    scenario = loads('[[alternatives]]\nname = "a"\nset = {"firms.Cheap.quality" = 2}' + TWO_FIRMS)
    with pytest.raises(ScenarioError, match=r"alternatives\.0\.set: firms\.Cheap\.quality"):
        scenario.with_changes({"firms.Cheap.name": "Dear"})


def test_an_alternative_is_the_scenario_with_its_changes_and_focus():
    scenario = loads(
        '[[alternatives]]\nname = "good"\nfocus = "Cheap"\nset = {"firms.Cheap.quality" = 2}\n'
        '[[alternatives]]\nname = "as is"' + TWO_FIRMS
    )
    good = scenario.alternative("good")
    assert (good.firms[1].quality, good.focus, good.alternatives) == (2, "Cheap", ())
    assert (scenario.baseline, scenario.alternative("as is").focus) == ("good", "Honest")
    assert scenario.alternative("as is").hash == scenario.hash
    with pytest.raises(ScenarioError, match=r'"god" is not an alternative here; .* did you mean "good"'):
        scenario.alternative("god")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("market.rounds=60", ("market.rounds", 60)),
        ("market.outside_option = false", ("market.outside_option", False)),
        (
            "firms.Our shop.strategy={kind = 'milker', price = 3}",
            ("firms.Our shop.strategy", {"kind": "milker", "price": 3}),
        ),
        ("firms.A.strategy.kind=crm_blaster", ("firms.A.strategy.kind", "crm_blaster")),
        ('title="a = b"', ("title", "a = b")),
        ("title=1\nseed=2", ("title", "1\nseed=2")),
    ],
)
def test_settings_of_the_command_line_are_read_as_toml_or_else_as_text(text, expected):
    assert parse_setting(text) == expected


@pytest.mark.parametrize("text", ["market.rounds", "=3", ""])
def test_a_setting_without_path_or_value_is_told(text):
    with pytest.raises(ScenarioError, match="write path=value"):
        parse_setting(text)


# -------------------------------------------------------------------------------------------- hash, schema, tables


def test_the_hash_does_not_depend_on_words_order_or_spelt_out_defaults():
    plain = loads(TWO_FIRMS)
    worded = loads(
        'title = "t"\nclaim = "D2"\nfocus = "Cheap"\n[[alternatives]]\nname = "a"\n[market]\nrounds = 120\n'
        "[relationship]\nsearch_effort = 2" + TWO_FIRMS
    )
    assert worded.hash == plain.hash
    assert len(plain.hash) == 64
    assert loads("seed = 1" + TWO_FIRMS).hash != plain.hash


def test_the_committed_schema_is_the_present_one():
    committed = (SCENARIOS / "scenario.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), "write sim.scenario.schema_text() to scenarios/scenario.schema.json"


def test_every_parameter_says_what_it_means_and_keeps_its_own_bounds():
    for declared in parameters():
        assert declared.meaning, declared.path
        assert declared.unit, declared.path
        assert declared.source, declared.path
        if isinstance(declared.default, (int, float)) and declared.low is not None:
            assert declared.low <= declared.default <= (declared.default if declared.high is None else declared.high)


def test_every_parameter_of_a_table_can_be_set_by_its_path():
    defaults = {p.path: p.default for p in parameters() if p.path.startswith(("market.", "relationship.", "learning."))}
    assert defaults
    assert loads(TWO_FIRMS).with_changes(defaults).hash == loads(TWO_FIRMS).hash


def test_a_scenario_can_be_made_of_models_and_reports_its_problems_likewise():
    scenario = loads(TWO_FIRMS)
    assert Scenario(firms=scenario.firms, market=scenario.market).hash == scenario.hash
    with pytest.raises(ScenarioError, match=r'scenario: focus: "X" is not a firm here'):
        Scenario(firms=scenario.firms, focus="X")
