"""Results survive the disk to the last bit, and measures agree with numbers worked by hand."""

import math
import subprocess
import sys
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from synthetic import make_results

from sim.analysis import accounts, metrics
from sim.analysis.metrics import readable, readable_interval
from sim.analysis.statistics import Interval, interval, lead_changes, paired, variance_reduction
from sim.results import Results, ResultsError

# ------------------------------------------------------------------------------------------------------------- files


def test_every_bit_of_a_result_survives_the_round_trip(tmp_path):
    odd = [[math.pi, -0.0], [1.7976931348623157e308, -1e-300], [5e-324, 0.1 + 0.2]]
    books = {"price": [[math.nan, 7.5]] * 3}  # the first firm is not in the market yet
    log = {"customer": np.array([3, 1], np.int32), "price": np.array([0.1, 7.5])}
    dyads = {"trust": np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], np.float32)}
    before = make_results(odd, seed=2**63 - 1, alternative="günstig", log=log, dyads=dyads, accounts=books)

    after = Results.load(before.save(tmp_path))

    for group in ("accounts", "market", "dyads", "log"):
        ours, theirs = getattr(before, group), getattr(after, group)
        assert list(ours) == list(theirs)
        for name in ours:
            assert ours[name].dtype == theirs[name].dtype
            assert ours[name].tobytes() == theirs[name].tobytes()
    assert after.customers is None
    for name in ("scenario", "alternative", "seed", "rounds", "firms", "strategies", "provenance"):
        assert getattr(after, name) == getattr(before, name)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_run_with_a_profit_that_is_no_number_is_refused_when_read(tmp_path, number):
    file = make_results([[1.0, 2.0], [3.0, number]]).save(tmp_path)
    with pytest.raises(ResultsError, match=rf"damaged: accounts/profit holds {number} \(first at \[1, 1\]\)"):
        Results.load(file)


def test_the_same_result_gives_the_same_file(tmp_path):
    one, other = make_results().save(tmp_path / "one.npz"), make_results().save(tmp_path / "other.npz")
    assert one.read_bytes() == other.read_bytes()


def test_a_file_is_never_overwritten_unasked(tmp_path):
    make_results(seed=1).save(tmp_path)
    with pytest.raises(ResultsError, match="exists already"):
        make_results(seed=2).save(tmp_path)
    assert Results.load(tmp_path).seed == 1
    make_results(seed=2).save(tmp_path, overwrite=True)
    assert Results.load(tmp_path).seed == 2


def test_a_failed_save_leaves_nothing_behind(tmp_path):
    bad = make_results(log={"firm": np.array([{}], dtype=object)})
    with pytest.raises(ResultsError, match="Python objects"):
        bad.save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_saving_below_a_file_says_so(tmp_path):
    (tmp_path / "note").write_text("")
    with pytest.raises(ResultsError, match="cannot be written"):
        make_results().save(tmp_path / "note")


def test_any_damaged_byte_is_noticed_or_harmless(tmp_path):
    file = make_results().save(tmp_path)
    whole = file.read_bytes()
    for position in range(0, len(whole), 61):
        file.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        with suppress(ResultsError):  # any other error fails the test
            assert Results.load(file).accounts["profit"].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("length", [0, 1, 100, 5000])
def test_a_truncated_file_is_called_damaged(tmp_path, length):
    file = make_results().save(tmp_path)
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(ResultsError, match="damaged"):
        Results.load(file)


def test_foreign_files_are_recognised(tmp_path):
    np.savez(tmp_path / "foreign.npz", a=np.ones(3))
    np.savez(tmp_path / "pickle.npz", metadata=np.array([{}], dtype=object))
    np.savez(tmp_path / "other.npz", metadata=np.array('{"format": "something else"}'))
    with zipfile.ZipFile(tmp_path / "empty.npz", "w"):
        pass
    for name, why in (
        ("foreign", "no metadata"),
        ("pickle", "damaged"),
        ("other", "not written"),
        ("empty", "no meta"),
    ):
        with pytest.raises(ResultsError, match=why):
            Results.load(tmp_path / f"{name}.npz")
    with pytest.raises(ResultsError, match="no such file"):
        Results.load(tmp_path / "absent.npz")


def test_loading_needs_neither_mesa_nor_numba_nor_pandas(tmp_path):
    file = make_results().save(tmp_path)
    code = (
        f"import sys; from sim.results import Results; Results.load({str(file)!r})\n"
        "assert not {'mesa', 'numba', 'pandas', 'matplotlib', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_shape_that_contradicts_the_number_of_rounds_is_refused():
    with pytest.raises(ResultsError, match="market/stress has shape"):
        Results({}, None, 0, 2, ["A"], ["x"], {"profit": np.zeros((2, 1))}, {"stress": np.zeros(3)})


# ------------------------------------------------------------------------------------------------------------ frames


def test_the_frame_has_one_row_per_round_and_firm():
    frame = make_results([[1, 2], [3, 4]], firms=["A", "B"]).to_frame()
    rows = frame[["round", "firm", "profit"]].to_numpy().tolist()
    assert rows == [[1, "A", 1], [1, "B", 2], [2, "A", 3], [2, "B", 4]]
    assert len(make_results().market_frame()) == 2


def test_the_frame_of_the_dyads_has_one_row_per_customer_and_firm():
    trust = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])  # of two firms and three customers
    frame = make_results(firms=["A", "B"], dyads={"trust": trust}, customers={"supplier": np.zeros(3)}).dyad_frame()
    rows = frame[["customer", "firm", "trust"]].to_numpy().tolist()
    assert rows[:3] == [[0, "A", 0.1], [0, "B", 0.4], [1, "A", 0.2]]
    with pytest.raises(ResultsError, match="hold no dyads"):
        make_results().dyad_frame()


def test_the_log_names_firms_and_is_missed_in_plain_words():
    log = {"customer": np.array([5]), "firm": np.array([1]), "price": np.array([7.5])}
    assert make_results(firms=["A", "B"], log=log).log_frame()["firm"].tolist() == ["B"]
    with pytest.raises(ResultsError, match="--log"):
        make_results().log_frame()


def test_a_missing_account_is_named():
    with pytest.raises(ResultsError, match="no account 'prophet'"):
        make_results().account("prophet")


# ---------------------------------------------------------------------------------------------------------- measures


def test_profit_of_round_t_is_discounted_t_times():
    results = make_results([[110, 0], [121, 0]], discount_rate=0.1)
    assert accounts.discounted_profit(results) == pytest.approx([200, 0])  # 110/1.1 + 121/1.21
    assert accounts.profit_path(results)[:, 0] == pytest.approx([100, 200])


def test_customer_equity_is_profit_before_advertising_and_content():
    results = make_results([[100, 50]], accounts={"advertising": [[20, 0]], "content": [[5, 0]]}, discount_rate=0.25)
    assert accounts.customer_equity(results) == pytest.approx([100, 40])  # (100 + 20 + 5) / 1.25, 50 / 1.25


def test_retention_is_the_share_of_customers_who_could_leave_and_stayed():
    # A: 10 purchases, 4 by customers won from B, so 6 stayed; 2 left.  B: 3 purchases, 2 won, 1 stayed; 4 left
    results = make_results([[0, 0]], accounts={"purchases": [[10, 3]], "won": [[4, 2]], "lost": [[2, 4]]})
    assert accounts.retention(results) == pytest.approx([6 / 8, 1 / 5])


def test_market_share_is_a_share_of_purchases():
    results = make_results([[0, 0], [0, 0]], accounts={"purchases": [[1, 3], [2, 2]]})
    assert accounts.market_share(results) == pytest.approx([3 / 8, 5 / 8])
    assert accounts.share_path(results).tolist() == [[0.25, 0.75], [0.5, 0.5]]


def test_trust_is_the_mean_over_the_purchases_of_the_last_year():
    trust, purchases = np.zeros((13, 1)), np.full((13, 1), 2.0)
    trust[0], trust[1:] = 2.0, 0.5  # the first round lies more than a year back
    results = make_results(np.zeros((13, 1)), accounts={"trust": trust, "purchases": purchases})
    assert accounts.trust(results) == pytest.approx([0.25])


def test_surplus_is_counted_per_customer_of_the_market_and_per_purchase_of_the_firm():
    booked = {"surplus": [[6, -3]], "purchases": [[4, 1]]}
    results = make_results([[0, 0]], accounts=booked, market={"surplus": 3.0, "active": 12.0})
    assert accounts.customer_surplus(results) == pytest.approx(0.25)
    assert accounts.surplus_per_purchase(results) == pytest.approx([1.5, -3])


def test_what_nobody_bought_is_not_a_number_rather_than_zero():
    results = make_results([[0, 0]])
    for name in ("retention", "market_share", "surplus_per_purchase", "trust", "context", "customer_surplus"):
        assert np.isnan(metrics.METRICS[name].function(results)).all(), name


def test_every_measure_says_what_it_is():
    for metric in metrics.METRICS.values():
        assert metric.unit
        assert metric.source
        assert metric.function.__doc__


def test_numbers_are_written_as_people_read_them():
    assert readable(41_234, "euro") == "€41.2k"
    assert readable(-999_600, "euro", signed=True) == "−€1.00m"
    assert readable(0.3414, "share") == "34.1 %"
    assert readable(-0.02, "share", signed=True) == "−2.0 pp"
    assert readable(0.456, "0 to 1") == "0.46"
    assert readable(math.nan, "euro") == "–"


def test_a_half_width_decides_how_many_digits_are_shown():
    assert readable_interval(Interval(17_456, 7_300, 27_612, 9), "euro", signed=True) == "+€17k ± 10k"
    assert readable_interval(Interval(-58_476, -59_026, -57_926, 9), "euro", signed=True) == "−€58.5k ± 0.6k"
    assert readable_interval(Interval(0.0473, 0.0433, 0.0513, 9), "share", signed=True) == "+4.7 ± 0.4 pp"
    assert readable_interval(Interval(5.0, math.nan, math.nan, 1), "euro") == "€5.00"


# -------------------------------------------------------------------------------------------------------- statistics


def test_the_interval_of_three_numbers_is_students():
    # mean 2, s = 1, t(2; 0.975) = 4.302653: half width 4.302653 / sqrt(3)
    mean = interval(np.array([1.0, 2.0, 3.0]))
    assert (mean.mean, mean.n) == (2.0, 3)
    assert mean.high - mean.mean == pytest.approx(4.302653 / math.sqrt(3), abs=1e-6)
    assert not mean.clear


def test_one_replication_has_no_interval():
    alone = interval(np.array([7.0]))
    assert alone.mean == 7.0
    assert math.isnan(alone.low)
    assert not alone.clear


def test_a_pair_with_a_missing_half_is_left_out():
    gap = paired(np.array([3.0, math.nan, 5.0]), np.array([1.0, 1.0, 3.0]))
    assert (gap.mean, gap.n) == (2.0, 2)
    assert math.isnan(interval(np.array([math.nan])).mean)


def test_intervals_are_taken_over_the_last_axis():
    many = interval(np.array([[1.0, 2.0, 3.0], [4.0, 4.0, 4.0]]))
    assert many.mean.tolist() == [2.0, 4.0]
    assert many.high[1] == 4.0


def test_95_percent_intervals_cover_the_truth_95_times_in_a_hundred():
    draws = np.random.default_rng(1).normal(3.0, 2.0, (4000, 8))
    means = interval(draws)
    covered = ((means.low <= 3.0) & (means.high >= 3.0)).mean()
    assert 0.94 < covered < 0.96


def test_pairing_removes_the_variance_that_both_share():
    luck = np.array([0.0, 10.0, -10.0, 5.0])
    noise = np.array([1.0, -1.0, 1.0, -1.0])
    # var(luck + noise) + var(luck) over var(noise)
    expected = (np.var(luck + noise, ddof=1) + np.var(luck, ddof=1)) / np.var(noise, ddof=1)
    assert variance_reduction(luck + noise, luck) == pytest.approx(expected)


def test_the_lead_changes_where_the_new_leader_first_is_ahead_for_good():
    behind = np.array([[5.0, 6, 7, 8, 9]] * 3)
    ahead = np.array([[4.0, 5, 6.5, 9, 12]] * 3) + np.array([[0.0], [0.1], [-0.1]])
    assert lead_changes(np.stack([behind, ahead])) == [(4, 1, 0)]  # 9 > 8 in round 4


def test_a_crossing_within_the_noise_is_not_a_change_of_lead():
    first = np.array([[5.0, 5.0], [5.0, 5.0]])
    noisy = np.array([[4.0, 1.0], [4.0, 9.9]])  # ahead on average in round 2, in one run of two
    assert lead_changes(np.stack([first, noisy])) == []
