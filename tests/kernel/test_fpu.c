// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_fpu.c - SSE registers that stay a thread's own
 *
 * The compiler uses none of them in the kernel, so between two of the asm
 * statements below only switches touch them. On the host the compiler does, and
 * there is nothing of ours to test.
 */
#include <kernel/fpu.h>
#include <kernel/smp.h>
#include <arch/fpu.h>

#include "thread_fixture.h"

#define NR_XMM	     16
#define NR_YMM_BYTES 32
#define AVX_SIZE     832 /* of an area with room for the upper halves */
#define MXCSR_FRESH  0x1f80u
#define FCW_FRESH    0x37fu

struct regs {
	u8 ymm[NR_XMM][NR_YMM_BYTES]; /* without AVX the lower halves */
	u32 mxcsr;
	u16 fcw;
};

static bool has_avx(void)
{
	return arch_fpu_size() >= AVX_SIZE;
}

#define FOR_EACH_XMM(op)                                                      \
	do {                                                                  \
		op(0); op(1); op(2); op(3); op(4); op(5); op(6); op(7);       \
		op(8); op(9); op(10); op(11); op(12); op(13); op(14); op(15); \
	} while (0)

#define LOAD_XMM(n) \
	__asm__ __volatile__("movdqu %0, %%xmm" #n ::"m"(r->ymm[n]))
#define LOAD_YMM(n) \
	__asm__ __volatile__("vmovdqu %0, %%ymm" #n ::"m"(r->ymm[n]))
#define STORE_XMM(n) \
	__asm__ __volatile__("movdqu %%xmm" #n ", %0" : "=m"(r->ymm[n]))
#define STORE_YMM(n) \
	__asm__ __volatile__("vmovdqu %%ymm" #n ", %0" : "=m"(r->ymm[n]))

static void load(const struct regs *r)
{
	if (has_avx())
		FOR_EACH_XMM(LOAD_YMM);
	else
		FOR_EACH_XMM(LOAD_XMM);
	__asm__ __volatile__("ldmxcsr %0" ::"m"(r->mxcsr));
	__asm__ __volatile__("fldcw %0" ::"m"(r->fcw));
}

static void store(struct regs *r)
{
	memset(r, 0, sizeof(*r));
	if (has_avx())
		FOR_EACH_XMM(STORE_YMM);
	else
		FOR_EACH_XMM(STORE_XMM);
	__asm__ __volatile__("stmxcsr %0" : "=m"(r->mxcsr));
	__asm__ __volatile__("fnstcw %0" : "=m"(r->fcw));
}

/* Rounding modes are part of the state, too. */
static void make_pattern(struct regs *r, u32 id, u32 round)
{
	u32 bytes = has_avx() ? NR_YMM_BYTES : NR_YMM_BYTES / 2;

	memset(r, 0, sizeof(*r));
	for (u32 i = 0; i < NR_XMM; i++)
		for (u32 b = 0; b < bytes; b++)
			r->ymm[i][b] = (u8)(id * 64 + round * 5 + i * 17 + b);
	r->mxcsr = MXCSR_FRESH | (id & 3) << 13;
	r->fcw = (u16)(FCW_FRESH | (id & 3) << 10);
}

static bool same(const struct regs *a, const struct regs *b)
{
	return !memcmp(a->ymm, b->ymm, sizeof(a->ymm)) &&
	       a->mxcsr == b->mxcsr && a->fcw == b->fcw;
}

/* --- fresh, copied --- */

TEST(fpu, a_fresh_state_is_zero_and_masks_exceptions)
{
	struct regs zero = { .mxcsr = MXCSR_FRESH, .fcw = FCW_FRESH }, found;

	if (!arch_fpu_size())
		SKIP("the port keeps no registers");
	make_pattern(&found, 1, 1);
	load(&found); /* what somebody else left */
	ASSERT_EQ(fpu_attach(current), 0);
	store(&found);
	EXPECT_TRUE(same(&found, &zero));
	fpu_detach(current);
}

static int compare_with(void *expected)
{
	struct regs found;

	store(&found);
	fpu_detach(current);
	return same(&found, expected);
}

TEST(fpu, a_child_begins_with_a_copy)
{
	struct regs mine, found;
	struct thread *child;

	if (!arch_fpu_size())
		SKIP("the port keeps no registers");
	make_pattern(&mine, 2, 7);
	ASSERT_EQ(fpu_attach(current), 0);
	child = kthread_create(compare_with, &mine, "child");
	load(&mine);
	EXPECT_EQ(child ? fpu_copy(child) : -1, 0);
	if (child) {
		wake_up_thread(child);
		EXPECT_EQ(kthread_join(child), 1);
	}
	store(&found);
	EXPECT_TRUE(same(&found, &mine));
	fpu_detach(current);
}

/* On every port: a thread without a state has nothing to give or to drop. */
TEST(fpu, without_a_state_nothing_is_copied)
{
	struct thread *child = kthread_create(compare_with, NULL, "child");

	ASSERT_TRUE(child);
	EXPECT_EQ(fpu_copy(child), 0);
	EXPECT_TRUE(!child->fpu);
	fpu_detach(child);
	kthread_stop(child);
}

/* --- switched and moved --- */

#define NR_ROUNDS 60

static u64 cpus_seen;

/* Preempted while it spins, switched by yield(), moved to the next CPU. */
static void be_disturbed(u32 round)
{
	u32 cpu;

	spin_ms(round % 8 ? 0 : 14);
	for (u32 i = 0; i < 5; i++)
		yield();
	cpu = next_online_cpu(smp_processor_id() + 1);
	set_cpus_allowed(current, 1UL << (cpu < MAX_CPUS ? cpu : 0));
	__atomic_or_fetch(&cpus_seen, 1UL << smp_processor_id(),
			  __ATOMIC_RELAXED);
}

static int keep_pattern(void *arg)
{
	struct regs pattern, found;
	int wrong = 0;

	if (fpu_attach(current))
		return -1;
	for (u32 round = 0; round < NR_ROUNDS; round++) {
		make_pattern(&pattern, (u32)(u64)arg, round);
		load(&pattern);
		be_disturbed(round);
		store(&found);
		wrong += !same(&found, &pattern);
	}
	fpu_detach(current);
	return wrong;
}

TEST(fpu, registers_follow_their_thread)
{
	struct thread *threads[5];

	if (!arch_fpu_size())
		SKIP("the port keeps no registers");
	cpus_seen = 0;
	for (u32 i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i] = kthread_run(keep_pattern, (void *)(u64)i, "sse");
		ASSERT_TRUE(threads[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(threads); i++)
		EXPECT_EQ(kthread_join(threads[i]), 0);
	EXPECT_EQ(cpus_seen, cpu_online_mask());
	test_note(t, "areas of %u bytes%s", arch_fpu_size(),
		  has_avx() ? ", AVX" : "");
}
