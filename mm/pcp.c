// SPDX-License-Identifier: MIT
/*
 * mm/pcp.c - per-CPU stacks of frames
 *
 *	          alloc_pages            free_pages
 *	               ^ pop                 | push
 *	               |                     v
 *	entries [ oldest ............... newest ]  count, high
 *	            |                 ^
 *	            | flush           | refill: up to 64 frames of one block
 *	            v                 |       at a time, under zone->lock
 *	         the zone's free maps
 *
 * The newest frame is the warmest, so it is handed out first; the oldest ones
 * are flushed. Refill pushes in falling address order, so that a run of
 * allocations gets rising addresses.
 *
 * batch and high follow Linux's rules (zone_batchsize, zone_highsize) but do
 * not tune themselves; high is also bounded by what the stacks can hold. More
 * in docs/per-cpu-stacks.md.
 */
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/sched_seed.h>
#include <kernel/printk.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/capture.h>
#include <mm/freelist.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>

DEFINE_PER_CPU(struct per_cpu_pages *, pcp_of_zone[MAX_ZONES]);
DEFINE_PER_CPU(struct per_cpu_pages *, pcp_local[16]);
DEFINE_PER_CPU(struct pcp_stack *, pcp_row[PCP_ROW_MASK + 1]);
DEFINE_PER_CPU(s32, cpu_nid);

static DEFINE_POINT(mm_page_pcpu_drain, "pfn, order, migratetype");

/* For requests that no zone of the list can serve: always empty. */
static struct per_cpu_pages no_stacks;

/* --- refill and flush --- */

/* Chunks to move at once: batch frames' worth, at least two. */
static u32 refill_size(const struct per_cpu_pages *pcp, u32 order)
{
	return order ? max(pcp->batch >> order, 2u) : pcp->batch;
}

static void reverse(struct page **entries, u32 nr)
{
	for (u32 i = 0; i < nr / 2; i++) {
		struct page *tmp = entries[i];

		entries[i] = entries[nr - 1 - i];
		entries[nr - 1 - i] = tmp;
	}
}

static void refill(struct per_cpu_pages *pcp, struct pcp_stack *st, u32 order,
		   enum migratetype charge, u32 alloc_flags)
{
	u32 nr = min(refill_size(pcp, order), READ_PLAIN(st->high));

	/* The reserve is for who asks, not for whoever pops the rest. */
	alloc_flags &= ~(ALLOC_OOM | ALLOC_NON_BLOCK);
	nr = rmqueue_bulk(pcp->zone, order, charge, alloc_flags, st->entries,
			  nr);
	WRITE_ONCE(st->count, nr);
	reverse(st->entries, st->count);
	pcp->nr_refills++;
}

/* One by one while this thread waits for a chunk to grow. */
static __noinline void put_and_capture(struct zone *zone, struct page **entries,
				       u32 nr, u32 order,
				       enum migratetype charge)
{
	for (u32 i = 0; i < nr; i++) {
		freelist_put(zone, page_to_pfn(entries[i]), order, charge);
		compaction_capture(zone, page_to_pfn(entries[i]), order);
	}
}

static void flush(struct per_cpu_pages *pcp, struct pcp_stack *st, u32 order,
		  enum migratetype charge, u32 nr)
{
	struct zone *zone = pcp->zone;

	for (u32 i = 0; POINT_ON(mm_page_pcpu_drain) && i < nr; i++)
		(void)POINT_HIT(mm_page_pcpu_drain, page_to_pfn(st->entries[i]),
				order, charge);
	spin_lock(&zone->lock);
	if (capture_wanted(zone))
		put_and_capture(zone, st->entries, nr, order, charge);
	else if (order == 0)
		freelist_put_frames(zone, st->entries, nr, charge);
	else
		for (u32 i = 0; i < nr; i++)
			freelist_put(zone, page_to_pfn(st->entries[i]), order,
				     charge);
	spin_unlock(&zone->lock);
	SUB_ONCE(st->count, nr);
	memmove(st->entries, st->entries + nr,
		st->count * sizeof(st->entries[0]));
	pcp->nr_flushes++;
}

struct page *pcp_alloc(struct zone *zone, u32 order, enum migratetype charge,
		       u32 alloc_flags)
{
	struct page *page = NULL;
	struct per_cpu_pages *pcp;
	struct pcp_stack *st;
	u64 flags;

	sched_point();
	flags = arch_irq_save();
	pcp = this_pcp(zone->index);
	st = &pcp->stack[pcp_index(order)][charge];
	if (!st->count && READ_PLAIN(st->high) && !pcp->off)
		refill(pcp, st, order, charge, alloc_flags);
	if (st->count) {
		SUB_ONCE(st->count, 1);
		page = st->entries[st->count];
		pcp->nr_general_alloc += 1UL << order;
	}
	arch_irq_restore(flags);
	return page;
}

void pcp_free(struct zone *zone, struct page *page, u32 order,
	      enum migratetype charge)
{
	struct per_cpu_pages *pcp;
	struct pcp_stack *st;
	u64 flags;

	sched_point();
	flags = arch_irq_save();
	pcp = this_pcp(zone->index);
	st = &pcp->stack[pcp_index(order)][charge];
	/*
	 * Looked at with interrupts off: who fences a block off drains it by an
	 * interrupt, which was before this or comes after.
	 */
	if (unlikely(READ_ONCE(page->charge) & CHARGE_BYPASS)) {
		arch_irq_restore(flags);
		free_one_page(zone, page, order);
		return;
	}
	/* A quarter at once: what stays is moved down, and not too often. */
	if (unlikely(st->count >= READ_PLAIN(st->high) && st->count))
		flush(pcp, st, order, charge,
		      max(st->count / 4,
			  min(st->count, refill_size(pcp, order))));
	if (likely(READ_PLAIN(st->high))) {
		st->entries[st->count] = page;
		ADD_ONCE(st->count, 1);
		pcp->nr_general_free += 1UL << order;
		arch_irq_restore(flags);
		return;
	}
	arch_irq_restore(flags);
	free_one_page(zone, page, order);
}

/* --- draining --- */

static void drain_pcp(struct per_cpu_pages *pcp)
{
	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < MIGRATE_PCPTYPES; c++) {
			struct pcp_stack *st = &pcp->stack[i][c];

			if (st->count)
				flush(pcp, st, pcp_order(i),
				      (enum migratetype)c, st->count);
		}
}

void drain_local_pages(struct zone *zone)
{
	u64 flags = arch_irq_save();
	struct per_cpu_pages *pcp = this_pcp(zone->index);

	if (pcp)
		drain_pcp(pcp);
	arch_irq_restore(flags);
}

static void drain_zone_here(void *zone)
{
	drain_local_pages(zone);
}

static void drain_zones_here(void *mm)
{
	struct zone *zone;

	for_each_populated_zone(mm, zone)
		drain_local_pages(zone);
}

static bool pcp_is_empty(const struct per_cpu_pages *pcp)
{
	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < MIGRATE_PCPTYPES; c++)
			if (READ_ONCE(pcp->stack[i][c].count))
				return false;
	return true;
}

/* Who has something to drain, roughly: other CPUs' stacks change meanwhile. */
static u64 cpus_with_frames(const struct zone *zone)
{
	u64 mask = 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		if (zone->pcp && zone->pcp[cpu] && !pcp_is_empty(zone->pcp[cpu]))
			mask |= 1UL << cpu;
	return mask;
}

/* With interrupts off nobody can be waited for. */
static void call_drain(u64 cpus, smp_call_func_t fn, void *info)
{
	if (arch_irqs_disabled())
		cpus &= 1UL << smp_processor_id();
	on_each_cpu_mask(cpus, fn, info, true);
}

void drain_all_pages(struct mm_state *mm, struct zone *zone)
{
	u64 cpus = 0;

	if (zone) {
		call_drain(cpus_with_frames(zone), drain_zone_here, zone);
		return;
	}
	for_each_populated_zone(mm, zone)
		cpus |= cpus_with_frames(zone);
	call_drain(cpus, drain_zones_here, mm);
}

/* Entries that lie in the block leave the stack, the others close the gap. */
static void drain_stack_of_block(struct zone *zone, struct pcp_stack *st,
				 u32 order, enum migratetype charge, u64 block)
{
	u32 kept = 0;

	for (u32 i = 0; i < st->count; i++) {
		pfn_t pfn = page_to_pfn(st->entries[i]);

		if (pfn >> pageblock_order == block)
			freelist_put(zone, pfn, order, charge);
		else
			st->entries[kept++] = st->entries[i];
	}
	WRITE_ONCE(st->count, kept);
}

struct block_drain {
	struct zone *zone;
	u64 block;
};

static void drain_block_here(void *info)
{
	struct zone *zone = ((struct block_drain *)info)->zone;
	u64 block = ((struct block_drain *)info)->block;
	u64 flags = spin_lock_irqsave(&zone->lock);
	struct per_cpu_pages *pcp = this_pcp(zone->index);

	for (u32 i = 0; pcp && i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < MIGRATE_PCPTYPES; c++)
			drain_stack_of_block(zone, &pcp->stack[i][c],
					     pcp_order(i), (enum migratetype)c,
					     block);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/*
 * Every CPU, also one whose stacks look empty: it may be in the middle of a
 * free, having seen the frame as it was before the block was fenced off.
 */
void drain_pageblock(struct zone *zone, struct pageblock *b)
{
	struct block_drain drain = { zone, pageblock_pfn(zone, b) >>
						   pageblock_order };

	call_drain(cpu_online_mask(), drain_block_here, &drain);
}

/* --- sizes --- */

static u32 zone_batch(const struct zone *zone)
{
	u64 batch = min(zone->managed_pages >> 12, 64UL);

	if (batch <= 1)
		return 1;
	/* Linux then takes one off, against cache aliasing of its lists. */
	batch += batch / 2;
	return 1u << (63 - (u32)__builtin_clzl(batch));
}

/* Small zones get small stacks: they would hold all there is. */
static u32 zone_capacity(const struct zone *zone)
{
	return (u32)clamp(ALIGN_DOWN(zone->managed_pages / 64, 8UL), 64UL,
			  (u64)PCP_CAPACITY);
}

static u32 stack_capacity(u32 capacity, u32 index)
{
	return index == PCP_HUGE ? 4 : max(capacity >> index, 4u);
}

/*
 * A zone below the node's highest one serves plain requests only when that is
 * exhausted. Its few frames would then go round on the stacks, and no refill
 * would fill up its fullest blocks: so one batch is enough for it.
 */
static bool is_second_choice(const struct zone *zone)
{
	for (u32 z = zone->type + 1u; zone->node && z <= ZONE_NORMAL; z++)
		if (populated_zone(&zone->node->zones[z]))
			return true;
	return false;
}

static void set_high(const struct mm_state *mm, struct per_cpu_pages *pcp)
{
	const struct zone *zone = pcp->zone;
	u32 cpus = max(mm->nr_cpus, 1u), fraction = mm->pcp_high_fraction;
	u64 least = 4UL * pcp->batch;

	if (fraction) {
		pcp->high_min =
			(u32)max(zone->managed_pages / fraction / cpus, least);
		pcp->high_max = pcp->high_min;
	} else {
		pcp->high_min =
			(u32)max(zone->watermark[WMARK_LOW] / cpus, least);
		pcp->high_max = (u32)max(zone->managed_pages / 8 / cpus, least);
	}
	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < MIGRATE_PCPTYPES; c++) {
			u32 order = pcp_order(i);
			u32 most = stack_capacity(pcp->capacity, i);

			if (is_second_choice(zone))
				most = min(most, max(pcp->batch >> order, 4u));
			/* Its CPU may be reading it. */
			WRITE_ONCE(pcp->stack[i][c].high,
				   zone->pcp_disabled ?
					   0 :
					   clamp(pcp->high_min >> order, 4u,
						 most));
		}
}

static void set_all_high(const struct mm_state *mm, const struct zone *zone)
{
	for (u32 cpu = 0; cpu < max(mm->nr_cpus, 1u); cpu++)
		if (zone->pcp[cpu])
			set_high(mm, zone->pcp[cpu]);
}

void pcp_update_high(struct mm_state *mm, struct zone *zone)
{
	u64 flags;

	if (!zone->pcp)
		return;
	flags = spin_lock_irqsave(&zone->lock);
	set_all_high(mm, zone);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* --- off and on --- */

/* Who switches them off first makes the change, who switches them on last. */
static void change_disabled(struct zone *zone, s32 by)
{
	u64 flags = spin_lock_irqsave(&zone->lock);

	BUG_ON(by < 0 && !zone->pcp_disabled);
	zone->pcp_disabled += (u32)by;
	set_all_high(mm_active, zone);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/*
 * A CPU that looked at its stack's limit before it became 0 has pushed, or
 * refilled, by the time it answers; and every one is asked.
 */
void zone_pcp_disable(struct zone *zone)
{
	BUG_ON(arch_irqs_disabled());
	change_disabled(zone, 1);
	call_drain(cpu_online_mask(), drain_zone_here, zone);
}

void zone_pcp_enable(struct zone *zone)
{
	change_disabled(zone, -1);
}

u64 pcp_bytes(u32 capacity)
{
	u64 size = sizeof(struct per_cpu_pages);

	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		size += MIGRATE_PCPTYPES * stack_capacity(capacity, i) *
			sizeof(struct page *);
	return size;
}

struct per_cpu_pages *pcp_build(struct zone *zone, u32 cpu, u32 capacity,
				void *memory)
{
	struct per_cpu_pages *pcp = memory;
	struct page **next = (struct page **)(pcp + 1);

	pcp->zone = zone;
	pcp->cpu = cpu;
	pcp->capacity = capacity;
	pcp->batch = zone_batch(zone);
	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < MIGRATE_PCPTYPES; c++) {
			pcp->stack[i][c].entries = next;
			next += stack_capacity(capacity, i);
		}
	return pcp;
}

void pcp_init_zone(struct mm_state *mm, struct zone *zone)
{
	u32 cpus = max(mm->nr_cpus, 1u), capacity = zone_capacity(zone);

	zone->pcp = mm_boot_alloc(mm, MAX_CPUS * sizeof(zone->pcp[0]), 64,
				  zone->nid);
	for (u32 cpu = 0; cpu < cpus; cpu++) {
		void *memory =
			mm_boot_alloc(mm, pcp_bytes(capacity), 64, zone->nid);

		if (!memory || !zone->pcp)
			panic("no memory for the per-CPU stacks of zone %s",
			      zone->name);
		zone->pcp[cpu] = pcp_build(zone, cpu, capacity, memory);
		*per_cpu_ptr(&pcp_of_zone[zone->index], cpu) = zone->pcp[cpu];
	}
}

/* The first zone of a list that serves requests up to `highest`. */
static struct per_cpu_pages *first_pcp(struct mm_state *mm,
				       const struct zonelist *list, u32 cpu,
				       u32 highest)
{
	for (u32 i = 0; i < list->nr; i++) {
		struct zone *zone = zone_by_index(mm, list->zone_index[i]);

		if (zone->type <= highest && zone->pcp)
			return zone->pcp[cpu];
	}
	return &no_stacks;
}

void pcp_init_cpu(struct mm_state *mm, u32 cpu, s32 nid)
{
	const struct zonelist *list = &mm->zonelists[nid][ZONELIST_FALLBACK];

	*per_cpu_ptr(&cpu_nid, cpu) = nid;
	for (gfp_t mask = 0; mask <= GFP_ZONEMASK; mask++)
		*per_cpu_ptr(&pcp_local[mask], cpu) =
			gfp_bad(mask) ? &no_stacks :
					first_pcp(mm, list, cpu, gfp_zone(mask));
	for (gfp_t row = 0; row <= PCP_ROW_MASK; row++) {
		struct per_cpu_pages *pcp =
			*per_cpu_ptr(&pcp_local[row & GFP_ZONEMASK], cpu);

		*per_cpu_ptr(&pcp_row[row], cpu) =
			&pcp->stack[0][gfp_migratetype(row)];
	}
}

/* --- looking --- */

u64 pcp_count(const struct zone *zone)
{
	u64 frames = 0;

	for (u32 cpu = 0; zone->pcp && cpu < MAX_CPUS; cpu++)
		for (u32 i = 0; zone->pcp[cpu] && i < NR_PCP_ORDERS; i++)
			for (u32 c = 0; c < MIGRATE_PCPTYPES; c++)
				frames +=
					(u64)READ_ONCE(
						zone->pcp[cpu]->stack[i][c].count)
					<< pcp_order(i);
	return frames;
}

static int check_entry(const struct zone *zone, const struct page *page,
		       u32 charge)
{
	if (page->kind_order == 0 && page->refcount == 0 &&
	    page->zone_index == zone->index && page_charge(page) == charge)
		return 0;
	pr_err("pcp: zone %s: pfn 0x%lx on the stack of %s: kind %u, refcount %d, zone %u, charge %u\n",
	       zone->name, page_to_pfn(page), migratetype_names[charge],
	       page->kind_order, page->refcount, page->zone_index, page->charge);
	return 1;
}

/* A frame on a stack is charged, so its bit in the map must be clear. */
static int check_not_free(struct zone *zone, const struct page *page, u32 order)
{
	pfn_t pfn = page_to_pfn(page);
	struct pageblock *b = pfn_pageblock(zone, pfn);

	for (u32 i = 0; i < 1u << order; i++) {
		if (!block_frame_is_free(b, (u32)((pfn + i) &
						  (pageblock_nr_pages - 1))))
			continue;
		pr_err("pcp: zone %s: pfn 0x%lx is on a stack and free\n",
		       zone->name, pfn + i);
		return 1;
	}
	return 0;
}

int pcp_check(struct zone *zone)
{
	int findings = 0;

	for (u32 cpu = 0; zone->pcp && cpu < MAX_CPUS; cpu++)
		for (u32 i = 0; zone->pcp[cpu] && i < NR_PCP_ORDERS; i++)
			for (u32 c = 0; c < MIGRATE_PCPTYPES; c++) {
				struct pcp_stack *st =
					&zone->pcp[cpu]->stack[i][c];

				for (u32 n = 0; n < st->count; n++) {
					findings += check_entry(
						zone, st->entries[n], c);
					findings += check_not_free(
						zone, st->entries[n],
						pcp_order(i));
				}
			}
	return findings;
}
