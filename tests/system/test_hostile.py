# SPDX-License-Identifier: MIT
"""
Every system call with hostile arguments (user/hostile.c) says what Linux says
(hostile.out), but for what stands in hostile.known with its reason, and leaves the
modules' accounts as they were.

hostile.known has the lines that are printed here, of what differs only, below a
comment that says why. What is listed and does not differ fails the test, too.
"""

import re

import hostile


def known():
    return hostile.results(hostile.read(hostile.KNOWN))


def run(kernel, arguments=""):
    outcome = hostile.run(kernel.path("whitix.elf"), kernel.objdir,
                          kernel.path(f"hostile{arguments}.log"), "panic=exit", arguments)
    assert outcome.status is not None, outcome.tail
    return outcome


def results(layout):
    return layout.shared("hostile", lambda: run(layout))


def test_same_results_as_on_linux(layout):
    found = hostile.results(results(layout).text)
    differ = hostile.differences(hostile.results(hostile.recorded()), found)
    listed = known()
    unlisted = {call: how for call, how in differ.items() if listed.get(call) != how[1]}
    assert unlisted == {}
    assert [call for call in listed if call not in differ] == []


def test_accounts_are_as_before(layout):
    text = results(layout).text
    assert re.search(r"^hostile: \d+ rows, accounts compared", text, re.M), text[-500:]
    assert not re.findall(r"^#.*", text, re.M)


def test_each_call_that_is_there_has_a_row(direct):
    outcome = run(direct, "missing")
    assert re.search(r"^hostile: 0 calls have no row", outcome.text, re.M), outcome.text


def test_each_difference_has_a_reason():
    reason = False
    for line in hostile.read(hostile.KNOWN).splitlines():
        if line.startswith("#"):
            reason = True
        elif not line:
            reason = False
        else:
            assert reason, line
            assert hostile.LINE.match(line), line


def test_results_are_read_back():
    text = "read good: 64\nread 2: EFAULT: null low; 64: odd\n# accounts: differ\n"
    assert hostile.results(text) == {"read good": "64", "read 2 null": "EFAULT",
                                     "read 2 low": "EFAULT", "read 2 odd": "64"}
