// SPDX-License-Identifier: MIT
/*
 * tests/programs/compaction.c - huge pages while memory is locked and full of
 * holes
 *
 *	lock	|LLLLLLLL|LLLLLLLL|LLLLLLLL|	most of what is free, stamped
 *	punch	|LL..LL..|LL..LL..|LL..LL..|	every second run of pages goes
 *	ask	|HHHHHHHH|LLLLLLLL|LL..LL..|	through nr_hugepages
 *
 * After Linux's selftest compaction_test, which asks for a third of the memory
 * that was free. Contents, counts and yield are looked at here, and that locked
 * pages stay where they are when vm.compact_unevictable_allowed says so.
 */
#include "frames.h"
#include <sys/resource.h>

#define POOL	    "/proc/sys/vm/nr_hugepages"
#define UNEVICTABLE "/proc/sys/vm/compact_unevictable_allowed"
#define RUN	    8ul	 /* pages: a hole, or what lies between two */
#define SHARE	    70ul /* per cent of what may be taken: locked at first */
#define LOOKED_AT   64ul /* pages whose frames are noted */

struct locked {
	char *at;
	size_t nr; /* pages, a multiple of 2 * RUN */
};

static char *page(const struct locked *l, size_t i)
{
	return l->at + i * PAGE;
}

static bool stayed(size_t i)
{
	return i / RUN % 2 == 0;
}

/* Locked, stamped, and full of holes. false: the case has failed. */
static bool make_holes(struct locked *l, const struct memory *m)
{
	static const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	EXPECT_OK(setrlimit(RLIMIT_MEMLOCK, &all));
	l->nr = m->usable * SHARE / 100 / (2 * RUN) * (2 * RUN);
	l->at = mmap(NULL, l->nr * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!EXPECT(l->at != MAP_FAILED))
		return false;
	madvise(l->at, l->nr * PAGE, MADV_NOHUGEPAGE); /* EINVAL: none there */
	if (!EXPECT_OK(mlock(l->at, l->nr * PAGE)))
		return false;
	for (size_t i = 0; i < l->nr; i++)
		stamp_page(page(l, i), i);
	for (size_t i = RUN; i < l->nr; i += 2 * RUN)
		if (!EXPECT_OK(munmap(page(l, i), RUN * PAGE)))
			return false;
	return true;
}

static void all_that_stayed_holds(const struct locked *l)
{
	size_t wrong = 0;

	for (size_t i = 0; i < l->nr; i++)
		wrong += stayed(i) && !page_has_stamp(page(l, i), i);
	EXPECT_EQ(wrong, 0);
}

/* How many there are, asked for as many as there could ever be. */
static u64 ask_for(u64 nr)
{
	EXPECT(file_write_number(POOL, nr));
	return file_number(POOL);
}

static void end(struct locked *l)
{
	EXPECT(file_write_number(POOL, 0));
	EXPECT_EQ(file_number(POOL), 0);
	munmap(l->at, l->nr * PAGE);
}

static void locked_memory_gives_huge_pages(void)
{
	u64 free, got, moved, stalls;
	struct locked l;
	struct frames f;
	struct memory m;

	frames_init(&f);
	memory_read(&m, &f);
	free = m.free;
	if (make_holes(&l, &m)) {
		memory_read(&m, &f);
		moved = vm_event("pgmigrate_success");
		stalls = vm_event("compact_stall");
		got = ask_for(free / BLOCK_FRAMES);
		printf("# %lu of %lu possible, %lu pages moved\n", got,
		       m.huge_pages, vm_event("pgmigrate_success") - moved);
		/* Linux's test: at least a third. */
		EXPECT(got * BLOCK_FRAMES * 3 >= free);
		/* Ours: all but what the CPUs' lists hold. */
		if (!access("/proc/sys/vm/compact_strategy", F_OK))
			EXPECT(got * 100 >= m.huge_pages * 97);
		EXPECT(vm_event("pgmigrate_success") > moved);
		EXPECT(vm_event("compact_stall") > stalls);
		all_that_stayed_holds(&l);
	}
	end(&l);
	frames_free(&f);
}

static void note_frames(const struct locked *l, u64 *frames)
{
	for (size_t i = 0; i < LOOKED_AT; i++)
		frames[i] = frame_of(
			page(l, l->nr / LOOKED_AT * i / (2 * RUN) * (2 * RUN)));
}

/* Nothing locked may be moved; free: frames there were before. */
static bool begin_unmovable(struct locked *l, u64 *free)
{
	struct frames f;
	struct memory m;

	if (!EXPECT(file_write(UNEVICTABLE, "0")))
		return false;
	frames_init(&f);
	memory_read(&m, &f);
	frames_free(&f);
	*free = m.free;
	return make_holes(l, &m);
}

static void end_unmovable(struct locked *l)
{
	all_that_stayed_holds(l);
	EXPECT(file_write(UNEVICTABLE, "1"));
	end(l);
}

static void locked_pages_stay_if_they_must(void)
{
	u64 before[LOOKED_AT], after[LOOKED_AT], free, nr = 0;
	struct locked l;

	REQUIRE(begin_unmovable(&l, &free));
	note_frames(&l, before);
	ask_for(free / BLOCK_FRAMES);
	EXPECT(file_write("/proc/sys/vm/compact_memory", "1"));
	note_frames(&l, after);
	for (size_t i = 0; i < LOOKED_AT; i++)
		nr += before[i] != after[i];
	EXPECT(before[0] != 0);
	EXPECT_EQ(nr, 0);
	end_unmovable(&l);
}

/* They may go now: the same memory gives what it didn't before. */
static void and_may_go_afterwards(void)
{
	u64 free, first, second;
	struct locked l;

	REQUIRE(begin_unmovable(&l, &free));
	first = ask_for(free / BLOCK_FRAMES);
	EXPECT(file_write(UNEVICTABLE, "1"));
	second = ask_for(free / BLOCK_FRAMES);
	printf("# %lu, then %lu\n", first, second);
	EXPECT(second > first + first / 4);
	end_unmovable(&l);
}

PROGRAM(CASE(locked_memory_gives_huge_pages),
	CASE(locked_pages_stay_if_they_must), CASE(and_may_go_afterwards));
