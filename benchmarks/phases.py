"""Where the time of the compiled driver goes: `engine.play` with a clock read around every call of a phase.

The instrumented copy is made from the driver's own source, so it measures the driver as it is: in the loop over blocks,
every statement that calls a phase is followed by a reading of the processor's clock; all else counts as "other".
"""

import ast
import inspect
import textwrap
from functools import cache
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from sim import engine
from sim.books import Flows
from sim.compiled import KERNEL
from sim.inputs import Firms
from sim.simulation import Simulation
from sim.workspace import workspace


@intrinsic
def _ticks(typing_context: Any) -> Any:
    """The processor's cycle counter."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(64), ())
        counter = cgutils.get_or_insert_function(builder.module, kind, "llvm.readcyclecounter")
        return builder.call(counter, ())

    return types.uint64(), generate


class _Clocks(ast.NodeTransformer):
    """Wraps calls of phases inside the innermost loop over blocks."""

    def __init__(self) -> None:
        self.names = ["other"]
        self.inside = False

    def visit_For(self, node: ast.For) -> Any:
        blocks = isinstance(node.target, ast.Name) and node.target.id == "lo"
        self.inside |= blocks
        self.generic_visit(node)
        self.inside &= not blocks
        return node

    def _timed(self, node: ast.Expr | ast.Assign) -> Any:
        call = node.value
        if not (self.inside and isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            return node
        name = call.func.id
        if name in ("part_of_state", "part_of_firms", "min", "max"):
            return node
        if name not in self.names:
            self.names.append(name)
        return [self._reading(0), node, self._reading(self.names.index(name))]

    visit_Expr = visit_Assign = _timed

    @staticmethod
    def _reading(row: int) -> ast.stmt:
        return ast.parse(f"_clock = _read(_clocks, {row}, _clock)").body[0]


@numba.njit(nogil=True, _nrt=False)
def _read(clocks, row, before):
    now = _ticks()
    clocks[row] += now - before
    return now


@cache
def _instrumented() -> tuple[Any, list[str]]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(engine.play.py_func)))
    function = tree.body[0]
    function.decorator_list = []
    function.args.args.append(ast.arg("_clocks"))
    transformer = _Clocks()
    transformer.visit(function)
    function.body.insert(0, ast.parse("_clock = _ticks()").body[0])
    ast.fix_missing_locations(tree)
    space = {**vars(engine), "_read": _read, "_ticks": _ticks}
    exec(compile(tree, "<engine.play with clocks>", "exec"), space)
    return numba.njit(error_model="numpy", **KERNEL)(space[function.name]), transformer.names


class TimedEngine:
    """The compiled driver with a clock per phase: ``simulation.step(TimedEngine())``; `clocks` by `names`."""

    def __init__(self) -> None:
        self._play, self.names = _instrumented()
        self.clocks = np.zeros(len(self.names), np.uint64)

    def __call__(self, simulation: Simulation, firms: Firms, booked: Flows) -> None:
        """Play one round in one thread."""
        round = simulation.round + 1
        self._play(
            simulation.seed, round, round, 0, booked.market.shape[1], simulation.parameters, firms, simulation.means,
            simulation.network, simulation.powers, simulation.state, booked, simulation._log,
            workspace(len(simulation.firm_names), simulation.block), self.clocks,
        )  # fmt: skip
