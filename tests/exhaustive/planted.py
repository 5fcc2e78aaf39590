# SPDX-License-Identifier: MIT
"""Bugs to plant: each must be found by the net that is named.

	one_type, two_types	tests/exhaustive/NAME.c, all states
	model			tests/kernel/test_page_model.c, at random

(net, file, text that stands there once, what it becomes, what is wrong then)
"""

BUDDY, FREELIST = "mm/buddy.c", "mm/freelist.c"
FALLBACK, PCP, ALLOC = "mm/fallback.c", "mm/pcp.c", "mm/page_alloc.c"
RMQUEUE, PLACES = "mm/rmqueue.c", "mm/freelist_internal.h"
LINK, TYPE = "mm/freelist_link.c", "mm/freelist_type.c"

PLANTED = [
    # --- chunks in a map ---
    ("one_type", BUDDY, "0x5555555555555555, 0x1111111111111111",
     "0xffffffffffffffff, 0x1111111111111111",
     "pairs of frames may start at odd places"),
    ("one_type", BUDDY, "nr[o] += here - 2 * larger;", "nr[o] += here;",
     "halves of a larger chunk count as chunks"),
    ("one_type", BUDDY, "|| has_run(b, from))", "|| !has_run(b, from))",
     "the largest chunk is lowered while another one is left"),
    ("one_type", BUDDY, "b->largest = (s8)(from - 1);",
     "b->largest = (s8)from;", "splitting doesn't lower the largest order"),
    ("one_type", BUDDY, "clear_chunk(b, offset, order);\n\tb->largest = "
     "(s8)buddy_largest(b);", "clear_chunk(b, offset, order);",
     "taking at a place leaves the largest order"),
    ("one_type", BUDDY, "at &= ~(1u << order);\n", ";\n",
     "coalescing goes on from the wrong half"),
    ("one_type", BUDDY, "- 1), order);\n\tif ((s32)order > b->largest)\n",
     "- 1), order);\n",
     "a small chunk freed lowers the largest order"),
    ("one_type", BUDDY, "b->free_map[i] = w;", "",
     "frames taken one by one stay free"),
    ("one_type", BUDDY, "u32 from = order;",
     "u32 from = (u32)b->largest;", "the largest chunk is split first"),
    ("one_type", BUDDY, "if (b->free_map[offset / 64 + i] & mask)",
     "if ((b->free_map[offset / 64 + i] & mask) == mask)",
     "any free means all free"),
    # --- lists of one type ---
    ("one_type", PLACES, "WRITE_PLAIN(fl->order_mask[type],\n\t\t\t    fl->order_mask[type] & ~(1u << order));", ";",
     "the mask keeps an order whose list is empty"),
    ("one_type", PLACES, "== MAX_ORDER && (block_number(fl, b) & 1);",
     "== MAX_ORDER && !(block_number(fl, b) & 1);", "the upper block stands for a pair"),
    ("one_type", PLACES, "u64 other = (block_number(fl, b) ^ 1) - ",
     "u64 other = block_number(fl, b) + 1 - ",
     "any two neighbours are buddies"),
    ("one_type", FREELIST, "if (unlikely(b->largest == pageblock_order))\n",
     "if (0)\n",
     "two free blocks don't become one chunk"),
    ("one_type", PLACES, "other->largest = pageblock_order;", "",
     "the other block still thinks it is half of a pair"),
    ("one_type", LINK, "from.fill != to.fill", "false",
     "the list by fullness isn't kept"),
    ("one_type", FREELIST, "if (unlikely(was != is))", "if (0)",
     "nor by the short way of a plain block"),
    ("one_type", FREELIST, "ADD_ONCE(fl->nr_free[charge], quick);", "",
     "a flush forgets the type's sum"),
    ("one_type", FREELIST, "b->nr[FRAME_FREE] % FILL_CLASS_WIDTH &&", "",
     "a flush leaves a block in a class that it has outgrown"),
    ("one_type", FREELIST, "SUB_ONCE(zone->nr_free_pages, nr);", ";",
     "frames taken are still counted as the zone's"),
    ("one_type", FREELIST, "u32 fits = fl->order_mask[type] >> order << order;",
     "u32 fits = fl->order_mask[type];", "a block with too small a chunk"),
    # --- types, lending, isolation ---
    ("two_types", LINK, "block_set_type(fl, other, type);", "",
     "a pair of two types"),
    ("two_types", TYPE, "block_unpair(zone->fl, b);\n\tfrom = place_of(zone->fl, "
     "b);\n\tSUB_ONCE(zone->fl->nr_free[from.type], b->nr[FRAME_FREE]);",
     "from = place_of(zone->fl, b);\n\tzone->fl->nr_free[from.type] -= "
     "b->nr[FRAME_FREE];", "half of a pair is fenced, the pair remains"),
    ("two_types", TYPE, "SUB_ONCE(zone->nr_free_pages, b->nr[FRAME_FREE]);", "",
     "fenced frames count as free"),
    ("two_types", TYPE, "BLOCK_ISOLATE | BLOCK_TYPE_MASK | "
     "BLOCK_LENT_MASK))", "BLOCK_ISOLATE | BLOCK_TYPE_MASK))",
     "a lent block comes back from isolation still lent (was real)"),
    ("two_types", TYPE,
     "bypass = !migratetype_is_mergeable(pageblock_type(b));\n\tif (bypass !=",
     "bypass = !migratetype_is_mergeable(type);\n\tif (bypass !=",
     "retyping takes the fence off the records (was real)"),
    ("two_types", FREELIST, "b->nr[FRAME_ISOLATED] += (u16)nr;",
     "b->nr[FRAME_FREE] += (u16)nr;", "freed behind the fence, counted before"),
    ("two_types", FREELIST, "b->nr[FRAME_ISOLATED] -= (u16)(1u << order);",
     "b->nr[FRAME_FREE] -= (u16)(1u << order);",
     "taken behind the fence, counted before"),
    ("two_types", TYPE, "b->nr[charge] += (u16)nr;\n\t\tblock_relink",
     "b->nr[charge] += (u16)nr;\n\t\t(void)from;\n\t\tif (0) block_relink",
     "a new charge leaves the block's place by mixture"),
    ("two_types", FREELIST, "if (unlikely(b->bits & BLOCK_LENT_MASK))\n\t\t"
     "block_set_bits", "if (0)\n\t\tblock_set_bits",
     "a frame freed doesn't take back what was lent"),
    ("two_types", LINK, "ADD_ONCE(fl->nr_free[pageblock_type(b)], "
     "b->nr[FRAME_FREE]);", "", "retyped frames are no type's"),
    ("two_types", TYPE, "mark_bypass(zone, b, true);", "",
     "frames in use in a fenced block will go to a stack"),
    ("two_types", LINK, "from.mixed != to.mixed", "false",
     "the list by mixture isn't kept"),
    # --- fallback ---
    ("two_types", FALLBACK, "if (b || (alloc_flags & ALLOC_NOFRAGMENT))",
     "if (b)", "ALLOC_NOFRAGMENT steals"),
    ("two_types", FALLBACK, "freelist_retype(zone, b, type); "
     "/* with its buddy if both are free */", "",
     "a claimed block keeps its type"),
    ("two_types", FALLBACK, "{ MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },",
     "{ MIGRATE_RECLAIMABLE, MIGRATE_RECLAIMABLE },",
     "Unmovable never falls back on Movable"),
    # --- stacks and records ---
    ("model", FREELIST, "b->largest = pageblock_order;\n\tcount_put", "count_put",
     "a whole block freed at once has no chunk"),
    ("model", PCP, "WRITE_ONCE(st->count, kept);", "", "a drained block stays on stacks"),
    ("model", PCP, "memmove(st->entries, st->entries + nr,",
     "if (0) memmove(st->entries, st->entries + nr,",
     "flushed frames stay, others are lost"),
    ("model", PCP, "\tu32 kept = 0;", "\tu32 kept = st->count > 1;",
     "the oldest entry of a drained stack stays"),
    ("model", ALLOC, "page[i].kind_order = kind_order(page_kind(page), 0);",
     "if (i) page[i].kind_order = kind_order(page_kind(page), 0);",
     "a split head keeps its order"),
    ("model", ALLOC, "page[i].charge = (u8)(page_charge(page) |",
     "page[i].charge = (u8)(page_charge(page + i) |",
     "split tails have a stale charge"),
    ("model", PCP, "if (unlikely(READ_ONCE(page->charge) & CHARGE_BYPASS)) {",
     "if (false) {",
     "frames of fenced blocks go to a stack"),
    ("model", RMQUEUE, "done += freelist_take_frames(",
     "done += 1 + freelist_take_frames(", "a refill counts one too many"),
]
