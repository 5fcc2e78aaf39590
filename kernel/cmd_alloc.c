// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_alloc.c - alloc and release: take memory by hand, give it back
 *
 * What alloc takes hangs on a list through the records' lru links, each chunk
 * with a number in private_data. Nothing else knows of these chunks, so they
 * show what an allocation does to a map, and stay until released.
 */
#include <kernel/list.h>
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/units.h>
#include <mm/mm_state.h>

#include "shell_args.h"

#define LISTED_MAX  32 /* pfns printed by one alloc */
#define OFFERED_MAX 64

static struct list_head held = LIST_HEAD_INIT(held);
static u64 last_number;

struct request {
	u64 order, nid, count;
	enum migratetype type;
	bool any_node;
};

static gfp_t request_gfp(const struct request *r)
{
	static const gfp_t masks[MIGRATE_PCPTYPES] = {
		[MIGRATE_UNMOVABLE] = GFP_KERNEL,
		[MIGRATE_MOVABLE] = GFP_HIGHUSER_MOVABLE,
		[MIGRATE_RECLAIMABLE] = GFP_KERNEL | __GFP_RECLAIMABLE,
	};

	return masks[r->type] | (r->any_node ? 0 : __GFP_THISNODE);
}

static struct page *take_one(const struct request *r)
{
	int nid = r->any_node ? NUMA_NO_NODE : (int)r->nid;
	struct page *page =
		r->any_node ? alloc_pages(request_gfp(r), (u32)r->order) :
			      alloc_pages_node(nid, request_gfp(r),
					       (u32)r->order);

	if (!page)
		return NULL;
	page->private_data = ++last_number;
	list_add_tail(&page->lru, &held);
	return page;
}

static void show_taken(u64 n, const struct page *page)
{
	if (n < LISTED_MAX)
		console_printf("%s0x%lx", n % 8 ? " " : "\n  pfn ",
			       page_to_pfn(page));
	else if (n == LISTED_MAX)
		console_printf(" ...");
}

static int take(const struct request *r)
{
	u64 first = last_number + 1, n = 0;
	char size[SIZE_TEXT_MAX];

	console_printf("alloc: order %lu (%s), charged %s:", r->order,
		       format_size(PAGE_SIZE << r->order, size),
		       migratetype_names[r->type]);
	while (n < r->count) {
		struct page *page = take_one(r);

		if (!page)
			break;
		show_taken(n++, page);
	}
	if (n)
		console_printf("\n%lu chunk%s taken, number %lu to %lu for "
			       "`release`\n", n, n == 1 ? "" : "s", first,
			       last_number);
	if (n == r->count)
		return 0;
	console_printf("%salloc: no memory for %lu more\n", n ? "" : "\n",
		       r->count - n);
	return 1;
}

/* ORDER [TYPE] [NODE|any] [COUNT] */
static bool parse(struct request *r, int argc, char **argv)
{
	int at = 2;

	if (argc < 2 || !shell_arg_number("alloc", argv[1], "order", &r->order))
		return false;
	if (r->order > MAX_ORDER) {
		console_printf("alloc: order %lu: orders are 0 to %u, 2^order "
			       "pages of 4 KiB\n", r->order, MAX_ORDER);
		return false;
	}
	if (at < argc && !shell_is_number(argv[at]) &&
	    strcmp(argv[at], "any") &&
	    !shell_arg_type("alloc", argv[at++], &r->type))
		return false;
	if (at < argc && strcmp(argv[at], "any")) {
		if (!shell_arg_number("alloc", argv[at], "node", &r->nid))
			return false;
		r->any_node = false;
	}
	at++;
	return at >= argc ||
	       shell_arg_number("alloc", argv[at], "count", &r->count);
}

static int cmd_alloc(int argc, char **argv)
{
	struct request r = { .count = 1, .any_node = true };

	if (argc < 2 || argc > 5) {
		console_printf("usage: alloc ORDER [TYPE] [NODE|any] [COUNT]\n");
		return 1;
	}
	if (!parse(&r, argc, argv))
		return 1;
	if (!r.any_node && (r.nid >= MAX_NUMNODES ||
			    !kernel_mm()->nodes[r.nid].node_present_pages)) {
		console_printf("alloc: node %lu has no memory (`lsmem` lists "
			       "the nodes)\n", r.nid);
		return 1;
	}
	return take(&r);
}

static void complete_alloc(int arg, const char *prefix __unused,
			   void (*offer)(void *ctx, const char *word),
			   void *ctx)
{
	const struct mm_state *mm = kernel_mm();
	char word[12];

	if (arg == 2)
		shell_offer_types(offer, ctx);
	if (arg == 2 || arg == 3)
		offer(ctx, "any");
	for (u32 n = 0; arg == 3 && n < MAX_NUMNODES; n++)
		if (mm->nodes[n].node_present_pages) {
			snprintf(word, sizeof(word), "%u", n);
			offer(ctx, word);
		}
}

SHELL_COMMAND(alloc, cmd_alloc, "ORDER [TYPE] [NODE] [COUNT]",
	      "take memory by hand\n"
	      "COUNT chunks of 2^ORDER pages from NODE (`any`: as the zonelist "
	      "says), charged\nto TYPE: U Unmovable (if not given), M Movable, "
	      "E Reclaimable. `release` gives back.",
	      complete_alloc);

/* --- release --- */

static void show_held(void)
{
	const struct page *page;
	u64 chunks = 0, frames = 0;

	list_for_each_entry(page, &held, lru) {
		if (chunks++ < LISTED_MAX)
			console_printf("  %4lu  pfn 0x%-8lx order %-2u  %-11s  "
				       "zone %s of node %u\n",
				       page->private_data, page_to_pfn(page),
				       page_order(page),
				       migratetype_names[page_charge(page)],
				       page_zone(page)->name,
				       page_zone(page)->nid);
		frames += 1UL << page_order(page);
	}
	if (chunks > LISTED_MAX)
		console_printf("  ... and %lu more\n", chunks - LISTED_MAX);
	console_printf("release: %lu chunk%s held, %lu KiB in all\n", chunks,
		       chunks == 1 ? "" : "s", frames * PAGE_SIZE / KiB);
}

static u64 give_back(struct page *page)
{
	u32 order = page_order(page);

	list_del(&page->lru);
	page->private_data = 0;
	free_pages(page, order);
	return 1UL << order;
}

static void release_all(void)
{
	struct page *page, *next;
	u64 chunks = 0, frames = 0;

	list_for_each_entry_safe(page, next, &held, lru) {
		frames += give_back(page);
		chunks++;
	}
	console_printf("release: %lu chunk%s, %lu KiB given back\n", chunks,
		       chunks == 1 ? "" : "s", frames * PAGE_SIZE / KiB);
}

static int release_one(u64 number)
{
	struct page *page;

	list_for_each_entry(page, &held, lru) {
		u64 frames;

		if (page->private_data != number)
			continue;
		frames = give_back(page);
		console_printf("release: pfn 0x%lx, %lu KiB given back\n",
			       page_to_pfn(page), frames * PAGE_SIZE / KiB);
		return 0;
	}
	console_printf("release: no chunk %lu is held (`release` lists them)\n",
		       number);
	return 1;
}

static int cmd_release(int argc, char **argv)
{
	u64 number;

	if (argc < 2) {
		show_held();
		return 0;
	}
	if (!strcmp(argv[1], "all")) {
		release_all();
		return 0;
	}
	if (!shell_arg_number("release", argv[1], "chunk's number", &number))
		return 1;
	return release_one(number);
}

static void complete_release(int arg, const char *prefix __unused,
			     void (*offer)(void *ctx, const char *word),
			     void *ctx)
{
	const struct page *page;
	char word[24];
	u32 nr = 0;

	if (arg != 1)
		return;
	offer(ctx, "all");
	list_for_each_entry(page, &held, lru) {
		if (nr++ == OFFERED_MAX)
			return;
		snprintf(word, sizeof(word), "%lu", page->private_data);
		offer(ctx, word);
	}
}

SHELL_COMMAND(release, cmd_release, "[N|all]",
	      "give back what alloc took\n"
	      "N is the number that alloc printed. Without it: lists what is "
	      "held.",
	      complete_release);
