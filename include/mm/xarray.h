/* SPDX-License-Identifier: MIT */
/*
 * include/mm/xarray.h - from an index to a pointer, sparse: a radix tree
 *
 *	64 slots a node, 6 bits a level, as high as the largest index needs
 *
 * Units    indices are u64
 * Locks    xa->lock (class S) inside the functions without two underscores;
 *          those with them want it held. Loading needs no lock inside an RCU
 *          read section: nodes are freed after a grace period
 * Context  storing: as gfp says (allocates before it takes the lock)
 * Errors   xa_store(): -ENOMEM
 * Owns     its nodes; not what the pointers lead to
 * Keeps    xa_check(xa) == 0
 *
 * Entries are pointers aligned to 4 bytes or values (xa_mk_value()).
 */
#pragma once

#include <kernel/spinlock.h>
#include <kernel/types.h>

struct xa_node;

struct xarray {
	struct spinlock lock;
	void *head; /* node, the entry of index 0, or NULL */
	u64 nr;	    /* [lock] entries */
};

void xa_init(struct xarray *xa, struct lock_class *class);
void *xa_load(struct xarray *xa, u64 index);
/* NULL erases. 0 or -ENOMEM. */
int xa_store(struct xarray *xa, u64 index, void *entry, u32 gfp);
/* -EEXIST: there is one already. */
int xa_insert(struct xarray *xa, u64 index, void *entry, u32 gfp);
void *xa_erase(struct xarray *xa, u64 index);
/* The entry that was there is replaced without allocating; lock held. */
void *__xa_replace(struct xarray *xa, u64 index, void *entry);
void *__xa_erase(struct xarray *xa, u64 index);
/* The first entry at *index or above, up to last; *index becomes its place. */
void *xa_find(struct xarray *xa, u64 *index, u64 last);
void xa_destroy(struct xarray *xa); /* the nodes */
int xa_check(struct xarray *xa);

#define xa_for_each(xa, index, entry)                             \
	for (index = 0, entry = xa_find(xa, &index, ~0UL); entry; \
	     entry = index == ~0UL ? NULL :                       \
				     (index++, xa_find(xa, &index, ~0UL)))

static inline void *xa_mk_value(u64 v)
{
	return (void *)(v << 1 | 1);
}

static inline bool xa_is_value(const void *entry)
{
	return (u64)entry & 1;
}

static inline u64 xa_to_value(const void *entry)
{
	return (u64)entry >> 1;
}

int xarray_init(void); /* the cache of nodes */
