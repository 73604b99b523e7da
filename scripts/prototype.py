# SPDX-License-Identifier: MIT
"""Prototypes as text, from debug information (pyelftools).

The text spells out every type by structure: typedefs are followed, the structs
behind pointers are written with offset, name and type of each member. Two
prototypes have the same text only if a caller of one can call the other.
"""


def type_of(die):
    if "DW_AT_type" not in die.attributes:
        return None
    return die.get_DIE_from_attribute("DW_AT_type")


def name_of(die):
    name = die.attributes.get("DW_AT_name")
    return name.value.decode() if name else ""


def value_of(die, attribute):
    found = die.attributes.get(attribute)
    return found.value if found else None


def parameters(die, open_types):
    return ", ".join(
        f"{describe(type_of(p), open_types)} {name_of(p)}".rstrip()
        for p in die.iter_children() if p.tag == "DW_TAG_formal_parameter")


def dimensions(die):
    text = ""
    for sub in die.iter_children():
        if sub.tag == "DW_TAG_subrange_type":
            count = value_of(sub, "DW_AT_count")
            if count is None:
                bound = value_of(sub, "DW_AT_upper_bound")
                count = bound + 1 if isinstance(bound, int) else ""
            text += f"[{count}]"
    return text


def members(die, open_types):
    return "".join(
        f" {value_of(m, 'DW_AT_data_member_location') or 0}"
        f"{':%d' % value_of(m, 'DW_AT_data_bit_offset') if value_of(m, 'DW_AT_data_bit_offset') is not None else ''}"
        f" {describe(type_of(m), open_types)} {name_of(m)};"
        for m in die.iter_children() if m.tag == "DW_TAG_member")


def enumerators(die):
    return ", ".join(f"{name_of(e)}={value_of(e, 'DW_AT_const_value')}"
                     for e in die.iter_children()
                     if e.tag == "DW_TAG_enumerator")


QUALIFIERS = {"DW_TAG_const_type": "const ", "DW_TAG_volatile_type": "volatile "}
ENCODINGS = {2: "bool", 4: "float", 5: "int", 6: "char", 7: "uint", 8: "uchar"}


def describe(die, open_types=()):
    """The type `die` as text. A struct inside itself is only named."""
    if die is None:
        return "void"
    tag = die.tag
    if tag == "DW_TAG_typedef":
        return describe(type_of(die), open_types)
    if tag in QUALIFIERS:
        return QUALIFIERS[tag] + describe(type_of(die), open_types)
    if tag == "DW_TAG_base_type":
        kind = ENCODINGS.get(value_of(die, "DW_AT_encoding"), "other")
        return f"{kind}{8 * value_of(die, 'DW_AT_byte_size')}"
    if tag == "DW_TAG_pointer_type":
        return describe(type_of(die), open_types) + "*"
    if tag == "DW_TAG_array_type":
        return describe(type_of(die), open_types) + dimensions(die)
    if tag == "DW_TAG_subroutine_type":
        return (f"{describe(type_of(die), open_types)} "
                f"({parameters(die, open_types)})")
    kind = tag.replace("DW_TAG_", "").replace("_type", "")
    text = f"{kind} {name_of(die)}".rstrip()
    if die.offset in open_types or "DW_AT_declaration" in die.attributes:
        return text
    inner = (enumerators(die) if kind == "enumeration"
             else members(die, open_types + (die.offset,)))
    return f"{text} {{{value_of(die, 'DW_AT_byte_size')}:{inner}}}"


def prototypes(path, names):
    """{name: text} of the functions in `names` that the object at `path` has."""
    # Only loaded when there is something to read: it is slow to start.
    from elftools.elf.elffile import ELFFile  # pylint: disable=import-outside-toplevel
    found = {}
    with open(path, "rb") as f:
        elf = ELFFile(f)
        if not elf.has_dwarf_info():
            return found
        for unit in elf.get_dwarf_info().iter_CUs():
            for die in unit.get_top_DIE().iter_children():
                if die.tag != "DW_TAG_subprogram":
                    continue
                name = name_of(die)
                if name in names and (name not in found
                                      or "DW_AT_low_pc" in die.attributes):
                    found[name] = (f"{describe(type_of(die))} {name}"
                                   f"({parameters(die, ())})")
    return found
