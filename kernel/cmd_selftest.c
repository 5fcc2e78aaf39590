// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_selftest.c - run self-tests from the shell
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <kernel/verdict.h>

extern const struct test_case __start_test_cases[], __stop_test_cases[];

static int cmd_selftest(int argc, char **argv)
{
	int failed = test_run(argc > 1 ? argv[1] : "*");

	/* A glob that matches nothing (-1) is a slip of the hand. */
	if (failed > 0)
		verdict_fail("a self-test failed");
	return failed;
}

/* Suites; behind "suite." its cases. */
static void complete_test(int arg, const char *prefix,
			  void (*offer)(void *ctx, const char *word), void *ctx)
{
	const struct test_case *tc = __start_test_cases;
	const char *last = "";
	char name[128];

	if (arg != 1)
		return;
	for (; tc < __stop_test_cases; tc++) {
		snprintf(name, sizeof(name), "%s.%s", tc->suite, tc->name);
		if (strchr(prefix, '.'))
			offer(ctx, name);
		else if (strcmp(last, tc->suite))
			offer(ctx, tc->suite);
		last = tc->suite;
	}
}

SHELL_COMMAND(selftest, cmd_selftest, "[GLOB]",
	      "run self-tests\n"
	      "GLOB is matched with suite.case or suite: `selftest vfile`, "
	      "`selftest *.too_long*`.",
	      complete_test);
