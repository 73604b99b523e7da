# SPDX-License-Identifier: MIT
"""A module is killed while programs use it: what they see is right, all the same."""

import pytest
import system

MODULES = ("pipe", "events", "mqueue", "vfs")


@pytest.mark.parametrize("module", MODULES)
def test_state_outlives_a_reset(hybrid, module):
    run = hybrid.shared("state", lambda: hybrid.run_list(
        [f"/test/resets {m} {word}" for m in MODULES for word in ("now", "inside")],
        tag="state"))
    for word in ("now", "inside"):
        text, _ = run.section(f"/test/resets {module} {word}")
        system.Ktap(text).check()
        assert word == "inside" or f"module {module}: reset number" in text
