// SPDX-License-Identifier: MIT
/*
 * tests/programs/madvise.c - madvise, mincore, mlock: pages that come and go
 */
#include "program.h"
#include <sys/resource.h>

#define ALL 0xffff /* of 16 pages */

/* Bit i: is page i of 16 present? */
static u32 present(void *p)
{
	u8 answer[16];
	u32 bits = 0;

	if (mincore(p, sizeof(answer) * PAGE, answer))
		return ~0u;
	for (size_t i = 0; i < sizeof(answer); i++)
		bits |= (answer[i] & 1u) << i;
	return bits;
}

static char *small_pages(size_t nr)
{
	char *p = map_pages(nr);

	madvise(p, nr * PAGE, MADV_NOHUGEPAGE);
	return p;
}

static void mincore_sees_what_was_touched(void)
{
	char *p = small_pages(16);

	EXPECT_EQ(present(p), 0);
	p[3 * PAGE] = 1;
	p[15 * PAGE] = 1;
	EXPECT_EQ(present(p), 1 << 3 | 1 << 15);
	unmap_pages(p, 16);
}

static void mincore_refuses_bad_arguments(void)
{
	char *p = small_pages(3);
	u8 answer[3];

	EXPECT_ERRNO(mincore(p + 1, PAGE, answer), EINVAL);
	EXPECT_ERRNO(mincore(p, PAGE, (u8 *)8), EFAULT);
	EXPECT_OK(munmap(p + PAGE, PAGE));
	EXPECT_ERRNO(mincore(p, 3 * PAGE, answer), ENOMEM);
	EXPECT_OK(mincore(p, 0, answer));
	unmap_pages(p, 3);
}

static void dontneed_forgets(void)
{
	char *p = small_pages(16);

	memset(p, 1, 16 * PAGE);
	EXPECT_OK(madvise(p + 4 * PAGE, 8 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(present(p), ALL & ~(0xff << 4));
	EXPECT_EQ(p[4 * PAGE - 1], 1);
	EXPECT_EQ(p[4 * PAGE], 0);
	EXPECT_EQ(p[12 * PAGE - 1], 0);
	EXPECT_EQ(p[12 * PAGE], 1);
	unmap_pages(p, 16);
}

static void forget_in_child(void *p)
{
	EXPECT_OK(madvise(p, 16 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(*(char *)p, 0);
}

static void dontneed_of_a_child_is_its_own(void)
{
	char *p = small_pages(16);

	memset(p, 7, 16 * PAGE);
	EXPECT_EXIT(forget_in_child, p, 0);
	EXPECT_EQ(p[0], 7);
	EXPECT_EQ(p[15 * PAGE], 7);
	unmap_pages(p, 16);
}

static void populate_write_brings_pages(void)
{
	char *p = small_pages(16);

	EXPECT_OK(madvise(p + PAGE, 8 * PAGE, MADV_POPULATE_WRITE));
	EXPECT_EQ(present(p), 0xff << 1);
	EXPECT_EQ(p[PAGE], 0);
	/* Where something is, it stays. */
	p[PAGE] = 3;
	EXPECT_OK(madvise(p, 16 * PAGE, MADV_POPULATE_WRITE));
	EXPECT_EQ(present(p), ALL);
	EXPECT_EQ(p[PAGE], 3);
	unmap_pages(p, 16);
}

static void populate_read_brings_pages(void)
{
	char *p = small_pages(16);

	EXPECT_OK(madvise(p, 16 * PAGE, MADV_POPULATE_READ));
	EXPECT_EQ(present(p), ALL);
	EXPECT_OK(mprotect(p, 16 * PAGE, PROT_READ));
	EXPECT_ERRNO(madvise(p, 16 * PAGE, MADV_POPULATE_WRITE), EINVAL);
	EXPECT_OK(mprotect(p, 16 * PAGE, PROT_NONE));
	EXPECT_ERRNO(madvise(p, 16 * PAGE, MADV_POPULATE_READ), EINVAL);
	unmap_pages(p, 16);
}

static void hints_change_nothing(void)
{
	static const int hints[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL,
				     MADV_WILLNEED, MADV_NOHUGEPAGE };
	char *p = small_pages(16);

	memset(p, 1, 16 * PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		EXPECT_OK(madvise(p, 16 * PAGE, hints[i]));
	EXPECT_EQ(p[5 * PAGE + 5], 1);
	unmap_pages(p, 16);
}

static void madvise_refuses_bad_arguments(void)
{
	char *p = small_pages(3);

	EXPECT_ERRNO(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	EXPECT_ERRNO(madvise(p, PAGE, 12345), EINVAL);
	EXPECT_ERRNO(madvise(p, ~0ul, MADV_DONTNEED), EINVAL);
	EXPECT_OK(madvise(p, 0, MADV_DONTNEED));
	p[2 * PAGE] = 1;
	EXPECT_OK(munmap(p + PAGE, PAGE));
	/* It goes on behind the hole, and tells of it. */
	EXPECT_ERRNO(madvise(p, 3 * PAGE, MADV_DONTNEED), ENOMEM);
	EXPECT_EQ(p[2 * PAGE], 0);
	EXPECT_ERRNO(madvise(p, 3 * PAGE, MADV_POPULATE_WRITE), ENOMEM);
	unmap_pages(p, 3);
}

/* --- mlock --- */

static void mlock_brings_pages_and_keeps_them(void)
{
	char *p = small_pages(16);

	EXPECT_OK(mlock(p, 16 * PAGE));
	EXPECT_EQ(present(p), ALL);
	EXPECT_ERRNO(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
	EXPECT_OK(munlock(p, 16 * PAGE));
	EXPECT_OK(madvise(p, PAGE, MADV_DONTNEED));
	EXPECT_EQ(present(p), ALL & ~1);
	unmap_pages(p, 16);
}

static void mlock_rounds_and_refuses(void)
{
	char *p = small_pages(16);

	EXPECT_OK(mlock(p + PAGE + 5, 1));
	EXPECT_EQ(present(p), 1 << 1);
	EXPECT_OK(munmap(p + 8 * PAGE, PAGE));
	EXPECT_ERRNO(mlock(p, 16 * PAGE), ENOMEM);
	EXPECT_ERRNO(munlock(p, 16 * PAGE), ENOMEM);
	unmap_pages(p, 16);
}

static void mlockall_reaches_the_future(void)
{
	char *p;

	REQUIRE(!mlockall(MCL_FUTURE));
	p = map_pages(16);
	EXPECT_EQ(present(p), ALL);
	EXPECT_OK(munlockall());
	unmap_pages(p, 16);
	p = small_pages(16);
	EXPECT_EQ(present(p), 0);
	EXPECT_ERRNO(mlockall(0), EINVAL);
	EXPECT_ERRNO(mlockall(0x80), EINVAL);
	unmap_pages(p, 16);
}

PROGRAM(CASE(mincore_sees_what_was_touched), CASE(mincore_refuses_bad_arguments),
	CASE(dontneed_forgets), CASE(dontneed_of_a_child_is_its_own),
	CASE(populate_write_brings_pages), CASE(populate_read_brings_pages),
	CASE(hints_change_nothing), CASE(madvise_refuses_bad_arguments),
	CASE(mlock_brings_pages_and_keeps_them), CASE(mlock_rounds_and_refuses),
	CASE(mlockall_reaches_the_future))
