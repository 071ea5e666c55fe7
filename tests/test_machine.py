"""What the program knows of the machine."""

import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(not hasattr(os, "process_cpu_count"), reason="Python 3.12 does not know of affinity")
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux binds a process to cores")
def test_a_process_that_is_bound_to_one_core_counts_one():
    bound = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    code = f"{bound}; from sim.machine import cores; print(cores())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "1\n"
