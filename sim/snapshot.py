"""What is kept of customers and dyads at the end of a run, and what each firm offered each customer last.

From this the utilities of the next choice can be worked out without the engine (`sim.analysis.choice`).
"""

import numpy as np

from sim import inputs, rules, state
from sim.inputs import Firms
from sim.state import State

PART = 1 << 16  # customers worked on at once: what is computed on the way takes many times the room of what is kept


def customers(s: State) -> dict[str, np.ndarray]:
    """name -> (C,): the rows of `state.CUSTOMER`, segment, supplier, round of birth, and whether in the market.

    Views of the state, where it holds them as they are.
    """
    found = {quantity.name: s.customer[row] for row, quantity in enumerate(state.CUSTOMER)}
    return found | {"segment": s.segment, "supplier": s.supplier, "born": s.born, "active": s.active != 0}


def dyads(s: State) -> dict[str, np.ndarray]:
    """name -> (F, C): what `state.DYAD`, `state.LEDGER` and `state.RECORD` declare as stored, flags, and tastes if any.

    Views of the state, where it holds them as they are.
    """
    found = {quantity.name: s.dyad[row] for row, quantity in enumerate(state.DYAD)}
    found |= {quantity.name: s.ledger[..., row] for row, quantity in enumerate(state.LEDGER)}
    found |= {quantity.name: s.record[..., row] for row, quantity in enumerate(state.RECORD)}
    found |= {quantity.name: (s.flags & 1 << bit) != 0 for bit, quantity in enumerate(state.FLAG)}
    found |= {"taste": s.taste} if s.taste.size else {}
    return found


def offers(s: State, firms: Firms) -> dict[str, np.ndarray]:
    """name -> (F, C), as the firms acted in the last round.

    quoted_price, quoted_surcharge   euro, towards this customer
    contacts                         sent to this customer if it is still open to them, else 0
    belief_distance                  between need and the firm's belief about it, root mean square over the dimensions
    offer_distance                   between need and what this customer would get, likewise; of the middle of the range
    """
    found: dict[str, np.ndarray] = {}
    for first in range(0, s.active.size, PART):
        part = slice(first, first + PART)
        for name, values in _offers(s, firms, part).items():
            found.setdefault(name, np.empty(s.flags.shape, s.dyad.dtype))[:, part] = values
    return found


def _offers(s: State, firms: Firms, part: slice) -> dict[str, np.ndarray]:
    """name -> (F, customers of the part)."""
    flags = s.flags[:, part]
    known = (flags & state.IDENTIFIED) != 0
    reachable = known & ((flags & state.OPTED_OUT) == 0) & (s.active[part] != 0) & (firms.present != 0)[:, None]
    tailored = np.where(known, towards(firms, inputs.PERSONALISATION, s.active.size, part), 0.0)
    pooling, relevance = firms.lever[inputs.POOLING][:, None], firms.trait[inputs.RELEVANCE][:, None]
    from_belief, from_offer = np.zeros(known.shape), np.zeros(known.shape)  # squared distances
    for k in range(len(s.need)):
        need, belief = s.need[k, part].astype(float), s.belief[:, part, k].astype(float)
        believed = rules.pooled.py_func(belief, firms.average[:, k, None], pooling)
        offer = rules.offered.py_func(firms.position[:, k, None], relevance, tailored, believed)
        from_belief += (need - belief) ** 2
        from_offer += (need - offer) ** 2
    return {
        "quoted_price": towards(firms, inputs.PRICE, s.active.size, part),
        "quoted_surcharge": towards(firms, inputs.SURCHARGE, s.active.size, part),
        "contacts": np.where(reachable, towards(firms, inputs.CONTACTS, s.active.size, part), 0.0),
        "belief_distance": np.sqrt(from_belief / len(s.need)),
        "offer_distance": np.sqrt(from_offer / len(s.need)),
    }


def towards(firms: Firms, row: int, customers: int, part: slice = slice(None)) -> np.ndarray:
    """A lever that may be personal as it is towards every customer of the part, (F, C)."""
    lever = np.repeat(firms.lever[row][:, None], len(range(customers)[part]), axis=1)
    for j in np.flatnonzero(firms.slot[row] >= 0):
        lever[j] = firms.personal[firms.slot[row, j], part]
    return lever
