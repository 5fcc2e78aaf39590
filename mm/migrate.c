// SPDX-License-Identifier: MIT
/*
 * mm/migrate.c - many pages to other frames: lists, passes, statuses
 *
 *	from ──unmap──► unmapped ══ targets ──move──► done
 *	  ▲  EAGAIN: again    │ a pair by place  │ EAGAIN: again
 *	  └──────undo─────────┴─────────────────┘ else undo
 *	  └──EBUSY, EAGAIN at the end──► failed, which the caller gets back
 *
 * A batch is unmapped page by page, then flushed once, then moved page by page.
 * So each page costs two walks of its reverse map, but 512 of them only one
 * interruption of other CPUs. Until its flush a page can still be written
 * through what CPUs remember; that is why it isn't copied earlier.
 *
 * ASYNC tries each batch ten times and never sleeps for a page. The other modes
 * do so three times, as most pages are no trouble, and then move what is left
 * one by one, sleeping for locks: with only one page locked at a time, two
 * movers can't wait for each other.
 *
 * The rule for anonymous pages is the 2010 series'. While all of a page's
 * entries wait, nothing keeps its anon_vma: the last munmap may free it. So a
 * reference is taken before, while the page is mapped; a page that has been
 * unmapped since it was isolated can't give one (page->mapping may name anything
 * by then) and isn't moved. When isolation's reference is the last, it is just
 * freed.
 *
 * The target's private word carries what must be known between the halves: the
 * anon_vma, and in its lowest bit whether there are entries to restore.
 *
 * Source: linux-mm, "mm,migration: Take a reference to the anon_vma before
 * migrating" (2010); Linux's mm/migrate.c.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/lru.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

#include "migrate_internal.h"

#define ASYNC_PASSES 10 /* of the whole batch, in mode ASYNC */
#define FIRST_PASSES 3	/* of the whole batch, before the slower modes */
#define SYNC_PASSES  7	/* of one page that is left then */

#define WAS_MAPPED 1UL

static DEFINE_PER_CPU(struct migrate_stats, migrate_counts);

struct migration {
	new_page_fn new_page;
	put_page_fn put_page;
	void *private;
	enum migrate_mode mode; /* of the pass at hand */
	struct tlb_batch tlb;
	struct list_head unmapped, targets; /* pairs, in the same order */
	struct list_head done;		    /* targets that took over */
	struct list_head failed;
	u32 nr_moved, nr_failed;
	bool no_target;
};

/* --- counting --- */

static void one_failed(struct migration *m, struct page *src)
{
	list_move_tail(&src->lru, &m->failed);
	m->nr_failed++;
	this_cpu_inc(migrate_counts.failed);
}

void migrate_get_stats(struct migrate_stats *stats)
{
	u64 *sum = (u64 *)stats;
	u32 cpu;

	memset(stats, 0, sizeof(*stats));
	for_each_online_cpu(cpu) {
		const u64 *counts =
			(const u64 *)per_cpu_ptr(&migrate_counts, cpu);

		for (u32 i = 0; i < sizeof(*stats) / sizeof(u64); i++)
			sum[i] += READ_ONCE(counts[i]);
	}
}

/* --- one page: unmap, undo --- */

static void put_target(const struct migration *m, struct page *dst)
{
	if (m->put_page)
		m->put_page(dst, m->private);
	else
		put_page(dst);
}

static bool lock_source(const struct migration *m, struct page *src)
{
	if (trylock_page(src))
		return true;
	if (m->mode == MIGRATE_ASYNC ||
	    (m->mode == MIGRATE_SYNC_LIGHT && !page_flag(src, PG_uptodate)))
		return false;
	lock_page(src);
	return true;
}

/* The entries come back as they were; the page is its caller's, unlocked. */
static void undo_locked(struct page *src, struct anon_vma *anon_vma,
			bool was_mapped)
{
	if (was_mapped)
		remove_migration_ptes(src, src, anon_vma);
	if (anon_vma)
		put_anon_vma(anon_vma);
	unlock_page(src);
	this_cpu_inc(migrate_counts.undone);
	POINT(migrate_undone, page_to_pfn(src));
}

/* src is locked, and unlocked again if it fails. */
static int unmap_locked(struct migration *m, struct page *src, u64 *state)
{
	struct anon_vma *anon_vma = NULL;
	int err = -EBUSY;

	POINT(migrate_locked, page_to_pfn(src));
	if (page_flag(src, PG_writeback))
		goto unlock;
	err = -EAGAIN;
	if (!PageAnon(src) && !src->mapping)
		goto unlock; /* truncated: gone when its finders let go */
	if (PageAnon(src)) {
		anon_vma = page_get_anon_vma(src);
		if (!anon_vma)
			goto unlock; /* unmapped while it was isolated */
	}
	*state = (u64)anon_vma;
	if (!page_mapped(src))
		return 0;
	*state |= WAS_MAPPED;
	err = try_to_migrate(src, anon_vma, &m->tlb);
	if (!err)
		return 0;
	undo_locked(src, anon_vma, true);
	return err;
unlock:
	unlock_page(src);
	return err;
}

static int unmap_to(struct migration *m, struct page *src, struct page *dst)
{
	u64 state = 0;
	int err;

	if (!lock_source(m, src))
		return -EAGAIN;
	err = unmap_locked(m, src, &state);
	if (err)
		return err;
	dst->private_data = state;
	list_move_tail(&src->lru, &m->unmapped);
	list_add_tail(&dst->lru, &m->targets);
	POINT(migrate_unmapped, page_to_pfn(src), page_to_pfn(dst));
	return 0;
}

/* Isolation's is the last reference. */
static void drop_vanished(struct migration *m, struct page *src)
{
	list_del(&src->lru);
	isolated_page_put(src);
	m->nr_moved++;
	this_cpu_inc(migrate_counts.vanished);
}

/* 0: unmapped, or gone. */
static int unmap_page(struct migration *m, struct page *src)
{
	struct page *dst;
	int err;

	if (page_ref_count(src) == 1) {
		drop_vanished(m, src);
		return 0;
	}
	if (page_pinned(src))
		return -EBUSY;
	dst = POINT_FAILS(migrate_target, page_to_pfn(src)) ?
		      NULL :
		      m->new_page(src, m->private);
	if (!dst)
		return -ENOMEM;
	err = unmap_to(m, src, dst);
	if (err)
		put_target(m, dst);
	return err;
}

/* --- one page: move, finish --- */

static struct anon_vma *state_anon_vma(u64 state)
{
	return (struct anon_vma *)(state & ~WAS_MAPPED);
}

static void undo(struct migration *m, struct page *src, struct page *dst)
{
	u64 state = dst->private_data;

	dst->private_data = 0;
	list_del(&dst->lru);
	put_target(m, dst);
	undo_locked(src, state_anon_vma(state), state & WAS_MAPPED);
}

/* dst is what src was; src becomes free. */
static void finish(struct migration *m, struct page *src, struct page *dst,
		   u64 state)
{
	struct anon_vma *anon_vma = state_anon_vma(state);

	if (state & WAS_MAPPED)
		remove_migration_ptes(src, dst, anon_vma);
	POINT(migrate_restored, page_to_pfn(src), page_to_pfn(dst));
	if (anon_vma)
		put_anon_vma(anon_vma);
	unlock_page(dst);
	unlock_page(src);
	list_move_tail(&dst->lru, &m->done);
	list_del(&src->lru);
	isolated_page_put(src);
	m->nr_moved++;
	this_cpu_inc(migrate_counts.moved);
}

static int move_page(struct migration *m, struct page *src, struct page *dst)
{
	u64 state = dst->private_data;
	int err;

	dst->private_data = 0; /* mlock's from here on */
	err = move_to_new_page(dst, src, m->mode);
	if (err)
		dst->private_data = state;
	else
		finish(m, src, dst, state);
	return err;
}

/* --- passes over a batch --- */

static bool worth_another(struct migration *m, struct page *src, int err)
{
	if (err == -EAGAIN) {
		this_cpu_inc(migrate_counts.retried);
		return true;
	}
	if (err == -EBUSY && page_pinned(src))
		this_cpu_inc(migrate_counts.pinned);
	one_failed(m, src);
	return false;
}

/* How many are to be tried again. */
static u32 unmap_pass(struct migration *m, struct list_head *from)
{
	struct page *src, *tmp;
	u32 again = 0;

	list_for_each_entry_safe(src, tmp, from, lru) {
		int err = unmap_page(m, src);

		m->no_target = err == -ENOMEM;
		if (m->no_target)
			return 0;
		if (err)
			again += worth_another(m, src, err);
	}
	return again;
}

/* true: it is to be tried again. */
static bool move_or_undo(struct migration *m, struct page *src, struct page *dst)
{
	int err = move_page(m, src, dst);

	if (err == -EAGAIN) {
		this_cpu_inc(migrate_counts.retried);
		return true;
	}
	if (err) {
		undo(m, src, dst);
		one_failed(m, src);
	}
	return false;
}

static u32 move_pass(struct migration *m)
{
	struct page *dst = list_first_entry(&m->targets, struct page, lru);
	struct page *src, *tmp;
	u32 again = 0;

	list_for_each_entry_safe(src, tmp, &m->unmapped, lru) {
		struct page *next =
			list_first_entry(&dst->lru, struct page, lru);

		again += move_or_undo(m, src, dst);
		dst = next;
	}
	return again;
}

/* What would not move goes back to where it came from. */
static void undo_rest(struct migration *m, struct list_head *from)
{
	while (!list_empty(&m->unmapped)) {
		struct page *src =
			list_first_entry(&m->unmapped, struct page, lru);

		undo(m, src, list_first_entry(&m->targets, struct page, lru));
		list_move_tail(&src->lru, from);
	}
}

static void flush(struct migration *m)
{
	u32 nr = m->tlb.nr;

	if (!nr)
		return;
	POINT(migrate_flush, nr);
	tlb_batch_flush(&m->tlb);
	POINT(migrate_flushed, nr);
}

/* What is left on from wasn't to be had for the moment. */
static void migrate_batch(struct migration *m, struct list_head *from,
			  enum migrate_mode mode, u32 passes)
{
	m->mode = mode;
	this_cpu_inc(migrate_counts.batches);
	for (u32 i = 0; i < passes && unmap_pass(m, from); i++)
		;
	flush(m);
	for (u32 i = 0; i < passes && move_pass(m); i++)
		;
	undo_rest(m, from);
	lru_add_pages(&m->done);
}

static void all_failed(struct migration *m, struct list_head *from)
{
	while (!list_empty(from))
		one_failed(m, list_first_entry(from, struct page, lru));
}

/* One at a time: no page is waited for with another one locked. */
static void migrate_singly(struct migration *m, struct list_head *from,
			   enum migrate_mode mode)
{
	while (!list_empty(from) && !m->no_target) {
		struct list_head one = LIST_HEAD_INIT(one);

		list_move(from->next, &one);
		migrate_batch(m, &one, mode, SYNC_PASSES);
		all_failed(m, &one);
	}
}

/* --- the whole list --- */

static void cut_batch(struct list_head *from, struct list_head *batch)
{
	for (u32 nr = 0; nr < MIGRATE_BATCH && !list_empty(from); nr++)
		list_move_tail(from->next, batch);
}

int migrate_pages(struct list_head *from, new_page_fn new_page,
		  put_page_fn put_page_, void *private, enum migrate_mode mode,
		  enum migrate_reason reason, u32 *nr_moved)
{
	struct migration m = { .new_page = new_page,
			       .put_page = put_page_,
			       .private = private,
			       .tlb.reason = TLB_MIGRATE };

	might_sleep();
	POINT(mm_migrate_pages_start, mode, reason);
	INIT_LIST_HEAD(&m.unmapped);
	INIT_LIST_HEAD(&m.targets);
	INIT_LIST_HEAD(&m.done);
	INIT_LIST_HEAD(&m.failed);
	while (!list_empty(from) && !m.no_target) {
		struct list_head batch = LIST_HEAD_INIT(batch);

		cut_batch(from, &batch);
		migrate_batch(&m, &batch, MIGRATE_ASYNC,
			      mode == MIGRATE_ASYNC ? ASYNC_PASSES :
						      FIRST_PASSES);
		if (mode != MIGRATE_ASYNC)
			migrate_singly(&m, &batch, mode);
		all_failed(&m, &batch);
	}
	all_failed(&m, from); /* no target: nothing was tried */
	list_splice_tail_init(&m.failed, from);
	count_vm_events(PGMIGRATE_SUCCESS, m.nr_moved);
	count_vm_events(PGMIGRATE_FAIL, m.nr_failed);
	POINT(mm_migrate_pages, m.nr_moved, m.nr_failed, mode, reason);
	if (nr_moved)
		*nr_moved = m.nr_moved;
	return m.no_target ? -ENOMEM : (int)m.nr_failed;
}
