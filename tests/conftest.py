"""What holds in whatever run of whatever test, and what several files of tests begin with."""

import signal

import numpy as np
import pytest

# Started in the background of a shell, the tests ignore Ctrl-C, and so would the commands that are to be stopped by it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def nothing_is_created_or_lost():
    """Submodel 8 of docs/model.md: in every round, value created = customers' surplus + their efforts + their
    payments.
    """
    from sim.books import Books

    close = Books.close

    def close_and_check(books, rounds, flows, firms, posted):
        close(books, rounds, flows, firms, posted)
        value, *parts = (books.series(name)[-rounds:] for name in ("value", "surplus", "effort", "payments"))
        size = sum(np.abs(part) for part in parts)
        assert (np.abs(value - sum(parts)) <= 1e-9 * (1 + size)).all(), "value is created or lost"
        profit = books.account("revenue")[-rounds:] - books.account("cost")[-rounds:]
        np.testing.assert_array_equal(books.account("profit")[-rounds:], profit)
        np.testing.assert_array_equal(parts[2], books.account("revenue")[-rounds:].sum(axis=1))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Books, "close", close_and_check)
        yield


@pytest.fixture(autouse=True, scope="session")
def rules_of_the_second_worker(request, worker_id):
    """Nothing compiled yet, the second worker begins with the rules in double precision, which only tests ask for.

    Otherwise both would compile the same for minutes, and one of them these later.
    """
    from sim.compiled import cache_folder
    from sim.scenario import load
    from sim.simulation import Simulation

    asked = any(item.path.name == "test_reference.py" for item in request.session.items)
    if worker_id == "gw1" and asked and not cache_folder().exists():
        Simulation(load("everyday_low_price"), precision="double").step()


@pytest.fixture(scope="session")
def shop():
    """The scenario of `two_shops`."""
    from two_shops import SHOP

    from sim.scenario import loads

    return loads(SHOP)


@pytest.fixture(scope="module")
def undisturbed(shop, tmp_path_factory):
    """Folder of a sweep of 3 conditions, 2 alternatives, 4 seeds, and its export."""
    from two_shops import VARY, exported

    from sim.experiments.sweep import sweep

    folder = tmp_path_factory.mktemp("sweep") / "whole"
    sweep(shop, VARY, seeds=4, out=folder, workers=1)
    return folder, exported(folder)
