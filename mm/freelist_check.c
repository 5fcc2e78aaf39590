// SPDX-License-Identifier: MIT
/*
 * mm/freelist_check.c - is each block where it belongs, and are the sums right?
 *
 * From a block's own counts follows on which lists it must be
 * (freelist_internal.h). It is looked for on these; then the lists are counted,
 * so that none holds more. Pairs, masks and the zone's sums are computed anew.
 */
#include <kernel/printk.h>

#include "freelist_internal.h"

struct audit {
	u64 nr_free[MIGRATE_TYPES];
	u64 on_chunk, on_fill, on_mixed; /* blocks that should be linked */
	u64 nr_reserved;
	int findings;
};

static void finding(struct audit *a, const struct zone *zone, u64 number,
		    const char *what, u64 is, u64 should)
{
	a->findings++;
	pr_err("freelist: zone %s block %lu: %s is %lu, should be %lu\n",
	       zone->name, number, what, is, should);
}

static bool on_list(const struct list_head *entry, const struct list_head *head)
{
	for (const struct list_head *e = head->next; e != head; e = e->next)
		if (e == entry)
			return true;
	return false;
}

static void audit_links(struct audit *a, struct zone *zone, struct pageblock *b,
			u64 number)
{
	struct freelists *fl = zone->fl;
	struct place p = place_of(fl, b);

	if (p.order != NOWHERE) {
		a->on_chunk++;
		if (!on_list(&b->chunk_link,
			     &fl->free_area[p.order].list[p.type]))
			finding(a, zone, number, "place by order", 0, p.order);
	} else if (!list_empty(&b->chunk_link)) {
		finding(a, zone, number, "linked by order", 1, 0);
	}
	if (p.fill != NOWHERE) {
		a->on_fill++;
		if (!on_list(&b->fill_link, &fl->fill[p.type][p.fill]))
			finding(a, zone, number, "place by fill", 0, p.fill);
	}
	if (p.mixed != NOWHERE) {
		a->on_mixed++;
		if (!on_list(&b->mixed_link, &fl->mixed[p.type][p.mixed]))
			finding(a, zone, number, "place by mixture", 0, p.mixed);
	}
}

/* A wholly free buddy that could join must have joined, and both say so. */
static void audit_pair(struct audit *a, struct zone *zone, struct pageblock *b,
		       u64 number)
{
	struct pageblock *other = buddy_block(zone->fl, b);
	bool could = other &&
		     freelist_has_block(zone, pageblock_pfn(zone, other)) &&
		     b->nr[FRAME_FREE] == pageblock_nr_pages &&
		     other->nr[FRAME_FREE] == pageblock_nr_pages &&
		     pageblock_type(b) == pageblock_type(other);

	if (could != (b->largest == MAX_ORDER))
		finding(a, zone, number, "paired", b->largest == MAX_ORDER,
			could);
}

static u64 list_length(const struct list_head *head)
{
	u64 n = 0;

	for (const struct list_head *e = head->next; e != head; e = e->next)
		n++;
	return n;
}

/* Lists hold nothing more than the blocks that belong there; masks agree. */
static void audit_heads(struct audit *a, struct zone *zone)
{
	struct freelists *fl = zone->fl;
	u64 chunk = 0, fill = 0, mixed = 0;

	for (u32 t = 0; t < MIGRATE_TYPES; t++) {
		for (u32 o = 0; o < NR_PAGE_ORDERS; o++) {
			u64 n = list_length(&fl->free_area[o].list[t]);

			chunk += n;
			if ((fl->order_mask[t] >> o & 1) != (n != 0))
				finding(a, zone, o, "order mask", n == 0, n);
		}
		for (u32 c = 0; c < NR_FILL_CLASSES; c++) {
			u64 n = list_length(&fl->fill[t][c]);

			fill += n;
			if ((fl->fill_mask[t] >> c & 1) != (n != 0))
				finding(a, zone, c, "fill mask", n == 0, n);
		}
		for (u32 c = 0; c < NR_MIXED_CLASSES; c++) {
			u64 n = list_length(&fl->mixed[t][c]);

			mixed += n;
			if ((fl->mixed_mask[t] >> c & 1) != (n != 0))
				finding(a, zone, c, "mixed mask", n == 0, n);
		}
	}
	if (chunk != a->on_chunk)
		finding(a, zone, 0, "blocks listed by order", chunk,
			a->on_chunk);
	if (fill != a->on_fill)
		finding(a, zone, 0, "blocks listed by fill", fill, a->on_fill);
	if (mixed != a->on_mixed)
		finding(a, zone, 0, "blocks listed by mixture", mixed,
			a->on_mixed);
}

int freelist_check(struct zone *zone)
{
	struct freelists *fl = zone->fl;
	struct audit a = { 0 };
	u64 usable = 0;

	for (u64 n = 0; n < fl->nr_blocks; n++) {
		struct pageblock *b = &fl->blocks[n];

		if (!freelist_has_block(zone, pageblock_pfn(zone, b)))
			continue;
		a.findings += pageblock_check(b, n + fl->first_block);
		audit_links(&a, zone, b, n + fl->first_block);
		audit_pair(&a, zone, b, n + fl->first_block);
		a.nr_free[pageblock_type(b)] += b->nr[FRAME_FREE];
		a.nr_reserved += reserved_by(b->bits);
	}
	audit_heads(&a, zone);
	for (u32 t = 0; t < MIGRATE_TYPES; t++) {
		usable += a.nr_free[t];
		if (a.nr_free[t] != fl->nr_free[t])
			finding(&a, zone, t, "free frames of this type",
				fl->nr_free[t], a.nr_free[t]);
	}
	if (usable != zone->nr_free_pages)
		finding(&a, zone, 0, "nr_free_pages", zone->nr_free_pages,
			usable);
	if (a.nr_reserved != zone->nr_reserved_highatomic)
		finding(&a, zone, 0, "nr_reserved_highatomic",
			zone->nr_reserved_highatomic, a.nr_reserved);
	return a.findings;
}
