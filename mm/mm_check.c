// SPDX-License-Identifier: MIT
/*
 * mm/mm_check.c - do the VMAs of an address space, and the sums over them, say
 * the same?
 *
 *	tree	balanced; VMAs in order, apart, whole pages, inside the user's
 *		half; each gap is what lies before the VMA, each rb_gap the
 *		largest of its subtree
 *	VMA	its page protection follows from its flags
 *	sums	map_count, total_vm, locked_vm, exec, stack and data pages
 *
 * The mmap lock is held, or nobody else knows of the address space.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/hugetlb.h>

#include "vma_internal.h"

static int vma_finding(const struct vm_area_struct *vma, const char *what)
{
	pr_err("mm: VMA [0x%lx-0x%lx) flags 0x%lx %s\n", vma->vm_start,
	       vma->vm_end, vma->vm_flags, what);
	return 1;
}

static u64 subtree_gap(const struct rb_node *node)
{
	return node ? rb_vma(node)->rb_gap : 0;
}

static int check_gaps(struct vm_area_struct *vma, vaddr_t floor)
{
	vaddr_t to = vm_start_gap(vma);
	u64 below = max(subtree_gap(vma->vm_rb.left),
			subtree_gap(vma->vm_rb.right));
	int findings = 0;

	if (vma->gap != (to > floor ? to - floor : 0))
		findings += vma_finding(vma, "has a wrong gap");
	if (vma->rb_gap != max(vma->gap, below))
		findings += vma_finding(vma, "has a wrong largest gap");
	return findings;
}

static int check_prot(const struct vm_area_struct *vma)
{
	struct vm_area_struct like = *vma;

	vma_set_page_prot(&like);
	return like.vm_page_prot == vma->vm_page_prot ?
		       0 :
		       vma_finding(vma, "has another protection than its flags");
}

static int check_vma(struct mm_struct *mm, struct vm_area_struct *vma,
		     vaddr_t floor)
{
	if (vma->vm_start < floor || vma->vm_end <= vma->vm_start ||
	    vma->vm_end > TASK_SIZE ||
	    ((vma->vm_start | vma->vm_end) & ~PAGE_MASK))
		return vma_finding(vma, "is out of order, range or shape");
	if (is_vm_hugetlb(vma) &&
	    !IS_ALIGNED(vma->vm_start | vma->vm_end, PMD_SIZE))
		return vma_finding(vma, "begins or ends inside a huge page");
	if (vma->vm_mm != mm)
		return vma_finding(vma, "belongs to another address space");
	if (!vma->anon_vma && !list_empty(&vma->anon_vma_chain))
		return vma_finding(vma, "has chains but no anon_vma");
	return check_gaps(vma, floor) + check_prot(vma);
}

static int differ(const char *what, u64 counted, u64 found)
{
	if (counted == found)
		return 0;
	pr_err("mm: %lu %s, recount says %lu\n", counted, what, found);
	return 1;
}

static int check_sums(const struct mm_struct *mm, const struct mm_struct *sum)
{
	return differ("VMAs", mm->map_count, sum->map_count) +
	       differ("pages mapped", mm->total_vm, sum->total_vm) +
	       differ("pages locked", mm->locked_vm, sum->locked_vm) +
	       differ("pages of data", mm->data_vm, sum->data_vm) +
	       differ("pages of code", mm->exec_vm, sum->exec_vm) +
	       differ("pages of stacks", mm->stack_vm, sum->stack_vm);
}

int mm_check(struct mm_struct *mm)
{
	struct mm_struct sum = { 0 };
	int findings = rb_check(&mm->mmap);
	struct rb_node *node;
	bool remembered = !mm->mmap_cache;
	vaddr_t floor = 0;

	if (findings)
		return findings;
	for (node = rb_first(&mm->mmap); node; node = rb_next(node)) {
		struct vm_area_struct *vma = rb_vma(node);

		findings += check_vma(mm, vma, floor);
		floor = vma->vm_end;
		remembered |= vma == mm->mmap_cache;
		sum.map_count++;
		vm_stat_account(&sum, vma->vm_flags, (s64)vma_pages(vma));
		if (vma->vm_flags & VM_LOCKED)
			sum.locked_vm += vma_pages(vma);
	}
	if (!remembered) {
		pr_err("mm: the VMA that was found last is not there\n");
		findings++;
	}
	return findings + check_sums(mm, &sum);
}
