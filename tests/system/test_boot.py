# SPDX-License-Identifier: MIT
"""Every way to start, in every layout; what the start prints about itself."""

import json
import re

import pytest
from whitixlib import qemu

SPAN = {"ticks", "ns"}
STAGE = {"name", "module", "begin_ns", "ticks", "ns", "calls_down", "calls_up",
         "calls_across", "bytes"}
MODULES_NEEDED = {"slab", "vfs", "ramfs", "initramfs", "devfs", "pipe", "procfs", "elf",
                  "serial", "tty", "console", "keyboard", "rtc", "random", "faulty", "echo"}


def to_prompt(machine, timeout=60):
    """Waits for the prompt and returns the boot trace."""
    with machine:
        machine.expect(re.escape(qemu.MARK_USER), timeout)
        found = {}
        while len(found) < 2:
            mark = machine.expect([re.escape(qemu.MARK_PROMPT), r"boottrace: (\{.*\})\r?\n"],
                                  timeout)
            found[mark.index] = mark
        return json.loads(found[1].match.group(1))


def pvh_trace(kernel):
    return kernel.shared("trace", lambda: to_prompt(kernel.pvh(tag="boot")))


def test_pvh(kernel):
    assert pvh_trace(kernel)["version"] == 1


def test_bios_iso(kernel):
    assert to_prompt(kernel.bios())["layout"] == kernel.config["layout"]


def test_uefi_iso(kernel):
    assert to_prompt(kernel.uefi(memory=256), 120)["layout"] == kernel.config["layout"]


@pytest.mark.parametrize("start", ["pvh", "bios"])
def test_32_mib(kernel, start):
    if start == "pvh":
        to_prompt(kernel.pvh(tag="small", memory=32))
    else:
        to_prompt(kernel.bios(tag="bios-small", memory=32))


def test_4_gib(kernel):
    """Memory on both sides of the hole below 4 GiB."""
    trace = to_prompt(kernel.pvh(tag="large", memory=4096))
    assert trace["memory_kib"] > 4000 * 1024


def test_q35(kernel):
    to_prompt(kernel.pvh(tag="q35", extra_args=("-machine", "q35")))


def test_trace_says_what_runs(kernel):
    trace = pvh_trace(kernel)
    assert {k: trace[k] for k in ("layout", "domains", "gate")} == kernel.config
    assert trace["memory_used_kib"] < trace["memory_kib"] <= 128 * 1024
    for span in ("entry_to_user", "entry_to_prompt"):
        assert set(trace[span]) == SPAN
    assert 0 < trace["entry_to_user"]["ticks"] <= trace["entry_to_prompt"]["ticks"]


def test_trace_has_stages(kernel):
    trace = pvh_trace(kernel)
    assert len(trace["stages"]) > 5
    begin = 0
    for stage in trace["stages"]:
        assert set(stage) >= STAGE
        assert stage["begin_ns"] >= begin, "stages are not in the order they began"
        begin = stage["begin_ns"]
        counted = [stage[k] for k in ("calls_down", "calls_up", "calls_across", "bytes")]
        if kernel.is_hybrid:
            assert all(isinstance(c, int) for c in counted)
        else:
            assert counted == [None] * 4, "plain calls can't be counted"


def test_trace_has_modules(kernel):
    modules = {m["name"]: m for m in pvh_trace(kernel)["modules"]}
    assert MODULES_NEEDED <= set(modules)
    for module in modules.values():
        assert module["start_ticks"] > 0
    domains = {m["domain"] for m in modules.values()}
    if not kernel.is_hybrid:
        assert domains == {0}
        assert all(m["link_ticks"] == 0 for m in modules.values())
    elif kernel.config["domains"] == "shared":
        assert len(domains) == 1 and 0 not in domains
    else:
        assert len(domains) == len(modules) and 0 not in domains


def test_hybrid_counts_crossings(hybrid):
    modules = pvh_trace(hybrid)["modules"]
    assert sum(m["calls_down"] for m in modules) > 10
    assert sum(m["calls_up"] for m in modules) > 10


def test_start_order_is_the_builds(kernel):
    """What the loader works out is what the build worked out."""
    def order():
        with kernel.pvh(tag="order") as machine:
            return machine.read_line("modules: order ", 30).split()
    with open(kernel.path("generated", "module-order.txt"), encoding="utf-8") as source:
        built = source.read().split()
    assert kernel.shared("order", order) == built


def test_counts_repeat_under_icount(kernel):
    """Two counted boots execute the same instructions."""
    def counted(tag):
        return to_prompt(kernel.pvh(tag=tag, icount=True))
    first, second = counted("icount-1"), counted("icount-2")
    assert first == second


def test_placement_on_the_command_line(hybrid):
    trace = to_prompt(hybrid.pvh("placement=echo:core,echo_peer:private,rtc:private",
                                 tag="placement"))
    modules = {m["name"]: m for m in trace["modules"]}
    assert modules["echo"]["domain"] == 0
    own = {modules["echo_peer"]["domain"], modules["rtc"]["domain"]}
    others = {m["domain"] for n, m in modules.items() if n not in ("echo_peer", "rtc")}
    assert len(own) == 2 and not own & others
    assert modules["echo"]["placement"] == "core"


def test_all_modules_in_the_core_of_a_hybrid(hybrid):
    """Placement beats layout: a hybrid kernel with every module in ring 0."""
    names = ",".join(f"{name}:core" for name in hybrid.module_names())
    trace = to_prompt(hybrid.pvh(f"placement={names}", tag="all-core"))
    assert {m["domain"] for m in trace["modules"]} == {0}


def test_bad_placement_is_reported(hybrid):
    """A name that is no module's, and a place that is none: said, and gone on."""
    with hybrid.pvh("placement=nonsense:core,vfs:nowhere", tag="bad-placement") as machine:
        mark = machine.expect(re.escape(qemu.MARK_USER), 60)
        assert "nonsense" in mark.before or "nowhere" in mark.before


def test_login_prompt_in_little_memory(kernel):
    """24 MiB where modules are loaded, 16 where they are linked in."""
    with kernel.pvh(tag="little", memory=24 if kernel.is_hybrid else 16) as machine:
        machine.expect("login: ", 60)
