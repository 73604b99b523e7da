# SPDX-License-Identifier: MIT
"""
Kernel tests (KTAP on the serial line), and everything else once more in kernels
with lock checks and poisoned buffers: a cheat that DRIVERS_IN_KERNEL would hide
shows there.
"""

import pytest
import system


@pytest.fixture(scope="session", params=system.DEBUG_VARIANTS)
def debug_kernel(request, kernels):
    return kernels(request.param)


def test_ktest(debug_kernel):
    with debug_kernel.pvh("ktest=1", tag="ktest") as machine:
        machine.run_to_end(90)
        text = machine.buffer.replace("\r", "")
    assert "KTAP version" in text, text[-2000:]
    ktap = system.Ktap(text[text.index("KTAP version"):])
    assert ktap.results
    assert not ktap.failures(), ktap.failures()


def test_programs_with_poisoned_buffers(debug_kernel):
    """Promise 3: no module keeps a pointer to what a call passed."""
    run = debug_kernel.run_list(["/test/hello one", "/test/fileio", "/test/usertests",
                                 "/bin/busybox ls -l /bin"], tag="poison")
    for program in ("/test/fileio", "/test/usertests"):
        system.Ktap(run.section(program)[0]).check()
    assert run.section("/bin/busybox")[1] == "exit 0"
    assert run.status == 0
