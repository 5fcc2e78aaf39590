// SPDX-License-Identifier: MIT
/*
 * kernel/tenants.c - address spaces that hold stamped pages
 *
 *	page i  ->  address space i / each, at base + i % each
 *	word w of it: (i, how often page i was written) scrambled, plus w
 *
 * The thread that calls goes from one address space to the other (use_mm()) and
 * touches pages by user addresses, so it is the CPU and its TLB that read. A
 * kernel thread's faults are nobody's, so each page is faulted in by hand
 * first; if it is moved at that moment, the access fails and is done again.
 */
#include <kernel/errno.h>
#include <kernel/string.h>
#include <kernel/tenants.h>
#include <kernel/thread.h>
#include <mm/fault.h>
#include <mm/mm_state.h>
#include <mm/vmalloc.h>
#include <uapi/mman.h>
#include <arch/uaccess.h>

#define WORDS	     (PAGE_SIZE / sizeof(u64))
#define TRIES	     100
#define RW	     (PROT_READ | PROT_WRITE)
#define PRIVATE_ANON (MAP_PRIVATE | MAP_ANONYMOUS)

u64 tenants_most(void)
{
	struct zone *zone;
	u64 most = 0;

	for_each_populated_zone(mm_active, zone) {
		u64 kept = zone->watermark[WMARK_HIGH] +
			   zone->lowmem_reserve[ZONE_MOVABLE];
		u64 free = READ_ONCE(zone->nr_free_pages);

		most += free > kept ? free - kept : 0;
	}
	/* Of what is taken, page tables take a part in 512. */
	return most - most / 256;
}

/* --- one page --- */

static vaddr_t address(const struct tenants *t, u64 i)
{
	return t->base[i / t->each] + i % t->each * PAGE_SIZE;
}

static void go_to(struct tenants *t, u64 i)
{
	struct mm_struct *mm = t->mm[i / t->each];

	if (current->mm != mm)
		use_mm(mm);
}

static void expect_words(struct tenants *t, u64 i)
{
	u64 first = (i << 8 | t->version[i]) * 0x9e3779b97f4a7c15UL;

	for (u32 w = 0; w < WORDS; w++)
		t->words[w] = first + w;
}

/* Copies words to or from the page; false: it can't be had. */
static bool access_page(struct tenants *t, u64 i, u64 *words, u64 size,
			bool write)
{
	u32 flags = FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0);
	vaddr_t addr = address(t, i);
	struct fault_error error;

	go_to(t, i);
	for (u32 tries = 0; tries < TRIES; tries++) {
		u64 left;

		if (do_user_fault(current->mm, addr, flags, &error))
			return false;
		left = write ? copy_to_user(addr, words, size) :
			       copy_from_user(words, addr, size);
		if (!left)
			return true;
	}
	return false;
}

static bool write_page(struct tenants *t, u64 i)
{
	u8 before = t->version[i];

	t->version[i] = before == 255 ? 1 : before + 1;
	expect_words(t, i);
	if (!access_page(t, i, t->words, PAGE_SIZE, true)) {
		t->version[i] = before;
		return false;
	}
	t->held += !before;
	return true;
}

static void look_at_page(struct tenants *t, u64 i)
{
	const u8 *found = (u8 *)(t->words + WORDS), *expected = (u8 *)t->words;

	expect_words(t, i);
	if (!access_page(t, i, t->words + WORDS, PAGE_SIZE, false)) {
		t->wrong += PAGE_SIZE;
		return;
	}
	if (!memcmp(found, expected, PAGE_SIZE))
		return;
	for (u32 b = 0; b < PAGE_SIZE; b++)
		t->wrong += found[b] != expected[b];
}

static void give_back(struct tenants *t, u64 i)
{
	do_madvise(t->mm[i / t->each], address(t, i), PAGE_SIZE, MADV_DONTNEED);
	t->version[i] = 0;
	t->held--;
}

/* --- many --- */

int tenants_fill(struct tenants *t)
{
	int err = 0;

	for (u64 i = 0; i < t->nr && !err; i++)
		if (!t->version[i] && !write_page(t, i))
			err = -ENOMEM;
	use_mm(NULL);
	return err;
}

static bool is_kept(struct tenants *t, u64 i, u32 percent, bool at_random)
{
	if (at_random)
		return rng_below(&t->rng, 100) < percent;
	return (i + 1) * percent / 100 != i * percent / 100;
}

void tenants_keep(struct tenants *t, u32 percent, bool at_random)
{
	for (u64 i = 0; i < t->nr; i++)
		if (!is_kept(t, i, percent, at_random) && t->version[i])
			give_back(t, i);
}

/* Held, or not: from a random one on; nr: there is none. */
static u64 find_page(struct tenants *t, bool held)
{
	u64 start = rng_next(&t->rng) % t->nr;

	for (u64 n = 0; n < t->nr; n++) {
		u64 i = (start + n) % t->nr;

		if ((t->version[i] != 0) == held)
			return i;
	}
	return t->nr;
}

u64 tenants_drop(struct tenants *t, u64 nr)
{
	u64 done = 0;

	nr = min(nr, t->held);
	for (; done < nr; done++) {
		u64 i = find_page(t, true);

		look_at_page(t, i);
		give_back(t, i);
	}
	use_mm(NULL);
	return done;
}

u64 tenants_touch(struct tenants *t, u64 nr)
{
	u64 done = 0;

	nr = min(nr, t->nr - t->held);
	while (done < nr && write_page(t, find_page(t, false)))
		done++;
	use_mm(NULL);
	return done;
}

void tenants_look(struct tenants *t)
{
	for (u64 i = 0; i < t->nr; i++)
		if (t->version[i])
			look_at_page(t, i);
	use_mm(NULL);
}

/* --- life --- */

static int open_space(struct tenants *t, u32 s)
{
	s64 base;

	t->mm[s] = mm_alloc();
	if (!t->mm[s])
		return -ENOMEM;
	t->nr_spaces++;
	base = do_mmap(t->mm[s], NULL, 0, t->each * PAGE_SIZE, RW, PRIVATE_ANON,
		       0);
	if (base < 0)
		return (int)base;
	t->base[s] = (vaddr_t)base;
	return do_madvise(t->mm[s], t->base[s], t->each * PAGE_SIZE,
			  MADV_NOHUGEPAGE);
}

int tenants_open(struct tenants *t, u32 nr_spaces, u64 pages, u64 seed)
{
	int err = 0;

	memset(t, 0, sizeof(*t));
	nr_spaces = clamp(nr_spaces, 1u, (u32)TENANTS_MAX);
	t->each = max(pages / nr_spaces, 1UL);
	t->nr = t->each * nr_spaces;
	t->rng.state = (seed + 1) * 0x9e3779b97f4a7c15UL;
	t->version = vzalloc(t->nr);
	t->words = vmalloc(2 * PAGE_SIZE);
	if (!t->version || !t->words)
		err = -ENOMEM;
	for (u32 s = 0; s < nr_spaces && !err; s++)
		err = open_space(t, s);
	if (err)
		tenants_close(t);
	return err;
}

void tenants_close(struct tenants *t)
{
	for (u32 s = 0; s < t->nr_spaces; s++)
		mmput(t->mm[s]);
	vfree(t->version);
	vfree(t->words);
	memset(t, 0, sizeof(*t));
}
