// SPDX-License-Identifier: MIT
/*
 * Processes from the kernel's side: spawned, waited for, killed; and every
 * allocation on their way failing once.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/process.h>
#include <kernel/smp.h>

#include "../free_frames.h"
#include "../thread_fixture.h"
#include "mini_elf.h"

#define PATH "/tmp/mini"

/* exit_group(42) */
static const u8 code_exit[] = { 0xb8, 231, 0, 0, 0, 0xbf, 42,
				0,    0,   0, 0x0f, 0x05 };

/* for (;;) sched_yield() */
static const u8 code_yield[] = { 0xb8, 24, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7 };

/* fork; the child: exit 42; the parent: wait, exit 0; no child: exit 43 */
static const u8 code_fork[] = {
	0xb8, 57,   0,	  0,	0,    0x0f, 0x05,	   /* fork */
	0x85, 0xc0, 0x78, 0x20, 0x74, 0x17,		   /* js, jz */
	0xbf, 0xff, 0xff, 0xff, 0xff, 0x31, 0xf6,	   /* any child */
	0x31, 0xd2, 0x45, 0x31, 0xd2, 0xb8, 61,	  0, 0, 0, /* wait4 */
	0x0f, 0x05, 0x31, 0xff, 0xeb, 0x0c,		   /* exit 0 */
	0xbf, 42,   0,	  0,	0,    0xeb, 0x05,	   /* exit 42 */
	0xbf, 43,   0,	  0,	0,			   /* exit 43 */
	0xb8, 231,  0,	  0,	0,    0x0f, 0x05,
};

/* mov [8], al */
static const u8 code_crash[] = { 0x88, 0x04, 0x25, 8, 0, 0, 0 };

static u8 file[MINI_MAX];

static bool write_program(const u8 *code, u64 len)
{
	return mini_write(PATH, file, mini_elf(file, code, len));
}

static s64 spawn(void)
{
	static const char *const argv[] = { PATH, "argument", NULL };
	static const char *const envp[] = { "NAME=value", NULL };

	return process_spawn(argv, envp, true);
}

/* Its status; below 0: it couldn't be started. */
static s64 run(void)
{
	s64 pid = spawn();
	s32 status = -1;

	if (pid < 0)
		return pid;
	return process_wait((u32)pid, &status) ? -ECHILD : status;
}

static void settle(void)
{
	/* The last thread is on its way out when its status is known. */
	(void)sleep_until(!nr_processes());
}

TEST(process, exit_status_is_told_once)
{
	s64 pid;
	s32 status = 0;

	ASSERT_TRUE(write_program(code_exit, sizeof(code_exit)));
	pid = spawn();
	ASSERT_TRUE(pid > 0);
	EXPECT_EQ(process_wait((u32)pid, &status), 0);
	EXPECT_EQ(status, 42 << 8);
	EXPECT_EQ(process_wait((u32)pid, &status), -ECHILD);
	EXPECT_EQ(process_kill((u32)pid, SIGTERM), -ESRCH);
	EXPECT_EQ(process_check(), 0);
}

TEST(process, signals_end_it_wherever_it_is)
{
	ASSERT_TRUE(write_program(code_yield, sizeof(code_yield)));
	for (u32 round = 0; round < 20; round++) {
		s64 pid = spawn();
		s32 status = 0;

		ASSERT_TRUE(pid > 0);
		if (round % 2)
			msleep(8);
		EXPECT_EQ(process_kill((u32)pid, SIGWINCH), 0); /* ignored */
		EXPECT_EQ(process_kill((u32)pid, SIGTERM), 0);
		EXPECT_EQ(process_wait((u32)pid, &status), 0);
		EXPECT_EQ(status, SIGTERM);
	}
	EXPECT_EQ(process_check(), 0);
}

TEST(process, stops_and_goes_on)
{
	struct process *p;
	s64 pid;
	s32 status = 0;

	ASSERT_TRUE(write_program(code_yield, sizeof(code_yield)));
	pid = spawn();
	ASSERT_TRUE(pid > 0);
	EXPECT_EQ(process_kill((u32)pid, SIGSTOP), 0);
	EXPECT_EQ(do_wait4(&init_process, pid, WUNTRACED, &status), pid);
	EXPECT_EQ(status, 0x7f | SIGSTOP << 8);
	p = process_find((u32)pid);
	ASSERT_TRUE(p);
	EXPECT_EQ(process_state(p), 'T');
	EXPECT_EQ(process_kill((u32)pid, SIGCONT), 0);
	EXPECT_TRUE(process_state(p) != 'T');
	process_put(p);
	EXPECT_EQ(process_kill((u32)pid, SIGKILL), 0);
	EXPECT_EQ(process_wait((u32)pid, &status), 0);
	EXPECT_EQ(status, SIGKILL);
}

TEST(process, a_bad_access_is_a_signal)
{
	ASSERT_TRUE(write_program(code_crash, sizeof(code_crash)));
	EXPECT_EQ(run(), SIGSEGV);
}

TEST(process, a_bad_file_is_refused)
{
	u64 size;

	ASSERT_TRUE(write_program(code_exit, sizeof(code_exit)));
	size = mini_elf(file, code_exit, sizeof(code_exit));
	for (u32 at = 0; at < 64; at++) {
		u8 old = file[at];

		/* Padding, and what nobody looks at. */
		if ((at >= 7 && at < 16) || (at >= 40 && at < 54) || at >= 58)
			continue;
		file[at] ^= 0x55;
		ASSERT_TRUE(mini_write(PATH, file, size));
		/* An entry elsewhere is a program that crashes. */
		if (at < 24 || at >= 32)
			EXPECT_EQ(run(), -ENOEXEC);
		file[at] = old;
	}
	ASSERT_TRUE(mini_write(PATH, file, 63));
	EXPECT_EQ(run(), -ENOEXEC);
	EXPECT_EQ(process_check(), 0);
}

/* --- every allocation fails once --- */

static const char *const points[] = {
	"fail_page_alloc", "kmem_cache_alloc",	 "fail_vmalloc",
	"pte_alloc_one",   "anon_vma_alloc",	 "anon_vma_chain_alloc",
	"fault_alloc_page", "files_alloc",	 "file_alloc",
};

/*
 * A CPU may go on with the tables of a program that has ended, lazily: a page
 * and a record each. So a leak is found by doing things several times. Each CPU
 * may do so or not at both times, and the last record may need a slab.
 */
#define REPEAT 4

static u64 lazy_slack(void)
{
	return 2 * num_online_cpus() + 1;
}

static bool nothing_lost(struct test *t, u64 before)
{
	for (u32 i = 0; i < PATIENCE_MS / 20; i++) {
		if (free_frames_after_purge() + lazy_slack() >= before)
			return true;
		msleep(20); /* the last threads leave their stacks */
	}
	test_note(t, "%lu frames of %lu are there", free_frames_after_purge(),
		  before);
	return false;
}

/* Fails at the nth time that it comes there; false: it doesn't so often. */
static bool fail_at(struct test *t, struct point *point, u32 nth)
{
	u32 left;
	s64 result;

	point_fail_nth(point->name, nth);
	result = run();
	settle();
	left = READ_ONCE(point->fail_at); /* counts on beyond 0 */
	point_disable(point->name);
	if (result < 0)
		EXPECT_EQ(result, -ENOMEM);
	EXPECT_EQ(process_check(), 0);
	EXPECT_EQ(nr_processes(), 0);
	return !left || left > nth;
}

/* In any way but one that isn't told; and nothing is left behind. */
static void fail_each(struct test *t, const char *name)
{
	struct point *point = point_find(name);
	u64 before = free_frames_after_purge();
	bool failed = true;
	u32 nth;

	ASSERT_TRUE(point);
	for (nth = 1; failed && nth < 200; nth++)
		for (u32 i = 0; i < REPEAT; i++)
			failed = fail_at(t, point, nth);
	EXPECT_TRUE(nothing_lost(t, before));
	test_note(t, "%s failed at %u places", name, nth - 2);
}

TEST(process, exec_survives_each_failure)
{
	ASSERT_TRUE(write_program(code_exit, sizeof(code_exit)));
	run();
	for (u32 i = 0; i < ARRAY_SIZE(points); i++)
		fail_each(t, points[i]);
}

TEST(process, fork_survives_each_failure)
{
	ASSERT_TRUE(write_program(code_fork, sizeof(code_fork)));
	EXPECT_EQ(run(), 0);
	for (u32 i = 0; i < ARRAY_SIZE(points); i++)
		fail_each(t, points[i]);
}

TEST(process, hundreds_of_lives_lose_nothing)
{
	u64 before;

	ASSERT_TRUE(write_program(code_fork, sizeof(code_fork)));
	run();
	settle();
	before = free_frames_after_purge();
	for (u32 i = 0; i < 500; i++)
		EXPECT_EQ(run(), 0);
	settle();
	EXPECT_TRUE(nothing_lost(t, before));
	EXPECT_EQ(process_check(), 0);
}
