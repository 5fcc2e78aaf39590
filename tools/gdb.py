# SPDX-License-Identifier: MIT
"""gdb commands that know Tangram; `make debug` loads them.

    zones             nodes and zones with their page counts and watermarks
    pageblocks [NID]  one letter for each 2 MiB pageblock
    page PFN          one page record
"""

import gdb

VMEMMAP_BASE = 0xffffea0000000000
PAGEBLOCK_PAGES = 512
BLOCKS_A_ROW = 64
PG_RESERVED = 1


def mm():
    return gdb.parse_and_eval("mm")


def enum_names(enum, skip=("NR_", "MAX_")):
    fields = gdb.lookup_type(f"enum {enum}").fields()
    return {f.enumval: f.name for f in fields if not f.name.startswith(skip)}


def nodes():
    array = mm()["nodes"]
    for nid in range(array.type.range()[1] + 1):
        if int(array[nid]["online"]):
            yield nid, array[nid]


def zones(node):
    array = node["zones"]
    for index in range(array.type.range()[1] + 1):
        if int(array[index]["present_pages"]):
            yield array[index]


def pfn_valid(pfn):
    root = pfn >> 24
    if root >= int(mm()["nr_valid_root"]):
        return False
    leaf = mm()["valid_root"][root]
    if not int(leaf):
        return False
    return int(leaf[(pfn >> 15) & 511]) >> ((pfn >> 9) & 63) & 1 == 1


def page_at(pfn):
    page = gdb.lookup_type("struct page").pointer()
    return (gdb.Value(VMEMMAP_BASE).cast(page) + pfn).dereference()


class Zones(gdb.Command):
    """zones: nodes and zones, counts in 4 KiB pages"""

    def __init__(self):
        super().__init__("zones", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print("node zone     start_pfn    spanned    present    managed"
              "       free   min   low  high")
        for nid, node in nodes():
            for zone in zones(node):
                marks = [int(zone["watermark"][i]) for i in range(3)]
                print(f"{nid:4} {zone['name'].string():8}"
                      f" {int(zone['zone_start_pfn']):#10x}"
                      f" {int(zone['spanned_pages']):10}"
                      f" {int(zone['present_pages']):10}"
                      f" {int(zone['managed_pages']):10}"
                      f" {int(zone['nr_free_pages']):10}"
                      f" {marks[0]:5} {marks[1]:5} {marks[2]:5}")


def block_letter(block):
    """R: all reserved, .: none, r: some; blank: no RAM, no records."""
    if not pfn_valid(block):
        return " "
    size = gdb.lookup_type("struct page").sizeof
    data = gdb.selected_inferior().read_memory(
        VMEMMAP_BASE + block * size, PAGEBLOCK_PAGES * size)
    reserved = sum(data[i * size][0] >> PG_RESERVED & 1
                   for i in range(PAGEBLOCK_PAGES))
    return "." if reserved == 0 else "R" if reserved == PAGEBLOCK_PAGES else "r"


class Pageblocks(gdb.Command):
    """pageblocks [NID]: one letter for each pageblock of 2 MiB"""

    def __init__(self):
        super().__init__("pageblocks", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        only = int(argument, 0) if argument else None
        print("R: all reserved  r: some reserved  .: none  blank: no RAM")
        for nid, node in nodes():
            if only not in (None, nid):
                continue
            for zone in zones(node):
                self.show(nid, zone)

    def show(self, nid, zone):
        start = int(zone["zone_start_pfn"]) & ~(PAGEBLOCK_PAGES - 1)
        end = int(zone["zone_start_pfn"]) + int(zone["spanned_pages"])
        print(f"Node {nid}, zone {zone['name'].string()}")
        step = PAGEBLOCK_PAGES * BLOCKS_A_ROW
        for row in range(start, end, step):
            blocks = range(row, min(row + step, end), PAGEBLOCK_PAGES)
            print(f"  {row:#10x} " + "".join(map(block_letter, blocks)))


class Page(gdb.Command):
    """page PFN: one page record"""

    def __init__(self):
        super().__init__("page", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        pfn = int(gdb.parse_and_eval(argument))
        if not pfn_valid(pfn):
            print(f"pfn {pfn:#x} has no page record: no RAM near it")
            return
        page = page_at(pfn)
        flags = int(page["flags"])
        names = [name for bit, name in enum_names("page_flags").items()
                 if flags >> bit & 1]
        print(f"pfn {pfn:#x} at {page.address}: {' '.join(names) or 'no flags'}")
        print(page.format_string(max_elements=0))


Zones()
Pageblocks()
Page()
