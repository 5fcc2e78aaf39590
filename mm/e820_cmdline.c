// SPDX-License-Identifier: MIT
/*
 * mm/e820_cmdline.c - mem= and memmap=: change the firmware's map by hand
 *
 *	mem=X		usable memory from X up goes
 *	memmap=X	the same
 *	memmap=S@A	S bytes from A are usable
 *	memmap=S#A	... ACPI data
 *	memmap=S$A	... reserved
 *	memmap=S!A	... persistent
 *	memmap=S%A-F+T	what is of type F there becomes type T; without -F all
 *			of it, without +T it goes
 *	memmap=exactmap	the firmware's map goes; only what follows counts
 *
 * Several memmap forms may follow each other with commas. Sizes take K M G T P
 * E. Words act in the order in which they stand. A usable range cannot
 * override the firmware's "reserved" without exactmap: the larger type wins.
 *
 * Linux: Documentation/admin-guide/kernel-parameters.txt.
 */
#include <kernel/errno.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/e820.h>

/* As long as a command line can be: a cut list would mean something else. */
#define VALUE_MAX 4096

/* What is being parsed, for messages. */
struct option {
	const char *name; /* "mem" or "memmap" */
	const char *text; /* one value, without commas */
};

/* Number with suffix at *pos; says so when it is larger than 2^64-1. */
static int parse_size(const struct option *opt, const char **pos, u64 *out)
{
	const char *start = *pos;
	bool overflow = false;

	*out = memparse(start, pos, &overflow);
	if (*pos == start)
		return -EINVAL;
	if (overflow)
		pr_warn("e820: %s=%s: a number is too large, taken as 2^64-1\n",
			opt->name, opt->text);
	return 0;
}

static bool holds_whole_page(const struct e820_table *table, u64 limit)
{
	for (u32 i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *e = &table->entries[i];
		pfn_t end = PFN_DOWN(min(e->addr + e->size, limit));

		if (e->type == E820_TYPE_RAM && max(PFN_UP(e->addr), 1UL) < end)
			return true;
	}
	return false;
}

/* mem=X. A limit that leaves no page to run in is a mistake: refused. */
static int limit_memory(struct e820_table *table, const struct option *opt,
			u64 limit)
{
	u64 removed;

	e820__update_table(table);
	if (!limit || !holds_whole_page(table, limit)) {
		pr_warn("e820: %s=%s would leave no memory, ignored\n",
			opt->name, opt->text);
		return -ERANGE;
	}
	removed = e820__range_remove(table, limit, UINT64_MAX - limit,
				     E820_TYPE_RAM, true);
	if (removed)
		pr_info("e820: %s=%s: %lu KiB of usable memory from 0x%lx up removed\n",
			opt->name, opt->text, DIV_ROUND_UP(removed, KiB), limit);
	else
		pr_info("e820: %s=%s: no usable memory there, nothing removed\n",
			opt->name, opt->text);
	return 0;
}

static void add_range(struct e820_table *table, const struct option *opt,
		      u64 addr, u64 size, u32 type)
{
	if (size > UINT64_MAX - addr) {
		pr_warn("e820: %s=%s reaches past 2^64, cut there\n", opt->name,
			opt->text);
		size = UINT64_MAX - addr;
	}
	e820__range_add(table, addr, size, type);
}

/* -FROM or +TO of memmap=S%A-FROM+TO; 0 when it isn't there. */
static int parse_type(const struct option *opt, const char **pos, char sign,
		      u32 *type)
{
	u64 value;

	*type = 0;
	if (**pos != sign)
		return 0;
	++*pos;
	if (parse_size(opt, pos, &value) || !value || value > UINT32_MAX)
		return -EINVAL;
	*type = (u32)value;
	return 0;
}

static int convert(struct e820_table *table, const struct option *opt,
		   const char *pos, u64 addr, u64 size)
{
	u32 from, to;

	if (parse_type(opt, &pos, '-', &from) ||
	    parse_type(opt, &pos, '+', &to) || *pos)
		return -EINVAL;
	if (from && to)
		e820__range_update(table, addr, size, from, to);
	else if (to)
		add_range(table, opt, addr, size, to);
	else
		e820__range_remove(table, addr, size, from, from != 0);
	return 0;
}

static u32 sign_type(char sign)
{
	switch (sign) {
	case '@':
		return E820_TYPE_RAM;
	case '#':
		return E820_TYPE_ACPI;
	case '$':
		return E820_TYPE_RESERVED;
	case '!':
		return E820_TYPE_PRAM;
	default:
		return 0;
	}
}

static int parse_memmap_one(struct e820_table *table, const struct option *opt)
{
	const char *pos = opt->text;
	u64 size, addr;
	char sign;

	if (!strcmp(pos, "exactmap")) {
		table->nr_entries = 0;
		table->nr_dropped = 0;
		return 0;
	}
	if (parse_size(opt, &pos, &size))
		return -EINVAL;
	sign = *pos;
	if (!sign)
		return limit_memory(table, opt, size);
	if (!sign_type(sign) && sign != '%')
		return -EINVAL;
	pos++;
	if (parse_size(opt, &pos, &addr))
		return -EINVAL;
	if (sign == '%')
		return convert(table, opt, pos, addr, size);
	if (*pos || !size)
		return -EINVAL;
	add_range(table, opt, addr, size, sign_type(sign));
	return 0;
}

static void make_printable(char *s)
{
	for (; *s; s++)
		if ((u8)*s < ' ' || (u8)*s > '~')
			*s = '?';
}

/* -ERANGE has been reported where it arose. */
static bool applied(const struct option *opt, int err)
{
	if (err == -EINVAL)
		pr_warn("e820: malformed %s=%s, ignored\n", opt->name,
			opt->text);
	return !err;
}

static bool parse_memmap(struct e820_table *table, char *value)
{
	struct option opt = { .name = "memmap", .text = value };
	bool changed = false;

	while (opt.text) {
		char *comma = strchr(opt.text, ',');

		if (comma)
			*comma++ = '\0';
		changed |= applied(&opt, parse_memmap_one(table, &opt));
		opt.text = comma;
	}
	return changed;
}

static bool parse_mem(struct e820_table *table, const char *value)
{
	struct option opt = { .name = "mem", .text = value };
	const char *pos = value;
	u64 limit;
	int err;

	if (!strcmp(value, "nopentium")) {
		pr_warn("e820: mem=nopentium ignored: only for 32-bit x86\n");
		return false;
	}
	err = parse_size(&opt, &pos, &limit);
	if (!err && *pos)
		pr_warn("e820: mem=%s: '%s' ignored\n", value, pos);
	if (!err)
		err = limit_memory(table, &opt, limit);
	return applied(&opt, err);
}

bool e820__parse_cmdline(struct e820_table *table, const char *cmdline)
{
	static char value[VALUE_MAX]; /* boot: one CPU, small stack */
	char name[64];
	bool changed = false;

	while (params_next(&cmdline, name, sizeof(name), value, VALUE_MAX)) {
		make_printable(value);
		if (!strcmp(name, "mem"))
			changed |= parse_mem(table, value);
		else if (!strcmp(name, "memmap"))
			changed |= parse_memmap(table, value);
	}
	e820__update_table(table);
	return changed;
}
