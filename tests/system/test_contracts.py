# SPDX-License-Identifier: MIT
"""Contracts fit the types (tests/host/contracts.py), and a wrong one is found."""

import os
import re
import subprocess
import sys

import pytest
import system

CHECKER = os.path.join(system.ROOT, "tests", "host", "contracts.py")
HEADER = os.path.join(system.ROOT, "include", "interface", "contract.h")

# (contract, prototype, what must be said): each is wrong in one way.
WRONG = {
    "pointer_as_value": ("ARG_VALUE(p)", "long f(const char *p)", "a pointer"),
    "number_as_string": ("ARG_STRING(p, 8)", "long f(u64 p)", "a number"),
    "too_few": ("ARG_VALUE(a)", "long f(u64 a, u64 b)", "2 parameters"),
    "names": ("ARG_VALUE(b), ARG_VALUE(a)", "long f(u64 a, u64 b)", "names"),
    "size": ("ARG_STRUCT_IN(p, u32)", "long f(const u64 *p)", "the type has 8"),
    "const_out": ("ARG_STRUCT_OUT(p, u64)", "long f(const u64 *p)", "but const"),
    "not_const_in": ("ARG_STRUCT_IN(p, u64)", "long f(u64 *p)", "not const"),
    "inner_pointer": ("ARG_STRUCT_IN(p, struct s)", "long f(const struct s *p)",
                      "a pointer lies in"),
    "length_is_pointer": ("ARG_IN(p, q, 8), ARG_STRING(q, 8)",
                          "long f(const void *p, const char *q)", "no parameter"),
    "staging": ("ARG_IN(p, n, 16384), ARG_OUT(q, n, 1), ARG_VALUE(n)",
                "long f(const void *p, void *q, u64 n)", "do not fit"),
    "void": ("ARG_VALUE(a)", "void f(u64 a)", "CALL_VOID"),
}


def run(objdir):
    return subprocess.run([sys.executable, CHECKER, str(objdir)], capture_output=True,
                          text=True, check=False)


@pytest.mark.parametrize("name", ["hybrid", "drivers_in_kernel"])
def test_contracts_fit_the_types(kernels, name):
    done = run(kernels(name).objdir)
    assert done.returncode == 0, done.stdout + done.stderr
    compared = re.search(r"^(\d+) calls of \d+ objects compared", done.stdout, re.M)
    assert int(compared.group(1)) > 100, done.stdout


def compiled(tmp_path, prototype, contract):
    """An object folder with one export, as contracts.py expects it."""
    body = "{ }" if prototype.startswith("void") else "{ return 0; }"
    source = tmp_path / "f.c"
    source.write_text(f"""#include "{HEADER}"
struct s {{ u64 a; char *inside; }};
{prototype};
CONTRACT(f, 0, {contract});
{prototype} {body}
SYMBOL_EXPORT(f);
""")
    (tmp_path / "modules").mkdir()
    (tmp_path / "link").mkdir()
    for target in ("modules/f.ko.debug", "link/core.v.o"):
        subprocess.run(["gcc", "-std=gnu11", "-g", "-ffreestanding", "-fno-pic", "-mcmodel=kernel",
                        "-Wno-pointer-to-int-cast", "-I", os.path.dirname(HEADER), "-I",
                        os.path.join(system.ROOT, "include", "lib"), "-c", source, "-o",
                        tmp_path / target], check=True)
    return tmp_path


@pytest.mark.parametrize("name", WRONG)
def test_wrong_contract_is_found(tmp_path, name):
    contract, prototype, said = WRONG[name]
    done = run(compiled(tmp_path, prototype, contract))
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout, done.stdout


def test_right_contract_is_accepted(tmp_path):
    done = run(compiled(tmp_path, "long f(const void *p, void *q, u64 n)",
                        "ARG_IN(p, n, 100), ARG_OUT_RETURN(q, n, 100), ARG_VALUE(n)"))
    assert done.returncode == 0, done.stdout + done.stderr
