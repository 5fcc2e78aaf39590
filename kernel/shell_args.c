// SPDX-License-Identifier: MIT
/*
 * kernel/shell_args.c - what several commands take: numbers, frames, types
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_state.h>

#include "shell_args.h"

bool shell_arg_number(const char *command, const char *word, const char *what,
		      u64 *out)
{
	if (!kstrtou64(word, 0, out))
		return true;
	console_printf("%s: '%.64s' is no %s (123 or 0x7b)\n", command, word,
		       what);
	return false;
}

bool shell_arg_pfn(const char *command, const char *word, pfn_t *pfn)
{
	const struct mm_state *mm = kernel_mm();

	if (!shell_arg_number(command, word, "frame number", pfn))
		return false;
	if (pfn_valid(mm, *pfn))
		return true;
	console_printf("%s: no record for pfn 0x%lx: %s\n", command, *pfn,
		       *pfn < mm->max_pfn ? "a hole, no RAM near it" :
					    "beyond the end of RAM");
	if (*pfn >= mm->max_pfn)
		console_printf("%s: the highest frame of RAM is 0x%lx\n", command,
			       mm->max_pfn - 1);
	return false;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool same_word(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

bool shell_arg_type(const char *command, const char *word,
		    enum migratetype *type)
{
	for (u32 t = 0; t < MIGRATE_PCPTYPES; t++) {
		const char letter[2] = { migratetype_letters[t], '\0' };

		*type = (enum migratetype)t;
		if (same_word(word, letter) ||
		    same_word(word, migratetype_names[t]))
			return true;
	}
	console_printf("%s: '%.64s' is no type: U Unmovable, M Movable, "
		       "E Reclaimable\n", command, word);
	return false;
}

void shell_offer_types(void (*offer)(void *ctx, const char *word), void *ctx)
{
	for (u32 t = 0; t < MIGRATE_PCPTYPES; t++)
		offer(ctx, migratetype_names[t]);
}
