# SPDX-License-Identifier: MIT
"""make compare as it is typed, with few boots."""

import json
import os
import subprocess
import sys

import pytest
import system


@pytest.mark.long
def test_make_compare(out):
    results = os.path.join(out, "compare-result")
    done = subprocess.run(
        [sys.executable, os.path.join(system.ROOT, "scripts", "compare", "compare.py"),
         "--out", os.path.join(out, "compare-build"), "--results", results,
         "--variants", "hybrid drivers_in_kernel", "--runs", "2"],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    with open(os.path.join(results, "compare.json"), encoding="utf-8") as source:
        document = json.load(source)
    assert [v["name"] for v in document["variants"]] == ["hybrid", "drivers_in_kernel"]
    assert all(v["counts_agree"] for v in document["variants"])
    missed = [f for f in document["figures"] if not f["reached"]]
    assert not missed, missed
