// SPDX-License-Identifier: MIT
/*
 * mm/page_bulk.c - many frames at once, for who moves pages
 *
 *	alloc_pages_bulk_node	stack of the node's first zone ──► array
 *				    empty: one page by the long way, which
 *				    refills it
 *	free_pages_bulk_prepare	each looked at, and free from then on
 *	free_pages_bulk		array ──► stacks of their zones and charges
 *				    full: its oldest quarter to the lists
 *
 * Interrupts are off for a run of frames instead of for each. Between the two
 * steps of a free the frames are nobody's but their holder's, who may as well
 * put them to the lists of their zone (compaction does).
 *
 * A stack of another node's zone is used here, which the fast path never does;
 * so what it gives is counted as by the long way, with its node.
 */
#include <kernel/panic.h>
#include <kernel/sched_seed.h>
#include <arch/mmu.h>

#include "alloc_internal.h"

/* --- taking --- */

static void count_taken(struct per_cpu_pages *pcp, u32 nr)
{
	bool local = pcp->zone->nid == this_cpu_read(cpu_nid);

	pcp->nr_general_alloc += nr;
	pcp->numa[NUMA_HIT] += nr;
	pcp->numa[local ? NUMA_LOCAL : NUMA_OTHER] += nr;
}

/* The newest first; how many. */
static u32 pop_many(struct zone *zone, u32 type, u32 nr, struct page **array)
{
	struct per_cpu_pages *pcp;
	struct pcp_stack *st;
	u64 flags;

	sched_point();
	flags = arch_irq_save();
	pcp = this_pcp(zone->index);
	st = &pcp->stack[0][type];
	nr = min(nr, st->count);
	for (u32 i = 0; i < nr; i++)
		array[i] = st->entries[st->count - 1 - i];
	SUB_ONCE(st->count, nr);
	count_taken(pcp, nr);
	arch_irq_restore(flags);
	return nr;
}

/* Those that are in order stay, in front; how many. */
static u32 prep_many(struct page **array, u32 nr, gfp_t gfp)
{
	u32 done = 0;

	for (u32 i = 0; i < nr; i++)
		if (prep_new_page(array[i], 0, gfp))
			array[done++] = array[i];
	return done;
}

u32 alloc_pages_bulk_node(int nid, gfp_t gfp, u32 nr, struct page **array)
{
	u32 type = gfp_migratetype(gfp), done = 0;
	struct zone *zone;

	gfp |= __GFP_THISNODE | __GFP_NOWARN;
	if (alloc_request_is_bad(gfp, 0))
		return 0;
	zone = first_zone_of_node(nid, gfp);
	while (zone && done < nr) {
		if (!POINT_ON(fail_page_alloc))
			done += prep_many(array + done,
					  pop_many(zone, type, nr - done,
						   array + done),
					  gfp);
		if (done == nr)
			break;
		array[done] = alloc_pages_general(nid, gfp, 0);
		if (!array[done])
			break;
		done++;
	}
	return done;
}

/* --- giving back --- */

static inline bool prepare_one(struct page *page)
{
	arch_free_page(page_to_pfn(page), 0);
	if (unlikely(!page_may_be_freed(page, 0)) || POINT_ON(mm_page_free))
		return free_pages_prepare(page, 0);
	become_free(page);
	return true;
}

u32 free_pages_bulk_prepare(struct page **frames, u32 nr)
{
	u32 done = 0;

	for (u32 i = 0; i < nr; i++)
		if (prepare_one(frames[i]))
			frames[done++] = frames[i];
	return done;
}

/* Frames from the first on that may go to one stack; 0: the first may not. */
static u32 push_run(struct page **frames, u32 nr)
{
	u16 zone_index = frames[0]->zone_index;
	u64 flags = arch_irq_save();
	/* Isolation marks it before it drains, by an interrupt. */
	u8 charge = READ_ONCE(frames[0]->charge);
	struct pcp_stack *st;
	u32 n = 0;

	if (unlikely(charge >= MIGRATE_PCPTYPES)) {
		arch_irq_restore(flags);
		return 0;
	}
	st = &this_pcp(zone_index)->stack[0][charge];
	if (st->count < READ_PLAIN(st->high))
		nr = min(nr, READ_PLAIN(st->high) - st->count);
	else
		nr = 0;
	while (n < nr && frames[n]->zone_index == zone_index &&
	       READ_ONCE(frames[n]->charge) == charge) {
		st->entries[st->count + n] = frames[n];
		n++;
	}
	ADD_ONCE(st->count, n);
	st->nr_given += n;
	arch_irq_restore(flags);
	return n;
}

void free_pages_bulk(struct page **frames, u32 nr)
{
	while (nr) {
		u32 n;

		sched_point();
		n = push_run(frames, nr);
		if (!n) {
			pcp_free(page_zone(*frames), *frames, 0,
				 page_charge(*frames));
			n = 1;
		}
		frames += n;
		nr -= n;
	}
}
