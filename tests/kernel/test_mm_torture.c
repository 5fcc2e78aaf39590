// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_mm_torture.c - address spaces under many threads at once
 *
 *	thread 0 ─┬─ shared space ─┬─ thread 1      each: maps, writes, reads,
 *	          │                │                protects, moves, locks, pins,
 *	          ├─ child         ├─ child         forks, ends children (of
 *	          └─ child         └─ child         others, too); isolates pages,
 *	                                            walks reverse maps, truncates
 *
 * What one thread does, and what it expects, is in mm_torture_arena.c. Here
 * they are started, and after each round, when all is at rest, every count in
 * memory management is compared with what it counts. At the end every frame
 * is free again.
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/rcu.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/user_ops.h>
#include <mm/fault.h>
#include <mm/lru.h>
#include <mm/page_alloc.h>
#include <mm/zone_check.h>
#include <mm/misuse.h>
#include <mm/mm_state.h>
#include <mm/page.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/tlb.h>
#include <mm/vmstat.h>
#include <uapi/mman.h>
#include <uapi/signal.h>

#include "free_frames.h"
#include "mm_torture.h"

#define THREADS_A_CPU 2
#define NR_ROUNDS     4
#define MAX_THREADS   10
#define NR_OPS	      6400 /* of all threads in a round, in the kernel */

struct torture torture;

/* --- the files --- */

static int read_stamps(struct address_space *mapping, struct page *page)
{
	enum cell_kind kind = mapping == &torture.private_map ? CELL_PRIVATE :
								CELL_SHARED;
	u64 *words = page_address(page);

	for (u32 i = 0; i < WORDS_A_PAGE; i++)
		words[i] = file_stamp(kind, page->index);
	return 0;
}

static const struct address_space_operations stamped_ops = {
	.read_page = read_stamps,
};

static void no_release(struct file *file __unused)
{
}

static void file_begin(struct file *file, struct address_space *mapping)
{
	address_space_init(mapping, NULL, &stamped_ops);
	mapping->i_size = torture.nr_workers * FILE_PART * PAGE_SIZE;
	*file = (struct file){ .f_count = 1,
			       .f_mode = FMODE_READ | FMODE_WRITE,
			       .f_mapping = mapping,
			       .mmap = generic_file_mmap,
			       .release = no_release };
}

static void file_end(struct test *t, struct file *file)
{
	EXPECT_EQ(filemap_check(file->f_mapping), 0);
	EXPECT_EQ(file->f_count, 1);
	file->f_mapping->i_size = 0;
	truncate_inode_pages(file->f_mapping, 0);
	EXPECT_EQ(file->f_mapping->nrpages, 0);
}

/* --- the threads --- */

static bool fault(struct pt_regs *regs __unused, vaddr_t addr, u32 flags)
{
	struct fault_error error;

	return !do_user_fault(current->mm, addr, FAULT_FLAG_USER | flags,
			      &error);
}

static const struct user_ops torture_ops = { .page_fault = fault };

static int work(void *arg)
{
	struct worker *w = arg;

	for (u32 i = 0; i < torture.nr_ops && !READ_ONCE(torture.nr_wrong); i++)
		torture_step(w);
	if (!READ_ONCE(torture.nr_wrong))
		torture_check_all(w);
	use_mm(NULL);
	return 0;
}

static int end_all(void *arg)
{
	struct worker *w = arg;

	if (w->pin)
		unpin(w);
	for (u32 i = 1; i < NR_SPACES; i++)
		if (w->spaces[i].mm)
			space_end(w, &w->spaces[i]);
	return 0;
}

static void run_threads(struct test *t, int (*fn)(void *arg))
{
	struct thread *threads[TORTURE_MAX_WORKERS];

	for (u32 i = 0; i < torture.nr_workers; i++) {
		threads[i] = kthread_run(fn, torture.workers[i], "mm torture");
		EXPECT_TRUE(threads[i] != NULL);
	}
	for (u32 i = 0; i < torture.nr_workers; i++)
		if (threads[i])
			kthread_join(threads[i]);
}

/* --- at rest --- */

static void check_space(struct mm_struct *mm, void *findings)
{
	down_read(&mm->mmap_lock);
	*(int *)findings += mm_check(mm);
	up_read(&mm->mmap_lock);
}

static void check_at_rest(struct test *t)
{
	int findings = 0;

	for_each_mm(check_space, &findings);
	EXPECT_EQ(findings, 0);
	EXPECT_EQ(page_table_check_all(), 0);
	lru_add_drain_all();
	EXPECT_EQ(lru_check(kernel_mm()), 0);
	EXPECT_EQ(filemap_check(&torture.private_map), 0);
	EXPECT_EQ(filemap_check(&torture.shared_map), 0);
	EXPECT_EQ(torture.nr_wrong, 0);
	if (torture.nr_wrong)
		test_note(t, "%s: 0x%lx, expected 0x%lx", torture.what,
			  torture.found, torture.expected);
}

/* --- from begin to end --- */

static bool worker_begin(u32 id, struct mm_struct *shared, u64 seed)
{
	struct worker *w = kzalloc(sizeof(*w), GFP_KERNEL);

	torture.workers[id] = w;
	if (!w)
		return false;
	w->id = id;
	w->rng.state = seed * 1000 + id + 1;
	w->spaces[0].mm = shared;
	for (u32 i = 0; i < FILE_PART; i++)
		w->shared[i] = file_stamp(CELL_SHARED, id * FILE_PART + i);
	w->page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	return w->page != NULL;
}

static bool torture_begin(u32 nr_workers, u64 seed)
{
	struct mm_struct *shared = mm_alloc();
	bool ok = shared != NULL;

	memset(&torture, 0, sizeof(torture));
	torture.nr_workers = min(nr_workers, (u32)TORTURE_MAX_WORKERS);
	file_begin(&torture.private_file, &torture.private_map);
	file_begin(&torture.shared_file, &torture.shared_map);
	for (u32 i = 0; ok && i < torture.nr_workers; i++)
		ok = worker_begin(i, shared, seed);
	return ok;
}

static void report(struct test *t)
{
	u64 ops = 0, forks = 0, moves = 0;

	for (u32 i = 0; i < torture.nr_workers; i++) {
		ops += torture.workers[i]->nr_ops;
		forks += torture.workers[i]->nr_forks;
		moves += torture.workers[i]->nr_moves;
	}
	test_note(t, "%u CPUs, %u threads: %lu operations, %lu forks, %lu moves",
		  num_online_cpus(), torture.nr_workers, ops, forks, moves);
}

static void torture_end(struct test *t)
{
	struct mm_struct *shared = torture.workers[0]->spaces[0].mm;

	run_threads(t, end_all);
	if (torture.box)
		mmput(torture.box);
	mmput(shared);
	file_end(t, &torture.private_file);
	file_end(t, &torture.shared_file);
	rcu_barrier(); /* the threads are gone for good */
	for (u32 i = 0; i < torture.nr_workers; i++) {
		kfree(torture.workers[i]->page);
		kfree(torture.workers[i]);
	}
}

/* --- looking pages up while they leave the file --- */

static bool stop_looking;

static int look_up(void *unused __unused)
{
	while (!READ_ONCE(stop_looking)) {
		struct page *page = filemap_get_page(&torture.private_map, 0);

		if (!page)
			continue;
		if (page_kind(page) != PAGE_FILE)
			wrong("a page that was looked up", page_kind(page),
			      PAGE_FILE);
		put_page(page);
	}
	return 0;
}

/* What was a file's page goes round as a page of the kernel's. */
static void replace_page(struct test *t)
{
	int err = 0;
	struct page *page = read_cache_page(&torture.private_map, 0, &err);

	EXPECT_TRUE(page != NULL);
	if (page)
		put_page(page);
	lru_add_drain();
	truncate_inode_pages(&torture.private_map, 0);
	page = alloc_pages(GFP_KERNEL, 0);
	if (page)
		free_pages(page, 0);
}

TEST(mm_torture, who_looks_up_a_page_never_holds_a_free_one)
{
	struct thread *thread;

	memset(&torture, 0, sizeof(torture));
	torture.nr_workers = 1;
	file_begin(&torture.private_file, &torture.private_map);
	stop_looking = false;
	thread = kthread_run(look_up, NULL, "looks pages up");
	ASSERT_TRUE(thread != NULL);
	for (u32 i = 0; i < 2000 * test_scale(); i++)
		replace_page(t);
	WRITE_ONCE(stop_looking, true);
	kthread_join(thread);
	EXPECT_EQ(torture.nr_wrong, 0);
	file_end(t, &torture.private_file);
}

/* --- a file that is cut off while a page of it is read --- */

static int read_while_cut(struct address_space *mapping, struct page *page)
{
	WRITE_ONCE(mapping->i_size, 0);
	return read_stamps(mapping, page);
}

static const struct address_space_operations cut_ops = {
	.read_page = read_while_cut,
};

/* Who makes the file longer again must not find what it said before. */
TEST(mm_torture, page_read_while_the_file_shrinks_does_not_stay)
{
	struct mm_struct *mm = mm_alloc();
	struct fault_error error;
	s64 at;

	ASSERT_TRUE(mm != NULL);
	memset(&torture, 0, sizeof(torture));
	torture.nr_workers = 1;
	file_begin(&torture.private_file, &torture.private_map);
	torture.private_map.a_ops = &cut_ops;
	at = do_mmap(mm, &torture.private_file, 0, PAGE_SIZE, PROT_READ,
		     MAP_PRIVATE, 0);
	ASSERT_TRUE(at > 0);
	EXPECT_EQ(do_user_fault(mm, (vaddr_t)at, FAULT_FLAG_USER, &error),
		  -EFAULT);
	EXPECT_EQ(error.signo, SIGBUS);
	EXPECT_EQ(torture.private_map.nrpages, 0);
	mmput(mm);
	file_end(t, &torture.private_file);
}

/* --- who compacts meanwhile, if anybody --- */

#define NR_COMPACTORS 2
#define BALLAST	      4096u /* pages */

static struct {
	const struct compact_strategy *strategy; /* NULL: there are none */
	struct thread *thread[NR_COMPACTORS];
	struct mm_struct *ballast; /* blocks in use in part */
	vaddr_t ballast_at;
	bool stop;
	u64 pages, blocks, runs; /* atomic */
} compactors;

/* One run; what it makes goes back at once, so there is always more to do. */
static void compact_zone_once(struct zone *zone, s32 order, bool async)
{
	struct compact_control cc = { .zone = zone,
				      .order = order,
				      .type = MIGRATE_MOVABLE,
				      .gfp = GFP_HIGHUSER_MOVABLE,
				      .highest_zone = zone->type,
				      .mode = async ? MIGRATE_ASYNC :
						      MIGRATE_SYNC_LIGHT,
				      .direct = true,
				      .whole_zone = true,
				      .ignore_skip_hint = true,
				      .want_page = order > 0 };

	current->memalloc = true;
	compactors.strategy->compact_zone(&cc);
	current->memalloc = false;
	__atomic_add_fetch(&compactors.pages, cc.nr_migrated, __ATOMIC_RELAXED);
	__atomic_add_fetch(&compactors.blocks, cc.page != NULL,
			   __ATOMIC_RELAXED);
	__atomic_add_fetch(&compactors.runs, 1, __ATOMIC_RELAXED);
	if (cc.page)
		free_one_page(zone, cc.page, (u32)order);
}

/* Some of it comes, some goes: full blocks become sources again. */
static void churn_ballast(struct rng *rng)
{
	for (u32 i = 0; compactors.ballast && i < 64; i++) {
		vaddr_t at = compactors.ballast_at +
			     rng_below(rng, BALLAST - 1) * PAGE_SIZE;

		if (i % 4)
			do_madvise(compactors.ballast, at, PAGE_SIZE,
				   MADV_DONTNEED);
		else
			mm_populate(compactors.ballast, at, 2 * PAGE_SIZE);
	}
}

static int compact_on(void *arg)
{
	static const s32 orders[] = { 9, 9, 4, 9, -1, 2 };

	struct rng rng = { .state = (u64)arg + 99 };
	u64 i = (u64)arg;

	do { /* once, even if all is over by then */
		struct zone *zone;

		for_each_populated_zone(kernel_mm(), zone)
			compact_zone_once(zone, orders[i % ARRAY_SIZE(orders)],
					  i & 1);
		i++;
		churn_ballast(&rng);
		if (num_online_cpus() > 1)
			msleep(1); /* the others' turn */
		else
			yield();
	} while (!READ_ONCE(compactors.stop));
	return 0;
}

/* Every fourth of many pages: blocks that can be emptied. */
static void ballast_begin(void)
{
	struct mm_struct *mm = mm_alloc();
	s64 at;

	compactors.ballast = mm;
	if (!mm)
		return;
	at = do_mmap(mm, NULL, 0, BALLAST * PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, 0);
	compactors.ballast_at = (vaddr_t)at;
	mm_populate(mm, (vaddr_t)at, BALLAST * PAGE_SIZE);
	for (u64 i = 0; i < BALLAST; i++)
		if (i % 4)
			do_madvise(mm, (vaddr_t)at + i * PAGE_SIZE, PAGE_SIZE,
				   MADV_DONTNEED);
}

static void compactors_begin(void)
{
	if (!compactors.strategy)
		return;
	ballast_begin();
	compactors.stop = false;
	for (u64 i = 0; i < NR_COMPACTORS; i++)
		compactors.thread[i] =
			kthread_run(compact_on, (void *)i, "compacts");
}

static void compactors_end(void)
{
	if (!compactors.strategy)
		return;
	WRITE_ONCE(compactors.stop, true);
	for (u32 i = 0; i < NR_COMPACTORS; i++)
		if (compactors.thread[i])
			kthread_join(compactors.thread[i]);
	if (compactors.ballast)
		mmput(compactors.ballast);
}

/* --- all of it --- */

static bool may_be_wrong; /* flushes are dropped, to see what it finds */

static void run_rounds(struct test *t, u32 nr_workers, u32 nr_rounds,
		       u32 nr_ops, u64 seed)
{
	const struct user_ops *before = bare_user_ops;

	ASSERT_TRUE(torture_begin(nr_workers, seed));
	bare_user_ops = &torture_ops;
	torture.nr_ops = nr_ops / nr_workers;
	for (u32 round = 0; round < nr_rounds && !torture.nr_wrong; round++) {
		compactors_begin();
		run_threads(t, work);
		compactors_end();
		if (!may_be_wrong)
			check_at_rest(t);
	}
	report(t);
	torture_end(t);
	bare_user_ops = before;
}

TEST(mm_torture, threads_change_shared_and_forked_spaces)
{
	u32 nr = min(num_online_cpus() * THREADS_A_CPU, (u32)MAX_THREADS);
	u64 before;

	/* Each CPU's stacks of objects are made at first use, and stay. */
	run_rounds(t, nr, 1, NR_OPS, 7);
	before = free_frames_after_purge();
	run_rounds(t, nr, NR_ROUNDS, NR_OPS * test_scale(), 1);
	EXPECT_EQ(free_frames_after_purge(), before);
}

/* --- compaction goes on meanwhile --- */

static void torture_with(struct test *t, const struct compact_strategy *strategy,
			 u32 nr_rounds)
{
	u32 nr = min(num_online_cpus() * THREADS_A_CPU, (u32)MAX_THREADS);

	memset(&compactors, 0, sizeof(compactors));
	compactors.strategy = strategy;
	run_rounds(t, nr, nr_rounds, NR_OPS, 5);
	compactors.strategy = NULL;
	test_note(t, "%s: %lu runs, %lu pages moved, %lu chunks made",
		  strategy->name, compactors.runs, compactors.pages,
		  compactors.blocks);
	EXPECT_GT(compactors.pages, 0);
}

/* A slab more or less stays for objects that CPUs keep at hand. */
static u64 free_or_in_slabs(void)
{
	u64 free = free_frames_after_purge();
	struct page_totals totals;

	count_pages(kernel_mm(), NUMA_NO_NODE, &totals);
	return free + totals.slab_reclaimable + totals.slab_unreclaimable;
}

TEST(mm_torture, compaction_goes_on_meanwhile)
{
	/* Several times as long as without. */
	u32 nr_rounds = NR_ROUNDS / 2 * min(test_scale(), 4u);
	struct zone *zone;
	u64 before;

	/* Each CPU's stacks of objects are made at first use, and stay. */
	torture_with(t, &compact_strategies[0], 1);
	before = free_or_in_slabs();
	for (u32 i = 0; i < nr_compact_strategies; i++)
		torture_with(t, &compact_strategies[i], nr_rounds);
	EXPECT_EQ(free_or_in_slabs(), before);
	for_each_populated_zone(kernel_mm(), zone)
		EXPECT_EQ(zone_check_all(kernel_mm(), zone), 0);
}

/* --- flushes that are missing --- */

#define TRIES 10 /* seeds: whether two CPUs meet is for the machine to say */

/*
 * It ends at the first thing that is wrong, so it seldom goes all the way. Two
 * threads: with more of them CPUs forget for other reasons all the time.
 */
static u64 findings(struct test *t, const char *reason, u64 seed)
{
	u64 stale;

	expect_bug(BUG_STALE_TLB); /* where simulated TLBs know of it */
	run_rounds(t, 2, NR_ROUNDS, 2 * NR_OPS, seed);
	stale = bug_seen(BUG_STALE_TLB);
	test_note(t,
		  "without flushes for %s: %lu times wrong (%s), %lu frames still named",
		  reason, torture.nr_wrong,
		  torture.what ? torture.what : "nothing", stale);
	return torture.nr_wrong + stale;
}

static void expect_torture_to_fail_without(struct test *t, const char *reason)
{
	u32 before = tlb_skip_mask;
	u64 found = 0;

	EXPECT_EQ(tlb_param_skip(reason), 0);
	may_be_wrong = true;
	for (u64 seed = 3; seed < 3 + TRIES && !found; seed++)
		found = findings(t, reason, seed);
	tlb_skip_mask = before;
	may_be_wrong = false;
	EXPECT_GT(found, 0);
}

TEST(mm_torture, finds_missing_flushes)
{
	expect_torture_to_fail_without(t, "protect");
	expect_torture_to_fail_without(t, "mremap");
	expect_torture_to_fail_without(t, "fork");
	/* Its own CPU sees the copy: that is where it faulted. */
	if (num_online_cpus() > 1)
		expect_torture_to_fail_without(t, "cow");
}
