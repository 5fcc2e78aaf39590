/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/kcompactd_fixture.h - memory in pieces, and a kcompactd to watch
 *
 * A space maps PAGES pages and gives three of four back; then all whole blocks
 * of the zone are taken. So what is free lies in pieces, a chunk of a block's
 * order is missing, and can be made. Where only the thread's own doing is
 * looked at, a strategy of the test stands in for moving pages.
 *
 * The runner has stopped all kcompactds. One that a case starts is bound to the
 * case's CPU, so that it works only when the case sleeps.
 */
#pragma once

#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/sysctl.h>

#include "migrate_fixture.h"
#include "thread_fixture.h"
#include "vma_fixture.h"

#define PAGES 4096UL
#define ORDER pageblock_order

extern struct stage {
	struct mm_struct *mm;
	vaddr_t start;
	struct mempolicy *pol;
	struct zone *zone;
	struct kcompactd *k;
	struct list_head held; /* whole blocks */
	struct compact_params params;
} st;

bool stage_begin(void);
void stage_end(struct test *t);

#define WITH_STAGE                                                       \
	do {                                                             \
		ASSERT_TRUE(stage_begin());                              \
		if (!guided_worthwhile(st.zone, ORDER, st.zone->type)) { \
			stage_end(t);                                    \
			SKIP("too little memory to compact");            \
		}                                                        \
	} while (0)

bool is_asleep(void);
/* False: not in all the time that tests wait. */
bool until(bool (*what)(void));
/* Whole blocks that are free; 64 at most. */
u32 nr_blocks(void);
/* Of the largest zone. None of them is taken before all are there. */
u32 ask_for(u32 nr, u32 order);
int set_knob(const char *name, const char *value);

/* --- a strategy that moves nothing --- */

extern struct fake {
	enum compact_result result;
	u32 nr_calls, nr_proactive;
	s32 order;
	u32 orders; /* bit o: order o was asked for */
	bool contended;
	bool moves_nothing;
	enum migrate_mode mode;
	void (*meanwhile)(void); /* NULL, or called by each */
} fake;

void use_fake(enum compact_result result);
