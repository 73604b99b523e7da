# SPDX-License-Identifier: MIT
"""
Faults of modules: contained in the hybrid layouts, a panic that names the module
in DRIVERS_IN_KERNEL.

`faulty=KIND,...` on the kernel command line has the core tell the module
`faulty` to commit these after the boot; for each a line is printed:

    faulty: KIND: result=-5 resets=1 state=live count=1

(count: calls of faulty_count() since the module's data was last set up). once:KIND
commits it by the restartable call; KIND*N commits it N times.
"""

import errno
import re

import pytest
import system

EIO, ENODEV = -5, -19
LINE = re.compile(r"faulty: ([\w:]+): result=(-?\d+) resets=(\d+) state=(\w+)"
                  r" count=(-?\d+)")
KINDS = system.fault_kinds()
# Each recovering init fails: ends in a failed module, so it comes last.
LAST = "init"
# What ring 3's hardware or the boundary must notice as a fault of the module.
TRAPS = ("null_read", "null_write", "wild_read", "wild_write", "core_read", "core_write",
         "text_write", "rodata_write", "exec_data", "jump_null", "jump_wild",
         "stack_overflow", "stack_smash", "divide", "illegal", "privileged", "port",
         "breakpoint", "fpu", "loop", "bug")
# What ring 0 lets pass: the trade that the layouts are compared for.
UNSEEN_IN_RING_0 = {
    "core_read": "the core's memory is the module's too",
    "privileged": "hlt is allowed",
    "port": "all ports are allowed",
    "fpu": "no CR0.TS is needed to tell a module",
    "bad_pointer_up": "a core address is an address like any other",
    "lie": "results are not checked: there is no boundary",
    "quota": "an error, not a fault",
    "wrong_stub": "there are no stubs",
}
# The panic comes, but nothing is left on the stack that tells whose fault it is.
UNNAMED_IN_RING_0 = {
    "stack_smash": "return address and frame pointer are gone",
    "abuse_gate": "syscall in ring 0 enters the core as a program would",
}
WAITS = "sleep_forever"
# What the core answers where it refuses instead of resetting.
REFUSED = {
    "bad_pointer_up": -errno.EFAULT,
    "nested": -errno.ELOOP,
    "wrong_stub": -errno.EPERM,
    "quota": -errno.ENOMEM,
}
LIMIT = 60


def results_of(text):
    """{kind: (result, resets, state, count)}."""
    return {m[0]: (int(m[1]), int(m[2]), m[3], int(m[4])) for m in LINE.findall(text)}


def commit_all(kernel):
    """One boot in which every kind but the last is committed, then programs."""
    def boot():
        kinds = [k for k in KINDS if k not in (LAST, WAITS)] + [LAST]
        run = kernel.run_list(["/test/hello after", "/bin/cat /proc/accounts"],
                              f"faulty={','.join(kinds)}", tag="faults", timeout=150)
        return run, results_of(run.text)
    return kernel.shared("faults", boot)


def report_of(text, kind):
    """What was printed between the line before and the line of `kind`."""
    end = re.search(rf"faulty: {kind}: result", text).start()
    begin = [m.end() for m in LINE.finditer(text, 0, end)]
    return text[begin[-1] if begin else 0:end]


@pytest.mark.parametrize("kind", [k for k in KINDS if k != WAITS])
def test_contained(hybrid, kind):
    run, results = commit_all(hybrid)
    assert kind in results, f"no line of {kind}:\n{run.text[-3000:]}"
    result, _, state, _ = results[kind]
    if kind == LAST:
        assert state == "failed"
        return
    assert state == "live", f"{kind}: the module is {state}"
    if kind in TRAPS:
        assert result == EIO, f"{kind}: the caller got {result}"
    if kind in REFUSED:
        assert result == REFUSED[kind], f"{kind}: the module got {result}"


def test_sleeping_for_ever_holds_up_nobody_else(hybrid):
    """A call that never returns: its thread waits, the system does not."""
    run = hybrid.run_list(["/test/hello after"], f"faulty={WAITS}", tag="sleep",
                          timeout=30)
    assert run.section("/test/hello after")[1] == "exit 0"


@pytest.mark.parametrize("kind", TRAPS)
def test_resets_once_with_a_report(hybrid, kind):
    run, results = commit_all(hybrid)
    order = list(results)
    before = results[order[order.index(kind) - 1]][1] if order.index(kind) else 0
    assert results[kind][1] == before + 1, f"{kind}: {before} resets, then {results[kind][1]}"
    assert results[kind][3] == 1, "the module's data is not as at its start"
    report = report_of(run.text, kind)
    assert "faulty" in report and re.search(r"\brip\b|\bRIP\b", report), report


def test_report_has_symbols(hybrid):
    """The backtrace names functions of the module, and the last calls."""
    run, _ = commit_all(hybrid)
    report = report_of(run.text, "divide")
    assert re.search(r"\w+\+0x[0-9a-f]+ \[faulty\]|\[faulty\]", report), report


def test_programs_run_after_all_faults(hybrid):
    run, _ = commit_all(hybrid)
    text, end = run.section("/test/hello after")
    assert end == "exit 0" and "argv[1] = 'after'" in text
    assert run.status == 0


def test_crash_loop_ends_in_a_failed_module(hybrid):
    run, results = commit_all(hybrid)
    result, resets, state, _ = results[LAST]
    assert result in (EIO, ENODEV)
    assert state == "failed" and resets >= 2
    text, _ = run.section("/bin/cat /proc/accounts")
    line = next(l for l in text.splitlines() if re.search(r"\bfaulty\b", l))
    assert "failed" in line
    others = [l for l in text.splitlines() if not re.search(r"\bfaulty\b", l)]
    assert not [l for l in others if "failed" in l], "another module failed as well"


RESTARTED = ("null_read", "divide", "stack_overflow", "loop", "bug", "exec_data")


@pytest.mark.parametrize("kind", RESTARTED)
def test_restartable_call_is_run_again(hybrid, kind):
    """The caller of a restartable call never knows: 42, and one reset each."""
    def boot():
        items = ",".join(f"once:{k}" for k in RESTARTED)
        return hybrid.run_list(["/test/hello after"], f"faulty={items}", tag="once")
    results = results_of(hybrid.shared("once", boot).text)
    result, resets, state, _ = results[f"once:{kind}"]
    assert (result, state) == (42, "live")
    assert resets == RESTARTED.index(kind) + 1


def test_repeated_faults_end_in_a_failed_module(hybrid):
    """A module that keeps failing is given up after CONFIG_MAX_RESETS in a row."""
    limit = int(hybrid.option("CONFIG_MAX_RESETS"))
    run = hybrid.run_list(["/test/hello after"], f"faulty=divide*{limit + 3}", tag="loop")
    lines = LINE.findall(run.text)
    assert len(lines) == limit + 3
    assert [l[3] for l in lines][:limit] == ["live"] * limit
    assert lines[-1][3] == "failed" and int(lines[-1][1]) == ENODEV
    assert run.section("/test/hello after")[1] == "exit 0"


def test_accounts_return_after_resets(hybrid):
    """Pages and handles that a module had are given back by its reset."""
    def used(kinds):
        run = hybrid.run_list(["/bin/cat /proc/accounts", "/bin/cat /proc/meminfo"],
                              f"faulty={kinds}" if kinds else "", tag="accounts")
        text = run.section("/bin/cat /proc/accounts")[0]
        free = re.search(r"MemFree:\s+(\d+)", run.section("/bin/cat /proc/meminfo")[0])
        line = next(l for l in text.splitlines() if re.search(r"\bfaulty\b", l))
        return line, int(free.group(1))
    _, before = used("")
    _, once = used("quota,divide")
    _, often = used("quota,divide,quota,divide,quota,divide")
    assert before - once < 1024, "KiB lost by a reset: more than slab keeps for its books"
    assert once - often < 128, "each reset loses memory"


@pytest.mark.parametrize("kind", [
    k for k in KINDS if k not in UNSEEN_IN_RING_0 and k != WAITS])
def test_ring_0_panics_naming_the_module(direct, kind):
    with direct.pvh(f"faulty={kind} init=/test/runtests", direct.archive(),
                    tag=f"fault-{kind}") as machine:
        status = machine.run_to_end(LIMIT)
        text = machine.buffer
    assert re.search(system.PANIC, text), text[-2500:]
    if kind not in UNNAMED_IN_RING_0:
        assert re.search(r"panic: .*(\bmodule faulty\b|\[faulty\])", text, re.S), text[-2500:]
    assert status == system.qemu.STATUS_PANIC


def test_ring_0_lets_pass_what_it_cannot_see(direct):
    """These do not stop the system in ring 0: stated, so that nobody is surprised."""
    kinds = [k for k in KINDS if k in UNSEEN_IN_RING_0]
    run = direct.run_list(["/test/hello after"], f"faulty={','.join(kinds)}", tag="unseen")
    assert set(results_of(run.text)) == set(kinds)
    assert run.section("/test/hello after")[1] == "exit 0"


def test_module_placed_in_the_core_panics(kernels):
    """Placement beats layout, also for what a fault does."""
    hybrid = kernels("hybrid")
    with hybrid.pvh("faulty=null_write placement=faulty:core", tag="core-fault") as machine:
        status = machine.run_to_end(LIMIT)
        assert re.search(system.PANIC, machine.buffer), machine.buffer[-2000:]
        assert "faulty" in machine.buffer
        assert status == system.qemu.STATUS_PANIC
