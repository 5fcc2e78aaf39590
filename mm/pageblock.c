// SPDX-License-Identifier: MIT
/*
 * mm/pageblock.c - what one pageblock says about itself, and whether it is true
 */
#include <kernel/bitops.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/buddy.h>
#include <mm/pageblock.h>

const char *const migratetype_names[MIGRATE_TYPES] = {
	"Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate",
};
const char migratetype_letters[MIGRATE_TYPES + 1] = "UMEHCI";

void pageblock_init(struct pageblock *b, enum migratetype type)
{
	memset(b, 0, sizeof(*b));
	INIT_LIST_HEAD(&b->chunk_link);
	INIT_LIST_HEAD(&b->fill_link);
	INIT_LIST_HEAD(&b->mixed_link);
	b->bits = (u8)type;
	b->largest = NO_CHUNK;
	b->nr[FRAME_RESERVED] = pageblock_nr_pages;
}

u32 pageblock_nr_foreign(const struct pageblock *b)
{
	u32 charged = b->nr[FRAME_UNMOVABLE] + b->nr[FRAME_MOVABLE] +
		      b->nr[FRAME_RECLAIMABLE];
	u32 type = b->bits & BLOCK_TYPE_MASK;

	/* CMA holds movable pages, a reserve holds whatever asked for it. */
	if (type == MIGRATE_CMA)
		type = MIGRATE_MOVABLE;
	return type < MIGRATE_PCPTYPES ? charged - b->nr[type] : 0;
}

static int report(u64 number, const char *what, u64 is, u64 should)
{
	pr_err("pageblock %lu: %s is %lu, recount says %lu\n", number, what, is,
	       should);
	return 1;
}

/* That of an isolated block grows only when it is isolated no longer. */
static bool may_be_behind(const struct pageblock *b, s32 largest)
{
	return (b->bits & BLOCK_ISOLATE) && b->largest < largest;
}

int pageblock_check(const struct pageblock *b, u64 number)
{
	u32 sum = 0, free = 0;
	s32 largest = buddy_largest(b);
	int findings = 0;

	for (u32 s = 0; s < NR_FRAME_STATES; s++)
		sum += b->nr[s];
	for (u32 i = 0; i < BLOCK_WORDS; i++)
		free += hweight64(b->free_map[i]);
	if (sum != pageblock_nr_pages)
		findings += report(number, "the sum of its counts", sum,
				   pageblock_nr_pages);
	if (free != (u32)(b->nr[FRAME_FREE] + b->nr[FRAME_ISOLATED]))
		findings += report(number, "its free count",
				   b->nr[FRAME_FREE] + b->nr[FRAME_ISOLATED],
				   free);
	if (b->nr[FRAME_FREE] && b->nr[FRAME_ISOLATED])
		findings += report(number, "free beside isolated frames",
				   b->nr[FRAME_FREE], 0);
	if (b->largest != largest && !may_be_behind(b, largest) &&
	    !(b->largest == MAX_ORDER && largest == pageblock_order))
		findings += report(number, "its largest chunk's order",
				   (u64)b->largest, (u64)largest);
	return findings;
}
