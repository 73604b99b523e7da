# SPDX-License-Identifier: MIT
"""
The page's plots: matplotlib draws SVG, which the page takes in as it is.

Colours are the page's: while drawing, each stands for a CSS variable (THEME),
and the finished SVG has the variable in its place, so that the plots follow
the reader's light or dark theme. Bars carry titles that show on hovering.
"""

import io
import re

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

from report import kilo, module_rows, number  # noqa: E402
from results import CALL_KINDS  # noqa: E402

INK, MUTED, GRID, PAPER = "#010101", "#010102", "#010103", "#010104"
SERIES = [f"#0202{i:02x}" for i in range(12)]
REST = "#020250"
VARIANTS = [f"#0303{i:02x}" for i in range(8)]
THEME = {INK: "var(--ink)", MUTED: "var(--muted)", GRID: "var(--grid)",
         PAPER: "var(--card)", REST: "var(--rest)"}
THEME.update({c: f"var(--s{i})" for i, c in enumerate(SERIES)})
THEME.update({c: f"var(--v{i})" for i, c in enumerate(VARIANTS)})

MOST_PARTS = 11
BAR = 0.62
plt.rcParams.update({
    "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10,
    "text.color": INK, "axes.labelcolor": MUTED, "axes.edgecolor": GRID,
    "xtick.color": MUTED, "ytick.color": INK, "grid.color": GRID,
    "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
    "axes.grid": True, "axes.grid.axis": "x", "axes.axisbelow": True,
    "ytick.major.size": 0, "xtick.major.size": 0, "legend.frameon": False,
    "legend.fontsize": 9, "figure.facecolor": "none", "axes.facecolor": "none",
    "savefig.facecolor": "none",
})


class Plot:
    """One figure; svg() gives it as text for the page."""

    def __init__(self, name, width, height, **subplots):
        plt.rcParams["svg.hashsalt"] = name
        self.name = name
        self.figure, self.axes = plt.subplots(figsize=(width, height),
                                              layout="constrained", **subplots)
        self.titles = {}

    def bars(self, axes, y, width, left, color, title, height=BAR):
        """One horizontal bar with a hover title."""
        bar = axes.barh(y, width, left=left, height=height, color=color,
                        edgecolor=PAPER, linewidth=0.8)[0]
        gid = f"{self.name}-{len(self.titles)}"
        bar.set_gid(gid)
        self.titles[gid] = title

    @staticmethod
    def note(axes, x, y, text, size=10):
        """Text just right of a bar's end."""
        axes.annotate(text, (x, y), xytext=(4, 0), textcoords="offset points",
                      va="center", fontsize=size)

    def svg(self, label):
        out = io.StringIO()
        self.figure.savefig(out, format="svg", bbox_inches="tight", pad_inches=0.05,
                            metadata={"Date": None, "Creator": None, "Format": None,
                                      "Type": None})
        plt.close(self.figure)
        text = out.getvalue()
        text = text[text.index("<svg"):]
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
        text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1, flags=re.S)
        text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1, flags=re.S)
        text = text.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)
        for color, variable in THEME.items():
            text = text.replace(color, variable)
        text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", text)
        # Identifiers are one name space in the page.
        text = re.sub(r'\b(id="|url\(#|href="#)(?!%s-)' % re.escape(self.name),
                      rf"\g<1>{self.name}-", text)
        for gid, title in self.titles.items():
            text = text.replace(f'<g id="{gid}">',
                                f'<g id="{gid}"><title>{escape(title)}</title>', 1)
        return text


def escape(text):
    return (text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            .replace('"', "&quot;"))


def _variant_axis(axes, variants):
    axes.set_yticks(range(len(variants)), [v["name"] for v in variants])
    axes.set_ylim(len(variants) - 0.5, -0.5)


def _parts_of(variant):
    """{part: own instructions up to the first user instruction}."""
    parts, left = {}, variant["boot"]["entry_to_user"]["instructions"]
    for stage in variant["boot"]["stages"]:
        part = stage["module"] or stage["name"]
        own = min(stage["own_instructions"], max(0, left))
        parts[part] = parts.get(part, 0) + own
        left -= own
    return parts, max(0, left)


def boot_plot(variants):
    """Stacked bars: where the instructions to the first program go."""
    split = [_parts_of(v) for v in variants]
    weight = {}
    for parts, _ in split:
        for part, count in parts.items():
            weight[part] = max(weight.get(part, 0), count)
    order = list(dict.fromkeys(p for parts, _ in split for p in parts))
    shown = set(sorted(weight, key=weight.get, reverse=True)[:MOST_PARTS])
    order = [p for p in order if p in shown]
    plot = Plot("boot", 10, 0.9 + 0.6 * len(variants))
    axes = plot.axes
    for y, (variant, (parts, left_over)) in enumerate(zip(variants, split)):
        at = 0.0
        rest = left_over + sum(c for p, c in parts.items() if p not in shown)
        for part, color in list(zip(order, SERIES)) + [(None, REST)]:
            count = (rest if part is None else parts.get(part, 0)) / 1e6
            if not count:
                continue
            name = part or "all the rest"
            plot.bars(axes, y, count, at, color,
                      f"{variant['name']}: {name}, {count * 1000:,.1f} thousand")
            at += count
        plot.note(axes, at, y, f"{at:.2f} M")
    _variant_axis(axes, variants)
    axes.set_xlabel("million instructions from kernel entry to the first user instruction")
    axes.margins(x=0.1)
    handles = [plt.Rectangle((0, 0), 1, 1, color=c) for c in SERIES[:len(order)] + [REST]]
    plot.figure.legend(handles, order + ["all the rest"], ncol=7, loc="upper center",
                       bbox_to_anchor=(0.5, 0.0))
    return plot.svg("Stacked bars: instructions of each part of the boot, per variant")


def _phases(variant, clock):
    """Medians: firmware, entry to user, user to prompt."""
    boot = variant["boot"]
    values = [boot[k][clock]["median"] for k in
              ("firmware", "entry_to_user", "entry_to_prompt")]
    if None in values:
        return None
    return values[0], values[1], max(0, values[2] - values[1])


def clock_plot(variants):
    """Wall and CPU time of the kernel's part of the start, from the ISO."""
    plot = Plot("clock", 10, 1.0 + 0.6 * len(variants), ncols=2)
    for axes, (clock, title) in zip(plot.axes, (("wall_ms", "wall time, ms"),
                                                ("cpu_ms", "QEMU's CPU time, ms"))):
        for y, variant in enumerate(variants):
            phases = _phases(variant, clock)
            if phases is None:
                continue
            at = 0.0
            names = ("entry to first user instruction", "first user instruction to prompt")
            for span, name, color in zip(phases[1:], names, (SERIES[0], SERIES[1])):
                plot.bars(axes, y, span, at, color,
                          f"{variant['name']}: {name}, {span:.1f} ms")
                at += span
            spread = variant["boot"]["entry_to_prompt"][clock]
            axes.plot([spread["min"], spread["max"]], [y, y], color=INK, linewidth=1,
                      solid_capstyle="butt")
            plot.note(axes, max(at, spread["max"]), y, f"{at:.1f}")
        _variant_axis(axes, variants)
        axes.set_xlabel(title)
        axes.margins(x=0.15)
    plot.axes[1].set_yticklabels([])
    handles = [plt.Rectangle((0, 0), 1, 1, color=c) for c in SERIES[:2]]
    plot.figure.legend(handles, ["entry to first user instruction", "on to the prompt"],
                       ncol=2, loc="upper center", bbox_to_anchor=(0.5, 0.0))
    return plot.svg("Bars: wall and CPU time from kernel entry to the prompt")


def firmware_plot(variants):
    """The start up to the kernel's entry, beside the kernel's own part."""
    plot = Plot("firmware", 10, 0.8 + 0.5 * len(variants))
    axes = plot.axes
    for y, variant in enumerate(variants):
        phases = _phases(variant, "wall_ms")
        if phases is None:
            continue
        at = 0.0
        names = ("firmware and GRUB", "kernel, to the first user instruction",
                 "programs, to the prompt")
        for span, name, color in zip(phases, names, (REST, SERIES[0], SERIES[1])):
            plot.bars(axes, y, span, at, color, f"{variant['name']}: {name}, {span:.1f} ms")
            at += span
        plot.note(axes, at, y, f"{at:.0f} ms")
    _variant_axis(axes, variants)
    axes.set_xlabel("ms of wall time from the start of QEMU (BIOS, ISO)")
    axes.margins(x=0.1)
    return plot.svg("Bars: time of firmware and GRUB, of the kernel and of programs")


def calls_plot(variants, others):
    """What a call costs in each direction."""
    entries = list(variants) + list(others)
    plot = Plot("calls", 10, 1.0 + 0.24 * len(entries) * len(CALL_KINDS), ncols=2)
    height = 0.8 / len(entries)
    for axes, (size, title) in zip(plot.axes, (
            ("empty", "empty call, six arguments"), ("4k", "call with a buffer of 4 KiB"))):
        for i, entry in enumerate(entries):
            for y, kind in enumerate(CALL_KINDS):
                value = entry["calls"][f"{kind}_{size}"]["instructions"]
                if value is None:
                    continue
                at = y + (i - (len(entries) - 1) / 2) * height
                plot.bars(axes, at, value, 0, VARIANTS[i % len(VARIANTS)],
                          f"{entry['name']}: {title}, {kind}: {value} instructions",
                          height * 0.92)
                plot.note(axes, value, at, number(value), 8)
        axes.set_yticks(range(len(CALL_KINDS)), CALL_KINDS)
        axes.set_ylim(len(CALL_KINDS) - 0.5, -0.5)
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_xlabel("instructions added to a plain C call")
        axes.margins(x=0.12)
    plot.axes[1].set_yticklabels([])
    handles = [plt.Rectangle((0, 0), 1, 1, color=VARIANTS[i % len(VARIANTS)])
               for i in range(len(entries))]
    plot.figure.legend(handles, [e["name"] for e in entries], ncol=4,
                       loc="upper center", bbox_to_anchor=(0.5, 0.0))
    return plot.svg("Bars: instructions that a call adds, in each direction")


def modules_plot(variants):
    """Instructions to link and to start each module."""
    rows = module_rows(variants)
    if not rows:
        return ""
    plot = Plot("modules", 10, 1.2 + 0.2 * len(rows) * max(2, len(variants)))
    axes = plot.axes
    height = 0.84 / len(variants)
    for y, (name, entries) in enumerate(rows):
        for i, entry in enumerate(entries):
            if entry is None:
                continue
            at = y + (i - (len(variants) - 1) / 2) * height
            link, start = entry["link_instructions"], entry["start_instructions"]
            who = f"{variants[i]['name']}: {name}"
            plot.bars(axes, at, link / 1e3, 0, REST,
                      f"{who}: link, {kilo(link)} thousand", height * 0.92)
            plot.bars(axes, at, start / 1e3, link / 1e3, VARIANTS[i % len(VARIANTS)],
                      f"{who}: start, {kilo(start)} thousand", height * 0.92)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("thousand instructions: grey to link, coloured to start")
    handles = [plt.Rectangle((0, 0), 1, 1, color=VARIANTS[i % len(VARIANTS)])
               for i in range(len(variants))]
    axes.legend(handles, [v["name"] for v in variants], loc="lower right")
    return plot.svg("Bars: instructions to link and to start each module")


def size_plot(variants):
    """Text in ring 0 and ring 3, and memory in use."""
    plot = Plot("size", 10, 1.0 + 0.5 * len(variants), ncols=2)
    text_axes, memory_axes = plot.axes
    for y, variant in enumerate(variants):
        ring0 = (variant["size"]["ring0_text"] or 0) / 1024
        ring3 = (variant["size"]["ring3_text"] or 0) / 1024
        plot.bars(text_axes, y, ring0, 0, SERIES[3],
                  f"{variant['name']}: ring 0, {ring0:.0f} KiB")
        plot.bars(text_axes, y, ring3, ring0, SERIES[2],
                  f"{variant['name']}: ring 3, {ring3:.0f} KiB")
        plot.note(text_axes, ring0 + ring3, y, f"{ring0:.0f} + {ring3:.0f}")
        used = (variant["memory_used_kib"] or 0) / 1024
        plot.bars(memory_axes, y, used, 0, VARIANTS[y % len(VARIANTS)],
                  f"{variant['name']}: {used:.1f} MiB in use")
        plot.note(memory_axes, used, y, f"{used:.1f}")
    for axes, label in ((text_axes, "KiB of text: ring 0 + ring 3"),
                        (memory_axes, "MiB of memory in use after boot")):
        _variant_axis(axes, variants)
        axes.set_xlabel(label)
        axes.margins(x=0.2)
    memory_axes.set_yticklabels([])
    handles = [plt.Rectangle((0, 0), 1, 1, color=c) for c in (SERIES[3], SERIES[2])]
    plot.figure.legend(handles, ["ring 0", "ring 3"], ncol=2, loc="upper center",
                       bbox_to_anchor=(0.3, 0.0))
    return plot.svg("Bars: text in each ring, and memory in use")


def all_plots(document):
    variants = document["variants"]
    return {
        "boot": boot_plot(variants), "clock": clock_plot(variants),
        "firmware": firmware_plot(variants),
        "calls": calls_plot(variants, document.get("others", [])),
        "modules": modules_plot(variants), "size": size_plot(variants),
    }
