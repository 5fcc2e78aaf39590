// SPDX-License-Identifier: MIT
/*
 * tests/kernel/mm_torture_arena.c - what one thread does to its pages
 *
 * Each operation changes the address space and the cells in the same way; each
 * access compares. Accesses go through the CPU (include/arch/uaccess.h), so it
 * is its TLB that answers, and a flush that is missing shows: a page that is
 * still there after munmap(), writable after mprotect(), or another one than
 * the thread wrote to on the CPU it came from.
 *
 * Pages of a file whose end is cut off meanwhile may turn back into what the
 * file says, or fault; of those only the words' origin is checked.
 */
#include <kernel/errno.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <arch/uaccess.h>
#include <mm/fault.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page.h>
#include <mm/page_ref.h>
#include <mm/rmap.h>
#include <uapi/mman.h>

#include "mm_torture.h"

#define UNKNOWN	    ~0UL
#define OPS_A_SPACE 24
#define RW	    (PROT_READ | PROT_WRITE)

void wrong(const char *what, u64 found, u64 expected)
{
	if (__atomic_add_fetch(&torture.nr_wrong, 1, __ATOMIC_RELAXED) != 1)
		return;
	torture.what = what;
	torture.found = found;
	torture.expected = expected;
}

vaddr_t arena_of(u32 worker)
{
	return TORTURE_BASE + worker * ARENA_SIZE;
}

static vaddr_t cell_addr(const struct worker *w, u32 n)
{
	return arena_of(w->id) + n * PAGE_SIZE;
}

/* --- words --- */

/* From whom the cell's words may be, when their value isn't known. */
static bool may_be_there(u64 word, u32 owner, enum cell_kind kind)
{
	u64 from = word >> 56;

	return (from == owner + 1 || from == OWNER_FILE) &&
	       (word >> 48 & 0xff) == kind;
}

static u64 expected_value(const struct worker *w, const struct cell *c)
{
	return c->kind == CELL_SHARED ? w->shared[c->file_page] : c->value;
}

static void compare(const struct worker *w, const struct cell *c)
{
	u64 value = expected_value(w, c);

	for (u32 i = 0; i < WORDS_A_PAGE; i++) {
		if (w->page[i] == value)
			continue;
		if (!is_volatile(c) ||
		    !may_be_there(w->page[i], w->id, CELL_PRIVATE)) {
			wrong("a page's word", w->page[i], value);
			return;
		}
	}
}

static void read_cell(struct worker *w, struct space *s, u32 n)
{
	const struct cell *c = &s->cells[n];
	bool allowed = c->kind != CELL_NONE && c->prot & PROT_READ;
	u64 left = copy_from_user(w->page, cell_addr(w, n), PAGE_SIZE);

	if (!left && !allowed)
		wrong("readable, but should not be", cell_addr(w, n), c->kind);
	else if (left && allowed && !is_volatile(c))
		wrong("not readable, but should be", cell_addr(w, n), c->kind);
	else if (!left)
		compare(w, c);
}

static u64 new_stamp(struct worker *w, enum cell_kind kind)
{
	return (u64)(w->id + 1) << 56 | (u64)kind << 48 | ++w->serial;
}

static void write_cell(struct worker *w, struct space *s, u32 n)
{
	struct cell *c = &s->cells[n];
	bool allowed = c->kind != CELL_NONE && c->prot & PROT_WRITE;
	u64 stamp = new_stamp(w, c->kind), left;

	for (u32 i = 0; i < WORDS_A_PAGE; i++)
		w->page[i] = stamp;
	left = copy_to_user(cell_addr(w, n), w->page, PAGE_SIZE);
	if (!left && !allowed)
		wrong("writable, but should not be", cell_addr(w, n), c->kind);
	else if (left && allowed && !is_volatile(c))
		wrong("not writable, but should be", cell_addr(w, n), c->kind);
	else if (!left && c->kind == CELL_SHARED)
		w->shared[c->file_page] = stamp;
	else if (!left)
		c->value = stamp;
}

/* --- ranges --- */

struct range {
	u32 first, nr;
};

static struct range any_range(struct worker *w, u32 max)
{
	struct range r = { rng_below(&w->rng, ARENA_PAGES), 0 };

	r.nr = 1 + rng_below(&w->rng, min(max, ARENA_PAGES - r.first));
	return r;
}

/* Mapped from its first to its last page; nr is 0 if nothing is there. */
static struct range mapped_range(struct worker *w, const struct space *s,
				 u32 max)
{
	struct range r = any_range(w, max);
	u32 nr = 0;

	while (nr < r.nr && s->cells[r.first + nr].kind != CELL_NONE)
		nr++;
	r.nr = nr;
	return r;
}

static void forget(struct space *s, struct range r)
{
	memset(&s->cells[r.first], 0, r.nr * sizeof(struct cell));
}

static u8 any_prot(struct worker *w)
{
	static const u8 prots[] = { RW, RW, RW, RW, PROT_READ, PROT_NONE };

	return prots[rng_below(&w->rng, ARRAY_SIZE(prots))];
}

/* --- operations --- */

static void do_map(struct worker *w, struct space *s)
{
	enum cell_kind kind = 1 + rng_below(&w->rng, 3);
	struct range r = any_range(w, kind == CELL_ANON ? 12 : FILE_PART);
	struct file *file = kind == CELL_ANON	 ? NULL :
			    kind == CELL_PRIVATE ? &torture.private_file :
						   &torture.shared_file;
	u32 page = rng_below(&w->rng, FILE_PART - r.nr + 1);
	u64 first = w->id * FILE_PART + page;
	u64 flags = MAP_FIXED |
		    (kind == CELL_SHARED ? MAP_SHARED : MAP_PRIVATE) |
		    (file ? 0 : MAP_ANONYMOUS) |
		    (rng_below(&w->rng, 8) ? 0 : MAP_POPULATE);
	u8 prot = any_prot(w);
	s64 at = do_mmap(s->mm, file, cell_addr(w, r.first), r.nr * PAGE_SIZE,
			 prot, flags, first);

	forget(s, r);
	if (at != (s64)cell_addr(w, r.first)) {
		wrong("mmap", at, cell_addr(w, r.first));
		return;
	}
	for (u32 i = 0; i < r.nr; i++)
		s->cells[r.first + i] = (struct cell){
			.kind = kind,
			.prot = prot,
			.file_page = (u8)(page + i),
			.value = file ? file_stamp(kind, first + i) : 0,
		};
}

static void do_unmap(struct worker *w, struct space *s)
{
	struct range r = any_range(w, 8);
	int err = do_munmap(s->mm, cell_addr(w, r.first), r.nr * PAGE_SIZE);

	forget(s, r);
	if (err)
		wrong("munmap", (u64)err, 0);
	read_cell(w, s, r.first);
}

static void do_protect(struct worker *w, struct space *s)
{
	struct range r = mapped_range(w, s, 12);
	u8 prot = any_prot(w);
	int err;

	if (!r.nr)
		return;
	err = do_mprotect(s->mm, cell_addr(w, r.first), r.nr * PAGE_SIZE, prot);
	if (err)
		wrong("mprotect", (u64)err, 0);
	for (u32 i = 0; i < r.nr; i++)
		s->cells[r.first + i].prot = prot;
	write_cell(w, s, r.first);
}

static void move_cells(struct space *s, struct range from, struct range to)
{
	memcpy(&s->cells[to.first], &s->cells[from.first],
	       from.nr * sizeof(struct cell));
	forget(s, from);
}

/* The place it goes to loses what is there, even if the move is refused. */
static void do_move(struct worker *w, struct space *s)
{
	struct range from = mapped_range(w, s, 6), to;
	s64 at;

	to.first = rng_below(&w->rng, ARENA_PAGES);
	to.nr = from.nr;
	if (!from.nr || to.first + to.nr > ARENA_PAGES ||
	    (from.first < to.first + to.nr && to.first < from.first + from.nr))
		return;
	at = do_mremap(s->mm, cell_addr(w, from.first), from.nr * PAGE_SIZE,
		       from.nr * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       cell_addr(w, to.first));
	forget(s, to);
	if (at == (s64)cell_addr(w, to.first)) {
		if (w->pin_space == s && w->pin_cell - from.first < from.nr)
			w->pin_cell += to.first - from.first;
		move_cells(s, from, to);
		w->nr_moves++;
	} else if (at != -EFAULT) { /* that: it is more than one area */
		wrong("mremap", (u64)at, cell_addr(w, to.first));
	}
	read_cell(w, s, from.first);
	read_cell(w, s, to.first);
}

static void do_drop(struct worker *w, struct space *s)
{
	struct range r = mapped_range(w, s, 8);
	int err;

	if (!r.nr)
		return;
	err = do_madvise(s->mm, cell_addr(w, r.first), r.nr * PAGE_SIZE,
			 MADV_DONTNEED_LOCKED);
	if (err)
		wrong("madvise", (u64)err, 0);
	for (u32 i = 0; i < r.nr; i++) {
		struct cell *c = &s->cells[r.first + i];

		c->pinned = false;
		c->value = c->kind != CELL_PRIVATE ?
				   0 :
				   file_stamp(CELL_PRIVATE,
					      w->id * FILE_PART + c->file_page);
	}
	read_cell(w, s, r.first);
}

/* Pages that can't be had are an error of mlock's, but the area is locked. */
static void do_lock(struct worker *w, struct space *s)
{
	struct range r = mapped_range(w, s, 6);
	u64 len = r.nr * PAGE_SIZE;

	if (!r.nr)
		return;
	if (rng_below(&w->rng, 2))
		do_mlock(s->mm, cell_addr(w, r.first), len,
			 rng_below(&w->rng, 2));
	else
		do_munlock(s->mm, cell_addr(w, r.first), len);
}

/* --- pins --- */

void unpin(struct worker *w)
{
	const struct cell *c = &w->pin_space->cells[w->pin_cell];
	const u64 *words = page_address(w->pin);

	/* Still mapped: what its owner wrote since is in it, fork or no. */
	if (w->pin_space->mm && c->pinned && words[7] != c->value)
		wrong("a pinned page's word", words[7], c->value);
	w->pin_space->cells[w->pin_cell].pinned = false;
	unpin_page(w->pin);
	w->pin = NULL;
}

static void do_pin(struct worker *w, struct space *s)
{
	u32 n = rng_below(&w->rng, ARENA_PAGES);
	struct cell *c = &s->cells[n];
	s64 got;

	if (w->pin) {
		unpin(w);
		return;
	}
	if (c->kind != CELL_ANON || c->prot != RW)
		return;
	down_read(&s->mm->mmap_lock);
	got = get_user_pages(s->mm, cell_addr(w, n), 1, FOLL_PIN | FOLL_WRITE,
			     &w->pin);
	up_read(&s->mm->mmap_lock);
	if (got != 1) {
		wrong("get_user_pages", (u64)got, 1);
		w->pin = NULL;
		return;
	}
	c->pinned = true;
	w->pin_space = s;
	w->pin_cell = n;
}

/* --- children --- */

static bool all_the_same(const u64 *words)
{
	for (u32 i = 1; i < WORDS_A_PAGE; i++)
		if (words[i] != words[0])
			return false;
	return true;
}

/* A page of an arena that has no owner in this space; UNKNOWN: it may change. */
static u64 look_at(struct worker *w, u32 other, u32 n)
{
	u64 first;

	if (copy_from_user(w->page, arena_of(other) + n * PAGE_SIZE, PAGE_SIZE))
		return UNKNOWN;
	first = w->page[0];
	if (first && !may_be_there(first, other, CELL_ANON))
		return UNKNOWN;
	/* Its owner may have been in the middle of it when we forked. */
	return all_the_same(w->page) ? first : UNKNOWN;
}

static void look_at_other(struct worker *w, struct space *s)
{
	for (u32 n = 0; n < ARENA_PAGES; n++)
		s->seen[n] = look_at(w, s->other, n);
}

/* fork() ended before: nobody can write to these pages any more. */
static void compare_other(struct worker *w, struct space *s)
{
	for (u32 n = 0; n < ARENA_PAGES; n++) {
		u64 now;

		if (s->seen[n] == UNKNOWN)
			continue;
		now = look_at(w, s->other, n);
		if (now != s->seen[n])
			wrong("a child's page changed", now, s->seen[n]);
	}
}

static void do_fork(struct worker *w, struct space *parent)
{
	struct space *child = &w->spaces[1 + rng_below(&w->rng, NR_SPACES - 1)];
	u32 n = rng_below(&w->rng, ARENA_PAGES);

	if (child->mm)
		return;
	write_cell(w, parent, n);
	child->mm = dup_mm(parent->mm);
	if (!child->mm) {
		wrong("fork", 0, 1);
		return;
	}
	memcpy(child->cells, parent->cells, sizeof(child->cells));
	for (u32 i = 0; i < ARENA_PAGES; i++)
		child->cells[i].pinned = false;
	write_cell(w, parent, n); /* not what the child sees */
	child->other = rng_below(&w->rng, torture.nr_workers);
	use_mm(child->mm);
	read_cell(w, child, n);
	if (child->other != w->id)
		look_at_other(w, child);
	w->nr_forks++;
}

static void read_all(struct worker *w, struct space *s)
{
	use_mm(s->mm);
	for (u32 n = 0; n < ARENA_PAGES; n++)
		read_cell(w, s, n);
	if (s != &w->spaces[0] && s->other != w->id)
		compare_other(w, s);
}

/* Some children are ended by who finds them. */
void space_end(struct worker *w, struct space *s)
{
	struct mm_struct *mm = s->mm;

	read_all(w, s);
	use_mm(NULL);
	s->mm = NULL;
	if (rng_below(&w->rng, 2))
		mm = __atomic_exchange_n(&torture.box, mm, __ATOMIC_ACQ_REL);
	if (mm)
		mmput(mm);
}

/* --- what others do to pages: lists, reverse maps, truncation --- */

static struct page *any_page(struct worker *w)
{
	struct page *page = NULL;
	vaddr_t addr = arena_of(rng_below(&w->rng, torture.nr_workers)) +
		       rng_below(&w->rng, ARENA_PAGES) * PAGE_SIZE;
	struct mm_struct *mm = w->spaces[0].mm;
	struct vm_area_struct *vma;

	down_read(&mm->mmap_lock);
	vma = vma_lookup(mm, addr);
	if (vma)
		page = follow_page(vma, addr);
	up_read(&mm->mmap_lock);
	return page;
}

/* A page by its number: found on a list, or left alone. */
static void do_isolate(struct worker *w)
{
	struct page *page = any_page(w);

	if (!page)
		return;
	put_page(page); /* it may be gone from here on, or somebody else's */
	if (!isolate_lru_page(page))
		return;
	lock_page(page);
	page_referenced(page);
	unlock_page(page);
	mark_page_accessed(page);
	putback_lru_page(page);
}

static void do_reference(struct worker *w)
{
	struct page *page = any_page(w);

	if (!page)
		return;
	lock_page(page);
	page_referenced(page);
	unlock_page(page);
	put_page(page);
}

static void do_without_batches(struct worker *w)
{
	if (rng_below(&w->rng, 8))
		return;
	lru_cache_disable();
	do_isolate(w);
	lru_cache_enable();
}

/* The volatile half of one's own part, which others read past, too. */
static void do_truncate(struct worker *w)
{
	struct address_space *mapping = &torture.private_map;
	u64 all = torture.nr_workers * FILE_PART * PAGE_SIZE;
	u64 end = all - FILE_PART / 2 * PAGE_SIZE;

	if (w->id != torture.nr_workers - 1)
		return;
	WRITE_ONCE(mapping->i_size, end);
	truncate_inode_pages(mapping, end);
	if (rng_below(&w->rng, 2))
		yield();
	WRITE_ONCE(mapping->i_size, all);
}

static void do_change_cpu(struct worker *w)
{
	u32 cpu = rng_below(&w->rng, num_online_cpus());

	if (cpu_online(cpu))
		set_cpus_allowed(current, 1UL << cpu);
}

/* The CPU that it comes back to may know another page, or only how to read. */
static void do_write_elsewhere(struct worker *w, struct space *s)
{
	u32 n = rng_below(&w->rng, ARENA_PAGES);

	read_cell(w, s, n);
	do_change_cpu(w);
	write_cell(w, s, n);
	do_change_cpu(w);
	read_cell(w, s, n);
}

/* --- one of them --- */

static void (*const on_space[])(struct worker *w, struct space *s) = {
	do_map,
	do_map,
	do_unmap,
	do_protect,
	do_protect,
	do_move,
	do_move,
	do_drop,
	do_lock,
	do_pin,
	do_write_elsewhere,
	do_write_elsewhere,
};

static void (*const on_pages[])(struct worker *w) = {
	do_isolate,	    do_isolate,	 do_reference,
	do_without_batches, do_truncate, do_change_cpu,
};

static void do_rare(struct worker *w, struct space *s)
{
	if (rng_below(&w->rng, 2))
		do_fork(w, s);
	else if (s != &w->spaces[0])
		space_end(w, s);
	else
		read_all(w, s);
}

/* Mostly the one that is loaded: going to another makes the TLB forget. */
static struct space *any_space(struct worker *w)
{
	struct space *s = w->space;

	if (!s || rng_below(&w->rng, OPS_A_SPACE) == 0)
		s = &w->spaces[rng_below(&w->rng, NR_SPACES)];
	w->space = s->mm ? s : &w->spaces[0];
	return w->space;
}

void torture_step(struct worker *w)
{
	struct space *s = any_space(w);
	u32 dice = rng_below(&w->rng, 64), n = rng_below(&w->rng, ARENA_PAGES);

	use_mm(s->mm);
	if (dice < 16)
		on_space[rng_below(&w->rng, ARRAY_SIZE(on_space))](w, s);
	else if (dice < 22)
		on_pages[rng_below(&w->rng, ARRAY_SIZE(on_pages))](w);
	else if (dice < 25)
		do_rare(w, s);
	else if (dice < 43)
		write_cell(w, s, n);
	else
		read_cell(w, s, n);
	w->nr_ops++;
}

void torture_check_all(struct worker *w)
{
	for (u32 i = 0; i < NR_SPACES; i++)
		if (w->spaces[i].mm)
			read_all(w, &w->spaces[i]);
}
