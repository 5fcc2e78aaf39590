// SPDX-License-Identifier: MIT
/*
 * mm/mremap.c - mappings that shrink, grow, or move with their pages
 *
 *	shrink	|AAAAAA| -> |AAAA|
 *	grow	|AAAA|  gap  | -> |AAAAAA|
 *	move	|AAAA|B| ... gap -> |B| ... |AAAAAA|	page-table entries move
 *
 * A move makes a second VMA, moves the entries, and unmaps the first. What can
 * fail comes first: the part that moves is split off, so that unmapping it at
 * the end needs no memory. If the tables at the new place give out, the entries
 * that moved already go back.
 *
 * The pages keep their offset (vm_pgoff), by which the reverse map finds them
 * at the new place. Only private memory that nobody has touched takes its new
 * address as its offset, which lets it be merged there.
 */
#include <kernel/point.h>
#include <mm/fault.h>
#include <mm/hugetlb.h>
#include <mm/rmap.h>
#include <uapi/mman.h>

#include "vma_internal.h"

struct remap {
	struct mm_struct *mm;
	vaddr_t addr, new_addr;
	u64 old_len, new_len;
	u64 flags;
	bool populate; /* what grew is locked */
};

/* The VMA, if it may be made new_len long; *err otherwise. */
static struct vm_area_struct *vma_to_resize(const struct remap *r, int *err)
{
	struct mm_struct *mm = r->mm;
	struct vm_area_struct *vma = vma_lookup(mm, r->addr);
	u64 grow = r->new_len - r->old_len;
	u64 pgoff;

	*err = -EFAULT;
	if (!vma || r->old_len > vma->vm_end - r->addr)
		return NULL;
	*err = -EINVAL;
	pgoff = linear_page_index(vma, r->addr);
	if ((!r->old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE))) ||
	    ((r->flags & MREMAP_DONTUNMAP) && (vma->vm_flags & VM_SPECIAL)) ||
	    pgoff + (r->new_len >> PAGE_SHIFT) < pgoff)
		return NULL;
	if (r->new_len == r->old_len)
		return vma;
	*err = vma->vm_flags & VM_SPECIAL		 ? -EFAULT :
	       !mlock_future_ok(mm, vma->vm_flags, grow) ? -EAGAIN :
	       !may_expand_vm(mm, vma->vm_flags, grow >> PAGE_SHIFT) ||
			       ((vma->vm_flags & VM_ACCOUNT) &&
				!vm_enough_memory(grow >> PAGE_SHIFT)) ?
							   -ENOMEM :
							   0;
	return *err ? NULL : vma;
}

static void account_growth(struct mm_struct *mm, u64 vm_flags, u64 len)
{
	vm_stat_account(mm, vm_flags, (s64)(len >> PAGE_SHIFT));
	if (vm_flags & VM_LOCKED)
		mm->locked_vm += len >> PAGE_SHIFT;
}

/* --- in place --- */

static bool vma_expandable(struct vm_area_struct *vma, u64 grow)
{
	vaddr_t end = vma->vm_end + grow;

	return end > vma->vm_end && end <= TASK_SIZE &&
	       !find_vma_intersection(vma->vm_mm, vma->vm_end, end);
}

/* It may meet the next one and become one with it. */
static void expand_in_place(struct remap *r, struct vm_area_struct *vma)
{
	u64 grow = r->new_len - r->old_len, flags = vma->vm_flags;
	vaddr_t end = vma->vm_end;

	if (!vma_merge(r->mm, vma, end, end + grow, flags, vma->anon_vma,
		       vma->vm_file, vma->vm_pgoff + vma_pages(vma),
		       vma->vm_policy))
		/* One with a close(), or no memory for chains: it alone. */
		vma_adjust(vma, vma->vm_start, end + grow, vma->vm_pgoff);
	account_growth(r->mm, flags, grow);
	r->populate = flags & VM_LOCKED;
}

/* --- to another place --- */

static struct vm_area_struct *copy_vma(struct vm_area_struct *vma,
				       const struct remap *r)
{
	u64 pgoff = linear_page_index(vma, r->addr);
	struct vm_area_struct *copy = vm_area_dup(vma);

	if (!copy)
		return NULL;
	if (!vma->vm_file && !vma->anon_vma)
		pgoff = r->new_addr >> PAGE_SHIFT;
	copy->vm_start = r->new_addr;
	copy->vm_end = r->new_addr + r->new_len;
	copy->vm_pgoff = pgoff;
	if (anon_vma_clone(copy, vma)) {
		copy->anon_vma = NULL;
		vm_area_free(copy);
		return NULL;
	}
	if (copy->vm_ops && copy->vm_ops->open)
		copy->vm_ops->open(copy);
	vma_link(r->mm, copy);
	account_growth(r->mm, copy->vm_flags, r->new_len);
	return copy;
}

/* MREMAP_DONTUNMAP: the old place stays mapped, and is empty. */
static void keep_emptied(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_LOCKED)
		vma->vm_mm->locked_vm -= vma_pages(vma);
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	unlink_anon_vmas(vma);
}

/*
 * The entries move; false: there was no memory for tables, all is where it
 * was. The way back finds its tables: they are not freed before the end.
 */
static bool move_entries(struct vm_area_struct *vma, struct vm_area_struct *new,
			 const struct remap *r)
{
	u64 moved = move_page_tables(vma, r->addr, new, r->new_addr, r->old_len);

	if (moved == r->old_len)
		return true;
	move_page_tables(new, r->new_addr, vma, r->addr, moved);
	return false;
}

static s64 move_vma(struct remap *r, struct vm_area_struct *vma)
{
	struct mm_struct *mm = r->mm;
	struct vm_area_struct *new;
	int err = 0;

	/* Two splits, and one more. */
	if (mm->map_count + 3 > MAX_MAP_COUNT)
		return -ENOMEM;
	/* Length 0: a second mapping of a shared file. */
	if (r->old_len)
		err = vma_split_off(&vma, r->addr, r->addr + r->old_len);
	if (err)
		return err;
	new = copy_vma(vma, r);
	if (new && !move_entries(vma, new, r)) {
		if (is_vm_hugetlb(new))
			hugetlb_vma_moved(new);
		do_munmap_locked(mm, r->new_addr, r->new_len);
		new = NULL;
	}
	if (!new) {
		vma_merge_back(vma);
		return -ENOMEM;
	}
	r->populate = new->vm_flags &VM_LOCKED && r->new_len > r->old_len;
	if (r->flags & MREMAP_DONTUNMAP) {
		keep_emptied(vma);
	} else if (r->old_len) {
		if (is_vm_hugetlb(vma))
			hugetlb_vma_moved(vma);
		do_munmap_locked(mm, r->addr, r->old_len);
	}
	vma_merge_back(new);
	POINT(mremap_moved, r->addr, r->old_len, r->new_addr, r->new_len);
	return (s64)r->new_addr;
}

/* To an address that was named (FIXED), or while the old one stays. */
static s64 mremap_to(struct remap *r)
{
	struct mm_struct *mm = r->mm;
	struct vm_area_struct *vma;
	s64 place;
	int err = 0;

	if (!IS_ALIGNED(r->new_addr, PAGE_SIZE) || r->new_len > TASK_SIZE ||
	    r->new_addr > TASK_SIZE - r->new_len ||
	    (r->addr + r->old_len > r->new_addr &&
	     r->new_addr + r->new_len > r->addr))
		return -EINVAL;
	if (mm->map_count + 5 > MAX_MAP_COUNT)
		return -ENOMEM;
	if (r->flags & MREMAP_FIXED)
		err = do_munmap_locked(mm, r->new_addr, r->new_len);
	if (!err && r->old_len > r->new_len) {
		err = do_munmap_locked(mm, r->addr + r->new_len,
				       r->old_len - r->new_len);
		r->old_len = r->new_len;
	}
	if (err)
		return err;
	vma = vma_to_resize(r, &err);
	if (!vma)
		return err;
	if ((r->flags & MREMAP_DONTUNMAP) &&
	    !may_expand_vm(mm, vma->vm_flags, r->old_len >> PAGE_SHIFT))
		return -ENOMEM;
	place = get_unmapped_area(mm, r->new_addr, r->new_len,
				  r->flags & MREMAP_FIXED ? MAP_FIXED : 0);
	if (place < 0)
		return place;
	r->new_addr = (vaddr_t)place;
	return move_vma(r, vma);
}

static s64 grow_or_move(struct remap *r)
{
	struct vm_area_struct *vma;
	s64 place;
	int err;

	vma = vma_to_resize(r, &err);
	if (!vma)
		return err;
	if (r->old_len == vma->vm_end - r->addr &&
	    vma_expandable(vma, r->new_len - r->old_len)) {
		expand_in_place(r, vma);
		return (s64)r->addr;
	}
	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	place = get_unmapped_area(r->mm, 0, r->new_len, 0);
	if (place < 0)
		return place;
	r->new_addr = (vaddr_t)place;
	return move_vma(r, vma);
}

/* Whole huge pages, and no more of them: none are reserved. */
static bool huge_remap_ok(struct remap *r)
{
	r->old_len = ALIGN(r->old_len, PMD_SIZE);
	r->new_len = ALIGN(r->new_len, PMD_SIZE);
	return IS_ALIGNED(r->addr | r->new_addr, PMD_SIZE) &&
	       r->new_len <= r->old_len;
}

static s64 mremap_locked(struct remap *r)
{
	struct vm_area_struct *vma = vma_lookup(r->mm, r->addr);
	int err;

	if (!vma)
		return -EFAULT;
	if (is_vm_hugetlb(vma) && !huge_remap_ok(r))
		return -EINVAL;
	if (r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return mremap_to(r);
	if (r->old_len < r->new_len || !r->old_len)
		return grow_or_move(r);
	if (r->old_len > r->new_len) {
		err = do_munmap_locked(r->mm, r->addr + r->new_len,
				       r->old_len - r->new_len);
		if (err)
			return err;
	}
	return (s64)r->addr;
}

static bool remap_flags_ok(u64 flags, u64 old_len, u64 new_len)
{
	if (flags & ~(u64)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return false;
	if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) &&
	    !(flags & MREMAP_MAYMOVE))
		return false;
	return !(flags & MREMAP_DONTUNMAP) || old_len == new_len;
}

s64 do_mremap(struct mm_struct *mm, vaddr_t addr, u64 old_len, u64 new_len,
	      u64 flags, vaddr_t new_addr)
{
	struct remap r = { mm,
			   addr,
			   new_addr,
			   ALIGN(old_len, PAGE_SIZE),
			   ALIGN(new_len, PAGE_SIZE),
			   flags,
			   false };
	u64 grown;
	s64 place;

	if (!remap_flags_ok(flags, old_len, new_len) ||
	    !IS_ALIGNED(addr, PAGE_SIZE) || !r.new_len)
		return -EINVAL;
	down_write(&mm->mmap_lock);
	place = mremap_locked(&r);
	up_write(&mm->mmap_lock);
	grown = r.new_len - r.old_len;
	if (place >= 0 && r.populate)
		mm_populate(mm, (vaddr_t)place + r.old_len, grown);
	return place;
}
