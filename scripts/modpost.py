#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Joins modules and core: versions, imports, stubs, start order.

Reads a plan, one line a unit: the word `core`, or `module NAME`, or `late NAME`
(a module that programs load), then the linked object (ld -r), then the objects
that went into it. It

- gives each export a version, a hash of prototype and contract, and writes
  copies of the linked objects with the versions filled in (OUT/link/*.v.o);
- checks each module's undefined symbols against the exports: a function of the
  core or of another module of a higher rank, or one that a header of
  include/interface/ declares and a module that is switched off would have had;
- writes GEN/NAME.mod.S, the module's import table;
- works out the start order and writes GEN/module-order.txt, and what modprobe
  reads about the others, GEN/modules.*;
- writes GEN/stubs.S (what lies under the plain C names by which the core calls
  modules), GEN/builtin.S and GEN/modules.lds.h (the modules in the image);
- with --wrap, writes GEN/wrap.opts: the linker is to send each call between
  units through a stub that copies and poisons buffers (CONFIG_DEBUG_POISON);
- writes GEN/symvers.json, all exports with prototype, contract and version.

Files whose content stays the same are not touched.
"""

import argparse
import glob
import hashlib
import json
import os
import re
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
import elf
import prototype

EXPORTS, MANIFEST = ".whitix.exports", ".whitix.manifest"
EXPORT_SIZE, EXPORT_VERSION = 32, 24	# struct symbol_export
CALL_REENTRANT, CALL_RUNTIME = 0x4, 0x40
MANIFEST_MAGIC = 0x32444f4d58495457
MANIFEST_NAME, MANIFEST_DESCRIPTION, MANIFEST_RANK = 16, 40, 72	# struct module_manifest
CACHE_FORMAT = 3

errors = []


def error(text):
    errors.append(text)


def write_if_changed(path, data):
    if isinstance(data, str):
        data = data.encode()
    try:
        with open(path, "rb") as f:
            if f.read() == data:
                return
    except OSError:
        pass
    with open(path, "wb") as f:
        f.write(data)


# ---- exports ----------------------------------------------------------------


def read_contract(obj, where, depth=0):
    """A struct contract as lists and strings, ops tables included."""
    arg = list(obj.words(where, "<6Q"))
    section, offset = where
    flags, nargs = obj.words((section, offset + 48), "<II")
    names = obj.pointer(section, offset + 56)
    ops = obj.pointer(section, offset + 64)
    contract = {"args": arg[:nargs], "flags": flags,
                "names": obj.string(names) if names else ""}
    if ops and depth < 3:
        contract["ops"] = read_ops(obj, ops, depth)
    return contract


def read_ops(obj, where, depth):
    section, offset = where
    size, ncalls = obj.words((section, offset + 8), "<II")
    calls, first = obj.pointer(section, offset + 16)
    return {"name": obj.string(obj.pointer(section, offset)), "size": size,
            "calls": [read_contract(obj, obj.pointer(calls, first + 8 * i),
                                    depth + 1) for i in range(ncalls)]}


def read_exports(path):
    """The exports of one compiled object: name -> prototype, contract, version."""
    obj = elf.Elf(path)
    section = obj.section(EXPORTS)
    if not section:
        return {}
    found = {}
    for offset in range(0, section.size, EXPORT_SIZE):
        name = obj.string(obj.pointer(section, offset))
        found[name] = {"contract": read_contract(
            obj, obj.pointer(section, offset + 16))}
    prototypes = prototype.prototypes(path, found)
    for name, export in found.items():
        export["prototype"] = prototypes.get(name)
    return found


class Cache:
    """Exports by object, kept while the object's bytes are the same."""

    def __init__(self, path):
        self.path, self.old, self.new = path, {}, {}
        try:
            with open(path, encoding="utf-8") as f:
                cache = json.load(f)
            if cache["format"] == CACHE_FORMAT:
                self.old = cache["objects"]
        except (OSError, ValueError, KeyError):
            pass

    def exports(self, path):
        with open(path, "rb") as f:
            digest = hashlib.sha256(f.read()).hexdigest()
        entry = self.old.get(path)
        if not entry or entry["digest"] != digest:
            entry = {"digest": digest, "exports": read_exports(path)}
        self.new[path] = entry
        return entry["exports"]

    def save(self):
        write_if_changed(self.path, json.dumps(
            {"format": CACHE_FORMAT, "objects": self.new}, indent=0))


def version_of(name, export):
    text = json.dumps([name, export["prototype"], export["contract"]], sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") or 1


# ---- units ------------------------------------------------------------------


class Unit:
    """The core or a module."""

    def __init__(self, name, path, objects, late=False):
        self.name, self.path, self.objects = name, path, objects
        self.late = late            # built, but not started with the system
        self.obj = elf.Elf(path)
        self.exports = {}
        self.rank = None
        self.imports = []

    def undefined(self):
        return sorted((s for s in self.obj.symbols
                       if s.section == elf.SHN_UNDEF and s.name),
                      key=lambda s: s.name)

    def defined(self):
        return {s.name: s for s in self.obj.symbols
                if s.section != elf.SHN_UNDEF and s.bind != elf.STB_LOCAL}

    def read_exports(self, cache):
        for path in self.objects:
            for name, export in cache.exports(path).items():
                if name in self.exports:
                    error(f"{self.name}: '{name}' is exported twice")
                export = dict(export, unit=self.name)
                export["version"] = version_of(name, export)
                self.exports[name] = export
        defined = self.defined()
        for name, export in self.exports.items():
            symbol = defined.get(name)
            if not symbol or symbol.type != elf.STT_FUNC:
                error(f"{self.name}: '{name}' is exported but is not a function "
                      "that this unit defines; only functions can be exported")
            elif not export["prototype"]:
                error(f"{self.name}: no debug information about '{name}': put "
                      "SYMBOL_EXPORT in the file that defines the function")

    def check_visible(self):
        """A module's visible symbols are its exports, nothing else."""
        for name, symbol in self.defined().items():
            if symbol.visibility == elf.STV_DEFAULT and name not in self.exports:
                error(f"module {self.name}: '{name}' is declared in an interface "
                      f"header but not exported: add SYMBOL_EXPORT({name})")

    def read_manifest(self):
        section = self.obj.section(MANIFEST)
        if not section:
            error(f"module {self.name}: no manifest: it needs one MODULE(...)")
            return
        data = self.obj.bytes_of(section)
        magic, abi, size = struct.unpack_from("<QII", data)
        if magic != MANIFEST_MAGIC or size != len(data):
            error(f"module {self.name}: more than one MODULE(...), or a manifest "
                  f"of another kernel (ABI {abi})")
            return
        name = elf.cstring(data, MANIFEST_NAME)
        if name != self.name:
            error(f"module {self.name}: its manifest says '{name}'")
        self.rank, = struct.unpack_from("<I", data, MANIFEST_RANK)
        if self.obj.pointer(section, 48) is None:
            error(f"module {self.name}: its manifest has no .init")

    def write_versioned(self, path):
        data = bytearray(self.obj.data)
        section = self.obj.section(EXPORTS)
        if section:
            for offset in range(0, section.size, EXPORT_SIZE):
                name = self.obj.string(self.obj.pointer(section, offset))
                struct.pack_into("<Q", data, section.offset + offset
                                 + EXPORT_VERSION, self.exports[name]["version"])
        write_if_changed(path, bytes(data))


# ---- imports ----------------------------------------------------------------


def explain(module, symbol, core):
    """Why a module may not use an undefined symbol, and what to do."""
    name = symbol.name
    if symbol.bind == elf.STB_WEAK:
        return "weak symbols cannot be imported: call an exported function"
    if name.startswith(("__start_", "__stop_")):
        return "section bounds do not exist in modules: list the entries yourself"
    known = core.defined().get(name)
    if known and known.type == elf.STT_OBJECT:
        return ("data of the core cannot be imported: use a function of "
                "include/interface/")
    if known:
        return ("the core has such a function but does not export it: declare it "
                "with a CONTRACT in include/interface/ and SYMBOL_EXPORT it")
    if name in ("memcpy", "memset", "memmove", "memcmp"):
        return "lib/ must define it, the compiler calls it"
    return (f"neither the core nor a module exports it: define it in {module.name}, "
            "in lib/ or runtime/, or mend its name")


def check_imports(module, core, exports, declared):
    for symbol in module.undefined():
        name = symbol.name
        export = exports.get(name)
        if symbol.bind == elf.STB_WEAK or not (export or name in declared):
            error(f"module {module.name}: undefined symbol '{name}': "
                  + explain(module, symbol, core))
            continue
        if not export:
            module.imports.append((name, "", 0))
            continue
        module.imports.append((name, export["unit"], export["version"]))
    # The loader asks for the providers: those of one come together.
    module.imports.sort(key=lambda i: (i[1], i[0]))


def check_ranks(module, modules, exports):
    for name, provider, _ in module.imports:
        if provider in ("", "core"):
            continue
        if exports[name]["contract"]["flags"] & (CALL_REENTRANT | CALL_RUNTIME):
            continue
        theirs = modules[provider].rank
        if modules[provider].late and not module.late:
            error(f"module {module.name} is started with the system, but '{name}' is "
                  f"of module {provider}, which is not (m): make both y, or both m")
        if None in (theirs, module.rank) or theirs > module.rank:
            continue
        error(f"module {module.name} (rank {module.rank}): '{name}' is of module "
              f"{provider} (rank {theirs}); calls go to higher ranks only: mend "
              "the ranks, or mark the call CALL_REENTRANT")


def start_order(modules):
    """Providers first: the order that kernel/module/start.c finds at run time.

    Passes over the names in the order of the alphabet, in each of which a module
    is next when all that it imports from have been.
    """
    needs = {m.name: {p for _, p, _ in m.imports} - {"", "core", m.name}
             for m in modules.values()}
    order, before = [], -1
    while len(order) != before:
        before = len(order)
        for name in sorted(needs):
            if name not in order and needs[name] <= set(order):
                order.append(name)
    stuck = sorted(set(needs) - set(order))
    if stuck:
        error("modules import from one another in a circle: " + "; ".join(
            f"{n} needs {', '.join(sorted(needs[n] - set(order)))}" for n in stuck))
    return order + stuck


# ---- what is written --------------------------------------------------------

HEAD = "/* Made by scripts/modpost.py */\n"


PARAM_SIZE = 32			# struct module_param
PARAM_TYPES = {1: "bool", 2: "int", 3: "uint", 4: "string"}


def describe(module, late):
    """Lines of section .modinfo, which modinfo shows."""
    obj, manifest = module.obj, module.obj.section(MANIFEST)
    lines = [f"name={module.name}", "license=MIT"]
    text = obj.pointer(manifest, MANIFEST_DESCRIPTION)
    if text:
        lines.append(f"description={obj.string(text)}")
    needs = sorted({p for _, p, _ in module.imports} & late - {module.name})
    lines.append("depends=" + ",".join(needs))
    params = obj.section(".whitix.params")
    for at in range(0, params.size if params else 0, PARAM_SIZE):
        name = obj.string(obj.pointer(params, at))
        kind = PARAM_TYPES[obj.words((params, at + 16), "<I")[0]]
        lines.append(f"parm={name}:{obj.string(obj.pointer(params, at + 24))} ({kind})")
        lines.append(f"parmtype={name}:{kind}")
    return [line.replace("\\", "").replace('"', "") for line in lines]


def imports_source(module, late):
    """The import table: struct symbol_import, strings in a section of their own."""
    text = HEAD
    strings = sorted({s for i in module.imports for s in i[:2]})

    def at(string):
        return f".Ls{strings.index(string)} - .Lstrings"

    if module.imports:
        text += '\t.section .whitix.strings, "", @progbits\n.Lstrings:\n'
        for i, string in enumerate(strings):
            text += f'.Ls{i}:\t.asciz "{string}"\n'
        text += '\t.section .whitix.imports, "", @progbits\n\t.balign 8\n'
        for name, provider, version in module.imports:
            text += f"\t.long {at(name)}, {at(provider)}\n\t.quad {version:#018x}\n"
    text += '\t.section .modinfo, "", @progbits\n'
    text += "".join(f'\t.asciz "{line}"\n' for line in describe(module, late))
    # scripts/settle.py fills this in.
    text += '\t.section .whitix.link, "", @progbits\n\t.balign 8\n\t.quad 0\n'
    return text + '\t.section .note.GNU-stack, "", @progbits\n'


def crossing(core, modules, exports):
    """The exports that another unit calls."""
    called = {n for m in modules.values() for n, provider, _ in m.imports
              if provider and not m.late}
    called |= {s.name for s in core.undefined() if s.name in exports}
    late = {m.name for m in modules.values() if m.late}
    return sorted(n for n in called if exports[n]["unit"] not in late)


def stubs_source(core, modules, exports, declared, direct, wrapped):
    """Stubs for the names by which the core calls modules."""
    wanted = [s.name for s in core.undefined()
              if s.name in exports or s.name in declared]
    absent = {n for n in wanted if n not in exports}
    down = [] if direct else [n for n in wanted if n in exports]
    if direct:
        late = {m.name for m in modules.values() if m.late}
        absent |= {n for n in wanted if n in exports and exports[n]["unit"] in late}
        for module in modules.values():
            absent |= {n for n, provider, _ in module.imports
                       if not provider and not module.late}
    text = HEAD
    if down or absent or wrapped:
        text += "#include <gate/stubs.h>\n\n"
    for i, name in enumerate(down):
        text += f"DOWN_STUB {name}, {i}\n"
    for i, name in enumerate(down):
        text += f'DOWN_NAME "{name}", {i}, {exports[name]["version"]:#018x}\n'
    for i, name in enumerate(wrapped):
        text += f"WRAP_STUB {name}, {i}\n"
    for name in sorted(absent):
        text += f"FAILING_STUB {name}\n"
    return text + '\n\t.section .note.GNU-stack, "", @progbits\n'


def file_of(module, out):
    """Where an object is below /lib/modules/RELEASE: its folder in the tree."""
    folder = os.path.relpath(os.path.dirname(module.objects[0]),
                             os.path.join(out, "module"))
    return f"kernel/{folder}/{module.name}.ko"


def depmod(modules, order, out):
    """The texts that modprobe reads: {name: text}."""
    late = [n for n in order if modules[n].late]
    needs = {n: [p for p in reversed(late) if p in
                 {i[1] for i in modules[n].imports} - {n}] for n in late}

    def all_needs(name):
        found = []
        for need in needs[name]:
            found += [n for n in [need] + all_needs(need) if n not in found]
        return found

    files = {n: file_of(modules[n], out) for n in order}
    return {
        "dep": "".join(f"{files[n]}:{''.join(' ' + files[d] for d in all_needs(n))}\n"
                       for n in late),
        "order": "".join(files[n] + "\n" for n in late),
        "builtin": "".join(files[n] + "\n" for n in order if not modules[n].late),
        "alias": "# Aliases that modules have: none.\n",
        "symbols": "# Who exports what.\n" + "".join(
            f"alias symbol:{e} {n}\n" for n in late for e in sorted(modules[n].exports)),
    }


RANGES = ("text", "rodata", "data", "bss")


def symbol_of(module, what):
    return f"module_{module}_{what}"


def builtin_source(order, direct):
    """builtin_modules of include/core/builtin.h."""
    text = HEAD + '\t.section .rodata, "a", @progbits\n\t.balign 8\n'
    text += "\t.globl builtin_modules, builtin_modules_count\nbuiltin_modules:\n"
    names = order if direct else []
    for name in names:
        fields = [symbol_of(name, "manifest_start")]
        for what in RANGES + ("exports", "params"):
            fields += [symbol_of(name, what + end) for end in ("_start", "_end")]
        text += f"\t.quad {', '.join(fields[:1])}\n"
        for i in range(1, len(fields), 2):
            text += f"\t.quad {fields[i]}, {fields[i + 1]}\n"
    text += f"builtin_modules_count:\n\t.long {len(names)}\n"
    return text + '\t.section .note.GNU-stack, "", @progbits\n'


def linker_macros(order, direct):
    """MODULES_TEXT and so on, for arch/x86/whitix.lds.S."""
    parts = {
        "text": (".text", 16), "rodata": (".rodata", 32),
        "manifest": (".whitix.manifest", 64), "exports": (".whitix.exports", 64),
        "params": (".whitix.params", 64), "data": (".data", 32),
        "bss": (".bss", 32),
    }
    text = HEAD
    for what, (sections, align) in parts.items():
        text += f"#define MODULES_{what.upper()}"
        for name in order if direct else []:
            start, end = (symbol_of(name, what + e) for e in ("_start", "_end"))
            text += (f" \\\n\t. = ALIGN({align}); {start} = .; "
                     f"*/modules/{name}.ko.debug({sections}) {end} = .;")
        text += "\n"
    return text


# Headers whose calls are the core's, all of them.
CORE_HEADERS = ("core.h", "file.h")


def declared_calls():
    """Names of all calls that the interface headers declare, and the core's."""
    names, cores = set(), set()
    for path in glob.glob("include/interface/*.h"):
        with open(path, encoding="utf-8") as f:
            here = {n for n in re.findall(r"^CONTRACT\((\w+),", f.read(), re.M)
                    if "__" not in n}
        names |= here
        if os.path.basename(path) in CORE_HEADERS:
            cores |= here
    return names, cores


def read_plan(path):
    core, modules = None, {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            words = line.split()
            if words and words[0] == "core":
                core = Unit("core", words[1], words[2:])
            elif words and words[0] in ("module", "late"):
                modules[words[1]] = Unit(words[1], words[2], words[3:],
                                         words[0] == "late")
    return core, modules


def finish():
    if errors:
        for text in errors:
            print(f"modpost: {text}", file=sys.stderr)
        sys.exit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--direct", action="store_true",
                        help="modules are linked into the image")
    parser.add_argument("--wrap", action="store_true",
                        help="calls between units go through wrappers")
    args = parser.parse_args()
    gen, link = os.path.join(args.out, "generated"), os.path.join(args.out, "link")

    core, modules = read_plan(args.plan)
    cache = Cache(os.path.join(link, "exports.cache"))
    exports = {}
    for unit in [core, *modules.values()]:
        unit.read_exports(cache)
        for name, export in unit.exports.items():
            if name in exports:
                error(f"'{name}' is exported by {exports[name]['unit']} and by "
                      f"{unit.name}")
            exports[name] = export
    finish()
    cache.save()

    declared, cores = declared_calls()
    for name in sorted((cores | declared & set(core.defined())) - set(core.exports)):
        error(f"core: '{name}' is declared in an interface header but not "
              f"exported: add SYMBOL_EXPORT({name}), or its folder's Makefile "
              "lacks the file")
    for module in modules.values():
        module.read_manifest()
        module.check_visible()
        check_imports(module, core, exports, declared)
    finish()
    for module in modules.values():
        check_ranks(module, modules, exports)
    order = start_order(modules)
    finish()
    boot = [n for n in order if not modules[n].late]

    for unit in [core, *modules.values()]:
        unit.write_versioned(os.path.join(link, unit.name + ".v.o"))
    for module in modules.values():
        write_if_changed(os.path.join(gen, module.name + ".mod.S"),
                         imports_source(module, set(order) - set(boot)))
    wrapped = crossing(core, modules, exports) if args.wrap else []
    write_if_changed(os.path.join(gen, "stubs.S"), stubs_source(
        core, modules, exports, declared, args.direct, wrapped))
    write_if_changed(os.path.join(gen, "wrap.opts"),
                     "".join(f"--wrap={n}\n" for n in wrapped))
    write_if_changed(os.path.join(gen, "builtin.S"),
                     builtin_source(boot, args.direct))
    write_if_changed(os.path.join(gen, "modules.lds.h"),
                     linker_macros(boot, args.direct))
    write_if_changed(os.path.join(gen, "module-order.txt"),
                     "".join(n + "\n" for n in boot))
    for name, text in depmod(modules, order, args.out).items():
        write_if_changed(os.path.join(gen, "modules." + name), text)
    write_if_changed(os.path.join(gen, "symvers.json"), json.dumps(
        {n: dict(e, version=f"{e['version']:#018x}")
         for n, e in sorted(exports.items())}, indent=1) + "\n")


main()
