# SPDX-License-Identifier: MIT
"""Made-up boots, to test with what reads real ones."""

import random

MODULES = ("slab", "vfs", "ramfs", "initramfs", "devfs", "pipe", "procfs", "elf", "serial",
           "tty", "console", "keyboard", "rtc", "random", "echo", "echo_peer", "faulty")
CONFIGS = {
    "hybrid": {"layout": "hybrid", "domains": "shared", "gate": "syscall"},
    "hybrid_private": {"layout": "hybrid", "domains": "private", "gate": "syscall"},
    "drivers_in_kernel": {"layout": "drivers_in_kernel", "domains": None, "gate": None},
}


def trace(name, seed=1, ns_per_tick=1.0):
    """A boot trace as the kernel prints it."""
    rng = random.Random(f"{name}{seed}")
    config = CONFIGS[name]
    counts = config["layout"] == "hybrid"
    factor = {"hybrid": 1.2, "hybrid_private": 1.45, "drivers_in_kernel": 1.0}[name]
    stages, modules, now = [], [], 0

    def stage(what, module, ticks):
        nonlocal now
        ticks = int(ticks * factor)
        counter = (lambda top: rng.randrange(top)) if counts else (lambda top: None)
        stages.append({"name": what, "module": module, "begin_ns": int(now * ns_per_tick),
                       "ticks": ticks, "ns": int(ticks * ns_per_tick),
                       "calls_down": counter(20), "calls_up": counter(60),
                       "calls_across": counter(90), "bytes": counter(9000)})
        now += ticks

    for what, ticks in (("early", 210_000), ("memory", 560_000), ("traps", 80_000),
                        ("time", 330_000), ("scheduler", 60_000)):
        stage(what, None, ticks)
    for module in MODULES:
        link = rng.randrange(40_000, 120_000) if counts else 4_000
        start = rng.randrange(20_000, 300_000)
        stage("link", module, link)
        stage("start", module, start)
        modules.append({"name": module, "placement": config["domains"] or "core",
                        "domain": 1 if counts else 0, "link_ticks": int(link * factor),
                        "start_ticks": int(start * factor),
                        **{k: stages[-1][k] for k in
                           ("calls_down", "calls_up", "calls_across", "bytes")}})
    stage("archive", "initramfs", 900_000)
    stage("exec", None, 400_000)
    user = now + 30_000
    return {"version": 1, **config, "tsc_khz": 1_000_000, "memory_kib": 130_000,
            "memory_used_kib": int(6000 * factor),
            "entry_to_user": {"ticks": user, "ns": int(user * ns_per_tick)},
            "entry_to_prompt": {"ticks": user * 2, "ns": int(user * 2 * ns_per_tick)},
            "stages": stages, "modules": modules, "cr3_loads": 120 if counts else 8}


def timed(name, run):
    """A result of measure.boot_timed()."""
    factor = 1 + run / 20
    return {"firmware": {"wall_ms": 290 * factor, "cpu_ms": 240 * factor},
            "entry_to_user": {"wall_ms": 38 * factor, "cpu_ms": 36 * factor},
            "entry_to_prompt": {"wall_ms": 52 * factor, "cpu_ms": 49 * factor},
            "trace": trace(name, ns_per_tick=4 * factor)}


def calls(name):
    if CONFIGS[name]["layout"] != "hybrid":
        return {"down_empty": 0, "up_empty": 0, "across_empty": 0, "down_4k": 0,
                "up_4k": 0, "across_4k": 0, "plain": 9}
    across = 700 if name == "hybrid_private" else 14
    return {"down_empty": 113, "up_empty": 98, "across_empty": across, "down_4k": 1260,
            "up_4k": 320, "across_4k": across * 3, "plain": 9}


def sizes(name):
    hybrid = CONFIGS[name]["layout"] == "hybrid"
    return {"ring0_text": 98_000 if hybrid else 176_000,
            "ring3_text": 84_000 if hybrid else 0,
            "ring0_lines": 7_900 if hybrid else 14_000, "iso": 5_300_000}
