// SPDX-License-Identifier: MIT
/*
 * tests/programs/mremap.c - mappings that grow, shrink and move, with contents
 */
#include "program.h"
#include <signal.h>

#define TOP 0x7ffffffff000ul /* user addresses end here */

static char *stamped(size_t nr)
{
	char *p = map_pages(nr);

	for (size_t i = 0; i < nr; i++)
		stamp_page(p + i * PAGE, i + 1);
	return p;
}

static bool intact(const char *p, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!page_has_stamp(p + i * PAGE, i + 1))
			return false;
	return true;
}

static void touch(void *p)
{
	*(volatile char *)p = 1;
}

static void shrinking_frees_the_end(void)
{
	char *p = stamped(8);

	EXPECT(mremap(p, 8 * PAGE, 3 * PAGE, 0) == p);
	EXPECT(intact(p, 3));
	EXPECT_SIGNAL(touch, p + 3 * PAGE, SIGSEGV);
	unmap_pages(p, 3);
}

static void growing_in_place_needs_room(void)
{
	char *p = map_pages(8);

	EXPECT_OK(munmap(p + 4 * PAGE, 4 * PAGE));
	stamp_page(p, 1);
	EXPECT(mremap(p, 4 * PAGE, 8 * PAGE, 0) == p);
	EXPECT_EQ(p[8 * PAGE - 1], 0);
	EXPECT(intact(p, 1));
	unmap_pages(p, 8);
	p = map_pages(8);
	EXPECT_OK(mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ));
	EXPECT_ERRNO(mremap(p, 4 * PAGE, 6 * PAGE, 0), ENOMEM);
	unmap_pages(p, 8);
}

static void growing_may_move(void)
{
	char *p = stamped(8), *q;

	EXPECT_OK(mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ));
	q = mremap(p, 4 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
	REQUIRE(q != MAP_FAILED && q != p);
	EXPECT(intact(q, 4));
	EXPECT_EQ(q[4 * PAGE], 0);
	EXPECT_EQ(q[600 * PAGE - 1], 0);
	EXPECT_SIGNAL(touch, p, SIGSEGV);
	EXPECT(page_has_stamp(p + 4 * PAGE, 5));
	unmap_pages(q, 600);
	unmap_pages(p, 8);
}

static void fixed_moves_there(void)
{
	char *p = stamped(4), *q = stamped(8);

	EXPECT(mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		      q + 2 * PAGE) == q + 2 * PAGE);
	EXPECT(page_has_stamp(q + PAGE, 2));
	EXPECT(intact(q + 2 * PAGE, 4));
	EXPECT(page_has_stamp(q + 6 * PAGE, 7));
	EXPECT_SIGNAL(touch, p, SIGSEGV);
	unmap_pages(q, 8);
}

/* Across the borders of page tables: 4 MiB, moved by an odd page count. */
static void a_large_area_moves_whole(void)
{
	size_t nr = 1024;
	char *p = stamped(nr), *room = map_pages(2 * nr + 7), *q;

	q = mremap(p, nr * PAGE, nr * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   room + 7 * PAGE);
	EXPECT(q == room + 7 * PAGE);
	EXPECT(intact(q, nr));
	unmap_pages(room, 2 * nr + 7);
}

static void part_of_a_mapping_moves(void)
{
	char *p = stamped(6), *q;

	q = mremap(p + 2 * PAGE, 2 * PAGE, 2 * PAGE,
		   MREMAP_MAYMOVE | MREMAP_FIXED, map_pages(2));
	REQUIRE(q != MAP_FAILED);
	EXPECT(page_has_stamp(q, 3) && page_has_stamp(q + PAGE, 4));
	EXPECT(page_has_stamp(p + PAGE, 2));
	EXPECT(page_has_stamp(p + 4 * PAGE, 5));
	EXPECT_SIGNAL(touch, p + 2 * PAGE, SIGSEGV);
	unmap_pages(q, 2);
	unmap_pages(p, 6);
}

static void bad_arguments_are_refused(void)
{
	char *p = map_pages(4);

	EXPECT_ERRNO(mremap(p + 1, PAGE, 2 * PAGE, 0), EINVAL);
	EXPECT_ERRNO(mremap(p, PAGE, 0, 0), EINVAL);
	EXPECT_ERRNO(mremap(p, PAGE, PAGE, 0x80), EINVAL);
	EXPECT_ERRNO(mremap(p, PAGE, PAGE, MREMAP_FIXED, p), EINVAL);
	EXPECT_ERRNO(mremap(p, 2 * PAGE, 2 * PAGE,
			    MREMAP_FIXED | MREMAP_MAYMOVE, p + PAGE),
		     EINVAL); /* overlap */
	EXPECT_OK(munmap(p + 2 * PAGE, PAGE));
	EXPECT_ERRNO(mremap(p + 2 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE),
		     EFAULT);
	EXPECT_ERRNO(mremap(p, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE), EFAULT);
	EXPECT_ERRNO(mremap(p, PAGE, TOP, MREMAP_MAYMOVE), ENOMEM);
	unmap_pages(p, 4);
}

struct moved {
	char *p, *q;
};

static void check_moved(void *arg)
{
	struct moved *moved = arg;

	EXPECT(intact(moved->q, 8));
	stamp_page(moved->q, 99);
	moved->p = mremap(moved->q, 8 * PAGE, 16 * PAGE, MREMAP_MAYMOVE);
	EXPECT(page_has_stamp(moved->p, 99));
}

/* Shared with a child by fork, moved on either side: still apart. */
static void moved_pages_are_copied_on_write(void)
{
	struct moved moved = { .p = stamped(8) };

	moved.q = mremap(moved.p, 8 * PAGE, 8 * PAGE,
			 MREMAP_MAYMOVE | MREMAP_FIXED, map_pages(8));
	EXPECT_EXIT(check_moved, &moved, 0);
	EXPECT(intact(moved.q, 8));
	unmap_pages(moved.q, 8);
}

PROGRAM(CASE(shrinking_frees_the_end), CASE(growing_in_place_needs_room),
	CASE(growing_may_move), CASE(fixed_moves_there),
	CASE(a_large_area_moves_whole), CASE(part_of_a_mapping_moves),
	CASE(bad_arguments_are_refused), CASE(moved_pages_are_copied_on_write))
