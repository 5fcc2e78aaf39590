// SPDX-License-Identifier: MIT
/*
 * mm/page_owner.c - the memory of who had a page
 *
 * The record of a chunk is its head frame's. Both stacks are kept until the
 * frame is taken or given back again, so that a double free can name who
 * freed it first.
 */
#include <kernel/ksyms.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/page_owner.h>
#include <arch/cpu.h>

void page_owner_init_zone(struct mm_state *mm, struct zone *zone)
{
	u64 size = zone->spanned_pages * sizeof(struct page_owner);

	zone->page_owner = mm_boot_alloc(mm, size, PAGE_SIZE, zone->nid);
	if (!zone->page_owner)
		pr_warn("page_owner: no %lu KiB for zone %s of node %u: not recorded\n",
			size / KiB, zone->name, zone->nid);
}

struct page_owner *page_owner_of(const struct page *page)
{
	const struct zone *zone = page_zone(page);

	if (!zone || !zone->page_owner)
		return NULL;
	return &zone->page_owner[page_to_pfn(page) - zone->zone_start_pfn];
}

static void take_stack(u64 stack[PAGE_OWNER_DEPTH])
{
	u32 nr = arch_stack_trace(stack, PAGE_OWNER_DEPTH,
				  (u64)__builtin_frame_address(0));

	memset(stack + nr, 0, (PAGE_OWNER_DEPTH - nr) * sizeof(stack[0]));
}

void page_owner_alloc(struct page *page, u32 order, gfp_t gfp)
{
	struct page_owner *owner = page_owner_of(page);

	if (!owner)
		return;
	owner->time_ns = arch_time_ns();
	owner->free_time_ns = 0;
	owner->gfp = gfp;
	owner->order = (u8)order;
	owner->charge = (u8)gfp_migratetype(gfp);
	take_stack(owner->alloc_stack);
}

void page_owner_free(struct page *page, u32 order __unused)
{
	struct page_owner *owner = page_owner_of(page);

	if (!owner)
		return;
	owner->free_time_ns = arch_time_ns();
	take_stack(owner->free_stack);
}

void page_owner_split(struct page *page, u32 order)
{
	struct page_owner *owner = page_owner_of(page);

	if (!owner)
		return;
	owner->order = 0;
	for (u32 i = 1; i < 1u << order; i++)
		owner[i] = *owner;
}

static void print_trace(const u64 *stack)
{
	char name[KSYM_TEXT_MAX];

	for (u32 i = 0; i < PAGE_OWNER_DEPTH && stack[i]; i++)
		pr_err("  %s\n", ksym_format(stack[i] - 1, 1, name));
}

void page_owner_print(const struct page *page)
{
	const struct page_owner *owner = page_owner_of(page);
	char text[160];

	if (!owner || !owner->time_ns) {
		pr_err("page_owner: nothing recorded (page_owner=on does)\n");
		return;
	}
	pr_err("page_owner: allocated with order %u, mask %#x(%s), ts %lu ns\n",
	       owner->order, owner->gfp,
	       gfp_text(owner->gfp, text, sizeof(text)), owner->time_ns);
	print_trace(owner->alloc_stack);
	if (!owner->free_time_ns)
		return;
	pr_err("page_owner: last freed, ts %lu ns\n", owner->free_time_ns);
	print_trace(owner->free_stack);
}
