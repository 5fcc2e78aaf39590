// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_trace.c - events by name, and the files of
 * /sys/kernel/tracing, with two points of the test's own
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/smp.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "free_frames.h"
#include "trace_fixture.h"

void trace_test_pass(u64 pfn, u64 order)
{
	POINT(trace_test_one, pfn, order);
}

void trace_test_pass_other(u64 value)
{
	POINT(trace_test_two, value);
}

static int set(const char *words)
{
	return trace_set_events(words, strlen(words));
}

/* --- names --- */

TEST(trace, events_are_switched_by_name)
{
	TRACE_BEGIN(8);
	EXPECT_EQ(set("trace_test_one"), 0);
	EXPECT_TRUE(trace_event_is_on("trace_test_one") &&
		    !trace_event_is_on("trace_test_two"));
	EXPECT_EQ(set("!trace_test_one tangram:trace_test_two\n"), 0);
	EXPECT_TRUE(!trace_event_is_on("trace_test_one") &&
		    trace_event_is_on("trace_test_two"));
	EXPECT_EQ(set("tangram:trace_test_*"), 0);
	EXPECT_TRUE(trace_event_is_on("trace_test_one") &&
		    trace_event_is_on("trace_test_two"));
	EXPECT_EQ(set("!trace_test_t*,!:trace_test_one"), 0);
	EXPECT_TRUE(!trace_event_is_on("trace_test_one") &&
		    !trace_event_is_on("trace_test_two"));
	TRACE_END();
}

TEST(trace, a_system_s_events_are_switched_together)
{
	TRACE_BEGIN(8);
	EXPECT_EQ(set("migrate:*"), 0);
	EXPECT_TRUE(trace_event_is_on("mm_migrate_pages") &&
		    trace_event_is_on("set_migration_pte"));
	EXPECT_FALSE(trace_event_is_on("migrate_copied")); /* ours */
	EXPECT_EQ(trace_system_state("migrate"), '1');
	EXPECT_EQ(trace_system_state("kmem"), '0');
	EXPECT_EQ(set("!mm_migrate_pages"), 0);
	EXPECT_EQ(trace_system_state("migrate"), 'X');
	EXPECT_EQ(trace_system_state(""), 'X');
	EXPECT_EQ(set("!migrate"), 0);
	EXPECT_EQ(trace_system_state(""), '0');
	EXPECT_EQ(set("kmem:"), 0);
	EXPECT_TRUE(trace_event_is_on("mm_page_alloc") &&
		    trace_event_is_on("kfree"));
	trace_all_off();
	EXPECT_FALSE(trace_event_is_on("mm_page_alloc") ||
		     trace_event_is_on("kfree"));
	TRACE_END();
}

TEST(trace, names_of_nothing_are_refused)
{
	static const char *const bad[] = {
		"nothing",
		"kmem:nothing",
		"nothing:*",
		"tangram:mm_page_alloc",
		"!nothing",
		"!",
		":::",
		"trace_test_on",
		"[",
		/* Declared, but nothing here passes it. */
		"kmem:mm_page_free_batched",
		"a_name_that_is_longer_than_any_name_of_an_event_could_ever_be_even_if_its_system_stands_in_front_of_it",
	};

	TRACE_BEGIN(8);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(set(bad[i]), -EINVAL);
	EXPECT_FALSE(trace_has_buffers());
	EXPECT_EQ(set(" \n\t"), 0);
	/* As on Linux: up to the bad one. */
	EXPECT_EQ(set("trace_test_one nothing trace_test_two"), -EINVAL);
	EXPECT_TRUE(trace_event_is_on("trace_test_one") &&
		    !trace_event_is_on("trace_test_two"));
	TRACE_END();
}

/* The shell's traces, hooks and failures are others' business. */
TEST(trace, other_uses_of_a_point_stay)
{
	TRACE_BEGIN(8);
	EXPECT_EQ(set("trace_test_one"), 0);
	point_enable("trace_test_one", POINT_HOOK);
	point_disable("trace_test_*");
	EXPECT_TRUE(trace_event_is_on("trace_test_one"));
	trace_all_off();
	EXPECT_EQ(point_find("trace_test_one")->on & ~POINT_SCHED, POINT_HOOK);
	point_find("trace_test_one")->on &= ~POINT_HOOK;
	TRACE_END();
}

/* --- the files --- */

static const char header[] =
	"# tracer: nop\n"
	"#\n"
	"# entries-in-buffer/entries-written: %lu/%lu   #P:%u\n"
	"#\n"
	"#                                _-----=> irqs-off/BH-disabled\n"
	"#                               / _----=> need-resched\n"
	"#                              | / _---=> hardirq/softirq\n"
	"#                              || / _--=> preempt-depth\n"
	"#                              ||| / _-=> migrate-disable\n"
	"#                              |||| /     delay\n"
	"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
	"#              | |         |   |||||     |         |\n";

static bool begins_with_header(u64 entries, u64 written)
{
	static char expected[sizeof(header) + 64];

	snprintf(expected, sizeof(expected), header, entries, written,
		 num_online_cpus());
	return !strncmp(text, expected, strlen(expected));
}

TEST(trace, shows_records_by_time_and_keeps_them)
{
	TRACE_BEGIN(8);
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	EXPECT_TRUE(begins_with_header(0, 0));
	EXPECT_EQ(count_text("\n"), 12);
	EXPECT_EQ(trace_write_file(TRACING "set_event", "trace_test_one\n"), 0);
	trace_test_pass(0x200, 3);
	trace_test_pass_other(5); /* off */
	trace_test_pass(0x201, 0);
	for (u32 i = 0; i < 2; i++) {
		const char *a, *b;

		EXPECT_TRUE(read_file(t, TRACING "trace"));
		EXPECT_TRUE(begins_with_header(2, 2));
		EXPECT_EQ(count_text("\n"), 14);
		a = strstr(text, ": trace_test_one: pfn=0x200 order=0x3\n");
		b = strstr(text, ": trace_test_one: pfn=0x201 order=0x0\n");
		EXPECT_TRUE(a && b && a < b);
	}
	/* >> leaves them, > doesn't. */
	EXPECT_EQ(vfile_append(TRACING "trace", "\n", 1), 0);
	EXPECT_TRUE(read_file(t, TRACING "trace") && begins_with_header(2, 2));
	EXPECT_EQ(trace_write_file(TRACING "trace", "\n"), 0);
	EXPECT_TRUE(read_file(t, TRACING "trace") && begins_with_header(0, 0));
	TRACE_END();
}

static int pass_there(void *arg)
{
	trace_test_pass_other((u64)arg);
	return 0;
}

/* Each CPU in turn, twice, the highest first: so not in order of the rings. */
TEST(trace, cpus_are_merged_by_time)
{
	u32 nr = num_online_cpus(), at = 0;
	const char *last = text;

	TRACE_BEGIN(8);
	EXPECT_EQ(set("trace_test_two"), 0);
	for (u32 i = 0; i < 2 * nr; i++) {
		struct thread *th =
			kthread_create(pass_there, (void *)(u64)i, "passer");

		ASSERT_TRUE(th != NULL);
		EXPECT_EQ(set_cpus_allowed(th, 1UL << (nr - 1 - i % nr)), 0);
		wake_up_thread(th);
		kthread_join(th);
	}
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	EXPECT_TRUE(begins_with_header(2 * nr, 2 * nr));
	for (; at < 2 * nr; at++) {
		char line[64];

		snprintf(line, sizeof(line), "trace_test_two: value=0x%x\n", at);
		last = strstr(last, line);
		if (!last)
			break;
	}
	EXPECT_EQ(at, 2 * nr);
	snprintf(text + sizeof(text) - 16, 16, " [%03u] ", nr - 1);
	EXPECT_EQ(count_text(text + sizeof(text) - 16), 2);
	EXPECT_EQ(count_text("          passer-"), 2 * nr);
	TRACE_END();
}

TEST(trace, the_pipe_takes_records_out)
{
	TRACE_BEGIN(1);
	EXPECT_EQ(set("trace_test_one"), 0);
	stay_on_this_cpu();
	trace_test_pass(1, 0);
	trace_test_pass(2, 0);
	EXPECT_TRUE(read_file(t, TRACING "trace_pipe"));
	EXPECT_EQ(count_text("\n"), 2);
	EXPECT_EQ(count_text("trace_test_one: pfn=0x2 order=0x0\n"), 1);
	EXPECT_TRUE(read_file(t, TRACING "trace_pipe"));
	EXPECT_STREQ(text, "");
	EXPECT_TRUE(read_file(t, TRACING "trace") && begins_with_header(0, 0));
	/* 1 KiB has room for nine. */
	for (u32 i = 0; i < 20; i++)
		trace_test_pass(i, 0);
	EXPECT_TRUE(read_file(t, TRACING "trace") && begins_with_header(9, 20));
	EXPECT_TRUE(read_file(t, TRACING "trace_pipe"));
	EXPECT_EQ(count_text(" [LOST 11 EVENTS]\n"), 1);
	EXPECT_EQ(strncmp(text, "CPU:", 4), 0);
	EXPECT_EQ(count_text("\n"), 10);
	go_where_it_may();
	TRACE_END();
}

TEST(trace, recording_stops_and_goes_on)
{
	TRACE_BEGIN(8);
	EXPECT_EQ(set("trace_test_one"), 0);
	EXPECT_FILE(TRACING "tracing_on", "1\n");
	EXPECT_EQ(trace_write_file(TRACING "tracing_on", "0\n"), 0);
	EXPECT_FILE(TRACING "tracing_on", "0\n");
	trace_test_pass(1, 1);
	EXPECT_TRUE(read_file(t, TRACING "trace") && begins_with_header(0, 0));
	EXPECT_EQ(trace_write_file(TRACING "tracing_on", "on"), -EINVAL);
	EXPECT_EQ(trace_write_file(TRACING "tracing_on", "1"), 0);
	trace_test_pass(1, 1);
	EXPECT_TRUE(read_file(t, TRACING "trace") && begins_with_header(1, 1));
	TRACE_END();
}

TEST(trace, the_size_is_settable_and_memory_comes_with_the_first_event)
{
	char line[64];

	TRACE_BEGIN(8);
	EXPECT_FILE(TRACING "buffer_size_kb", "0 (expanded: 8)\n");
	EXPECT_EQ(set("trace_test_one"), 0);
	EXPECT_FILE(TRACING "buffer_size_kb", "8\n");
	snprintf(line, sizeof(line), "%u\n", 8 * num_online_cpus());
	EXPECT_FILE(TRACING "buffer_total_size_kb", line);
	trace_test_pass(1, 1);
	EXPECT_EQ(trace_write_file(TRACING "buffer_size_kb", "4\n"), 0);
	EXPECT_FILE(TRACING "buffer_size_kb", "4\n");
	EXPECT_TRUE(read_file(t, TRACING "trace") && begins_with_header(0, 0));
	stay_on_this_cpu();
	for (u32 i = 0; i < 100; i++)
		trace_test_pass(i, 1);
	go_where_it_may();
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	EXPECT_TRUE(begins_with_header(4096 / trace_record_size(), 100));
	EXPECT_EQ(trace_write_file(TRACING "buffer_size_kb", "0"), -EINVAL);
	EXPECT_EQ(trace_write_file(TRACING "buffer_size_kb", "-1"), -EINVAL);
	EXPECT_EQ(trace_write_file(TRACING "buffer_size_kb", ""), -EINVAL);
	EXPECT_EQ(trace_write_file(TRACING "free_buffer", "1"), 0);
	EXPECT_FILE(TRACING "buffer_size_kb", "0 (expanded: 4)\n");
	trace_test_pass(1, 1); /* still on; nothing is kept */
	EXPECT_FALSE(trace_waiting());
	TRACE_END();
}

TEST(trace, stats_of_a_cpu_count)
{
	char path[64];

	TRACE_BEGIN(1);
	EXPECT_EQ(set("trace_test_one"), 0);
	stay_on_this_cpu();
	snprintf(path, sizeof(path), TRACING "per_cpu/cpu%u/stats",
		 smp_processor_id());
	for (u32 i = 0; i < 12; i++)
		trace_test_pass(i, 1);
	EXPECT_TRUE(read_file(t, path));
	EXPECT_EQ(value_of(t, "entries:"), 9);
	EXPECT_EQ(value_of(t, "overrun:"), 3);
	EXPECT_EQ(value_of(t, "bytes:"), 9 * trace_record_size());
	EXPECT_EQ(value_of(t, "read events:"), 0);
	EXPECT_TRUE(read_file(t, TRACING "trace_pipe"));
	EXPECT_TRUE(read_file(t, path));
	EXPECT_EQ(value_of(t, "entries:"), 0);
	EXPECT_EQ(value_of(t, "overrun:"), 3);
	EXPECT_EQ(value_of(t, "read events:"), 9);
	go_where_it_may();
	TRACE_END();
}

/* --- the allocator's own events --- */

TEST(trace, an_allocation_and_its_end_are_seen)
{
	char line[192];
	struct page *page;

	TRACE_BEGIN(64);
	EXPECT_EQ(set("mm_page_alloc mm_page_free"), 0);
	page = alloc_pages(GFP_USER, 2);
	ASSERT_TRUE(page != NULL);
	free_pages(page, 2);
	trace_all_off();
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	snprintf(line, sizeof(line),
		 ": mm_page_alloc: page=%016lx pfn=0x%lx order=2 migratetype=0 gfp_flags=GFP_USER\n",
		 (u64)page, page_to_pfn(page));
	EXPECT_EQ(count_text(line), 1);
	snprintf(line, sizeof(line),
		 ": mm_page_free: page=%016lx pfn=0x%lx order=2\n", (u64)page,
		 page_to_pfn(page));
	EXPECT_EQ(count_text(line), 1);
	TRACE_END();
}

/* Under zone->lock, past the stacks and when a stack is filled. */
TEST(trace, frames_that_leave_a_zone_are_seen)
{
	char line[192];
	struct page *page;

	TRACE_BEGIN(64);
	EXPECT_EQ(set("mm_page_alloc_zone_locked"), 0);
	page = alloc_pages(GFP_USER, 10);
	ASSERT_TRUE(page != NULL);
	trace_all_off();
	free_pages(page, 10);
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	snprintf(line, sizeof(line),
		 ": mm_page_alloc_zone_locked: page=%016lx pfn=0x%lx order=10 migratetype=0 percpu_refill=0\n",
		 (u64)page, page_to_pfn(page));
	EXPECT_EQ(count_text(line), 1);
	EXPECT_GE(count_text("] d"), 1); /* interrupts are off there */
	EXPECT_EQ(trace_write_file(TRACING "trace", "\n"), 0);
	EXPECT_EQ(set("mm_page_alloc_zone_locked"), 0);
	drain_all_pages(kernel_mm(), NULL);
	page = alloc_pages(GFP_USER, 0);
	trace_all_off();
	ASSERT_TRUE(page != NULL);
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	snprintf(line, sizeof(line),
		 " pfn=0x%lx order=0 migratetype=0 percpu_refill=1\n",
		 page_to_pfn(page));
	EXPECT_EQ(count_text(line), 1);
	free_pages(page, 0);
	TRACE_END();
}

TEST(trace, objects_come_with_who_asked)
{
	struct kmem_cache *s = kmem_cache_create("trace_test_objects", 100, 0,
						 SLAB_NO_MERGE, NULL);
	char line[192];
	void *object;

	TRACE_BEGIN(64);
	ASSERT_TRUE(s != NULL);
	EXPECT_EQ(set("kmem_cache_alloc kmem_cache_free"), 0);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, object);
	trace_all_off();
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	snprintf(line, sizeof(line),
		 " ptr=%016lx bytes_req=100 bytes_alloc=104 gfp_flags=GFP_KERNEL node=-1 accounted=false\n",
		 (u64)object);
	EXPECT_EQ(count_text(line), 1);
	snprintf(line, sizeof(line), " ptr=%016lx name=trace_test_obje\n",
		 (u64)object);
	EXPECT_EQ(count_text(line), 1);
	EXPECT_GE(count_text("objects_come_with_who_asked"), 2);
	kmem_cache_destroy(s);
	TRACE_END();
}

/* --- no memory --- */

/* False: memory was not asked for that often. */
static bool fail_at(struct test *t, const char *point, u32 nth, u32 *nr_failed)
{
	bool asked;
	int err;

	vmalloc_purge(); /* else it would do that, and try again */
	point_fail_nth(point, nth);
	err = set("trace_test_one");
	asked = (s32)point_find(point)->fail_at <= 0;
	point_disable(point);
	EXPECT_TRUE(!err || err == -ENOMEM);
	EXPECT_TRUE(!err || asked);
	EXPECT_EQ(trace_has_buffers(), !err);
	EXPECT_EQ(trace_event_is_on("trace_test_one"), !err);
	*nr_failed += err != 0;
	trace_all_off();
	trace_free_buffers();
	return asked;
}

TEST(trace, without_memory_nothing_is_switched_on)
{
	static const char *const points[] = { "fail_vmalloc",
					      "kmem_cache_alloc" };
	u64 frames;

	TRACE_BEGIN(8);
	EXPECT_EQ(trace_alloc_buffers(), 0); /* what vmalloc keeps, it has */
	trace_free_buffers();
	frames = free_frames_after_purge();
	for (u32 i = 0; i < ARRAY_SIZE(points); i++) {
		u32 nth = 1, nr_failed = 0;

		while (nth < 1000 && fail_at(t, points[i], nth, &nr_failed))
			nth++;
		EXPECT_LT(nth, 1000);
		EXPECT_GE(nr_failed, num_online_cpus()); /* each ring's */
	}
	EXPECT_EQ(free_frames_after_purge(), frames);
	TRACE_END();
}

/* A size that can't be had leaves what there is. */
TEST(trace, a_size_beyond_memory_changes_nothing)
{
	TRACE_BEGIN(8);
	EXPECT_EQ(set("trace_test_one"), 0);
	trace_test_pass(1, 1);
	EXPECT_EQ(trace_set_buffer_kb(UINT32_MAX), -ENOMEM);
	EXPECT_EQ(trace_buffer_kb(), 8);
	EXPECT_TRUE(read_file(t, TRACING "trace") && begins_with_header(1, 1));
	TRACE_END();
}
