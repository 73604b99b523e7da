# SPDX-License-Identifier: MIT
"""
Fixtures of the system tests: each variant of the kernel is built once, and
tests share the boots that answer their questions (system.py).

The builds go to $WHITIX_OUT (default: build/check/system).
"""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(ROOT, "scripts"),
                os.path.join(ROOT, "scripts", "compare")]

import linux_programs  # noqa: E402
import system  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes minutes; only `make check-long`")


@pytest.fixture(scope="session")
def out():
    folder = os.path.abspath(os.environ.get(
        "WHITIX_OUT", os.path.join(ROOT, "build", "check", "system")))
    os.makedirs(folder, exist_ok=True)
    # What the builds fetch is fetched once.
    os.environ.setdefault("CACHE", os.path.join(folder, "cache"))
    return folder


@pytest.fixture(scope="session")
def archive(out):
    """Path of a boot archive with Debian's programs, without modules."""
    return linux_programs.make_archive(out)


@pytest.fixture(scope="session")
def kernels(out):
    """Gives a system.Kernel by the variant's name, built when first asked for."""
    built = {}

    def get(name):
        if name not in built:
            built[name] = system.Kernel(name, out)
        return built[name]

    return get


@pytest.fixture(scope="session", params=system.VARIANTS)
def kernel(request, kernels):
    """Each layout, choice of domains, and gate."""
    return kernels(request.param)


@pytest.fixture(scope="session", params=system.LAYOUTS)
def layout(request, kernels):
    """Each layout and choice of domains, with the gate that is the default."""
    return kernels(request.param)


@pytest.fixture(scope="session", params=system.HYBRIDS)
def hybrid(request, kernels):
    """Each variant whose modules are in ring 3."""
    return kernels(request.param)


@pytest.fixture(scope="session")
def direct(kernels):
    """DRIVERS_IN_KERNEL."""
    return kernels("drivers_in_kernel")
