// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_check.c - check: do all invariants hold?
 */
#include <kernel/check.h>
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/shell.h>
#include <kernel/verdict.h>

static int cmd_check(int argc __unused, char **argv __unused)
{
	int findings;

	if (processes_freeze())
		console_printf("check: programs are at work, so findings may be theirs\n");
	findings = check_all(kernel_mm());
	processes_thaw();

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
