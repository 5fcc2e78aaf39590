/* SPDX-License-Identifier: MIT */
/*
 * include/mm/rmap.h - from a page to every entry that maps it
 *
 *	anonymous   page->mapping = anon_vma | 1, page->index
 *	            anon_vma ──tree of chains by pgoff──► VMAs
 *	file        page->mapping = address_space, page->index
 *	            i_mmap tree by pgoff ──► VMAs
 *
 *	fork:  parent VMA ─┬─ chain ─► A          child VMA ─┬─ chain ─► A
 *	                                                     └─ chain ─► B (own)
 *	The child's chains reach every anon_vma its pages may belong to; new
 *	pages of the child belong to B, which the parent's pages never are in.
 *
 * Units    pgoff in pages
 * Locks    anon_vma root's rwsem (one for the whole fork tree), i_mmap_rwsem
 * Context  may sleep, but page_add_*() and page_remove_rmap(): page-table lock
 * Errors   -ENOMEM
 * Owns     anon_vma, anon_vma_chain, page->mapping of anonymous pages,
 *          mapcount, PG_anon_exclusive
 * Keeps    rmap_check(page) == 0: a walk finds mapcount + 1 entries
 *
 * mapcount is the number of entries minus one, so that the first and the last
 * are seen by their sign. Source: Linux's mm/rmap.c; the 2010 compaction
 * series' first patch for the reference count.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/rbtree.h>
#include <kernel/panic.h>
#include <mm/lru.h>
#include <mm/mm_struct.h>
#include <mm/misuse.h>
#include <mm/node_stat.h>
#include <mm/page.h>
#include <mm/page_ref.h>

#define PAGE_MAPPING_ANON 1UL

struct anon_vma {
	struct anon_vma *root; /* (c) its own, at the top of the fork tree */
	struct rwsem rwsem;    /* only the root's is used */
	u32 refcount; /* (a) itself, its children's roots, walkers, movers */
	u32 num_children;	 /* root->rwsem; itself counts as one */
	u32 num_active_vmas;	 /* root->rwsem; VMAs whose anon_vma it is */
	struct anon_vma *parent; /* root->rwsem */
	struct rb_root rb_root;	 /* root->rwsem; chains by the VMA's pgoff */
};

struct anon_vma_chain {
	struct vm_area_struct *vma;
	struct anon_vma *anon_vma;
	struct list_head same_vma; /* mmap lock, page_table_lock */
	struct rb_node rb;	   /* root->rwsem */
	u64 rb_subtree_last;
};

int rmap_init(void); /* caches; anon_vmas are type-safe by RCU */

/* vma->anon_vma exists afterwards. mmap lock (read) held. */
int __anon_vma_prepare(struct vm_area_struct *vma);
static inline int anon_vma_prepare(struct vm_area_struct *vma)
{
	return likely(READ_ONCE(vma->anon_vma)) ? 0 : __anon_vma_prepare(vma);
}
/* dst gets chains to all of src's (split, mremap: same space). */
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src);
/* The child's copy: all of the parent's and one of its own. */
int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma);
/* The VMA goes; its last anon_vmas with it. */
void unlink_anon_vmas(struct vm_area_struct *vma);

/* A VMA's borders change: out of the trees before, in after; root locked. */
void anon_vma_interval_tree_pre_update_vma(struct vm_area_struct *vma);
void anon_vma_interval_tree_post_update_vma(struct vm_area_struct *vma);
void anon_vma_lock_write(struct anon_vma *anon_vma);
void anon_vma_unlock_write(struct anon_vma *anon_vma);
void anon_vma_lock_read(struct anon_vma *anon_vma);
void anon_vma_unlock_read(struct anon_vma *anon_vma);
/* Debug builds: the caller could lock one, or it is reported. */
void anon_vma_might_lock(void);
void __put_anon_vma(struct anon_vma *anon_vma);
static inline void get_anon_vma_refs(struct anon_vma *anon_vma, u32 nr)
{
	__atomic_add_fetch(&anon_vma->refcount, nr, __ATOMIC_RELAXED);
}
static inline void put_anon_vma_refs(struct anon_vma *anon_vma, u32 nr)
{
	if (!__atomic_sub_fetch(&anon_vma->refcount, nr, __ATOMIC_ACQ_REL))
		__put_anon_vma(anon_vma);
}
static inline void put_anon_vma(struct anon_vma *anon_vma)
{
	put_anon_vma_refs(anon_vma, 1);
}
/* What the page names; an anon_vma for sure only while the page is mapped. */
static inline struct anon_vma *page_anon_vma(const struct page *page)
{
	u64 mapping = (u64)READ_ONCE(page->mapping);

	return mapping & PAGE_MAPPING_ANON ?
		       (struct anon_vma *)(mapping & ~PAGE_MAPPING_ANON) :
		       NULL;
}
/*
 * The page's anon_vma with a reference, if the page is mapped right now; NULL:
 * it isn't anonymous or not mapped. While the reference is held the mapping
 * may go away, the anon_vma may not.
 */
struct anon_vma *page_get_anon_vma(const struct page *page);
/* The same, locked for reading; page_unlock_anon_vma_read() drops both. */
struct anon_vma *page_lock_anon_vma_read(const struct page *page);
void page_unlock_anon_vma_read(struct anon_vma *anon_vma);

/* File mappings: the VMA into and out of mapping->i_mmap; i_mmap_rwsem (write). */
void vma_interval_tree_insert(struct vm_area_struct *vma, struct rb_root *root);
void vma_interval_tree_remove(struct vm_area_struct *vma, struct rb_root *root);
/* The first VMA that meets [first, last], and the next one after it. */
struct vm_area_struct *vma_interval_tree_iter_first(struct rb_root *root,
						    u64 first, u64 last);
struct vm_area_struct *vma_interval_tree_iter_next(struct vm_area_struct *vma,
						   u64 first, u64 last);

/* --- one more or one less entry; page-table lock held --- */

static inline bool PageAnon(const struct page *page)
{
	return (u64)READ_ONCE(page->mapping) & PAGE_MAPPING_ANON;
}

static inline bool page_mapped(const struct page *page)
{
	return READ_ONCE(page->mapcount) >= 0;
}

static inline u32 page_mapcount(const struct page *page)
{
	return (u32)(READ_ONCE(page->mapcount) + 1);
}

/* The first mapping of a fresh page: nobody else sees it. Sets exclusive. */
void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma,
			    vaddr_t addr);
void page_add_file_rmap(struct page *page, struct vm_area_struct *vma);
/*
 * fork's: one more entry for a page that is mapped, and the entry's reference;
 * the area that gets it is not VM_LOCKED. Both counts are one word, and neither
 * overflows. false: pinned, and its owner's alone: copy it.
 */
static inline bool page_try_dup_anon_rmap(struct page *page)
{
	if (page_flag(page, PG_anon_exclusive)) {
		if (unlikely(page_pinned(page)))
			return false;
		page_flag_clear(page, PG_anon_exclusive);
	}
	__atomic_add_fetch(page_refs(page), 1UL << 32 | 1, __ATOMIC_RELAXED);
	return true;
}
void page_remove_rmap(struct page *page, struct vm_area_struct *vma);
/*
 * Migration's: an entry comes or goes together with its reference. Isolation
 * or the page cache has one, too, so it isn't the first or the last. True: it
 * is the first entry, and the caller counts NR_ANON_MAPPED or NR_FILE_MAPPED.
 */
static inline bool page_add_rmap_ref(struct page *page,
				     const struct vm_area_struct *vma)
{
	u64 refs = __atomic_add_fetch(page_refs(page), 1UL << 32 | 1,
				      __ATOMIC_RELAXED);

	if (unlikely(vma->vm_flags & VM_LOCKED))
		mlock_page(page);
	return !(refs >> 32);
}

/* True: no entry is left; the caller counts it. */
static inline bool page_remove_rmap_ref(struct page *page,
					const struct vm_area_struct *vma)
{
	s64 refs = (s64)__atomic_sub_fetch(page_refs(page), 1UL << 32 | 1,
					   __ATOMIC_ACQ_REL);

	BUG_ON(refs <= (s64)REFS_FREE);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		munlock_page(page);
	return refs < 0;
}
/* The page now belongs to vma's own anon_vma (COW reuse); page locked. */
void page_move_anon_rmap(struct page *page, struct vm_area_struct *vma);

/* --- walking --- */

struct rmap_walk_control {
	void *arg;
	/* false: stop. Called without a page-table lock. */
	bool (*rmap_one)(struct page *page, struct vm_area_struct *vma,
			 vaddr_t addr, void *arg);
	bool (*done)(struct page *page); /* NULL, or stop when true */
	bool rmap_locked; /* the anon_vma root or i_mmap is locked already */
};

/* Every VMA that may map the page; page locked (file) or referenced (anon). */
void rmap_walk(struct page *page, struct rmap_walk_control *rwc);

/* The entry at addr, if it maps the page (or is its migration entry). */
struct page_vma_mapped_walk {
	pfn_t pfn;
	struct vm_area_struct *vma;
	vaddr_t address;
	bool migration; /* look for migration entries instead */
	pte_t *pte;	/* under ptl when found */
	struct spinlock *ptl;
};
/* True: pvmw->pte is it, ptl held; page_vma_mapped_walk_done() lets go. */
bool page_vma_mapped_walk(struct page_vma_mapped_walk *pvmw);
void page_vma_mapped_walk_done(struct page_vma_mapped_walk *pvmw);

/* The address of a page in a VMA; -EFAULT as u64: not in it. */
vaddr_t vma_address(const struct page *page, const struct vm_area_struct *vma);

/* Was it accessed, by any mapping? Clears; how many said yes. */
u32 page_referenced(struct page *page);

int rmap_check(struct page *page);
