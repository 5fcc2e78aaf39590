// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_check.c - check: do all invariants hold?
 */
#include <kernel/check.h>
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/verdict.h>

static int cmd_check(int argc __unused, char **argv __unused)
{
	int findings = check_all(kernel_mm());

	if (findings)
		verdict_fail("a check found something");
	console_printf("check: %d finding%s\n", findings,
		       findings == 1 ? "" : "s");
	return findings;
}

SHELL_COMMAND(check, cmd_check, "",
	      "recount everything and compare\n"
	      "Each subsystem's invariants are gone through; a finding makes "
	      "the verdict a failure.",
	      shell_complete_nothing);
