// SPDX-License-Identifier: MIT
/*
 * tests/programs/mmap.c - mmap and munmap: where, how much, what is refused
 */
#include "program.h"

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define TOP  0x7ffffffff000ul /* user addresses end here */

static void *map_at(void *where, size_t size, int flags)
{
	return mmap(where, size, RW, ANON | flags, -1, 0);
}

static void new_memory_is_zero(void)
{
	char *p = map_pages(64);

	EXPECT_EQ((u64)p % PAGE, 0);
	for (size_t i = 0; i < 64 * PAGE; i++)
		if (p[i]) {
			EXPECT_EQ(p[i], 0);
			break;
		}
	memset(p, 0xaa, 64 * PAGE);
	unmap_pages(p, 64);
	p = map_pages(64);
	EXPECT_EQ(p[0], 0);
	EXPECT_EQ(p[63 * PAGE + 17], 0);
	unmap_pages(p, 64);
}

static void bad_arguments_are_refused(void)
{
	char *p = map_pages(1);

	EXPECT_ERRNO(map_at(NULL, 0, 0), EINVAL);
	EXPECT_ERRNO(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	EXPECT_ERRNO(mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	EXPECT_ERRNO(mmap(NULL, PAGE, RW, MAP_PRIVATE, 999, 0), EBADF);
	EXPECT_ERRNO(map_at(p + 1, PAGE, MAP_FIXED), EINVAL);
	EXPECT_ERRNO(syscall(SYS_mmap, 0, PAGE, RW, ANON, -1, 1), EINVAL);
	unmap_pages(p, 1);
}

static void absurd_sizes_are_refused(void)
{
	EXPECT_ERRNO(map_at(NULL, ~0ul, 0), ENOMEM);
	EXPECT_ERRNO(map_at(NULL, TOP + PAGE, 0), ENOMEM);
	EXPECT_ERRNO(map_at(NULL, 1ul << 63, 0), ENOMEM);
	EXPECT_ERRNO(map_at((void *)TOP, PAGE, MAP_FIXED), ENOMEM);
	EXPECT_ERRNO(map_at((void *)(TOP - PAGE), 2 * PAGE, MAP_FIXED), ENOMEM);
	EXPECT_ERRNO(map_at((void *)0xffff800000000000ul, PAGE, MAP_FIXED),
		     ENOMEM);
	EXPECT_ERRNO(map_at((void *)0xffffffff80000000ul, PAGE, MAP_FIXED),
		     ENOMEM);
}

static void a_free_hint_is_taken(void)
{
	char *p = map_pages(16), *q;

	unmap_pages(p, 16);
	q = map_at(p + 4 * PAGE, 4 * PAGE, 0);
	EXPECT(q == p + 4 * PAGE);
	munmap(q, 4 * PAGE);
	/* Not aligned: rounded down. */
	q = map_at(p + 4 * PAGE + 100, PAGE, 0);
	EXPECT(q == p + 4 * PAGE);
	munmap(q, PAGE);
}

static void a_used_hint_is_not(void)
{
	char *p = map_pages(16), *q;

	p[0] = 7;
	q = map_at(p, 4 * PAGE, 0);
	EXPECT(q != p && q != MAP_FAILED);
	EXPECT(q + 4 * PAGE <= p || q >= p + 16 * PAGE);
	EXPECT_EQ(p[0], 7);
	munmap(q, 4 * PAGE);
	unmap_pages(p, 16);
}

static void fixed_replaces_what_was_there(void)
{
	char *p = map_pages(8);

	memset(p, 1, 8 * PAGE);
	EXPECT(map_at(p + 2 * PAGE, 3 * PAGE, MAP_FIXED) == p + 2 * PAGE);
	EXPECT_EQ(p[2 * PAGE - 1], 1);
	EXPECT_EQ(p[2 * PAGE], 0);
	EXPECT_EQ(p[5 * PAGE - 1], 0);
	EXPECT_EQ(p[5 * PAGE], 1);
	unmap_pages(p, 8);
}

static void noreplace_does_not(void)
{
	char *p = map_pages(8);

	EXPECT_ERRNO(map_at(p + 7 * PAGE, 2 * PAGE, MAP_FIXED_NOREPLACE),
		     EEXIST);
	unmap_pages(p, 8);
	EXPECT(map_at(p, PAGE, MAP_FIXED_NOREPLACE) == p);
	unmap_pages(p, 1);
}

static void two_mappings_are_apart(void)
{
	char *p = map_pages(1), *q = map_pages(1);

	*p = 1;
	*q = 2;
	EXPECT_EQ(*p, 1);
	unmap_pages(p, 1);
	EXPECT_EQ(*q, 2);
	unmap_pages(q, 1);
}

static void touch(void *p)
{
	*(volatile char *)p = 1;
}

static void a_hole_kills(void)
{
	char *p = map_pages(3);

	EXPECT_OK(munmap(p + PAGE, PAGE));
	EXPECT_SIGNAL(touch, p + PAGE, 11);
	EXPECT_EXIT(touch, p, 0);
	EXPECT_EXIT(touch, p + 2 * PAGE, 0);
	EXPECT_OK(munmap(p, 3 * PAGE)); /* over the hole */
	EXPECT_SIGNAL(touch, p, 11);
}

static void munmap_refuses_bad_arguments(void)
{
	char *p = map_pages(2);

	EXPECT_ERRNO(munmap(p + 1, PAGE), EINVAL);
	EXPECT_ERRNO(munmap(p, 0), EINVAL);
	EXPECT_ERRNO(munmap((void *)TOP, 2 * PAGE), EINVAL);
	EXPECT_ERRNO(munmap(p, ~0ul), EINVAL);
	EXPECT_OK(munmap(p, 1));    /* rounded up */
	EXPECT_OK(munmap(p, PAGE)); /* nothing there */
	unmap_pages(p + PAGE, 1);
}

static void page_zero_is_out_of_reach(void)
{
	EXPECT_SIGNAL(touch, NULL, 11);
	EXPECT_SIGNAL(touch, (void *)0xfff, 11);
}

static void populate_brings_all_pages(void)
{
	char *p = map_at(NULL, 32 * PAGE, MAP_POPULATE);
	u8 present[32];

	REQUIRE(p != MAP_FAILED);
	EXPECT_OK(mincore(p, 32 * PAGE, present));
	for (int i = 0; i < 32; i++)
		EXPECT(present[i] & 1);
	unmap_pages(p, 32);
}

static void shared_memory_is_shared(void *arg)
{
	((volatile char *)arg)[PAGE] = 42;
}

static void shared_anonymous_survives_fork(void)
{
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	EXPECT_EXIT(shared_memory_is_shared, p, 0);
	EXPECT_EQ(p[PAGE], 42);
	EXPECT_EQ(p[0], 0);
	unmap_pages(p, 2);
}

static void many_mappings_fit(void)
{
	static char *p[1000];

	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = mmap(NULL, 2 * PAGE, i % 2 ? RW : PROT_READ, ANON, -1, 0);
		EXPECT(p[i] != MAP_FAILED);
		EXPECT_OK(munmap(p[i] + PAGE, PAGE));
	}
	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		EXPECT_EQ(p[i][5], 0);
	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		unmap_pages(p[i], 1);
}

/* 64 GiB, a page in each GiB: page tables only where something is. */
static void sparse_memory_costs_little(void)
{
	size_t size = 64 * GIB;
	char *p = map_at(NULL, size, MAP_NORESERVE);

	REQUIRE(p != MAP_FAILED);
	for (size_t i = 0; i < size; i += GIB)
		p[i] = (char)(i / GIB);
	for (size_t i = 0; i < size; i += GIB)
		EXPECT_EQ(p[i], i / GIB);
	EXPECT_OK(munmap(p, size));
}

PROGRAM(CASE(new_memory_is_zero), CASE(bad_arguments_are_refused),
	CASE(absurd_sizes_are_refused), CASE(a_free_hint_is_taken),
	CASE(a_used_hint_is_not), CASE(fixed_replaces_what_was_there),
	CASE(noreplace_does_not), CASE(two_mappings_are_apart),
	CASE(a_hole_kills), CASE(munmap_refuses_bad_arguments),
	CASE(page_zero_is_out_of_reach), CASE(populate_brings_all_pages),
	CASE(shared_anonymous_survives_fork), CASE(many_mappings_fit),
	CASE(sparse_memory_costs_little))
