# SPDX-License-Identifier: MIT
"""Module objects: the same in all layouts; broken ones are refused, one by one."""

import hashlib
import re

import broken
import pytest
import system
from elftools.elf.elffile import ELFFile

BASE = "rtc"        # has no exports: a broken copy is refused for its fault alone


def broken_names():
    return ("bad_empty bad_text bad_cut_header bad_cut_half bad_cut_end bad_class "
            "bad_machine bad_type bad_shoff bad_shnum bad_shstrndx bad_link_magic "
            "bad_link_groups bad_link_range bad_link_type bad_link_import bad_link_count "
            "bad_link_offset bad_import_name bad_import_string bad_import_version "
            "bad_magic bad_abi bad_rank bad_sizes bad_twin").split()


def boot_with_broken(kernel):
    def boot():
        with open(kernel.module_path(BASE), "rb") as source:
            good = source.read()
        bodies = broken.all_of(good)
        assert set(bodies) == set(broken_names())
        files = {f"modules/{name}.ko": (body, 0o644) for name, body in bodies.items()}
        return kernel.run_list(["/test/hello after", "/bin/cat /proc/modules",
                                "/bin/cat /proc/accounts"], files=files, tag="broken")
    return kernel.shared("broken", boot)


@pytest.mark.parametrize("name", broken_names())
def test_broken_module_is_refused_by_name(kernel, name):
    run = boot_with_broken(kernel)
    lines = [l for l in run.text.splitlines() if name in l and not l.startswith("@@")]
    assert lines, f"nothing was said about {name}:\n{run.text[:3000]}"
    accounts, _ = run.section("/bin/cat /proc/modules")
    assert name not in accounts, "it was loaded"


def test_boot_goes_on_without_broken_modules(kernel):
    run = boot_with_broken(kernel)
    assert run.section("/test/hello after")[1] == "exit 0"
    assert run.status == 0
    text, _ = run.section("/bin/cat /proc/modules")
    names = [line.split()[0] for line in text.splitlines()
             if line.strip() and not line.startswith("[")]
    assert sorted(names) == kernel.module_names()


def test_missing_import_names_the_symbol(kernel):
    text = boot_with_broken(kernel).text
    line = next(l for l in text.splitlines() if "bad_import_name" in l)
    assert re.search(r"\bZ\w+", line), line


def test_wrong_version_names_the_symbol(kernel):
    text = boot_with_broken(kernel).text
    line = next(l for l in text.splitlines() if "bad_import_version" in l)
    assert "version" in line, line


# ---- promise 1: the same object everywhere ----------------------------------

def hashes(kernel):
    found = {}
    for name in kernel.module_names():
        with open(kernel.module_path(name), "rb") as source:
            found[name] = hashlib.sha256(source.read()).hexdigest()
    return found


def test_objects_are_the_same_in_all_layouts(kernels):
    """Promise 1: byte for byte, in each layout, choice of domains and gate."""
    first = hashes(kernels("hybrid"))
    assert len(first) >= 16
    for name in system.VARIANTS:
        assert hashes(kernels(name)) == first, name


def test_objects_have_no_paths(kernels):
    """Nothing in an object says where it was built."""
    kernel = kernels("hybrid")
    for name in kernel.module_names():
        for suffix in ("ko", "ko.debug"):
            with open(kernel.path("modules", f"{name}.{suffix}"), "rb") as source:
                data = source.read()
            assert kernel.objdir.encode() not in data, f"{name}.{suffix}"
            assert system.ROOT.encode() + b"/" not in data, f"{name}.{suffix}"


def test_objects_import_functions_only(kernels):
    """No undefined symbol but what the import table lists; no weak ones."""
    kernel = kernels("hybrid")
    for name in kernel.module_names():
        with open(kernel.module_path(name), "rb") as source:
            elf = ELFFile(source)
            imports = elf.get_section_by_name(".whitix.imports")
            count = imports["sh_size"] // broken.IMPORT_SIZE if imports else 0
            undefined = [s for s in elf.get_section_by_name(".symtab").iter_symbols()
                         if s["st_shndx"] == "SHN_UNDEF" and s.name]
            assert len(undefined) <= count, [s.name for s in undefined]
            assert all(s["st_info"]["bind"] == "STB_GLOBAL" for s in undefined)


def test_objects_do_not_touch_the_machine(kernels):
    """No wrmsr, no mov to control registers, no cli, sti or %gs in a module."""
    import subprocess
    bad = re.compile(r"\b(wrmsr|rdmsr|cli|sti|lidt|lgdt|ltr|invlpg|iretq?|sysretq?)\b"
                     r"|%cr[0-9]|%gs:")
    kernel = kernels("hybrid")
    for name in kernel.module_names():
        text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", kernel.module_path(name)],
                              capture_output=True, text=True, check=True).stdout
        found = [line for line in text.splitlines() if bad.search(line)]
        assert not found, f"{name}: {found[:5]}"
