// SPDX-License-Identifier: MIT
/*
 * mm/migrate_unmap.c - every entry of a page waits, and goes on
 *
 *	present, RW, A, D, frame 7	->  migration WRITE, young, dirty, 7
 *	present, R-, exclusive		->  migration READ_EXCLUSIVE
 *	present, R-			->  migration READ
 *	area without rights, frame 7	->  the same by what it had before
 *
 *	migration WRITE, young, dirty, 7  ->  present, RW, A, D, frame 9
 *
 * The old entry is replaced in one step, with the bits that the CPU has set by
 * then; a CPU that still remembers it may go on writing until the flush, so
 * nothing is read from the page before that. No entry becomes 0 on the way:
 * tables keep their counts, an area's pages theirs (rss).
 *
 * What the area allows may change while its entry waits. mprotect, fork, munmap
 * and mremap change migration entries as they do others (mm/protect.c,
 * mm/fork.c, mm/zap.c, mm/move_tables.c), under the same locks, so the entry
 * that is found at the end says what to make of it.
 *
 * An exclusive anonymous page that is pinned may not be unmapped: pin and flag
 * are both looked at under the page-table lock under which pins are made.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <mm/filemap.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/pgtable.h>

#include "interval_tree.h"
#include "migrate_internal.h"

/* --- entries become migration entries --- */

struct unmap {
	struct tlb_batch *batch;
	pfn_t pfn;
	s32 unmapped; /* entries, each of which had a reference */
	bool pinned;
};

static bool was_writable(pte_t pte)
{
	return pte_present(pte) ? pte_write(pte) : (pte.val & SWP_WRITE) != 0;
}

static u64 used_bits(pte_t pte)
{
	if (!pte_present(pte))
		return pte.val & (SWP_YOUNG | SWP_DIRTY);
	return (pte_young(pte) ? SWP_YOUNG : 0) |
	       (pte_dirty(pte) ? SWP_DIRTY : 0);
}

/* Does the entry map the frame? Present, or of an area without rights. */
static bool maps_frame(pte_t pte, pfn_t pfn)
{
	if (pte_pfn(pte) != pfn)
		return false;
	return pte_present(pte) ? !pte_special(pte) :
				  pte_swap_type(pte) == SWP_PROT_NONE;
}

static pte_t migration_pte(pte_t pte, pfn_t pfn, bool exclusive)
{
	enum swap_type type = was_writable(pte) ? SWP_MIGRATION_WRITE :
			      exclusive		? SWP_MIGRATION_READ_EXCLUSIVE :
						  SWP_MIGRATION_READ;

	return swp_pte(type, pfn, used_bits(pte));
}

/* ptl held; the entry maps the page. The reference of it is the caller's. */
static bool unmap_entry(struct unmap *u, struct page *page,
			struct vm_area_struct *vma, vaddr_t addr, pte_t *ptep,
			pte_t pte)
{
	bool exclusive = page_flag(page, PG_anon_exclusive);

	if (exclusive && page_pinned(page)) {
		u->pinned = true;
		return false;
	}
	while (!ptep_try_replace(ptep, &pte,
				 migration_pte(pte, u->pfn, exclusive)))
		;
	POINT(set_migration_pte, addr, ptep_get(ptep).val, 0);
	/* After the entry went: a CPU that comes now doesn't see it. */
	tlb_batch_add(u->batch, vma->vm_mm, addr);
	if (exclusive)
		page_flag_clear(page, PG_anon_exclusive);
	if (!PageAnon(page) && used_bits(pte) & SWP_DIRTY)
		set_page_dirty(page);
	page_remove_rmap(page, vma);
	u->unmapped++;
	return true;
}

static bool unmap_one(struct page *page, struct vm_area_struct *vma,
		      vaddr_t addr, void *arg)
{
	struct unmap *u = arg;
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(vma->vm_mm, addr, &ptl), pte;
	bool ok = true;

	if (!ptep)
		return true;
	pte = ptep_get(ptep);
	if (maps_frame(pte, u->pfn))
		ok = unmap_entry(u, page, vma, addr, ptep, pte);
	pte_unmap_unlock(ptep, ptl);
	return ok;
}

static bool is_unmapped(struct page *page)
{
	return !page_mapped(page);
}

/*
 * rmap_walk() with the calls of an anonymous page's walk resolved: there may be
 * many entries. A page without any can't be found locked, so the tree is.
 */
static inline __attribute__((always_inline)) void
walk_anon(struct page *page, struct anon_vma *anon_vma,
	  const struct rmap_walk_control *rwc)
{
	u64 index = page->index;

	anon_vma_lock_read(anon_vma);
	for (struct anon_vma_chain *avc = anon_vma_interval_tree_iter_first(
		     &anon_vma->rb_root, index, index);
	     avc; avc = anon_vma_interval_tree_iter_next(avc, index, index)) {
		struct vm_area_struct *vma = avc->vma;
		u64 offset = index - vma->vm_pgoff;

		if (unlikely(offset >= vma_pages(vma)))
			continue;
		if (!rwc->rmap_one(page, vma,
				   vma->vm_start + (offset << PAGE_SHIFT),
				   rwc->arg) ||
		    (rwc->done && rwc->done(page)))
			break;
	}
	anon_vma_unlock_read(anon_vma);
}

int try_to_migrate(struct page *page, struct anon_vma *anon_vma,
		   struct tlb_batch *batch)
{
	struct unmap u = { .batch = batch, .pfn = page_to_pfn(page) };
	struct rmap_walk_control rwc = { .arg = &u,
					 .rmap_one = unmap_one,
					 .done = is_unmapped };

	if (anon_vma)
		walk_anon(page, anon_vma, &rwc);
	else
		rmap_walk(page, &rwc);
	/* Isolation's stays, so this isn't the last. */
	__atomic_sub_fetch(&page->refcount, u.unmapped, __ATOMIC_ACQ_REL);
	if (u.pinned)
		return -EBUSY;
	return page_mapped(page) ? -EAGAIN : 0;
}

/* --- and entries again --- */

struct restore {
	pfn_t old;
};

static pte_t restored_pte(const struct vm_area_struct *vma, pte_t entry,
			  pfn_t pfn)
{
	bool write = pte_swap_type(entry) == SWP_MIGRATION_WRITE;
	u64 prot = vma->vm_page_prot, used = used_bits(entry);
	pte_t pte;

	if (!(prot & _PAGE_PRESENT))
		return swp_pte(SWP_PROT_NONE, pfn,
			       used | (write ? SWP_WRITE : 0));
	pte = pfn_pte(pfn, prot & ~_PAGE_RW);
	if (used & SWP_YOUNG)
		pte = pte_mkyoung(pte);
	if (used & SWP_DIRTY)
		pte = pte_mkdirty(pte);
	/* mprotect may have changed the area and not come to the entry yet. */
	return write && vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte;
}

static void restore_entry(struct page *page, struct vm_area_struct *vma,
			  vaddr_t addr, pte_t *ptep, pte_t entry)
{
	get_page(page);
	if (PageAnon(page))
		page_add_anon_rmap(page, vma, addr,
				   pte_swap_type(entry) != SWP_MIGRATION_READ);
	else
		page_add_file_rmap(page, vma);
	set_pte(ptep, restored_pte(vma, entry, page_to_pfn(page)));
	POINT(remove_migration_pte, addr, ptep_get(ptep).val, 0);
}

static bool restore_one(struct page *page, struct vm_area_struct *vma,
			vaddr_t addr, void *arg)
{
	const struct restore *r = arg;
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(vma->vm_mm, addr, &ptl), pte;

	if (!ptep)
		return true;
	pte = ptep_get(ptep);
	if (is_migration_pte(pte) && pte_pfn(pte) == r->old)
		restore_entry(page, vma, addr, ptep, pte);
	pte_unmap_unlock(ptep, ptl);
	return true;
}

void remove_migration_ptes(struct page *old, struct page *new,
			   struct anon_vma *anon_vma)
{
	struct restore r = { .old = page_to_pfn(old) };
	struct rmap_walk_control rwc = { .arg = &r, .rmap_one = restore_one };

	if (anon_vma)
		walk_anon(new, anon_vma, &rwc);
	else
		rmap_walk(new, &rwc);
}
