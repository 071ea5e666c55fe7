"""Scenes of the gallery: the commons of the inbox and the talk of a crisis, in small."""

from pathlib import Path

import numpy as np
import pytest

from sim.gallery import scenes
from sim.gallery.document import page, read
from sim.gallery.scenes import SCENES, Moment
from sim.scenario import load

ROOT = Path(__file__).parents[1]


@pytest.fixture
def inbox(monkeypatch):
    """The inbox with few customers, drawn from two runs."""
    monkeypatch.setattr(scenes, "SEEDS", 2)
    return load(ROOT / "scenarios" / "inbox.toml").with_changes({"market.customers": 60, "market.rounds": 12})


def test_stress_grows_with_the_firms_that_write_if_they_cannot_be_stopped(inbox):
    burden = [scenes._by_writers(inbox, writers, scenes.UNSTOPPABLE)[0] for writers in (0, 2, 6)]
    assert burden[0] == 0.0
    assert burden[1] < burden[2]


def test_where_nobody_or_everybody_writes_there_is_nobody_to_compare_with(inbox):
    assert np.isnan(scenes._by_writers(inbox, 0, 1.0)[1])
    assert np.isnan(scenes._by_writers(inbox, 6, 1.0)[2])


def test_who_trusts_less_without_having_bought_has_only_heard():
    met = np.array([True, False, False, True])  # the first met the flaw, the second heard of it
    moment = Moment(2, "later", np.array([0.4, 0.3, 0.6, 0.9]), np.array([0.5, 0.5, 0.6, 0.5]), met)
    assert scenes.only_heard(moment) == pytest.approx((0.5, 0.5))


def test_before_the_flaw_nobody_has_bought_since():
    crisis = load(ROOT / "scenarios" / "chip_flaw.toml").with_changes({"market.customers": 40})
    before, late, gone = scenes.moments(crisis)
    assert not before.met.any()
    assert (before.trust == before.spared).all()
    assert late.trust.mean() < late.spared.mean()
    assert late.met.sum() <= gone.met.sum()
    assert before.round < late.round < gone.round


def test_the_scenes_are_drawn_in_three_panels_and_two(inbox, monkeypatch):
    monkeypatch.setattr(scenes, "USERS", 40)
    crisis = load(ROOT / "scenarios" / "chip_flaw.toml")
    assert len(SCENES["C7"].draw(crisis).axes) == 4  # and the scale of colours
    assert len(SCENES["C1"].draw(inbox).axes) == 2


def test_the_page_shows_a_scene_beside_its_claim():
    findings = read((ROOT / "docs" / "claims.json").read_text(encoding="utf-8"))
    text = page(findings)
    for claim, scene in SCENES.items():
        shown = f"images/claims/{claim}-{scene.name}.png" in text
        assert shown == (claim in {finding.claim for finding in findings})
