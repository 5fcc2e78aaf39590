/* SPDX-License-Identifier: MIT */
/*
 * kernel/trace_kinds.h - the parts of a format of kernel/trace_events.h
 *
 *	"pfn=0x{0:x} order={1}"		text, field 0 of kind x, text, field 1
 */
#pragma once

#include <kernel/types.h>
#include <kernel/vfile.h>

struct trace_kind {
	const char *name;
	const char *spec; /* what Linux's print fmt has for it */
	/* Prints the field at v[0]; NULL: the word for it. */
	void (*put)(struct seq *s, const u64 *v);
	const char *const *words;
	u32 nr_words;
	/* Of print fmt, %s is the field; NULL: as it is, or by its words. */
	const char *arg;
};

struct trace_field {
	u32 n;
	const struct trace_kind *kind; /* NULL: there is no such kind */
};

/* At "{n:kind}"; gives what follows. */
const char *trace_parse_field(const char *p, struct trace_field *field);
/* Up to the next field, or the end. */
size_t trace_plain_len(const char *format);

struct trace_word {
	const char *text;
	size_t len;
};

/*
 * The name of the first field in "page_to_pfn(src), x->order": src; moves
 * *fields behind it.
 */
struct trace_word trace_own_name(const char **fields);
