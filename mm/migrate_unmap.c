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
#include "pte_cursor.h"

/* --- entries become migration entries --- */

struct unmap {
	struct tlb_batch *batch;
	u32 nr;	  /* cleared in the table at hand, and not noted yet */
	u32 left; /* pages that are mapped */
};

static bool was_writable(pte_t pte)
{
	return pte_present(pte) ? pte_write(pte) : (pte.val & SWP_WRITE) != 0;
}

#define USED_SHIFT 4 /* between the CPU's bits and those of other entries */
_Static_assert(_PAGE_ACCESSED == SWP_YOUNG << USED_SHIFT &&
		       _PAGE_DIRTY == SWP_DIRTY << USED_SHIFT,
	       "both bits in one step");

static inline u64 used_bits(pte_t pte)
{
	u64 bits = likely(pte_present(pte)) ? pte.val >> USED_SHIFT : pte.val;

	return bits & (SWP_YOUNG | SWP_DIRTY);
}

/* Does the entry map the frame? Present, or of an area without rights. */
static inline bool maps_frame(pte_t pte, paddr_t frame)
{
	u64 plain = pte.val & (_PAGE_PFN_MASK | _PAGE_PRESENT | _PAGE_SPECIAL);

	if (likely(plain == (frame | _PAGE_PRESENT)))
		return true;
	return !pte_present(pte) && (pte.val & _PAGE_PFN_MASK) == frame &&
	       pte_swap_type(pte) == SWP_PROT_NONE;
}

/* read: what it is if it isn't writable. */
static inline pte_t migration_pte(pte_t pte, paddr_t frame, enum swap_type read)
{
	enum swap_type type = was_writable(pte) ? SWP_MIGRATION_WRITE : read;

	return __pte((u64)type << SWP_TYPE_SHIFT | frame | used_bits(pte));
}

/* ptl held; the entry maps the page. Its reference goes with it. */
static inline __attribute__((always_inline)) void
unmap_entry(struct unmap *u, struct page *page, paddr_t frame,
	    struct vm_area_struct *vma, vaddr_t addr, pte_t *ptep, pte_t pte,
	    bool anon)
{
	enum swap_type read = SWP_MIGRATION_READ;

	if (anon && page_flag(page, PG_anon_exclusive)) {
		if (unlikely(page_pinned(page)))
			return;
		page_flag_clear(page, PG_anon_exclusive);
		read = SWP_MIGRATION_READ_EXCLUSIVE;
	}
	while (!ptep_try_replace(ptep, &pte, migration_pte(pte, frame, read)))
		;
	u->nr++;
	POINT(set_migration_pte, addr, ptep_get(ptep).val, 0);
	if (!anon && used_bits(pte) & SWP_DIRTY)
		set_page_dirty(page);
	if (!page_remove_rmap_ref(page, vma))
		return;
	mod_page_state(page, anon ? NR_ANON_MAPPED : NR_FILE_MAPPED, -1);
	u->left--;
}

/* Before the lock goes: a CPU that comes now doesn't see the entries. */
static inline void note_cleared(struct unmap *u, struct mm_struct *mm)
{
	if (u->nr)
		tlb_batch_add(u->batch, mm, u->nr);
	u->nr = 0;
}

static inline __attribute__((always_inline)) void
unmap_at(struct unmap *u, struct pte_cursor *c, struct page *page,
	 struct vm_area_struct *vma, vaddr_t addr, bool anon)
{
	paddr_t frame = page_to_phys(page);
	pte_t *ptep, pte;

	if (unlikely(!pte_cursor_covers(c, addr))) {
		note_cleared(u, vma->vm_mm);
		pte_cursor_move(c, vma->vm_mm, addr);
	}
	ptep = pte_cursor_entry(c, addr);
	if (!ptep)
		return;
	pte = ptep_get(ptep);
	if (maps_frame(pte, frame))
		unmap_entry(u, page, frame, vma, addr, ptep, pte, anon);
}

static void unmap_in_vma(struct unmap *u, const struct migrate_run *run,
			 struct vm_area_struct *vma)
{
	const u64 pgoff = vma->vm_pgoff, pages = vma_pages(vma);
	const vaddr_t start = vma->vm_start;
	struct pte_cursor c = PTE_CURSOR_INIT;

	for (u32 i = 0, nr = run->nr; i < nr; i++) {
		struct page *page = run->src[i];
		u64 offset = page->index - pgoff;

		if (offset < pages && page_mapped(page))
			unmap_at(u, &c, page, vma,
				 start + (offset << PAGE_SHIFT), true);
	}
	note_cleared(u, vma->vm_mm);
	pte_cursor_end(&c);
}

static bool unmap_one(struct page *page, struct vm_area_struct *vma,
		      vaddr_t addr, void *arg)
{
	struct pte_cursor c = PTE_CURSOR_INIT;
	struct unmap *u = arg;

	unmap_at(u, &c, page, vma, addr, false);
	note_cleared(u, vma->vm_mm);
	pte_cursor_end(&c);
	return u->left != 0;
}

/*
 * Where VMAs of the run's pages may be in the tree, by index. With one VMA there
 * is nothing to search for.
 */
static void run_bounds(const struct migrate_run *run, u64 *first, u64 *last)
{
	const struct rb_node *root = run->anon_vma->rb_root.node;

	*first = 0;
	*last = ~0UL;
	if (!root || (!root->left && !root->right))
		return;
	*first = ~0UL;
	*last = 0;
	for (u32 i = 0; i < run->nr; i++) {
		*first = min(*first, run->src[i]->index);
		*last = max(*last, run->src[i]->index);
	}
}

/* A page without any entry can't be found locked, so its tree is. */
#define for_each_vma_of_run(avc, run, first, last)                              \
	for (avc = anon_vma_interval_tree_iter_first(&(run)->anon_vma->rb_root, \
						     first, last);              \
	     avc; avc = anon_vma_interval_tree_iter_next(avc, first, last))

void try_to_migrate(struct migrate_run *run, struct tlb_batch *batch)
{
	struct unmap u = { .batch = batch, .left = run->nr };
	struct rmap_walk_control rwc = { .arg = &u, .rmap_one = unmap_one };
	struct anon_vma_chain *avc;
	u64 first, last;

	if (!run->anon_vma) {
		rmap_walk(run->src[0], &rwc);
		return;
	}
	anon_vma_lock_read(run->anon_vma);
	run_bounds(run, &first, &last);
	for_each_vma_of_run(avc, run, first, last)
	{
		unmap_in_vma(&u, run, avc->vma);
		if (!u.left)
			break;
	}
	anon_vma_unlock_read(run->anon_vma);
}

/* --- and entries again --- */

static inline pte_t restored_pte(const struct vm_area_struct *vma, pte_t entry,
				 const struct page *page)
{
	bool write = pte_swap_type(entry) == SWP_MIGRATION_WRITE;
	u64 prot = vma->vm_page_prot;
	u64 used = entry.val & (SWP_YOUNG | SWP_DIRTY);
	pte_t pte;

	if (unlikely(!(prot & _PAGE_PRESENT)))
		return swp_pte(SWP_PROT_NONE, page_to_pfn(page),
			       used | (write ? SWP_WRITE : 0));
	pte = __pte(page_to_phys(page) | (prot & ~_PAGE_RW) | used << USED_SHIFT);
	/* mprotect may have changed the area and not come to the entry yet. */
	return write && vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte;
}

static inline __attribute__((always_inline)) void
restore_entry(struct page *page, struct vm_area_struct *vma, vaddr_t addr,
	      pte_t *ptep, pte_t entry, bool anon)
{
	if (page_add_rmap_ref(page, vma))
		mod_page_state(page, anon ? NR_ANON_MAPPED : NR_FILE_MAPPED, 1);
	if (anon && pte_swap_type(entry) != SWP_MIGRATION_READ)
		page_flag_set(page, PG_anon_exclusive);
	set_pte(ptep, restored_pte(vma, entry, page));
	POINT(remove_migration_pte, addr, ptep_get(ptep).val, 0);
}

/* Is it the migration entry of the frame? */
static inline bool waits_for(pte_t pte, paddr_t frame)
{
	return (pte.val & (_PAGE_PFN_MASK | _PAGE_PRESENT)) == frame &&
	       pte_swap_type(pte) >= SWP_MIGRATION_READ &&
	       pte_swap_type(pte) <= SWP_MIGRATION_WRITE;
}

static inline __attribute__((always_inline)) void
restore_at(struct pte_cursor *c, const struct page *old, struct page *new,
	   struct vm_area_struct *vma, vaddr_t addr, bool anon)
{
	pte_t *ptep, pte;

	if (unlikely(!pte_cursor_covers(c, addr)))
		pte_cursor_move(c, vma->vm_mm, addr);
	ptep = pte_cursor_entry(c, addr);
	if (!ptep)
		return;
	pte = ptep_get(ptep);
	if (waits_for(pte, page_to_phys(old)))
		restore_entry(new, vma, addr, ptep, pte, anon);
}

static void restore_in_vma(const struct migrate_run *run,
			   struct vm_area_struct *vma)
{
	const u64 pgoff = vma->vm_pgoff, pages = vma_pages(vma);
	const vaddr_t start = vma->vm_start;
	struct pte_cursor c = PTE_CURSOR_INIT;

	for (u32 i = 0, nr = run->nr; i < nr; i++) {
		u64 offset = run->src[i]->index - pgoff;

		if (offset < pages)
			restore_at(&c, run->src[i], run->dst[i], vma,
				   start + (offset << PAGE_SHIFT), true);
	}
	pte_cursor_end(&c);
}

static bool restore_one(struct page *page, struct vm_area_struct *vma,
			vaddr_t addr, void *old)
{
	struct pte_cursor c = PTE_CURSOR_INIT;

	restore_at(&c, old, page, vma, addr, false);
	pte_cursor_end(&c);
	return true;
}

void remove_migration_ptes(struct migrate_run *run)
{
	struct rmap_walk_control rwc = { .arg = run->src[0],
					 .rmap_one = restore_one };
	struct anon_vma_chain *avc;
	u64 first, last;

	if (!run->anon_vma) {
		rmap_walk(run->dst[0], &rwc);
		return;
	}
	anon_vma_lock_read(run->anon_vma);
	run_bounds(run, &first, &last);
	for_each_vma_of_run(avc, run, first, last) restore_in_vma(run, avc->vma);
	anon_vma_unlock_read(run->anon_vma);
}
