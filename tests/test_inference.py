"""Intervals and tests on synthetic truth: they are wrong as often as they say."""

import itertools

import numpy as np
import pytest

from sim.analysis.inference import (
    bootstrap,
    choice,
    effect,
    holm,
    kendall,
    more_runs,
    next_size,
    p_value,
    pairwise,
    rank_intervals,
)
from sim.analysis.statistics import interval, paired

FAMILIES = 1_000


def correlated(rng, n, lead, skewed=False):
    """Two alternatives with the same luck: the second leads by `lead` in the mean."""
    luck, own = rng.normal(0, 5, n), rng.normal(0, 1, (2, n))
    own = rng.exponential(1, (2, n)) - 1 if skewed else own
    return luck + own + np.array([[0.0], [lead]])


@pytest.mark.parametrize("make, low, high", [(interval, 0.93, 0.97), (bootstrap, 0.93, 0.97)])
def test_95_percent_intervals_of_paired_differences_cover_the_truth_95_times_in_100(make, low, high):
    rng = np.random.default_rng(4)
    options = {} if make is interval else {"draws": 1000}
    covered = 0
    for _ in range(FAMILIES):
        first, second = correlated(rng, 20, 0.7)
        found = make(second - first, **options)
        covered += found.low <= 0.7 <= found.high
    assert low <= covered / FAMILIES <= high


def test_the_bootstrap_follows_a_skewed_sample_better_than_t():
    rng, covered = np.random.default_rng(6), np.zeros((2, 2))
    for _ in range(FAMILIES):
        sample = rng.exponential(1, 20)
        for k, found in enumerate((interval(sample), bootstrap(sample, draws=1000))):
            covered[k] += found.low <= 1, found.high >= 1
    missed = 1 - covered / FAMILIES  # too high, too low: 2.5 % each if all is well
    assert np.abs(missed[1] - 0.025).max() < np.abs(missed[0] - 0.025).max()
    assert 0.92 <= 1 - missed[1].sum() <= 0.975


def test_the_probability_of_being_best_means_what_it_says():
    # of the choices said to be right with probability about p, a share p is right
    rng, said, right = np.random.default_rng(8), [], []
    for _ in range(FAMILIES):
        truth = rng.normal(0, 0.4, 3)
        values = rng.normal(0, 3, 12) + rng.normal(0, 1, (3, 12)) + truth[:, None]
        found = choice(values, draws=400)
        said.append(found.probability.max())
        right.append(found.probability.argmax() == truth.argmax())
    said, right = np.array(said), np.array(right)
    for low, high in ((0.4, 0.7), (0.7, 0.9), (0.9, 1.01)):
        some = (said >= low) & (said < high)
        assert right[some].mean() == pytest.approx(said[some].mean(), abs=0.09)


def test_the_regret_is_what_choices_cost():
    rng, said, lost = np.random.default_rng(11), [], []
    for _ in range(FAMILIES):
        truth = rng.normal(0, 2.0, 3)
        values = rng.normal(0, 3, 12) + rng.normal(0, 1, (3, 12)) + truth[:, None]
        found = choice(values, draws=400)
        chosen = found.regret.argmin()
        said.append(found.regret[chosen])
        lost.append(truth.max() - truth[chosen])
    assert np.mean(said) == pytest.approx(np.mean(lost), abs=3 * np.std(lost) / np.sqrt(FAMILIES))


def test_regret_is_small_where_the_choice_is_clear_and_zero_in_sum_never_negative():
    clear = choice(np.array([[1.0, 1.1, 0.9, 1.0], [9.0, 9.2, 8.9, 9.1]]))
    assert clear.probability[1] > 0.999
    assert clear.regret[1] < 1e-3
    assert clear.regret[0] == pytest.approx(8.05, abs=0.2)
    assert np.isnan(choice(np.array([[1.0], [2.0]])).probability).all()


def test_holm_by_hand():
    # sorted .01 .03 .04: × 3, 2, 1 = .03 .06 .04, never falling: .03 .06 .06
    np.testing.assert_allclose(holm(np.array([0.04, 0.01, 0.03])), [0.06, 0.03, 0.06])
    assert holm(np.array([])).size == 0


def test_holm_keeps_the_error_of_the_family():
    # eight comparisons, six of them of equals: any false "clear" at all in 5 of 100 families at the most
    rng, wrong, found = np.random.default_rng(9), 0, 0
    for _ in range(FAMILIES):
        samples = rng.normal(0, 1, (8, 15)) + np.array([2.0, 2.0] + [0.0] * 6)[:, None]
        clear = holm(np.array([p_value(sample) for sample in samples])) < 0.05
        wrong += clear[2:].any()
        found += clear[:2].all()
    assert wrong / FAMILIES <= 0.05 + 1.645 * np.sqrt(0.05 * 0.95 / FAMILIES)
    assert found / FAMILIES > 0.95


def test_p_values_agree_with_the_textbook():
    from scipy.stats import ttest_1samp

    sample = np.array([0.3, 1.2, -0.4, 0.9, 2.0])
    assert p_value(sample) == pytest.approx(ttest_1samp(sample, 0).pvalue)
    assert (p_value(np.ones(3)), p_value(np.zeros(3))) == (0.0, 1.0)
    assert np.isnan(p_value(np.array([1.0])))


def test_the_effect_size_by_hand():
    # mean 2, s 1, n = 3: 2 (1 − 3/7)
    found = effect(np.array([1.0, 2.0, 3.0]))
    assert found.size == pytest.approx(2 * (1 - 3 / 7))
    assert found.superiority == 1.0
    assert effect(np.array([-1.0, 0.0, 1.0, 1.0])).superiority == 0.625


def test_two_pairs_give_no_effect_size_since_its_bias_would_take_all_of_it():
    # 1 − 3/(4·1 − 1) = 0: not an effect of zero, but one that cannot be told
    found = effect(np.array([1.0, 3.0]))
    assert np.isnan(found.size)
    assert found.superiority == 1.0


def test_the_advice_is_the_least_number_of_runs():
    values = np.random.default_rng(3).normal(0, 2, 12)
    wanted = 0.5
    advice = more_runs(values, wanted)
    spread = values.std(ddof=1)

    def half(n):  # a sample of n with the same deviation
        sample = np.linspace(-1, 1, n)
        return interval(sample / sample.std(ddof=1) * spread).high

    assert half(12 + advice.more) <= wanted < half(12 + advice.more - 1)
    assert more_runs(values, 100.0).more == 0
    assert more_runs(values, 1e-12).more > 10**20
    with pytest.raises(ValueError, match="above 0"):
        more_runs(values, 0.0)


@pytest.mark.parametrize("first", [3, 10])
def test_stopping_at_a_half_width_keeps_the_coverage(first):
    rng, covered, lengths = np.random.default_rng(12), 0, []
    for _ in range(FAMILIES):
        values = rng.normal(1.0, 2.0, 400)
        n = first
        while (more := next_size([values[:n]], 0.6, at_most=400)) is not None:
            n = more
        found = interval(values[:n])
        covered += found.low <= 1.0 <= found.high
        lengths.append(n)
    assert 0.93 <= covered / FAMILIES <= 0.97
    assert 35 < np.mean(lengths) < 60  # (1.96 · 2 / 0.6)² = 43


def test_the_next_size_is_a_fifth_more_until_every_interval_is_narrow_or_the_bound_is_reached():
    narrow, wide = np.tile([0.0, 0.1], 20), np.tile([0.0, 100.0], 20)
    assert next_size([narrow], 1.0, at_most=200) is None
    assert next_size([narrow, wide], 1.0, at_most=200) == 49  # 40 + 8 + 1
    assert next_size([narrow, wide], 1.0, at_most=45) == 45
    assert next_size([narrow, wide], 1.0, at_most=40) is None
    assert next_size([narrow[:3]], 1.0, at_most=200) == 10  # three that look alike are no reason to stop


def test_pairing_narrows_the_interval():
    first, second = correlated(np.random.default_rng(1), 30, 0.0)
    apart = interval(first).high - interval(first).mean
    together = paired(second, first)
    assert together.high - together.mean < apart / 2


def test_ranks_overlap_where_means_do():
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, (3, 40)) + np.array([[5.0], [0.0], [0.01]])
    ranks = rank_intervals(values)
    assert ranks[0].tolist() == [1, 1, 1]
    assert sorted(ranks[:, 0].tolist()) == [1, 2, 3]
    assert ranks[1, 1:].tolist() == ranks[2, 1:].tolist() == [2, 3]


TRUTHS = {
    "spread": [0.0, 0.5, 1.0, 1.5, 2.0],
    "two groups": [0.0, 0.0, 0.0, 1.0, 1.0],
    "all equal": [0.0] * 5,
}


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS)
@pytest.mark.parametrize("missing", [False, True])
def test_the_limits_of_all_ranks_hold_at_once_95_times_in_100(truth, missing):
    # of equals, each may have any of the ranks that they share: the limits must hold all of them
    truth = np.array(truth)
    first = 1 + (truth[None] > truth[:, None]).sum(axis=1)
    last = len(truth) - (truth[None] < truth[:, None]).sum(axis=1)
    rng, held = np.random.default_rng(13), 0
    for _ in range(FAMILIES):
        values = truth[:, None] + rng.normal(0, 2, 20) + rng.normal(0, 1, (5, 20))
        if missing:  # two of five sit out each replication, in balance
            for r in range(20):
                values[[r % 5, (r + 1 + r // 5 % 2) % 5], r] = np.nan
        ranks = rank_intervals(values)
        held += ((ranks[:, 1] <= first) & (ranks[:, 2] >= last)).all()
    assert held / FAMILIES >= 0.95 - 1.645 * np.sqrt(0.05 * 0.95 / FAMILIES)


def test_pairs_are_compared_by_students_t_where_nothing_is_missing():
    values = np.random.default_rng(14).normal(0, 1, (3, 8)) + np.array([[0.0], [0.5], [2.0]])
    found = pairwise(values)
    for i, j in itertools.permutations(range(3), 2):
        assert found[i, j] == pytest.approx(p_value(values[i] - values[j]))
    assert np.diag(found).tolist() == [1, 1, 1]
    apart = np.array([[1.0, 2.0, 3.0, np.nan, np.nan, np.nan], [np.nan] * 3 + [4.0, 5.0, 7.0]])
    # no replication together: means 2 and 16/3, s²/n · n/(n − 1) each, as if n were the variance's divisor
    error = np.sqrt((2 / 9 + (16 / 9 + 1 / 9 + 25 / 9) / 9) * 3 / 2)
    from scipy.stats import t

    assert pairwise(apart)[0, 1] == pytest.approx(2 * t.sf((16 / 3 - 2) / error, 2))
    assert np.isnan(pairwise(np.array([[1.0], [2.0]]))[0, 1])


def test_equals_that_meet_in_part_are_called_different_at_most_5_times_in_100():
    rng, wrong = np.random.default_rng(15), 0
    for _ in range(4 * FAMILIES):
        values = rng.normal(0, 1, 45) + rng.normal(0, 1, (2, 45))  # the luck of a market is common to both
        values[0, 30:], values[1, :15] = np.nan, np.nan
        wrong += pairwise(values)[0, 1] < 0.05
    assert 0.03 <= wrong / (4 * FAMILIES) <= 0.05 + 1.645 * np.sqrt(0.05 * 0.95 / (4 * FAMILIES))


def test_rank_correlation_by_hand_and_by_the_book():
    from scipy.stats import kendalltau

    # of six pairs five in the same order, one not
    assert kendall(np.array([1, 2, 3, 4]), np.array([1, 2, 4, 3])) == pytest.approx(4 / 6)
    one, other = np.array([1, 2, 2, 4, 5]), np.array([2, 1, 3, 3, 5])
    assert kendall(one, other) == pytest.approx(kendalltau(one, other).statistic)
    assert np.isnan(kendall(np.ones(3), np.arange(3)))
