#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the modules under the ring where a configuration puts them.

    scripts/layout.py --config GEN/config.mk NAME:FOLDER...
"""

import argparse
import re


def domain_of(name, config):
    """Ring and domain of a module."""
    place = config.get(f"CONFIG_{name.upper()}_PLACEMENT", "default")
    if config.get("CONFIG_DRIVERS_IN_KERNEL") == "y" or place == "core":
        return 0, "core"
    if place == "default":
        private = config.get("CONFIG_DOMAINS_PRIVATE") == "y"
        place = "private" if private else "shared"
    return 3, place


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True)
    parser.add_argument("module", nargs="*")
    args = parser.parse_args()
    with open(args.config, encoding="utf-8") as f:
        config = dict(re.findall(r"(\w+) := *(.*)", f.read()))
    rings = {0: [("core", "", "arch/x86 kernel mm lib")], 3: []}
    for module in args.module:
        name, folder = module.split(":")
        ring, domain = domain_of(name, config)
        rings[ring].append((name, domain, folder))
    for ring, members in rings.items():
        print(f"ring {ring}" + ("" if members else ": nothing but programs"))
        for name, domain, folder in members:
            print(f"  {name:<14}{domain:<10}{folder}")


main()
