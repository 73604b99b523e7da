#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs kconfig-frontends on the tree's Kconfig, with everything in O=, and
writes from the configuration what the build reads:

  generated/config.mk    the options as make variables
  generated/autoconf.h   all options; for kernel/boundary/ and arch/x86/gate/
  generated/config.h     without those that choose a layout; for all else
  generated/placement.h  CONFIG_PLACEMENTS, "vfs:core,tty:private"

A warning of kconfig (unmet dependency, value out of range) is an error. Files
whose content does not change are not touched, so nothing is rebuilt for them.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

LAYOUT = re.compile(
    r"CONFIG_(HYBRID|DRIVERS_IN_KERNEL|DOMAINS_\w+|GATE_\w+|\w+_PLACEMENT)$")
PLACEMENTS = ("default", "core", "shared", "private")


def fail(text):
    sys.exit(f"kconfig: {text}")


def write_if_changed(path, text):
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    except OSError:
        pass
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def run(args, *command):
    """Runs a kconfig tool in O= with the tree as $srctree."""
    for folder in ("include/config", "include/generated", "generated"):
        os.makedirs(os.path.join(args.out, folder), exist_ok=True)
    tool = command[0]
    if not shutil.which(tool):
        fail(f"{tool} is missing: install kconfig-frontends-nox "
             "(scripts/setup does)")
    env = dict(os.environ, srctree=os.path.abspath(args.srctree),
               KCONFIG_CONFIG=".config", LC_ALL="C")
    # menuconfig needs the terminal; all others only talk when they must.
    if tool == "kconfig-mconf":
        if subprocess.run(command, cwd=args.out, env=env).returncode:
            fail("menuconfig failed")
        return
    done = subprocess.run(command, cwd=args.out, env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    said = [l for l in done.stdout.splitlines()
            if l.strip() and not l.startswith(("#", "*"))]
    bad = [l for l in said if "warning" in l.lower() or "error" in l.lower()]
    if done.returncode or bad:
        fail("\n".join(said) or f"{tool} failed")


def read_config(path):
    """The options of a .config, in its order: name -> value as written."""
    options = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            m = re.match(r"(CONFIG_\w+)=(.*)", line)
            if m:
                options[m.group(1)] = m.group(2)
    return options


def header(options, comment):
    text = f"/* Made by scripts/kconfig.py: {comment} */\n"
    for name, value in options.items():
        if value == "m":
            text += f"#define {name}_MODULE 1\n"
        else:
            text += f"#define {name} {1 if value == 'y' else value}\n"
    return text


def placements(options):
    """CONFIG_PLACEMENTS: what is placed elsewhere than the layout says."""
    placed = []
    for name, value in options.items():
        m = re.match(r"CONFIG_(\w+)_PLACEMENT$", name)
        if not m:
            continue
        place = value.strip('"')
        if place not in PLACEMENTS:
            fail(f"{name} is {value}; it must be one of "
                 + ", ".join(PLACEMENTS))
        if place != "default":
            placed.append(f"{m.group(1).lower()}:{place}")
    return ",".join(placed)


def check_values(options):
    """What Kconfig cannot say about values."""
    def number(name):
        return int(options.get("CONFIG_" + name, "0"))

    kib = number("LOG_BUFFER_KIB")
    if kib & (kib - 1):
        fail("LOG_BUFFER_KIB must be a power of two")
    if number("MODULE_STACK_KIB") % 4:
        fail("MODULE_STACK_KIB must be a multiple of 4")
    if number("BACKOFF_MIN_MS") > number("BACKOFF_MAX_MS"):
        fail("BACKOFF_MIN_MS must not be above BACKOFF_MAX_MS")


def sync(args):
    # New options get their defaults.
    run(args, "kconfig-conf", "--olddefconfig", "Kconfig")
    options = read_config(os.path.join(args.out, ".config"))
    check_values(options)
    out = os.path.join(args.out, "generated")
    plain = {n: v for n, v in options.items() if not LAYOUT.match(n)}
    write_if_changed(os.path.join(out, "autoconf.h"),
                     header(options, "all options"))
    write_if_changed(os.path.join(out, "config.h"),
                     header(plain, "the options that choose no layout"))
    write_if_changed(os.path.join(out, "placement.h"),
                     "/* Made by scripts/kconfig.py */\n"
                     f'#define CONFIG_PLACEMENTS "{placements(options)}"\n')
    # This one is a target of make's: always written, to be newer than .config.
    with open(os.path.join(out, "config.mk"), "w", encoding="utf-8") as f:
        f.write("# Made by scripts/kconfig.py\n")
        for name, value in options.items():
            value = value.strip('"').replace("$", "$$").replace("#", "\\#")
            f.write(f"{name} := {value}\n")


def defconfig(args):
    path = args.name
    if not os.path.exists(path):
        path = os.path.join(args.srctree, "configs", args.name)
    if not os.path.exists(path):
        known = sorted(os.listdir(os.path.join(args.srctree, "configs")))
        fail(f"there is no configs/{args.name}; there are: " + ", ".join(known))
    run(args, "kconfig-conf", "--defconfig=" + os.path.abspath(path), "Kconfig")
    # A line whose dependency is unmet is dropped without a word; not here.
    options = read_config(os.path.join(args.out, ".config"))
    for name, value in read_config(path).items():
        if options.get(name) != value:
            fail(f"{path}: {name}={value} has no effect "
                 "(unknown option, or a dependency is not met)")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--srctree", default=".")
    parser.add_argument("--out", required=True)
    parser.add_argument("what", choices=("sync", "menuconfig", "defconfig",
                                         "olddefconfig", "savedefconfig"))
    parser.add_argument("name", nargs="?")
    args = parser.parse_args()
    if args.what == "sync":
        sync(args)
    elif args.what == "menuconfig":
        run(args, "kconfig-mconf", "Kconfig")
    elif args.what == "defconfig":
        defconfig(args)
    elif args.what == "olddefconfig":
        run(args, "kconfig-conf", "--olddefconfig", "Kconfig")
    elif args.what == "savedefconfig":
        run(args, "kconfig-conf", "--savedefconfig=defconfig", "Kconfig")


main()
