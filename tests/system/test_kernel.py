# SPDX-License-Identifier: MIT
"""
Kernel tests (KTAP on the serial line), and everything else once more in kernels
with lock checks and poisoned buffers: a cheat that DRIVERS_IN_KERNEL would hide
shows there.
"""

import re

import pytest
import system


# Live objects survive; what modules had open goes on.
RESETS = ("slab is reset", "vfs is reset", "ramfs is reset")
FAILNTH_STEP = 5


@pytest.fixture(scope="session", params=system.DEBUG_VARIANTS)
def debug_kernel(request, kernels):
    return kernels(request.param)


def ktest(kernel):
    """Results of the kernel's own tests, in a boot of their own."""
    def boot():
        with kernel.pvh("ktest=1", tag="ktest") as machine:
            machine.run_to_end(90)
            text = machine.buffer.replace("\r", "")
        assert "KTAP version" in text, text[-2000:]
        return system.Ktap(text[text.index("KTAP version"):])
    return kernel.shared("ktest", boot)


def test_ktest(debug_kernel):
    ktap = ktest(debug_kernel)
    assert not ktap.failures(), ktap.failures()
    suites = re.findall(r"^ok \d+", ktap.text, re.M)
    assert ktap.plan and len(suites) == ktap.plan, ktap.text[-2000:]


@pytest.mark.parametrize("name", RESETS)
def test_reset_keeps_what_lives(debug_kernel, name):
    """Promise 7: objects of other modules outlive the reset of their keeper."""
    ktap = ktest(debug_kernel)
    ok, directive = ktap.results[name]
    assert ok
    assert directive.upper().startswith("SKIP") != debug_kernel.is_hybrid, directive


def test_programs_with_poisoned_buffers(debug_kernel):
    """Promise 3: no module keeps a pointer to what a call passed."""
    programs = ["/test/fileio", "/test/usertests", "/test/test_signals", "/test/test_maps"]
    run = debug_kernel.run_list(["/test/hello one", *programs, "/bin/busybox ls -l /bin"],
                                tag="poison")
    for program in programs:
        system.Ktap(run.section(program)[0]).check()
    assert run.section("/bin/busybox")[1] == "exit 0"
    assert run.status == 0


@pytest.mark.parametrize("every", (331, 37))
def test_failing_allocations(debug_kernel, every):
    """Every so many allocations for the fuzzer's children fail: all is given back."""
    run = debug_kernel.run_list([f"/test/fuzz {every} 5000"], tag=f"failalloc-{every}",
                                append=f"loglevel=4 failalloc={every}", timeout=240.0)
    text, end = run.section("/test/fuzz")
    assert not re.search("panic: |resetting ", run.text), run.text[-3000:]
    assert "fuzz: passed" in text and end == "exit 0", text[-2000:]


def failnth(kernel, first, step, limit):
    run = kernel.run_list([f"/test/failnth {first} {step}"], append="loglevel=4",
                          tag=f"failnth-{step}", timeout=limit)
    text, end = run.section("/test/failnth")
    assert not re.search("panic: |resetting ", run.text), run.text[-3000:]
    assert re.search(r"failnth: \d+ allocations", text), text[-2000:]
    assert "failnth: passed" in text and end == "exit 0", text[-2000:]


def test_each_allocation_fails(debug_kernel):
    """One of FAILNTH_STEP allocations of a workload, others in each variant."""
    failnth(debug_kernel, 1 + len(debug_kernel.name) % FAILNTH_STEP, FAILNTH_STEP, 240.0)


@pytest.mark.long
def test_each_allocation_fails_long(debug_kernel):
    """Each allocation of a workload in turn: a clear error, and all is given back."""
    failnth(debug_kernel, 1, 1, 2000.0)
