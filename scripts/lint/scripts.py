# SPDX-License-Identifier: MIT
"""Scripts parse: Python and shell."""

import subprocess

import tree

found = []
for path in tree.files():
    text = tree.text(path)
    if text is None:
        continue
    first = text.split("\n", 1)[0]
    if path.endswith(".py") or first.startswith("#!") and "python" in first:
        try:
            compile(text, path, "exec")
        except SyntaxError as e:
            found.append(f"{path}:{e.lineno}: {e.msg}")
    elif first.startswith("#!") and first.rstrip().endswith("sh"):
        shell = "bash" if first.rstrip().endswith("bash") else "sh"
        done = subprocess.run([shell, "-n", path], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            found.append(done.stderr.strip())
tree.report(found)
