// SPDX-License-Identifier: MIT
/*
 * mm/migrate.c - many pages to other frames: lists, passes, statuses
 *
 *	from ──lock──► run ──unmap──► targets ──copy──► run ──restore──► LRU
 *	     ▲ EAGAIN   │ EAGAIN         │ EAGAIN: once more              │
 *	     └── left ◄─┴──────undo──────┘ else undo              old ──► free
 *	EBUSY, and EAGAIN at the end ──► failed, which the caller gets back
 *
 * A batch is unmapped, then flushed once, then copied: 512 pages for one
 * interruption of other CPUs. Until its flush a page can still be written
 * through what CPUs remember; that is why it isn't copied earlier.
 *
 * Within a batch pages go in runs of up to 32, neighbours in one anon_vma: what
 * is locked to unmap and to restore them is locked once a run (migrate_unmap.c),
 * and so is the LRU list that they go to. While a run is put together only its
 * page locks are held, which nobody here waits for with another one held.
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
 * freed. While one page of a run holds its anon_vma, others that name the same
 * one and are mapped need no proof of their own.
 *
 * Between the halves the target carries what must be known: `mapping` is the old
 * page, `private_data` the anon_vma, and in its lowest bit whether there are
 * entries to restore.
 *
 * Source: linux-mm, "mm,migration: Take a reference to the anon_vma before
 * migrating" (2010); Linux's mm/migrate.c.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <mm/filemap.h>
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
	struct migrate_control *mc;
	enum migrate_mode mode; /* of the pass at hand */
	struct tlb_batch tlb;
	struct list_head targets; /* of pages that are unmapped */
	struct list_head failed;
	u32 nr_moved, nr_failed;
	bool no_target;
	struct migrate_run run; /* to be unmapped; later, to be restored */
};

/* --- counting --- */

static void one_failed(struct migration *m, struct page *src)
{
	list_add_tail(&src->lru, &m->failed);
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

/* src is on no list: to left if another try is worth it, else to failed. */
static void not_now(struct migration *m, struct page *src, int err,
		    struct list_head *left)
{
	if (err == -EAGAIN) {
		this_cpu_inc(migrate_counts.retried);
		list_add_tail(&src->lru, left);
		return;
	}
	if (err == -EBUSY && page_pinned(src))
		this_cpu_inc(migrate_counts.pinned);
	one_failed(m, src);
}

/* --- frames that come and go --- */

static void put_target(const struct migration *m, struct page *dst)
{
	if (m->mc->put_page)
		m->mc->put_page(dst, m->mc->private);
	else
		put_page(dst);
}

/* Isolation's references on old pages, mostly the last ones, go. */
static void put_sources(const struct migration *m, struct page **src, u32 nr)
{
	nr = isolated_pages_free_prepare(src, nr);
	if (m->mc->take_freed)
		m->mc->take_freed(src, nr, m->mc->private);
	else
		free_pages_bulk(src, nr);
}

/* --- unmap --- */

/* The entries come back as they were; the page is its caller's, unlocked. */
static void undo_locked(struct page *src, struct anon_vma *anon_vma,
			bool was_mapped)
{
	struct migrate_run one;

	run_begin(&one, anon_vma, was_mapped, src->index);
	run_add(&one, src, src);
	if (was_mapped)
		remove_migration_ptes(&one);
	if (anon_vma)
		put_anon_vma(anon_vma);
	unlock_page(src);
	this_cpu_inc(migrate_counts.undone);
	POINT(migrate_undone, page_to_pfn(src));
}

/* To the targets, or back if some entry is left. */
static void unmapped(struct migration *m, struct page *src, struct page *dst,
		     struct list_head *left)
{
	const struct migrate_run *run = &m->run;

	if (unlikely(page_mapped(src))) {
		int err = page_pinned(src) ? -EBUSY : -EAGAIN;

		put_target(m, dst);
		undo_locked(src, run->anon_vma, true);
		not_now(m, src, err, left);
		return;
	}
	dst->private_data = (u64)run->anon_vma | (run->mapped ? WAS_MAPPED : 0);
	dst->mapping = src;
	list_add_tail(&dst->lru, &m->targets);
	POINT(migrate_unmapped, page_to_pfn(src), page_to_pfn(dst));
}

static void unmap_run(struct migration *m, struct list_head *left)
{
	struct migrate_run *run = &m->run;

	if (!run->nr)
		return;
	if (run->anon_vma) /* which has the first one's reference */
		get_anon_vma_refs(run->anon_vma, run->nr - 1);
	if (run->mapped)
		try_to_migrate(run, &m->tlb);
	for (u32 i = 0; i < run->nr; i++)
		unmapped(m, run->src[i], run->dst[i], left);
	run->nr = 0;
}

static bool lock_source(const struct migration *m, struct page *src)
{
	if (trylock_page(src))
		return true;
	/* Who compacts for a request of its own may have locked it itself. */
	if (m->mode == MIGRATE_ASYNC || current->memalloc ||
	    (m->mode == MIGRATE_SYNC_LIGHT && !page_flag(src, PG_uptodate)))
		return false;
	lock_page(src);
	return true;
}

/* The run at hand may take src, or ends, and one for src begins. */
static int find_run(struct migration *m, struct page *src,
		    struct list_head *left)
{
	struct anon_vma *anon_vma = page_anon_vma(src);

	if (run_takes(&m->run, anon_vma, src->index) && page_mapped(src))
		return 0;
	unmap_run(m, left);
	if (anon_vma) {
		anon_vma = page_get_anon_vma(src);
		if (!anon_vma)
			return -EAGAIN; /* unmapped while it was isolated */
	}
	run_begin(&m->run, anon_vma, anon_vma || page_mapped(src), src->index);
	return 0;
}

static int queue_locked(struct migration *m, struct page *src, struct page *dst,
			struct list_head *left)
{
	int err;

	POINT(migrate_locked, page_to_pfn(src));
	if (page_flag(src, PG_writeback))
		return -EBUSY;
	if (!src->mapping)
		return -EAGAIN; /* truncated: gone when its finders let go */
	err = find_run(m, src, left);
	if (!err)
		run_add(&m->run, src, dst);
	return err;
}

static int queue_to(struct migration *m, struct page *src, struct page *dst,
		    struct list_head *left)
{
	int err;

	if (!lock_source(m, src))
		return -EAGAIN;
	err = queue_locked(m, src, dst, left);
	if (err)
		unlock_page(src);
	return err;
}

/* Isolation's is the last reference. */
static void drop_vanished(struct migration *m, struct page *src)
{
	put_sources(m, &src, 1);
	m->nr_moved++;
	this_cpu_inc(migrate_counts.vanished);
}

/* src, off its list, is queued, gone, or not_now(); or nothing: no_target. */
static void queue_page(struct migration *m, struct page *src,
		       struct list_head *left)
{
	struct page *dst;
	int err = -EBUSY;

	if (page_ref_count(src) == 1) {
		drop_vanished(m, src);
		return;
	}
	if (!page_pinned(src)) {
		dst = POINT_FAILS(migrate_target, page_to_pfn(src)) ?
			      NULL :
			      m->mc->new_page(src, m->mc->private);
		if (unlikely(!dst)) {
			m->no_target = true;
			return;
		}
		err = queue_to(m, src, dst, left);
		if (err)
			put_target(m, dst);
	}
	if (err)
		not_now(m, src, err, left);
}

/* --- move --- */

static struct anon_vma *state_anon_vma(u64 state)
{
	return (struct anon_vma *)(state & ~WAS_MAPPED);
}

static void undo(struct migration *m, struct page *src, struct page *dst)
{
	u64 state = dst->private_data;

	dst->private_data = 0;
	dst->mapping = NULL;
	put_target(m, dst);
	undo_locked(src, state_anon_vma(state), state & WAS_MAPPED);
}

/* The pages of a run are what their old ones were; these become free. */
static void finish_run(struct migration *m)
{
	struct migrate_run *run = &m->run;
	const bool of_file = !run->anon_vma;
	u32 nr = run->nr;

	if (!nr)
		return;
	if (run->mapped)
		remove_migration_ptes(run);
	for (u32 i = 0; i < nr; i++) {
		POINT(migrate_restored, page_to_pfn(run->src[i]),
		      page_to_pfn(run->dst[i]));
		if (of_file) /* else it was never locked */
			unlock_page(run->dst[i]);
		unlock_page(run->src[i]);
	}
	if (run->anon_vma)
		put_anon_vma_refs(run->anon_vma, nr);
	m->nr_moved += nr;
	this_cpu_add(migrate_counts.moved, nr);
	run->nr = 0;
	lru_add_pages(run->dst, nr);
	put_sources(m, run->src, nr);
}

static int move_page(struct migration *m, struct page *src, struct page *dst)
{
	u64 state = dst->private_data;
	struct anon_vma *anon_vma = state_anon_vma(state);
	int err;

	if (!run_takes(&m->run, anon_vma, src->index)) {
		finish_run(m);
		run_begin(&m->run, anon_vma, state & WAS_MAPPED, src->index);
	}
	dst->private_data = 0; /* mlock's from here on */
	err = move_to_new_page(dst, src, m->mode);
	if (err) {
		dst->private_data = state;
		return err;
	}
	run_add(&m->run, src, dst);
	return 0;
}

/* Off the targets; back again if it is worth another try. */
static void move_or_undo(struct migration *m, struct page *dst)
{
	struct page *src = dst->mapping;
	int err = move_page(m, src, dst);

	if (err == -EAGAIN) {
		this_cpu_inc(migrate_counts.retried);
		list_add_tail(&dst->lru, &m->targets);
	} else if (err) {
		undo(m, src, dst);
		one_failed(m, src);
	}
}

/* --- passes over a batch --- */

/* A try for each of up to a batch's pages; left: what is to be tried again. */
static void unmap_pass(struct migration *m, struct list_head *from,
		       struct list_head *left)
{
	struct list_head *at = from->next;

	for (u32 nr = 0; nr < MIGRATE_BATCH && at != from; nr++) {
		struct page *src = list_entry(at, struct page, lru);
		struct list_head *next = at->next;

		queue_page(m, src, left);
		if (m->no_target)
			break;
		at = next;
	}
	list_begin_at(from, at);
	unmap_run(m, left);
}

static void unmap_passes(struct migration *m, struct list_head *from,
			 struct list_head *left, u32 passes)
{
	unmap_pass(m, from, left);
	while (--passes && !list_empty(left) && !m->no_target) {
		struct list_head again = LIST_HEAD_INIT(again);

		list_splice_tail_init(left, &again);
		unmap_pass(m, &again, left);
		list_splice_tail_init(&again, left);
	}
}

static void move_pass(struct migration *m)
{
	struct list_head targets = LIST_HEAD_INIT(targets);
	struct page *dst, *tmp;

	list_splice_tail_init(&m->targets, &targets);
	list_for_each_entry_safe(dst, tmp, &targets, lru)
		move_or_undo(m, dst);
	finish_run(m);
}

/* What would not move. */
static void undo_rest(struct migration *m, struct list_head *left)
{
	while (!list_empty(&m->targets)) {
		struct page *dst =
			list_first_entry(&m->targets, struct page, lru);
		struct page *src = dst->mapping;

		list_del(&dst->lru);
		undo(m, src, dst);
		list_add_tail(&src->lru, left);
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

/* A batch of from; left: those that weren't to be had for the moment. */
static void migrate_batch(struct migration *m, struct list_head *from,
			  struct list_head *left, enum migrate_mode mode,
			  u32 passes)
{
	m->mode = mode;
	this_cpu_inc(migrate_counts.batches);
	unmap_passes(m, from, left, passes);
	flush(m);
	for (u32 i = 0; i < passes && !list_empty(&m->targets); i++)
		move_pass(m);
	undo_rest(m, left);
}

static void all_failed(struct migration *m, struct list_head *from)
{
	while (!list_empty(from)) {
		struct page *src = list_first_entry(from, struct page, lru);

		list_del(&src->lru);
		one_failed(m, src);
	}
}

/* One at a time: no page is waited for with another one locked. */
static void migrate_singly(struct migration *m, struct list_head *from,
			   enum migrate_mode mode)
{
	while (!list_empty(from) && !m->no_target) {
		struct list_head one = LIST_HEAD_INIT(one);
		struct list_head left = LIST_HEAD_INIT(left);

		list_move(from->next, &one);
		migrate_batch(m, &one, &left, mode, SYNC_PASSES);
		all_failed(m, &left);
		all_failed(m, &one); /* no target */
	}
}

/* --- the whole list --- */

static void migrate_all(struct migration *m, struct list_head *from)
{
	enum migrate_mode mode = m->mc->mode;
	u32 passes = mode == MIGRATE_ASYNC ? ASYNC_PASSES : FIRST_PASSES;

	while (!list_empty(from) && !m->no_target) {
		struct list_head left = LIST_HEAD_INIT(left);

		migrate_batch(m, from, &left, MIGRATE_ASYNC, passes);
		if (mode != MIGRATE_ASYNC)
			migrate_singly(m, &left, mode);
		all_failed(m, &left);
	}
	all_failed(m, from); /* no target: nothing was tried */
}

/* All but the run's pages: as an initializer this would clear these, too. */
static void begin(struct migration *m, struct migrate_control *mc)
{
	m->mc = mc;
	m->tlb = (struct tlb_batch){ .reason = TLB_MIGRATE };
	INIT_LIST_HEAD(&m->targets);
	INIT_LIST_HEAD(&m->failed);
	m->nr_moved = m->nr_failed = 0;
	m->no_target = false;
	m->run.nr = 0;
}

void might_migrate(void)
{
	i_mmap_might_lock();
	anon_vma_might_lock();
}

int migrate_list(struct list_head *from, struct migrate_control *mc)
{
	struct migration m;

	might_sleep();
	POINT(mm_migrate_pages_start, mc->mode, mc->reason);
	begin(&m, mc);
	migrate_all(&m, from);
	list_splice_tail_init(&m.failed, from);
	mc->nr_moved = m.nr_moved;
	count_vm_events(PGMIGRATE_SUCCESS, m.nr_moved);
	count_vm_events(PGMIGRATE_FAIL, m.nr_failed);
	POINT(mm_migrate_pages, m.nr_moved, m.nr_failed, mc->mode, mc->reason);
	return m.no_target ? -ENOMEM : (int)m.nr_failed;
}

int migrate_pages(struct list_head *from, new_page_fn new_page,
		  put_page_fn put_page_, void *private, enum migrate_mode mode,
		  enum migrate_reason reason, u32 *nr_moved)
{
	struct migrate_control mc = { .new_page = new_page,
				      .put_page = put_page_,
				      .private = private,
				      .mode = mode,
				      .reason = reason };
	int err = migrate_list(from, &mc);

	if (nr_moved)
		*nr_moved = mc.nr_moved;
	return err;
}
