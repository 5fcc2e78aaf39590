// SPDX-License-Identifier: MIT
/*
 * kernel/check.c - run every registered invariant, by name: the linker's order
 * is nobody's choice
 */
#include <kernel/check.h>
#include <kernel/printk.h>
#include <kernel/string.h>

extern const struct check __start_checks[], __stop_checks[];

static const struct check *next_check(const char *name)
{
	const struct check *best = NULL;

	for (const struct check *c = __start_checks; c < __stop_checks; c++)
		if (strcmp(c->name, name) > 0 &&
		    (!best || strcmp(c->name, best->name) < 0))
			best = c;
	return best;
}

int check_all(struct mm_state *mm)
{
	int sum = 0;

	for (const struct check *c = next_check(""); c;
	     c = next_check(c->name)) {
		int findings = c->fn(mm);

		console_printf("  %-12s %d finding%s\n", c->name, findings,
			       findings == 1 ? "" : "s");
		sum += findings;
	}
	return sum;
}
