// SPDX-License-Identifier: MIT
/*
 * kernel/compact_marks.c - which pageblocks compaction works on
 *
 * Both strategies pass the same two points: where they have taken pages off
 * the LRU to move them, and where they have taken free frames to move them to.
 * A run over a block takes less than a millisecond, so looking at where
 * compaction is *now* would nearly always show nothing. The points leave a trail
 * instead, which whoever draws wipes off after each frame.
 */
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/pageblock.h>

#include "compact_marks.h"
#include "frame_map.h"

#define MARKS_MAX (64 * GiB / (pageblock_nr_pages * PAGE_SIZE))

static u8 marks[MARKS_MAX];

/* Values: start_pfn, end_pfn, nr_scanned, nr_taken. */
static void mark_blocks(const u64 *values, u8 mark)
{
	u64 first = values[0] >> pageblock_order;
	u64 end = DIV_ROUND_UP(values[1], pageblock_nr_pages);

	if (!values[3])
		return;
	for (u64 n = first; n < min(end, (u64)MARKS_MAX); n++)
		__atomic_or_fetch(&marks[n], mark, __ATOMIC_RELAXED);
}

static void on_source(void *ctx __unused, const u64 *values, u32 nr __unused)
{
	mark_blocks(values, FRAME_MAP_SOURCE);
}

static void on_target(void *ctx __unused, const u64 *values, u32 nr __unused)
{
	mark_blocks(values, FRAME_MAP_TARGET);
}

void compact_marks_begin(void)
{
	compact_marks_forget();
	point_callback("mm_compaction_isolate_migratepages", on_source, NULL);
	point_callback("mm_compaction_isolate_freepages", on_target, NULL);
}

void compact_marks_end(void)
{
	point_disable("mm_compaction_isolate_migratepages");
	point_disable("mm_compaction_isolate_freepages");
}

void compact_marks_forget(void)
{
	for (u64 n = 0; n < MARKS_MAX; n++)
		__atomic_store_n(&marks[n], 0, __ATOMIC_RELAXED);
}

u8 compact_marks_of(u64 number)
{
	return number < MARKS_MAX ?
		       __atomic_load_n(&marks[number], __ATOMIC_RELAXED) :
		       0;
}
