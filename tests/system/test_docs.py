# SPDX-License-Identifier: MIT
"""The documents name what is there: links, options, targets; README's figures."""

import glob
import json
import os
import re
import shlex

import pytest
import readme
import system
import test_compare_unit

DOCS = ["README.md", "CAVEATS.md"] + sorted(
    os.path.relpath(path, system.ROOT) for path in glob.glob(f"{system.ROOT}/docs/*.md"))
# The picture is taken from a run of make compare.
PICTURE = "docs/compare.png"


def text_of(path):
    return system.read(os.path.join(system.ROOT, path))


def sources(*patterns):
    return "".join(text_of(os.path.relpath(path, system.ROOT)) for pattern in patterns
                   for path in sorted(glob.glob(f"{system.ROOT}/{pattern}", recursive=True)))


@pytest.mark.parametrize("path", DOCS)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#:]+)\)", text_of(path)):
        place = os.path.normpath(os.path.join(system.ROOT, os.path.dirname(path), target))
        assert os.path.exists(place) or target == PICTURE, f"{path}: {target}"


@pytest.mark.parametrize("path", DOCS)
def test_files_that_are_named_exist(path):
    roots = "arch|kernel|mm|fs|drivers|samples|runtime|include|lib|user|tests|configs|scripts"
    for name in re.findall(rf"`((?:{roots})/[\w./-]+\w)`", text_of(path)):
        assert os.path.exists(os.path.join(system.ROOT, name)), f"{path}: {name}"


@pytest.mark.parametrize("path", DOCS)
def test_options_that_are_named_exist(path):
    known = set(re.findall(r"^config (\w+)", sources("**/Kconfig"), re.M))
    known.add("PLACEMENTS")  # generated/placement.h
    for name in re.findall(r"CONFIG_([A-Z0-9_]+[A-Z0-9])\b", text_of(path)):
        assert name in known, f"{path}: CONFIG_{name}"


@pytest.mark.parametrize("path", DOCS)
def test_targets_that_are_named_exist(path):
    makefiles = sources("Makefile", "scripts/make/*.mk")
    known = set(re.findall(r"^\.PHONY: (.*)$", makefiles, re.M))
    known = {word for line in known for word in line.split()}
    known |= {os.path.basename(path) for path in glob.glob(f"{system.ROOT}/configs/*defconfig")}
    for words in re.findall(r"^make ([^#|&\n]*)", text_of(path), re.M):
        for word in shlex.split(words):
            if not word.startswith(("-", "'")) and "=" not in word:
                assert word in known, f"{path}: make {word}"


def test_command_line_is_documented():
    """docs/boot.md lists what the code reads, and nothing else."""
    read = set(re.findall(r'cmdline_(?:find|number|get)\((?:THIS_MODULE, )?"(\w+)"',
                          sources("kernel/*.c", "kernel/boundary/**/*.c", "kernel/module/*.c",
                                  "kernel/tests/ktest.c", "mm/**/*.c", "arch/**/*.c",
                                  "fs/**/*.c", "drivers/**/*.c")))
    table = text_of("docs/boot.md").split("## Kernel command line")[1].split("## ")[0]
    assert set(re.findall(r"^\| `(\w+)=", table, re.M)) == read


def test_readme_is_filled_from_a_run():
    """Each figure of the table is the document's; a second time changes nothing."""
    document = json.loads(json.dumps(test_compare_unit.document()))
    text = readme.fill(text_of("README.md"), document)
    for variant in document["variants"]:
        assert f"| {variant['name']} |" in text
    assert "| 113 / 98 / 14 |" in text
    assert readme.fill(text, document) == text
    assert readme.fill("no markers", document) is None
