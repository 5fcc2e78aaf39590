// SPDX-License-Identifier: MIT
/*
 * tests/programs/mprotect.c - protections, and what breaking them does
 */
#include "program.h"
#include <signal.h>

#define RW (PROT_READ | PROT_WRITE)

static void write_it(void *p)
{
	*(volatile char *)p = 2;
}

static void read_it(void *p)
{
	(void)*(volatile char *)p;
}

/* mov eax, 42; ret */
static const u8 code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };

static void call_it(void *p)
{
	_exit(((int (*)(void))p)());
}

static void read_only_is_not_written(void)
{
	char *p = map_pages(1);

	*p = 1;
	EXPECT_OK(mprotect(p, PAGE, PROT_READ));
	EXPECT_SIGNAL(write_it, p, SIGSEGV);
	EXPECT_EQ(*p, 1);
	EXPECT_OK(mprotect(p, PAGE, RW));
	*p = 2;
	EXPECT_EQ(*p, 2);
	unmap_pages(p, 1);
}

static void none_is_not_even_read(void)
{
	char *p = map_pages(1);

	*p = 9;
	EXPECT_OK(mprotect(p, PAGE, PROT_NONE));
	EXPECT_SIGNAL(read_it, p, SIGSEGV);
	EXPECT_SIGNAL(write_it, p, SIGSEGV);
	EXPECT_OK(mprotect(p, PAGE, PROT_READ));
	EXPECT_EQ(*p, 9);
	unmap_pages(p, 1);
}

static void never_touched_pages_obey(void)
{
	char *p =
		mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	EXPECT_SIGNAL(read_it, p, SIGSEGV);
	EXPECT_OK(mprotect(p, PAGE, PROT_READ));
	EXPECT_EXIT(read_it, p, 0);
	EXPECT_SIGNAL(write_it, p, SIGSEGV);
	unmap_pages(p, 1);
}

/* The zero page, read before: a write must bring a page of our own. */
static void zero_page_is_not_written(void)
{
	char *p = map_pages(2);

	EXPECT_EQ(p[0], 0);
	EXPECT_EQ(p[PAGE], 0);
	p[0] = 1;
	EXPECT_EQ(p[PAGE], 0);
	EXPECT_EQ(p[1], 0);
	unmap_pages(p, 2);
}

static void data_is_not_executed(void)
{
	u8 *p = map_pages(1);

	memcpy(p, code, sizeof(code));
	EXPECT_SIGNAL(call_it, p, SIGSEGV);
	EXPECT_OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	EXPECT_EXIT(call_it, p, 42);
	EXPECT_OK(mprotect(p, PAGE, PROT_READ));
	EXPECT_SIGNAL(call_it, p, SIGSEGV);
	unmap_pages(p, 1);
}

static void own_code_is_not_written(void)
{
	EXPECT_SIGNAL(write_it, (void *)call_it, SIGSEGV);
}

/* The middle of five: the VMA splits in three, and merges again. */
static void a_part_is_protected_alone(void)
{
	char *p = map_pages(5);

	memset(p, 1, 5 * PAGE);
	EXPECT_OK(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	EXPECT_SIGNAL(write_it, p + 2 * PAGE, SIGSEGV);
	EXPECT_EXIT(write_it, p + 2 * PAGE - 1, 0);
	EXPECT_EXIT(write_it, p + 3 * PAGE, 0);
	EXPECT_OK(mprotect(p, 5 * PAGE, RW));
	EXPECT_EXIT(write_it, p + 2 * PAGE, 0);
	unmap_pages(p, 5);
}

/* musl's rounds the address down. */
static long protect(void *p, size_t size, int protection)
{
	return syscall(SYS_mprotect, p, size, protection);
}

static void bad_arguments_are_refused(void)
{
	char *p = map_pages(3);

	EXPECT_ERRNO(protect(p + 1, PAGE, PROT_READ), EINVAL);
	EXPECT_ERRNO(protect(p, PAGE, 0x40), EINVAL);
	EXPECT_OK(protect(p, 0, PROT_READ));
	*p = 1; /* nothing was done */
	EXPECT_ERRNO(protect(p, ~0ul & ~(PAGE - 1), PROT_READ), ENOMEM);
	EXPECT_OK(munmap(p + PAGE, PAGE));
	EXPECT_ERRNO(protect(p + PAGE, PAGE, PROT_READ), ENOMEM);
	/* Up to the hole it is done. */
	EXPECT_ERRNO(protect(p, 3 * PAGE, PROT_READ), ENOMEM);
	EXPECT_SIGNAL(write_it, p, SIGSEGV);
	EXPECT_EXIT(write_it, p + 2 * PAGE, 0);
	unmap_pages(p, 3);
}

/* A page shared after fork stays apart when it is made writable. */
static void make_writable_and_write(void *p)
{
	EXPECT_OK(mprotect(p, PAGE, RW));
	write_it(p);
	EXPECT_EQ(*(char *)p, 2);
}

static void cow_survives_a_change(void)
{
	char *p = map_pages(1);

	*p = 1;
	EXPECT_OK(mprotect(p, PAGE, PROT_READ));
	EXPECT_EXIT(make_writable_and_write, p, 0);
	EXPECT_EQ(*p, 1);
	EXPECT_OK(mprotect(p, PAGE, RW));
	*p = 3;
	EXPECT_EQ(*p, 3);
	unmap_pages(p, 1);
}

PROGRAM(CASE(read_only_is_not_written), CASE(none_is_not_even_read),
	CASE(never_touched_pages_obey), CASE(zero_page_is_not_written),
	CASE(data_is_not_executed), CASE(own_code_is_not_written),
	CASE(a_part_is_protected_alone), CASE(bad_arguments_are_refused),
	CASE(cow_survives_a_change))
