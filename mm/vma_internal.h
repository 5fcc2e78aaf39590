/* SPDX-License-Identifier: MIT */
/*
 * mm/vma_internal.h - what the files that change address spaces share
 *
 *	vma.c		the tree, its gaps, a VMA's life
 *	vma_merge.c	moving borders: split, merge, adjust
 *	vma_gap.c	where there is room
 *	mmap.c munmap.c brk.c mprotect.c mremap.c madvise.c mlock.c mincore.c
 *			the system calls' inner halves
 *
 * Locks    mmap lock, for writing unless said otherwise
 */
#pragma once

#include <kernel/errno.h>
#include <mm/file.h>
#include <mm/mm_struct.h>

#define rb_vma(node) rb_entry(node, struct vm_area_struct, vm_rb)

/* A stack needs free space below it. */
static inline vaddr_t vm_start_gap(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return vma->vm_start;
	return vma->vm_start - min(vma->vm_start, STACK_GUARD_GAP);
}

/* The VMA before whatever is at addr, and the one that ends above addr. */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, vaddr_t addr,
				     struct vm_area_struct **prev);
/* Does any VMA meet [start, end)? The lowest. */
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm,
					     vaddr_t start, vaddr_t end);

/* --- vma.c: the cache, and the tree alone --- */

int vma_cache_init(void);

void vma_tree_insert(struct mm_struct *mm, struct vm_area_struct *vma);
void vma_tree_erase(struct mm_struct *mm, struct vm_area_struct *vma);
/* Borders of vma moved: its gap and that of the next one. */
void vma_tree_moved(struct vm_area_struct *vma);
struct address_space *vma_mapping(const struct vm_area_struct *vma);
/* Whoever finds pages by reverse walks waits: both locks, for writing. */
void vma_lock_rmap(struct vm_area_struct *vma);
void vma_unlock_rmap(struct vm_area_struct *vma);
/* Into and out of mapping->i_mmap, which is locked. */
void vma_file_insert(struct vm_area_struct *vma, struct address_space *mapping);
void vma_file_remove(struct vm_area_struct *vma, struct address_space *mapping);

/* --- vma_merge.c --- */

/* vma becomes one with neighbours that are alike; what it is then. */
struct vm_area_struct *vma_merge_back(struct vm_area_struct *vma);
/*
 * Of *vma, the part inside [start, end) becomes a VMA of its own, *vma. On
 * -ENOMEM it is in one piece again. MAX_MAP_COUNT is the caller's business.
 */
int vma_split_off(struct vm_area_struct **vma, vaddr_t start, vaddr_t end);
/* Not too many VMAs then, if no neighbour is alike? */
bool vma_split_fits(const struct vm_area_struct *vma, vaddr_t start,
		    vaddr_t end);
/*
 * [start, end), inside *vma, gets these flags and policy, and *vma becomes the
 * VMA that covers it then: one merged with its neighbours or split off. On
 * -ENOMEM all is as before.
 */
int vma_modify(struct vm_area_struct **vma, vaddr_t start, vaddr_t end,
	       u64 flags, struct mempolicy *policy);

/* --- vma_gap.c --- */

/*
 * A place for len bytes (page-aligned): addr itself with MAP_FIXED, else near
 * it if it is free, else the highest below mmap_base. Or -errno.
 */
s64 get_unmapped_area(struct mm_struct *mm, vaddr_t addr, u64 len, u64 flags);

/* --- limits, mmap.c --- */

bool may_expand_vm(const struct mm_struct *mm, u64 vm_flags, u64 nr_pages);
/* False: so much may not be locked as well. */
bool mlock_future_ok(const struct mm_struct *mm, u64 vm_flags, u64 len);
/* Private and writable: pages that may all have to be there one day. */
static inline bool is_accountable(u64 vm_flags)
{
	/* Huge pages are set aside, or not, by a count of their own. */
	return (vm_flags &
		(VM_NORESERVE | VM_SHARED | VM_WRITE | VM_HUGETLB)) == VM_WRITE;
}
/* Linux's overcommit_memory 0: refuse only what could never be had. */
bool vm_enough_memory(u64 nr_pages);

/* --- munmap.c --- */

int do_munmap_locked(struct mm_struct *mm, vaddr_t addr, u64 len);

/* --- populate.c; no lock held --- */

#define POPULATE_READ  0
#define POPULATE_WRITE 1
#define POPULATE_VMA   2 /* as the VMA would be used; locked on fault: not */

/* Fault all of it in; 0, -ENOMEM: a hole or no memory, -EFAULT: no access. */
int populate_range(struct mm_struct *mm, vaddr_t start, vaddr_t end, int how);
