# SPDX-License-Identifier: MIT
"""Functions over 80 lines fail; how long functions are is told."""

import tree

LONG, TOO_LONG = 60, 80


def functions(text):
    """(name, line, lines) of each function: a '{' and a '}' in column 0."""
    lines = text.splitlines()
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            head = start - 1
            while head > 0 and lines[head][:1] in ("\t", " "):
                head -= 1
            yield lines[head].split("(")[0].split()[-1:], head + 1, number - start + 1
            start = None


lengths, found = [], []
for path in tree.files(".c"):
    for name, line, length in functions(tree.text(path)):
        lengths.append(length)
        if length > TOO_LONG:
            found.append(f"{path}:{line}: {''.join(name)} has {length} lines")
lengths.sort()
if lengths:
    print(f"{len(lengths)} functions, median {lengths[len(lengths) // 2]} lines, "
          f"{sum(n > LONG for n in lengths)} over {LONG}")
tree.report(found)
