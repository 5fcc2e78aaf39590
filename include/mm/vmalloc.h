/* SPDX-License-Identifier: MIT */
/*
 * include/mm/vmalloc.h - memory in one piece of address space, not of RAM
 *
 *	char *text = vmalloc(100000);	25 frames from anywhere
 *	vfree(text);
 *
 * Units    bytes; sizes are rounded up to pages
 * Locks    vmap area (class I); no memory is taken or freed under it. A purge
 *          holds vmap purge (class S, the innermost) until all is given back
 * Context  alloc and vmalloc_purge(): thread, no class I lock held. vfree():
 *          any, interrupts included. Only with interrupts and preemption on
 *          does an alloc or vfree() purge
 * Errors   NULL: no frames, address space or size 0. A wild or double vfree()
 *          is BUG_VFREE (mm/misuse.h)
 * Owns     addresses of paging_vmalloc_range(); of each frame behind them
 *          `mapping` (the area), `index` (its place) and `lru`
 * Keeps    vmalloc_check(mm) == 0
 *
 * An unmapped page follows each area. What vfree() took away is used again,
 * frames and addresses, only after a purge: then every CPU has said that its
 * TLB is rid of them.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>
#include <mm/gfp.h>
#include <mm/numa.h>

struct kmem_cache;
struct mm_state;
struct page;

void *vmalloc(size_t size);
void *vzalloc(size_t size);
/* Frames of that node as long as it has some. */
void *vmalloc_node(size_t size, int nid);
/* With another mask than GFP_KERNEL; frames of __GFP_DMA etc. are possible. */
void *__vmalloc(size_t size, gfp_t gfp);
void vfree(const void *addr);

/* kmalloc() if that works at once, else vmalloc(). */
void *kvmalloc(size_t size, gfp_t gfp);
void *kvmalloc_node(size_t size, gfp_t gfp, int nid);
void kvfree(const void *addr);

static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

/*
 * Registers of a device at [phys, +size), uncached. NULL, with a warning: there
 * is RAM, or no such address; NULL: out of memory. mm/ioremap.c
 */
void *ioremap(paddr_t phys, u64 size);
/* What ioremap() gave; the rules are vfree()'s. */
void iounmap(const void *addr);

bool is_vmalloc_addr(const void *addr);
/* The frame behind a mapped address; NULL: nothing is there, or a device. */
struct page *vmalloc_to_page(const void *addr);

/*
 * Flush, and give back what was freed until now: how many pages, and how many
 * came back while it waited for another one. The page allocator's slow path
 * calls it, too.
 */
u64 vmalloc_purge(void);

/* --- boot --- */

/* All of it: (v) under `lock`, (c) constant after boot. */
struct vmalloc_state {
	struct spinlock lock;
	struct kmem_cache *area_cache; /* (c) NULL: not there yet */
	u64 start, end;		       /* (c) addresses */
	u64 max_pages;		       /* (c) RAM: larger areas can't be */
	u64 lazy_max;		       /* (c) pages that may wait for a purge */
	struct list_head areas;	       /* (v) by address, freed ones too */
	struct list_head lazy;	       /* (v) unmapped, in TLBs perhaps */
	u64 nr_areas;		       /* (v) in `areas` */
	u64 nr_pages;		       /* (v) of areas in use */
	u64 nr_lazy;		       /* (v) pages of areas in `lazy` */
	u64 nr_purges;		       /* (v) */
	struct mutex purge_lock;       /* held from the queue to the lists */
	u64 nr_purged;		       /* [purge_lock] pages given back, ever */
	u64 nr_tables;		       /* (a) pages that page tables took */
};

/* After slab_init(). 0, or -ENOMEM. */
int vmalloc_init(struct mm_state *mm);

/* --- looking --- */

struct vmalloc_info {
	u64 start, end; /* guard page included */
	u64 caller;
	u64 nr_pages;
	bool in_use;	/* else on its way there, or from there */
	bool is_device; /* nr_pages of registers from phys on */
	paddr_t phys;
	u32 on_node[MAX_NUMNODES]; /* pages, while in use */
};

/* The nth area by address; false: there are no more. */
bool vmalloc_get_info(struct mm_state *mm, u32 nth, struct vmalloc_info *info);
int vmalloc_check(struct mm_state *mm);
