// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_watch.c - a watched command runs as often as it is to, and
 * what it prints is caught
 *
 * The picture on a terminal: tests/machines/test_shell.py.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <mm/node_stat.h>

#include "../../kernel/watch.h"

static u32 nr_runs, rows_inside;
static u64 events_inside;
static bool enough;
static int second; /* what one more got meanwhile */

static int cmd_watched(int argc, char **argv)
{
	nr_runs++;
	rows_inside = watch_rows();
	events_inside = watch_events(PGREUSE);
	count_vm_events(PGREUSE, 5);
	enough = nr_runs >= 3;
	second = watch_run(&(struct watch_options){ 0 }, NULL);
	/* A command may use its words up. */
	argv[argc - 1] = NULL;
	return 0;
}

SHELL_COMMAND(test_watched, cmd_watched, "", "", NULL);

static char *words[] = { "test_watched", "x" };

static struct watch_options options(u64 count)
{
	return (struct watch_options){ .interval_ms = 1,
				       .count = count,
				       .plain = true,
				       .argc = 2,
				       .argv = words };
}

TEST(watch, runs_the_command_as_often_as_asked)
{
	struct watch_options o = options(3);

	nr_runs = 0;
	count_vm_events(PGREUSE, 3); /* before, and not counted */
	EXPECT_EQ(watch_run(&o, NULL), 0);
	EXPECT_EQ(nr_runs, 3);
	EXPECT_TRUE(rows_inside > 0);
	EXPECT_EQ(watch_rows(), 0);
	EXPECT_EQ(events_inside, 10);
	EXPECT_STREQ(words[1], "x");
	EXPECT_EQ(second, -EBUSY);
}

TEST(watch, ends_when_it_is_told_to)
{
	struct watch_options o = options(0);

	nr_runs = 0;
	enough = false;
	EXPECT_EQ(watch_run(&o, &enough), 0);
	EXPECT_EQ(nr_runs, 3);
}

TEST(watch, refuses_what_makes_no_picture)
{
	char nested[] = "watch -c 1 watch -c 1 free";
	char unknown[] = "watch -c 1 no_such_command";
	char never[] = "watch -c 0 free", interval[] = "watch -n x free";
	char nothing[] = "watch -n 1", no_time[] = "watch -c 1 -n . free";
	char no_number[] = "watch -c 1 -n";

	EXPECT_NE(shell_execute(nested), 0);
	EXPECT_NE(shell_execute(unknown), 0);
	EXPECT_NE(shell_execute(never), 0);
	EXPECT_NE(shell_execute(interval), 0);
	EXPECT_NE(shell_execute(nothing), 0);
	EXPECT_NE(shell_execute(no_time), 0);
	EXPECT_NE(shell_execute(no_number), 0);
}

TEST(watch, captured_text_is_cut_to_its_room)
{
	char text[8];
	struct console_capture c = { .text = text, .size = sizeof(text) };

	console_capture_begin(&c);
	console_printf("one\n");
	console_printf("two and more\n");
	console_capture_end();
	EXPECT_EQ(c.len, 8);
	EXPECT_EQ(memcmp(text, "one\ntwo ", 8), 0);
}
