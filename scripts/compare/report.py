# SPDX-License-Identifier: MIT
"""The results as text for a terminal, and as rows for compare.csv."""

import csv

from results import CALL_KINDS, CALL_SIZES

MINUS = "-"


def number(value):
    """1234567 as 1,234,567; None as '-'."""
    if value is None:
        return MINUS
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def kilo(value):
    """Instructions in thousands."""
    return MINUS if value is None else f"{value / 1000:,.1f}"


def table(headers, rows, left=1, groups=()):
    """
    Text with columns under `headers`; the first `left` flush left. `groups` is
    one line above: (title, how many columns) from the first on.
    """
    cells = [[str(c) for c in row] for row in rows]
    widths = [max(len(str(h)), *(len(r[i]) for r in cells), 0) if cells
              else len(str(h)) for i, h in enumerate(headers)]

    def line(row):
        return "  ".join(str(c).ljust(w) if i < left else str(c).rjust(w)
                         for i, (c, w) in enumerate(zip(row, widths))).rstrip()

    above, at = "", 0
    for title, columns in groups:
        span = sum(widths[at:at + columns]) + 2 * columns
        above += title[:span - 2].center(span - 2) + "  " if title else " " * span
        at += columns
    return "\n".join(([above.rstrip()] if groups else [])
                     + [line(headers), "  ".join("-" * w for w in widths)]
                     + [line(row) for row in cells])


def three(spread):
    """A spread as `median (min..max)`."""
    if spread["median"] is None:
        return MINUS
    return f"{spread['median']:.1f} ({spread['min']:.1f}..{spread['max']:.1f})"


def summary_rows(variants):
    """(what, value of each variant): the same rows for terminal and page."""
    def row(name, get, show=number):
        return [name] + [show(get(v)) for v in variants]

    rows = [
        row("layout", lambda v: v["config"]["layout"]),
        row("domains", lambda v: v["config"]["domains"]),
        row("gate", lambda v: v["config"]["gate"]),
    ]
    for span, title in (("entry_to_user", "kernel entry to first user instruction"),
                        ("entry_to_prompt", "kernel entry to prompt")):
        rows += [
            row(f"{title}: instructions", lambda v, s=span: v["boot"][s]["instructions"]),
            row(f"{title}: CPU ms", lambda v, s=span: v["boot"][s]["cpu_ms"], three),
            row(f"{title}: wall ms", lambda v, s=span: v["boot"][s]["wall_ms"], three),
        ]
    rows += [
        row("firmware and GRUB: CPU ms", lambda v: v["boot"]["firmware"]["cpu_ms"], three),
        row("firmware and GRUB: wall ms", lambda v: v["boot"]["firmware"]["wall_ms"], three),
        row("loads of CR3 to the prompt", lambda v: v["boot"]["cr3_loads"]),
    ]
    for size, what in (("empty", "empty call"), ("4k", "call with 4 KiB")):
        for kind in CALL_KINDS:
            rows.append(row(f"{what} {kind}: instructions added",
                            lambda v, k=f"{kind}_{size}": v["calls"][k]["instructions"]))
    rows += [
        row("ring 0: bytes of text", lambda v: v["size"]["ring0_text"]),
        row("ring 3: bytes of text", lambda v: v["size"]["ring3_text"]),
        row("ring 0: lines of source", lambda v: v["size"]["ring0_lines"]),
        row("ISO: bytes", lambda v: v["size"]["iso"]),
        row("memory in use after boot: KiB", lambda v: v["memory_used_kib"]),
        row("two counted boots agree", lambda v: v["counts_agree"],
            lambda ok: "yes" if ok else "NO"),
    ]
    return rows


def union_of(variants, entries, key):
    """Keys of all variants' entries in the order of the first that has them."""
    keys = []
    for variant in variants:
        previous = -1
        for entry in entries(variant):
            k = key(entry)
            if k in keys:
                previous = keys.index(k)
            else:
                previous += 1
                keys.insert(previous, k)
    return keys


def _numbered(entries, key):
    """{(key, n-th): entry}: the same key may come several times."""
    seen, found = {}, {}
    for entry in entries:
        k = key(entry)
        seen[k] = seen.get(k, 0) + 1
        found[k + (seen[k],)] = entry
    return found


def stage_rows(variants):
    """[((name, module), [stage or None for each variant])]."""
    maps = [_numbered(v["boot"]["stages"], lambda s: (s["name"], s["module"]))
            for v in variants]
    keys = union_of(maps, lambda m: list(m), lambda k: k)
    return [(key[:2], [m.get(key) for m in maps]) for key in keys]


def module_rows(variants):
    maps = [{m["name"]: m for m in v["modules"]} for v in variants]
    keys = union_of(maps, lambda m: list(m), lambda k: k)
    return [(key, [m.get(key) for m in maps]) for key in keys]


def crossings(entry):
    """`down/up/across`, or '-' where ring 0 cannot count them."""
    if entry is None or entry["calls_down"] is None:
        return MINUS
    return "/".join(str(entry[c]) for c in ("calls_down", "calls_up", "calls_across"))


def _get(entry, key, show=number):
    return MINUS if entry is None else show(entry[key])


def stages_text(variants):
    headers, body = ["stage", "module"], []
    groups = [("", 2)] + [(v["name"], 4) for v in variants]
    for _ in variants:
        headers += ["k instr", "ms", "dn/up/across", "bytes"]
    for (name, module), entries in stage_rows(variants):
        row = [name, module or ""]
        for e in entries:
            row += [_get(e, "instructions", kilo), _get(e, "wall_ms"), crossings(e),
                    _get(e, "bytes")]
        body.append(row)
    return table(headers, body, 2, groups)


def modules_text(variants):
    headers, body = ["module"], []
    groups = [("", 1)] + [(v["name"], 4) for v in variants]
    for _ in variants:
        headers += ["placed", "link", "start", "dn/up/across"]
    for name, entries in module_rows(variants):
        row = [name]
        for e in entries:
            row += [_get(e, "placement", str), _get(e, "link_instructions", kilo),
                    _get(e, "start_instructions", kilo), crossings(e)]
        body.append(row)
    return table(headers, body, 1, groups)


def figures_text(figures):
    rows = [[f["name"], number(f["value"]), number(f["limit"]), f["unit"],
             "reached" if f["reached"] else "MISSED"] for f in figures]
    return table(["figure", "value", "at most", "unit", " "], rows)


def changes_text(changes):
    rows = [[c["variant"], c["metric"], number(c["old"]), number(c["new"]),
             MINUS if c["percent"] is None else f"{c['percent']:+.2f} %",
             "OVER" if c["over"] else ""]
            for c in changes if c["old"] != c["new"]]
    if not rows:
        return "Nothing changed."
    return table(["variant", "figure", "before", "now", "change", ""], rows, left=2)


def full_text(document):
    """Everything, for the terminal."""
    variants = document["variants"]
    parts = [
        "Variants", table([""] + [v["name"] for v in variants], summary_rows(variants)),
        "Stages of the boot (instructions with -icount; ms: medians on the wall clock)",
        stages_text(variants),
        "Modules (thousands of instructions to link and to start)",
        modules_text(variants),
        "Figures to reach", figures_text(document["figures"]),
    ]
    if document.get("changes") is not None:
        parts += [f"Against {document['base']}", changes_text(document["changes"])]
    for variant in variants:
        if not variant["counts_agree"]:
            parts.append(f"{variant['name']}: two counted boots do NOT agree:\n  "
                         + "\n  ".join(variant["counts_differ_at"]))
    lines = []
    for part in parts:
        lines += ["", part] if "\n" not in part else [part]
    return "\n".join(lines) + "\n"


def csv_rows(document):
    """(variant, section, item, quantity, value): one number a row."""
    for v in document["variants"]:
        name, boot = v["name"], v["boot"]
        for span in ("entry_to_user", "entry_to_prompt", "firmware"):
            for quantity, value in boot[span].items():
                if isinstance(value, dict):
                    for which, x in value.items():
                        yield name, "boot", span, f"{quantity}.{which}", x
                else:
                    yield name, "boot", span, quantity, value
        for stage in boot["stages"]:
            item = stage["name"] + (f" {stage['module']}" if stage["module"] else "")
            for quantity, value in stage.items():
                if quantity not in ("name", "module"):
                    yield name, "stage", item, quantity, value
        for module in v["modules"]:
            for quantity, value in module.items():
                if quantity != "name":
                    yield name, "module", module["name"], quantity, value
        for kind in CALL_KINDS:
            for size in CALL_SIZES:
                key = f"{kind}_{size}"
                yield name, "call", key, "instructions", v["calls"][key]["instructions"]
        for quantity, value in v["size"].items():
            yield name, "size", "", quantity, value
        yield name, "memory", "", "memory_used_kib", v["memory_used_kib"]
    for f in document["figures"]:
        yield "", "figure", f["name"], f["unit"], f["value"]


def write_csv(document, path):
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["variant", "section", "item", "quantity", "value"])
        for row in csv_rows(document):
            writer.writerow(["" if x is None else x for x in row])
