// SPDX-License-Identifier: MIT
/*
 * mm/vma_gap.c - where in an address space is there room?
 *
 *	0      low                         high = mmap_base      TASK_SIZE
 *	|       |  |A|   gap   |B|   gap  |C|  gap |                |
 *	                                       ^ placed here, at the top
 *
 * New areas grow downwards from mmap_base, so that the heap below and the
 * stack above have their room, and neighbours in time are neighbours in space
 * that can be merged.
 *
 * The tree is searched for the highest gap that is large enough. `rb_gap` says
 * of a whole subtree that nothing in it is; and what lies wholly above `high`
 * or below `low` is left out. So at most two paths are followed in vain: those
 * along the two limits.
 */
#include <kernel/point.h>
#include <uapi/mman.h>

#include "vma_internal.h"

#define UNMAPPED_TOPDOWN 1 /* for traces: Linux's VM_UNMAPPED_AREA_TOPDOWN */

struct gap_request {
	u64 len;
	vaddr_t low, high; /* all of it must lie in [low, high) */
};

/* The address in the gap [from, to), or 0. */
static vaddr_t place_in(const struct gap_request *rq, vaddr_t from, vaddr_t to)
{
	from = max(from, rq->low);
	to = min(to, rq->high);
	return to >= from && to - from >= rq->len ? to - rq->len : 0;
}

/* As deep as the tree: twice the logarithm of MAX_MAP_COUNT, 34. */
static vaddr_t highest_in(const struct gap_request *rq, struct rb_node *node)
{
	while (node && rb_vma(node)->rb_gap >= rq->len) {
		const struct vm_area_struct *vma = rb_vma(node);
		vaddr_t to = vm_start_gap(vma), from = to - vma->gap;
		vaddr_t found = 0;

		/* What is right of it begins behind its end. */
		if (vma->vm_end + rq->len <= rq->high)
			found = highest_in(rq, node->right);
		if (!found && vma->gap >= rq->len)
			found = place_in(rq, from, to);
		/* What is left of it ends before it begins. */
		if (found || vma->vm_start < rq->low + rq->len)
			return found;
		node = node->left;
	}
	return 0;
}

static vaddr_t unmapped_area_topdown(const struct mm_struct *mm,
				     const struct gap_request *rq)
{
	struct rb_node *last = rb_last(&mm->mmap);
	vaddr_t end = last ? rb_vma(last)->vm_end : 0;
	vaddr_t found = place_in(rq, end, TASK_SIZE);

	return found ? found : highest_in(rq, mm->mmap.node);
}

static bool is_free(struct mm_struct *mm, vaddr_t addr, u64 len)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return addr >= MMAP_MIN_ADDR && addr <= TASK_SIZE - len &&
	       (!vma || addr + len <= vm_start_gap(vma));
}

static s64 check_fixed(vaddr_t addr, u64 len)
{
	if (addr > TASK_SIZE - len)
		return -ENOMEM;
	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	return addr < MMAP_MIN_ADDR ? -EPERM : (s64)addr;
}

s64 get_unmapped_area(struct mm_struct *mm, vaddr_t addr, u64 len, u64 flags)
{
	struct gap_request rq = { len, MMAP_MIN_ADDR, mm->mmap_base };
	vaddr_t found;

	if (len > TASK_SIZE)
		return -ENOMEM;
	if (flags & MAP_FIXED)
		return check_fixed(addr, len);
	if (addr && is_free(mm, addr, len))
		return (s64)addr;
	found = unmapped_area_topdown(mm, &rq);
	if (!found) {
		/* Better above mmap_base, where the stack grows, than not. */
		rq.high = TASK_SIZE;
		found = unmapped_area_topdown(mm, &rq);
	}
	POINT(vm_unmapped_area, found ? found : (u64)-ENOMEM, mm->total_vm,
	      UNMAPPED_TOPDOWN, len, rq.low, rq.high, 0, 0);
	return found ? (s64)found : -ENOMEM;
}
