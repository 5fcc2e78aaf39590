// SPDX-License-Identifier: MIT
/*
 * mm/vmstat.c - sums over CPUs, lists and blocks
 *
 * The hot paths count as little as they can: a pop from a stack adds one to
 * that stack's nr_taken, a push one to nr_given. All that the files show
 * follows from these, when somebody looks:
 *
 *	pgalloc  = sum over CPUs, stacks of nr_taken << order, + general ones
 *	numa_hit = sum of nr_taken + what the zonelist walk noted
 *
 * A fast pop takes from the first zone of the CPU's own zonelist, so it is a
 * hit; it is local when that zone is on the CPU's node, which it isn't when
 * the node has no memory.
 *
 * Linux keeps per-CPU differences of each counter and folds them every second;
 * its files are behind by up to that. These are exact.
 */
#include <kernel/string.h>
#include <mm/buddy.h>
#include <mm/mm_state.h>
#include <mm/vmstat.h>

/* --- free chunks --- */

/* Isolated blocks are on no list. */
static void count_isolated(struct zone *zone, u64 nr[NR_PAGE_ORDERS])
{
	const struct freelists *fl = zone->fl;

	for (u64 i = 0; i < fl->nr_blocks; i++) {
		const struct pageblock *b = &fl->blocks[i];

		if (freelist_has_block(zone, pageblock_pfn(zone, b)) &&
		    (b->bits & BLOCK_ISOLATE) && b->nr[FRAME_ISOLATED])
			buddy_count_chunks(b, nr);
	}
}

void zone_free_chunks(struct zone *zone, struct free_chunks *chunks)
{
	u64 flags;

	memset(chunks, 0, sizeof(*chunks));
	if (!zone->fl)
		return;
	flags = spin_lock_irqsave(&zone->lock);
	for (u32 t = 0; t < MIGRATE_ISOLATE; t++)
		freelist_count(zone, (enum migratetype)t, chunks->nr[t]);
	count_isolated(zone, chunks->nr[MIGRATE_ISOLATE]);
	spin_unlock_irqrestore(&zone->lock, flags);
}

void zone_free_area(struct zone *zone, u64 nr[static NR_PAGE_ORDERS])
{
	struct free_chunks chunks;

	zone_free_chunks(zone, &chunks);
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++) {
		nr[o] = 0;
		for (u32 t = 0; t < MIGRATE_TYPES; t++)
			nr[o] += chunks.nr[t][o];
	}
}

/* Pages in chunks of `least` and larger that an allocation could get. */
static u64 pages_in_chunks(struct zone *zone, u32 least)
{
	struct free_chunks chunks;
	u64 pages = 0;

	zone_free_chunks(zone, &chunks);
	for (u32 t = 0; t < MIGRATE_ISOLATE; t++)
		for (u32 o = least; o < NR_PAGE_ORDERS; o++)
			pages += chunks.nr[t][o] << o;
	return pages;
}

u64 zone_nr_free_exact(struct zone *zone)
{
	return pages_in_chunks(zone, 0);
}

u64 zone_nr_free_blocks(struct zone *zone)
{
	return pages_in_chunks(zone, pageblock_order);
}

/* --- blocks --- */

/* The type that a block has for good: what it lends stays its own. */
static enum migratetype own_type(const struct pageblock *b)
{
	if (b->bits & BLOCK_ISOLATE)
		return MIGRATE_ISOLATE;
	return (enum migratetype)(b->bits & BLOCK_TYPE_MASK);
}

/* Linux looks at each 512th frame of the span, borders and holes included. */
static bool counts_as_block(const struct zone *zone, pfn_t pfn)
{
	return freelist_has_block(zone, pfn) &&
	       pfn_to_page(pfn)->zone_index == zone->index;
}

static bool is_mixed(const struct pageblock *b)
{
	u32 charged = b->nr[FRAME_UNMOVABLE] + b->nr[FRAME_MOVABLE] +
		      b->nr[FRAME_RECLAIMABLE];
	u32 type = own_type(b);

	return charged > (type < MIGRATE_PCPTYPES ? b->nr[type] : 0);
}

void zone_block_types(struct zone *zone, u64 nr[static MIGRATE_TYPES])
{
	memset(nr, 0, MIGRATE_TYPES * sizeof(nr[0]));
	if (!zone->fl)
		return;
	for (pfn_t pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone);
	     pfn += pageblock_nr_pages)
		if (counts_as_block(zone, pfn))
			nr[own_type(pfn_pageblock(zone, pfn))]++;
}

void zone_mixed_blocks(struct zone *zone, u64 nr[static MIGRATE_TYPES])
{
	memset(nr, 0, MIGRATE_TYPES * sizeof(nr[0]));
	if (!zone->fl)
		return;
	for (pfn_t pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone);
	     pfn += pageblock_nr_pages) {
		const struct pageblock *b = pfn_pageblock(zone, pfn);
		enum migratetype type;

		if (!counts_as_block(zone, pfn) || !is_mixed(b))
			continue;
		type = own_type(b);
		nr[type == MIGRATE_CMA ? MIGRATE_MOVABLE : type]++;
	}
}

u64 zone_nr_free_cma(const struct zone *zone)
{
	return zone->fl ? zone->fl->nr_free[MIGRATE_CMA] : 0;
}

u64 zone_nr_free_highatomic(const struct zone *zone)
{
	return zone->fl ? zone->fl->nr_free[MIGRATE_HIGHATOMIC] : 0;
}

u64 zone_cma_pages(struct zone *zone)
{
	u64 pages = 0;

	for (u64 i = 0; zone->fl && i < zone->fl->nr_blocks; i++) {
		const struct pageblock *b = &zone->fl->blocks[i];

		if (freelist_has_block(zone, pageblock_pfn(zone, b)) &&
		    (b->bits & BLOCK_TYPE_MASK) == MIGRATE_CMA)
			pages += pageblock_nr_pages - b->nr[FRAME_RESERVED];
	}
	return pages;
}

/* --- events --- */

typedef u64 (*cpu_count)(const struct per_cpu_pages *pcp, u32 which);

static u64 sum_cpus(const struct zone *zone, cpu_count count, u32 which)
{
	u64 sum = 0;

	for (u32 cpu = 0; zone->pcp && cpu < MAX_CPUS; cpu++)
		if (zone->pcp[cpu])
			sum += count(zone->pcp[cpu], which);
	return sum;
}

static u64 pages_taken(const struct per_cpu_pages *pcp, u32 which __unused)
{
	u64 pages = pcp->nr_general_alloc;

	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < NR_PCP_CHARGES; c++)
			pages += pcp->stack[i][c].nr_taken << pcp_order(i);
	return pages;
}

static u64 pages_given(const struct per_cpu_pages *pcp, u32 which __unused)
{
	u64 pages = pcp->nr_general_free;

	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < NR_PCP_CHARGES; c++)
			pages += pcp->stack[i][c].nr_given << pcp_order(i);
	return pages;
}

static u64 fast_pops(const struct per_cpu_pages *pcp)
{
	u64 pops = 0;

	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < NR_PCP_CHARGES; c++)
			pops += pcp->stack[i][c].nr_taken;
	return pops;
}

static bool is_on_own_node(const struct per_cpu_pages *pcp)
{
	return pcp->zone->nid == *per_cpu_ptr(&cpu_nid, pcp->cpu);
}

static u64 numa_events(const struct per_cpu_pages *pcp, u32 item)
{
	u64 events = pcp->numa[item];

	if (item == NUMA_HIT ||
	    item == (is_on_own_node(pcp) ? NUMA_LOCAL : NUMA_OTHER))
		events += fast_pops(pcp);
	return events;
}

u64 zone_pgalloc(const struct zone *zone)
{
	return sum_cpus(zone, pages_taken, 0);
}

u64 zone_pgfree(const struct zone *zone)
{
	return sum_cpus(zone, pages_given, 0);
}

u64 zone_numa_events(const struct zone *zone, enum numa_item item)
{
	return sum_cpus(zone, numa_events, item);
}

u64 pcp_count_cpu(const struct per_cpu_pages *pcp)
{
	u64 frames = 0;

	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < NR_PCP_CHARGES; c++)
			frames += (u64)pcp->stack[i][c].count << pcp_order(i);
	return frames;
}

/* --- totals --- */

u64 zone_nr_lru(const struct zone *zone, enum lru_list list)
{
	return READ_ONCE(zone->lruvec->nr[zone->type][list]);
}

static void add_zone(struct zone *zone, struct page_totals *t)
{
	t->present += zone->present_pages;
	t->managed += zone->managed_pages;
	t->free += zone->nr_free_pages;
	t->pcp += pcp_count(zone);
	t->cma += zone_cma_pages(zone);
	t->free_cma += zone_nr_free_cma(zone);
	for (u32 list = 0; list < NR_LRU_LISTS; list++)
		t->lru[list] += zone_nr_lru(zone, (enum lru_list)list);
}

void count_pages(struct mm_state *mm, int nid, struct page_totals *totals)
{
	struct zone *zone;

	memset(totals, 0, sizeof(*totals));
	for_each_populated_zone(mm, zone)
		if (nid == NUMA_NO_NODE || zone->nid == nid)
			add_zone(zone, totals);
	totals->slab_reclaimable = slab_nr_pages(mm, nid, true);
	totals->slab_unreclaimable = slab_nr_pages(mm, nid, false);
}
