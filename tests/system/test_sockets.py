# SPDX-License-Identifier: MIT
"""UNIX sockets that are at work while their module is killed."""

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
    assert "state=live" in line and "resets=6" in line, line
