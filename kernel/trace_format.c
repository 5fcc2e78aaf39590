// SPDX-License-Identifier: MIT
/*
 * kernel/trace_format.c - a record of a point as Linux prints it
 *
 *	            make-12      [001] d..1.    12.345678: mm_page_free: page=...
 *	              │  │         │   │││││     │          │
 *	            name id       CPU  │││││   seconds      trace_format()
 *	                               ││││└ migrate-disable: unknown here
 *	                               │││└ preempt_depth
 *	                               ││└ in an interrupt's handler
 *	                               │└ another thread is to run
 *	                               └ interrupts off
 *
 * kernel/trace_events.h has the formats and their kinds of fields.
 */
#include <kernel/ksyms.h>
#include <kernel/string.h>
#include <kernel/trace.h>
#include <mm/compact.h>
#include <mm/gfp.h>
#include <mm/migrate.h>
#include <mm/page.h>
#include <mm/pgtable.h>
#include <mm/tlb.h>
#include <mm/zone.h>

#include "trace_kinds.h"

#define NSEC_PER_USEC 1000UL
#define USEC_PER_SEC  1000000UL

/* --- words --- */

/* Linux prints a value without a word in hex. */
static void put_word(struct seq *s, const char *const *words, u32 nr, u64 value)
{
	if (value < nr && words[value])
		seq_puts(s, words[value]);
	else
		seq_printf(s, "0x%lx", value);
}

static const char *const sync_words[] = { "async", "sync" };

static const char *const priority_words[NR_COMPACT_PRIORITIES] = {
	[COMPACT_PRIO_SYNC_FULL] = "COMPACT_PRIO_SYNC_FULL",
	[COMPACT_PRIO_SYNC_LIGHT] = "COMPACT_PRIO_SYNC_LIGHT",
	[COMPACT_PRIO_ASYNC] = "COMPACT_PRIO_ASYNC",
};

static const char *const mode_words[] = {
	[MIGRATE_ASYNC] = "MIGRATE_ASYNC",
	[MIGRATE_SYNC_LIGHT] = "MIGRATE_SYNC_LIGHT",
	[MIGRATE_SYNC] = "MIGRATE_SYNC",
};

static const char *const reason_words[NR_MIGRATE_REASONS] = {
	[MR_COMPACTION] = "compaction",
	[MR_MEMORY_FAILURE] = "memory_failure",
	[MR_MEMORY_HOTPLUG] = "memory_hotplug",
	[MR_SYSCALL] = "syscall_or_cpuset",
	[MR_MEMPOLICY_MBIND] = "mempolicy_mbind",
	[MR_NUMA_MISPLACED] = "numa_misplaced",
	[MR_CONTIG_RANGE] = "contig_range",
	[MR_LONGTERM_PIN] = "longterm_pin",
	[MR_DEMOTION] = "demotion",
};

/* --- kinds of fields; v[0] is the field --- */

static void put_decimal(struct seq *s, const u64 *v)
{
	seq_printf(s, "%ld", (s64)v[0]);
}

static void put_hex(struct seq *s, const u64 *v)
{
	seq_printf(s, "%lx", v[0]);
}

static void put_pointer(struct seq *s, const u64 *v)
{
	seq_printf(s, "%016lx", v[0]);
}

static void put_page_record(struct seq *s, const u64 *v)
{
	seq_printf(s, "%016lx", (u64)pfn_to_page(v[0]));
}

static void put_symbol(struct seq *s, const u64 *v)
{
	char name[KSYM_TEXT_MAX];

	seq_puts(s, ksym_format(v[0], 0, name));
}

static void put_text(struct seq *s, const u64 *v)
{
	char text[2 * sizeof(u64) + 1] = "";

	memcpy(text, v, 2 * sizeof(u64));
	seq_puts(s, text);
}

static void put_gfp(struct seq *s, const u64 *v)
{
	char mask[256];

	seq_puts(s, v[0] ? gfp_text((gfp_t)v[0], mask, sizeof(mask)) : "none");
}

static void put_zone8(struct seq *s, const u64 *v)
{
	u64 before = s->written;

	put_word(s, zone_names, ARRAY_SIZE(zone_names), v[0]);
	seq_printf(s, "%*s", (int)(8 - min(s->written - before, 8UL)), "");
}

/* What the one who asked makes of it. */
static void put_result(struct seq *s, const u64 *v)
{
	seq_puts(s, v[0] == COMPACT_COMPLETE ? "failed" :
		    v[0] == COMPACT_SUCCESS  ? "progress" :
					       "withdrawn");
}

static void put_limit(struct seq *s, const u64 *v)
{
	seq_printf(s, "%lu", 1UL << (v[0] & 63));
}

static void put_isolated(struct seq *s, const u64 *v)
{
	seq_puts(s, v[0] <= v[1] ? "success" : "fail");
}

static void put_pages(struct seq *s, const u64 *v)
{
	bool all = !v[0] && v[1] == TASK_SIZE;

	seq_printf(s, "%ld", all ? -1L : (s64)((v[1] - v[0]) >> PAGE_SHIFT));
}

static bool is_error(u64 value)
{
	return (s64)value < 0 && (s64)value >= -4095;
}

static void put_address(struct seq *s, const u64 *v)
{
	seq_printf(s, "%lx", is_error(v[0]) ? 0 : v[0]);
}

static void put_error(struct seq *s, const u64 *v)
{
	seq_printf(s, "%ld", is_error(v[0]) ? (s64)v[0] : 0);
}

#define KIND(name_, spec_, put_, ...)                                  \
	{                                                              \
		.name = name_, .spec = spec_, .put = put_, __VA_ARGS__ \
	}
#define WORDS(words_) .words = words_, .nr_words = ARRAY_SIZE(words_)

static const struct trace_kind kinds[] = {
	KIND("", "%ld", put_decimal),
	KIND("x", "%lx", put_hex),
	KIND("page", "%p", put_page_record, .arg = "pfn_to_page(REC->%s)"),
	KIND("ptr", "%p", put_pointer),
	KIND("symbol", "%pS", put_symbol),
	KIND("text", "%s", put_text),
	KIND("gfp", "%s", put_gfp, .arg = "show_gfp_flags(REC->%s)"),
	KIND("zone", "%s", NULL, WORDS(zone_names)),
	KIND("zone8", "%-8s", put_zone8, WORDS(zone_names)),
	KIND("sync", "%s", NULL, WORDS(sync_words)),
	KIND("status", "%s", NULL, WORDS(compact_result_names)),
	KIND("result", "%s", put_result,
	     .arg = "compact_result_to_feedback(REC->%s)"),
	KIND("priority", "%s", NULL, WORDS(priority_words)),
	KIND("mode", "%s", NULL, WORDS(mode_words)),
	KIND("reason", "%s", NULL, WORDS(reason_words)),
	KIND("limit", "%lu", put_limit, .arg = "1UL << REC->%s"),
	KIND("isolated", "%s", put_isolated,
	     .arg = "REC->%s <= REC->fin_pfn ? \"success\" : \"fail\""),
	KIND("pages", "%ld", put_pages,
	     .arg = "(long)(REC->end - REC->%s) >> PAGE_SHIFT"),
	KIND("tlb", "%s", NULL, .words = tlb_reason_names,
	     .nr_words = NR_TLB_REASONS),
	KIND("addr", "%lx", put_address),
	KIND("err", "%ld", put_error),
};

static const struct trace_kind *find_kind(const char *name, size_t len)
{
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].name) == len &&
		    !strncmp(kinds[i].name, name, len))
			return &kinds[i];
	return NULL;
}

/* --- formats --- */

const char *trace_parse_field(const char *p, struct trace_field *field)
{
	const char *end = strchr(p, '}');
	const char *name = p[2] == ':' ? p + 3 : p + 2;

	field->n = (u32)(p[1] - '0');
	field->kind = find_kind(name, (size_t)(end - name));
	return end + 1;
}

size_t trace_plain_len(const char *format)
{
	size_t len = 0;

	while (format[len] && format[len] != '{')
		len++;
	return len;
}

static void put_field(struct seq *s, const struct trace_field *f,
		      const u64 *values)
{
	if (!f->kind || f->n >= POINT_FIELDS_MAX)
		seq_puts(s, "?");
	else if (f->kind->put)
		f->kind->put(s, values + f->n);
	else
		put_word(s, f->kind->words, f->kind->nr_words, values[f->n]);
}

static void put_format(struct seq *s, const char *format, const u64 *values)
{
	struct trace_field field;

	while (*format) {
		size_t plain = trace_plain_len(format);

		seq_write(s, format, plain);
		format += plain;
		if (!*format)
			break;
		format = trace_parse_field(format, &field);
		put_field(s, &field, values);
	}
}

/* --- points of ours: the last name in each field's expression --- */

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* Up to the comma that ends the field, past those between brackets. */
static const char *field_end(const char *p)
{
	u32 depth = 0;

	for (; *p && (*p != ',' || depth); p++)
		depth += (*p == '(') - (*p == ')');
	return p;
}

/* A character less, or all of an index: "pfn[i]" is of pfn. */
static const char *before_index(const char *start, const char *end)
{
	const char *p = end - 1;

	if (*p != ']')
		return p;
	while (p > start && *p != '[')
		p--;
	return p;
}

struct trace_word trace_own_name(const char **fields)
{
	const char *start = *fields, *stop = field_end(start), *end = stop, *p;

	while (end > start && !is_name(end[-1]))
		end = before_index(start, end);
	for (p = end; p > start && is_name(p[-1]); p--)
		;
	*fields = *stop ? stop + 1 : stop;
	return (struct trace_word){ p, (size_t)(end - p) };
}

static void put_own(struct seq *s, const char *fields, const u64 *values, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		struct trace_word name = trace_own_name(&fields);

		if (i)
			seq_puts(s, " ");
		seq_write(s, name.text, name.len);
		seq_printf(s, "=0x%lx", values[i]);
	}
}

void trace_format(struct seq *s, const struct point *point, const u64 *values,
		  u32 nr)
{
	struct trace_event event;

	trace_event_of(point->name, &event);
	seq_printf(s, "%s: ", point->name);
	if (event.format)
		put_format(s, event.format, values);
	else
		put_own(s, point->fields, values, nr);
}

void trace_format_line(struct seq *s, const struct trace_record *r)
{
	u64 usec = (r->time_ns + NSEC_PER_USEC / 2) / NSEC_PER_USEC;
	char depth = r->preempt_depth ? "0123456789abcdef"[r->preempt_depth] :
					'.';

	seq_printf(s, "%16s-%-7u [%03u] %c%c%c%c. %5lu.%06lu: ", r->comm,
		   r->pid, r->cpu, r->flags & TRACE_IRQS_OFF ? 'd' : '.',
		   r->flags & TRACE_NEED_RESCHED ? 'N' : '.',
		   r->flags & TRACE_HARDIRQ ? 'h' : '.', depth,
		   usec / USEC_PER_SEC, usec % USEC_PER_SEC);
	trace_format(s, point_nth(r->point), r->values, r->nr);
	seq_puts(s, "\n");
}
