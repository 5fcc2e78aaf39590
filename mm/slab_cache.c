// SPDX-License-Identifier: MIT
/*
 * mm/slab_cache.c - caches: sizes, merging, birth and end
 *
 * A slot, from one object to the next:
 *
 *	[left red zone][payload][right red zone][free ptr][owners][padding]
 *	 0              red_left  object_size     inuse     track_offset   size
 *	                ^ the object's address; other offsets count from here
 *
 * Without checks only the payload is there, and the free pointer lies in its
 * middle, where an overrun of the object before does not reach it at once.
 * With a constructor it lies behind.
 *
 * Order: the smallest whose tail wastes at most 1/16 (then 1/8, 1/4, 1/2) and
 * that holds 4 * (fls(CPUs) + 1) objects, at most 3: Linux's rule.
 *
 * Merging: a cache that an older one can serve (size, alignment, charge) is
 * that one, with a user more. The fewer caches, the fuller their slabs.
 *
 * The boot chunk holds struct slab_state, then the caches of kmalloc and the
 * one of struct kmem_cache, which all later ones come from.
 */
#include <kernel/bitops.h>
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/rcu.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/slab_cache.h>

#define SLAB_MAX_ORDER 3
#define SHRINK_BUCKETS 32 /* partial slabs with fewer free ones are sorted */

/* What tells caches apart that must not be one. */
#define SLAB_NEVER_MERGE \
	(SLAB_DEBUG_FLAGS | SLAB_NO_MERGE | SLAB_TYPESAFE_BY_RCU)
#define SLAB_MERGE_SAME (SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_ACCOUNT)

DEFINE_LOCK_CLASS(slab_node_class, "slab node", true);
DEFINE_LOCK_CLASS(slab_list_class, "slab list", true);

/* --- sizes --- */

/* A free object is still looked at, by its next user or by readers. */
static bool keeps_content(const struct kmem_cache *s)
{
	return s->ctor || (s->flags & SLAB_TYPESAFE_BY_RCU);
}

static void lay_out_object(struct kmem_cache *s)
{
	u32 end = ALIGN(s->object_size, 8u);

	if (s->flags & SLAB_RED_ZONE) {
		s->red_left = ALIGN(8u, s->align);
		end += 8;
	}
	s->inuse = end;
	s->offset = ALIGN_DOWN(s->object_size / 2, 8u);
	if (keeps_content(s) || (s->flags & (SLAB_POISON | SLAB_RED_ZONE))) {
		s->offset = end;
		end += 8;
	}
	s->track_offset = end;
	if (s->flags & SLAB_STORE_USER)
		end += slab_track_size();
	s->size = ALIGN(s->red_left + end, s->align);
}

static bool order_suits(u32 size, u32 order, u32 min_objects, u32 fraction)
{
	u64 bytes = PAGE_SIZE << order;

	return bytes / size >= min_objects && bytes % size <= bytes / fraction;
}

static u32 slab_order(u32 size, u32 nr_cpus)
{
	u32 cpus = max(nr_cpus, 1u), order;
	u32 most = (u32)((PAGE_SIZE << SLAB_MAX_ORDER) / size);
	u32 wanted = min(4 * (32 - (u32)__builtin_clz(cpus) + 1), most);

	for (u32 fraction = 16; wanted && fraction > 1; fraction /= 2)
		for (order = 0; order <= SLAB_MAX_ORDER; order++)
			if (order_suits(size, order, wanted, fraction))
				return order;
	for (order = 0; PAGE_SIZE << order < size;)
		order++;
	return order;
}

static u32 min_order(u32 size)
{
	u32 order = 0;

	while (PAGE_SIZE << order < size)
		order++;
	return order;
}

/* Stack and header fill a class of kmalloc: 512, 256, 128 or 64 bytes. */
static u16 stack_capacity(const struct kmem_cache *s)
{
	u32 bytes = s->size <= 256 ? 512 : s->size <= 1024 ? 256 : 128;

	if (s->flags & SLAB_DEBUG_FLAGS)
		return 0;
	return (u16)((bytes - sizeof(struct slab_cpu)) / sizeof(void *) - 1);
}

static void set_sizes(struct kmem_cache *s, const struct mm_state *mm)
{
	u32 log = 31 - (u32)__builtin_clz(max(s->object_size, 1u));

	lay_out_object(s);
	s->order = (u8)slab_order(s->size, mm->nr_cpus);
	s->min_order = (u8)min_order(s->size);
	s->capacity = stack_capacity(s);
	s->min_partial = clamp(log / 2, 5u, 10u);
	s->gfp = s->flags & SLAB_RECLAIM_ACCOUNT ? __GFP_RECLAIMABLE : 0;
	if (s->flags & SLAB_CACHE_DMA)
		s->gfp |= __GFP_DMA;
	if ((page_debug_on & DEBUG_INIT_ON_FREE) && !keeps_content(s) &&
	    !(s->flags & SLAB_POISON))
		s->wipe = s->object_size;
}

/* --- a cache --- */

static u32 cache_alignment(u32 size, u32 align, u32 flags)
{
	u32 line = 64;

	align = max(align, 8u);
	if (!(flags & SLAB_HWCACHE_ALIGN))
		return align;
	/* Small objects share a line, none crosses one. */
	while (size <= line / 2 && line > 8)
		line /= 2;
	return max(align, line);
}

static u32 flags_of_boot_word(const struct slab_params *params, const char *name)
{
	if (*params->debug_glob && !glob_match(params->debug_glob, name))
		return 0;
	return params->debug_flags;
}

/* Zeroed memory becomes a cache; all but its slot and its place on the list. */
static void fill_cache(struct mm_state *mm, struct kmem_cache *s,
		       const char *name, u32 size, u32 align, u32 flags,
		       void (*ctor)(void *object))
{
	strscpy(s->name, name, sizeof(s->name));
	s->object_size = max(size, 8u);
	s->flags = flags | flags_of_boot_word(&mm->slab_params, name);
	s->align = cache_alignment(size, align, flags);
	s->ctor = ctor;
	if (keeps_content(s))
		s->flags &= ~SLAB_POISON;
	s->refcount = 1;
	set_sizes(s, mm);
	for (u32 i = 0; i < mm->slab->nr_nodes; i++) {
		spin_lock_init(&s->node[i].lock, &slab_node_class);
		INIT_LIST_HEAD(&s->node[i].partial);
		INIT_LIST_HEAD(&s->node[i].full);
	}
}

static bool can_be_merged(const struct kmem_cache *s)
{
	return !s->ctor && !(s->flags & SLAB_NEVER_MERGE);
}

static bool can_serve(const struct kmem_cache *old, const struct kmem_cache *s)
{
	return can_be_merged(old) && old->size >= s->size &&
	       old->size - s->size < 8 && !old->wipe == !s->wipe &&
	       (old->flags & SLAB_MERGE_SAME) == (s->flags & SLAB_MERGE_SAME) &&
	       old->align % s->align == 0;
}

/* The one that serves, with a user more; NULL: none. (s) */
static struct kmem_cache *find_mergeable(struct mm_state *mm,
					 const struct kmem_cache *s)
{
	struct kmem_cache *old;

	if (mm->slab_params.nomerge || !can_be_merged(s))
		return NULL;
	list_for_each_entry(old, &mm->slab->caches, list)
		if (can_serve(old, s)) {
			old->object_size = max(old->object_size, s->object_size);
			old->wipe = max(old->wipe, s->wipe);
			old->refcount++;
			return old;
		}
	return NULL;
}

static void set_slots(const struct slab_state *st, struct kmem_cache *s)
{
	for (u32 cpu = 0; cpu < st->nr_cpus; cpu++)
		*per_cpu_ptr(s->slot, cpu) = slab_no_stack;
}

/* False: there are too many caches. (s) */
static bool link_cache(struct slab_state *st, struct kmem_cache *s)
{
	for (u32 slot = 0; slot < SLAB_MAX_CACHES; slot++) {
		if (st->slots[slot / 64] >> slot % 64 & 1)
			continue;
		st->slots[slot / 64] |= 1UL << slot % 64;
		s->slot = &slab_cpu_of[slot];
		set_slots(st, s);
		list_add_tail(&s->list, &st->caches);
		return true;
	}
	return false;
}

static const char *what_is_bad(const char *name, u32 size, u32 align)
{
	if (!name || !*name)
		return "it needs a name";
	if (!size || size > PAGE_SIZE << SLAB_MAX_ORDER)
		return "objects of that size are no objects";
	if (align & (align - 1) || align > PAGE_SIZE)
		return "alignment is no power of two up to a page";
	return NULL;
}

static struct kmem_cache *no_cache(const char *name, u32 flags, const char *why)
{
	if (flags & SLAB_PANIC)
		panic("slab: no cache %s: %s", name ? name : "?", why);
	pr_warn("slab: no cache %s: %s\n", name ? name : "?", why);
	return NULL;
}

struct kmem_cache *kmem_cache_create(const char *name, u32 size, u32 align,
				     u32 flags, void (*ctor)(void *object))
{
	struct slab_state *st = mm_active->slab;
	const char *bad = what_is_bad(name, size, align);
	struct kmem_cache *s, *old;
	bool linked = false;
	u64 irq;

	if (bad)
		return no_cache(name, flags, bad);
	s = kmem_cache_zalloc(st->caches_cache, GFP_KERNEL);
	if (!s)
		return no_cache(name, flags, "out of memory");
	fill_cache(mm_active, s, name, size, align, flags, ctor);
	irq = spin_lock_irqsave(&st->lock);
	old = find_mergeable(mm_active, s);
	if (!old)
		linked = link_cache(st, s);
	spin_unlock_irqrestore(&st->lock, irq);
	if (linked)
		return s;
	kmem_cache_free(st->caches_cache, s);
	return old ? old : no_cache(name, flags, "there are too many");
}

u32 kmem_cache_size(const struct kmem_cache *s)
{
	return s->object_size;
}

/* --- shrinking --- */

/* Free slabs leave; the others are sorted, fullest first. (n) */
static void sort_node(struct slab_node *n, struct list_head *give_back)
{
	struct list_head bucket[SHRINK_BUCKETS];
	struct page *head, *next;

	for (u32 i = 0; i < SHRINK_BUCKETS; i++)
		INIT_LIST_HEAD(&bucket[i]);
	list_for_each_entry_safe(head, next, &n->partial, lru) {
		u32 free = slab_nr_free(head);

		if (free == slab_nr_objects(head)) {
			slab_unlink(n, head);
			list_add(&head->lru, give_back);
		} else if (free < SHRINK_BUCKETS) {
			list_move(&head->lru, &bucket[free]);
		}
	}
	for (u32 i = SHRINK_BUCKETS; i-- > 0;)
		list_for_each_entry_safe(head, next, &bucket[i], lru)
			list_move(&head->lru, &n->partial);
}

static u64 shrink_nodes(struct kmem_cache *s)
{
	u64 pages = 0;

	for (u32 i = 0; i < mm_active->slab->nr_nodes; i++) {
		struct list_head give_back = LIST_HEAD_INIT(give_back);
		struct slab_node *n = &s->node[i];
		u64 flags = spin_lock_irqsave(&n->lock);

		pages += n->nr_pages;
		sort_node(n, &give_back);
		pages -= n->nr_pages;
		spin_unlock_irqrestore(&n->lock, flags);
		slab_free_pages(s, &give_back);
	}
	return pages;
}

static void drain_cache_here(void *s)
{
	slab_drain_local(s);
}

static void drain_all_here(void *arg)
{
	struct slab_state *st = arg;
	u64 flags = spin_lock_irqsave(&st->lock);
	struct kmem_cache *s;

	list_for_each_entry(s, &st->caches, list)
		slab_drain_local(s);
	spin_unlock_irqrestore(&st->lock, flags);
}

u64 kmem_cache_shrink(struct kmem_cache *s)
{
	on_each_cpu(drain_cache_here, s, true);
	return shrink_nodes(s);
}

u64 slab_shrink_all(struct mm_state *mm)
{
	struct kmem_cache *s;
	u64 flags, pages = 0;

	on_each_cpu(drain_all_here, mm->slab, true);
	flags = spin_lock_irqsave(&mm->slab->lock);
	list_for_each_entry(s, &mm->slab->caches, list)
		pages += shrink_nodes(s);
	spin_unlock_irqrestore(&mm->slab->lock, flags);
	return pages;
}

/* --- the end of a cache --- */

/* Nobody uses the cache any more: other CPUs' stacks lie still. */
static void take_down_stacks(struct slab_state *st, struct kmem_cache *s)
{
	for (u32 cpu = 0; cpu < st->nr_cpus; cpu++) {
		struct slab_cpu **slot = per_cpu_ptr(s->slot, cpu), *c = *slot;

		if (c == slab_no_stack)
			continue;
		*slot = slab_no_stack;
		slab_put_objects(s, c->object + 1, (u32)c->count);
		kfree(c);
	}
}

static u64 objects_in_use(struct kmem_cache *s)
{
	u64 used = 0;

	for (u32 i = 0; i < mm_active->slab->nr_nodes; i++) {
		struct list_head *lists[] = { &s->node[i].partial,
					      &s->node[i].full };
		struct page *head;

		for (u32 l = 0; l < ARRAY_SIZE(lists); l++)
			list_for_each_entry(head, lists[l], lru)
				used += slab_nr_objects(head) -
					slab_nr_free(head) - slab_nr_bad(head);
	}
	return used;
}

/* With quarantined objects only: the cache goes, so its pages may. */
static void free_quarantined_slabs(struct kmem_cache *s)
{
	for (u32 i = 0; i < mm_active->slab->nr_nodes; i++) {
		slab_free_pages(s, &s->node[i].partial);
		slab_free_pages(s, &s->node[i].full);
	}
}

/* True: it was the last one. Nobody finds the cache any more. */
static bool drop_user(struct slab_state *st, struct kmem_cache *s)
{
	u64 flags = spin_lock_irqsave(&st->lock);
	bool last = --s->refcount == 0;

	if (last)
		list_del(&s->list);
	spin_unlock_irqrestore(&st->lock, flags);
	return last;
}

/* It stays, for its objects' sake. */
static void keep_cache(struct slab_state *st, struct kmem_cache *s, u64 used)
{
	u64 flags = spin_lock_irqsave(&st->lock);

	s->refcount = 1;
	list_add_tail(&s->list, &st->caches);
	spin_unlock_irqrestore(&st->lock, flags);
	pr_err("BUG %s: destroyed with %lu objects in use\n", s->name, used);
	bug_finish(BUG_SLAB_IN_USE);
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	struct slab_state *st = mm_active->slab;
	u64 used, flags, slot;

	if (!s || !drop_user(st, s))
		return;
	take_down_stacks(st, s);
	shrink_nodes(s);
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		rcu_barrier(); /* its last slabs name it */
	used = objects_in_use(s);
	if (used) {
		keep_cache(st, s, used);
		return;
	}
	free_quarantined_slabs(s);
	flags = spin_lock_irqsave(&st->lock);
	slot = (u64)(s->slot - slab_cpu_of);
	st->slots[slot / 64] &= ~(1UL << slot % 64);
	spin_unlock_irqrestore(&st->lock, flags);
	kmem_cache_free(st->caches_cache, s);
}

/* --- boot --- */

static u32 map_nodes(struct mm_state *mm, u8 node_slot[MAX_NUMNODES])
{
	u32 nr = 0;

	for (u32 nid = 0; nid < MAX_NUMNODES; nid++)
		if (mm->nodes[nid].online)
			node_slot[nid] = (u8)nr++;
	return nr;
}

static u32 order_for(u64 bytes)
{
	u32 order = 0;

	while (PAGE_SIZE << order < bytes)
		order++;
	return order;
}

static struct kmem_cache *boot_cache(struct mm_state *mm, char **memory,
				     u64 bytes, const char *name, u32 size,
				     u32 flags)
{
	struct kmem_cache *s = (struct kmem_cache *)*memory;
	/* Powers of two lie at multiples of themselves. */
	u32 align = size & (size - 1) ? 8 : min(size, (u32)PAGE_SIZE);

	*memory += bytes;
	fill_cache(mm, s, name, size, align, flags, NULL);
	link_cache(mm->slab, s);
	return s;
}

static void make_kmalloc_caches(struct mm_state *mm, char **memory, u64 bytes)
{
	static const char *const prefix[NR_KMALLOC_TYPES] = { "kmalloc-",
							      "kmalloc-rcl-",
							      "dma-kmalloc-" };
	static const u32 flags[NR_KMALLOC_TYPES] = { 0, SLAB_RECLAIM_ACCOUNT,
						     SLAB_CACHE_DMA };

	for (u32 type = 0; type < NR_KMALLOC_TYPES; type++)
		for (u32 i = 0; i < NR_KMALLOC_CLASSES; i++) {
			u32 size = kmalloc_class_size(i);
			char name[32];

			snprintf(name, sizeof(name),
				 size < 1024 ? "%s%u" : "%s%uk", prefix[type],
				 size < 1024 ? size : size / 1024);
			kmalloc_caches[type][i] = boot_cache(
				mm, memory, bytes, name, size, flags[type]);
		}
}

int slab_init(struct mm_state *mm)
{
	u8 node_slot[MAX_NUMNODES] = { 0 };
	u32 nr_nodes = map_nodes(mm, node_slot);
	u64 state_bytes = ALIGN(sizeof(struct slab_state), 64UL);
	u64 bytes = ALIGN(sizeof(struct kmem_cache) +
				  nr_nodes * sizeof(struct slab_node),
			  64UL);
	u64 nr = NR_KMALLOC_TYPES * NR_KMALLOC_CLASSES + 1;
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN,
					order_for(state_bytes + nr * bytes));
	char *memory;

	mm->slab = NULL;
	if (!page)
		return -ENOMEM;
	memory = page_address(page);
	mm->slab = (struct slab_state *)memory;
	memory += state_bytes;
	mm->slab->nr_nodes = nr_nodes;
	memcpy(mm->slab->node_slot, node_slot, sizeof(node_slot));
	spin_lock_init(&mm->slab->lock, &slab_list_class);
	INIT_LIST_HEAD(&mm->slab->caches);
	mm->slab->nr_cpus = clamp(mm->nr_cpus, 1u, (u32)MAX_CPUS);
	make_kmalloc_caches(mm, &memory, bytes);
	mm->slab->caches_cache = boot_cache(mm, &memory, bytes, "kmem_cache",
					    (u32)bytes, SLAB_NO_MERGE);
	return 0;
}
