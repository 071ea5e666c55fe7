"""Every array that changes during a run, declared once: name, symbol, unit, meaning.

Arrays are firm-major, customers last, so that loops over customers run through memory in order; `array.T` is the
customer × firm view without a copy. What only encounters and messages touch, for a few customers here and there, is
kept customer by customer (INTERLEAVED), so that all of it comes from memory at once. Real numbers are stored in single
precision and computed in double: a dyad costs 59 bytes with four need dimensions. `precision="double"` stores doubles,
to check that a finding does not hang on it.

Context and expectation fade on access: what is stored holds at the start of round `settled`, and `context_at` and
`expectation_at` give the values of any later round.
"""

from typing import NamedTuple

import numpy as np

from sim import rules
from sim.compiled import kernel


class Quantity(NamedTuple):
    """One declared quantity of the state; the tables of docs/model.md are made from these."""

    name: str
    symbol: str
    unit: str
    meaning: str


CUSTOMER = (
    Quantity("price_sensitivity", "α", "1/euro", "utils lost per euro paid"),
    Quantity("relational_orientation", "ρ", "share", "how much trust counts for this customer"),
    Quantity("openness", "d", "share", "disclosed of a need without any trust"),
    Quantity("contact_tolerance", "κ", "contacts", "fatigue from all firms together that is borne without annoyance"),
    Quantity("purchase_rate", "λ", "1/round", "probability that a need arises"),
    Quantity("inertia", "ι", "utils", "penalty of any firm but the present supplier"),
    Quantity("talkativeness", "ω", "1/round", "probability of hearing a neighbour's last message"),
    Quantity("attrition", "p_a", "1/encounter", "probability of leaving the market for good after an encounter"),
    Quantity("aspiration", "a", "euro", "surplus it has come to expect"),
    Quantity("stress", "S", "contacts", "fatigue from all firms together"),
)
(
    PRICE_SENSITIVITY, RELATIONAL_ORIENTATION, OPENNESS, CONTACT_TOLERANCE, PURCHASE_RATE, INERTIA, TALKATIVENESS,
    ATTRITION, ASPIRATION, STRESS,
) = range(len(CUSTOMER))  # fmt: skip
TRAITS = CUSTOMER[:ASPIRATION]

DYAD = (
    Quantity("expectation", "v̂", "euro", "value in use the customer expects of the firm, when settled"),
    Quantity("expected_surcharge", "ê", "euro", "undisclosed surcharge the customer expects"),
    Quantity("trust", "τ", "share", "the customer's trust in the firm"),
    Quantity("context", "x", "share", "context the two share, when settled"),
    Quantity("fatigue", "f", "contacts", "irrelevant contacts of the firm still on the customer's mind"),
)
EXPECTATION, EXPECTED_SURCHARGE, TRUST, CONTEXT, FATIGUE = range(len(DYAD))

LEDGER = (
    Quantity("revenue", "", "euro", "paid by the customer to the firm to date"),
    Quantity("margin", "", "euro", "revenue less the cost of units and their tailoring and compensation to date"),
    Quantity("surplus", "", "euro", "surplus of the customer from the firm to date"),
)
REVENUE, MARGIN, SURPLUS = range(len(LEDGER))

RECORD = (
    Quantity("purchases", "n", "purchases", "encounters to date"),
    Quantity("first_round", "", "round", "round of the first encounter, 0 = never"),
    Quantity("last_round", "", "round", "round of the last encounter, 0 = never"),
    Quantity("complaints", "", "complaints", "voiced failures to date"),
)
PURCHASES, FIRST_ROUND, LAST_ROUND, COMPLAINTS = range(len(RECORD))

MESSAGE = (
    Quantity("value", "v′", "euro", "value in use of the sender's last encounter"),
    Quantity("trust", "τ′", "share", "the sender's trust after it"),
    Quantity("evidence", "z′", "share", "its evidence of goodwill"),
)
TOLD_VALUE, TOLD_TRUST, TOLD_EVIDENCE = range(len(MESSAGE))

FLAG = (
    Quantity("aware", "A", "bit 1", "the customer knows the firm"),
    Quantity("identified", "I", "bit 2", "the firm knows the customer"),
    Quantity("opted_out", "", "bit 4", "the customer has shut the channel"),
)
AWARE, IDENTIFIED, OPTED_OUT = 1, 2, 4
MUTUAL = AWARE | IDENTIFIED

LAST_POSSIBLE_ROUND = 32_000  # rounds are stored in 16 bits
INTERLEAVED = ("message", "ledger", "record", "belief")  # customers are their last axis but one; see by_customer


class State(NamedTuple):
    """The arrays themselves, for C customers, F firms and K dimensions of need; passed whole to the kernels."""

    customer: np.ndarray  # (10, C) real, rows of CUSTOMER
    need: np.ndarray  # (K, C) real
    message: np.ndarray  # (2, C, 3) real, columns of MESSAGE; [round % 2] is written, the other one is heard
    told: np.ndarray  # (2, C) int16, firm of the message, −1 = silent
    supplier: np.ndarray  # (C,) int16, firm of the last purchase, −1 = none
    segment: np.ndarray  # (C,) int16
    active: np.ndarray  # (C,) uint8, 0 once the customer has left the market
    born: np.ndarray  # (C,) int16, round at whose start the customer came, 1 = from the beginning
    dyad: np.ndarray  # (5, F, C) real, rows of DYAD
    settled: np.ndarray  # (F, C) int16, round at whose start the stored context and expectation hold
    ledger: np.ndarray  # (F, C, 3) real, columns of LEDGER
    record: np.ndarray  # (F, C, 4) int16, columns of RECORD
    flags: np.ndarray  # (F, C) uint8, bits of FLAG
    belief: np.ndarray  # (F, C, K) real, what the firm believes the customer needs
    taste: np.ndarray  # (F, C) real, or (0, C) where no firm declares tastes
    contacted: np.ndarray  # (F,) uint8, 1 once the firm has ever contacted anybody


def empty(customers: int, firms: int, dimensions: int, tastes: bool, precision: str = "single") -> State:
    """Arrays for C customers, F firms and K dimensions; `population.arrive` makes customers of them."""
    real = {"single": np.float32, "double": np.float64}[precision]
    return State(
        customer=np.zeros((len(CUSTOMER), customers), real),
        need=np.zeros((dimensions, customers), real),
        message=np.zeros((2, customers, len(MESSAGE)), real),
        told=np.full((2, customers), -1, np.int16),
        supplier=np.full(customers, -1, np.int16),
        segment=np.zeros(customers, np.int16),
        active=np.ones(customers, np.uint8),
        born=np.ones(customers, np.int16),
        dyad=np.zeros((len(DYAD), firms, customers), real),
        settled=np.zeros((firms, customers), np.int16),
        ledger=np.zeros((firms, customers, len(LEDGER)), real),
        record=np.zeros((firms, customers, len(RECORD)), np.int16),
        flags=np.zeros((firms, customers), np.uint8),
        belief=np.zeros((firms, customers, dimensions), real),
        taste=np.zeros((firms if tastes else 0, customers), real),
        contacted=np.zeros(firms, np.uint8),
    )


def by_customer(state: State, name: str) -> np.ndarray:
    """A view of one of the arrays with customers last, whether or not it is INTERLEAVED."""
    array = getattr(state, name)
    return np.moveaxis(array, -2, -1) if name in INTERLEAVED else array


def copy(state: State) -> State:
    """An independent copy."""
    return State(*(array.copy() for array in state))


def fading(context_decay: float, forgetting: float, rounds: int) -> np.ndarray:
    """Powers (2, rounds + 2): row 0 (1−δ_x)^k, row 1 (1−φ)^k, by repeated multiplication."""
    steps = np.ones((2, rounds + 2))
    steps[0, 1:], steps[1, 1:] = 1.0 - context_decay, 1.0 - forgetting
    return np.multiply.accumulate(steps, axis=1)


@kernel
def context_at(state, powers, round, now):
    """Write the context x of every dyad at the start of `round` into now, (F, C) float64; the state stays as it is."""
    firms, customers = state.flags.shape
    for j in range(firms):
        for i in range(customers):
            age = round - np.int64(state.settled[j, i])
            now[j, i] = rules.faded_context(np.float64(state.dyad[CONTEXT, j, i]), powers[0, max(age, 0)])


@kernel
def expectation_at(state, powers, prior, round, now):
    """Write the expectation v̂ of every dyad at the start of `round`, euro, into now, (F, C) float64."""
    firms, customers = state.flags.shape
    for j in range(firms):
        for i in range(customers):
            age = round - np.int64(state.settled[j, i])
            stored = np.float64(state.dyad[EXPECTATION, j, i])
            now[j, i] = rules.faded_expectation(stored, prior, powers[1, max(age, 0)])
