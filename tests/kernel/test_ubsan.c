// SPDX-License-Identifier: MIT
/*
 * Every check of a kernel by `make UBSAN=1` is made to fail once. Values come
 * through volatile variables, so that no compiler knows them before.
 */
#include <kernel/test.h>
#include <kernel/thread.h>
#include <kernel/ubsan.h>

static volatile s32 int_max = 0x7fffffff, int_min = -0x7fffffff - 1;
static volatile s32 zero, minus_one = -1, forty = 40;
static volatile u64 sink;

/* The words are what GCC and clang both say. */

#define EXPECT_FOUND(kind, words)                                           \
	do {                                                                \
		const char *text;                                           \
		EXPECT_EQ(ubsan_take(&text), kind);                         \
		if (!strstr(text, words))                                   \
			test_fail(t, __FILE__, __LINE__, "no '%s' in '%s'", \
				  words, text);                             \
	} while (0)

TEST(ubsan, finds_overflow_of_each_operation)
{
	ubsan_expect(false);
	sink = (u64)(int_max + forty);
	EXPECT_FOUND(UBSAN_OVERFLOW, "2147483647 + 40 does not fit 'int'");
	ubsan_expect(false);
	sink = (u64)(int_min - forty);
	EXPECT_FOUND(UBSAN_OVERFLOW, "-2147483648 - 40 does not fit 'int'");
	ubsan_expect(false);
	sink = (u64)(int_max * forty);
	EXPECT_FOUND(UBSAN_OVERFLOW, "2147483647 * 40 does not fit 'int'");
	ubsan_expect(false);
	sink = (u64)-int_min;
	EXPECT_FOUND(UBSAN_OVERFLOW, "-(-2147483648) does not fit");
}

static int divide_by_zero(void *arg __unused)
{
	ubsan_expect(true);
	return int_max / zero;
}

/* The finding comes first; then the CPU would trap. */
static void run_thread(struct test *t, int (*fn)(void *arg))
{
	struct thread *thread = kthread_run(fn, NULL, "ubsan");

	ASSERT_TRUE(thread);
	kthread_join(thread);
}

TEST(ubsan, finds_division_by_zero)
{
	run_thread(t, divide_by_zero);
	EXPECT_FOUND(UBSAN_DIVISION, "2147483647 by 0, type 'int'");
}

TEST(ubsan, finds_shifts)
{
	ubsan_expect(false);
	sink = (u64)(1 << forty);
	EXPECT_FOUND(UBSAN_SHIFT, "by 40");
	ubsan_expect(false);
	sink = (u64)(1 >> minus_one);
	EXPECT_FOUND(UBSAN_SHIFT, "by -1");
}

TEST(ubsan, finds_index_out_of_bounds)
{
	static struct {
		u32 inside[4];
		u32 behind[60];
	} s;

	ubsan_expect(false);
	sink = s.inside[forty];
	EXPECT_FOUND(UBSAN_BOUNDS, "[40] of 'u32");
}

struct pair {
	u64 first, second;
};

static struct pair *volatile no_pair;

static int load_null(void *arg __unused)
{
	ubsan_expect(true);
	return (int)no_pair->second;
}

TEST(ubsan, finds_null)
{
	run_thread(t, load_null);
	EXPECT_FOUND(UBSAN_NULL, "'struct pair'");
}

TEST(ubsan, finds_misaligned_access)
{
	static u64 words[2];
	u64 *volatile odd = (u64 *)((char *)words + 3);

	ubsan_expect(false);
	sink = *odd;
	EXPECT_FOUND(UBSAN_ALIGNMENT, "alignment 8");
}

/* By a pointer, which has no bounds of its own; but what it points to has. */
TEST(ubsan, finds_object_that_is_too_small)
{
	static u8 object[16];
	const u8 *p = object;

#ifdef __clang__
	SKIP("clang looks at offsets that it knows");
#endif
	ubsan_expect(false);
	sink = p[forty];
	EXPECT_FOUND(UBSAN_OBJECT_SIZE, "u8'");
}

TEST(ubsan, finds_bool_that_is_none)
{
	static volatile u8 byte = 7;
	volatile bool *flag = (volatile bool *)&byte;

	ubsan_expect(false);
	sink = *flag;
	EXPECT_FOUND(UBSAN_BAD_VALUE, "7 is none of");
}

TEST(ubsan, finds_pointer_overflow)
{
	char *volatile base = (char *)0xfffffffffffffff0UL;

	ubsan_expect(false);
	sink = (u64)(base + forty);
	EXPECT_FOUND(UBSAN_POINTER, "from 0xfffffffffffffff0 to 0x18");
}

static __attribute__((nonnull)) __noinline void wants_some(const u64 *p)
{
	sink = (u64)p;
}

TEST(ubsan, finds_null_argument)
{
	u64 *volatile null = NULL;

	ubsan_expect(false);
	wants_some(null);
	EXPECT_FOUND(UBSAN_NONNULL, "argument");
}

static __attribute__((returns_nonnull)) __noinline u64 *gives_some(void)
{
	u64 *volatile null = NULL;

	return null;
}

TEST(ubsan, finds_null_value)
{
	ubsan_expect(false);
	sink = (u64)gives_some();
	EXPECT_FOUND(UBSAN_NONNULL, "value of a function");
}

TEST(ubsan, finds_builtin_without_an_answer)
{
	ubsan_expect(false);
	sink = (u64)__builtin_ctz((u32)zero);
	EXPECT_FOUND(UBSAN_BUILTIN, "ctz");
	ubsan_expect(false);
	sink = (u64)__builtin_clz((u32)zero);
	EXPECT_FOUND(UBSAN_BUILTIN, "clz");
}

static int reach_unreachable(void *arg __unused)
{
	ubsan_expect(true);
	if (!zero)
		__builtin_unreachable();
	return 0;
}

TEST(ubsan, finds_unreachable_code_reached)
{
	run_thread(t, reach_unreachable);
	EXPECT_FOUND(UBSAN_UNREACHABLE, "left out");
}
