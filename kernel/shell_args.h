/* SPDX-License-Identifier: MIT */
/*
 * kernel/shell_args.h - words of a command line as numbers, frames,
 * types
 *
 * Context  the shell's thread
 * Errors   false after printing "COMMAND: what is wrong with the word"
 */
#pragma once

#include <kernel/types.h>
#include <mm/pageblock.h>

/* Decimal or 0x hexadecimal; `what` says what it should have been. */
bool shell_arg_number(const char *command, const char *word, const char *what,
		      u64 *out);
/* A frame that has a page record. */
bool shell_arg_pfn(const char *command, const char *word, pfn_t *pfn);
/* U, M, E or the name of such a migratetype, in any case. */
bool shell_arg_type(const char *command, const char *word,
		    enum migratetype *type);
void shell_offer_types(void (*offer)(void *ctx, const char *word), void *ctx);

static inline bool shell_is_number(const char *word)
{
	return *word >= '0' && *word <= '9';
}
