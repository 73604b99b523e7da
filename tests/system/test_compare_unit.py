# SPDX-License-Identifier: MIT
"""make compare's arithmetic and output, on made-up data: no QEMU, no build."""

import csv
import html.parser
import json

import compare
import page
import pytest
import report
import results
import synthetic
from whitixlib import build, cpio

SMALL = {"pvh": True, "bios": True}


def variant(name, second=None, **changes):
    counted = [synthetic.trace(name), second or synthetic.trace(name)]
    entry = results.variant_result(
        name, synthetic.CONFIGS[name], counted,
        [synthetic.timed(name, run) for run in range(5)],
        changes.get("calls", synthetic.calls(name)), synthetic.sizes(name), SMALL)
    return entry


def document(base=None):
    variants = [variant(name) for name in synthetic.CONFIGS]
    others = [{"name": "hybrid_interrupt",
               "config": dict(synthetic.CONFIGS["hybrid"], gate="interrupt"),
               "calls": results.calls_of(dict(synthetic.calls("hybrid"), down_empty=141))}]
    return {"version": 1, "date": "2020-01-01 00:00", "source": None, "memory_mib": 128,
            "machine": {"cpu": "CPU", "cpus": 2, "qemu": "QEMU", "compiler": "gcc"},
            "variants": variants, "others": others,
            "figures": results.figures(variants, others), "base": base and "old.json",
            "changes": results.compare_with(base, variants) if base else None}


def test_document_has_the_fields_that_others_read():
    for entry in document()["variants"]:
        boot = entry["boot"]
        for span in ("entry_to_user", "entry_to_prompt"):
            assert isinstance(boot[span]["instructions"], int)
            for clock in ("cpu_ms", "wall_ms"):
                assert set(boot[span][clock]) == {"median", "min", "max"}
        assert set(boot["firmware"]) == {"cpu_ms", "wall_ms"}
        for stage in boot["stages"]:
            assert {"name", "module", "instructions", "wall_ms", "calls_down", "calls_up",
                    "calls_across", "bytes"} <= set(stage)
        for kind in ("down", "up", "across"):
            for size in ("empty", "4k"):
                assert "instructions" in entry["calls"][f"{kind}_{size}"]
        assert {"ring0_text", "ring3_text", "ring0_lines", "iso"} <= set(entry["size"])
        assert set(entry["config"]) == {"layout", "domains", "gate"}
        assert entry["memory_used_kib"] > 0
    json.dumps(document())


def test_what_ring_0_cannot_count_is_null():
    stages = variant("drivers_in_kernel")["boot"]["stages"]
    assert all(s["calls_down"] is None and s["bytes"] is None for s in stages)
    assert all(s["calls_down"] is not None for s in variant("hybrid")["boot"]["stages"])


def test_spread():
    assert results.spread([3, 1, 2, None]) == {"median": 2, "min": 1, "max": 3}
    assert results.spread([None]) == {"median": None, "min": None, "max": None}


def test_counted_boots_that_differ_are_named():
    assert variant("hybrid")["counts_agree"]
    other = synthetic.trace("hybrid")
    other["stages"][3]["ticks"] += 1
    entry = variant("hybrid", second=other)
    assert not entry["counts_agree"]
    assert any("stages[3].ticks" in line for line in entry["counts_differ_at"])
    text = report.full_text(dict(document(), variants=[entry]))
    assert "do NOT agree" in text and "stages[3].ticks" in text


def test_nested_stages_are_not_counted_twice():
    stages = [
        {"name": "modules", "begin_ns": 0, "ns": 100, "ticks": 100},
        {"name": "link", "begin_ns": 10, "ns": 30, "ticks": 30},
        {"name": "inner", "begin_ns": 15, "ns": 5, "ticks": 5},
        {"name": "start", "begin_ns": 40, "ns": 60, "ticks": 60},
        {"name": "after", "begin_ns": 100, "ns": 7, "ticks": 7},
    ]
    assert results.own_ticks(stages) == [10, 25, 5, 60, 7]
    assert sum(results.own_ticks(stages)) == 107


def test_same_stage_twice_keeps_its_times_apart():
    stages = [{"name": "link", "module": None}, {"name": "link", "module": "vfs"},
              {"name": "link", "module": None}]
    assert results.stage_keys(stages) == [("link", None, 1), ("link", "vfs", 1),
                                          ("link", None, 2)]


def figure(doc, start):
    found = [f for f in doc["figures"] if f["name"].startswith(start)]
    assert found, start
    return found[0]


def test_figures():
    doc = document()
    assert figure(doc, "empty call down and back, syscall gate (hybrid)")["limit"] == 120
    assert figure(doc, "empty call down and back, syscall gate (hybrid)")["reached"]
    other = figure(doc, "empty call down and back, interrupt gate")
    assert (other["value"], other["limit"], other["reached"]) == (141, 150, True)
    assert figure(doc, "empty call down and back (drivers_in_kernel)")["limit"] == 0
    for name in ("entry to first user instruction (hybrid)", "core", "ISO (hybrid)",
                 "boots with 32 MiB (hybrid)",
                 "entry to first user instruction, hybrid against drivers_in_kernel"):
        figure(doc, name)
    assert [f["unit"] for f in doc["figures"]].count("ms of CPU time") == 1


def test_a_missed_figure_says_so():
    entry = variant("hybrid", calls=dict(synthetic.calls("hybrid"), down_empty=121))
    missed = [f for f in results.figures([entry]) if not f["reached"]]
    assert [f["value"] for f in missed] == [121]
    assert "MISSED" in report.figures_text(results.figures([entry]))


def test_a_value_that_is_absent_is_not_reached():
    entry = variant("hybrid", calls={})
    assert entry["calls"]["down_empty"]["instructions"] is None
    assert not results.figures([entry])[0]["reached"]


@pytest.mark.parametrize("change, over", [(0, False), (2, False), (3, True), (-50, False)])
def test_base_thresholds_of_calls(change, over):
    base = {"variants": [variant("hybrid")]}
    calls = synthetic.calls("hybrid")
    new = variant("hybrid", calls=dict(calls, down_empty=calls["down_empty"] + change))
    changes = results.compare_with(base, [new])
    assert any(c["over"] for c in changes) == over


def test_base_ignores_the_wall_clock_and_unknown_variants():
    base = {"variants": [variant("hybrid")]}
    new = json.loads(json.dumps(base["variants"][0]))
    new["boot"]["entry_to_user"]["wall_ms"]["median"] *= 10
    changes = results.compare_with(base, [new, variant("drivers_in_kernel")])
    assert not any(c["over"] for c in changes)
    assert {c["variant"] for c in changes} == {"hybrid"}
    assert any(c["old"] != c["new"] for c in changes)


def test_text_and_csv(tmp_path):
    doc = document(base={"variants": [variant("hybrid")]})
    text = report.full_text(doc)
    for name in ("hybrid", "hybrid_private", "drivers_in_kernel", "Figures to reach"):
        assert name in text
    report.write_csv(doc, tmp_path / "c.csv")
    rows = list(csv.DictReader(open(tmp_path / "c.csv", encoding="utf-8")))
    found = [r["value"] for r in rows if r["variant"] == "hybrid"
             and r["item"] == "entry_to_user" and r["quantity"] == "instructions"]
    assert found == [str(doc["variants"][0]["boot"]["entry_to_user"]["instructions"])]


class Page(html.parser.HTMLParser):
    """Collects what a page refers to, and its identifiers."""

    def __init__(self):
        super().__init__()
        self.refers, self.ids, self.svgs = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.svgs += tag == "svg"
        for name, value in attrs:
            if name in ("src", "href", "xlink:href"):
                self.refers.append(value)
            if name == "id":
                self.ids.append(value)


def test_page_is_self_contained(tmp_path):
    text = page.render(document(base={"variants": [variant("hybrid")]}))
    parsed = Page()
    parsed.feed(text)
    assert parsed.svgs >= 6
    assert all(r.startswith("#") for r in parsed.refers), parsed.refers
    assert len(parsed.ids) == len(set(parsed.ids)), "an identifier comes twice"
    assert "<script" not in text and "@import" not in text and "url(http" not in text
    assert "#0101" not in text and "#0202" not in text and "#0303" not in text
    for name in synthetic.CONFIGS:
        assert name in text


def test_page_is_the_same_each_time():
    assert page.render(document()) == page.render(document())


def test_one_variant_alone():
    doc = document()
    alone = dict(doc, variants=doc["variants"][2:], others=[],
                 figures=results.figures(doc["variants"][2:]))
    assert "One tree, 1 kernel<" in page.render(alone)
    report.full_text(alone)


def test_write_all(tmp_path):
    compare.write_all(document(), tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "compare.json", "compare.csv", "compare.html"}


def test_variant_names():
    assert build.variant_name("hybrid") == "hybrid"
    assert build.variant_name("/x/my.config") == "my"
    assert build.variant_name("configs/fast_defconfig") == "fast"
    assert build.variant_name("/x/.config") == "config"
    assert build.is_file_variant("my.config") and not build.is_file_variant("hybrid")


def test_change_config(tmp_path):
    path = tmp_path / ".config"
    path.write_text("CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_AB=3\n")
    build.change_config(path, {"CONFIG_A": None, "CONFIG_B": "y"})
    assert build.read_config(path) == {"CONFIG_AB": "3", "CONFIG_B": "y"}


def test_cpio_round_trip():
    writer = cpio.Writer()
    writer.file("/a/b/file", b"12345", 0o755)
    writer.link("a/link", "b/file")
    entries = {n: (m, b) for n, m, b in cpio.read(writer.bytes() + writer.bytes())}
    assert entries["a/b/file"] == (0o100755, b"12345")
    assert entries["a/link"][1] == b"b/file"
    assert entries["a"][0] == 0o040755
