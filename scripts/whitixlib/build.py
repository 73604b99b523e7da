# SPDX-License-Identifier: MIT
"""
Builds of the tree: a variant is a defconfig of configs/, a .config file, or a
defconfig with a few options changed; each is built in a folder of its own.
"""

import os
import re
import subprocess

SRCTREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class BuildError(Exception):
    """make failed; the text has the end of what it printed."""


def make(objdir, *targets, srctree=SRCTREE, jobs=None, env=None, log=None,
         capture=True):
    """Runs `make -C srctree O=objdir targets...`; returns what it printed."""
    clean = {k: v for k, v in os.environ.items()
             if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES",
                          "O", "VARIANTS", "OUT", "BASE", "V")}
    clean.update(env or {})
    argv = ["make", "-C", srctree, f"O={os.path.abspath(objdir)}",
            f"-j{jobs or os.cpu_count() or 1}", *targets]
    done = subprocess.run(argv, env=clean, text=True, errors="replace",
                          stdout=subprocess.PIPE if capture else None,
                          stderr=subprocess.STDOUT)
    text = done.stdout or ""
    if log:
        with open(log, "a", encoding="utf-8") as out:
            out.write(text)
    if done.returncode:
        tail = "\n".join(text.splitlines()[-40:])
        raise BuildError(f"{' '.join(argv)} failed ({done.returncode}):\n{tail}")
    return text


def read_config(path):
    """{option: value} of a .config file; options that are off are absent."""
    options = {}
    with open(path, encoding="utf-8") as config:
        for line in config:
            match = re.match(r"(CONFIG_\w+)=(.*)$", line.strip())
            if match:
                options[match.group(1)] = match.group(2).strip('"')
    return options


def change_config(path, changes):
    """Sets options in a .config file: {"CONFIG_X": "y", "CONFIG_Y": None}."""
    with open(path, encoding="utf-8") as config:
        lines = config.read().splitlines()
    kept = [line for line in lines
            if not any(re.match(rf"(# )?{option}\b", line) for option in changes)]
    for option, value in changes.items():
        kept.append(f"# {option} is not set" if value is None else f"{option}={value}")
    with open(path, "w", encoding="utf-8") as config:
        config.write("\n".join(kept) + "\n")


def variant_name(variant):
    """What a variant is called: the defconfig's name, or the file's."""
    name = os.path.basename(variant)
    for ending in ("_defconfig", ".config"):
        if name.endswith(ending) and name != ending:
            name = name[:-len(ending)]
    return name.lstrip(".") or "config"


def is_file_variant(variant):
    return os.path.sep in variant or variant.endswith(".config")


def configure(objdir, variant, changes=None, srctree=SRCTREE, log=None):
    """
    Writes objdir/.config for `variant` (see the file's head). A .config that
    would come out the same is left as it is, so that nothing is rebuilt.
    """
    os.makedirs(objdir, exist_ok=True)
    target = os.path.join(objdir, ".config")
    old = None
    if os.path.exists(target):
        with open(target, encoding="utf-8") as config:
            old = config.read()
        times = os.stat(target)
    if is_file_variant(variant):
        with open(variant, encoding="utf-8") as source:
            text = source.read()
        with open(target, "w", encoding="utf-8") as config:
            config.write(text)
        make(objdir, "olddefconfig", srctree=srctree, log=log)
    else:
        make(objdir, f"{variant_name(variant)}_defconfig", srctree=srctree, log=log)
    if changes:
        change_config(target, changes)
        make(objdir, "olddefconfig", srctree=srctree, log=log)
        now = read_config(target)
        for option, value in changes.items():
            if now.get(option) != value:
                raise BuildError(f"{option} did not become {value} in {variant}")
    with open(target, encoding="utf-8") as config:
        if config.read() == old:
            os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))


def build_variant(variant, out, *targets, env=None):
    """(name, folder) of `variant`, with `targets` built in a folder of `out`."""
    name = variant_name(variant)
    objdir = os.path.join(out, name)
    os.makedirs(objdir, exist_ok=True)
    log = os.path.join(objdir, "make.log")
    configure(objdir, variant, log=log)
    make(objdir, *targets, env=env, log=log)
    return name, objdir


def layout_of(objdir):
    """{"layout", "domains", "gate"} that objdir is configured for."""
    options = read_config(os.path.join(objdir, ".config"))
    if "CONFIG_DRIVERS_IN_KERNEL" in options:
        return {"layout": "drivers_in_kernel", "domains": None, "gate": None}
    return {
        "layout": "hybrid",
        "domains": "private" if "CONFIG_DOMAINS_PRIVATE" in options else "shared",
        "gate": "interrupt" if "CONFIG_GATE_INTERRUPT" in options else "syscall",
    }
