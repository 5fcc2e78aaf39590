/* SPDX-License-Identifier: MIT */
/*
 * include/mm/mempolicy.h - on which nodes user memory is allocated
 *
 * Units    node masks: bit n for node n
 * Locks    a VMA's policy: mmap lock; a thread's: its own. All but references
 *          and the count of interleaved pages is constant
 * Context  alloc_pages_mpol(): may sleep, as the mask says
 * Errors   NULL when memory is short; mpol_new() -EINVAL by ERR via *err
 * Owns     reference-counted policies; NULL is the default: first touch, local
 * Keeps    numa counters: interleave hits are counted
 *
 * Linux's MPOL_ numbers: include/uapi/mempolicy.h.
 */
#pragma once

#include <kernel/types.h>
#include <mm/gfp.h>

struct mm_struct;
struct page;
struct vm_area_struct;

struct mempolicy {
	u32 refs;  /* atomic */
	u16 mode;  /* MPOL_* */
	u16 flags; /* MPOL_F_STATIC_NODES and its like */
	u64 nodes;
	u64 il_next; /* atomic: pages interleaved so far, of a thread's */
};

struct mempolicy *mpol_new(u16 mode, u16 flags, u64 nodes, int *err);
void mpol_put(struct mempolicy *pol); /* NULL is fine */
static inline struct mempolicy *mpol_get(struct mempolicy *pol)
{
	if (pol)
		__atomic_add_fetch(&pol->refs, 1, __ATOMIC_RELAXED);
	return pol;
}
bool mpol_equal(const struct mempolicy *a, const struct mempolicy *b);

/*
 * A page for addr of vma: its policy, else the running thread's, else this
 * CPU's node.
 */
struct page *alloc_page_vma(gfp_t gfp, struct vm_area_struct *vma, vaddr_t addr);
/* By this policy; nth: which of its nodes, when it interleaves. */
struct page *alloc_page_mpol(gfp_t gfp, struct mempolicy *pol, u64 nth);
/* The policy of the running thread; NULL: none. Set once at boot. */
void mpol_set_task_source(struct mempolicy *(*source)(void));
/* It, or MPOL_LOCAL; the thread's own, not referenced. */
struct mempolicy *get_task_policy(void);

/*
 * The VMAs of a range get the policy (NULL: none), which stays the caller's.
 * Takes the mmap lock. -EFAULT: a hole, and nothing was changed (without a
 * policy: nothing is mapped); -EINVAL, -ENOMEM. Pages stay.
 */
int do_mbind(struct mm_struct *mm, vaddr_t addr, u64 len, struct mempolicy *pol);
/*
 * The same, and by MPOL_MF_MOVE and _MOVE_ALL pages that lie elsewhere move
 * (policy NULL: to where the running thread's puts them). By MPOL_MF_STRICT it is
 * -EIO when some do: still, or without moving: then the policy isn't set.
 */
int do_mbind_move(struct mm_struct *mm, vaddr_t addr, u64 len,
		  struct mempolicy *pol, int flags);
