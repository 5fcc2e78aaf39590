// SPDX-License-Identifier: MIT
/*
 * tests/programs/brk.c - the heap's end
 *
 * The system call returns the new end, or the old one if it could not move it;
 * musl's brk() only fails, so the call is made by number.
 */
#include "program.h"
#include <signal.h>
#include <sys/resource.h>

static char *set_end(void *end)
{
	return (char *)syscall(SYS_brk, end);
}

static void touch(void *p)
{
	*(volatile char *)p = 1;
}

static void the_end_moves_up_and_down(void)
{
	char *start = set_end(NULL);
	char *page = (char *)(((u64)start + PAGE - 1) & ~(PAGE - 1));

	EXPECT(start != NULL);
	EXPECT(set_end(page + 64 * PAGE) == page + 64 * PAGE);
	for (size_t i = 0; i < 64; i++) {
		EXPECT_EQ(page[i * PAGE], 0);
		stamp_page(page + i * PAGE, i);
	}
	EXPECT(set_end(page + 10 * PAGE) == page + 10 * PAGE);
	EXPECT(page_has_stamp(page + 9 * PAGE, 9));
	EXPECT_SIGNAL(touch, page + 10 * PAGE, SIGSEGV);
	/* What comes back is zero again. */
	EXPECT(set_end(page + 20 * PAGE) == page + 20 * PAGE);
	EXPECT_EQ(page[10 * PAGE], 0);
	EXPECT_EQ(page[15 * PAGE + 5], 0);
	EXPECT(set_end(start) == start);
}

static void ends_between_pages_are_kept(void)
{
	char *start = set_end(NULL);

	EXPECT(set_end(start + 12345) == start + 12345);
	EXPECT(set_end(NULL) == start + 12345);
	start[12344] = 1;
	EXPECT(set_end(start + 1) == start + 1);
	EXPECT(set_end(start) == start);
}

static void what_is_out_of_range_changes_nothing(void)
{
	char *start = set_end(NULL);

	EXPECT(set_end((void *)1) == start);
	EXPECT(set_end((void *)(1ul << 47)) == start);
	EXPECT(set_end((void *)~0ul) == start);
	EXPECT(set_end((void *)0xffffffff80000000ul) == start);
}

static void another_mapping_is_in_the_way(void)
{
	char *start = set_end(NULL);
	char *page = (char *)(((u64)start + PAGE - 1) & ~(PAGE - 1));
	char *wall = mmap(page + 16 * PAGE, PAGE, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			  0);

	REQUIRE(wall == page + 16 * PAGE);
	EXPECT(set_end(page + 17 * PAGE) == start);
	EXPECT(set_end(page + 8 * PAGE) == page + 8 * PAGE);
	EXPECT(set_end(start) == start);
	unmap_pages(wall, 1);
}

static void a_child_moves_its_own(void *start)
{
	EXPECT(set_end((char *)start + 32 * PAGE) == (char *)start + 32 * PAGE);
	((char *)start)[31 * PAGE] = 1;
}

static void fork_copies_the_end(void)
{
	char *start = set_end(NULL);

	EXPECT(set_end(start + 8 * PAGE) == start + 8 * PAGE);
	memset(start, 5, 8 * PAGE);
	EXPECT_EXIT(a_child_moves_its_own, start, 0);
	EXPECT(set_end(NULL) == start + 8 * PAGE);
	EXPECT_EQ(start[8 * PAGE - 1], 5);
	EXPECT(set_end(start) == start);
}

PROGRAM(CASE(the_end_moves_up_and_down), CASE(ends_between_pages_are_kept),
	CASE(what_is_out_of_range_changes_nothing),
	CASE(another_mapping_is_in_the_way), CASE(fork_copies_the_end))
