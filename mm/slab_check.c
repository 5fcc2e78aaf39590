// SPDX-License-Identifier: MIT
/*
 * mm/slab_check.c - do slabs, lists, stacks and counts say the same?
 *
 *	of a slab	its record names cache and node; its list has as many
 *			objects as it says are free, each where one begins
 *	of a node	partial and full hold what they are for; the sums of
 *			their slabs are the node's counts
 *	of a stack	each entry is an object of the cache, and there once
 *
 * Each CPU looks at its own stacks, called by an interrupt; with interrupts off
 * this one alone does.
 */
#include <kernel/printk.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/page_alloc.h>
#include <mm/slab_cache.h>

static int differ(const struct kmem_cache *s, const char *what, u64 counted,
		  u64 found)
{
	if (counted == found)
		return 0;
	pr_err("slab: %s: %lu %s, recount says %lu\n", s->name, counted, what,
	       found);
	return 1;
}

static u32 list_length(const struct kmem_cache *s, const struct page *head)
{
	void *object = (void *)head->private_data;
	u32 nr = 0;

	while (object && nr <= slab_nr_objects(head) &&
	       slab_is_object(s, head, object)) {
		nr++;
		object = *slab_free_pointer(s, object);
	}
	/* Where it leaves the slab, the next is none, whatever its count. */
	return object ? UINT32_MAX : nr;
}

static int check_record(const struct kmem_cache *s, const struct page *page,
			u64 index)
{
	if (page_flag(page, PG_slab) && page->mapping == s &&
	    (!index || page->index == index))
		return 0;
	pr_err("slab: %s: pfn 0x%lx: flags 0x%x, mapping %016lx, index %lu\n",
	       s->name, page_to_pfn(page), page->flags, (u64)page->mapping,
	       page->index);
	return 1;
}

static int check_slab(struct kmem_cache *s, const struct slab_node *n,
		      const struct page *head, bool full)
{
	int findings = 0;

	if (page_kind(head) != PAGE_SLAB) {
		pr_err("slab: %s: pfn 0x%lx is of kind %u\n", s->name,
		       page_to_pfn(head), page_kind(head));
		return 1;
	}
	for (u32 i = 0; i < 1u << page_order(head); i++)
		findings += check_record(s, head + i, i);
	if (findings)
		return findings;
	findings += differ(s, "free objects in a slab", slab_nr_free(head),
			   list_length(s, head));
	findings += differ(s, "slabs on the full list though not full",
			   full != !slab_nr_free(head), 0);
	findings += differ(s, "slabs of another node",
			   slab_node_of(s, head) != n, 0);
	return findings;
}

struct sums {
	u64 slabs, pages, objects, free, empty;
};

static int check_list(struct kmem_cache *s, const struct slab_node *n,
		      const struct list_head *list, bool full, struct sums *sum)
{
	const struct page *head;
	int findings = 0;

	list_for_each_entry(head, list, lru) {
		findings += check_slab(s, n, head, full);
		sum->slabs++;
		sum->pages += 1UL << page_order(head);
		sum->objects += slab_nr_objects(head);
		sum->free += slab_nr_free(head);
		sum->empty += slab_nr_free(head) == slab_nr_objects(head);
	}
	return findings;
}

static int check_node(struct kmem_cache *s, struct slab_node *n)
{
	struct sums sum = { 0 };
	u64 flags = spin_lock_irqsave(&n->lock);
	int findings = check_list(s, n, &n->partial, false, &sum);

	findings += differ(s, "partial slabs", n->nr_partial, sum.slabs);
	findings += differ(s, "free slabs", n->nr_empty, sum.empty);
	findings += check_list(s, n, &n->full, true, &sum);
	findings += differ(s, "slabs", n->nr_slabs, sum.slabs);
	findings += differ(s, "pages", n->nr_pages, sum.pages);
	findings += differ(s, "objects", n->nr_objects, sum.objects);
	findings += differ(s, "free objects", n->nr_free, sum.free);
	spin_unlock_irqrestore(&n->lock, flags);
	return findings;
}

static bool entry_is_good(const struct kmem_cache *s, const struct slab_cpu *c,
			  u32 i)
{
	const void *object = c->object[i];
	const struct page *page = virt_to_page(object);

	if (!page_flag(page, PG_slab) || page->mapping != s ||
	    !slab_is_object(s, object_head(object), object))
		return false;
	for (u32 j = 1; j < i; j++)
		if (c->object[j] == object)
			return false;
	return true;
}

static int check_stack(const struct kmem_cache *s)
{
	u64 flags = arch_irq_save();
	const struct slab_cpu *c = this_cpu_read(*s->slot);
	int findings = differ(s, "objects more than a stack holds",
			      c->count > c->capacity, 0);

	for (u32 i = 1; i <= min((u32)c->count, c->capacity); i++)
		findings += differ(s, "wrong entries on a stack",
				   !entry_is_good(s, c, i), 0);
	arch_irq_restore(flags);
	return findings;
}

struct stack_check {
	struct slab_state *slab;
	int findings; /* atomic */
};

static void check_stacks_here(void *info)
{
	struct stack_check *check = info;
	u64 flags = spin_lock_irqsave(&check->slab->lock);
	struct kmem_cache *s;

	list_for_each_entry(s, &check->slab->caches, list)
		__atomic_add_fetch(&check->findings, check_stack(s),
				   __ATOMIC_RELAXED);
	spin_unlock_irqrestore(&check->slab->lock, flags);
}

static int check_stacks(struct mm_state *mm)
{
	struct stack_check check = { mm->slab, 0 };

	if (arch_irqs_disabled())
		check_stacks_here(&check);
	else
		on_each_cpu(check_stacks_here, &check, true);
	return check.findings;
}

int slab_check(struct mm_state *mm)
{
	struct kmem_cache *s;
	int findings = 0;
	u64 flags;

	if (!mm->slab)
		return 0;
	flags = spin_lock_irqsave(&mm->slab->lock);
	list_for_each_entry(s, &mm->slab->caches, list)
		for (u32 i = 0; i < mm->slab->nr_nodes; i++)
			findings += check_node(s, &s->node[i]);
	spin_unlock_irqrestore(&mm->slab->lock, flags);
	return findings + check_stacks(mm);
}

/* --- looking --- */

static void sum_up(const struct mm_state *mm, struct kmem_cache *s,
		   struct slab_info *info)
{
	for (u32 i = 0; i < mm->slab->nr_nodes; i++) {
		struct slab_node *n = &s->node[i];
		u64 flags = spin_lock_irqsave(&n->lock);

		info->nr_slabs += n->nr_slabs;
		info->nr_pages += n->nr_pages;
		info->nr_objects += n->nr_objects;
		info->nr_free += n->nr_free;
		info->nr_partial += n->nr_partial;
		info->nr_empty += n->nr_empty;
		spin_unlock_irqrestore(&n->lock, flags);
	}
}

bool slab_get_info(struct mm_state *mm, u32 nth, struct slab_info *info)
{
	struct kmem_cache *s;
	bool found = false;
	u64 flags;

	if (!mm->slab)
		return false;
	memset(info, 0, sizeof(*info));
	flags = spin_lock_irqsave(&mm->slab->lock);
	list_for_each_entry(s, &mm->slab->caches, list) {
		if (nth--)
			continue;
		strscpy(info->name, s->name, sizeof(info->name));
		info->object_size = s->object_size;
		info->size = s->size;
		info->objects = (u32)((PAGE_SIZE << s->order) / s->size);
		info->order = s->order;
		info->flags = s->flags;
		info->users = s->refcount;
		sum_up(mm, s, info);
		found = true;
		break;
	}
	spin_unlock_irqrestore(&mm->slab->lock, flags);
	return found;
}

u64 slab_nr_pages(struct mm_state *mm, int nid, bool reclaimable)
{
	struct kmem_cache *s;
	u64 pages = 0, flags;

	if (!mm->slab)
		return 0;
	flags = spin_lock_irqsave(&mm->slab->lock);
	list_for_each_entry(s, &mm->slab->caches, list) {
		if (reclaimable != !!(s->flags & SLAB_RECLAIM_ACCOUNT))
			continue;
		for (u32 i = 0; i < mm->slab->nr_nodes; i++)
			if (nid == NUMA_NO_NODE || mm->slab->node_slot[nid] == i)
				pages += READ_ONCE(s->node[i].nr_pages);
	}
	spin_unlock_irqrestore(&mm->slab->lock, flags);
	return pages;
}
