"""The life of a customer: what is told is what happened, it adds up, and another world parts where it is made to."""

import re

import numpy as np
import pytest
from typer.testing import CliRunner

import sim
from sim import state
from sim.books import Books
from sim.cli import app
from sim.simulation import Simulation
from sim.stories import NobodyError, StoryError, counterfactual, pick, worlds
from sim.stories.chapter import TERMS
from sim.stories.life import lever_names
from sim.stories.turns import turns
from sim.stories.window import Watched, lifted, own_rows
from sim.stories.words import because, headline, percents, signed

MARKET = """
title = "A small town"
seed = 5
focus = "Shop"
[market]
customers = 60
rounds = 40
turnover = 0.01
[[segments]]
name = "people"
inertia = 0.2
attrition = 0.005
talkativeness = 0.4
contact_tolerance = 0.3
[network]
kind = "watts_strogatz"
[[firms]]
name = "Shop"
failure_rate = 0.2
taste = {dist = "normal", mean = 0.0, sd = 0.3}
strategy = {kind = "learning_relationship", price = 6.5}
[[firms]]
name = "Rival"
awareness = 0.5
strategy = {kind = "fee_extractor"}
[[firms]]
name = "Cage"
strategy = {kind = "lock_in"}
[[events]]
kind = "quality_shock"
firm = "Rival"
round = 12
quality = 0.8
duration = 5
[[alternatives]]
name = "as it is"
[[alternatives]]
name = "cheaper"
set = {"firms.Shop.strategy.price" = 5.0}
"""


@pytest.fixture(scope="module")
def town():
    return sim.loads(MARKET)


@pytest.fixture(scope="module")
def life(town):
    return sim.story(town, max(range(3), key=lambda i: len(sim.story(town, i, rounds=20).purchases)))


def test_watching_a_customer_changes_nothing(town, life):
    """A replay agrees with the compiled driver in every round, or raises; here also with a run nobody watched."""
    plain = Simulation(town)
    plain.advance(town.market.rounds)
    assert own_rows(plain.state, life.customer, plain.round) == life.chapters[-1].bits


@pytest.mark.parametrize("customer", range(0, 60, 7))
def test_every_life_can_be_told(town, customer):
    life = sim.story(town, customer)
    text = life.text()
    assert text.startswith(f"Customer {customer}, A small town")
    assert len(life.chapters) == town.market.rounds
    assert headline(life).startswith(f"Customer {customer} ")


def test_the_contributions_add_up_to_the_difference_that_decided(town, life):
    decided = [chapter.choice for chapter in life.chapters if chapter.choice]
    assert len(decided) > 5
    for choice in decided:
        for option in choice.options:
            assert set(option.terms) <= set(TERMS)
            assert sum(option.terms.values()) == pytest.approx(option.utility, abs=1e-12)
            reasons = choice.reasons(choice.chosen, option.firm)
            assert sum(reasons.values()) == pytest.approx(
                choice.option(choice.chosen).utility - option.utility, abs=1e-12
            )


def test_the_probabilities_follow_from_the_state(town, life):
    """Worked out again in plain NumPy from what lay between customer and firms, and from what the firms asked."""
    p = town.relationship
    lever = {name: row for row, name in enumerate(lever_names())}
    checked = 0
    for chapter in life.chapters:
        if chapter.choice is None or chapter.encounter is None:
            continue
        t = chapter.traits
        ties, offers = chapter.encounter.before, chapter.offers  # nothing changes between choice and encounter
        levers = {name: offers.levers[row] for name, row in lever.items()}
        euro = t["price_sensitivity"] * (1 - p.price_tolerance * t["relational_orientation"] * ties.trust)
        asked = levers["price"] + levers["transparency"] * levers["surcharge"] + ties.expected_surcharge
        effort = (p.search_effort + p.choice_effort * np.log(levers["assortment"])) * (1 - ties.context)
        comfort = p.trust_weight * t["relational_orientation"] * ties.trust
        stress = ties.fatigue.sum()
        overload = max(0.0, stress - t["contact_tolerance"]) / max(stress, 1e-9)
        utility = ties.expectation - euro * asked - effort + comfort - p.fatigue_weight * ties.fatigue * overload
        open_ = ties.identified & ~ties.opted_out
        utility += p.salience * np.where(open_, 1 - np.exp(-chapter.contacts), 0.0)
        utility += [option.terms["taste"] if (option := chapter.choice.option(j)) else 0.0 for j in range(3)]
        if ties.supplier >= 0:
            fee = levers["exit_fee"][ties.supplier]
            utility -= (np.arange(3) != ties.supplier) * (t["inertia"] + t["price_sensitivity"] * fee)
        weight = np.append(np.where(ties.aware & offers.present, np.exp(utility), 0.0), 1.0)
        told = [chapter.choice.option(j) for j in (0, 1, 2, None)]
        np.testing.assert_allclose(
            [option.probability if option else 0.0 for option in told], weight / weight.sum(), rtol=2e-5, atol=1e-9
        )
        checked += 1
    assert checked > 5


def test_the_draw_picks_the_choice_that_is_told(life):
    for chapter in life.chapters:
        if chapter.choice is not None:
            reached = np.cumsum([option.probability for option in chapter.choice.options])
            assert chapter.choice.options[int((reached <= chapter.choice.draw).sum())].firm == chapter.choice.chosen


def test_all_lives_together_are_the_books_of_the_market(town):
    """Every purchase, euro and failure of a market is told in exactly one life."""
    small = town.with_changes({"market.customers": 8, "market.rounds": 15})
    lives = [sim.story(small, i) for i in range(8)]
    simulation = Simulation(small)
    simulation.advance(15)
    books: Books = simulation.books
    for round in range(1, 16):
        had = [life.chapter(round).encounter for life in lives if life.chapter(round).encounter]
        for account, told in (
            ("purchases", lambda e: 1.0),
            ("sales", lambda e: e.price),
            ("surplus", lambda e: e.surplus),
            ("failures", lambda e: e.failed),
            ("compensation", lambda e: e.compensation),
        ):
            sums = [sum(told(e) for e in had if e.firm == j) for j in range(3)]
            np.testing.assert_allclose(sums, books.account(account)[round - 1], atol=1e-9)
        contacts = sum(life.chapter(round).contacts for life in lives)
        np.testing.assert_allclose(contacts, books.account("contacts")[round - 1], atol=1e-9)


def test_what_is_heard_was_said_the_round_before(town):
    lives = {i: sim.story(town, i) for i in range(20)}
    heard = [(life, chapter) for life in lives.values() for chapter in life.chapters if chapter.heard]
    assert len(heard) > 20
    checked = 0
    for life, chapter in heard:
        if chapter.heard.teller not in lives:
            continue
        told = [c for c in lives[chapter.heard.teller].chapters[: chapter.round - 1] if c.encounter]
        assert told[-1].encounter.firm == chapter.heard.firm
        assert told[-1].encounter.value == pytest.approx(chapter.heard.value, rel=1e-6)
        assert chapter.heard.teller != life.customer
        checked += 1
    assert checked > 3


def test_a_lifted_customer_is_a_copy_of_its_rows(town):
    simulation = Simulation(town)
    simulation.advance(6)
    before = state.copy(simulation.state)
    alone = lifted(simulation.state, 17)
    assert own_rows(alone, 17, 6) == own_rows(simulation.state, 17, 6)
    alone.dyad[state.TRUST, 0, 17] = 0.999
    Watched(simulation, 17).stress = 7.0
    for name in state.State._fields:
        np.testing.assert_array_equal(getattr(simulation.state, name), getattr(before, name))


def test_a_finished_run_is_enough(town, tmp_path):
    results = sim.simulate(town, alternative="cheaper", seed=9, rounds=25)
    results.save(tmp_path)
    told = sim.story(sim.Results.load(tmp_path), 11)
    assert told.text() == sim.story(town, 11, alternative="cheaper", seed=9, rounds=25).text()
    assert told.alternative == "cheaper"


def test_phases_are_those_of_the_analysis(town):
    from sim.analysis.phases import PHASES, phases

    market = town.with_changes({"market.turnover": 0.0})
    results = sim.simulate(market, log=True)
    found = phases(results)
    for customer in range(0, 60, 11):
        end = sim.story(market, customer).chapters[-1]
        for firm, label in enumerate(found[:, customer]):
            assert label < 0 or end.phases[firm] == PHASES[label]


# ------------------------------------------------------------------------------------------------- other worlds


def dearer(scenario, round, firm="Shop"):
    strategy = {"kind": "learning_relationship", "price": 9.0}
    event = {"kind": "strategy", "firm": firm, "round": round, "strategy": strategy}
    return scenario.with_changes({"events": [*scenario.to_dict()["events"], event]})


@pytest.mark.parametrize("customer", [2, 17, 40])
def test_lives_part_where_the_strategies_part_and_not_before(town, customer):
    fork = counterfactual(town, customer, dearer(town, 20))
    assert fork.faced.round == 20
    assert "Shop (price 9 instead of 6.5)" in fork.faced.words
    for one, two in zip(fork.fact.chapters[:19], fork.other.chapters[:19], strict=True):
        assert one.bits == two.bits
        assert one.choice == two.choice
    needs = [c.round for c in fork.fact.chapters if c.round >= 20 and c.choice and c.choice.option(0)]
    assert fork.lived is None or fork.lived.round >= 20
    if needs:  # at the latest, a need shows the other price
        assert fork.lived.round <= needs[0]


def test_a_strategy_for_others_only_parts_lives_by_word_of_mouth(town):
    """A firm that the customer cannot notice directly: what others went through reaches it as a message."""
    silent = town.with_changes({"network": {"kind": "none"}, "events": []})
    spike = {"kind": "failure_spike", "firm": "Shop", "round": 15, "failure_rate": 1.0, "duration": 1}
    hit = silent.with_changes({"events": [spike]})
    without = [counterfactual(silent, i, hit) for i in range(12)]
    for fork in without:  # nobody talks: only who bought that month can feel it
        bought = fork.fact.chapter(15).encounter
        assert (fork.lived is not None) == (bought is not None and bought.firm == 0 and not bought.failed)


def test_the_cause_of_the_first_difference_is_named(town):
    """Of everybody who feels a month of failures: a delivery that failed in one world only, or a neighbour's words."""
    spike = {"kind": "failure_spike", "firm": "Shop", "round": 15, "failure_rate": 1.0, "duration": 1}
    hit = town.with_changes({"events": [*town.to_dict()["events"], spike]})
    log = sim.simulate(town, rounds=15, log=True).log
    buyers = log["customer"][(log["round"] == 15) & (log["firm"] == 0)]
    causes = set()
    for customer in (*buyers[:3].tolist(), 2, 17, 40):
        fork = counterfactual(town, customer, hit)
        if fork.lived is None:
            continue
        one, two = (life.chapter(fork.lived.round) for life in (fork.fact, fork.other))
        words = fork.lived.words
        if "by word of mouth" in words:
            heard = one.heard or two.heard
            assert (one.heard is None) != (two.heard is None) or one.heard[:5] != two.heard[:5]
            assert f"customer {heard.teller} tells it of {fork.fact.firms[heard.firm]}" in words
            causes.add("heard")
        elif one.encounter and two.encounter and one.encounter.failed != two.encounter.failed:
            assert "it chooses Shop in both worlds, but Shop's delivery fails in the other world only (value " in words
            assert fork.lived.brief == "Shop's delivery fails in the other world only"
            causes.add("failed")
        assert "what follows differs" not in words
    assert causes == {"heard", "failed"}


def test_other_prices_and_amends_are_named(town):
    generous = town.with_changes({"firms.Shop.strategy.care": 1.0, "firms.Shop.failure_rate": 1.0})
    mean = generous.with_changes({"firms.Shop.strategy.care": 0.2})
    complained = np.flatnonzero(sim.simulate(mean, rounds=10).dyads["complaints"][0])[:4]
    found = [counterfactual(mean, i, generous, rounds=10).lived.words for i in complained]
    assert any("Shop makes good 0.80 euro, in the other world 4.00" in words for words in found)
    assert "price of Shop counts −" in counterfactual(town, 2, "cheaper").lived.words


def test_a_world_without_a_difference_has_no_parting(town):
    fork = counterfactual(town, 3, town)
    assert fork.faced is fork.lived is None
    assert "the same to this customer" in str(fork)
    assert str(worlds(town, town, rounds=5)).endswith("the same market, to the last bit.")


def test_other_rules_are_a_parting_from_the_start(town):
    fork = counterfactual(town, 3, town.with_changes({"learning.trust_loss": 0.9}), rounds=10)
    assert fork.faced.round == 1
    assert "trust loss 0.9 instead of 0.25" in fork.faced.words


@pytest.mark.parametrize(
    "change",
    [
        {"relationship.context_decay": 0.2},  # not a number of the kernels: it is in the powers
        {"learning.forgetting": 0.1},
        {"mechanisms.trust": False},
        {"firms.Rival.awareness": 1.0},
        {"segments.people.talkativeness": 0.9},
    ],
)
def test_no_difference_goes_unnoticed(town, change):
    fork = counterfactual(town, 17, town.with_changes(change))
    same = all(one.bits == two.bits for one, two in zip(fork.fact.chapters, fork.other.chapters, strict=True))
    assert same or (fork.faced is not None and fork.lived is not None)
    assert worlds(town, town.with_changes(change), rounds=20).acted == 1


def test_customers_whose_own_needs_differ_are_not_said_to_be_touched_by_outreach(town):
    found = worlds(town, town.with_changes({"market.turbulence": 0.5}), rounds=10)
    assert found.route[-1].tolist() == [0, 0, 0, found.customers]
    assert "first 100% by own needs" in " ".join(found.text().split())


def test_markets_part_in_the_round_of_the_first_different_act(town):
    found = worlds(town, dearer(town, 20))
    assert found.acted == 20
    assert "price 9 instead of 6.5" in found.cause
    assert found.parted >= 20
    touched = found.route.sum(axis=1)
    assert not touched[: found.parted - 1].any()
    assert (np.diff(touched) >= 0).all()
    one, two = Simulation(town), Simulation(dearer(town, 20))
    one.advance(found.parted)
    two.advance(found.parted)
    differs = np.zeros(60, bool)
    for name in ("dyad", "settled", "ledger", "record", "belief", "customer", "supplier", "flags"):
        a, b = state.by_customer(one.state, name), state.by_customer(two.state, name)
        differs |= (a != b).reshape(-1, 60).any(axis=0)
    assert set(np.flatnonzero(differs)) <= set(found.first)


def test_worlds_with_other_firms_cannot_be_compared(town):
    other = town.with_changes({"market.customers": 61})
    with pytest.raises(StoryError, match="differ in their customers"):
        counterfactual(town, 3, other)


# --------------------------------------------------------------------------------------------- picks and pictures


def test_picked_customers_are_what_they_are_picked_for(town):
    s = town.with_changes({"market.turnover": 0.0, "market.customers": 200})
    valuable, betrayed, hostage = (sim.story(s, pick=kind) for kind in ("valuable", "betrayed", "hostage"))
    assert sim.simulate(s).dyads["margin"][0].argmax() == valuable.customer
    assert "nobody has brought Shop more" in valuable.why
    trust = np.array([chapter.after.trust for chapter in betrayed.chapters])
    assert (trust.max(axis=0) - trust[-1]).max() > 0.2
    assert hostage.chapters[-1].after.supplier >= 0
    assert "though " in hostage.why


def leavings(life):
    """(round, firm, purchases in a row) of every time it went to another firm."""
    row = 0
    for chapter in life.purchases:
        e = chapter.encounter
        if e.left is not None:
            yield chapter.round, e.left, row
        row = row + 1 if e.left is None else 1


def test_who_left_is_the_last_to_have_left_the_firm_in_focus_after_five_purchases_in_a_row(town):
    s = town.with_changes({"market.turnover": 0.0, "market.customers": 200, "focus": "Cage"})
    life = sim.story(s, pick="left")
    round, firm, row = [one for one in leavings(life) if one[2] >= 5][-1]
    assert f"it left {life.firms[firm]} in round {round} of 40, after {row} purchases in a row (trust 0." in life.why
    after = [chapter.encounter.firm for chapter in life.purchases if chapter.round >= round]
    assert firm not in after
    assert len(after) >= 2
    assert life.firms[firm] == "Cage"
    for other in range(0, 200, 9):  # nobody left it later, and stayed away
        told = sim.story(s, other)
        for later, left, row in leavings(told):
            gone = [c.encounter.firm for c in told.purchases if c.round >= later]
            assert later <= round or left != 2 or row < 5 or 2 in gone or len(gone) < 2


def test_where_nobody_fits_it_is_said(town):
    with pytest.raises(NobodyError, match="nobody fits in 2 rounds: the customer that left a firm last, after five"):
        sim.story(town, pick="left", rounds=2)


def test_an_unknown_kind_is_answered_with_those_there_are(town):
    with pytest.raises(StoryError, match="left, valuable, betrayed, hostage"):
        pick(town, "richest")


def test_the_strip_draws_every_choice(town, life):
    figure = life.picture()
    assert len(figure.axes) == 5
    lanes = figure.axes[0]
    options = sum(len(chapter.choice.options) for chapter in life.chapters if chapter.choice)
    failed = sum(e.failed for c in life.chapters if (e := c.encounter))
    assert len(lanes.collections) >= options + failed
    assert [label.get_text() for label in lanes.get_yticklabels()] == ["Shop", "Rival", "Cage", "nothing"]


def test_both_strips_share_their_scales_their_firm_and_their_dashes(town):
    fork = counterfactual(town, 17, town.with_changes({"firms.Shop.strategy": {"kind": "fee_extractor"}}))
    figure = fork.picture()
    assert len(figure.axes) == 10
    for row in range(1, 5):
        assert figure.axes[row].get_ylim() == figure.axes[5 + row].get_ylim()
    about = [
        {one.get_text() for one in ax.texts if "against" in one.get_text()} for ax in (figure.axes[1], figure.axes[6])
    ]
    assert about[0] == about[1] != set()
    for one, two in zip(figure.axes[2].lines[:3], figure.axes[7].lines[:3], strict=True):
        assert one.get_linestyle() == two.get_linestyle()
    ticks = figure.axes[4].get_xticks()
    assert (ticks == ticks.round()).all()


def test_the_picture_shows_hearsay_as_the_text_tells_it(town):
    lives = [sim.story(town, i) for i in (2, 17, 40)]
    signs = {"well": "^", "evenly": "o", "badly": "v"}
    counted = dict.fromkeys(signs, 0)
    for life in lives:
        lines = [line for line in life.picture().axes[0].lines if line.get_markersize() == 5]
        text = life.text((1, 40)).replace("\n", " ")
        for word, sign in signs.items():
            assert text.count(f" speaks {word} of ") == sum(line.get_marker() == sign for line in lines)
            counted[word] += text.count(f" speaks {word} of ")
    assert all(counted.values()), counted


# ------------------------------------------------------------------------------------------------- command line


def tell(*arguments):
    return CliRunner().invoke(app, ["story", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "town.toml"
    path.write_text(MARKET, encoding="utf-8")
    return path


def test_the_command_tells_and_draws(file, tmp_path):
    out = tmp_path / "out"
    done = tell(file, "--customer", 17, "--rounds", "5:20", "--out", out)
    assert done.exit_code == 0, done.stderr
    assert "Customer 17, A small town" in done.stdout
    assert {path.name for path in out.iterdir()} == {"story.txt", "picture.png"}
    assert "Round 21." not in (out / "story.txt").read_text(encoding="utf-8")
    again = tell(file, "--customer", 17, "--out", out)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert tell(file, "--pick", "betrayed", "--out", out, "--force").exit_code == 0


def test_the_command_shows_the_other_world(file, tmp_path):
    out = tmp_path / "out"
    done = tell(file, "--customer", 17, "--against", "cheaper", "--out", out)
    assert done.exit_code == 0, done.stderr
    assert "The whole market. The worlds begin to differ in round 1" in done.stdout
    assert {path.name for path in out.iterdir()} == {"story.txt", "picture.png", "market.txt", "market.png"}
    changed = tell(file, "--customer", 17, "--against", "firms.Shop.failure_rate=0.9", "--out", tmp_path / "b")
    assert "failure rate 0.9 instead of 0.2" in changed.stdout.replace("\n", " ")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("--customer", "60"), "there is no customer 60; this market has 0 to 59"),
        (("--customer", "1", "--pick", "left"), "give one of them"),
        (("--pick", "best"), "left, valuable, betrayed, hostage"),
        (("--customer", "1", "--rounds", "9-12"), "as 10:40"),
        (("--customer", "1", "--rounds", "30:10"), "rounds 30:10"),
        (("--customer", "1", "--against", "cheeper"), "cheaper"),
    ],
)
def test_mistakes_are_answered_in_words(file, tmp_path, arguments, words):
    done = tell(file, *arguments, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("span", ["400:500", "0:5", "30:41"])
def test_rounds_that_there_are_not_are_answered_with_those_there_are(file, tmp_path, span):
    done = tell(file, "--customer", "1", "--rounds", span, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stderr == f"--rounds {span}: this market has the rounds 1 to 40\n"


def test_the_command_says_why_a_customer_was_picked_and_keeps_all_of_its_life(file, tmp_path):
    done = tell(file, "--pick", "valuable", "--out", tmp_path / "out")
    assert "It was picked because nobody has brought Shop more" in done.stdout.replace("\n", " ")
    assert "Left out here: rounds" in done.stdout
    kept = (tmp_path / "out" / "story.txt").read_text(encoding="utf-8")
    assert "Left out here" not in kept
    assert "\nRound 40. " in kept or "to 40. No need" in kept
    both = tell(file, "--pick", "valuable", "--against", "cheaper", "--out", tmp_path / "both")
    assert "It was picked because" in both.stdout.replace("\n", " ")


# ------------------------------------------------------------------------------------------------- plain sentences


def told_of(life):
    return " ".join(life.text((1, len(life.chapters))).split())


def test_who_buys_nothing_is_not_said_to_choose_nobody(town):
    text = told_of(sim.story(town, 2))
    assert "It buys nothing" in text
    assert "buying nothing 1" in text
    assert "nobody" not in text


def test_chances_add_up_to_a_hundred(town):
    for customer in range(0, 60, 20):
        for likely in re.findall(r"Likely: (.*?)\. It ", told_of(sim.story(town, customer))):
            assert sum(map(int, re.findall(r"(?<!under )(\d+)%", likely))) == 100
    assert percents([0.335, 0.335, 0.33]) == ["34%", "33%", "33%"]
    assert percents([0.996, 0.004]) == ["100%", "under 1%"]


def test_a_reader_gets_from_utils_to_probabilities(town):
    """The factor told, to the power of the difference told, is the ratio of the probabilities."""
    life = sim.story(town.with_changes({"market.choice_precision": 0.25}), 2)
    assert "1.28 times as likely for every util more (e to the power of 0.25" in told_of(life)
    choice = next(chapter.choice for chapter in life.chapters if chapter.choice)
    one, two = choice.options[:2]
    ratio = np.exp(0.25) ** (one.utility - two.utility)
    assert one.probability / two.probability == pytest.approx(ratio)
    assert "2.72 times as likely for every util more." in told_of(sim.story(town, 2))
    best = told_of(sim.story(town.with_changes({"market.choice": "best"}), 2))
    assert "the option with the most is chosen" in best


def test_nothing_is_told_with_a_sign():
    assert (signed(-0.001), signed(0.004), signed(-0.006), signed(1.2)) == ("0.00", "0.00", "−0.01", "+1.20")
    assert because({"price": 1.0, "effort": -0.001}) == "price +1.00"


def test_a_complaint_that_raises_what_is_expected_is_explained(town):
    texts = " ".join(told_of(sim.story(town, i)) for i in range(0, 60, 4))
    found = re.findall(r"speaks badly of \w+ \([^)]*\)([^;]*); expected value (\S+) → (\S+),", texts)
    assert any(words for words, _, _ in found)
    for words, before, after in found:
        assert bool(words) == (float(after) > float(before))


def test_a_long_life_begins_with_its_turning_points_and_says_what_it_leaves_out(town, life):
    text = life.text()
    assert "\n\nTurning points:\n  round " in text
    assert "first purchase, from " in text
    left = re.search(r"Left out here: rounds (\d+) to 40\. In Python \.text\(\((\d+), 40\)\)", " ".join(text.split()))
    assert left[1] == left[2]
    assert f"Round {left[1]}" not in text
    whole, rest = life.text((1, 40)), life.text((int(left[1]), 40))
    assert len(whole) > 1.5 * len(text)
    assert f"Round {left[1]}" in whole
    assert f"Round {left[1]}" in rest
    assert "Turning points" not in life.text((1, 3))


def test_turning_points_are_where_they_are_said_to_be(town, life):
    found = turns(life, 1, 40)
    assert [round for round, _ in found] == sorted(round for round, _ in found)
    assert (life.purchases[0].round, f"first purchase, from {life.firms[life.purchases[0].encounter.firm]}") in found
    trusts = [max(c.after.trust[c.after.purchases > 0], default=0.0) for c in life.chapters]
    assert (int(np.argmax(trusts)) + 1, "highest") in [(n, w.split()[3].strip(",")) for n, w in found if "at its" in w]


# ----------------------------------------------------------------------------------------------------- in a notebook


def test_a_story_is_asked_for_as_the_command_asks():
    one, two = (
        sim.story("everyday_low_price", 3, rounds=4),
        sim.story(sim.load("everyday_low_price"), customer=3, rounds=4),
    )
    assert str(one) == str(two) == repr(two)


@pytest.mark.parametrize(
    "ask, words",
    [
        (lambda town: sim.story(town, "seventeen"), "there is no customer 'seventeen'; this market has 0 to 59"),
        (lambda town: sim.story(town, 3.5), "there is no customer 3.5; this market has 0 to 59"),
        (lambda town: sim.story(town, -1), "there is no customer -1; this market has 0 to 59"),
        (lambda town: sim.story(town), 'Give customer (0 to 59) or pick ("left", "valuable", "betrayed", "hostage")'),
        (lambda town: sim.story(town, 1, pick="left"), "one of the two"),
        (lambda town: sim.story(town, pick="lefd"), 'allowed: left, valuable, betrayed, hostage; did you mean "left"?'),
        (lambda town: sim.story(town, 1, rounds="ten"), "rounds is 'ten', not a whole number; allowed: 1 or more"),
        (lambda town: sim.story(town, 1, rounds=0), "rounds is 0; allowed: 1 or more"),
        (lambda town: sim.story(town, 1, seed="x"), "seed is 'x', not a whole number; allowed: 0 to "),
        (lambda town: sim.story(5, 1), 'expected a scenario, or the name or path of one such as "everyday_low_price"'),
        (lambda town: sim.story("everyday_low_prise", 1), 'did you mean "everyday_low_price"?'),
        (lambda town: counterfactual(town, 1, 5), "give a scenario, or the name of an alternative"),
    ],
)
def test_a_wrong_question_is_answered_in_words_without_the_way_through_our_code(town, ask, words):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is told by its words
        ask(town)
    assert words in str(caught.value)
    assert len(caught.value._render_traceback_()) <= 3


def test_where_nothing_tells_two_firms_apart_the_story_says_so():
    alike = """
    [market]
    customers = 1
    rounds = 1
    outside_option = false
    [[segments]]
    name = "people"
    purchase_rate = 1
    [[firms]]
    name = "Left"
    strategy = {kind = "everyday_low_price"}
    [[firms]]
    name = "Right"
    strategy = {kind = "everyday_low_price"}
    """
    told = " ".join(sim.story(sim.loads(alike), 0).text().split())
    assert "nothing tells it from" in told
    assert "utils: ." not in told
