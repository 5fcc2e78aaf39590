// SPDX-License-Identifier: MIT
/*
 * kernel/verdict.c - collects what speaks against this run
 */
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/sched_seed.h>
#include <kernel/verdict.h>
#include <arch/cpu.h>

static const char *failure;

void verdict_fail(const char *why)
{
	if (!READ_ONCE(failure))
		WRITE_ONCE(failure, why);
}

bool verdict_passed(void)
{
	return !READ_ONCE(failure) && !warn_count();
}

void verdict_poweroff(void)
{
	bool passed = verdict_passed();

	sched_seed_report();
	if (passed)
		pr_info("Verdict: passed\n");
	else if (failure)
		pr_info("Verdict: failed (%s)\n", failure);
	else
		pr_info("Verdict: failed (%lu warning%s)\n", warn_count(),
			warn_count() == 1 ? "" : "s");
	arch_poweroff(passed);
}
