// SPDX-License-Identifier: MIT
/*
 * mm/lru_check.c - do the lists hold what their counters and flags say?
 *
 * The walk holds the node's lru_lock for as long as its lists are: for tests,
 * the shell's `check`, and machines at rest.
 */
#include <kernel/printk.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

static const char *wrong_about(const struct lruvec *lruvec,
			       const struct page *page, enum lru_list list)
{
	if (!page_flag(page, PG_lru))
		return "is on a list without PG_lru";
	if (page_lru(page) != list)
		return "is on another list than its flags say";
	if (page_flag(page, PG_isolated))
		return "is isolated and on a list";
	if (page_lruvec(page) != lruvec)
		return "is on another node's list";
	if (page_ref_count(page) <= 0)
		return "is on a list without a reference";
	if (page_kind(page) != PAGE_ANON && page_kind(page) != PAGE_FILE)
		return "is on a list and no user's";
	return NULL;
}

static int check_list(struct lruvec *lruvec, enum lru_list list)
{
	u64 nr = 0, want = lruvec_size(lruvec, list);
	struct page *page;
	int findings = 0;

	list_for_each_entry(page, &lruvec->lists[list], lru) {
		const char *wrong = wrong_about(lruvec, page, list);

		if (wrong) {
			pr_err("lru: pfn 0x%lx, list %u: %s\n",
			       page_to_pfn(page), list, wrong);
			findings++;
		}
		nr++;
	}
	if (nr != want) {
		pr_err("lru: list %u has %lu pages, counted %lu\n", list, nr,
		       want);
		findings++;
	}
	return findings;
}

int lru_check(struct mm_state *mm)
{
	int findings = 0;

	for (u32 nid = 0; nid < MAX_NUMNODES; nid++) {
		struct lruvec *lruvec = &mm->nodes[nid].lruvec;
		u64 flags;

		if (!mm->nodes[nid].online)
			continue;
		flags = spin_lock_irqsave(&lruvec->lru_lock);
		for (u32 list = 0; list < NR_LRU_LISTS; list++)
			findings += check_list(lruvec, (enum lru_list)list);
		spin_unlock_irqrestore(&lruvec->lru_lock, flags);
	}
	return findings;
}
