// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_kcompactd.c - what wakes it, how much it makes, when it rests
 *
 * A space maps PAGES pages and gives three of four back; then all whole blocks
 * of the zone are taken. So what is free lies in pieces, a chunk of a block's
 * order is missing, and can be made. Where only the thread's own doing is
 * looked at, a strategy of the test stands in for moving pages.
 *
 * The runner has stopped all kcompactds. One that a case starts is bound to the
 * case's CPU, so that it works only when the case sleeps.
 */
#include <kernel/main.h>
#include <kernel/point.h>
#include <kernel/preempt.h>
#include <kernel/string.h>
#include <mm/isolate.h>
#include <mm/lru.h>
#include <mm/mempolicy.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/sysctl.h>
#include <mm/vmstat.h>
#include <mm/zone_check.h>
#include <uapi/mempolicy.h>

#include "migrate_fixture.h"
#include "thread_fixture.h"
#include "vma_fixture.h"

#define PAGES 4096UL
#define ORDER pageblock_order

static struct stage {
	struct mm_struct *mm;
	vaddr_t start;
	struct mempolicy *pol;
	struct zone *zone;
	struct kcompactd *k;
	struct list_head held; /* whole blocks */
	struct compact_params params;
} st;

/* --- the stage --- */

static void hold_whole_blocks(struct zone *zone)
{
	struct page *page;

	while (zone->fl &&
	       (page = alloc_pages_zone(
			zone, GFP_HIGHUSER_MOVABLE | __GFP_NOWARN, ORDER, 0)))
		list_add(&page->lru, &st.held);
}

static struct zone *largest_zone(void)
{
	struct zone *zone, *largest = NULL;

	for_each_populated_zone(kernel_mm(), zone)
		if (!largest || zone->managed_pages > largest->managed_pages)
			largest = zone;
	return largest;
}

static void map_sparsely(void)
{
	st.start = space_map(st.mm, PAGES);
	do_mbind(st.mm, st.start, PAGES * PAGE_SIZE, st.pol);
	for (u64 i = 0; i < PAGES; i++)
		mm_write(st.mm, st.start + i * PAGE_SIZE, i);
	for (u64 i = 0; i < PAGES; i++)
		if (i % 4)
			do_madvise(st.mm, st.start + i * PAGE_SIZE, PAGE_SIZE,
				   MADV_DONTNEED);
	lru_add_drain_all();
	drain_all_pages(kernel_mm(), NULL);
}

static bool bind_here(void)
{
	return !set_cpus_allowed(st.k->thread, 1UL << smp_processor_id());
}

static bool is_asleep(void)
{
	return !READ_ONCE(st.k->busy);
}

static bool until(bool (*what)(void))
{
	return sleep_until(what());
}

static bool stage_begin(void)
{
	struct mm_state *mm = kernel_mm();
	int err;

	st.params = mm->compact;
	mm->compact.proactiveness = 0;
	st.zone = largest_zone();
	/* Before frames are counted: its cache may need one. */
	st.pol = mpol_new(MPOL_BIND, 0, 1UL << st.zone->nid, &err);
	st.mm = mm_begin();
	if (!st.mm)
		return false;
	map_sparsely();
	st.zone->compact.defer_shift = st.zone->compact.considered = 0;
	st.zone->compact.next_watch_ns = 0;
	INIT_LIST_HEAD(&st.held);
	for (u32 z = 0; z < MAX_NR_ZONES; z++)
		hold_whole_blocks(&st.zone->node->zones[z]);
	st.k = &st.zone->node->kcompactd;
	return !kcompactd_run(mm) && bind_here() && until(is_asleep);
}

static void stage_end(struct test *t)
{
	struct mm_state *mm = kernel_mm();
	struct page *page, *next;

	kcompactd_stop(mm);
	mm->compact = st.params;
	compact_renew_watch(mm);
	list_for_each_entry_safe(page, next, &st.held, lru)
		free_pages(page, ORDER);
	for (u64 i = 0; i < PAGES; i += 4)
		EXPECT_EQ(*(u64 *)space_touch(st.mm, st.start + i * PAGE_SIZE,
					      false),
			  i);
	EXPECT_EQ(zone_check_all(mm, st.zone) + migrate_check(), 0);
	mm_end(t, st.mm);
	mpol_put(st.pol);
}

#define WITH_STAGE                                                       \
	do {                                                             \
		ASSERT_TRUE(stage_begin());                              \
		if (!guided_worthwhile(st.zone, ORDER, st.zone->type)) { \
			stage_end(t);                                    \
			SKIP("too little memory to compact");            \
		}                                                        \
	} while (0)

static u32 nr_blocks(void)
{
	return zone_nr_chunks(st.zone, ORDER, MIGRATE_MOVABLE, 64);
}

/* --- a strategy that moves nothing --- */

static struct {
	enum compact_result result;
	u32 nr_calls, nr_proactive;
	s32 order;
	enum migrate_mode mode;
} fake;

static enum compact_result fake_compact(struct compact_control *cc)
{
	if (cc->zone != st.zone)
		return COMPACT_SKIPPED;
	fake.nr_calls++;
	fake.nr_proactive += cc->proactive;
	fake.order = cc->order;
	fake.mode = cc->mode;
	cc->nr_migrated = fake.result == COMPACT_SUCCESS;
	return fake.result;
}

static bool always(struct zone *zone __unused, u32 order __unused,
		   u32 highest_zone __unused)
{
	return true;
}

static const struct compact_strategy fake_strategy = { "fake",
						       "says what it is told",
						       fake_compact, always };

static void use_fake(enum compact_result result)
{
	memset(&fake, 0, sizeof(fake));
	fake.result = result;
	kernel_mm()->compact.strategy = &fake_strategy;
}

/* --- requests --- */

/* None of them is taken before all are there. */
static u32 ask_for(u32 nr, u32 order)
{
	u32 accepted = 0;

	preempt_disable();
	for (u32 i = 0; i < nr; i++)
		accepted += wakeup_kcompactd(st.zone, order, MIGRATE_MOVABLE,
					     st.zone->type);
	preempt_enable();
	return accepted;
}

TEST(kcompactd, it_makes_as_many_chunks_as_were_asked_for)
{
	u64 wakes;

	WITH_STAGE;
	wakes = vm_event_sum(KCOMPACTD_WAKE);
	EXPECT_EQ(nr_blocks(), 0);
	EXPECT_EQ(ask_for(3, ORDER), 3);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(nr_blocks(), 3);
	EXPECT_EQ(st.k->stats.nr_requests, 3);
	EXPECT_EQ(st.k->stats.nr_made, 3);
	EXPECT_EQ(st.k->stats.nr_wakes, 1);
	EXPECT_EQ(vm_event_sum(KCOMPACTD_WAKE), wakes + 1);
	/* They are there: no more are made. */
	ask_for(3, ORDER);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(nr_blocks(), 3);
	EXPECT_EQ(st.k->stats.nr_made, 3);
	stage_end(t);
}

TEST(kcompactd, each_request_is_one_chunk_of_its_order)
{
	WITH_STAGE;
	use_fake(COMPACT_SUCCESS);
	st.zone->compact.order_failed = MAX_ORDER + 1;
	EXPECT_EQ(ask_for(5, MAX_ORDER), 5);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 5);
	EXPECT_EQ(fake.order, MAX_ORDER);
	EXPECT_EQ(fake.mode, MIGRATE_SYNC_LIGHT);
	stage_end(t);
}

TEST(kcompactd, a_request_that_fails_wakes_it)
{
	WITH_STAGE;
	EXPECT_TRUE(alloc_pages_node(st.zone->nid,
				     (GFP_ATOMIC & ~__GFP_HIGH) | __GFP_MOVABLE |
					     __GFP_THISNODE | __GFP_NOWARN,
				     ORDER) == NULL);
	EXPECT_EQ(st.k->stats.nr_requests, 1);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(st.k->stats.nr_made, 1);
	EXPECT_EQ(st.k->stats.nr_failed, 0);
	EXPECT_EQ(nr_blocks(), 1);
	stage_end(t);
}

TEST(kcompactd, without_the_trigger_a_failure_is_silent)
{
	WITH_STAGE;
	kernel_mm()->compact.trigger = 0;
	EXPECT_TRUE(alloc_pages_node(st.zone->nid,
				     GFP_ATOMIC | __GFP_THISNODE | __GFP_NOWARN,
				     ORDER) == NULL);
	EXPECT_EQ(st.k->stats.nr_requests, 0);
	stage_end(t);
}

/* --- failing --- */

TEST(kcompactd, after_failing_it_rests_and_the_zone_is_deferred)
{
	WITH_STAGE;
	use_fake(COMPACT_COMPLETE);
	st.zone->compact.order_failed = 1;
	EXPECT_EQ(ask_for(2, ORDER), 2);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 1); /* not once for each of them */
	EXPECT_EQ(st.k->stats.nr_failed, 2);
	EXPECT_EQ(st.zone->compact.defer_shift, 1);
	EXPECT_EQ(ask_for(1, ORDER), 0);
	EXPECT_EQ(st.k->stats.nr_refused, 1);
	/* Had it not rested: the zone is left alone once. */
	st.k->rest_until_ns = 0;
	EXPECT_EQ(ask_for(1, ORDER), 1);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 1);
	st.k->rest_until_ns = 0;
	EXPECT_EQ(ask_for(1, ORDER), 1);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 2);
	st.zone->compact.defer_shift = st.zone->compact.considered = 0;
	stage_end(t);
}

TEST(kcompactd, in_a_failure_loop_it_is_awake_ever_more_seldom)
{
	WITH_STAGE;
	use_fake(COMPACT_NO_SUITABLE_PAGE);
	for (u32 i = 0; i < 8; i++) {
		u64 asked = arch_time_ns();

		st.k->rest_until_ns = 0;
		EXPECT_EQ(ask_for(1, ORDER), 1);
		EXPECT_TRUE(until(is_asleep));
		EXPECT_GE(st.k->rest_until_ns - asked,
			  500 * MS_IN_NS << min(i, 6u));
	}
	/* A success ends it. */
	fake.result = COMPACT_SUCCESS;
	st.k->rest_until_ns = 0;
	EXPECT_EQ(ask_for(1, ORDER), 1);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(st.k->rest_shift, 0);
	stage_end(t);
}

/* --- points --- */

/* Threads of other nodes may be on their way to their first sleep. */
static void note_point(void *ctx, const u64 *values, u32 nr)
{
	u64 *seen = ctx;

	if (values[0] != (u64)st.zone->nid)
		return;
	seen[0]++;
	memcpy(seen + 1, values, nr * sizeof(values[0]));
}

TEST(kcompactd, its_points_have_linux_s_fields)
{
	u64 woken[5] = { 0 }, wake[5] = { 0 }, sleep[5] = { 0 };

	WITH_STAGE;
	/* It is marked asleep before it passes the point. */
	ASSERT_TRUE(sleep_until(thread_sleeps(st.k->thread)));
	point_callback("mm_compaction_wakeup_kcompactd", note_point, woken);
	point_callback("mm_compaction_kcompactd_wake", note_point, wake);
	point_callback("mm_compaction_kcompactd_sleep", note_point, sleep);
	ask_for(2, ORDER);
	EXPECT_TRUE(sleep_until(READ_ONCE(sleep[0])));
	EXPECT_TRUE(sleep_until(thread_sleeps(st.k->thread)));
	point_disable("mm_compaction_wakeup_kcompactd");
	point_disable("mm_compaction_kcompactd_wake");
	point_disable("mm_compaction_kcompactd_sleep");
	EXPECT_EQ(woken[0], 1);
	EXPECT_EQ(woken[1], st.zone->nid);
	EXPECT_EQ(woken[2], ORDER);
	EXPECT_EQ(woken[3], st.zone->type);
	EXPECT_EQ(wake[0], 1);
	EXPECT_EQ(wake[2], ORDER);
	EXPECT_EQ(sleep[0], 1);
	EXPECT_EQ(sleep[1], st.zone->nid);
	stage_end(t);
}

/* --- triggers --- */

/* A tenth of the zone, which nobody can have; a block is taken away. */
static void take_a_chunk(void)
{
	struct page *page;

	st.zone->compact.next_watch_ns = 0;
	page = alloc_pages_zone(st.zone, GFP_HIGHUSER_MOVABLE, 4, 0);
	if (page)
		free_pages(page, 4);
}

static bool was_asked(void)
{
	return READ_ONCE(st.k->stats.nr_thresholds) != 0;
}

static int set_knob(const char *name, const char *value)
{
	return sysctl_write(kernel_mm(), sysctl_find(name), value,
			    strlen(value));
}

TEST(kcompactd, a_scarce_order_wakes_it_below_its_threshold)
{
	WITH_STAGE;
	EXPECT_EQ(set_knob("compact_thresholds", "0 0 0 0 0 0 0 0 0 0 0"), 0);
	EXPECT_EQ(set_knob("compact_trigger", "failure,threshold"), 0);
	take_a_chunk();
	EXPECT_FALSE(was_asked());
	EXPECT_EQ(st.zone->compact.watched, 0);
	use_fake(COMPACT_SUCCESS);
	EXPECT_EQ(set_knob("compact_thresholds", "0 0 0 0 900"), 0);
	EXPECT_EQ(st.zone->compact.watched, 1u << 4);
	take_a_chunk();
	EXPECT_TRUE(was_asked());
	EXPECT_TRUE(until(is_asleep));
	EXPECT_TRUE(fake.nr_calls > 0);
	EXPECT_EQ(fake.order, 4);
	EXPECT_EQ(st.k->stats.nr_requests, 0);
	stage_end(t);
}

TEST(kcompactd, without_the_trigger_no_order_is_watched)
{
	WITH_STAGE;
	EXPECT_EQ(set_knob("compact_thresholds", "0 0 0 0 900"), 0);
	EXPECT_EQ(set_knob("compact_trigger", "failure"), 0);
	EXPECT_EQ(st.zone->compact.watched, 0);
	take_a_chunk();
	EXPECT_FALSE(was_asked());
	stage_end(t);
}

static bool worked_idly(void)
{
	return READ_ONCE(st.k->stats.nr_idle_runs) != 0;
}

TEST(kcompactd, idle_work_waits_until_nobody_wants_the_cpu)
{
	WITH_STAGE;
	use_fake(COMPACT_SUCCESS);
	EXPECT_EQ(set_knob("compact_thresholds", "0 0 0 0 900"), 0);
	EXPECT_EQ(set_knob("compact_trigger", "idle"), 0);
	take_a_chunk();
	EXPECT_TRUE(was_asked());
	/* This CPU is wanted: by this case. */
	EXPECT_EQ(fake.nr_calls, 0);
	EXPECT_TRUE(until(worked_idly));
	EXPECT_TRUE(fake.nr_calls > 0);
	EXPECT_EQ(fake.mode, MIGRATE_ASYNC);
	EXPECT_EQ(st.k->stats.nr_wakes, 0);
	stage_end(t);
}

TEST(kcompactd, triggers_combine_by_words)
{
	char text[SYSCTL_TEXT_MAX];
	const struct sysctl *ctl = sysctl_find("compact_trigger");
	struct mm_state *mm = kernel_mm();
	u32 was = mm->compact.trigger;

	EXPECT_EQ(set_knob("compact_trigger", "idle,failure\n"), 0);
	EXPECT_EQ(mm->compact.trigger,
		  COMPACT_TRIGGER_IDLE | COMPACT_TRIGGER_FAILURE);
	sysctl_read(mm, ctl, text);
	EXPECT_STREQ(text, "failure,idle");
	EXPECT_EQ(set_knob("compact_trigger", "none"), 0);
	sysctl_read(mm, ctl, text);
	EXPECT_STREQ(text, "none");
	EXPECT_TRUE(set_knob("compact_trigger", "idle,never") < 0);
	EXPECT_TRUE(set_knob("compact_trigger", "idle,") < 0);
	EXPECT_TRUE(set_knob("compact_trigger", "") < 0);
	EXPECT_EQ(mm->compact.trigger, 0);
	mm->compact.trigger = was;
	compact_renew_watch(mm);
}

/* --- before anybody asks --- */

static bool ran_proactively(void)
{
	return READ_ONCE(fake.nr_proactive) != 0;
}

TEST(kcompactd, memory_in_pieces_is_compacted_though_nobody_asks)
{
	WITH_STAGE;
	use_fake(COMPACT_COMPLETE);
	EXPECT_EQ(fragmentation_score_zone(st.zone), 100);
	EXPECT_EQ(set_knob("compaction_proactiveness", "100"), 0);
	EXPECT_TRUE(until(ran_proactively));
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.order, -1);
	/* The score did not fall: it is left alone for long. */
	EXPECT_TRUE(st.k->proactive_defer > 0);
	EXPECT_EQ(st.k->stats.nr_requests, 0);
	stage_end(t);
}

TEST(kcompactd, marks_follow_proactiveness)
{
	struct mm_state *mm = kernel_mm();
	u32 was = mm->compact.proactiveness;
	static const u32 marks[][3] = { { 20, 80, 90 },
					{ 0, 100, 100 },
					{ 100, 0, 0 },
					{ 95, 5, 7 },
					{ 50, 50, 60 } };

	for (u32 i = 0; i < ARRAY_SIZE(marks); i++) {
		mm->compact.proactiveness = marks[i][0];
		EXPECT_EQ(fragmentation_score_wmark(mm, true), marks[i][1]);
		EXPECT_EQ(fragmentation_score_wmark(mm, false), marks[i][2]);
	}
	mm->compact.proactiveness = was;
}

TEST(kcompactd, guided_stops_at_the_low_mark)
{
	struct compact_control cc;
	u64 free, pieces;
	u32 low;

	WITH_STAGE;
	cc = (struct compact_control){ .zone = st.zone,
				       .order = -1,
				       .type = MIGRATE_MOVABLE,
				       .gfp = GFP_KERNEL,
				       .highest_zone = st.zone->type,
				       .mode = MIGRATE_SYNC_LIGHT,
				       .proactive = true };
	kernel_mm()->compact.proactiveness = 30;
	low = fragmentation_score_wmark(kernel_mm(), true);
	EXPECT_EQ(low, 70);
	compact_zone(&cc);
	EXPECT_TRUE(fragmentation_score_zone(st.zone) <= low);
	/* With one block less it was above. */
	free = st.zone->nr_free_pages;
	pieces = free - zone_nr_free_blocks(st.zone);
	EXPECT_TRUE((pieces + pageblock_nr_pages) * 100 / free >= low);
	stage_end(t);
}

/* --- starting and stopping --- */

static u32 nr_daemons(void)
{
	struct thread_info info;
	u32 nr = 0;

	for (u32 id = 0; thread_info_from(id, &info); id = info.id + 1)
		nr += !strncmp(info.name, "kcompactd", 9) && info.state != 'D';
	return nr;
}

static bool are_running(u32 nr)
{
	return sleep_until(nr_daemons() == nr);
}

static u32 nodes_with_memory(void)
{
	u32 nr = 0;

	for (u32 n = 0; n < MAX_NUMNODES; n++)
		nr += kernel_mm()->nodes[n].node_present_pages != 0;
	return nr;
}

TEST(kcompactd, there_is_one_for_each_node_with_memory)
{
	EXPECT_TRUE(are_running(0));
	for (u32 i = 0; i < 3; i++) {
		EXPECT_EQ(kcompactd_run(kernel_mm()), 0);
		EXPECT_EQ(kcompactd_run(kernel_mm()), 0);
		EXPECT_TRUE(are_running(nodes_with_memory()));
		kcompactd_stop(kernel_mm());
		EXPECT_TRUE(are_running(0));
	}
}

TEST(kcompactd, a_node_without_a_thread_asks_nobody)
{
	for (u32 n = 1; n <= nodes_with_memory(); n++) {
		point_fail_nth("kcompactd_run", n);
		EXPECT_TRUE(kcompactd_run(kernel_mm()) < 0);
		point_disable("kcompactd_run");
		EXPECT_TRUE(are_running(nodes_with_memory() - 1));
		kcompactd_stop(kernel_mm());
	}
	EXPECT_FALSE(wakeup_kcompactd(next_populated_zone(kernel_mm(), NULL),
				      ORDER, MIGRATE_MOVABLE, 0));
}
