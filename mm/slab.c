// SPDX-License-Identifier: MIT
/*
 * mm/slab.c - objects of one size: the hot paths, and each CPU's stack
 *
 *	kmem_cache_alloc --- this CPU's stack has one -----------> object
 *	    | empty                                                  ^
 *	    v                                                        |
 *	slab_alloc_slow: half a stack from partial slabs of the node |
 *	    | none                                                   |
 *	    v                                                        |
 *	slab_alloc_direct: a new slab of the node, partial slabs of -+
 *	    | none              others, a new slab of any
 *	    v
 *	NULL
 *
 * An object on a CPU's stack counts as in use: its slab (mm/slab_node.c) does
 * not know it. Stacks are made at a CPU's first use of a cache, in kmalloc's
 * memory; without one everything still works, slab by slab. They may hold
 * objects of any node; a flush brings each one home.
 *
 * Rules: a stack is its CPU's, with interrupts off, and no instruction of the
 * hot paths is locked.
 *
 * init_on_free: such a cache's stacks have limit 0, so that the plain free
 * passes to slab_free_slow(), which zeroes the object and pushes it on the
 * same stack: the price is the memset's.
 *
 * Real world: Linux mm/slub.c, whose "sheaves" (6.18) are these stacks.
 */
#include <kernel/point.h>
#include <kernel/sched_seed.h>
#include <kernel/string.h>
#include <mm/misuse.h>
#include <mm/slab_cache.h>

DEFINE_PER_CPU(struct slab_cpu *, slab_cpu_of[SLAB_MAX_CACHES]);

static union {
	struct slab_cpu stack;
	u8 room[sizeof(struct slab_cpu) + sizeof(void *)];
} no_stack;

struct slab_cpu *const slab_no_stack = &no_stack.stack;

/* When it fails, so does the allocation. */
static DEFINE_POINT(kmem_cache_alloc,
		    "call_site, ptr, bytes_req, bytes_alloc, gfp_flags");
static DEFINE_POINT(kmem_cache_free, "call_site, ptr, name, name");

/*
 * For traces, from a cold part of the API: who called that. The first address
 * is in the API's function.
 */
u64 slab_call_site(u64 frame)
{
	u64 at[2];

	return arch_stack_trace(at, 2, frame) == 2 ? at[1] : 0;
}

/* True: it is to fail. */
static __noinline bool note_alloc(struct kmem_cache *s, void *object, gfp_t gfp,
				  u64 frame)
{
	return POINT_HIT(kmem_cache_alloc, slab_call_site(frame), object,
			 s->object_size, s->size, gfp);
}

static __noinline void note_free(struct kmem_cache *s, void *object, u64 frame)
{
	(void)POINT_HIT(kmem_cache_free, slab_call_site(frame), object,
			POINT_TEXT(s->name));
}

/* --- hot paths; slab_free() is in slab_cache.h --- */

static void *slab_alloc_slow(struct kmem_cache *s, gfp_t gfp);

/*
 * The stack is empty, the object is to be zeroed, or somebody wants to know.
 * Interrupts are off.
 */
static __noinline void *alloc_odd(struct kmem_cache *s, gfp_t gfp, u64 flags)
{
	struct slab_cpu *c = this_cpu_read(*s->slot);
	void *object = c->object[c->count];

	if (object)
		c->count--;
	arch_irq_restore(flags);
	if (!object)
		object = slab_alloc_slow(s, gfp);
	if (object && (gfp & __GFP_ZERO))
		memset(object, 0, s->object_size);
	if (!object || !POINT_ON(kmem_cache_alloc) ||
	    !note_alloc(s, object, gfp, (u64)__builtin_frame_address(0)))
		return object;
	kmem_cache_free(s, object);
	return NULL;
}

/*
 * One call at most, and only where the path turns cold: so the compiler needs
 * no stack frame before.
 */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	struct slab_cpu *c;
	void *object;
	u64 flags;

	sched_point();
	flags = arch_irq_save();
	c = this_cpu_read(*s->slot);
	object = c->object[READ_ONCE(c->count)];
	if (unlikely(!object || (gfp & __GFP_ZERO)) ||
	    POINT_ON(kmem_cache_alloc))
		return alloc_odd(s, gfp, flags);
	c->count--;
	arch_irq_restore(flags);
	return object;
}

static __noinline void free_odd(struct kmem_cache *s, void *object, u64 flags)
{
	const struct page *page = virt_to_page(object);

	if (likely(page_flag(page, PG_slab) && page->mapping == s)) {
		if (POINT_ON(kmem_cache_free))
			note_free(s, object, (u64)__builtin_frame_address(0));
		slab_free_slow(s, object, flags);
		return;
	}
	arch_irq_restore(flags);
	slab_bug(s, NULL, object, BUG_SLAB_WILD,
		 "it is no object of this cache");
}

void kmem_cache_free(struct kmem_cache *s, void *object)
{
	const struct page *page = virt_to_page(object);
	u64 flags;

	sched_point();
	flags = arch_irq_save();
	if (POINT_ON(kmem_cache_free) ||
	    unlikely(!page_flag(page, PG_slab) || page->mapping != s ||
		     !slab_free_fast(s, object, flags)))
		free_odd(s, object, flags);
}

/* --- the CPU's stack, seldom --- */

/* In kmalloc's memory, taken past the stacks: no stack needs another one. */
static void make_stack(struct kmem_cache *s)
{
	u32 bytes = (u32)(sizeof(struct slab_cpu) +
			  (s->capacity + 1u) * sizeof(void *));
	struct slab_cpu *c = slab_alloc_direct(
		kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(bytes)],
		GFP_NOWAIT, NUMA_NO_NODE);
	u64 flags;

	if (!c)
		return;
	c->count = 0;
	c->nr_slow = 0;
	c->capacity = s->capacity;
	c->limit = s->wipe ? 0 : s->capacity;
	c->object[0] = NULL;
	flags = arch_irq_save();
	if (this_cpu_read(*s->slot) == slab_no_stack) {
		this_cpu_write(*s->slot, c);
		c = NULL;
	}
	arch_irq_restore(flags);
	kfree(c);
}

/* True: this CPU has a stack (or had, before it was exchanged for another). */
static bool has_stack(struct kmem_cache *s)
{
	if (s->capacity && this_cpu_read(*s->slot) == slab_no_stack)
		make_stack(s);
	return this_cpu_read(*s->slot) != slab_no_stack;
}

static void reverse(void **objects, u32 nr)
{
	for (u32 i = 0; i < nr / 2; i++) {
		void *tmp = objects[i];

		objects[i] = objects[nr - 1 - i];
		objects[nr - 1 - i] = tmp;
	}
}

/* Half a stack at once, lowest address on top. NULL: the node has none. */
static void *refill_and_pop(struct kmem_cache *s)
{
	struct slab_node *n =
		&s->node[mm_active->slab->node_slot[slab_near_node()]];
	u64 flags = arch_irq_save();
	struct slab_cpu *c = this_cpu_read(*s->slot);
	void *object = NULL;

	if (!c->count && c->capacity) {
		spin_lock(&n->lock);
		c->count = slab_take_partial(s, n, c->object + 1,
					     DIV_ROUND_UP(c->capacity, 2u));
		spin_unlock(&n->lock);
		reverse(c->object + 1, (u32)c->count);
		c->nr_slow++;
	}
	if (c->count)
		object = c->object[c->count--];
	arch_irq_restore(flags);
	return object;
}

static void *slab_alloc_slow(struct kmem_cache *s, gfp_t gfp)
{
	void *object = NULL;

	if (has_stack(s))
		object = refill_and_pop(s);
	if (!object)
		object = slab_alloc_direct(s, gfp, NUMA_NO_NODE);
	return object;
}

/* Oldest first, and the rest moves down. */
static void flush(struct kmem_cache *s, struct slab_cpu *c, u32 nr)
{
	slab_put_objects(s, c->object + 1, nr);
	c->count -= nr;
	memmove(c->object + 1, c->object + 1 + nr,
		c->count * sizeof(c->object[0]));
	c->nr_slow++;
}

/* False: this CPU has no stack, or a double free was told of. */
static bool push(struct kmem_cache *s, void *object, bool *twice)
{
	u64 flags = arch_irq_save();
	struct slab_cpu *c = this_cpu_read(*s->slot);

	*twice = c->object[c->count] == object;
	if (!*twice && c->capacity) {
		if (c->count >= c->capacity)
			flush(s, c, DIV_ROUND_UP(c->capacity, 2u));
		if (s->wipe)
			memset(object, 0, s->wipe);
		c->object[++c->count] = object;
	}
	arch_irq_restore(flags);
	return !*twice && c->capacity;
}

/* init_on_free's own fast path: the plain one and a memset. */
static bool wipe_and_push(struct kmem_cache *s, void *object)
{
	struct slab_cpu *c = this_cpu_read(*s->slot);

	if (c->count >= c->capacity || c->object[c->count] == object)
		return false;
	memset(object, 0, s->wipe);
	c->object[++c->count] = object;
	return true;
}

static __noinline void slab_free_slower(struct kmem_cache *s, void *object)
{
	bool twice;

	if (s->flags & SLAB_DEBUG_FLAGS) {
		slab_free_debug(s, object);
		return;
	}
	(void)has_stack(s);
	if (push(s, object, &twice))
		return;
	if (twice) {
		slab_bug(s, object_head(object), object, BUG_SLAB_DOUBLE_FREE,
			 "it was freed just before");
		return;
	}
	if (s->wipe)
		memset(object, 0, s->wipe);
	slab_put_objects(s, &object, 1);
}

void slab_free_slow(struct kmem_cache *s, void *object, u64 flags)
{
	bool done = s->wipe && wipe_and_push(s, object);

	arch_irq_restore(flags);
	if (!done)
		slab_free_slower(s, object);
}

void slab_drain_local(struct kmem_cache *s)
{
	u64 flags = arch_irq_save();
	struct slab_cpu *c = this_cpu_read(*s->slot);

	if (c->count)
		flush(s, c, (u32)c->count);
	arch_irq_restore(flags);
}

/* --- nodes and bulks --- */

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int nid)
{
	void *object;

	/* A stack may hold any node's objects. */
	if (nid == NUMA_NO_NODE || mm_active->slab->nr_nodes == 1)
		return kmem_cache_alloc(s, gfp);
	object = slab_alloc_direct(s, gfp, nid);
	if (object && (gfp & __GFP_ZERO))
		memset(object, 0, s->object_size);
	return object;
}

/* What the stack has, without looking further. */
static u32 pop_some(struct kmem_cache *s, u32 nr, void **objects)
{
	u64 flags = arch_irq_save();
	struct slab_cpu *c = this_cpu_read(*s->slot);
	u32 take = min(nr, (u32)c->count);

	for (u32 i = 0; i < take; i++)
		objects[i] = c->object[c->count - i];
	if (take) /* there may be no stack, and all CPUs share that */
		c->count -= take;
	arch_irq_restore(flags);
	return take;
}

u32 kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, u32 nr,
			  void **objects)
{
	u32 done = 0;

	while (done < nr) {
		u32 got = pop_some(s, nr - done, objects + done);

		for (u32 i = 0; (gfp & __GFP_ZERO) && i < got; i++)
			memset(objects[done + i], 0, s->object_size);
		done += got;
		if (done == nr)
			break;
		/* One object by the long way refills the stack. */
		objects[done] = kmem_cache_alloc(s, gfp);
		if (!objects[done])
			break;
		done++;
	}
	if (done == nr)
		return nr;
	kmem_cache_free_bulk(s, done, objects);
	return 0;
}

void kmem_cache_free_bulk(struct kmem_cache *s, u32 nr, void **objects)
{
	for (u32 i = 0; i < nr; i++)
		kmem_cache_free(s, objects[i]);
}
