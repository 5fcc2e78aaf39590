// SPDX-License-Identifier: MIT
/*
 * tests/exhaustive/exhaust.c - what both walks share, and stand-ins for what
 * the four files of mm/ call
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/printk.h>
#include <mm/mm_state.h>

#include "exhaust.h"

#define MAX_FRAMES 32 /* of the page array, the zone's and some before */
#define MAX_BLOCKS 4

struct zone zone;
struct freelists lists;
const char *doing = "load";
u32 doing_place, doing_order;

u64 host_vmemmap_base, host_direct_map_base;

static struct page pages[MAX_FRAMES];
static struct pageblock *zone_blocks;

/* --- the zone --- */

void zone_begin(pfn_t first, u32 nr, struct pageblock *blocks)
{
	host_vmemmap_base = (u64)pages;
	memset(pages, 0, sizeof(pages));
	memset(&zone, 0, sizeof(zone));
	zone.name = "Tiny";
	zone.zone_start_pfn = first;
	zone.spanned_pages = zone.present_pages = zone.managed_pages = nr;
	zone.fl = &lists;
	zone_blocks = blocks;
	freelist_init(&zone, blocks);
}

static struct {
	struct zone zone;
	struct freelists lists;
	struct page pages[MAX_FRAMES];
	struct pageblock blocks[MAX_BLOCKS];
} saved;

void zone_save(void)
{
	saved.zone = zone;
	saved.lists = lists;
	memcpy(saved.pages, pages, sizeof(pages));
	memcpy(saved.blocks, zone_blocks,
	       lists.nr_blocks * sizeof(*zone_blocks));
}

void zone_restore(void)
{
	zone = saved.zone;
	lists = saved.lists;
	memcpy(pages, saved.pages, sizeof(pages));
	memcpy(zone_blocks, saved.blocks,
	       lists.nr_blocks * sizeof(*zone_blocks));
}

/* --- states --- */

static u64 *table; /* open addressing; a key is stored plus one, 0: empty */
static u64 table_size, nr_keys;
static u64 *queue;
static u64 queue_size, queue_head, queue_tail;

static void *or_die(void *p)
{
	if (p)
		return p;
	fprintf(stderr, "out of memory\n");
	exit(2);
}

static u64 *slot_of(u64 key)
{
	u64 i = (key * 0x9e3779b97f4a7c15) >> 20;

	while (table[i & (table_size - 1)] &&
	       table[i & (table_size - 1)] != key + 1)
		i++;
	return &table[i & (table_size - 1)];
}

static void grow_table(void)
{
	u64 *old = table, old_size = table_size;

	table_size = table_size ? table_size * 2 : 1 << 16;
	table = or_die(calloc(table_size, sizeof(*table)));
	for (u64 i = 0; i < old_size; i++)
		if (old[i])
			*slot_of(old[i] - 1) = old[i];
	free(old);
}

bool state_add(u64 key, u64 state)
{
	u64 *slot;

	if (nr_keys * 2 >= table_size)
		grow_table();
	slot = slot_of(key);
	if (*slot)
		return false;
	*slot = key + 1;
	nr_keys++;
	if (queue_tail == queue_size) {
		queue_size = queue_size ? queue_size * 2 : 1 << 16;
		queue = or_die(realloc(queue, queue_size * sizeof(*queue)));
	}
	queue[queue_tail++] = state;
	return true;
}

bool state_next(u64 *state)
{
	if (queue_head == queue_tail)
		return false;
	*state = queue[queue_head++];
	return true;
}

u64 states_seen(void)
{
	return nr_keys;
}

void states_clear(void)
{
	memset(table, 0, table_size * sizeof(*table));
	nr_keys = queue_head = queue_tail = 0;
}

/* --- findings --- */

static void stop(void) __noreturn;
static void stop(void)
{
	printf("# while: %s, place %u, order %u\n", doing, doing_place,
	       doing_order);
	show_state();
	printf("not ok 1\n");
	fflush(stdout);
	_Exit(1);
}

void disagree(const char *what, u64 is, u64 should)
{
	printf("# %s is %ld, should be %ld\n", what, (s64)is, (s64)should);
	stop();
}

void count_chunks(u32 map, u32 nr_frames, u64 nr[NR_PAGE_ORDERS])
{
	memset(nr, 0, NR_PAGE_ORDERS * sizeof(nr[0]));
	for (u32 order = MAX_ORDER + 1; order-- > 0;)
		for (u32 at = 0; at < nr_frames; at += 1u << order) {
			u32 mask = run_mask(at, order);

			if ((map & mask) != mask)
				continue;
			nr[order]++;
			map &= ~mask;
		}
}

/* --- what mm/ calls --- */

struct mm_state *mm_active;

bool pfn_valid(const struct mm_state *mm __unused, pfn_t pfn __unused)
{
	return true;
}

void printk(enum log_level level __unused, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	va_end(ap);
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# panic: ");
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	stop();
}

bool point_hit(struct point *point __unused, u32 nr __unused, ...)
{
	return false;
}
