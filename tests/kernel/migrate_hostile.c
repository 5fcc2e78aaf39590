// SPDX-License-Identifier: MIT
/*
 * tests/kernel/migrate_hostile.c - what happens to pages while they are moved
 *
 *	forkers		copy a space; what the copy holds must stay as it was
 *			until it exits, whatever the parent writes meanwhile
 *	holders		pin pages, which then stay where they are, and hold what
 *			the address says; or refer to them, so that moves are undone
 *	unmappers	map, fill, protect, lock, unmap
 *	remappers	move an area to and fro, and find its words at both places
 */
#include <kernel/errno.h>
#include <kernel/random.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

#include "migrate_torture.h"

#define NR_COPIES 3 /* of the forker, alive at the same time */
#define AREA	  4 /* pages of unmapper and remapper */
#define AREA_SIZE (AREA * PAGE_SIZE)

static bool map_area(struct mm_struct *mm, vaddr_t addr)
{
	return do_mmap(mm, NULL, addr, AREA_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0) == (s64)addr;
}

static bool write_word(vaddr_t addr, u64 value)
{
	return torture_access(addr, &value, true);
}

/* --- forker --- */

struct copy {
	struct mm_struct *mm;
	u64 word[NR_REGIONS][REGION_PAGES]; /* what it held at first */
};

static struct copy copies[NR_COPIES];

static void read_word(struct copy *copy, enum region region, u32 page,
		      bool first)
{
	vaddr_t addr = torture_address(region, page);
	u64 word = 0, *before = &copy->word[region][page];

	torture_check(torture_access(addr, &word, false) &&
		      is_stamp_of(word, addr));
	if (first)
		*before = word;
	else if (region != OF_FILE) /* whose words go on changing */
		torture_check(word == *before);
}

static void read_copy(struct copy *copy, bool first)
{
	use_mm(copy->mm);
	for (u32 region = 0; region < NR_REGIONS; region++)
		for (u32 page = 0; page < REGION_PAGES; page++)
			read_word(copy, (enum region)region, page, first);
	use_mm(NULL);
}

static void drop_copy(struct copy *copy)
{
	if (!copy->mm)
		return;
	read_copy(copy, false);
	mmput(copy->mm);
	copy->mm = NULL;
}

int torture_forker(void *arg __unused)
{
	for (u32 i = 0; !torture_over(); i++) {
		struct copy *copy = &copies[i % NR_COPIES];

		drop_copy(copy);
		copy->mm = dup_mm(migrate_torture.space[i % NR_SPACES]);
		if (copy->mm)
			read_copy(copy, true);
		torture_count(&migrate_torture.forks);
		yield();
	}
	for (u32 i = 0; i < NR_COPIES; i++)
		drop_copy(&copies[i]);
	return 0;
}

/* --- holder --- */

/*
 * It stays where it is, and holds what belongs there. Somebody may try to move a
 * file's page that was pinned a moment ago, and undo that: its entry always names
 * the frame.
 */
static void look_at_pinned(struct mm_struct *mm, vaddr_t addr,
			   const struct page *page)
{
	torture_check(is_stamp_of(READ_ONCE(*(u64 *)page_address(page)), addr));
	torture_check(pte_pfn(entry_at(mm, addr)) == page_to_pfn(page));
}

static void hold_page(struct mm_struct *mm, vaddr_t addr, bool pin)
{
	struct page *page;
	bool held;
	s64 nr;

	down_read(&mm->mmap_lock);
	nr = get_user_pages(mm, addr, 1, FOLL_WRITE | (pin ? FOLL_PIN : 0),
			    &page);
	if (nr != -EAGAIN)
		up_read(&mm->mmap_lock);
	held = nr == 1;
	if (!held)
		return;
	yield();
	if (pin) {
		look_at_pinned(mm, addr, page);
		unpin_page(page);
	} else {
		put_page(page);
	}
	torture_count(&migrate_torture.holds);
}

int torture_holder(void *arg __unused)
{
	struct rng rng = { .state = 4711 };

	WRITE_ONCE(migrate_torture.holder, current);
	while (!torture_over()) {
		/* Not what all share: a pin would end that. */
		enum region region = (enum region)rng_below(&rng, INHERITED);

		hold_page(migrate_torture.space[rng_below(&rng, NR_SPACES)],
			  torture_address(region,
					  (u32)rng_below(&rng, REGION_PAGES)),
			  rng_below(&rng, 2));
		yield();
	}
	return 0;
}

/* --- unmapper --- */

static void map_and_unmap(struct mm_struct *mm, u32 turn)
{
	if (!map_area(mm, UNMAPPERS))
		return;
	use_mm(mm);
	for (u32 i = 0; i < AREA; i++)
		torture_check(write_word(UNMAPPERS + i * PAGE_SIZE, i));
	yield();
	do_mprotect(mm, UNMAPPERS, AREA_SIZE / 2, PROT_READ);
	if (turn % 2)
		do_mlock(mm, UNMAPPERS + AREA_SIZE / 2, PAGE_SIZE, false);
	yield();
	do_munmap(mm, UNMAPPERS, AREA_SIZE);
	torture_check(!write_word(UNMAPPERS, 1));
	use_mm(NULL);
	torture_count(&migrate_torture.unmaps);
}

int torture_unmapper(void *arg __unused)
{
	for (u32 i = 0; !torture_over(); i++) {
		map_and_unmap(migrate_torture.space[i % NR_SPACES], i);
		yield();
	}
	return 0;
}

/* --- remapper --- */

static void move_area(struct mm_struct *mm, vaddr_t from, vaddr_t to)
{
	u64 word;

	torture_check(do_mremap(mm, from, AREA_SIZE, AREA_SIZE,
				MREMAP_MAYMOVE | MREMAP_FIXED, to) == (s64)to);
	for (u32 i = 0; i < AREA; i++) {
		torture_check(torture_access(to + i * PAGE_SIZE, &word, false) &&
			      word == i);
		torture_check(
			!torture_access(from + i * PAGE_SIZE, &word, false));
	}
	torture_count(&migrate_torture.remaps);
}

int torture_remapper(void *arg __unused)
{
	struct mm_struct *mm = migrate_torture.space[0];
	vaddr_t at = REMAPPERS;

	if (!map_area(mm, at))
		return -ENOMEM;
	use_mm(mm);
	for (u64 i = 0; i < AREA; i++)
		torture_check(write_word(at + i * PAGE_SIZE, i));
	while (!torture_over()) {
		vaddr_t to = at == REMAPPERS ? at + REGION_SPAN : REMAPPERS;

		move_area(mm, at, to);
		at = to;
		yield();
	}
	use_mm(NULL);
	return 0;
}
