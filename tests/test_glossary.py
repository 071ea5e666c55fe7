"""Every number has a definition, a unit, a source, and a place in the documentation where they stand."""

import re
from pathlib import Path

import pytest

from sim.analysis.glossary import NEEDS, TABLES, books, glossary, measures, tables
from sim.analysis.metrics import METRICS
from sim.analysis.readable import described, first_sentence
from sim.results import ACCOUNTS, MARKET

PAGE = (Path(__file__).resolve().parent.parent / "docs/measures.md").read_text(encoding="utf-8")
TERMS = glossary()


def test_every_recorded_and_every_computed_number_has_a_term():
    assert set(METRICS) <= set(TERMS)
    assert {f"account-{name}" for name in ACCOUNTS} | {f"market-{name}" for name in MARKET} <= set(TERMS)
    assert len(TERMS) == len(METRICS) + len(TABLES) + len(ACCOUNTS) + len(MARKET)  # none hides another
    assert len(TERMS) == len(measures()) + len(tables()) + len(books())


@pytest.mark.parametrize("name", TERMS)
def test_a_term_says_what_it_is_and_leads_to_where_it_is_defined(name):
    term = TERMS[name]
    assert term.definition.endswith("."), term.definition
    assert not re.match(r"\(|[a-z]", term.definition), "a sentence begins with a capital letter, not with a shape"
    assert all((term.label, term.unit, term.of, term.source))
    assert term.needs in NEEDS
    page, _, anchor = term.anchor.partition("#")
    assert (page, anchor) == ("measures.md", name)
    assert f"### {name}\n" in PAGE or f'<a id="{name}"></a>' in PAGE


@pytest.mark.parametrize("name", METRICS)
def test_a_measure_bears_the_name_of_its_function(name):
    assert METRICS[name].function.__name__ == name
    assert METRICS[name].anchor == TERMS[name].anchor


def test_a_definition_is_the_first_sentence_of_the_docstring():
    def made_up() -> None:
        """(F, C) worth of 0.5 euro, e.g. of a cup. It is NaN without any.

        cup, mug   what is
                   counted
        """

    assert (
        described(made_up)
        == "Worth of 0.5 euro, e.g. of a cup. It is NaN without any.\n\n- `cup, mug`: what is counted"
    )
    assert first_sentence(described(made_up)) == "Worth of 0.5 euro, e.g. of a cup."


def test_units_are_those_that_numbers_can_be_printed_in():
    # `readable` writes euro, shares and plain numbers; anything else must be meant
    units = {term.unit for name, term in TERMS.items() if name in METRICS}
    plain = {"0 to 1", "1", "rounds", "contacts", "customers", "units of need", "share"}
    assert {unit for unit in units if not unit.startswith("euro")} <= plain
