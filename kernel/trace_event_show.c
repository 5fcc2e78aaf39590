// SPDX-License-Identifier: MIT
/*
 * kernel/trace_event_show.c - events/SYSTEM/NAME/format: what a record holds
 *
 *	name: mm_page_free
 *	ID: 2
 *	format:
 *		field:unsigned short common_type;	offset:0; ...
 *
 *		field:unsigned long pfn;	offset:8;	size:8;	signed:0;
 *		field:unsigned long order;	offset:16;	size:8;	signed:0;
 *
 *	print fmt: "page=%p pfn=0x%lx order=%ld", pfn_to_page(REC->pfn), ...
 *
 * In Linux's form, from what the point and kernel/trace_events.h say. A field is
 * called what it is called in the text ("pfn=0x{0:x}"), else what the point calls
 * it. All are words of 8 bytes, but for texts, which are two. Offsets are those
 * behind Linux's header: no file gives out records as they are.
 */
#include <kernel/string.h>
#include <kernel/trace.h>

#include "trace_kinds.h"

#define HEADER_SIZE 8u /* of Linux's record */

struct shown {
	struct seq *s;
	const struct point *point;
	const char *format; /* NULL: of ours */
};

/* --- names --- */

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* "pfn=0x", up to p: pfn; empty: the text has no name for it. */
static struct trace_word label_before(const char *start, const char *p)
{
	const char *end;

	if (p - start > 2 && p[-1] == 'x' && p[-2] == '0')
		p -= 2;
	if (p == start || p[-1] != '=')
		return (struct trace_word){ p, 0 };
	for (end = --p; p > start && is_name(p[-1]); p--)
		;
	return (struct trace_word){ p, (size_t)(end - p) };
}

/* A record's address is made of its pfn, which has a name of its own. */
static bool is_field(const struct trace_field *f, u32 n)
{
	return f->n == n && strcmp(f->kind->name, "page");
}

static struct trace_word label_of(const char *format, u32 n)
{
	struct trace_word label = { format, 0 };
	struct trace_field field;
	const char *p = format;

	while (!label.len && *(p += trace_plain_len(p))) {
		const char *next = trace_parse_field(p, &field);

		if (is_field(&field, n))
			label = label_before(format, p);
		p = next;
	}
	return label;
}

static struct trace_word name_of(const struct shown *sh, u32 n)
{
	const char *fields = sh->point->fields;
	struct trace_word name = { fields, 0 };

	if (sh->format)
		name = label_of(sh->format, n);
	for (u32 i = 0; !name.len && i < n; i++)
		trace_own_name(&fields);
	return name.len ? name : trace_own_name(&fields);
}

/* --- fields --- */

static bool is_text(const struct shown *sh, u32 n)
{
	char field[] = "{0:text}";

	field[1] = (char)('0' + n);
	return sh->format && strstr(sh->format, field);
}

/* POINT_TEXT() is two. */
static u32 nr_values(const struct shown *sh)
{
	const char *fields = sh->point->fields;
	u32 nr = 0;

	while (*fields) {
		trace_own_name(&fields);
		nr++;
	}
	return strstr(sh->point->fields, "POINT_TEXT") ? nr + 1 : nr;
}

static void show_field(const struct shown *sh, u32 n)
{
	struct trace_word name = name_of(sh, n);
	bool text = is_text(sh, n);

	seq_printf(sh->s,
		   "\tfield:%s %.*s%s;\toffset:%u;\tsize:%u;\tsigned:0;\n",
		   text ? "char" : "unsigned long", (int)name.len, name.text,
		   text ? "[16]" : "", HEADER_SIZE + n * 8, text ? 16 : 8);
}

static void show_fields(const struct shown *sh)
{
	u32 nr = nr_values(sh);

	seq_puts(sh->s,
		 "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		 "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		 "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		 "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n");
	for (u32 n = 0; n < nr; n += is_text(sh, n) ? 2 : 1)
		show_field(sh, n);
}

/* --- print fmt --- */

/* { 0, "MIGRATE_ASYNC" }, { 1, ... } */
static void show_words(struct seq *s, const struct trace_kind *kind)
{
	for (u32 i = 0; i < kind->nr_words; i++)
		if (kind->words[i])
			seq_printf(s, ", { %u, \"%s\" }", i, kind->words[i]);
}

static void show_arg(const struct shown *sh, const struct trace_field *f)
{
	struct trace_word word = name_of(sh, f->n);
	char name[48];

	snprintf(name, sizeof(name), "%.*s", (int)word.len, word.text);
	if (f->kind->words) {
		seq_printf(sh->s, ", __print_symbolic(REC->%s", name);
		show_words(sh->s, f->kind);
		seq_puts(sh->s, ")");
	} else if (f->kind->arg) {
		const char *at = strstr(f->kind->arg, "%s");

		seq_printf(sh->s, ", %.*s%s%s", (int)(at - f->kind->arg),
			   f->kind->arg, name, at + 2);
	} else {
		seq_printf(sh->s, ", REC->%s", name);
	}
}

static void show_linux_s(const struct shown *sh)
{
	struct trace_field field;
	size_t plain;

	for (const char *p = sh->format; *p;) {
		plain = trace_plain_len(p);
		seq_write(sh->s, p, plain);
		p += plain;
		if (!*p)
			break;
		p = trace_parse_field(p, &field);
		seq_puts(sh->s, field.kind->spec);
	}
	seq_puts(sh->s, "\"");
	for (const char *p = sh->format; *(p += trace_plain_len(p));) {
		p = trace_parse_field(p, &field);
		show_arg(sh, &field);
	}
}

static void show_ours(const struct shown *sh)
{
	u32 nr = nr_values(sh);

	for (u32 n = 0; n < nr; n++) {
		struct trace_word name = name_of(sh, n);

		seq_printf(sh->s, "%s%.*s=0x%%lx", n ? " " : "", (int)name.len,
			   name.text);
	}
	seq_puts(sh->s, "\"");
	for (u32 n = 0; n < nr; n++) {
		struct trace_word name = name_of(sh, n);

		seq_printf(sh->s, ", REC->%.*s", (int)name.len, name.text);
	}
}

void trace_show_format(struct seq *s, u32 id, const struct point *point)
{
	struct trace_event event;
	struct shown sh = { .s = s, .point = point };

	trace_event_of(point->name, &event);
	sh.format = event.format;
	seq_printf(s, "name: %s\nID: %u\nformat:\n", point->name, id);
	show_fields(&sh);
	seq_puts(s, "\nprint fmt: \"");
	if (sh.format)
		show_linux_s(&sh);
	else
		show_ours(&sh);
	seq_puts(s, "\n");
}
