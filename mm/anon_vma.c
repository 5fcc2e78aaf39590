// SPDX-License-Identifier: MIT
/*
 * mm/anon_vma.c - who may map an anonymous page: one object a VMA, linked
 *
 * A page names the anon_vma of the VMA that first mapped it. After a fork the
 * child's VMA may map it, too, so it gets a chain into each anon_vma that its
 * parent's VMA is chained into; its own new pages go to an anon_vma of its own,
 * so that a search for them doesn't visit the parent.
 *
 *	grandparent VMA ── A
 *	parent VMA ─────── A, B		B->parent = A, root A
 *	child VMA ──────── A, B, C	C->parent = B, root A
 *
 * An anon_vma lives while it is chained, is somebody's parent (num_children) or
 * root, or a reference is held. When a VMA leaves, what it was the last to be
 * chained to is emptied first, under the root's lock, and freed after it.
 *
 * A child may take over an anon_vma of its ancestors that has no VMA of its own
 * any more and at most one child (reusing keeps a line of forks from growing a
 * chain for each generation).
 *
 * Records are given back to their cache at once, but the pages of the cache
 * only after a grace period: page_get_anon_vma() may read a stale one, which is
 * an anon_vma still, and then finds out. Source: linux-mm, the 2010 series'
 * first patch; Linux's mm/rmap.c.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/rcu.h>
#include <mm/rmap.h>
#include <mm/slab.h>

#include "interval_tree.h"

static DEFINE_LOCK_CLASS(anon_vma_class, "anon_vma root", false);

static struct kmem_cache *anon_vma_cache, *chain_cache;

/* What a stale reader may still look at: set once, left as they are by free. */
static void construct(void *object)
{
	struct anon_vma *anon_vma = object;

	rwsem_init(&anon_vma->rwsem, &anon_vma_class);
	anon_vma->refcount = 0;
	anon_vma->rb_root = RB_ROOT;
}

int rmap_init(void)
{
	anon_vma_cache = kmem_cache_create("anon_vma", sizeof(struct anon_vma),
					   0, SLAB_TYPESAFE_BY_RCU, construct);
	chain_cache = kmem_cache_create(
		"anon_vma_chain", sizeof(struct anon_vma_chain), 0, 0, NULL);
	return anon_vma_cache && chain_cache ? 0 : -ENOMEM;
}

/* --- one anon_vma --- */

/* At the top of its own tree, until the caller says otherwise. */
static struct anon_vma *anon_vma_alloc(void)
{
	struct anon_vma *anon_vma;

	if (POINT_FAILS(anon_vma_alloc, 0))
		return NULL;
	anon_vma = kmem_cache_alloc(anon_vma_cache, GFP_KERNEL);
	if (!anon_vma)
		return NULL;
	anon_vma->num_children = 0;
	anon_vma->num_active_vmas = 0;
	anon_vma->parent = anon_vma;
	anon_vma->root = anon_vma;
	__atomic_store_n(&anon_vma->refcount, 1, __ATOMIC_RELEASE);
	return anon_vma;
}

/* Nobody is chained to it and nobody refers to it. */
static void anon_vma_free(struct anon_vma *anon_vma)
{
	BUG_ON(!RB_EMPTY_ROOT(&anon_vma->rb_root));
	kmem_cache_free(anon_vma_cache, anon_vma);
}

void __put_anon_vma(struct anon_vma *anon_vma)
{
	struct anon_vma *root = anon_vma->root;

	anon_vma_free(anon_vma);
	if (root != anon_vma)
		put_anon_vma(root);
}

void anon_vma_lock_write(struct anon_vma *anon_vma)
{
	down_write(&anon_vma->root->rwsem);
}

void anon_vma_unlock_write(struct anon_vma *anon_vma)
{
	up_write(&anon_vma->root->rwsem);
}

void anon_vma_lock_read(struct anon_vma *anon_vma)
{
	down_read(&anon_vma->root->rwsem);
}

void anon_vma_unlock_read(struct anon_vma *anon_vma)
{
	up_read(&anon_vma->root->rwsem);
}

void anon_vma_might_lock(void)
{
	lockdep_sleep_acquire(&anon_vma_class);
}

/* --- chains --- */

static struct anon_vma_chain *chain_alloc(void)
{
	if (POINT_FAILS(anon_vma_chain_alloc, 0))
		return NULL;
	return kmem_cache_alloc(chain_cache, GFP_KERNEL);
}

/* Root locked for writing. */
static void chain_link(struct vm_area_struct *vma, struct anon_vma_chain *avc,
		       struct anon_vma *anon_vma)
{
	avc->vma = vma;
	avc->anon_vma = anon_vma;
	list_add(&avc->same_vma, &vma->anon_vma_chain);
	anon_vma_interval_tree_insert(avc, &anon_vma->rb_root);
}

/* Neighbours that could become one VMA share an anon_vma from the start. */
static bool may_merge_later(const struct vm_area_struct *a,
			    const struct vm_area_struct *b)
{
	return a->vm_end == b->vm_start && a->vm_file == b->vm_file &&
	       a->vm_policy == b->vm_policy &&
	       !((a->vm_flags ^ b->vm_flags) & ~(VM_ACCESS_FLAGS)) &&
	       b->vm_pgoff == a->vm_pgoff + vma_pages(a);
}

/* Only a simple one: chained to nothing else, so its pages are of one VMA. */
static struct anon_vma *reusable(const struct vm_area_struct *old)
{
	struct anon_vma *anon_vma = READ_ONCE(old->anon_vma);

	return anon_vma && old->anon_vma_chain.next->next ==
				       &old->anon_vma_chain ?
		       anon_vma :
		       NULL;
}

static struct anon_vma *find_mergeable(struct vm_area_struct *vma)
{
	struct vm_area_struct *next = vma_next(vma), *prev = vma_prev(vma);
	struct anon_vma *found = NULL;

	if (next && may_merge_later(vma, next))
		found = reusable(next);
	if (!found && prev && may_merge_later(prev, vma))
		found = reusable(prev);
	return found;
}

/*
 * Two threads may get here at once: the mmap lock is only read. The first to
 * take page_table_lock wins.
 */
int __anon_vma_prepare(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;
	struct anon_vma_chain *avc = chain_alloc();
	struct anon_vma *anon_vma, *fresh = NULL;

	if (!avc)
		return -ENOMEM;
	anon_vma = find_mergeable(vma);
	if (!anon_vma) {
		anon_vma = fresh = anon_vma_alloc();
		if (!fresh) {
			kmem_cache_free(chain_cache, avc);
			return -ENOMEM;
		}
		fresh->num_children++; /* its own parent */
	}
	anon_vma_lock_write(anon_vma);
	spin_lock(&mm->page_table_lock);
	if (likely(!vma->anon_vma)) {
		chain_link(vma, avc, anon_vma);
		anon_vma->num_active_vmas++;
		__atomic_store_n(&vma->anon_vma, anon_vma, __ATOMIC_RELEASE);
		avc = NULL;
		fresh = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	anon_vma_unlock_write(anon_vma);
	if (fresh)
		put_anon_vma(fresh);
	if (avc)
		kmem_cache_free(chain_cache, avc);
	return 0;
}

/* dst is about to become the VMA of its own; may an old one serve? */
static bool may_take_over(const struct anon_vma *anon_vma,
			  const struct vm_area_struct *src)
{
	return anon_vma != src->anon_vma && !anon_vma->num_active_vmas &&
	       anon_vma->num_children < 2;
}

/*
 * All chains of one VMA lead into trees of one root, which is locked once.
 * Allocation under it would have to wait for memory with a lock that reclaim
 * may want: so all chains are allocated first.
 */
static int alloc_chains(struct list_head *chains, u32 nr)
{
	while (nr--) {
		struct anon_vma_chain *avc = chain_alloc();

		if (!avc)
			return -ENOMEM;
		list_add(&avc->same_vma, chains);
	}
	return 0;
}

static void free_chains(struct list_head *chains)
{
	while (!list_empty(chains)) {
		struct anon_vma_chain *avc = list_first_entry(
			chains, struct anon_vma_chain, same_vma);

		list_del(&avc->same_vma);
		kmem_cache_free(chain_cache, avc);
	}
}

static u32 count_chains(const struct vm_area_struct *vma)
{
	const struct anon_vma_chain *avc;
	u32 nr = 0;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
		nr++;
	return nr;
}

/* In the order of src: the newest anon_vma is the last of the list. */
static void clone_chains(struct vm_area_struct *dst, struct vm_area_struct *src,
			 struct list_head *chains)
{
	for (struct list_head *at = src->anon_vma_chain.prev;
	     at != &src->anon_vma_chain; at = at->prev) {
		struct anon_vma *anon_vma =
			list_entry(at, struct anon_vma_chain, same_vma)->anon_vma;
		struct anon_vma_chain *avc = list_first_entry(
			chains, struct anon_vma_chain, same_vma);

		list_del(&avc->same_vma);
		chain_link(dst, avc, anon_vma);
		if (!dst->anon_vma && may_take_over(anon_vma, src))
			dst->anon_vma = anon_vma;
	}
	if (dst->anon_vma)
		dst->anon_vma->num_active_vmas++;
}

/* dst->anon_vma as the caller set it: NULL when a fork may reuse one. */
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	struct list_head chains = LIST_HEAD_INIT(chains);
	struct anon_vma *anon_vma = src->anon_vma;

	if (!anon_vma)
		return 0;
	if (alloc_chains(&chains, count_chains(src))) {
		free_chains(&chains);
		return -ENOMEM;
	}
	anon_vma_lock_write(anon_vma);
	clone_chains(dst, src, &chains);
	anon_vma_unlock_write(anon_vma);
	return 0;
}

int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma)
{
	struct anon_vma_chain *avc;
	struct anon_vma *anon_vma;

	vma->anon_vma = NULL;
	if (!pvma->anon_vma)
		return 0;
	if (anon_vma_clone(vma, pvma))
		return -ENOMEM;
	if (vma->anon_vma)
		return 0; /* took an old one over */
	anon_vma = anon_vma_alloc();
	avc = chain_alloc();
	if (!anon_vma || !avc)
		goto nomem;
	anon_vma->num_active_vmas++;
	anon_vma->root = pvma->anon_vma->root;
	anon_vma->parent = pvma->anon_vma;
	/* A parent outlives its children's lock. */
	__atomic_add_fetch(&anon_vma->root->refcount, 1, __ATOMIC_RELAXED);
	anon_vma_lock_write(anon_vma);
	chain_link(vma, avc, anon_vma);
	anon_vma->parent->num_children++;
	anon_vma_unlock_write(anon_vma);
	vma->anon_vma = anon_vma;
	return 0;
nomem:
	if (anon_vma)
		put_anon_vma(anon_vma);
	if (avc)
		kmem_cache_free(chain_cache, avc);
	unlink_anon_vmas(vma);
	return -ENOMEM;
}

/* Under the root's lock: chains to anon_vmas that stay in use, first. */
static void unlink_chains(struct vm_area_struct *vma, struct anon_vma **root)
{
	struct anon_vma_chain *avc, *tmp;

	list_for_each_entry_safe(avc, tmp, &vma->anon_vma_chain, same_vma) {
		struct anon_vma *anon_vma = avc->anon_vma;

		if (!*root) {
			*root = anon_vma->root;
			down_write(&(*root)->rwsem);
		}
		BUG_ON(anon_vma->root != *root);
		anon_vma_interval_tree_remove(avc, &anon_vma->rb_root);
		/* An empty one is freed below, without the lock. */
		if (RB_EMPTY_ROOT(&anon_vma->rb_root)) {
			anon_vma->parent->num_children--;
			continue;
		}
		list_del(&avc->same_vma);
		kmem_cache_free(chain_cache, avc);
	}
}

void unlink_anon_vmas(struct vm_area_struct *vma)
{
	struct anon_vma *root = NULL;

	unlink_chains(vma, &root);
	if (vma->anon_vma) {
		vma->anon_vma->num_active_vmas--;
		vma->anon_vma = NULL;
	}
	if (root)
		up_write(&root->rwsem);
	while (!list_empty(&vma->anon_vma_chain)) {
		struct anon_vma_chain *avc = list_first_entry(
			&vma->anon_vma_chain, struct anon_vma_chain, same_vma);

		BUG_ON(avc->anon_vma->num_active_vmas ||
		       avc->anon_vma->num_children);
		put_anon_vma(avc->anon_vma);
		list_del(&avc->same_vma);
		kmem_cache_free(chain_cache, avc);
	}
}

void anon_vma_interval_tree_pre_update_vma(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
		anon_vma_interval_tree_remove(avc, &avc->anon_vma->rb_root);
}

void anon_vma_interval_tree_post_update_vma(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
		anon_vma_interval_tree_insert(avc, &avc->anon_vma->rb_root);
}

/* --- from a page --- */

static bool get_anon_vma_unless_zero(struct anon_vma *anon_vma)
{
	u32 old = READ_ONCE(anon_vma->refcount);

	while (old)
		if (__atomic_compare_exchange_n(&anon_vma->refcount, &old,
						old + 1, true, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

/*
 * The page may lose its last mapping, and its anon_vma be freed and become
 * another's, between any two lines. But while the page is mapped its anon_vma
 * is its own: so mapped, then referenced, then still mapped is proof.
 */
struct anon_vma *page_get_anon_vma(const struct page *page)
{
	struct anon_vma *anon_vma;

	rcu_read_lock();
	anon_vma = page_anon_vma(page);
	if (!anon_vma || !page_mapped(page) ||
	    !get_anon_vma_unless_zero(anon_vma)) {
		rcu_read_unlock();
		return NULL;
	}
	POINT(page_get_anon_vma, page_to_pfn(page));
	if (!page_mapped(page)) {
		rcu_read_unlock();
		put_anon_vma(anon_vma);
		return NULL;
	}
	rcu_read_unlock();
	return anon_vma;
}

struct anon_vma *page_lock_anon_vma_read(const struct page *page)
{
	struct anon_vma *anon_vma = page_get_anon_vma(page);

	if (anon_vma)
		anon_vma_lock_read(anon_vma);
	return anon_vma;
}

void page_unlock_anon_vma_read(struct anon_vma *anon_vma)
{
	anon_vma_unlock_read(anon_vma);
	put_anon_vma(anon_vma);
}
