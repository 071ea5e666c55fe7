"""CSV files in which no name becomes a formula, and no number becomes text."""

import pandas as pd
import pytest

from sim.csv_cells import cell, write_frame


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2+3 and more", "@SUM(A1)", '=HYPERLINK("//there","x")', "\t=1"])
def test_a_name_that_a_spreadsheet_would_calculate_has_an_apostrophe_before_it(name):
    assert cell(name) == f"'{name}"


@pytest.mark.parametrize("value", ["low price", "-", "-0.5", "+1e3", "", -0.5, 3, None, "1-2", "a=b"])
def test_numbers_and_other_names_stay_as_they_are(value):
    assert cell(value) == value


def test_a_frame_is_written_with_safe_names_and_the_same_numbers(tmp_path):
    write_frame(pd.DataFrame({"who": ["=1+1", "low"], "profit": [-1.5, 0.1]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "who,profit\n'=1+1,-1.5\nlow,0.1\n"
