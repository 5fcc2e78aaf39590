// SPDX-License-Identifier: MIT
/*
 * mm/migrate_target.c - frames on a node for pages that are sent there
 *
 * Pages go in their hundreds, so frames are taken in bulk, and what is left at
 * the end is given back. Nobody falls back to another node here: a page that
 * has no room where it was sent stays where it is, and its sender is told.
 */
#include <mm/page_alloc.h>

#include "migrate_internal.h"

static __noinline bool refill(struct node_targets *targets)
{
	targets->next = 0;
	targets->nr = alloc_pages_bulk_node(targets->nid, GFP_HIGHUSER_MOVABLE,
					    ARRAY_SIZE(targets->pages),
					    targets->pages);
	return targets->nr != 0;
}

/* In the order in which they came: neighbours in memory stay neighbours. */
struct page *migrate_target_on_node(struct page *src __unused, void *private)
{
	struct node_targets *targets = private;

	if (unlikely(targets->next == targets->nr) && !refill(targets))
		return NULL;
	return targets->pages[targets->next++];
}

void node_targets_end(struct node_targets *targets)
{
	struct page **left = targets->pages + targets->next;
	u32 nr = targets->nr - targets->next;

	free_pages_bulk(left, free_pages_bulk_prepare(left, nr));
}
