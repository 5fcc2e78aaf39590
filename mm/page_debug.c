// SPDX-License-Identifier: MIT
/*
 * mm/page_debug.c - owner records, poison, zeroing on free
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/misuse.h>
#include <mm/page_debug.h>
#include <mm/page_owner.h>

u32 page_debug_on;

DEFINE_POINT(mm_page_alloc, "pfn, order, gfp_flags, migratetype");
DEFINE_POINT(mm_page_free, "pfn, order");

static void set_hook(struct point *point, bool on)
{
	if (on)
		__atomic_or_fetch(&point->on, POINT_HOOK, __ATOMIC_RELAXED);
	else
		__atomic_and_fetch(&point->on, ~POINT_HOOK, __ATOMIC_RELAXED);
}

void page_debug_set(u32 what)
{
	page_debug_on = what;
	set_hook(&point_mm_page_alloc, what != 0);
	set_hook(&point_mm_page_free, what != 0);
}

void clear_page(struct page *page)
{
	memset(page_address(page), 0, PAGE_SIZE);
}

/* Offset of the first byte that isn't poison, or PAGE_SIZE. */
static u64 first_unpoisoned(const struct page *page)
{
	const u64 *words = page_address(page);
	const u64 expected = 0x0101010101010101UL * PAGE_POISON;
	u64 i = 0;

	while (i < PAGE_SIZE / sizeof(u64) && words[i] == expected)
		i++;
	if (i == PAGE_SIZE / sizeof(u64))
		return PAGE_SIZE;
	return i * sizeof(u64) + (u64)__builtin_ctzl(words[i] ^ expected) / 8;
}

/*
 * Memory that was never freed since boot isn't poisoned: the mark says which
 * frames are.
 */
static bool poison_is_intact(const struct page *page)
{
	u64 at;

	if (page->private_data != PAGE_POISON)
		return true;
	at = first_unpoisoned(page);
	if (at == PAGE_SIZE)
		return true;
	pr_err("page_poison: pfn 0x%lx was written to while free: byte %lu is 0x%02x\n",
	       page_to_pfn(page), at, ((u8 *)page_address(page))[at]);
	return false;
}

bool page_debug_check(struct page *page, u32 order)
{
	for (u32 i = 0; i < 1u << order; i++)
		if (!poison_is_intact(page + i)) {
			bad_page_on_list(page, order, page + i);
			return false;
		}
	return true;
}

void page_debug_alloc(struct page *page, u32 order, gfp_t gfp)
{
	for (u32 i = 0; i < 1u << order; i++)
		page[i].private_data = 0;
	if (page_debug_on & DEBUG_PAGE_OWNER)
		page_owner_alloc(page, order, gfp);
}

void page_debug_free(struct page *page, u32 order)
{
	if (page_debug_on & DEBUG_PAGE_OWNER)
		page_owner_free(page, order);
	for (u32 i = 0; i < 1u << order; i++) {
		if (page_debug_on & DEBUG_PAGE_POISON) {
			memset(page_address(page + i), PAGE_POISON, PAGE_SIZE);
			page[i].private_data = PAGE_POISON;
		} else if (page_debug_on & DEBUG_INIT_ON_FREE) {
			clear_page(page + i);
		}
	}
}

void page_debug_split(struct page *page, u32 order)
{
	if (page_debug_on & DEBUG_PAGE_OWNER)
		page_owner_split(page, order);
}
