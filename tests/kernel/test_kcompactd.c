// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_kcompactd.c - how much it makes, when it rests, who it is
 */
#include <kernel/main.h>
#include <kernel/point.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <mm/lru.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/vmstat.h>

#include "kcompactd_fixture.h"

TEST(kcompactd, it_makes_as_many_chunks_as_were_asked_for)
{
	u64 wakes;

	WITH_STAGE;
	wakes = vm_event_sum(KCOMPACTD_WAKE);
	st.zone->compact.order_failed = ORDER;
	EXPECT_EQ(nr_blocks(), 0);
	EXPECT_EQ(ask_for(3, ORDER), 3);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(nr_blocks(), 3);
	EXPECT_EQ(st.k->stats.nr_requests, 3);
	EXPECT_EQ(st.k->stats.nr_made, 3);
	EXPECT_EQ(st.k->stats.nr_wakes, 1);
	EXPECT_EQ(vm_event_sum(KCOMPACTD_WAKE), wakes + 1);
	EXPECT_EQ(st.zone->compact.order_failed, ORDER + 1);
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

static void only_blocks(void)
{
	fake.result = fake.order < (s32)ORDER ? COMPACT_NO_SUITABLE_PAGE :
						COMPACT_SUCCESS;
}

/* No gap can be closed: a whole block is made, and serves two of them. */
TEST(kcompactd, a_block_is_as_many_smaller_chunks)
{
	u32 wanted;

	WITH_STAGE;
	/* Of this type there may be some that nobody took. */
	wanted = 3 + zone_nr_chunks(st.zone, ORDER - 1, MIGRATE_UNMOVABLE, 64);
	use_fake(COMPACT_SUCCESS);
	fake.meanwhile = only_blocks;
	preempt_disable();
	for (u32 i = 0; i < wanted; i++)
		wakeup_kcompactd(st.zone, ORDER - 1, MIGRATE_UNMOVABLE,
				 st.zone->type);
	preempt_enable();
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(st.k->stats.nr_made, 3);
	EXPECT_EQ(fake.nr_calls, 4);
	stage_end(t);
}

/* Not above the zone that the request could use, and not for ever. */
TEST(kcompactd, demand_has_bounds)
{
	WITH_STAGE;
	use_fake(COMPACT_SUCCESS);
	if (st.zone->type > ZONE_DMA) {
		preempt_disable();
		ask_for(1, ORDER);
		wakeup_kcompactd(st.zone, ORDER, MIGRATE_MOVABLE, ZONE_DMA);
		preempt_enable();
		EXPECT_TRUE(until(is_asleep));
		EXPECT_EQ(fake.nr_calls, 0);
	}
	EXPECT_EQ(ask_for(1100, ORDER), 1100);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 1024);
	stage_end(t);
}

/* The strategy says that there is one: nothing was made, but not in vain. */
TEST(kcompactd, what_was_there_was_not_made)
{
	WITH_STAGE;
	use_fake(COMPACT_SUCCESS);
	fake.moves_nothing = true;
	EXPECT_EQ(ask_for(2, ORDER), 2);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 1);
	EXPECT_EQ(st.k->stats.nr_made, 0);
	EXPECT_EQ(st.k->rest_until_ns, 0);
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

static void pairs_fail(void)
{
	fake.result = fake.order == MAX_ORDER ? COMPACT_NO_SUITABLE_PAGE :
						COMPACT_SUCCESS;
}

TEST(kcompactd, a_run_that_made_something_was_not_in_vain)
{
	WITH_STAGE;
	use_fake(COMPACT_SUCCESS);
	fake.meanwhile = pairs_fail;
	st.zone->compact.order_failed = MAX_ORDER + 1;
	preempt_disable();
	EXPECT_EQ(ask_for(2, MAX_ORDER), 2);
	EXPECT_EQ(ask_for(1, ORDER), 1);
	preempt_enable();
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 2);
	EXPECT_EQ(st.k->stats.nr_made, 1);
	EXPECT_EQ(st.k->stats.nr_failed, 2);
	EXPECT_EQ(st.k->rest_until_ns, 0);
	stage_end(t);
}

TEST(kcompactd, leaving_a_zone_alone_does_not_end_the_rest)
{
	WITH_STAGE;
	use_fake(COMPACT_COMPLETE);
	st.zone->compact.order_failed = 1;
	EXPECT_EQ(ask_for(1, ORDER), 1);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(st.k->rest_shift, 1);
	st.k->rest_until_ns = 0;
	EXPECT_EQ(ask_for(1, ORDER), 1);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 1); /* it was deferred */
	EXPECT_EQ(st.k->rest_shift, 1);
	EXPECT_EQ(st.k->stats.nr_requests, 2);
	EXPECT_EQ(st.k->stats.nr_failed, 2);
	st.zone->compact.defer_shift = st.zone->compact.considered = 0;
	stage_end(t);
}

static void ask_again(void)
{
	if (fake.nr_calls < 5)
		ask_for(1, ORDER);
}

TEST(kcompactd, requests_while_it_fails_don_t_keep_it_awake)
{
	WITH_STAGE;
	use_fake(COMPACT_NO_SUITABLE_PAGE);
	fake.meanwhile = ask_again;
	EXPECT_EQ(ask_for(1, ORDER), 1);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 1);
	EXPECT_EQ(st.k->stats.nr_requests, 2);
	EXPECT_EQ(st.k->stats.nr_failed, 2);
	/* But while it succeeds they are done afterwards. */
	st.k->rest_until_ns = 0;
	use_fake(COMPACT_SUCCESS);
	fake.meanwhile = ask_again;
	EXPECT_EQ(ask_for(1, ORDER), 1);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 5);
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

/* At the lowest priority, on their node's CPUs if it has some. */
static void expect_modest_threads(struct test *t)
{
	for (u32 n = 0; n < MAX_NUMNODES; n++) {
		const struct thread *thread =
			kernel_mm()->nodes[n].kcompactd.thread;
		u64 cpus = 0;
		u32 cpu;

		if (!thread)
			continue;
		for_each_online_cpu(cpu)
			cpus |= (u64)(*per_cpu_ptr(&cpu_nid, cpu) == (s32)n)
				<< cpu;
		EXPECT_EQ(thread->prio, PRIO_LOW);
		EXPECT_TRUE(!cpus || thread->allowed == cpus);
	}
}

TEST(kcompactd, there_is_one_for_each_node_with_memory)
{
	EXPECT_TRUE(are_running(0));
	for (u32 i = 0; i < 3; i++) {
		EXPECT_EQ(kcompactd_run(kernel_mm()), 0);
		EXPECT_EQ(kcompactd_run(kernel_mm()), 0);
		EXPECT_TRUE(are_running(nodes_with_memory()));
		expect_modest_threads(t);
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
