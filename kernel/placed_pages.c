// SPDX-License-Identifier: MIT
/*
 * kernel/placed_pages.c - pages of a program in just the frames that one wants
 *
 * A part of the pages at a time is written, taken off the LRU and migrated, so
 * that no more than CHUNK of them are outside of the zone.
 */
#include <kernel/exec.h>
#include <kernel/placed_pages.h>
#include <mm/fault.h>
#include <mm/freelist.h>
#include <mm/lru.h>
#include <mm/migrate.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <uapi/mman.h>

#define CHUNK 512u

static u64 stamp(vaddr_t addr)
{
	return addr * 0x9e3779b97f4a7c15UL;
}

static vaddr_t address(const struct placed_pages *p, u64 i)
{
	return p->start + i * PAGE_SIZE;
}

struct page *placed_frame(struct zone *zone, u64 place, enum migratetype charge)
{
	pfn_t pfn = zone->zone_start_pfn + place;
	struct page *page = pfn_to_page(pfn);
	u64 flags = spin_lock_irqsave(&zone->lock);

	freelist_take_at(zone, pfn, 0, charge);
	spin_unlock_irqrestore(&zone->lock, flags);
	page->kind_order = kind_order(PAGE_KERNEL, 0);
	*page_refs(page) = REFS_ALLOCATED;
	return page;
}

static struct page *next_frame(struct page *src __unused, void *private)
{
	struct placed_pages *p = private;

	while (p->next < p->zone->spanned_pages && !p->wanted(p->ctx, p->next))
		p->next++;
	if (p->next == p->zone->spanned_pages)
		return NULL;
	return placed_frame(p->zone, p->next++, MIGRATE_MOVABLE);
}

struct page *placed_page(const struct placed_pages *p, u64 i)
{
	struct vm_area_struct *vma;
	struct page *page = NULL;

	down_read(&p->mm->mmap_lock);
	vma = vma_lookup(p->mm, address(p, i));
	if (vma)
		page = follow_page(vma, address(p, i));
	up_read(&p->mm->mmap_lock);
	if (page)
		put_page(page);
	return page;
}

static bool write_page(const struct placed_pages *p, u64 i)
{
	u64 word = stamp(address(p, i));

	return access_remote_mm(p->mm, address(p, i), &word, sizeof(word),
				true) == sizeof(word);
}

/* So many pages from the i'th on. */
static bool bring(struct placed_pages *p, u64 first, u64 nr)
{
	struct list_head pages = LIST_HEAD_INIT(pages);
	u32 moved = 0;

	for (u64 i = first; i < first + nr; i++)
		if (!write_page(p, i))
			return false;
	lru_add_drain_all();
	for (u64 i = first; i < first + nr; i++) {
		struct page *page = placed_page(p, i);

		if (page && isolate_lru_page(page))
			list_add_tail(&page->lru, &pages);
	}
	migrate_pages(&pages, next_frame, NULL, p, MIGRATE_SYNC, MR_SYSCALL,
		      &moved);
	putback_lru_pages(&pages);
	return moved == nr;
}

static u64 count_wanted(const struct placed_pages *p)
{
	u64 nr = 0;

	for (u64 place = 0; place < p->zone->spanned_pages; place++)
		nr += p->wanted(p->ctx, place);
	return nr;
}

bool placed_pages_fill(struct placed_pages *p)
{
	s64 start;

	p->nr_pages = count_wanted(p);
	p->next = 0;
	start = do_mmap(p->mm, NULL, 0, p->nr_pages * PAGE_SIZE,
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (start < 0) {
		p->nr_pages = 0;
		return false;
	}
	p->start = (vaddr_t)start;
	for (u64 i = 0; i < p->nr_pages; i += CHUNK)
		if (!bring(p, i, min(p->nr_pages - i, (u64)CHUNK)))
			return false;
	lru_add_drain_all();
	return true;
}

u64 placed_pages_wrong(const struct placed_pages *p)
{
	u64 wrong = 0;

	for (u64 i = 0; i < p->nr_pages; i++) {
		u64 word = 0;

		access_remote_mm(p->mm, address(p, i), &word, sizeof(word),
				 false);
		wrong += word != stamp(address(p, i));
	}
	return wrong;
}

void placed_pages_drop(struct placed_pages *p)
{
	if (p->nr_pages)
		do_munmap(p->mm, p->start, p->nr_pages * PAGE_SIZE);
	p->nr_pages = 0;
	lru_add_drain_all();
}
