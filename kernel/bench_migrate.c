// SPDX-License-Identifier: MIT
/*
 * kernel/bench_migrate.c - what moving a page costs
 *
 *	move_pages_1map		a program's pages to the other node, by
 *				move_pages(); per page
 *	move_pages_8maps	the same, mapped by eight processes
 *	migrate_core_1map	migrate_list() alone: pages isolated before, and
 *				targets lie ready, old frames are taken over, as
 *				in compaction; per page
 *	migrate_core_8maps	the same, mapped by eight processes
 *
 * Copying is part of the figure: 522 a page. The way back is not timed, so that
 * each round begins alike.
 */
#include <kernel/bench.h>
#include <kernel/main.h>
#include <mm/fault.h>
#include <mm/lru.h>
#include <mm/migrate.h>
#include <mm/mm_state.h>
#include <mm/mm_struct.h>
#include <mm/page_alloc.h>
#include <mm/rmap.h>
#include <uapi/mempolicy.h>
#include <uapi/mman.h>

#define NR_PAGES 128u /* a sample into which no tick need fall */
#define ROUNDS	 16u
#define MAX_MAPS 8u

static vaddr_t addrs[NR_PAGES];
static int nodes[2][NR_PAGES], status[NR_PAGES];

static bool touch_pages(struct mm_struct *mm, vaddr_t start)
{
	struct fault_error error;

	for (u32 i = 0; i < NR_PAGES; i++) {
		addrs[i] = start + i * PAGE_SIZE;
		nodes[0][i] = 0;
		nodes[1][i] = 1;
		if (do_user_fault(mm, addrs[i],
				  FAULT_FLAG_USER | FAULT_FLAG_WRITE, &error))
			return false;
	}
	return true;
}

static bool build(struct bench_run *r, struct mm_struct **spaces)
{
	s64 start;

	spaces[0] = mm_alloc();
	if (!spaces[0])
		return false;
	start = do_mmap(spaces[0], NULL, 0, NR_PAGES * PAGE_SIZE,
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (start < 0 || !touch_pages(spaces[0], (vaddr_t)start))
		return false;
	for (u32 i = 1; i < r->bench->arg; i++) {
		spaces[i] = dup_mm(spaces[0]);
		if (!spaces[i])
			return false;
	}
	return true;
}

static void drop(struct mm_struct **spaces)
{
	for (u32 i = 0; i < MAX_MAPS; i++)
		if (spaces[i])
			mmput(spaces[i]);
}

static int move_to(struct mm_struct *mm, u32 nid)
{
	return do_move_pages(mm, NR_PAGES, addrs, nodes[nid], status,
			     MPOL_MF_MOVE_ALL);
}

static void run_moves(struct bench_run *r)
{
	struct mm_struct *spaces[MAX_MAPS] = {};
	int err = 0;

	r->alloc_only = true;
	if (!kernel_mm()->nodes[1].node_present_pages) {
		r->skipped = "needs two nodes";
		return;
	}
	if (!build(r, spaces))
		bench_fail(r, "out of memory");
	for (u32 i = 0; i < ROUNDS && !r->failure; i++) {
		err |= move_to(spaces[0], 0);
		BENCH_TIME(r, BENCH_ALLOC, NR_PAGES,
			   err |= move_to(spaces[0], 1));
	}
	if (err)
		bench_fail(r, "pages stayed");
	drop(spaces);
}

BENCH(move_pages_1map, run_moves, 1);
BENCH(move_pages_8maps, run_moves, 8);

/* --- without what comes before and after --- */

static struct frames {
	struct page *page[NR_PAGES];
	u32 nr;
} ready;

static struct page *next_frame(struct page *src __unused, void *private)
{
	struct frames *f = private;

	return f->nr ? f->page[--f->nr] : NULL;
}

static void give_back(struct page *dst, void *private)
{
	struct frames *f = private;

	f->page[f->nr++] = dst;
}

/* The zone's lists, which is the dearer way, are not part of a move. */
static void to_stacks(struct page **frames, u32 nr, void *private __unused)
{
	free_pages_bulk(frames, nr);
}

static bool isolate_all(struct mm_struct *mm, struct list_head *pages)
{
	struct vm_area_struct *vma = find_vma(mm, addrs[0]);
	u32 nr = 0;

	lru_add_drain_all();
	for (u32 i = 0; vma && i < NR_PAGES; i++) {
		struct page *page = follow_page(vma, addrs[i]);

		if (page && isolate_lru_page(page)) {
			list_add_tail(&page->lru, pages);
			nr++;
		}
		if (page)
			put_page(page);
	}
	return nr == NR_PAGES;
}

static void move_isolated(struct bench_run *r, struct mm_struct *mm)
{
	struct list_head pages = LIST_HEAD_INIT(pages);
	struct migrate_control mc = { .new_page = next_frame,
				      .put_page = give_back,
				      .take_freed = to_stacks,
				      .private = &ready,
				      .mode = MIGRATE_ASYNC,
				      .reason = MR_COMPACTION };
	int err = 1;

	ready.nr = alloc_pages_bulk(GFP_HIGHUSER_MOVABLE, NR_PAGES, ready.page);
	if (ready.nr == NR_PAGES && isolate_all(mm, &pages))
		BENCH_TIME(r, BENCH_ALLOC, NR_PAGES,
			   err = migrate_list(&pages, &mc));
	putback_lru_pages(&pages);
	while (ready.nr)
		free_pages(ready.page[--ready.nr], 0);
	if (err)
		bench_fail(r, "pages stayed");
}

static void run_core(struct bench_run *r)
{
	struct mm_struct *spaces[MAX_MAPS] = {};

	r->alloc_only = true;
	if (!build(r, spaces))
		bench_fail(r, "out of memory");
	for (u32 i = 0; i < ROUNDS && !r->failure; i++)
		move_isolated(r, spaces[0]);
	drop(spaces);
}

BENCH(migrate_core_1map, run_core, 1);
BENCH(migrate_core_8maps, run_core, 8);
