"""BG/NBD: equations, estimates, logs that cannot be used, and customers of a scenario made from a log."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.analysis.bgnbd import BgNbd, FitError, Histories, fit, histories, log_likelihood
from sim.calibrate import expected_counts, fit_log, fragment, observed_counts, read_log
from sim.cli import app
from sim.replications.data import NoData, cdnow
from sim.run import simulate
from sim.scenario import loads

CDNOW = BgNbd(r=0.2426, alpha=4.4135, a=0.7929, b=2.4258)  # weeks; Fader, Hardie & Lee 2005, table 2


def real_customers(everybody=False):
    try:
        return cdnow(everybody)
    except NoData as missing:
        pytest.skip(str(missing))  # the data are fetched, never committed; the message says what is missing


def drawn(model: BgNbd, customers: int, length: float, seed: int) -> Histories:
    """Customers drawn from the model itself, event by event."""
    luck = np.random.default_rng(seed)
    repeats, last = np.zeros(customers), np.zeros(customers)
    for i in range(customers):
        rate, chance = luck.gamma(model.r) / model.alpha, luck.beta(model.a, model.b)
        time = luck.exponential(1 / rate) if rate > 0 else np.inf
        while time <= length:
            repeats[i] += 1
            last[i] = time
            if luck.random() < chance:
                break
            time += luck.exponential(1 / rate)
    return Histories(repeats, last, np.full(customers, length))


# -------------------------------------------------------------------------------------------------------- equations


def test_the_likelihood_of_a_customer_who_never_came_back_is_that_of_no_event():
    known = Histories(np.array([0.0]), np.array([0.0]), np.array([10.0]))
    assert log_likelihood((0.5, 2.0, 1.0, 3.0), known)[0] == pytest.approx(0.5 * math.log(2 / 12), rel=1e-12)


def test_the_likelihood_of_one_repeat_purchase_is_that_of_staying_plus_that_of_leaving():
    # r = 1, α = 2, a = 1, b = 3: stays with probability 3/4, rate density α/(α+T)², gone with 1/4, α/(α+t)²
    known = Histories(np.array([1.0]), np.array([4.0]), np.array([10.0]))
    by_hand = 0.75 * 2 / 12**2 + 0.25 * 2 / 6**2
    assert log_likelihood((1.0, 2.0, 1.0, 3.0), known)[0] == pytest.approx(math.log(by_hand), rel=1e-12)


@pytest.mark.parametrize("model", [CDNOW, BgNbd(2.0, 3.0, 1.0, 2.5), BgNbd(0.7, 1.0, 1.6, 0.9)])
def test_probabilities_sum_to_one_and_give_the_expectation(model):
    few = np.array([model.probability(x, 6.0) for x in range(150)])
    assert few.sum() == pytest.approx(1.0, abs=1e-6)
    assert few @ np.arange(150) == pytest.approx(float(model.expected(6.0)), rel=1e-4)


def test_expectations_are_the_published_ones():
    assert CDNOW.expected(39) == pytest.approx(1.195, abs=5e-4)
    assert CDNOW.expected(78) == pytest.approx(1.858, abs=5e-4)


def test_the_forecast_given_histories_adds_up_to_the_forecast_without_them():
    known = drawn(CDNOW, 4000, 39.0, 1)
    given = CDNOW.forecast(known, 39.0)
    error = given.std() / np.sqrt(given.size)
    assert given.mean() == pytest.approx(float(CDNOW.expected(78) - CDNOW.expected(39)), abs=3 * error)


def test_who_never_came_back_is_alive_and_who_was_long_silent_hardly():
    known = Histories(np.array([0.0, 5.0, 5.0]), np.array([0.0, 38.0, 5.0]), np.full(3, 39.0))
    nobody, fresh, silent = CDNOW.alive(known)
    assert nobody == 1.0
    assert fresh > 0.8 > 0.2 > silent


# -------------------------------------------------------------------------------------------------------- histories


def test_histories_begin_with_the_first_purchase_and_merge_the_same_moment():
    known = histories(np.array(["b", "a", "a", "a", "b", "c"]), np.array([3, 0, 2, 2, 9, 7]), 8.0)
    np.testing.assert_array_equal(known.repeats, [1, 0, 0])
    np.testing.assert_array_equal(known.last, [2, 0, 0])
    np.testing.assert_array_equal(known.length, [8, 5, 1])


def test_customers_who_were_there_from_the_start_count_every_purchase_and_the_silent_too():
    known = histories(np.array([4, 4, 2]), np.array([3, 5, 9]), 10.0, customers=4)
    np.testing.assert_array_equal(np.sort(known.repeats), [0, 0, 1, 2])
    np.testing.assert_array_equal(np.sort(known.last), [0, 0, 5, 9])
    np.testing.assert_array_equal(known.length, [10] * 4)


# -------------------------------------------------------------------------------------------------------- estimates


def test_estimates_and_their_errors_agree_with_repeated_samples():
    true = BgNbd(0.8, 3.0, 0.9, 2.5)
    fits = [fit(drawn(true, 1500, 30.0, seed)) for seed in range(12)]
    estimates = np.log([one.parameters for one in fits])
    errors = np.array([one.errors / one.parameters for one in fits]).mean(axis=0)
    spread = estimates.std(axis=0, ddof=1)
    assert (np.abs(estimates.mean(axis=0) - np.log(true.parameters)) < 3.5 * spread / np.sqrt(12) + 0.01).all()
    assert (np.abs(np.log(errors / spread)) < np.log(2)).all()  # a standard deviation of twelve is known to a fifth


def test_estimates_do_not_depend_on_the_unit_of_time():
    known = drawn(CDNOW, 800, 39.0, 3)
    weeks, days = fit(known), fit(Histories(known.repeats, known.last * 7, known.length * 7))
    np.testing.assert_allclose(days.parameters / weeks.parameters, [1, 7, 1, 1], rtol=1e-3)
    np.testing.assert_allclose(days.errors / weeks.errors, [1, 7, 1, 1], rtol=1e-2)


def test_customers_who_are_all_alike_and_never_leave_are_said_to_be_so():
    luck = np.random.default_rng(5)
    when = np.sort(luck.uniform(0, 50, (300, 40)), axis=1)
    found = fit(Histories(np.full(300, 40.0), when[:, -1], np.full(300, 50.0)))
    assert any("hardly differ" in doubt for doubt in found.doubts)
    assert any("attrition" in doubt for doubt in found.doubts)
    assert np.isnan(found.errors).all()
    assert found.r / found.alpha == pytest.approx(0.8, rel=0.05)
    assert "purchase_rate = 0." in fragment(found)


@pytest.mark.parametrize(
    "who, when, words",
    [([], [], "no purchases"), ([1, 2], [0, 3], "no customer bought a second time"), ([1], [0], "no customer bought")],
)
def test_nothing_to_learn_from_is_said(who, when, words):
    with pytest.raises(FitError, match=words):
        fit(histories(np.array(who), np.array(when)))


# ------------------------------------------------------------------------------------------------- logs and scenarios


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "is empty"),
        ("customer,date\n", "no purchases"),
        ("client,date\n1,2026-01-01\n", 'no column "customer" or "customer_id" (who bought); columns: client, date'),
        ("customer,when\n1,2026-01-01\n", "name one with --date COLUMN"),
        ("customer,date\n1,2026-01-01\n1,3/4/2026\n", 'line 3: date is "3/4/2026"; allowed: dates such as 2026-03-31'),
        ("customer,date\n1,2026-01-01\n1,2026-02-30\n", "line 3"),
        ("customer,date\n1,2026-01-01\n,2026-01-02\n", "line 3: column customer is empty"),
        ("customer,date\n1,2026-01-01\n2,2026-01-02\n", "no customer bought a second time"),
    ],
)
def test_a_log_that_cannot_be_used_is_told_why(tmp_path, text, words):
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(FitError) as error:
        fit_log(tmp_path / "log.csv")
    assert words in str(error.value)
    assert str(tmp_path / "log.csv") in str(error.value)


def test_a_log_that_is_not_there_is_told_so(tmp_path):
    with pytest.raises(FitError, match="no such file"):
        read_log(tmp_path / "log.csv")


def test_dates_are_weeks_since_the_first_day_and_rounds_stay_rounds(tmp_path):
    (tmp_path / "dated.csv").write_text("Date,Customer\n2026-01-08 10:00,x\n20260101,y\n")
    np.testing.assert_allclose(read_log(tmp_path / "dated.csv").time, [1, 0])
    (tmp_path / "rounds.csv").write_text("customer,round,firm\n7,3,A\n7,12,A\n")
    assert read_log(tmp_path / "rounds.csv").unit == "round"
    np.testing.assert_array_equal(read_log(tmp_path / "rounds.csv").time, [3, 12])


def test_a_fragment_runs_and_its_own_log_gives_the_estimates_back(tmp_path):
    written = fragment(fit(drawn(CDNOW, 2000, 39.0, 2)))
    chosen = loads(written).with_changes({"market.customers": 12_000, "market.rounds": 273})
    assert chosen.market.round_length == "day"
    simulate(chosen, 3, log=True, keep=False).log_frame().to_csv(tmp_path / "transactions.csv", index=False)
    again = fit_log(tmp_path / "transactions.csv", customers=12_000).fit
    rate, leaving = chosen.segments[0].purchase_rate, chosen.segments[0].attrition
    true = np.array([rate.shape, rate.shape / rate.mean, leaving.a, leaving.b])
    assert (np.abs(again.parameters - true) < 3.5 * again.errors).all()


def log_of_a_shop(path):
    rows = ["customer,date"]
    for customer, known in enumerate(drawn(BgNbd(1.0, 4.0, 0.8, 3.0), 60, 40.0, 9).repeats):
        rows += [
            f"{customer},{np.datetime64('2026-01-01') + np.timedelta64(9 * k, 'D')}" for k in range(int(known) + 1)
        ]
    path.write_text("\n".join(rows) + "\n")


def test_the_command_writes_a_scenario_that_runs_and_a_picture_and_never_over_another_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log_of_a_shop(tmp_path / "shop.csv")
    call = ["fit", "shop.csv", "--out", "mine.toml", "--plot"]
    first = CliRunner().invoke(app, call)
    assert first.exit_code == 0, first.output
    assert "standard error" in first.output
    assert (tmp_path / "mine.png").stat().st_size > 10_000
    simulate(loads((tmp_path / "mine.toml").read_text()), rounds=5)
    again = CliRunner().invoke(app, call)
    assert again.exit_code == 2
    assert "mine.toml: exists already" in again.stderr


def test_the_command_compares_the_forecast_with_what_came(tmp_path):
    log_of_a_shop(tmp_path / "shop.csv")
    done = CliRunner().invoke(app, ["fit", str(tmp_path / "shop.csv"), "--until", "2026-02-15", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["forecast"] > 0
    known = read_log(tmp_path / "shop.csv")
    assert said["repeats"] + said["actual"] == known.time.size - np.unique(known.customer).size


def test_the_command_says_what_is_wrong_without_a_traceback(tmp_path):
    (tmp_path / "log.csv").write_text("a,b\n1,2\n")
    done = CliRunner().invoke(app, ["fit", str(tmp_path / "log.csv")])
    assert done.exit_code == 2
    assert "there is no column" in done.stderr


# ---------------------------------------------------------------------------------------------------- real customers


def test_cdnow_has_the_published_counts_estimates_and_likelihood():
    data = real_customers()
    known = histories(data.customer, data.day / 7, 272 / 7)
    assert known.repeats.size == 2357
    assert known.repeats.sum() == 2457
    assert (data.day > 272).sum() == 1882
    assert observed_counts(known).tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    found = fit(known)
    np.testing.assert_allclose(found.parameters, CDNOW.parameters, rtol=1e-3)
    assert found.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    assert found.doubts == ()
    assert np.abs(expected_counts(found, known) - observed_counts(known)).max() < 25


def test_all_customers_of_cdnow_behave_like_the_tenth_part():
    data = real_customers(everybody=True)
    known = histories(data.customer, data.day / 7, 272 / 7)
    assert known.repeats.size == 23_570
    found = fit(known)
    tenth = np.array([0.0126, 0.3782, 0.1857, 0.7054])  # standard errors from the tenth part
    assert (np.abs(found.parameters - CDNOW.parameters) < 2 * tenth).all()
