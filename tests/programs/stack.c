// SPDX-License-Identifier: MIT
/*
 * tests/programs/stack.c - the stack grows by faults, up to its limit
 */
#include "program.h"
#include <signal.h>
#include <sys/resource.h>

/* Uses about a page a level and checks it on the way back. */
static __attribute__((noinline)) bool descend(size_t levels)
{
	volatile char frame[PAGE];
	bool good = true;

	frame[0] = (char)levels;
	frame[PAGE - 1] = (char)(levels + 1);
	if (levels)
		good = descend(levels - 1);
	return good && frame[0] == (char)levels &&
	       frame[PAGE - 1] == (char)(levels + 1);
}

static void it_grows_by_megabytes(void)
{
	EXPECT(descend(1000)); /* 4 MiB of 8 */
	EXPECT(descend(1500));
}

static void overrun(void *arg)
{
	(void)arg;
	_exit(descend(1000000));
}

static void overrun_kills(void)
{
	EXPECT_SIGNAL(overrun, NULL, SIGSEGV);
}

static void limit_and_overrun(void *arg)
{
	struct rlimit limit = { 1 * MIB, 1 * MIB };

	(void)arg;
	EXPECT_OK(setrlimit(RLIMIT_STACK, &limit));
	_exit(descend(600));
}

static void a_lower_limit_counts_at_once(void)
{
	EXPECT_SIGNAL(limit_and_overrun, NULL, SIGSEGV);
	EXPECT(descend(600)); /* ours is as it was */
}

static void touch_far_below(void *arg)
{
	volatile u64 here = (u64)&here;

	(void)arg;
	*(volatile char *)(here - GIB) = 1;
}

static void far_below_is_no_stack(void)
{
	EXPECT_SIGNAL(touch_far_below, NULL, SIGSEGV);
}

/* A large frame, lowest address first: still the stack, no matter where
 * rsp is. */
static void one_large_step_is_allowed(void)
{
	volatile char frame[1 * MIB];

	frame[0] = 1;
	frame[sizeof(frame) - 1] = 2;
	EXPECT_EQ(frame[0] + frame[sizeof(frame) - 1], 3);
}

static void execute_stack(void *arg)
{
	/* mov eax, 0; ret */
	static const u8 code[] = { 0xb8, 0, 0, 0, 0, 0xc3 };
	volatile u8 copy[sizeof(code)];

	(void)arg;
	for (size_t i = 0; i < sizeof(code); i++)
		copy[i] = code[i];
	((void (*)(void))(u64)copy)();
}

static void it_is_not_executed(void)
{
	EXPECT_SIGNAL(execute_stack, NULL, SIGSEGV);
}

/* The limit first: what has grown stays. */
PROGRAM(CASE(a_lower_limit_counts_at_once), CASE(it_grows_by_megabytes),
	CASE(overrun_kills), CASE(far_below_is_no_stack),
	CASE(one_large_step_is_allowed), CASE(it_is_not_executed))
