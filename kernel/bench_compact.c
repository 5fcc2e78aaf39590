// SPDX-License-Identifier: MIT
/*
 * kernel/bench_compact.c - what compaction costs, all included
 *
 *	compact_guided		a block whose every second page is in use is
 *				emptied, and handed over; per page moved
 *
 * Choosing the block, fencing it off, isolating, copying (522 a page), freeing:
 * all is in the figure. A sample is a whole block, so ticks may fall into it.
 */
#include <kernel/bench.h>
#include <kernel/main.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/mm_struct.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <uapi/mman.h>

#define NR_PAGES 8192UL
#define ROUNDS	 4u

/* Every second of its pages is in use. */
static vaddr_t build_sparse(struct mm_struct *mm)
{
	s64 start = do_mmap(mm, NULL, 0, NR_PAGES * PAGE_SIZE,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, 0);

	if (start < 0)
		return 0;
	mm_populate(mm, (vaddr_t)start, NR_PAGES * PAGE_SIZE);
	for (u64 i = 1; i < NR_PAGES; i += 2)
		do_madvise(mm, (vaddr_t)start + i * PAGE_SIZE, PAGE_SIZE,
			   MADV_DONTNEED);
	lru_add_drain_all();
	drain_all_pages(kernel_mm(), NULL);
	return (vaddr_t)start;
}

static void compact_once(struct bench_run *r, struct zone *zone)
{
	struct compact_control cc = { .zone = zone,
				      .order = (s32)pageblock_order,
				      .type = MIGRATE_MOVABLE,
				      .gfp = GFP_HIGHUSER_MOVABLE,
				      .highest_zone = zone->type,
				      .mode = MIGRATE_SYNC_LIGHT,
				      .direct = true,
				      .want_page = true };
	u64 ticks, start = arch_cycles();

	compact_zone(&cc);
	ticks = timer_ticks();
	bench_note(r, BENCH_ALLOC, cc.nr_migrated, arch_cycles() - start,
		   ticks);
	if (cc.page)
		free_one_page(zone, cc.page, pageblock_order);
	else
		bench_fail(r, "no page was made");
}

/* The zone that plain requests of this CPU go to. */
static void run_compact(struct bench_run *r)
{
	struct mm_struct *mm = mm_alloc();

	r->alloc_only = true;
	if (!mm || !build_sparse(mm)) {
		bench_fail(r, "out of memory");
	} else {
		struct zone *zone =
			this_cpu_read(pcp_local[GFP_HIGHUSER_MOVABLE &
						GFP_ZONEMASK])->zone;

		for (u32 i = 0; i < ROUNDS && !r->failure; i++)
			compact_once(r, zone);
	}
	if (mm)
		mmput(mm);
}

BENCH(compact_guided, run_compact, 0);
