"""What is measured, section by section: each function returns a table for docs/performance.md and its verdicts."""

import gc
import tempfile
import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from benchmarks import machine
from benchmarks.c_twin import CONTRACTED, PHASES, STRICT, CTwin, compiler
from benchmarks.market import reference_market
from benchmarks.measure import Spread, Verdict, at_least, at_most, child, interleaved, ratio
from benchmarks.mesa_twin import TwinMarket
from benchmarks.numpy_twin import NumpyMarket
from benchmarks.phases import TimedEngine
from benchmarks.suite import WARM, warm
from sim.books import CHUNK
from sim.market import Market
from sim.simulation import THREADS_PAY_FROM, Simulation


class Section(NamedTuple):
    """A table with its heading, the words below it, and what was asked."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    words: str = ""
    verdicts: tuple[Verdict, ...] = ()


def shown(found: Spread, factor: float = 1.0, digits: int = 3) -> str:
    """Median with range, to so many digits."""
    return "{} ({}–{})".format(*(number(factor * value, digits) for value in found))


def number(value: float, digits: int = 3) -> str:
    """A number with thousands separated and no more digits than are known."""
    if value >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def peers(quick: bool) -> Iterator[Section]:
    """The compiled driver, in one thread and as it runs by default, against Mesa and NumPy, in wall time."""
    customers, times = (10_000, 5) if quick else (100_000, 9)
    scenario = reference_market(customers)
    one, default = warm(customers), warm(customers, threads=None)
    mesa, numpy = TwinMarket(scenario), NumpyMarket(scenario)
    for _ in range(WARM):
        mesa.step()
        numpy.step()
    gc.collect()
    gc.freeze()  # otherwise the millions of objects of the Mesa twin would be looked through at others' expense
    usual = f"compiled driver, as `sim run` runs it ({_threads(default.threads)})"
    tasks = {"compiled driver, one thread": one.step, usual: default.step, "NumPy twin": numpy.step}
    tasks["Mesa twin"] = mesa.step
    taken = interleaved(tasks, times, time.perf_counter)
    gc.unfreeze()
    rows = [_row(name, seconds, customers, taken[usual]) for name, seconds in taken.items()]
    words = (
        f"{customers:,} customers × 10 firms, rounds {WARM + 1} to {WARM + times} of the same market, one after the "
        "other in one process, by the clock on the wall. The twins have no use for a second core; what is asked is "
        "judged for the run a user gets on this machine. Everything is on: see benchmarks/market.py."
    )
    verdicts = []
    for twin, limit in (("Mesa twin", 300), ("NumPy twin", 10)):
        single = shown(ratio(taken[twin], taken["compiled driver, one thread"]))
        what = f"{twin} / compiled, by default ({_threads(default.threads)})"
        verdicts.append(at_least(what, limit, ratio(taken[twin], taken[usual]), f"one thread: {single}"))
    columns = (*_COLUMNS[:3], "time relative to the default run")
    yield Section("Against Mesa and NumPy", columns, rows, words, tuple(verdicts))


def _threads(count: int) -> str:
    return "one thread" if count == 1 else f"{count} threads"


_COLUMNS = ("", "ns per customer-round", "customer-rounds per second", "time relative to the compiled driver")


def _row(name: str, times: list[float], customers: int, reference: list[float]) -> tuple[str, ...]:
    found = Spread.of(times)
    return (
        name, shown(found, 1e9 / customers), number(customers / found.median), shown(ratio(times, reference)),
    )  # fmt: skip


def c_twin(quick: bool) -> Iterator[Section]:
    """The compiled driver against C on copies of the same market, and where the time goes in each."""
    if compiler() is None:
        yield Section("Against C", (), [], "There is no C compiler on this machine.")
        return
    customers, times = (50_000, 9) if quick else (100_000, 15)
    drivers = {"compiled driver": None, "C, same bits": CTwin(STRICT), "C, contracted": CTwin(CONTRACTED)}
    markets = {name: warm(customers) for name in drivers}
    for name, market in markets.items():
        market.step(drivers[name])
    tasks = {name: lambda m=market, d=drivers[name]: m.step(d) for name, market in markets.items()}
    taken = interleaved(tasks, times)
    rows = [_row(name, seconds, customers, taken["compiled driver"]) for name, seconds in taken.items()]
    words = (
        f"{customers:,} customers × 10 firms, one thread, processor time. The C twin (benchmarks/c_twin/round.c) works "
        f"on the arrays of a simulation and gives the same bits when compiled with `{' '.join(STRICT)}`; "
        f"contracted means `{CONTRACTED[-1]}`. The reference is the faster of the two."
    )
    limit = min(("C, same bits", "C, contracted"), key=lambda name: median(taken[name]))
    verdict = at_most("compiled / C twin", 1.5, ratio(taken["compiled driver"], taken[limit]))
    yield Section("Against C", _COLUMNS, rows, words, (verdict,))
    yield _phases()


def _phases() -> Section:
    """Least disturbed tenth of many rounds of a market that fits the cache, as clocks run through interruptions."""
    customers, rounds = 8_000, 60  # 8,192 would put all rows into the same sets of the cache
    simulation = Simulation(reference_market(customers), threads=1)
    simulation.advance(WARM)
    drivers = {"C": CTwin(STRICT, time_phases=True), "compiled": TimedEngine()}
    names = {"C": PHASES, "compiled": drivers["compiled"].names}
    taken: dict[str, dict[str, list[float]]] = {driver: {n: [] for n in names[driver]} for driver in drivers}
    for driver in drivers.values():
        simulation.step(driver)
    for _ in range(rounds):
        for label, driver in drivers.items():
            driver.clocks[:] = 0
            simulation.step(driver)
            for name, clocks in zip(names[label], driver.clocks, strict=True):
                taken[label][name].append(float(clocks))
    least = {label: {n: sorted(values)[rounds // 10] for n, values in rows.items()} for label, rows in taken.items()}
    whole = sum(least["compiled"].values())
    rows = [
        (n, f"{100 * c / whole:.1f}", f"{100 * b / whole:.1f}", f"{b / c:.2f}" if c else "–")
        for n in dict.fromkeys((*names["compiled"], *names["C"]))
        for b, c in [(least["compiled"].get(n, 0.0), least["C"].get(n, 0.0))]
        if b + c > 0.001 * whole
    ]
    ours = sum(least["C"].values())
    rows.append(("all", f"{100 * ours / whole:.1f}", "100.0", f"{whole / ours:.2f}"))
    words = f"{customers:,} customers × 10 firms; the compiled driver's round is 100. Reading the clock costs a little."
    return Section("Phases of a round", ("phase", "C twin", "compiled driver", "ratio"), rows, words)


def agents(quick: bool) -> Iterator[Section]:
    """The agent driver against the compiled driver: the same market to the last bit."""
    customers, times = (1_000, 5) if quick else (10_000, 5)
    compiled = warm(customers)
    market = Market(reference_market(customers), driver="agents", threads=1)
    market.simulation.advance(WARM)
    market.step()
    taken = interleaved({"compiled driver": compiled.step, "agent driver": market.step}, times)
    rows = [_row(name, seconds, customers, taken["compiled driver"]) for name, seconds in taken.items()]
    words = f"{customers:,} customers × 10 firms, one thread, processor time; DataCollector included."
    verdict = at_least("agent driver / compiled", 100, ratio(taken["agent driver"], taken["compiled driver"]))
    yield Section("Against the agent driver", _COLUMNS, rows, words, (verdict,))


def threads(quick: bool) -> Iterator[Section]:
    """Two threads against one, by the clock on the wall, from markets too small for them to large ones."""
    sizes, times = ((1_000, 10_000, 100_000), 7) if quick else ((1_000, 10_000, 30_000, 100_000, 1_000_000), 9)
    rows = []
    for customers in sizes:
        markets = {count: warm(customers, threads=count) for count in (1, 2)}
        each = max(1, min(64, 1_000_000 // customers))
        tasks = {str(count): lambda m=market, n=each: m.advance(n) for count, market in markets.items()}
        taken = interleaved(tasks, times, time.perf_counter)
        faster = ratio(taken["1"], taken["2"])
        spreads = (shown(Spread.of(seconds), 1e9 / (customers * each)) for seconds in taken.values())
        rows.append((f"{customers:,}", *spreads, shown(faster)))
    words = (
        "10 firms, ns of wall time per customer-round, in turn. Other work on the machine shows here. A market smaller "
        f"than {CHUNK:,} customers has work for one thread only. From {THREADS_PAY_FROM:,} customers on the compiled "
        "driver uses all cores unless told otherwise."
    )
    verdict = at_least(f"two threads / one, {sizes[-1]:,} customers", 1.7, faster)
    columns = ("customers", "one thread", "two threads", "speed of two relative to one")
    yield Section("Two threads", columns, rows, words, (verdict,))


def decisions(quick: bool) -> Iterator[Section]:
    """What it costs a firm to set its levers for each customer, beside the round its customers then play."""
    customers, times = (100_000, 5) if quick else (1_000_000, 5)
    rows, verdicts = [], []
    for kind in ("bait_and_harvest", "tiered"):
        scenario = reference_market(customers).with_changes({"firms.0.strategy": {"kind": kind}})
        simulation = Simulation(scenario, threads=1)
        simulation.advance(WARM)
        taken = interleaved({"decision": simulation._decide, "round": simulation.step}, times)
        rest = [whole - part for whole, part in zip(taken["round"], taken["decision"], strict=True)]
        cost = ratio(taken["decision"], rest)
        rows.append(
            (f"`{kind}`", *(shown(Spread.of(s), 1e9 / customers) for s in (taken["decision"], rest)), shown(cost))
        )
        verdicts.append(at_most(f"a decision by customer / the round, {customers:,} customers, `{kind}`", 1, cost))
    words = (
        f"{customers:,} customers × 10 firms, one of which sets levers for each customer every round; ns of processor "
        "time per customer, one thread. The round is what is left without the decision."
    )
    columns = ("strategy", "decision", "round", "decision relative to the round")
    yield Section("Decisions by customer", columns, rows, words, tuple(verdicts))


def sizes(quick: bool) -> Iterator[Section]:
    """Customer-rounds per second for markets of all sizes, and how the cost grows with the number of customers."""
    most = 1_000_000 if quick else 100_000_000
    rows = []
    for exponent in range(3, 8):
        customers, row = 10**exponent, [f"10{'⁰¹²³⁴⁵⁶⁷'[exponent]}"]
        for firms in (2, 10, 50, 100):
            if customers * firms > most:
                row.append("–")
                continue
            market = warm(customers, firms, rounds=4)
            rounds = max(1, 300_000 // (customers * firms))
            taken = interleaved({"it": lambda m=market, n=rounds: _play(m, n)}, 5)["it"]
            row.append(shown(Spread.of(taken), 1e9 / (customers * rounds)))
            del market
        rows.append(tuple(row))
    words = "ns of processor time per customer-round, one thread; a customer-round covers all firms."
    yield Section("Sizes", ("customers", "2 firms", "10 firms", "50 firms", "100 firms"), rows, words)
    small, large = (10_000, 100_000) if quick else (100_000, 10_000_000)
    markets = {customers: warm(customers, rounds=4) for customers in (small, large)}
    each = large // small
    taken = interleaved({str(small): lambda: _play(markets[small], min(each, 20)), str(large): markets[large].step}, 5)
    grown = ratio(taken[str(large)], taken[str(small)]).scaled(min(each, 20) / each)
    verdict = at_most(f"cost per customer-round, {large:,} / {small:,} customers", 1.5, grown)
    yield Section("Growth", (), [], f"From {small:,} to {large:,} customers × 10 firms: {shown(grown)}.", (verdict,))


def _play(simulation: Simulation, rounds: int) -> None:
    for _ in range(rounds):
        simulation.step()


_SIMULATE = (
    "import json, time; from benchmarks.market import reference_market; from sim.run import simulate;"
    "t = time.perf_counter(); simulate(reference_market({customers}), rounds={rounds}, keep={keep});"
    "print(json.dumps(dict(seconds=time.perf_counter() - t)))"
)


def memory(quick: bool) -> Iterator[Section]:
    """Peak memory of processes of their own, and what a dyad takes."""
    cases = [(10_000, 20, False), (100_000, 20, True)] if quick else [
        (1_000_000, 20, False), (1_000_000, 20, True), (10_000_000, 3, False),
    ]  # fmt: skip
    rows, verdicts = [], []
    for customers, rounds, keep in cases:
        seen = child("-c", _SIMULATE.format(customers=customers, rounds=rounds, keep=keep))
        kept = "with final dyads in the results" if keep else "accounts only"
        rows.append(
            (f"{customers:,} × 10 × {rounds} rounds, {kept}", f"{seen.peak / 1e9:.2f} GB", f"{seen.wall:.1f} s")
        )
        if customers == 10_000_000:
            peak = Spread(*(3 * [seen.peak / 1e9]))
            verdicts.append(at_most("peak memory of 10,000,000 × 10, GB", 12, peak))
    s = Simulation(reference_market(1_000)).state
    pairs = (s.dyad, s.settled, s.ledger, s.record, s.flags, s.belief, s.taste)
    dyad = sum(array.nbytes for array in pairs) / s.flags.size
    rest = sum(array.nbytes for array in s) / 1_000 - dyad * s.contacted.size
    words = f"The state takes {dyad:.0f} bytes per dyad (four dimensions of need) and {rest:.0f} bytes per customer."
    yield Section("Memory", ("run", "peak of the process", "wall time with start"), rows, words, tuple(verdicts))


def starts(quick: bool) -> Iterator[Section]:
    """What a user waits for: commands in processes of their own; compilation cold and warm."""
    times = 3 if quick else 5
    with tempfile.TemporaryDirectory() as folder:
        run = ("-m", "sim", "run", "scenarios/everyday_low_price.toml", "--out", folder, "--force")
        first = "from benchmarks.market import reference_market; from sim.run import simulate;"
        first += "simulate(reference_market(50, 3), rounds=1)"
        commands = {
            "`sim --help`": ("-m", "sim", "--help"),
            "`sim list`": ("-m", "sim", "list"),
            "`sim run`, warm": run,
        }
        commands["one round of a small market, warm"] = ("-c", first)
        for arguments in commands.values():
            child(*arguments)
        seen = {name: [child(*arguments) for _ in range(times)] for name, arguments in commands.items()}
        with tempfile.TemporaryDirectory() as cache:
            seen["the same, compiling everything"] = [child("-c", first, SIM_CACHE_DIR=cache)]
    rows = [
        (n, shown(Spread.of([c.cpu for c in each])), shown(Spread.of([c.wall for c in each])))
        for n, each in seen.items()
    ]
    verdicts = (
        at_most("`sim --help`, s CPU", 0.3, Spread.of([c.cpu for c in seen["`sim --help`"]])),
        at_most("warm `sim run`, s wall", 2.5, Spread.of([c.wall for c in seen["`sim run`, warm"]])),
    )
    yield Section("Starting", ("", "CPU seconds", "wall seconds"), rows, "", verdicts)


def limits(quick: bool) -> Iterator[Section]:
    """The machine itself, and what it would allow."""
    stream, exps = machine.bandwidth(120 if quick else 600), machine.exponentials()
    state = Simulation(reference_market(1_000)).state
    per_customer = sum(array.nbytes for array in state) / 1_000
    rows = [
        ("memory bandwidth, STREAM triad", f"{shown(stream, 1e-9)} GB/s"),
        ("own e^x, in the first cache", f"{shown(exps, 1e-6)} million/s"),
        ("state of a customer with 10 firms", f"{per_customer:.0f} bytes"),
        ("reading all of it once at that bandwidth", f"{1e9 * per_customer / stream.median:.0f} ns"),
    ]
    words = (
        "One thread. A round touches most of a customer's state once, so a market that exceeds the cache cannot be "
        "much faster than the last line."
    )
    yield Section("The machine's limits", ("", ""), rows, words)
