// SPDX-License-Identifier: MIT
/*
 * mm/slab_rcu.c - objects and slabs that readers without locks may stand on
 *
 *	kfree_rcu(p, rcu)	the object is freed after a grace period
 *	SLAB_TYPESAFE_BY_RCU	objects are freed at once, and may be handed
 *				out again at once; but their pages stay slabs of
 *				this cache until a grace period has passed
 *
 * With the second a reader may find that the object has become another one of
 * the same kind: it takes the object's lock or reference, then looks whether
 * it is still the one that it searched for. In return nothing waits.
 *
 * The callback is found through the slab's own record: the links of a slab on
 * no list hold the rcu_head.
 */
#include <kernel/rcu.h>
#include <mm/page_alloc.h>
#include <mm/slab_cache.h>

_Static_assert(sizeof(struct rcu_head) == sizeof(struct list_head),
	       "fits into page->lru");

static void free_slab(struct rcu_head *head)
{
	struct page *page =
		container_of((struct list_head *)head, struct page, lru);

	slab_free_page(page->mapping, page);
}

void slab_free_page_rcu(struct page *head)
{
	call_rcu((struct rcu_head *)&head->lru, free_slab);
}

/* Where the object begins that holds the address. */
static void *object_around(void *inside)
{
	struct page *page = virt_to_page(inside);
	const struct kmem_cache *s;
	u64 offset;
	char *first;

	if (!page_flag(page, PG_slab))
		return page_address(page_head(mm_active, page_to_pfn(page)));
	s = page->mapping;
	first = (char *)page_address(slab_head(page)) + s->red_left;
	offset = (u64)((char *)inside - first);
	return first + offset - offset % s->size;
}

static void kfree_head(struct rcu_head *head)
{
	kfree(object_around(head));
}

void kfree_rcu_head(struct rcu_head *head)
{
	call_rcu(head, kfree_head);
}
