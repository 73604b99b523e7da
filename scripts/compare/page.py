# SPDX-License-Identifier: MIT
"""compare.html: one page that needs nothing but itself (Jinja2, inline SVG)."""

import os

import jinja2
import plots
import report


def mega(value):
    return report.MINUS if value is None else f"{value / 1e6:.2f}"


def kib(value):
    return report.MINUS if value is None else f"{value / 1024:,.0f}"


def render(document):
    """The page as text."""
    loader = jinja2.FileSystemLoader(os.path.dirname(os.path.abspath(__file__)))
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True,
                                     undefined=jinja2.StrictUndefined)
    environment.globals.update(number=report.number, kilo=report.kilo, mega=mega,
                               kib=kib, crossings=report.crossings)
    variants = document["variants"]
    changes = document.get("changes")
    drawn = {name: jinja2.utils.markupsafe.Markup(svg)
             for name, svg in plots.all_plots(document).items()}
    return environment.get_template("page.html.j2").render(
        variants=variants, figures=document["figures"], date=document["date"],
        machine=document["machine"], source=document.get("source"),
        memory_mib=document["memory_mib"], base=document.get("base"),
        changes=changes,
        changed=[c for c in changes or [] if c["old"] != c["new"]],
        summary=report.summary_rows(variants), stages=report.stage_rows(variants),
        modules=report.module_rows(variants), plots=drawn)
