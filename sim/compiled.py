"""How the rules are compiled: one set of options, one place for what has been compiled.

numba keys its own disk cache on the file a function stands in, not on the functions it calls: after a change to a rule,
a kernel in another file would go on with the old one. Compiled code is therefore kept in a folder named after a hash of
all compiled sources, below the user's cache folder, which also serves a read-only installation.
"""

import os
import pickle
import sys
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import _Cache
from numba.core.compiler import CompilerBase, CompileResult, DefaultPassBuilder
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.lowering import Lower
from numba.core.runtime import rtsys
from numba.core.serialize import dumps
from numba.core.typed_passes import NativeLowering

from sim.whole import whole

SOURCES = (
    "compiled", "maths", "random", "rules", "inputs", "network", "state", "books", "population", "workspace",
    "outreach", "purchase", "encounter", "engine", "together",
)  # fmt: skip


@cache
def cache_folder() -> Path:
    """Folder of the compiled code that belongs to exactly these sources (``SIM_CACHE_DIR`` overrides its parent)."""
    digest = sha256(f"{numba.__version__} {sys.version_info[:2]}".encode())
    here = Path(__file__).parent
    for name in SOURCES:
        source = here / f"{name}.py"
        digest.update(source.read_bytes() if source.exists() else b"")
    return Path(os.environ.get("SIM_CACHE_DIR") or _user_cache() / "buyer-seller-sim") / digest.hexdigest()[:16]


def _user_cache() -> Path:
    if given := os.environ.get("XDG_CACHE_HOME"):
        return Path(given)
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # a user without a home, as in a container
        return Path(__file__).parent / "__pycache__"


def rule(function: Callable) -> Callable:
    """Compile a scalar equation; it is inlined wherever a kernel calls it and can be called from Python as well."""
    return _compile(function, forceinline=True)


def kernel(function: Callable) -> Callable:
    """Compile a loop over customers; it runs without the interpreter lock, so that threads can share the work.

    It cannot allocate: without numba's reference counting, whose atomic operations would sit in the inner loops. No
    array it writes to may overlap with another of its arguments: the compiler counts on it.
    """
    return _compile(function, **KERNEL)


class _Tuned(Lower):
    """Asks the optimiser for the widest vectors the processor has; left to itself it stops at 256 bits."""

    def pre_lower(self) -> None:
        super().pre_lower()
        set.add(self.function.attributes, '"prefer-vector-width"="512"')  # llvmlite knows no attributes with a value


@register_pass(mutates_CFG=True, analysis_only=False)
class _TunedLowering(NativeLowering):
    _name = "tuned_lowering"
    lowering_class = _Tuned


class _Tuning(CompilerBase):
    """The usual stages of compilation, for arrays that do not overlap and wide vectors."""

    def define_pipelines(self) -> list[PassManager]:
        self.state.flags.noalias = True
        stages = DefaultPassBuilder.define_nopython_pipeline(self.state)
        stages.passes = [(_TunedLowering if stage is NativeLowering else stage, what) for stage, what in stages.passes]
        stages.finalize()
        return [stages]


KERNEL = {"nogil": True, "_nrt": False, "pipeline_class": _Tuning}


def _compile(function: Callable, **options: bool) -> Callable:
    # IEEE arithmetic without contraction or reordering: the same bits on every instruction set. error_model="numpy"
    # drops the zero-division checks that would keep loops from being vectorised.
    _cold()
    compiled = numba.njit(error_model="numpy", **options)(function)
    if function.__module__.removeprefix("sim.") in SOURCES:  # others can change without another folder
        compiled._cache = Kept(function)  # where `cache=True` would put numba's own
        compiled._compilation_chain_init_hook = lambda: None  # looks for extensions; no rule needs any
    return compiled


class Kept(_Cache):
    """Compiled versions of one function on disk: a file for each signature and processor, begun by its checksum.

    numba keeps an index beside such files. Two processes that begin together can write it at the same time, and it then
    names the code of one signature for another; here there is none. A file that is damaged, or that cannot be read or
    written, costs a compilation.
    """

    def __init__(self, function: Callable) -> None:
        self.name = f"{function.__module__}.{function.__qualname__}"

    @property
    def cache_path(self) -> str:
        """The folder, for numba's own reports."""
        return str(cache_folder())

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:
        """The function compiled for these types and this processor, if it is kept."""
        rtsys.initialize(target_context)  # all that finished code asks for; the compiler itself stays unloaded
        file = self._file(sig, target_context.codegen())
        try:
            if file.stat().st_uid not in _trusted():
                return None  # to read a file is to run what is in it
            whole = file.read_bytes()
        except OSError:
            return None
        kept = whole[32:]
        if sha256(kept).digest() != whole[:32]:
            return None
        return CompileResult._rebuild(target_context, *pickle.loads(kept))

    def save_overload(self, sig: Any, data: CompileResult) -> None:
        """Write what has been compiled under another name first: nobody ever reads half a file."""
        file, kept = self._file(sig, data.library.codegen), dumps(data._reduce())
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with whole(file) as part:
                part.write_bytes(sha256(kept).digest() + kept)
        except OSError as error:
            _cannot_keep(error.strerror or str(error))

    def _file(self, sig: Any, codegen: Any) -> Path:
        meant = f"{sig} {codegen.magic_tuple()}"
        return cache_folder() / f"{self.name}.{sha256(meant.encode()).hexdigest()[:32]}"

    def enable(self) -> None:
        """Nothing to do: it always is."""

    def disable(self) -> None:
        """Nobody asks for this."""

    def flush(self) -> None:
        """Nothing to do: what is compiled anew takes the place of what was there."""


@cache
def _trusted() -> set[int]:
    """Whose compiled code is run: our own, and that of those who could change the sources as well."""
    owners = {Path(__file__).stat().st_uid, 0}
    return owners | ({os.getuid()} if hasattr(os, "getuid") else set())


@cache
def _cold() -> bool:
    """Whether nothing had been compiled from these sources when the first function was prepared."""
    return not cache_folder().exists()


@cache
def announce() -> None:
    """Say once, to whoever sits at a terminal, why the first run after an installation or a change is slow."""
    if _cold() and sys.stderr.isatty():
        print("Compiling the rules; this takes about a minute and happens once.", file=sys.stderr, flush=True)


@cache
def _cannot_keep(why: str) -> None:
    """Say once why every start will be slow."""
    print(
        f"Compiled rules cannot be kept in {cache_folder()} ({why}): every start takes about a minute. "
        "SIM_CACHE_DIR may name another folder.",
        file=sys.stderr,
    )  # fmt: skip
