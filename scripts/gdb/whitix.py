# SPDX-License-Identifier: MIT
"""GDB commands for Whitix. `make debug` starts GDB with this file.

    whitix OUT      attaches to QEMU (-s), reads OUT/whitix.elf.debug, and adds
                    the symbols of each module when the kernel has linked it
"""

import os

import gdb  # pylint: disable=import-error

RANGES = ("RANGE_TEXT", "RANGE_RODATA", "RANGE_DATA", "RANGE_BSS")
SECTIONS = (".text", ".rodata", ".data", ".bss")


class ModuleLinked(gdb.Breakpoint):
    """Stops nowhere: adds symbols when module_linked_hook() is called."""

    def __init__(self, out):
        super().__init__("module_linked_hook", internal=True)
        self.silent = True
        self.out = out
        self.waiting = []

    def stop(self):
        module = gdb.selected_frame().read_var("m")
        name = module["name"].string()
        path = os.path.join(self.out, "modules", name + ".ko.debug")
        if not os.path.exists(path) or module["built_in"]:
            return False
        command = f"add-symbol-file {path}"
        for range_name, section in zip(RANGES, SECTIONS):
            index = int(gdb.parse_and_eval(range_name))
            start = int(module["range"][index]["start"])
            if start:
                command += f" -s {section} {start:#x}"
        # Symbols may not be added while a breakpoint is being handled.
        gdb.post_event(lambda: gdb.execute(command, to_string=True))
        return False


class Whitix(gdb.Command):
    """whitix OUT: debug the kernel in folder OUT that runs under QEMU -s."""

    def __init__(self):
        super().__init__("whitix", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        out = argument or "build"
        gdb.execute("set confirm off")
        gdb.execute("set pagination off")
        gdb.execute("set breakpoint pending on")
        gdb.execute("set architecture i386:x86-64")
        gdb.execute(f"file {out}/whitix.elf.debug")
        gdb.execute("target remote localhost:1234")
        if gdb.lookup_global_symbol("module_linked_hook"):
            ModuleLinked(out)
        gdb.execute("hbreak arch_start")
        gdb.execute("continue")


Whitix()
