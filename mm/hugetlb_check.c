// SPDX-License-Identifier: MIT
/*
 * mm/hugetlb_check.c - do the pool's sums and lists say what the frames say?
 *
 *	by the frames	heads of kind PAGE_HUGETLB, by node; without a
 *			reference: free
 *	by the lists	free pages of each node, all of the kind, on their node
 *	by the pool	nr, free, surplus of each node, and their sums; reserved
 *
 * Pages on their way in or out are on no list and not counted: for machines at
 * rest, tests and the shell's `check`.
 */
#include <kernel/printk.h>
#include <mm/hugetlb.h>
#include <mm/memmap.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

static int differ(int nid, const char *what, u64 counted, u64 found)
{
	if (counted == found)
		return 0;
	pr_err("hugetlb: node %d: %lu %s, recount says %lu\n", nid, counted,
	       what, found);
	return 1;
}

static int check_page(const struct page *page, int nid)
{
	if (page_kind(page) == PAGE_HUGETLB &&
	    page_order(page) == HUGETLB_ORDER && !page_ref_count(page) &&
	    !page->entire_mapcount && page_zone(page)->nid == nid)
		return 0;
	pr_err("hugetlb: node %d: pfn 0x%lx on its list is of kind %u order %u, refcount %d, mapped %d times\n",
	       nid, page_to_pfn(page), page_kind(page), page_order(page),
	       page->refcount, page->entire_mapcount);
	return 1;
}

/* *frames: what the page array says of the node. */
static int check_node(const struct hugetlb_pool *pool, int nid,
		      const struct hugetlb_counts *frames)
{
	const struct hugetlb_node *node = &pool->node[nid];
	const struct page *page;
	int findings = 0;
	u64 free = 0;

	list_for_each_entry(page, &node->free, lru) {
		findings += check_page(page, nid);
		free++;
	}
	findings += differ(nid, "free pages", node->counts.free, free);
	findings += differ(nid, "free pages", node->counts.free, frames->free);
	findings += differ(nid, "pages", node->counts.nr, frames->nr);
	if (node->counts.surplus > node->counts.nr)
		findings += differ(nid, "surplus pages", node->counts.surplus,
				   node->counts.nr);
	return findings;
}

static void count_frames(struct mm_state *mm, int nid,
			 struct hugetlb_counts *frames)
{
	const struct node *node = &mm->nodes[nid];
	pfn_t pfn = ALIGN(node->node_start_pfn, HUGETLB_FRAMES);
	pfn_t end = node->node_start_pfn + node->node_spanned_pages;

	for (; pfn < end; pfn += HUGETLB_FRAMES) {
		const struct page *page = pfn_to_page(pfn);

		if (!pfn_valid(mm, pfn) || page_kind(page) != PAGE_HUGETLB ||
		    page_zone(page)->nid != nid)
			continue;
		frames->nr++;
		frames->free += !page_ref_count(page);
	}
}

int hugetlb_check(struct mm_state *mm)
{
	struct hugetlb_pool *pool = &mm->hugetlb;
	struct hugetlb_counts sum = { 0 };
	int findings = 0;
	u64 flags;

	if (!pool->ready)
		return 0;
	flags = spin_lock_irqsave(&pool->lock);
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		const struct hugetlb_counts *node = &pool->node[nid].counts;
		struct hugetlb_counts frames = { 0 };

		if (mm->nodes[nid].online)
			count_frames(mm, nid, &frames);
		findings += check_node(pool, nid, &frames);
		sum.nr += node->nr;
		sum.free += node->free;
		sum.surplus += node->surplus;
	}
	findings += differ(-1, "pages", pool->counts.nr, sum.nr);
	findings += differ(-1, "free pages", pool->counts.free, sum.free);
	findings +=
		differ(-1, "surplus pages", pool->counts.surplus, sum.surplus);
	if (pool->reserved > pool->counts.free)
		findings += differ(-1, "pages reserved", pool->reserved,
				   pool->counts.free);
	spin_unlock_irqrestore(&pool->lock, flags);
	return findings;
}
