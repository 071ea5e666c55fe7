"""What each strategy of the library does, in views and markets small enough to check by hand."""

from typing import Any, Literal

import numpy as np
import pytest

from sim.parameter import parameter
from sim.run import simulate
from sim.scenario import parse
from sim.strategies.adaptive import Adaptive
from sim.strategies.bait_and_harvest import BaitAndHarvest
from sim.strategies.base import FirmView, Levers, Rival, Strategy, registry
from sim.strategies.community import Community
from sim.strategies.grace_then_fee import GraceThenFee
from sim.strategies.imitator import Imitator
from sim.strategies.milker import Milker
from sim.strategies.promoter import Promoter
from sim.strategies.tiered import Tiered


def view(**seen: Any) -> FirmView:
    """A firm that sees this and nothing else; books under `account`, posted levers under `posted`."""
    books = {f"account:{name}": np.array(of, float) for name, of in seen.pop("account", {}).items()}
    books |= {f"posted:{name}": np.array(of, float) for name, of in seen.pop("posted", {}).items()}
    all_ = books | {name: np.array(of) if isinstance(of, list) else of for name, of in seen.items()}
    return FirmView(all_.__getitem__)


def alone(customers: int = 1, rounds: int = 8, segment: dict[str, Any] | None = None, **strategy: Any) -> Any:
    """Results of a firm all to itself, from which everybody buys one unit every round; nothing varies, nothing
    fails.
    """
    return simulate(parse({
        "market": {
            "customers": customers, "rounds": rounds, "outside_option": False, "heterogeneity": 0, "value_noise": 0,
            "turbulence": 0,
        },
        "learning": {"observation_noise": 0},
        "segments": [{"name": "keen", "purchase_rate": 1.0, "talkativeness": 0.0} | (segment or {})],
        "firms": [{"name": "Only", "failure_rate": 0, "strategy": strategy}],
    }))  # fmt: skip


# ------------------------------------------------------------------------------------------------------ transactional


def test_the_grace_period_is_free_and_counts_from_the_first_purchase():
    # strangers have tenure 0; the first purchase is the first of three free rounds, so tenure 3 is the first to pay
    levers = GraceThenFee(free_rounds=3, fee=2.0).decide(view(tenure=[0.0, 1.0, 2.0, 3.0, 40.0]))
    assert levers.surcharge.tolist() == [0.0, 0.0, 0.0, 2.0, 2.0]
    assert levers.memory


def test_the_fee_of_a_grace_period_is_booked_from_the_round_after_it():
    booked = alone(kind="grace_then_fee", price=5.0, free_rounds=3, fee=2.0).accounts
    assert booked["surcharges"][:, 0].tolist() == [0, 0, 0, 2, 2, 2, 2, 2]
    assert booked["sales"][:, 0].tolist() == [5.0] * 8


def test_a_customer_is_baited_then_harvested_then_baited_again_when_it_stays_away():
    # a stranger, a new customer, a used one, one that was last seen six rounds ago, one that was seen seven rounds ago
    seen = view(frequency=[0.0, 3.0, 4.0, 9.0, 9.0], recency=[np.inf, 1.0, 1.0, 6.0, 7.0])
    levers = BaitAndHarvest(bait=4.5, harvest=7.0, purchases=4, patience=6).decide(seen)
    assert levers.price.tolist() == [4.5, 4.5, 7.0, 7.0, 4.5]
    assert levers.list_price == 4.5


def test_a_harvest_begins_after_so_many_purchases():
    booked = alone(kind="bait_and_harvest", bait=4.5, harvest=7.0, purchases=4, rounds=6).accounts
    assert booked["sales"][:, 0].tolist() == [4.5, 4.5, 4.5, 4.5, 7.0, 7.0]
    assert booked["price"][:, 0].tolist() == [4.5] * 6, "only the bait is public"


def test_leaving_a_firm_with_lock_in_costs_its_fee():
    # the rival comes in round 2 and is ten times as good
    results = simulate(parse({
        "market": {"customers": 3, "rounds": 2, "outside_option": False, "choice": "best", "heterogeneity": 0},
        "segments": [{"name": "keen", "purchase_rate": 1.0}],
        "firms": [
            {"name": "Old", "strategy": {"kind": "lock_in", "price": 5.0, "exit_fee": 1.5}},
            {"name": "New", "present_from_start": False, "strategy": {"kind": "everyday_low_price", "price": 0.0}},
        ],
        "events": [{"kind": "entry", "round": 2, "firm": "New"}],
    }))  # fmt: skip
    assert results.accounts["lost"][:, 0].tolist() == [0, 3]
    assert results.accounts["exit_fees"][:, 0].tolist() == [0, 4.5]


def test_a_promotion_comes_at_the_beginning_of_every_period():
    firm = Promoter(price=8.0, depth=0.25, period=3)
    assert [firm.decide(view(round=t)).price for t in range(1, 8)] == [6, 8, 8, 6, 8, 8, 6]


# --------------------------------------------------------------------------------------------------------- relational


def test_an_outcome_partner_is_paid_a_share_of_the_value_in_use():
    results = alone(kind="outcome_partner", outcome_share=0.8, quote=99.0, rounds=1)
    # everybody's need is met exactly and nothing fails: value in use is the base value of 10 euro
    assert results.market["value"][0] == pytest.approx(10.0)
    assert results.accounts["revenue"][0, 0] == pytest.approx(8.0)


def test_a_community_addresses_nobody_and_is_familiar_to_all():
    results = alone(kind="community", content=1.0, customers=3, rounds=1, segment={"purchase_rate": 0.0})
    assert results.accounts["identified"].sum() == results.accounts["contacts"].sum() == 0
    # one round of content, κ_x·χ_1 = 0.2·0.3 of an encounter, without any purchase
    assert results.accounts["purchases"].sum() == 0
    np.testing.assert_allclose(results.dyads["context"], 0.06 * 0.97, rtol=1e-6)  # less a round's decay
    assert Community(content=1.0).decide(view()).content == 1.0


def test_recovery_puts_right_what_is_voiced():
    # every delivery fails; with full trust every failed customer of an open channel speaks up
    results = simulate(parse({
        "market": {"customers": 4, "rounds": 1, "outside_option": False, "heterogeneity": 0, "failure_loss": 4},
        "relationship": {"initial_trust": 1},
        "segments": [{"name": "keen", "purchase_rate": 1.0}],
        "firms": [{"name": "Only", "failure_rate": 1, "strategy": {"kind": "recovery", "care": 1.2}}],
    }))  # fmt: skip
    assert results.accounts["complaints"][0, 0] == 4
    assert results.accounts["compensation"][0, 0] == pytest.approx(4 * 1.2 * 4)


# -------------------------------------------------------------------------------------------------------------- mixed


def tiers(top: float, known: list[bool], margin: list[float]) -> list[bool]:
    return Tiered(top=top).best(view(identified=known, margin=margin)).tolist()


def test_the_best_are_the_known_customers_with_the_highest_margins():
    # 40 % of five known customers are two; a margin below zero ranks below that of a stranger without being one
    margin = [3.0, 9.0, 0.0, -1.0, 7.0, 5.0]
    assert tiers(0.4, [True, True, False, True, True, True], margin) == [False, True, False, False, True, False]


@pytest.mark.parametrize(
    "top, margin, best",
    [
        (0.5, [2.0, 2.0, 2.0, 1.0], [False, False, False, False]),  # three share two places: none has one
        (0.75, [2.0, 2.0, 2.0, 1.0], [True, True, True, False]),
        (0.0, [4.0, 3.0, 2.0, 1.0], [False, False, False, False]),
        (1.0, [1.0, 1.0, 1.0, 1.0], [True, True, True, True]),
    ],
)
def test_customers_with_the_same_margin_are_treated_alike(top, margin, best):
    assert tiers(top, [True] * 4, margin) == best


def test_nobody_is_best_where_nobody_is_known():
    assert tiers(0.5, [False, False], [0.0, 0.0]) == [False, False]


def test_a_tiered_firm_keeps_its_relational_levers_for_the_best():
    levers = Tiered(top=0.5, price=6.0, best_price=7.0, personalisation=0.8, contacts=0.25, care=0.9).decide(
        view(identified=[True, True, False], margin=[1.0, 2.0, 0.0])
    )
    assert levers.price.tolist() == [6.0, 7.0, 6.0]
    assert levers.personalisation.tolist() == [0.0, 0.8, 0.0]
    assert levers.contacts.tolist() == [0.0, 0.25, 0.0]
    assert levers.care.tolist() == [0.0, 0.9, 0.0]
    assert levers.list_price == 6.0


@pytest.mark.parametrize("identified, milks", [([], False), ([4], False), ([4, 5], True), ([5, 4], False)])
def test_a_milker_extracts_once_enough_of_the_market_is_on_its_books(identified, milks):
    levers = Milker(base=0.5, surcharge=1.5).decide(view(account={"identified": identified}, customers=10))
    assert (levers.surcharge > 0) is milks
    assert (levers.listening > 0) is not milks


def test_a_milker_sours_in_the_middle_of_a_run():
    booked = alone(kind="milker", base=1.0, price=5.0, milking_price=6.0, surcharge=2.0, customers=2, rounds=4).accounts
    # all bought, and were identified, in round 1
    assert (booked["revenue"][:, 0] / booked["purchases"][:, 0]).tolist() == [5.0, 8.0, 8.0, 8.0]


ARMS = ("low price", "relational", "fees")


def played(firm: Adaptive, profits: list[float], posted: list[int]) -> str:
    """The arm chosen after these rounds, in which the arms `posted` earned `profits`."""
    arms = firm.arms()
    seen = view(
        round=len(profits) + 1,
        discount_rate=0.0,
        account={"profit": profits},
        posted={name: [getattr(arms[k], name) for k in posted] for name in ("price", "surcharge", "memory")},
    )
    return ARMS[[repr(arm) for arm in arms].index(repr(firm.decide(seen)))]


def test_a_bandit_tries_every_arm_then_plays_the_best_that_is_not_too_uncertain():
    greedy = Adaptive(epoch=1, exploration=0.0)
    assert [played(greedy, [1.0] * n, list(range(n))) for n in range(3)] == list(ARMS)
    assert played(greedy, [1.0, 3.0, 2.0], [0, 1, 2]) == "relational"
    # scaled rewards 0, 1 (eight times), 0.9; with n = 10, sqrt(2·ln 10/n_arm) is 2.15 for an arm tried once and 0.76
    # for one tried eight times: 0.9 + 2.15·0.25 beats 1 + 0.76·0.25
    profits, arms = [0.0] + [10.0] * 8 + [9.0], [0] + [1] * 8 + [2]
    assert played(greedy, profits, arms) == "relational"
    assert played(Adaptive(epoch=1, exploration=0.25), profits, arms) == "fees"


def test_a_bandit_keeps_an_arm_for_an_epoch_and_is_rewarded_for_all_of_it():
    firm = Adaptive(epoch=2, exploration=0.0)
    assert played(firm, [1.0], [0]) == "low price"
    assert played(firm, [1.0, 1.0], [0, 0]) == "relational"
    # per round: low price 5, relational 4, fees 3
    assert played(firm, [0.0, 10.0, 4.0, 4.0, 6.0, 0.0], [0, 0, 1, 1, 2, 2]) == "low price"


def test_a_bandit_in_a_market_learns_from_its_own_books():
    """A captive customer: fees earn 4.5 + 2 − 4, low prices 5 − 4, relationships 5.1 − 4 less their costs."""
    results = alone(kind="adaptive", epoch=2, exploration=0.0, relational_price=5.1, rounds=14)
    surcharged = results.accounts["surcharges"][:, 0] > 0
    assert surcharged.tolist() == [False] * 4 + [True] * 10


def rival(name: str, profit: list[float], strategy: str | None) -> Rival:
    return Rival(name, 5.0, np.array(profit, float), strategy)


def imitated(*rivals: Rival, profit: tuple[float, ...] = (1.0, 1.0), price: tuple[float, ...] = (6.0, 6.0)) -> Levers:
    own = {"price": price, "memory": [0.0] * len(price)}
    return Imitator(price=6.0, window=2).decide(view(rivals=rivals, account={"profit": profit}, posted=own))


class Demanding(Strategy):
    """Cannot be had without settings.

    Source: none, a device of the tests.
    """

    kind: Literal["demanding"] = "demanding"
    price: float = parameter(unit="euro", description="has to be given")

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=self.price)


@pytest.mark.parametrize(
    "rivals, copied",
    [
        ([("A", [2, 2], "lock_in"), ("B", [3, 3], "recovery")], "recovery"),
        ([("A", [9, 9, 2, 2], "lock_in"), ("B", [0, 0, 3, 3], "recovery")], "recovery"),  # the last two rounds count
        ([("A", [2, 2], "lock_in"), ("B", [9], "recovery")], "lock_in"),  # B has published too little
        ([("A", [2, 2], "lock_in"), ("B", [9, 9], "imitator")], "lock_in"),
        ([("A", [2, 2], "lock_in"), ("B", [9, 9], None)], "lock_in"),
        ([("A", [2, 2], "lock_in"), ("B", [9, 9], "demanding")], "lock_in"),
        ([("A", [1, 1], "lock_in")], None),  # no better than its own way
        ([], None),
    ],
)
def test_an_imitator_copies_the_best_it_can_see_and_understand(rivals, copied):
    expected = Levers(price=6.0) if copied is None else registry()[copied]().decide(view())
    assert repr(imitated(*(rival(*of) for of in rivals))) == repr(expected)


def test_an_imitator_remembers_what_its_own_way_earned():
    """It earns more as an imitator than the model does, but less by its own way: it stays with the copy."""
    copied = registry()["lock_in"]()
    levers = imitated(rival("A", [2, 2], "lock_in"), profit=(1.0, 1.0, 9.0, 9.0), price=(6.0, 6.0, 5.5, 5.5))
    assert repr(levers) == repr(copied.decide(view()))


def test_an_imitator_goes_its_own_way_until_it_can_compare():
    assert imitated(rival("A", [9, 9], "lock_in"), profit=(1.0,), price=(6.0,)).exit_fee == 0.0


def test_an_imitator_follows_a_report_with_its_lag():
    """The window is 2 rounds and reports are 3 rounds old: what was earned in rounds 1 and 2 is known in round 5."""
    results = simulate(parse({
        "market": {"customers": 50, "rounds": 8, "report_lag": 3},
        "segments": [{"name": "keen", "purchase_rate": 1.0}],
        "firms": [
            {"name": "Late", "awareness": 0, "strategy": {"kind": "imitator", "price": 6.0, "window": 2}},
            {"name": "Rich", "strategy": {"kind": "lock_in", "price": 5.5}},
        ],
    }))  # fmt: skip
    assert results.accounts["price"][:, 0].tolist() == [6.0] * 4 + [5.5] * 4
