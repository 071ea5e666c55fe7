"""`sim app`: the stepper as a page, used by a browser; nobody without the token sees it."""

import os
from pathlib import Path
from urllib.request import urlopen

import pytest

pytest.importorskip("voila", reason="voila is not installed (extra: notebook)")
pytest.importorskip("anywidget", reason="anywidget is not installed (extra: notebook)")
from walk import walk  # beside this file

from sim.notebook.app import server

SCENARIOS = sorted((Path(__file__).resolve().parents[2] / "scenarios").glob("*.toml"))
CHOSEN = next(file for file in SCENARIOS if file.stem == "everyday_low_price")


def test_a_visitor_steps_compares_and_changes_the_scenario(browser):
    with server(SCENARIOS, CHOSEN) as (address, _):
        for uninvited in (address.partition("?")[0], f"{address}x"):
            with urlopen(uninvited, timeout=30) as answer:  # asks who you are, and shows nothing
                assert "/login?" in answer.url
                assert b"rendered_cells" not in answer.read()
        browser.driver.get(address)
        shots = os.environ.get("SIM_SCREENSHOTS")
        folder = Path(shots) / "app" if shots else None
        if folder:
            folder.mkdir(exist_ok=True)
        walk(browser, folder)
        browser.click(".sim-compare")
        browser.wait("document.querySelector('.sim-comparison img')?.naturalWidth > 500", 120)
        assert not browser.strangers()
        assert not browser.errors()
