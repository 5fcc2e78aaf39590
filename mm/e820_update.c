// SPDX-License-Identifier: MIT
/*
 * mm/e820_update.c - make a firmware map orderly: sort, resolve, merge
 *
 * Firmware hands over ranges unsorted and overlapping. Wherever several cover
 * an address the numerically largest type wins, so that doubt never makes
 * memory usable:
 *
 *	1 usable    |-----------------------|
 *	2 reserved         |-----|
 *	4 NVS                 |------|
 *	result      |  1   |2 |  4   |  1   |
 *
 * A sweep over all start and end addresses does it. The ranges that cover the
 * present address wait in a heap with the largest type on top; one that has
 * ended is taken out only when it comes to the top. Each range enters and
 * leaves once, so n ranges cost n log n.
 *
 * A map of 4,096 entries is too large for a kernel stack: the working space
 * is static. This is boot code, one CPU.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/sort.h>
#include <mm/e820.h>

struct sweep {
	u32 nr_in, nr_points, nr_heap;
	struct e820_entry in[E820_MAX_ENTRIES]; /* by start */
	u64 points[2 * E820_MAX_ENTRIES];	/* starts and ends, sorted */
	const struct e820_entry *heap[E820_MAX_ENTRIES];
};

static struct sweep sweep;

static u64 entry_end(const struct e820_entry *e)
{
	return e->addr + e->size;
}

static int cmp_addr(const void *a, const void *b)
{
	const struct e820_entry *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static int cmp_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static bool usable_entry(const struct e820_entry *e)
{
	if (e->size && entry_end(e) < e->addr)
		pr_warn("e820: [mem 0x%016lx, 0x%lx bytes] type %u wraps past 2^64, dropped\n",
			e->addr, e->size, e->type);
	else if (e->size && !e->type)
		pr_warn("e820: [mem 0x%016lx-0x%016lx] has no type (0), dropped\n",
			e->addr, entry_end(e) - 1);
	else
		return e->size != 0;
	return false;
}

static void drop_unusable(struct e820_table *table)
{
	u32 kept = 0;

	for (u32 i = 0; i < table->nr_entries; i++)
		if (usable_entry(&table->entries[i]))
			table->entries[kept++] = table->entries[i];
	table->nr_entries = kept;
}

static void sweep_init(struct sweep *s, const struct e820_table *table)
{
	s->nr_in = table->nr_entries;
	s->nr_points = 0;
	s->nr_heap = 0;
	for (u32 i = 0; i < s->nr_in; i++) {
		s->in[i] = table->entries[i];
		s->points[s->nr_points++] = s->in[i].addr;
		s->points[s->nr_points++] = entry_end(&s->in[i]);
	}
	sort(s->in, s->nr_in, sizeof(s->in[0]), cmp_addr);
	sort(s->points, s->nr_points, sizeof(s->points[0]), cmp_u64);
}

static void heap_push(struct sweep *s, const struct e820_entry *e)
{
	u32 i = s->nr_heap++;

	for (; i && s->heap[(i - 1) / 2]->type < e->type; i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = e;
}

static void heap_pop(struct sweep *s)
{
	const struct e820_entry *last = s->heap[--s->nr_heap];
	u32 i = 0, child;

	while ((child = 2 * i + 1) < s->nr_heap) {
		if (child + 1 < s->nr_heap &&
		    s->heap[child + 1]->type > s->heap[child]->type)
			child++;
		if (s->heap[child]->type <= last->type)
			break;
		s->heap[i] = s->heap[child];
		i = child;
	}
	s->heap[i] = last;
}

/* The type at addr and up to the next point; 0: nothing is there. */
static u32 type_at(struct sweep *s, u64 addr, u32 *next_in)
{
	while (*next_in < s->nr_in && s->in[*next_in].addr == addr)
		heap_push(s, &s->in[(*next_in)++]);
	while (s->nr_heap && entry_end(s->heap[0]) <= addr)
		heap_pop(s);
	return s->nr_heap ? s->heap[0]->type : 0;
}

/* Each such range is a device of its own. */
static bool never_merged(u32 type)
{
	return type == E820_TYPE_PRAM || type == E820_TYPE_SOFT_RESERVED;
}

/* What the sweep has found of the output range that is still open. */
struct open_range {
	u64 start;
	u32 type;
};

static void close_range(struct e820_table *table, const struct open_range *open,
			u64 end)
{
	if (!open->type)
		return;
	/* Borders of 4,096 inner ranges can cut a map into more than that. */
	if (table->nr_entries == E820_MAX_ENTRIES) {
		if (!table->nr_dropped++)
			pr_warn("e820: more than %u ranges, those from 0x%lx up are dropped\n",
				E820_MAX_ENTRIES, open->start);
		return;
	}
	table->entries[table->nr_entries++] = (struct e820_entry){
		.addr = open->start,
		.size = end - open->start,
		.type = open->type,
	};
}

int e820__update_table(struct e820_table *table)
{
	struct open_range open = { 0 };
	u32 next_in = 0;

	drop_unusable(table);
	if (table->nr_entries < 2)
		return -EINVAL;
	sweep_init(&sweep, table);
	table->nr_entries = 0;
	for (u32 i = 0; i < sweep.nr_points; i++) {
		u64 addr = sweep.points[i];
		u32 type;

		if (i && addr == sweep.points[i - 1])
			continue;
		type = type_at(&sweep, addr, &next_in);
		if (type == open.type && !never_merged(type))
			continue;
		close_range(table, &open, addr);
		open = (struct open_range){ .start = addr, .type = type };
	}
	return 0;
}
