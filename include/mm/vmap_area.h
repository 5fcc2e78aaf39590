/* SPDX-License-Identifier: MIT */
/*
 * include/mm/vmap_area.h - one piece of vmalloc's address space
 *
 *	start                          end
 *	| page | page | page |  guard  |
 *
 * Units    bytes
 * Locks    vmap area, taken inside; purge: vmap purge (class S), too
 * Context  alloc: thread; release: any; purge: thread, interrupts on
 * Owns     the list of areas, and through it all addresses: what no area
 *          holds is free, so neighbours that are freed are one gap
 */
#pragma once

#include <kernel/list.h>
#include <kernel/types.h>
#include <mm/gfp.h>

struct mm_state;

enum vmap_state {
	VMAP_NEW, /* its frames are being collected and mapped */
	VMAP_USED,
	VMAP_FREEING, /* being unmapped */
	VMAP_LAZY,    /* mapped nowhere, but perhaps in another CPU's TLB */
};

struct vmap_area {
	struct list_head list;	/* (v) in vmalloc_state.areas */
	struct list_head lazy;	/* (v) in vmalloc_state.lazy */
	u64 start, end;		/* (c) */
	struct list_head pages; /* (c) while USED: by page.lru, in order */
	u64 nr_pages;		/* (c) */
	u64 caller;		/* (c) address in whoever asked */
	bool is_device;		/* (c) mm/ioremap.c's: no frames, but */
	paddr_t phys;		/* (c) what is mapped here instead */
	enum vmap_state state;	/* (v) */
};

/* The lowest gap that holds size bytes and the guard page; NULL: none. */
struct vmap_area *vmap_area_alloc(struct mm_state *mm, u64 size, gfp_t gfp);
/* Its frames are all there and mapped. */
void vmap_area_publish(struct mm_state *mm, struct vmap_area *area);
/* Never mapped: addresses can be used again at once. */
void vmap_area_drop(struct mm_state *mm, struct vmap_area *area);
/* Unmap and queue it; false: that was done before. */
bool vmap_area_release(struct mm_state *mm, struct vmap_area *area);
/*
 * See vmalloc_purge(). One at a time: who comes meanwhile waits, and what it
 * returns includes what was given back then. 0 where nobody may wait: with
 * interrupts or preemption off.
 */
u64 vmap_purge(struct mm_state *mm);
/* Unless somebody is at it. */
void vmap_try_purge(struct mm_state *mm);

/* The device's area in use that begins at `start`; NULL. */
struct vmap_area *vmap_area_find_device(struct mm_state *mm, u64 start);

/* Give the frames of a list back. */
void vmalloc_free_pages(struct list_head *pages);

/* A page_source with such a context: page tables for areas. */
struct vmap_table_source {
	struct mm_state *mm;
	gfp_t gfp;
};
paddr_t vmap_table_page(void *ctx);
