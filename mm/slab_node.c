// SPDX-License-Identifier: MIT
/*
 * mm/slab_node.c - slabs: pages cut into objects, and a node's lists of them
 *
 *	slab_take_partial	up to n objects of the node's partial slabs
 *	slab_alloc_direct	one object, from wherever there is one:
 *				partial slabs of the node, a new slab of it,
 *				partial slabs of others, a new slab of any
 *	slab_put_objects	each one home to its slab
 *
 * A slab is a naturally aligned chunk of 1 to 8 pages. Its free objects are
 * linked through themselves (behind the payload when its content matters), and
 * it counts them: whether it is wholly free is a look at its record.
 *
 * Rules: a node's lock is never held while the page allocator is called: new
 * slabs are built before, free ones given back after.
 */
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>
#include <mm/slab_cache.h>

static DEFINE_POINT(mm_slab_new, "pfn, order, object_size");
static DEFINE_POINT(mm_slab_give_back, "pfn, order, object_size");

/* --- one slab --- */

bool slab_is_object(const struct kmem_cache *s, const struct page *head,
		    const void *object)
{
	u64 at = (u64)object - (u64)page_address(head) - s->red_left;

	return at < (u64)slab_nr_objects(head) * s->size && at % s->size == 0;
}

static void add_counts(struct page *head, s32 free, s32 bad)
{
	slab_set_counts(head, slab_nr_objects(head),
			(u32)((s32)slab_nr_free(head) + free),
			(u32)((s32)slab_nr_bad(head) + bad));
}

/* A list that left the slab: what it led to is lost, the slab stays away. */
static void give_up_list(struct kmem_cache *s, struct slab_node *n,
			 struct page *head, const void *found)
{
	u32 lost = slab_nr_free(head);

	slab_bug(s, head, found, BUG_SLAB_CORRUPT,
		 "the next free object is none");
	if (lost == slab_nr_objects(head))
		n->nr_empty--;
	head->private_data = 0;
	add_counts(head, -(s32)lost, (s32)lost);
	n->nr_free -= lost;
}

/* The first free object of a slab that has some; NULL: its list is broken. */
static void *take_object(struct kmem_cache *s, struct slab_node *n,
			 struct page *head)
{
	void *object = (void *)head->private_data;

	if (unlikely(!object || !slab_is_object(s, head, object))) {
		give_up_list(s, n, head, object);
		return NULL;
	}
	head->private_data = (u64)*slab_free_pointer(s, object);
	if (slab_nr_free(head) == slab_nr_objects(head))
		n->nr_empty--;
	add_counts(head, -1, 0);
	n->nr_free--;
	/* Under init_on_free all of a free object is zero but this. */
	if (s->wipe)
		*slab_free_pointer(s, object) = NULL;
	return object;
}

static void move_if_full(struct slab_node *n, struct page *head)
{
	if (slab_nr_free(head))
		return;
	list_move(&head->lru, &n->full);
	n->nr_partial--;
}

/* Up to nr objects of partial slabs. (n) */
u32 slab_take_partial(struct kmem_cache *s, struct slab_node *n, void **out,
		      u32 nr)
{
	u32 done = 0;

	while (done < nr && !list_empty(&n->partial)) {
		struct page *head =
			list_first_entry(&n->partial, struct page, lru);

		while (done < nr && slab_nr_free(head)) {
			void *object = take_object(s, n, head);

			if (object)
				out[done++] = object;
		}
		move_if_full(n, head);
	}
	return done;
}

static bool slab_is_empty(const struct page *head)
{
	return slab_nr_free(head) == slab_nr_objects(head);
}

void slab_unlink(struct slab_node *n, struct page *head)
{
	list_del(&head->lru);
	n->nr_partial--;
	n->nr_empty--;
	n->nr_slabs--;
	n->nr_pages -= 1UL << page_order(head);
	n->nr_objects -= slab_nr_objects(head);
	n->nr_free -= slab_nr_free(head);
}

/* Free slabs wait at the end of the list; too many go back. */
static void slab_became_empty(struct kmem_cache *s, struct slab_node *n,
			      struct page *head, struct list_head *give_back)
{
	n->nr_empty++;
	if (n->nr_partial > s->min_partial) {
		slab_unlink(n, head);
		list_add(&head->lru, give_back);
		return;
	}
	list_del(&head->lru);
	list_add_tail(&head->lru, &n->partial);
}

void slab_put_object(struct kmem_cache *s, struct page *head, void *object,
		     struct list_head *give_back)
{
	struct slab_node *n = slab_node_of(s, head);

	if (unlikely(!slab_is_object(s, head, object))) {
		slab_bug(s, head, object, BUG_SLAB_WILD,
			 "no object begins there");
		return;
	}
	if (unlikely(slab_is_empty(head) ||
		     (void *)head->private_data == object)) {
		slab_bug(s, head, object, BUG_SLAB_DOUBLE_FREE,
			 "it is free already");
		return;
	}
	*slab_free_pointer(s, object) = (void *)head->private_data;
	head->private_data = (u64)object;
	add_counts(head, 1, 0);
	n->nr_free++;
	if (slab_nr_free(head) == 1) {
		list_move(&head->lru, &n->partial);
		n->nr_partial++;
	}
	if (slab_is_empty(head))
		slab_became_empty(s, n, head, give_back);
}

void slab_put_objects(struct kmem_cache *s, void **objects, u32 nr)
{
	struct list_head give_back = LIST_HEAD_INIT(give_back);
	struct slab_node *locked = NULL;
	u64 flags = arch_irq_save();

	for (u32 i = 0; i < nr; i++) {
		struct page *head = object_head(objects[i]);
		struct slab_node *n = slab_node_of(s, head);

		if (n != locked) {
			if (locked)
				spin_unlock(&locked->lock);
			spin_lock(&n->lock);
			locked = n;
		}
		slab_put_object(s, head, objects[i], &give_back);
	}
	if (locked)
		spin_unlock(&locked->lock);
	arch_irq_restore(flags);
	slab_free_pages(s, &give_back);
}

/* --- slabs and the page allocator --- */

static void mark_pages(struct kmem_cache *s, struct page *head, u32 order)
{
	WRITE_PLAIN(head->kind_order, kind_order(PAGE_SLAB, order));
	for (u32 i = 0; i < 1u << order; i++) {
		page_flag_set(head + i, PG_slab);
		head[i].mapping = s;
		head[i].index = i;
		head[i].private_data = 0;
	}
}

static void unmark_pages(struct page *head, u32 order)
{
	for (u32 i = 0; i < 1u << order; i++) {
		page_flag_clear(head + i, PG_slab);
		head[i].mapping = NULL;
		head[i].index = 0;
		head[i].private_data = 0;
	}
	WRITE_PLAIN(head->kind_order, kind_order(PAGE_KERNEL, order));
}

static void link_objects(struct kmem_cache *s, struct page *head)
{
	u32 nr = slab_nr_objects(head);
	char *first = (char *)page_address(head) + s->red_left;

	for (u32 i = nr; i-- > 0;) {
		void *object = first + (u64)i * s->size;

		if (s->ctor)
			s->ctor(object);
		*slab_free_pointer(s, object) = (void *)head->private_data;
		head->private_data = (u64)object;
	}
}

static struct page *alloc_slab_pages(gfp_t gfp, u32 order, int nid)
{
	return nid == NUMA_NO_NODE ? alloc_pages(gfp, order) :
				     alloc_pages_node(nid, gfp, order);
}

/* A slab on no list yet. Large ones are a wish, small ones a need. */
static struct page *new_slab(struct kmem_cache *s, gfp_t gfp, int nid)
{
	gfp_t wish = (gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL)) |
		     __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC;
	struct page *head = NULL;
	u32 order = s->order;

	if (order > s->min_order)
		head = alloc_slab_pages(wish & ~__GFP_RETRY_MAYFAIL, order, nid);
	if (!head) {
		order = s->min_order;
		head = alloc_slab_pages(gfp, order, nid);
	}
	if (!head)
		return NULL;
	mark_pages(s, head, order);
	slab_set_counts(head, (u32)((PAGE_SIZE << order) / s->size),
			(u32)((PAGE_SIZE << order) / s->size), 0);
	if (s->flags & SLAB_DEBUG_FLAGS)
		slab_debug_setup(s, head);
	link_objects(s, head);
	POINT(mm_slab_new, page_to_pfn(head), order, s->object_size);
	return head;
}

void slab_free_page(struct kmem_cache *s, struct page *head)
{
	u32 order = page_order(head);

	(void)POINT_HIT(mm_slab_give_back, page_to_pfn(head), order,
			s->object_size);
	unmark_pages(head, order);
	free_pages(head, order);
}

void slab_free_pages(struct kmem_cache *s, struct list_head *slabs)
{
	struct page *head, *next;

	list_for_each_entry_safe(head, next, slabs, lru) {
		if (s->flags & SLAB_TYPESAFE_BY_RCU)
			slab_free_page_rcu(head);
		else
			slab_free_page(s, head);
	}
}

/* --- allocation past the stack --- */

/* What a mask may ask of a slab's pages. */
static gfp_t slab_gfp(const struct kmem_cache *s, gfp_t gfp)
{
	if (unlikely(gfp & (__GFP_MOVABLE | __GFP_HIGHMEM)))
		bad_request(gfp, s->order, "slabs can't move");
	return (gfp & ~(__GFP_MOVABLE | __GFP_HIGHMEM | __GFP_ZERO |
			__GFP_RECLAIMABLE | __GFP_DMA | __GFP_DMA32)) |
	       s->gfp;
}

/* The nearest node with memory that requests of this CPU may use. */
int slab_near_node(void)
{
	const struct zone *zone = this_cpu_read(pcp_local[0])->zone;

	return zone ? zone->nid : this_cpu_read(cpu_nid);
}

static void *take_from_node(struct kmem_cache *s, int nid)
{
	struct slab_node *n = &s->node[mm_active->slab->node_slot[nid]];
	void *object = NULL;
	u64 flags = spin_lock_irqsave(&n->lock);

	slab_take_partial(s, n, &object, 1);
	spin_unlock_irqrestore(&n->lock, flags);
	return object;
}

static void *take_from_new_slab(struct kmem_cache *s, gfp_t gfp, int nid)
{
	struct page *head = new_slab(s, gfp, nid);
	struct slab_node *n;
	void *object;
	u64 flags;

	if (!head)
		return NULL;
	n = slab_node_of(s, head);
	flags = spin_lock_irqsave(&n->lock);
	list_add(&head->lru, &n->partial);
	n->nr_partial++;
	n->nr_empty++;
	n->nr_slabs++;
	n->nr_pages += 1UL << page_order(head);
	n->nr_objects += slab_nr_objects(head);
	n->nr_free += slab_nr_free(head);
	object = take_object(s, n, head);
	move_if_full(n, head);
	spin_unlock_irqrestore(&n->lock, flags);
	return object;
}

static void *take_from_other_nodes(struct kmem_cache *s, int nid)
{
	const struct node *node = &mm_active->nodes[nid];
	void *object = NULL;

	for (u32 i = 0; !object && i < node->nr_node_order; i++)
		if (node->node_order[i] != nid)
			object = take_from_node(s, node->node_order[i]);
	return object;
}

/*
 * Near before far, and what is there before what would be new: a node without
 * free memory must not fill another one with slabs of one object each.
 */
static void *take_anywhere(struct kmem_cache *s, gfp_t gfp, int nid)
{
	bool far = mm_active->slab->nr_nodes > 1;
	void *object = take_from_node(s, nid);

	if (!object && (gfp & __GFP_THISNODE))
		return take_from_new_slab(s, gfp, nid);
	if (!object && far)
		object = take_from_new_slab(
			s,
			((gfp | __GFP_THISNODE | __GFP_NOWARN) &
			 ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL |
			   __GFP_RETRY_MAYFAIL)),
			nid);
	if (!object && far)
		object = take_from_other_nodes(s, nid);
	return object ? object : take_from_new_slab(s, gfp, NUMA_NO_NODE);
}

/* It was written to while free: it stays in use for ever. */
static void quarantine_object(struct kmem_cache *s, struct page *head)
{
	struct slab_node *n = slab_node_of(s, head);
	u64 flags = spin_lock_irqsave(&n->lock);

	add_counts(head, 0, 1);
	spin_unlock_irqrestore(&n->lock, flags);
}

void *slab_alloc_direct(struct kmem_cache *s, gfp_t gfp, int nid)
{
	if (nid == NUMA_NO_NODE)
		nid = slab_near_node();
	if (nid < 0 || nid >= MAX_NUMNODES || !mm_active->nodes[nid].online) {
		bad_request(gfp, s->order, "no such node");
		return NULL;
	}
	gfp = slab_gfp(s, gfp);
	for (;;) {
		void *object = take_anywhere(s, gfp, nid);

		if (!object || !(s->flags & SLAB_DEBUG_FLAGS) ||
		    slab_debug_alloc(s, object_head(object), object))
			return object;
		quarantine_object(s, object_head(object));
	}
}

/* --- checked frees --- */

/* Checked free: past the stacks, under the node's lock. */
void slab_free_debug(struct kmem_cache *s, void *object)
{
	struct list_head give_back = LIST_HEAD_INIT(give_back);
	struct page *head = object_head(object);
	struct slab_node *n = slab_node_of(s, head);
	u64 flags = spin_lock_irqsave(&n->lock);
	bool bad = false;

	if (slab_debug_free(s, head, object, &bad))
		slab_put_object(s, head, object, &give_back);
	else if (bad)
		add_counts(head, 0, 1);
	spin_unlock_irqrestore(&n->lock, flags);
	slab_free_pages(s, &give_back);
}
