/* SPDX-License-Identifier: MIT */
/*
 * include/mm/slab_cache.h - inside a cache: for mm/slab*.c, kmalloc and tests
 *
 *	CPU's stack   object[0] = NULL | oldest ... newest |   count
 *	                     flush: half, oldest |   ^ refill: half
 *	node          partial: [slab][slab]...[free slab]   full: [slab]...
 *
 *	slab, a chunk of 2^order pages:
 *	head          kind PAGE_SLAB, private_data: first free object,
 *	              index: objects, free ones, quarantined ones (16 bits each)
 *	tails         index: pages from the head
 *	each page     flag PG_slab, mapping: the cache
 *
 * Locks    by field: (c) constant, (n) node's lock, (s) slab list's lock,
 *          (i) this CPU, interrupts off
 */
#pragma once

#include <arch/percpu.h>
#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <mm/mm_state.h>
#include <mm/slab.h>

#define SLAB_MAX_CACHES 256

/* (i) Free objects of one cache in the hands of one CPU. */
struct slab_cpu {
	u64 count;	/* object[count] is the newest */
	u64 limit;	/* plain frees push below it; 0: look closer first */
	u32 capacity;	/* 0: there is no stack here */
	u32 nr_slow;	/* refills and flushes */
	void *object[]; /* [0] is NULL: what is popped when there is none */
};

/* (n) Slabs of one cache in one node's memory. */
struct slab_node {
	struct spinlock lock;
	struct list_head partial; /* some free; wholly free ones at the end */
	struct list_head full;
	u64 nr_partial;
	u64 nr_empty; /* wholly free, among nr_partial */
	u64 nr_slabs;
	u64 nr_pages;
	u64 nr_objects;
	u64 nr_free; /* in slabs */
};

struct kmem_cache {
	struct slab_cpu **slot; /* (c) this_cpu_read(*slot) is the stack */
	u32 object_size;     /* (c) what the user gets; grows by merging (s) */
	u32 wipe;	     /* (c) bytes zeroed on free */
	u32 size;	     /* (c) from one object to the next */
	u32 offset;	     /* (c) of the free pointer in a free object */
	u32 inuse;	     /* (c) end of payload and right red zone */
	u32 track_offset;    /* (c) of the two owner records */
	u32 red_left;	     /* (c) bytes before the payload */
	u32 align;	     /* (c) */
	u32 flags;	     /* (c) SLAB_* */
	gfp_t gfp;	     /* (c) added to requests for pages */
	u8 order, min_order; /* (c) */
	u16 capacity;	     /* (c) of a CPU's stack */
	u32 min_partial;     /* (c) slabs kept though free */
	u32 refcount;	     /* (s) */
	void (*ctor)(void *object); /* (c) */
	char name[32];		    /* (c) */
	struct list_head list;	    /* (s) */
	struct slab_node node[];    /* by mm->slab->node_slot[nid] */
};

struct slab_state {
	struct spinlock lock;	 /* slab list; taken outside of slab node */
	struct list_head caches; /* (s) */
	u64 slots[SLAB_MAX_CACHES / 64]; /* (s) which are taken */
	u32 nr_cpus;			 /* (c) that have an area */
	struct kmem_cache *caches_cache; /* (c) of struct kmem_cache */
	u32 nr_nodes;			 /* (c) online ones */
	u8 node_slot[MAX_NUMNODES];	 /* (c) */
};

DECLARE_PER_CPU(struct slab_cpu *, slab_cpu_of[SLAB_MAX_CACHES]);
/* What a slot shows when there is no stack: always empty, never pushed to. */
extern struct slab_cpu *const slab_no_stack;
extern struct lock_class slab_node_class, slab_list_class;

/* --- the record of a slab --- */

static inline struct page *slab_head(struct page *page)
{
	return page->kind_order ? page : page - page->index;
}

static inline struct page *object_head(const void *object)
{
	return slab_head(virt_to_page(object));
}

static inline u32 slab_nr_bad(const struct page *head)
{
	return head->index >> 32 & 0xffff;
}

static inline void slab_set_counts(struct page *head, u32 objects, u32 free,
				   u32 bad)
{
	WRITE_PLAIN(head->index, (u64)bad << 32 | free << 16 | objects);
}

static inline struct slab_node *slab_node_of(struct kmem_cache *s,
					     const struct page *head)
{
	return &s->node[mm_active->slab->node_slot[page_zone(head)->nid]];
}

static inline void **slab_free_pointer(const struct kmem_cache *s, void *object)
{
	return (void **)((char *)object + s->offset);
}

/* Is that where an object of the slab begins? */
bool slab_is_object(const struct kmem_cache *s, const struct page *head,
		    const void *object);

/* --- slabs of a node, mm/slab_node.c --- */

/* The nearest node with memory that requests of this CPU may use. */
int slab_near_node(void);
/* Up to nr objects of partial slabs. (n) */
u32 slab_take_partial(struct kmem_cache *s, struct slab_node *n, void **out,
		      u32 nr);
/* One object out of the slabs, past the stacks. */
void *slab_alloc_direct(struct kmem_cache *s, gfp_t gfp, int nid);
/* Objects, all of this cache, back to their slabs. */
void slab_put_objects(struct kmem_cache *s, void **objects, u32 nr);
/* One object back to its slab; a slab to give back is put on the list. (n) */
void slab_put_object(struct kmem_cache *s, struct page *head, void *object,
		     struct list_head *give_back);
/* A wholly free slab leaves its node. (n) */
void slab_unlink(struct slab_node *n, struct page *head);
void slab_free_pages(struct kmem_cache *s, struct list_head *slabs);
void slab_free_page(struct kmem_cache *s, struct page *head);
/* The same after a grace period, for SLAB_TYPESAFE_BY_RCU. */
void slab_free_page_rcu(struct page *head);
/* With slab_debug= of this cache: checked, under the node's lock. */
void slab_free_debug(struct kmem_cache *s, void *object);

/* --- the CPU's stack, mm/slab.c --- */

u32 kmalloc_class_size(u32 index);

void slab_free_slow(struct kmem_cache *s, void *object, u64 flags);
/* frame: of a function that the API's called. */
u64 slab_call_site(u64 frame);
/* This CPU's stack, to the slabs. */
void slab_drain_local(struct kmem_cache *s);

/*
 * False: nothing done, interrupts are still off; slab_free_slow() goes on from
 * there. The top of the stack may not be the same object: a double free of the
 * hottest object is seen in any build.
 */
static inline __attribute__((always_inline)) bool
slab_free_fast(struct kmem_cache *s, void *object, u64 flags)
{
	struct slab_cpu *c = this_cpu_read(*s->slot);
	/* Read once: then counting up is one instruction on memory. */
	u64 n = READ_ONCE(c->count);

	if (unlikely(n >= c->limit || c->object[n] == object))
		return false;
	c->object[n + 1] = object;
	c->count++;
	arch_irq_restore(flags);
	return true;
}

/* --- checks of slab_debug=, mm/slab_debug.c --- */

u32 slab_track_size(void); /* bytes behind each object of SLAB_STORE_USER */
/* Everything of a new slab but the payloads' constructor. */
void slab_debug_setup(struct kmem_cache *s, struct page *head);
/* False: written to while free; the object is no good. */
bool slab_debug_alloc(struct kmem_cache *s, struct page *head, void *object);
/* (n) False: not to be taken back; *bad: but it never comes back, either. */
bool slab_debug_free(struct kmem_cache *s, struct page *head, void *object,
		     bool *bad);
void slab_bug(struct kmem_cache *s, const struct page *head, const void *object,
	      u32 kind, const char *what);
