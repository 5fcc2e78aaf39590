/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/test.h - self-tests: the same source in the kernel and on the
 * host
 *
 *	TEST(memblock, add_merges_neighbours)
 *	{
 *		...
 *		EXPECT_EQ(mb.memory.cnt, 1);
 *	}
 *
 * A suite is named for the file it tests, a case for the behaviour. EXPECT_*
 * notes a failure with both values and goes on; ASSERT_* also leaves the test
 * function it stands in. SKIP(reason) ends the case as skipped.
 *
 * TEST_ON_REQUEST: a case that is meant to fail. It runs if the glob begins
 * with the name of its suite.
 *
 * Context  cases run one after another on the boot CPU, interrupts on; they
 *          may sleep and must give back all that they took
 * Output   KTAP version 1, a subtest for each suite
 */
#pragma once

#include <kernel/types.h>
#include <kernel/string.h>

struct test;

struct test_case {
	const char *suite;
	const char *name;
	void (*fn)(struct test *t);
	bool on_request;
};

enum test_status { TEST_PASSED, TEST_FAILED, TEST_SKIPPED };

/* Put into the section that the runner walks, aligned as the linker packs. */
#define __TEST(suite_, name_, on_request_)                                \
	static void test_##suite_##_##name_(struct test *t);              \
	static const struct test_case test_case_##suite_##_##name_ __used \
		__section("test_cases") __aligned(8) = {                  \
			.suite = #suite_,                                 \
			.name = #name_,                                   \
			.fn = test_##suite_##_##name_,                    \
			.on_request = on_request_,                        \
		};                                                        \
	static void test_##suite_##_##name_(struct test *t __unused)
#define TEST(suite, name)	     __TEST(suite, name, false)
#define TEST_ON_REQUEST(suite, name) __TEST(suite, name, true)

/*
 * Run the cases whose "suite.case" (or suite) matches one of "glob,glob,...",
 * print KTAP; returns the number of cases that failed, or -1 if none matched.
 */
int test_run(const char *glob);

/* How many times as much as in the kernel long tests do: the host 10. */
u32 test_scale(void);

void test_fail(struct test *t, const char *file, int line, const char *fmt, ...)
	__printf(4, 5);
void test_skip(struct test *t, const char *reason);
/* A line of diagnostics, "# text", shown with the case. */
void test_note(struct test *t, const char *fmt, ...) __printf(2, 3);

bool test_expect_int(struct test *t, const char *file, int line, const char *op,
		     const char *a_text, const char *b_text, s64 a, s64 b,
		     bool ok);
bool test_expect_str(struct test *t, const char *file, int line,
		     const char *a_text, const char *b_text, const char *a,
		     const char *b);

#define TEST_CMP(a, op, b)                                                   \
	({                                                                   \
		__typeof__(a) _a = (a);                                      \
		__typeof__(b) _b = (b);                                      \
		test_expect_int(t, __FILE__, __LINE__, #op, #a, #b, (s64)_a, \
				(s64)_b, _a op _b);                          \
	})
#define TEST_BOOL(cond)                                                         \
	({                                                                      \
		bool _ok = !!(cond);                                            \
		if (!_ok)                                                       \
			test_fail(t, __FILE__, __LINE__, "%s is false", #cond); \
		_ok;                                                            \
	})

#define EXPECT_EQ(a, b)	   ((void)TEST_CMP(a, ==, b))
#define EXPECT_NE(a, b)	   ((void)TEST_CMP(a, !=, b))
#define EXPECT_LT(a, b)	   ((void)TEST_CMP(a, <, b))
#define EXPECT_LE(a, b)	   ((void)TEST_CMP(a, <=, b))
#define EXPECT_GT(a, b)	   ((void)TEST_CMP(a, >, b))
#define EXPECT_GE(a, b)	   ((void)TEST_CMP(a, >=, b))
#define EXPECT_TRUE(cond)  ((void)TEST_BOOL(cond))
#define EXPECT_FALSE(cond) ((void)TEST_BOOL(!(cond)))
#define EXPECT_STREQ(a, b) \
	((void)test_expect_str(t, __FILE__, __LINE__, #a, #b, a, b))

#define ASSERT_EQ(a, b)                  \
	do {                             \
		if (!TEST_CMP(a, ==, b)) \
			return;          \
	} while (0)
#define ASSERT_TRUE(cond)             \
	do {                          \
		if (!TEST_BOOL(cond)) \
			return;       \
	} while (0)
#define SKIP(reason)                  \
	do {                          \
		test_skip(t, reason); \
		return;               \
	} while (0)
