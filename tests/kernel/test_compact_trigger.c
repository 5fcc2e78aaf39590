// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_compact_trigger.c - what wakes kcompactd besides requests that
 * fail: an order that gets scarce, an idle CPU, memory in pieces
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/vmstat.h>

#include "kcompactd_fixture.h"
#include "zone_fixture.h"

/* --- thresholds, idle time --- */

/* A tenth of the zone, which nobody can have; a block is taken away. */
static void take_chunk(u32 order)
{
	struct page *page;

	st.zone->compact.next_watch_ns = 0;
	page = alloc_pages_zone(st.zone, GFP_HIGHUSER_MOVABLE, order, 0);
	if (page)
		free_pages(page, order);
}

static void take_a_chunk(void)
{
	take_chunk(4);
}

static bool was_asked(void)
{
	return READ_ONCE(st.k->stats.nr_thresholds) != 0;
}

TEST(compact_trigger, a_scarce_order_wakes_it_below_its_threshold)
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

/*
 *	Am### Movable	B#### Unmovable
 */
TEST(compact_trigger, whole_blocks_of_all_types_are_chunks)
{
	WITH_ZONE(2, 0, 0);

	zone_take_at(zone, 0, 7, MIGRATE_MOVABLE);
	LOCKED(zone,
	       freelist_retype(zone, zone_block(zone, 1), MIGRATE_UNMOVABLE));
	EXPECT_EQ(zone_nr_chunks(zone, 9, MIGRATE_MOVABLE, 64), 1);
	EXPECT_EQ(zone_nr_chunks(zone, 10, MIGRATE_MOVABLE, 64), 0);
	EXPECT_EQ(zone_nr_chunks(zone, 8, MIGRATE_MOVABLE, 64), 1 + 2);
	EXPECT_EQ(zone_nr_chunks(zone, 4, MIGRATE_MOVABLE, 64), 1 + 32);
	EXPECT_EQ(zone_nr_chunks(zone, 4, MIGRATE_MOVABLE, 7), 7);
	EXPECT_EQ(zone_nr_chunks(zone, 8, MIGRATE_UNMOVABLE, 64), 2);
	LOCKED(zone,
	       freelist_retype(zone, zone_block(zone, 1), MIGRATE_MOVABLE));
	zone_put(zone, 0, 7, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

TEST(compact_trigger, counting_is_seldom)
{
	struct page *page;

	WITH_STAGE;
	use_fake(COMPACT_SUCCESS);
	EXPECT_EQ(set_knob("compact_thresholds", "0 0 0 0 900"), 0);
	EXPECT_EQ(set_knob("compact_trigger", "threshold"), 0);
	st.zone->compact.next_watch_ns = UINT64_MAX;
	page = alloc_pages_zone(st.zone, GFP_HIGHUSER_MOVABLE, 4, 0);
	if (page)
		free_pages(page, 4);
	EXPECT_FALSE(was_asked());
	take_a_chunk();
	EXPECT_TRUE(was_asked());
	EXPECT_TRUE(st.zone->compact.next_watch_ns > arch_time_ns());
	EXPECT_TRUE(until(is_asleep));
	stage_end(t);
}

/* Of the blocks that are held, until so many are free. */
static void free_blocks(u32 nr)
{
	while (nr_blocks() < nr && !list_empty(&st.held)) {
		struct page *page = list_first_entry(&st.held, struct page, lru);

		list_del(&page->lru);
		free_pages(page, ORDER);
		drain_all_pages(kernel_mm(), NULL);
	}
}

/* Eight blocks are to be free; six are, less what has come to lie on a stack. */
TEST(compact_trigger, as_many_are_made_as_the_threshold_lacks)
{
	char text[40];
	u32 have;

	WITH_STAGE;
	use_fake(COMPACT_SUCCESS);
	snprintf(text, sizeof(text), "0 0 0 0 0 0 0 0 0 %lu",
		 DIV_ROUND_UP(8 * pageblock_nr_pages * 1000,
			      st.zone->managed_pages));
	free_blocks(6);
	if (nr_blocks() != 6) {
		stage_end(t);
		SKIP("too few blocks");
	}
	EXPECT_EQ(set_knob("compact_thresholds", text), 0);
	EXPECT_EQ(set_knob("compact_trigger", "threshold"), 0);
	take_chunk(ORDER);
	EXPECT_TRUE(was_asked());
	have = nr_blocks();
	EXPECT_GE(have, 3);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.nr_calls, 8 - have);
	EXPECT_EQ(st.k->stats.nr_failed, 0);
	stage_end(t);
}

TEST(compact_trigger, an_order_that_is_asked_for_often_hides_no_other)
{
	WITH_STAGE;
	use_fake(COMPACT_SUCCESS);
	EXPECT_EQ(set_knob("compact_thresholds", "0 100 0 0 900"), 0);
	EXPECT_EQ(set_knob("compact_trigger", "threshold"), 0);
	take_chunk(1);
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.orders & 1u << 4, 1u << 4);
	stage_end(t);
}

TEST(compact_trigger, without_the_trigger_no_order_is_watched)
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

TEST(compact_trigger, idle_work_waits_until_nobody_wants_the_cpu)
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

static bool was_put_off(void)
{
	return READ_ONCE(fake.nr_calls) &&
	       READ_ONCE(st.k->idle.nr[4][MIGRATE_MOVABLE]);
}

TEST(compact_trigger, idle_work_that_was_interrupted_is_not_lost)
{
	WITH_STAGE;
	use_fake(COMPACT_CONTENDED);
	fake.contended = true;
	EXPECT_EQ(set_knob("compact_thresholds", "0 0 0 0 900"), 0);
	EXPECT_EQ(set_knob("compact_trigger", "idle"), 0);
	take_a_chunk();
	EXPECT_TRUE(until(was_put_off));
	EXPECT_EQ(st.k->rest_until_ns, 0);
	EXPECT_EQ(st.k->stats.nr_failed, 0);
	stage_end(t);
}

TEST(compact_trigger, triggers_combine_by_words)
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

TEST(compact_trigger, memory_in_pieces_is_compacted_though_nobody_asks)
{
	u64 scanned;

	WITH_STAGE;
	scanned = vm_event_sum(KCOMPACTD_MIGRATE_SCANNED);
	use_fake(COMPACT_COMPLETE);
	EXPECT_EQ(fragmentation_score_zone(st.zone), 100);
	EXPECT_EQ(set_knob("compaction_proactiveness", "100"), 0);
	EXPECT_TRUE(until(ran_proactively));
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(fake.order, -1);
	/* The score did not fall: it is left alone for long. */
	EXPECT_EQ(st.k->proactive_defer, 63);
	EXPECT_EQ(st.k->stats.nr_requests, 0);
	EXPECT_EQ(vm_event_sum(KCOMPACTD_MIGRATE_SCANNED) - scanned,
		  fake.nr_calls);
	stage_end(t);
}

TEST(compact_trigger, a_written_knob_ends_the_pause)
{
	u64 start;

	WITH_STAGE;
	use_fake(COMPACT_COMPLETE);
	EXPECT_EQ(set_knob("compaction_proactiveness", "100"), 0);
	EXPECT_TRUE(until(ran_proactively));
	EXPECT_TRUE(until(is_asleep));
	EXPECT_EQ(set_knob("compaction_proactiveness", "99"), 0);
	start = arch_time_ns();
	EXPECT_TRUE(sleep_until(READ_ONCE(fake.nr_proactive) == 2));
	EXPECT_LT(arch_time_ns() - start, 16000 * MS_IN_NS); /* half of it */
	stage_end(t);
}

/* Looks that are left out are counted. */
static u32 nr_looks(void)
{
	return 63 - READ_ONCE(st.k->proactive_defer);
}

static u64 time_of_a_look(void)
{
	u32 before = nr_looks();
	u64 start = arch_time_ns();

	(void)sleep_until(nr_looks() != before);
	return arch_time_ns() - start;
}

/* Never more often; not later, unless others have the CPUs. */
TEST(compact_trigger, it_looks_every_half_second)
{
	u64 start = arch_time_ns(), least = ~0UL, looks;

	WITH_STAGE;
	use_fake(COMPACT_COMPLETE);
	EXPECT_EQ(set_knob("compaction_proactiveness", "100"), 0);
	EXPECT_TRUE(until(ran_proactively));
	EXPECT_TRUE(sleep_until(READ_ONCE(st.k->proactive_defer)));
	for (u32 i = 0; i < 2 || (i < 20 && least > 700 * MS_IN_NS); i++)
		least = min(least, time_of_a_look());
	EXPECT_LE(least, 700 * MS_IN_NS);
	looks = nr_looks();
	EXPECT_LE(looks * 500 * MS_IN_NS, arch_time_ns() - start);
	EXPECT_EQ(fake.nr_calls, 1);
	stage_end(t);
}

TEST(compact_trigger, marks_follow_proactiveness)
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

TEST(compact_trigger, guided_stops_at_the_low_mark)
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
