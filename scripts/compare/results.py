# SPDX-License-Identifier: MIT
"""
What `make compare` makes of its measurements: the document that compare.json
holds, the figures that are to be reached, and the differences from an older
document. Nothing here runs anything; tests/system/test_compare_unit.py has it
work on made-up data.
"""

import statistics

VERSION = 1
CALL_KINDS = ("down", "up", "across")
CALL_SIZES = ("empty", "4k")
COUNTERS = ("calls_down", "calls_up", "calls_across", "bytes")

# The limits of the project's figures.
LIMIT_EMPTY = {"syscall": 120, "interrupt": 150}
LIMIT_BOOT = 10_000_000
LIMIT_BOOT_RATIO = 1.5
LIMIT_BOOT_MORE = 3_000_000
LIMIT_BOOT_CPU_MS = 60
LIMIT_LINES = 9000
LIMIT_ISO = 8 * 1024 * 1024


def spread(values):
    """{"median", "min", "max"} of numbers; None where there are none."""
    values = [v for v in values if v is not None]
    if not values:
        return {"median": None, "min": None, "max": None}
    return {"median": round(statistics.median(values), 3),
            "min": round(min(values), 3), "max": round(max(values), 3)}


def without_clock(trace):
    """A boot trace without what may differ between two counted boots: nothing
    but the frequency that the host reports."""
    return {k: v for k, v in trace.items() if k != "tsc_khz"}


def differences(a, b, path=""):
    """Paths at which two JSON values differ, at most ten."""
    if isinstance(a, dict) and isinstance(b, dict):
        found = []
        for key in sorted(set(a) | set(b)):
            found += differences(a.get(key), b.get(key), f"{path}.{key}")
        return found[:10]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        found = []
        for i, (x, y) in enumerate(zip(a, b)):
            found += differences(x, y, f"{path}[{i}]")
        return found[:10]
    return [] if a == b else [f"{path.lstrip('.')}: {a} and {b}"]


def stage_keys(stages):
    """(name, module, n-th of that name) of each stage: equal across boots."""
    seen, keys = {}, []
    for stage in stages:
        base = (stage["name"], stage.get("module") or None)
        seen[base] = seen.get(base, 0) + 1
        keys.append(base + (seen[base],))
    return keys


def own_ticks(stages):
    """
    Ticks of each stage less those of the stages inside it, so that they add up:
    a stage lies inside another when it begins and ends within it.
    """
    spans = [(s["begin_ns"], s["begin_ns"] + s["ns"], s["ticks"]) for s in stages]
    own = [span[2] for span in spans]
    order = sorted(range(len(spans)), key=lambda i: (spans[i][0], -spans[i][1], i))
    open_stages = []
    for i in order:
        begin, end, ticks = spans[i]
        while open_stages and not (spans[open_stages[-1]][0] <= begin
                                   and end <= spans[open_stages[-1]][1]):
            open_stages.pop()
        if open_stages:
            own[open_stages[-1]] -= ticks
        open_stages.append(i)
    return [max(0, ticks) for ticks in own]


def merge_stages(counted, timed):
    """Stages of the counted boot, with the median times of the timed boots."""
    times = {}
    for trace in timed:
        for key, stage in zip(stage_keys(trace["stages"]), trace["stages"]):
            times.setdefault(key, []).append(stage["ns"] / 1e6)
    merged = []
    own = own_ticks(counted["stages"])
    for key, stage, ticks in zip(stage_keys(counted["stages"]), counted["stages"], own):
        entry = {"name": stage["name"], "module": stage.get("module") or None,
                 "instructions": stage["ticks"], "own_instructions": ticks,
                 "wall_ms": spread(times.get(key, []))["median"]}
        for counter in COUNTERS:
            entry[counter] = stage.get(counter)
        merged.append(entry)
    return merged


def merge_modules(counted, timed):
    """Modules: instructions to link and to start, times, counters."""
    times = {}
    for trace in timed:
        scale = trace.get("tsc_khz") or None
        for module in trace.get("modules", []):
            slot = times.setdefault(module["name"], ([], []))
            if scale:
                slot[0].append(module["link_ticks"] / scale)
                slot[1].append(module["start_ticks"] / scale)
    merged = []
    for module in counted.get("modules", []):
        link, start = times.get(module["name"], ([], []))
        entry = {"name": module["name"], "placement": module.get("placement"),
                 "domain": module.get("domain"),
                 "link_instructions": module["link_ticks"],
                 "start_instructions": module["start_ticks"],
                 "link_ms": spread(link)["median"], "start_ms": spread(start)["median"]}
        for counter in COUNTERS:
            entry[counter] = module.get(counter)
        merged.append(entry)
    return merged


def calls_of(raw):
    """{"down_empty": {"instructions": n}, ...} from the kernel's line."""
    return {f"{kind}_{size}": {"instructions": raw.get(f"{kind}_{size}")}
            for kind in CALL_KINDS for size in CALL_SIZES}


def variant_result(name, config, counted, timed, calls, sizes, small=None,
                   complaints=()):
    """One entry of `variants`. `timed` are results of measure.boot_timed()."""
    traces = [run["trace"] for run in timed]
    boot = {}
    for span in ("entry_to_user", "entry_to_prompt"):
        boot[span] = {
            "instructions": counted[0][span]["ticks"],
            "cpu_ms": spread([run[span]["cpu_ms"] for run in timed]),
            "wall_ms": spread([run[span]["wall_ms"] for run in timed]),
        }
    boot["firmware"] = {
        "cpu_ms": spread([run["firmware"]["cpu_ms"] for run in timed]),
        "wall_ms": spread([run["firmware"]["wall_ms"] for run in timed]),
    }
    boot["stages"] = merge_stages(counted[0], traces)
    boot["cr3_loads"] = counted[0].get("cr3_loads")
    boot["runs"] = len(timed)
    unlike = list(complaints)
    for other in counted[1:]:
        unlike += differences(without_clock(counted[0]), without_clock(other))
    return {
        "name": name, "config": config, "boot": boot,
        "modules": merge_modules(counted[0], traces),
        "calls": calls_of(calls), "size": sizes,
        "memory_used_kib": counted[0].get("memory_used_kib"),
        "memory_kib": counted[0].get("memory_kib"),
        "boots_with_32_mib": small or {},
        "counts_agree": not unlike, "counts_differ_at": unlike,
    }


# ---- figures to reach ------------------------------------------------------

def _figure(name, value, limit, unit, reached=None):
    if reached is None:
        reached = value is not None and value <= limit
    return {"name": name, "value": value, "limit": limit, "unit": unit,
            "reached": bool(reached)}


def _call_figures(entries):
    figures = []
    for entry in entries:
        config = entry["config"]
        value = entry["calls"]["down_empty"]["instructions"]
        if config["layout"] == "hybrid":
            figures.append(_figure(
                f"empty call down and back, {config['gate']} gate ({entry['name']})",
                value, LIMIT_EMPTY[config["gate"]], "instructions"))
        else:
            figures.append(_figure(f"empty call down and back ({entry['name']})",
                                   value, 0, "instructions"))
    return figures


def _boot_figures(variants):
    figures = []
    direct = [v for v in variants if v["config"]["layout"] == "drivers_in_kernel"]
    for variant in variants:
        config = variant["config"]
        if config["layout"] != "hybrid" or config["domains"] != "shared":
            continue
        span = variant["boot"]["entry_to_user"]
        name, count = variant["name"], span["instructions"]
        figures.append(_figure(f"entry to first user instruction ({name})", count,
                               LIMIT_BOOT, "instructions"))
        if direct:
            other = direct[0]["boot"]["entry_to_user"]["instructions"]
            against = f"{name} against {direct[0]['name']}"
            figures.append(_figure(f"entry to first user instruction, {against}",
                                   round(count / other, 3), LIMIT_BOOT_RATIO, "times"))
            figures.append(_figure(f"entry to first user instruction, {against}, more",
                                   count - other, LIMIT_BOOT_MORE, "instructions"))
        figures.append(_figure(f"entry to first user instruction ({name})",
                               span["cpu_ms"]["median"], LIMIT_BOOT_CPU_MS,
                               "ms of CPU time"))
    return figures


def _size_figures(variants):
    figures = []
    lines = [v["size"]["ring0_lines"] for v in variants
             if v["config"]["layout"] == "hybrid"
             and v["size"]["ring0_lines"] is not None]
    if lines:
        figures.append(_figure("core", max(lines), LIMIT_LINES, "lines"))
    for variant in variants:
        figures.append(_figure(f"ISO ({variant['name']})", variant["size"]["iso"],
                               LIMIT_ISO, "bytes"))
    for variant in variants:
        small = variant["boots_with_32_mib"]
        if small:
            how = " and ".join(f"{start.upper()} {'yes' if ok else 'no'}"
                               for start, ok in sorted(small.items(), reverse=True))
            figures.append(_figure(f"boots with 32 MiB ({variant['name']})", how,
                                   "PVH and BIOS", "", all(small.values())))
    return figures


def figures(variants, others=()):
    """The figures to reach: name, value, limit, unit, reached."""
    return (_call_figures(list(variants) + list(others)) + _boot_figures(variants)
            + _size_figures(variants))


# ---- against an older document ---------------------------------------------

# (name, path in a variant, allowed growth in percent, and in units): what is
# over both fails; None: shown, never fails (the wall clock is the machine's).
METRICS = (
    ("entry to first user instruction, instructions",
     ("boot", "entry_to_user", "instructions"), 2, 10_000),
    ("entry to prompt, instructions",
     ("boot", "entry_to_prompt", "instructions"), 2, 10_000),
    ("entry to first user instruction, CPU ms",
     ("boot", "entry_to_user", "cpu_ms", "median"), 30, 10),
    ("entry to first user instruction, wall ms",
     ("boot", "entry_to_user", "wall_ms", "median"), None, 0),
    ("empty call down, instructions", ("calls", "down_empty", "instructions"), 0, 2),
    ("empty call up, instructions", ("calls", "up_empty", "instructions"), 0, 2),
    ("empty call across, instructions", ("calls", "across_empty", "instructions"), 0, 2),
    ("4 KiB down, instructions", ("calls", "down_4k", "instructions"), 2, 10),
    ("4 KiB up, instructions", ("calls", "up_4k", "instructions"), 2, 10),
    ("4 KiB across, instructions", ("calls", "across_4k", "instructions"), 2, 10),
    ("ring 0 text, bytes", ("size", "ring0_text"), 2, 1024),
    ("ring 3 text, bytes", ("size", "ring3_text"), 2, 1024),
    ("ring 0, lines", ("size", "ring0_lines"), 2, 50),
    ("ISO, bytes", ("size", "iso"), 2, 65536),
    ("memory in use, KiB", ("memory_used_kib",), 3, 64),
)


def _at(tree, path):
    for key in path:
        if not isinstance(tree, dict) or key not in tree:
            return None
        tree = tree[key]
    return tree


def compare_with(base, variants, slack=1.0):
    """
    Changes against an older document: one entry a variant and metric that both
    have. `slack` multiplies the thresholds.
    """
    old_variants = {v["name"]: v for v in base.get("variants", [])}
    changes = []
    for variant in variants:
        old_variant = old_variants.get(variant["name"])
        if not old_variant:
            continue
        for name, path, percent, units in METRICS:
            old, new = _at(old_variant, path), _at(variant, path)
            if old is None or new is None:
                continue
            over = (percent is not None and new - old > units * slack
                    and new > old * (1 + percent * slack / 100))
            changes.append({
                "variant": variant["name"], "metric": name, "old": old, "new": new,
                "percent": round((new - old) * 100 / old, 2) if old else None,
                "over": bool(over)})
    return changes
