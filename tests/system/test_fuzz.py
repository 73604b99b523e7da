# SPDX-License-Identifier: MIT
"""
Random system calls with hostile arguments (user/fuzz.c, make fuzz): no panic, no
module reset, memory and accounts afterwards as before.
"""

import re

import pytest

CALLS = 20_000		# besides the first 20,000, before which nothing is measured
SEEDS = (1, 2, 3)
LONG_CALLS = 10_000_000


@pytest.fixture(scope="session")
def kernel(layout):
    """Programs do not see the gate: the default one will do."""
    return layout


def fuzz(kernel, seed, calls, limit):
    run = kernel.run_list([f"/test/fuzz {seed} {calls}"], append="loglevel=4",
                          tag=f"fuzz-{seed}-{calls}", timeout=limit)
    text, end = run.section("/test/fuzz")
    assert not re.search("panic: |resetting ", run.text), run.text[-3000:]
    assert "fuzz: passed" in text and end == "exit 0", text[-2000:]


def test_fuzz(kernel):
    """Another seed in each variant: together they see more."""
    fuzz(kernel, SEEDS[len(kernel.name) % len(SEEDS)], CALLS, 240.0)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_fuzz_long(kernel, seed):
    fuzz(kernel, seed * 1000, LONG_CALLS, 20_000.0)
