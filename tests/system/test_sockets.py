# SPDX-License-Identifier: MIT
"""UNIX sockets that are at work while their module is killed."""

import re

import pytest
import system


@pytest.mark.parametrize("name", system.HYBRIDS)
def test_sockets_survive_resets(kernels, name):
    """Streams, messages, connections, files on their way: nobody notices."""
    run = kernels(name).run_list(["/test/sockreset", "/bin/cat /proc/accounts"],
                                 tag="sockreset")
    text, end = run.section("/test/sockreset")
    system.Ktap(text).check()
    assert end == "exit 0"
    accounts, _ = run.section("/bin/cat /proc/accounts")
    line = next(line for line in accounts.splitlines() if line.startswith("unix "))
    # Three kills of six come at once, the others when a tick finds the module running.
    resets = int(re.search(r"resets=(\d+)", line).group(1))
    assert "state=live" in line and 3 <= resets <= 6, line
