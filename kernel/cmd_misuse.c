// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_misuse.c - misuse the page allocator on purpose
 *
 * Two users of one page: the first takes it (and may free it), the second
 * frees it wrongly. The report names both, which needs owner records; so the
 * page comes from a private zone that has some, whatever the command line
 * said.
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/page_debug.h>
#include <mm/page_owner.h>
#include <mm/zone_private.h>

#define NR_BLOCKS     2
#define RECORDS_ORDER 6 /* 256 KiB */

_Static_assert(NR_BLOCKS * pageblock_nr_pages * sizeof(struct page_owner) <=
		       PAGE_SIZE << RECORDS_ORDER,
	       "a record for each frame");

static __noinline struct page *first_user_takes(struct zone *zone, u32 order)
{
	return alloc_pages_zone(zone, GFP_KERNEL, order, 0);
}

/* Not by free_pages(): the compiler would make one of two equal functions. */
static __noinline void first_user_frees(struct page *page)
{
	put_page(page);
}

static __noinline void second_user_frees(struct page *page, u32 order)
{
	free_pages(page, order);
}

static const struct misuse {
	const char *name;
	u32 order;	 /* of what the first user takes */
	bool freed;	 /* by the first user, too */
	u32 frame;	 /* of the chunk, that the second user frees */
	u32 wrong_order; /* the second user's */
	const char *help;
} misuses[] = {
	{ "double", 0, true, 0, 0, "free a page twice" },
	{ "tail", 2, false, 3, 0, "free a page inside a chunk" },
	{ "order", 2, false, 0, 1, "free a chunk with another order" },
	{ "wild", 0, false, 1u << 28, 0, "free a pfn beyond all memory" },
};

static struct zone *zone_with_records(void)
{
	struct page *records = alloc_pages(GFP_KERNEL | __GFP_ZERO,
					   RECORDS_ORDER);
	struct zone *zone = records ? private_zone_create(NR_BLOCKS, 0, 0) :
				      NULL;

	if (!zone)
		return NULL;
	zone->page_owner = page_address(records);
	page_debug_set(page_debug_on | DEBUG_PAGE_OWNER);
	return zone;
}

static int run(const struct misuse *misuse)
{
	struct zone *zone = zone_with_records();
	struct page *page = zone ? first_user_takes(zone, misuse->order) : NULL;

	if (!page) {
		console_printf("misuse: no memory\n");
		return 1;
	}
	console_printf("misuse: pfn 0x%lx\n",
		       page_to_pfn(page) + misuse->frame);
	if (misuse->freed)
		first_user_frees(page);
	second_user_frees(page + misuse->frame, misuse->wrong_order);
	return 0;
}

static int cmd_misuse(int argc, char **argv)
{
	for (u32 i = 0; argc == 2 && i < ARRAY_SIZE(misuses); i++)
		if (!strcmp(argv[1], misuses[i].name))
			return run(&misuses[i]);
	for (u32 i = 0; i < ARRAY_SIZE(misuses); i++)
		console_printf("%-8s %s\n", misuses[i].name, misuses[i].help);
	return 1;
}

static void complete_misuse(int arg, const char *prefix __unused,
			    void (*offer)(void *ctx, const char *word),
			    void *ctx)
{
	for (u32 i = 0; arg == 1 && i < ARRAY_SIZE(misuses); i++)
		offer(ctx, misuses[i].name);
}

SHELL_COMMAND(misuse, cmd_misuse, "KIND",
	      "free a page wrongly, and read who is blamed\n"
	      "Without KIND: lists them.",
	      complete_misuse);
