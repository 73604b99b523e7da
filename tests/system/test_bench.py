# SPDX-License-Identifier: MIT
"""make bench: which rows miss, and the table, on made-up figures; no QEMU."""

import bench


def results(hybrid=100.0, direct=100.0, crossings=0.0, linux=100.0):
    def of(ticks, crossed=None):
        return {"row": {"name": "row", "ticks": ticks, "crossings": crossed}}

    return {"linux": of(linux), "hybrid": of(hybrid, crossings),
            "hybrid_private": of(hybrid, crossings), "drivers_in_kernel": of(direct)}


def only_row(**figures):
    return bench.document_of(results(**figures))["rows"][0]


def test_a_row_that_does_not_cross_may_need_what_linux_needs():
    assert only_row()["missed"] == []
    assert only_row(hybrid=101.0)["missed"] == ["hybrid", "hybrid_private"]


def test_a_row_that_crosses_may_need_half_as_much_again():
    row = only_row(hybrid=150.0, crossings=2.0)
    assert row["crosses"] and row["missed"] == []
    assert only_row(hybrid=151.0, crossings=2.0)["missed"] == ["hybrid", "hybrid_private"]


def test_drivers_in_kernel_never_needs_more_than_linux():
    assert only_row(direct=101.0, crossings=2.0)["missed"] == ["drivers_in_kernel"]


def test_a_row_that_did_not_run_is_missed_and_shown():
    figures = results()
    del figures["hybrid"]["row"]
    document = bench.document_of(figures)
    assert document["rows"][0]["hybrid"] is None
    assert "hybrid" in document["rows"][0]["missed"]
    assert "did not run" in "\n".join(bench.table(document))


def test_what_misses_is_bold():
    text = "\n".join(bench.table(bench.document_of(results(hybrid=1234.0))))
    assert text.count("**1,234**") == 2
