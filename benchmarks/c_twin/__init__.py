"""The compiled round in C, on the arrays of a simulation: the practical limit the compiled driver is measured against.

`round.c` is compiled into a temporary folder. What it must know of sim (names of rows, structs of arrays) is generated
from sim's own declarations, so that the two cannot drift apart unnoticed. `CTwin` takes the place of the compiled
driver: ``simulation.step(CTwin())``.
"""

import ctypes
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim import books, inputs, network, random, state
from sim.books import CHUNK, Flows
from sim.inputs import Firms
from sim.simulation import Simulation
from sim.strategies.base import LEVERS

BLOCK = 2048  # customers; measured
OPTIMISED = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math")
STRICT = (*OPTIMISED, "-ffp-contract=off")  # the same bits as the compiled driver
CONTRACTED = (*OPTIMISED, "-ffp-contract=fast")  # a·b + c in one rounding: other last bits, a little faster

PHASES = (
    "keep_message", "drift", "advertise", "inform", "contact", "learn_needs", "crowd", "hear", "appraise", "choose",
    "meet", "other",
)  # fmt: skip
_C_TYPES = {
    np.dtype(np.float64): "double", np.dtype(np.float32): "float", np.dtype(np.int16): "int16_t",
    np.dtype(np.int32): "int32_t", np.dtype(np.int64): "int64_t", np.dtype(np.uint8): "uint8_t",
}  # fmt: skip


def compiler() -> str | None:
    """The C compiler, if there is one."""
    return shutil.which("gcc") or shutil.which("cc")


def compiler_version() -> str:
    """Its name and version."""
    found = compiler()
    return "none" if found is None else _run([found, "--version"]).splitlines()[0]


class CTwin:
    """Plays customers' part of a round in C; levers must be one number each, storage single precision.

    flags: of the compiler; time_phases: add up processor clocks by phase in `clocks`.
    """

    def __init__(self, flags: tuple[str, ...] = STRICT, block: int = BLOCK, time_phases: bool = False) -> None:
        self.flags = (*flags, f"-DBLOCK={block}", *(("-DPHASES",) if time_phases else ()))
        self.clocks = np.zeros(len(PHASES), np.uint64)

    def __call__(self, simulation: Simulation, firms: Firms, booked: Flows) -> None:
        """Play one round, in the threads of the simulation."""
        s = simulation.state
        if (firms.slot >= 0).any():
            raise ValueError("the C twin has one lever for all customers; a firm here has one for each")
        if s.dyad.dtype != np.float32:
            raise ValueError(f"the C twin stores single precision; the state has {s.dyad.dtype}")
        given = {"State": s, "Firms": firms, "Parameters": simulation.parameters, "Network": simulation.network}
        given["Log"] = simulation._log
        play = _compiled(self.flags, _header(given))
        structs = {name: _struct(value) for name, value in given.items()}
        means, powers = np.ascontiguousarray(simulation.means.T), simulation.powers

        def work(_hand: int, first: int, last: int) -> None:
            failed = play(
                ctypes.c_uint64(simulation.seed), *(ctypes.c_int64(n) for n in (simulation.round + 1, first, last)),
                *(ctypes.c_int64(n) for n in (s.supplier.size, s.contacted.size, s.need.shape[0])),
                ctypes.byref(structs["Parameters"]), ctypes.byref(structs["Firms"]), _pointer(means),
                ctypes.byref(structs["Network"]), _pointer(powers), ctypes.c_int64(powers.shape[1]),
                ctypes.byref(structs["State"]), _pointer(booked.firm), _pointer(booked.market),
                ctypes.byref(structs["Log"]), _pointer(self.clocks),
            )  # fmt: skip
            if failed:
                raise MemoryError("the C twin has no memory for its scratch")

        simulation._in_threads(work)


def _pointer(array: np.ndarray) -> ctypes.c_void_p:
    if not array.flags.c_contiguous:
        raise ValueError("the C twin needs contiguous arrays")
    return ctypes.c_void_p(array.ctypes.data)


def _struct(given: NamedTuple) -> ctypes.Structure:
    """A ctypes struct: pointer and number of rows of each array, int64 for whole numbers, double for others."""
    fields: list[tuple[str, Any]] = []
    values: list[Any] = []
    for name, value in given._asdict().items():
        if isinstance(value, np.ndarray):
            fields += [(name, ctypes.c_void_p), (f"{name}_rows", ctypes.c_int64)]
            values += [_pointer(value), value.shape[0]]
        else:
            fields.append((name, ctypes.c_double if isinstance(value, float) else ctypes.c_int64))
            values.append(value)
    return type(type(given).__name__, (ctypes.Structure,), {"_fields_": fields})(*values)


def _header(given: dict[str, NamedTuple]) -> str:
    """layout.h: the structs, and the numbers of all rows."""
    lines = ["#pragma once", "#include <stdint.h>"]
    for struct, instance in given.items():
        members = []
        for name, value in instance._asdict().items():
            if isinstance(value, np.ndarray):
                members.append(f"{_C_TYPES[value.dtype]} *{name}; int64_t {name}_rows;")
            else:
                members.append(f"{'double' if isinstance(value, float) else 'int64_t'} {name};")
        lines.append(f"typedef struct {{ {' '.join(members)} }} {struct};")
    tables = {
        "CUSTOMER": state.CUSTOMER, "DYAD": state.DYAD, "LEDGER": state.LEDGER, "RECORD": state.RECORD,
        "MESSAGE": state.MESSAGE, "FLOW": books.FLOW, "TOTAL": books.TOTAL, "LEVER": LEVERS,
    }  # fmt: skip
    rows = {prefix: [row.name for row in table] for prefix, table in tables.items()}
    rows |= {"TRAIT": list(inputs.FIRM_TRAITS), "CHOICE": list(inputs.CHOICE_RULES)}
    for prefix, names in rows.items():
        lines.append(f"enum {{ {', '.join(f'{prefix}_{name.upper()}' for name in names)}, {prefix}_ROWS }};")
    kinds = ("LIFE", "DRIFT", "ADVERTISING", "CONTACT", "CHOICE", "DELIVERY", "OBSERVATION")
    numbers = {f"RANDOM_{kind}": getattr(random, kind) for kind in kinds}
    numbers |= {f"FLAG_{bit.name.upper()}": 1 << place for place, bit in enumerate(state.FLAG)}
    numbers |= {"NETWORK_NONE": network.NONE, "NETWORK_MIXING": network.MIXING, "CHUNK": CHUNK}
    lines += [f"#define {name} {number}" for name, number in numbers.items()]
    return "\n".join(lines) + "\n"


@cache
def _compiled(flags: tuple[str, ...], header: str) -> Any:
    found = compiler()
    if found is None:
        raise FileNotFoundError("there is no C compiler (gcc or cc)")
    with tempfile.TemporaryDirectory(prefix="sim-c-twin-") as folder:
        library = Path(folder) / "round.so"
        (Path(folder) / "layout.h").write_text(header, encoding="utf-8")
        source = Path(__file__).with_name("round.c")
        _run([found, "-std=gnu11", "-shared", "-fPIC", "-I", folder, *flags, "-o", str(library), str(source), "-lm"])
        play = ctypes.CDLL(str(library)).play  # stays mapped when the file is gone
    play.restype = ctypes.c_int
    return play


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:1])} failed:\n{done.stderr}")
    return done.stdout
