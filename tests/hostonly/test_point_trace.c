// SPDX-License-Identifier: MIT
/*
 * tests/hostonly/test_point_trace.c - what a traced point logs
 *
 * Host only: the console can be caught there.
 */
#include <arch/host.h>
#include <kernel/point.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/test.h>

static char caught[512];

static void catch(const char *text, size_t len)
{
	size_t used = strlen(caught);

	len = min(len, sizeof(caught) - 1 - used);
	memcpy(caught + used, text, len);
	caught[used + len] = '\0';
}

static void pass(u64 pfn, u64 order)
{
	POINT(test_trace_point, pfn, order);
}

/* Through the hook that may be there already: fuzzers set one. */
static void pass_and_catch(u64 pfn, u64 order)
{
	void (*before)(const char *s, size_t len) = host_console_hook;

	caught[0] = '\0';
	host_console_hook = catch;
	printk_set_time(false);
	pass(pfn, order);
	printk_set_time(true);
	host_console_hook = before;
}

TEST(point_trace, is_one_whole_line_at_the_usual_level)
{
	point_enable("test_trace_point", POINT_TRACE);
	pass_and_catch(0x200, 3);
	EXPECT_STREQ(caught, "test_trace_point: pfn, order = 0x200 0x3\n");
	point_disable("test_trace_point");
}

TEST(point_trace, is_silent_below_the_level_shown)
{
	point_enable("test_trace_point", POINT_TRACE);
	printk_set_level(LOG_WARNING);
	pass_and_catch(0x200, 3);
	printk_set_level(LOG_DEBUG);
	EXPECT_STREQ(caught, "");
	point_disable("test_trace_point");
}
