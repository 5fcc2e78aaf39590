// SPDX-License-Identifier: MIT
/*
 * mm/vma.c - the areas of an address space, and the tree that holds them
 *
 *	address  0 ......|code|.gap.|heap|........gap........|stack|  TASK_SIZE
 *	                            tree by address
 *
 * A VMA says what one range of addresses means: which rights, which file from
 * which offset, how to be treated. Ranges don't meet. Nothing is said about
 * pages: those come by faults.
 *
 * Each VMA also knows how many bytes before it are free (`gap`), and what the
 * largest gap of its subtree is (`rb_gap`), so that a place for a new one is
 * found without a walk (mm/vma_gap.c). `gap` is stored, not computed from the
 * neighbour: then a node's value depends on nothing but itself and its
 * children, as kernel/base/rbtree.c wants it. Before a stack, the guard gap
 * doesn't count as free.
 *
 * Borders are moved in mm/vma_merge.c, which knows what else looks at them.
 */
#include <kernel/panic.h>
#include <kernel/string.h>
#include <mm/filemap.h>
#include <mm/mm_state.h>
#include <mm/rmap.h>

#include "vma_internal.h"

/* --- life --- */

static struct kmem_cache *vma_cache;

int vma_cache_init(void)
{
	vma_cache = kmem_cache_create("vm_area_struct",
				      sizeof(struct vm_area_struct), 0,
				      SLAB_ACCOUNT, NULL);
	return vma_cache ? 0 : -ENOMEM;
}

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kmem_cache_zalloc(vma_cache, GFP_KERNEL);

	if (!vma)
		return NULL;
	vma->vm_mm = mm;
	INIT_LIST_HEAD(&vma->anon_vma_chain);
	return vma;
}

struct vm_area_struct *vm_area_dup(const struct vm_area_struct *vma)
{
	struct vm_area_struct *copy = kmem_cache_alloc(vma_cache, GFP_KERNEL);

	if (!copy)
		return NULL;
	/* Its place in the file's tree is changed by others, and isn't ours. */
	*copy = (struct vm_area_struct){ .vm_start = vma->vm_start,
					 .vm_end = vma->vm_end,
					 .vm_pgoff = vma->vm_pgoff,
					 .vm_mm = vma->vm_mm,
					 .vm_flags = vma->vm_flags,
					 .vm_page_prot = vma->vm_page_prot,
					 .anon_vma = vma->anon_vma,
					 .vm_ops = vma->vm_ops,
					 .vm_file = vma->vm_file,
					 .vm_policy = vma->vm_policy };
	INIT_LIST_HEAD(&copy->anon_vma_chain);
	mpol_get(copy->vm_policy);
	if (copy->vm_file)
		get_file(copy->vm_file);
	return copy;
}

void vm_area_free(struct vm_area_struct *vma)
{
	BUG_ON(!list_empty(&vma->anon_vma_chain));
	if (vma->vm_file)
		fput(vma->vm_file);
	mpol_put(vma->vm_policy);
	kmem_cache_free(vma_cache, vma);
}

/* --- finding --- */

struct vm_area_struct *vma_next(struct vm_area_struct *vma)
{
	struct rb_node *node = rb_next(&vma->vm_rb);

	return node ? rb_vma(node) : NULL;
}

struct vm_area_struct *vma_prev(struct vm_area_struct *vma)
{
	struct rb_node *node = rb_prev(&vma->vm_rb);

	return node ? rb_vma(node) : NULL;
}

static inline bool covers(const struct vm_area_struct *vma, vaddr_t addr)
{
	return vma && addr - vma->vm_start < vma->vm_end - vma->vm_start;
}

static struct vm_area_struct *search(const struct mm_struct *mm, vaddr_t addr)
{
	struct rb_node *node = mm->mmap.node;
	struct vm_area_struct *best = NULL;

	while (node) {
		struct vm_area_struct *vma = rb_vma(node);

		if (addr >= vma->vm_end) {
			node = node->right;
			continue;
		}
		best = vma;
		if (addr >= vma->vm_start)
			break;
		node = node->left;
	}
	return best;
}

/* Faults come in runs: the last VMA is mostly the next one, too. */
struct vm_area_struct *find_vma(struct mm_struct *mm, vaddr_t addr)
{
	struct vm_area_struct *vma = READ_ONCE(mm->mmap_cache);

	if (likely(covers(vma, addr)))
		return vma;
	vma = search(mm, addr);
	if (covers(vma, addr))
		WRITE_ONCE(mm->mmap_cache, vma);
	return vma;
}

struct vm_area_struct *vma_lookup(struct mm_struct *mm, vaddr_t addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return covers(vma, addr) ? vma : NULL;
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, vaddr_t addr,
				     struct vm_area_struct **prev)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct rb_node *last = vma ? NULL : rb_last(&mm->mmap);

	*prev = vma ? vma_prev(vma) : last ? rb_vma(last) : NULL;
	return vma;
}

struct vm_area_struct *find_vma_intersection(struct mm_struct *mm,
					     vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}

/* --- the tree --- */

static bool update_gap(struct rb_node *node)
{
	struct vm_area_struct *vma = rb_vma(node);
	u64 gap = vma->gap;

	if (node->left)
		gap = max(gap, rb_vma(node->left)->rb_gap);
	if (node->right)
		gap = max(gap, rb_vma(node->right)->rb_gap);
	if (vma->rb_gap == gap)
		return false;
	vma->rb_gap = gap;
	return true;
}

static u64 gap_before(struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma_prev(vma);
	vaddr_t from = prev ? prev->vm_end : 0, to = vm_start_gap(vma);

	return to > from ? to - from : 0;
}

static void set_gap(struct vm_area_struct *vma)
{
	vma->gap = gap_before(vma);
	rb_propagate(&vma->vm_rb, update_gap);
}

void vma_tree_moved(struct vm_area_struct *vma)
{
	struct vm_area_struct *next = vma_next(vma);

	set_gap(vma);
	if (next)
		set_gap(next);
}

void vma_tree_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct rb_node **link = &mm->mmap.node, *parent = NULL;

	while (*link) {
		struct vm_area_struct *other = rb_vma(*link);

		BUG_ON(vma->vm_start < other->vm_end &&
		       other->vm_start < vma->vm_end);
		parent = *link;
		link = vma->vm_start < other->vm_start ? &parent->left :
							 &parent->right;
	}
	vma->gap = vma->rb_gap = 0;
	rb_link_node(&vma->vm_rb, parent, link);
	rb_insert_augmented(&vma->vm_rb, &mm->mmap, update_gap);
	vma_tree_moved(vma);
	mm->map_count++;
}

void vma_tree_erase(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next = vma_next(vma);

	rb_erase_augmented(&vma->vm_rb, &mm->mmap, update_gap);
	if (next)
		set_gap(next);
	mm->map_count--;
	mm->mmap_cache = NULL;
}

/* --- the reverse map of files --- */

struct address_space *vma_mapping(const struct vm_area_struct *vma)
{
	return vma->vm_file ? vma->vm_file->f_mapping : NULL;
}

void vma_lock_rmap(struct vm_area_struct *vma)
{
	struct address_space *mapping = vma_mapping(vma);

	if (mapping)
		down_write(&mapping->i_mmap_rwsem);
	if (vma->anon_vma)
		anon_vma_lock_write(vma->anon_vma);
}

void vma_unlock_rmap(struct vm_area_struct *vma)
{
	struct address_space *mapping = vma_mapping(vma);

	if (vma->anon_vma)
		anon_vma_unlock_write(vma->anon_vma);
	if (mapping)
		up_write(&mapping->i_mmap_rwsem);
}

void vma_file_insert(struct vm_area_struct *vma, struct address_space *mapping)
{
	if (vma->vm_flags & VM_SHARED)
		__atomic_add_fetch(&mapping->i_mmap_writable, 1,
				   __ATOMIC_RELAXED);
	vma_interval_tree_insert(vma, &mapping->i_mmap);
}

void vma_file_remove(struct vm_area_struct *vma, struct address_space *mapping)
{
	if (vma->vm_flags & VM_SHARED)
		__atomic_sub_fetch(&mapping->i_mmap_writable, 1,
				   __ATOMIC_RELAXED);
	vma_interval_tree_remove(vma, &mapping->i_mmap);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct address_space *mapping = vma_mapping(vma);

	vma_tree_insert(mm, vma);
	if (!mapping)
		return;
	down_write(&mapping->i_mmap_rwsem);
	vma_file_insert(vma, mapping);
	up_write(&mapping->i_mmap_rwsem);
}

void unlink_file_vma(struct vm_area_struct *vma)
{
	struct address_space *mapping = vma_mapping(vma);

	if (!mapping)
		return;
	down_write(&mapping->i_mmap_rwsem);
	vma_file_remove(vma, mapping);
	up_write(&mapping->i_mmap_rwsem);
}

/* --- what flags mean for entries and sums --- */

u64 vm_get_page_prot(u64 vm_flags)
{
	u64 prot = _PAGE_PRESENT | _PAGE_USER;

	if (!(vm_flags & VM_ACCESS_FLAGS))
		return 0;
	if ((vm_flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED))
		prot |= _PAGE_RW;
	if (!(vm_flags & VM_EXEC))
		prot |= _PAGE_NX;
	return prot;
}

void vma_set_page_prot(struct vm_area_struct *vma)
{
	u64 flags = vma->vm_flags;

	if (vma->vm_ops && vma->vm_ops->page_mkwrite)
		flags &= ~VM_SHARED;
	vma->vm_page_prot = vm_get_page_prot(flags);
}

void vm_stat_account(struct mm_struct *mm, u64 vm_flags, s64 nr)
{
	mm->total_vm += (u64)nr;
	if ((vm_flags & (VM_EXEC | VM_WRITE | VM_STACK)) == VM_EXEC)
		mm->exec_vm += (u64)nr;
	else if (vm_flags & VM_STACK)
		mm->stack_vm += (u64)nr;
	else if ((vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		mm->data_vm += (u64)nr;
}
