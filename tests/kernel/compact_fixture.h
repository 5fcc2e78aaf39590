/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/compact_fixture.h - a zone whose frames lie as a test wants
 *
 *	struct layout l;
 *
 *	WITH_LAYOUT(&l, 8);			eight blocks, all free
 *	layout_kernel_page(&l, 5);		one that can't move
 *	layout_fill(&l, every_second);		pages of a program, stamped
 *	cc = layout_request(&l, 9, MIGRATE_SYNC);
 *	EXPECT_EQ(compact_linux(&cc), ...);
 *	layout_end(t, &l);			sound, contents equal, all free
 *
 * The zone is private (zone_fixture.h): nobody else's pages come between. The
 * pages are those of an address space, brought there by migration. Places count
 * from the zone's first frame.
 */
#pragma once

#include <kernel/placed_pages.h>
#include <mm/compact.h>

#include "migrate_fixture.h"
#include "zone_fixture.h"

struct layout {
	struct zone *zone;
	struct placed_pages pages; /* the program's */
	bool (*used)(u64 place);
};

bool layout_begin(struct layout *l, u32 nr_blocks);
void layout_end(struct test *t, struct layout *l);

#define WITH_LAYOUT(l, nr_blocks)                                        \
	do {                                                             \
		bool _begun = layout_begin(l, nr_blocks);                \
		if (!_begun && machine_is_small())                       \
			SKIP("too little memory to borrow such a zone"); \
		ASSERT_TRUE(_begun);                                     \
	} while (0)

/* Allocated by the kernel, until the end. */
void layout_kernel_page(struct layout *l, u64 place);
/* Once; false: memory is short. */
bool layout_fill(struct layout *l, bool (*used)(u64 place));

/* The program's pages that lie in a block. */
u64 layout_pages_in(struct layout *l, u64 block);
/* Blocks that are wholly free. */
u64 layout_free_blocks(struct layout *l);
/* Checks of all kinds, and every word is what was written. */
void layout_is_sound(struct test *t, struct layout *l);

struct compact_control layout_request(struct layout *l, s32 order,
				      enum migrate_mode mode);
/* The chunk that was handed over is free again. */
void layout_give_back(struct compact_control *cc);
