// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_mmap_model.c - an address space against an array of pages
 *
 * Random mmap, munmap, mprotect, mremap, madvise and mlock on a few dozen
 * pages; the model knows of each page whether it is mapped, with which rights
 * and flags, and what was written to it. After each step all pages must say
 * the same, and mm_check() nothing. A failure names the seed and the step.
 *
 * And each of these calls with the 1st, 2nd, 3rd ... allocation below it
 * failing: it says so, and nothing has changed.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <mm/mm_state.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>
#include <uapi/mman.h>

#include "random.h"
#include "space_fixture.h"
#include "vma_fixture.h"

#define BASE	0x20000000UL
#define NR	48
#define RW	(PROT_READ | PROT_WRITE)
#define FIXED	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
#define MODELED (VM_ACCESS_FLAGS | VM_LOCKED | VM_DONTCOPY | VM_RAND_READ)

struct model_page {
	bool mapped;
	u64 flags; /* of MODELED */
	u64 value; /* its first word */
};

static struct model_page model[NR];
static struct rng rng;
static u64 next_value;

static vaddr_t at(u32 n)
{
	return BASE + n * PAGE_SIZE;
}

/* --- comparing --- */

static bool page_as_modelled(struct test *t, struct mm_struct *mm, u32 n)
{
	const struct vm_area_struct *vma = vma_lookup(mm, at(n));
	u64 value = 0;

	if (!vma != !model[n].mapped) {
		test_fail(t, __FILE__, __LINE__, "page %u: mapped %u, not %u",
			  n, vma != NULL, model[n].mapped);
		return false;
	}
	if (!vma)
		return true;
	if ((vma->vm_flags & MODELED) != model[n].flags) {
		test_fail(t, __FILE__, __LINE__,
			  "page %u: flags 0x%lx, not 0x%lx", n,
			  vma->vm_flags & MODELED, model[n].flags);
		return false;
	}
	if (!(vma->vm_flags & VM_ACCESS_FLAGS))
		return true;
	if (mm_read(mm, at(n), &value) || value != model[n].value) {
		test_fail(t, __FILE__, __LINE__, "page %u: holds %lu, not %lu",
			  n, value, model[n].value);
		return false;
	}
	return true;
}

static bool as_modelled(struct test *t, struct mm_struct *mm)
{
	for (u32 n = 0; n < NR; n++)
		if (!page_as_modelled(t, mm, n))
			return false;
	return mm_check(mm) == 0;
}

/* --- the calls; each does to the model what it must do --- */

static u64 random_prot(void)
{
	static const u64 prots[] = {
		RW, RW, RW, PROT_READ, PROT_NONE, PROT_READ | PROT_EXEC
	};

	return prots[rng_below(&rng, ARRAY_SIZE(prots))];
}

static u64 flags_of(u64 prot)
{
	return (prot & PROT_READ ? VM_READ : 0) |
	       (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

static bool all_mapped(u32 from, u32 to)
{
	for (; from < to; from++)
		if (!model[from].mapped)
			return false;
	return true;
}

static bool any_mapped(u32 from, u32 to)
{
	for (; from < to; from++)
		if (model[from].mapped)
			return true;
	return false;
}

static void model_map(u32 from, u32 to, u64 flags)
{
	for (; from < to; from++)
		model[from] = (struct model_page){ true, flags, 0 };
}

static void model_unmap(u32 from, u32 to)
{
	for (; from < to; from++)
		model[from] = (struct model_page){ 0 };
}

static s64 step_mmap(struct mm_struct *mm, u32 from, u32 to, s64 *expected)
{
	u64 prot = random_prot(), flags = FIXED;

	*expected = (s64)at(from);
	if (rng_below(&rng, 3) == 0) {
		flags |= MAP_FIXED_NOREPLACE;
		if (any_mapped(from, to))
			*expected = -EEXIST;
	}
	if (rng_below(&rng, 4) == 0)
		flags |= MAP_POPULATE;
	if (*expected >= 0)
		model_map(from, to, flags_of(prot));
	return do_mmap(mm, NULL, at(from), at(to) - at(from), prot, flags, 0);
}

static s64 step_munmap(struct mm_struct *mm, u32 from, u32 to, s64 *expected)
{
	*expected = 0;
	model_unmap(from, to);
	return do_munmap(mm, at(from), at(to) - at(from));
}

/* Up to the first hole. */
static s64 step_mprotect(struct mm_struct *mm, u32 from, u32 to, s64 *expected)
{
	u64 prot = random_prot();
	u32 n = from;

	for (; n < to && model[n].mapped; n++)
		model[n].flags = (model[n].flags & ~VM_ACCESS_FLAGS) |
				 flags_of(prot);
	*expected = n < to ? -ENOMEM : 0;
	return do_mprotect(mm, at(from), at(to) - at(from), prot);
}

static s64 step_dontneed(struct mm_struct *mm, u32 from, u32 to, s64 *expected)
{
	*expected = all_mapped(from, to) ? 0 : -ENOMEM;
	for (u32 n = from; n < to; n++) {
		if (model[n].flags & VM_LOCKED) {
			*expected = -EINVAL;
			break;
		}
		model[n].value = 0;
	}
	return do_madvise(mm, at(from), at(to) - at(from), MADV_DONTNEED);
}

static s64 step_advise(struct mm_struct *mm, u32 from, u32 to, s64 *expected)
{
	static const struct {
		int advice;
		u64 set, clear;
	} advices[] = {
		{ MADV_DONTFORK, VM_DONTCOPY, 0 },
		{ MADV_DOFORK, 0, VM_DONTCOPY },
		{ MADV_RANDOM, VM_RAND_READ, 0 },
		{ MADV_NORMAL, 0, VM_RAND_READ },
	};
	u32 which = rng_below(&rng, ARRAY_SIZE(advices));

	*expected = all_mapped(from, to) ? 0 : -ENOMEM;
	for (u32 n = from; n < to; n++)
		if (model[n].mapped)
			model[n].flags =
				(model[n].flags & ~advices[which].clear) |
				advices[which].set;
	return do_madvise(mm, at(from), at(to) - at(from),
			  advices[which].advice);
}

static s64 step_mlock(struct mm_struct *mm, u32 from, u32 to, s64 *expected)
{
	bool lock = rng_below(&rng, 2), no_access = false;
	u32 n = from;

	for (; n < to && model[n].mapped; n++) {
		model[n].flags &= ~VM_LOCKED;
		model[n].flags |= lock ? VM_LOCKED : 0;
		no_access |= !(model[n].flags & VM_ACCESS_FLAGS);
	}
	*expected = n < to || (lock && no_access) ? -ENOMEM : 0;
	return lock ? do_mlock(mm, at(from), at(to) - at(from), false) :
		      do_munlock(mm, at(from), at(to) - at(from));
}

/* Whether one VMA covers it is what no model of pages knows. */
static bool one_vma(struct mm_struct *mm, u32 from, u32 to)
{
	const struct vm_area_struct *vma = vma_lookup(mm, at(from));

	return vma && vma->vm_end >= at(to);
}

static void model_move(u32 from, u32 old_nr, u32 to, u32 new_nr)
{
	struct model_page moved[NR];
	u64 flags = model[from].flags;

	memcpy(moved, &model[from], old_nr * sizeof(moved[0]));
	model_unmap(from, from + old_nr);
	model_map(to, to + new_nr, flags);
	memcpy(&model[to], moved, min(old_nr, new_nr) * sizeof(moved[0]));
}

static s64 step_mremap(struct mm_struct *mm, u32 from, u32 to, s64 *expected)
{
	u32 old_nr = to - from, new_nr = 1 + rng_below(&rng, 8);
	u32 target = rng_below(&rng, NR - new_nr);
	bool overlap = target < to && from < target + new_nr;
	bool shrink_ok, ok;

	*expected = (s64)at(target);
	if (overlap)
		*expected = -EINVAL;
	shrink_ok = one_vma(mm, from, from + min(old_nr, new_nr));
	ok = !overlap && shrink_ok;
	if (!model[from].mapped) {
		*expected = -EFAULT;
	} else if (!overlap) {
		/* Before it looks, as in Linux: what is in the way goes. */
		model_unmap(target, target + new_nr);
		if (new_nr < old_nr)
			model_unmap(from + new_nr, to);
		if (!ok)
			*expected = -EFAULT;
		else
			model_move(from, min(old_nr, new_nr), target, new_nr);
	}
	return do_mremap(mm, at(from), old_nr * PAGE_SIZE, new_nr * PAGE_SIZE,
			 MREMAP_MAYMOVE | MREMAP_FIXED, at(target));
}

/* In place or not at all. */
static s64 step_grow(struct mm_struct *mm, u32 from, u32 to, s64 *expected)
{
	const struct vm_area_struct *vma = vma_lookup(mm, at(from));
	u32 grow = 1 + rng_below(&rng, 4), end = to + grow;

	if (!vma)
		*expected = -EFAULT;
	else if (vma->vm_end < at(to))
		*expected = -EFAULT;
	else if (end > NR || vma->vm_end > at(to) || any_mapped(to, end))
		*expected = -ENOMEM;
	else
		*expected = (s64)at(from);
	if (end > NR && *expected == -ENOMEM && vma->vm_end == at(to) &&
	    !any_mapped(to, NR))
		return -ENOMEM; /* it would leave the model: not asked for */
	if (*expected >= 0)
		model_map(to, end, model[from].flags);
	return do_mremap(mm, at(from), at(to) - at(from), at(end) - at(from), 0,
			 0);
}

static s64 step_write(struct mm_struct *mm, u32 from, u32 to, s64 *expected)
{
	*expected = 0;
	for (u32 n = from; n < to; n++) {
		bool may = model[n].flags & VM_WRITE;

		next_value++;
		if (mm_write(mm, at(n), next_value) != (may ? 0 : -EFAULT))
			*expected = -1;
		if (may)
			model[n].value = next_value;
	}
	return 0;
}

typedef s64 (*step_fn)(struct mm_struct *mm, u32 from, u32 to, s64 *expected);

static const step_fn steps[] = {
	step_mmap,     step_mmap,     step_munmap, step_mprotect,
	step_mprotect, step_dontneed, step_advise, step_mlock,
	step_mremap,   step_grow,     step_write,  step_write,
};

static bool one_step(struct test *t, struct mm_struct *mm, u32 nr)
{
	u32 which = rng_below(&rng, ARRAY_SIZE(steps));
	u32 from = rng_below(&rng, NR - 8), to = from + 1 + rng_below(&rng, 8);
	s64 expected, result = steps[which](mm, from, to, &expected);

	if (result != expected) {
		test_fail(t, __FILE__, __LINE__,
			  "step %u, call %u of pages %u-%u: %ld, not %ld", nr,
			  which, from, to, result, expected);
		return false;
	}
	return as_modelled(t, mm);
}

/* Each page that is there is found at each of its places. */
static int check_rmaps(struct mm_struct *mm)
{
	int findings = 0;

	for (u32 n = 0; n < NR; n++) {
		struct page *page = space_page(mm, at(n));

		if (page)
			findings += rmap_check(page);
	}
	return findings;
}

/*
 * The run goes on in a child; the parent stays until the next fork, so that
 * pages are shared and chains are long.
 */
static struct mm_struct *go_on_in_child(struct mm_struct *mm,
					struct mm_struct **parent)
{
	struct mm_struct *child = dup_mm(mm);

	if (!child)
		return mm;
	if (*parent)
		mmput(*parent);
	*parent = mm;
	for (u32 n = 0; n < NR; n++) {
		if (model[n].flags & VM_DONTCOPY)
			model_unmap(n, n + 1);
		model[n].flags &= ~VM_LOCKED;
	}
	return child;
}

static void run(struct test *t, u64 seed, u32 nr_steps)
{
	struct mm_struct *mm = mm_begin(), *parent = NULL;

	rng.state = seed;
	next_value = 0;
	memset(model, 0, sizeof(model));
	for (u32 i = 0; i < nr_steps; i++) {
		if (!one_step(t, mm, i)) {
			test_note(t, "seed %lu, step %u: %s", seed, i,
				  mm_draw(mm, BASE, NR));
			break;
		}
		if (i % 10 == 0)
			EXPECT_EQ(check_rmaps(mm), 0);
		if (i % 100 == 0)
			EXPECT_EQ(page_table_check_all(), 0);
		if (i % 40 == 39)
			mm = go_on_in_child(mm, &parent);
	}
	if (parent)
		mmput(parent);
	mm_end(t, mm);
}

TEST(mmap_model, random_calls_do_what_the_model_says)
{
	for (u64 seed = 1; seed <= 3; seed++)
		run(t, seed, 200 * test_scale());
}

/* --- the nth allocation fails --- */

/* Everything that allocates below these calls, at its own point. */
static const char *const points[] = { "kmem_cache_alloc", "anon_vma_alloc",
				      "anon_vma_chain_alloc", "pte_alloc_one",
				      "fail_page_alloc" };

/*
 *	0       8       16      24
 *	|wwwwwwww|rrrrrrrr|wwwwwwww|.........
 */
static void lay_out(struct mm_struct *mm)
{
	memset(model, 0, sizeof(model));
	do_munmap(mm, BASE, 4 * GiB); /* what calls made elsewhere, too */
	do_mmap(mm, NULL, at(0), 24 * PAGE_SIZE, RW, FIXED, 0);
	model_map(0, 24, flags_of(RW));
	for (u32 n = 0; n < 24; n++) {
		mm_write(mm, at(n), n + 1);
		model[n].value = n + 1;
	}
	do_mprotect(mm, at(8), 8 * PAGE_SIZE, PROT_READ);
	for (u32 n = 8; n < 16; n++)
		model[n].flags = flags_of(PROT_READ);
}

static s64 call_mmap(struct mm_struct *mm)
{
	return do_mmap(mm, NULL, at(30), 4 * PAGE_SIZE, PROT_READ, FIXED, 0);
}

static s64 call_munmap(struct mm_struct *mm)
{
	return do_munmap(mm, at(2), 3 * PAGE_SIZE);
}

static s64 call_munmap_several(struct mm_struct *mm)
{
	return do_munmap(mm, at(4), 16 * PAGE_SIZE);
}

static s64 call_mprotect(struct mm_struct *mm)
{
	return do_mprotect(mm, at(10), 3 * PAGE_SIZE, RW);
}

/* To another table of page-table entries: those may fail, too. */
static s64 call_mremap(struct mm_struct *mm)
{
	return do_mremap(mm, at(2), 4 * PAGE_SIZE, 6 * PAGE_SIZE,
			 MREMAP_MAYMOVE | MREMAP_FIXED, BASE + GiB);
}

static s64 call_mremap_across_tables(struct mm_struct *mm)
{
	return do_mremap(mm, at(0), 8 * PAGE_SIZE, 8 * PAGE_SIZE,
			 MREMAP_MAYMOVE | MREMAP_FIXED,
			 BASE + GiB - 4 * PAGE_SIZE);
}

static s64 call_madvise(struct mm_struct *mm)
{
	return do_madvise(mm, at(17), 2 * PAGE_SIZE, MADV_DONTFORK);
}

static s64 call_mlock(struct mm_struct *mm)
{
	return do_mlock(mm, at(18), 2 * PAGE_SIZE, false);
}

static s64 call_brk(struct mm_struct *mm)
{
	u64 brk = BASE + 2 * GiB;

	mm->start_brk = mm->brk = brk;
	/* It has no error of its own. */
	return do_brk(mm, brk + PAGE_SIZE) == (s64)brk ? -ENOMEM : 0;
}

static const struct {
	const char *name;
	s64 (*fn)(struct mm_struct *mm);
} calls[] = {
	{ "mmap", call_mmap },
	{ "munmap", call_munmap },
	{ "munmap of several", call_munmap_several },
	{ "mprotect", call_mprotect },
	{ "mremap", call_mremap },
	{ "mremap across tables", call_mremap_across_tables },
	{ "madvise", call_madvise },
	{ "mlock", call_mlock },
	{ "brk", call_brk },
};

/* How many failures there were before it went through. */
static u32 fail_each(struct test *t, struct mm_struct *mm, u32 call,
		     const char *name)
{
	struct point *point = point_find(name);
	u32 map_count, failed = 0;
	s64 result;

	for (u32 n = 1; n < 50; n++) {
		lay_out(mm);
		map_count = mm->map_count;
		point_fail_nth(name, n);
		result = calls[call].fn(mm);
		point_disable(name);
		if (result >= 0 && (s32)point->fail_at > 0)
			return failed;
		failed++;
		if (result >= 0)
			continue; /* it helped itself */
		if (result == -ENOMEM && as_modelled(t, mm) &&
		    mm->map_count == map_count)
			continue;
		test_fail(t, __FILE__, __LINE__,
			  "%s with failure %u at %s: %ld, %u VMAs, not %u",
			  calls[call].name, n, name, result, mm->map_count,
			  map_count);
		return failed;
	}
	test_fail(t, __FILE__, __LINE__, "%s never went through",
		  calls[call].name);
	return failed;
}

TEST(mmap_model, a_failing_allocation_changes_nothing)
{
	struct mm_struct *mm = mm_begin();
	u32 failures = 0;

	for (u32 call = 0; call < ARRAY_SIZE(calls); call++)
		for (u32 i = 0; i < ARRAY_SIZE(points); i++)
			failures += fail_each(t, mm, call, points[i]);
	test_note(t, "%u failures", failures);
	EXPECT_GE(failures, 30);
	mm_end(t, mm);
}
