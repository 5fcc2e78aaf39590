// SPDX-License-Identifier: MIT
#include <kernel/mutex.h>
#include <kernel/smp.h>

#include "thread_fixture.h"

static DEFINE_LOCK_CLASS(class_rw, "test_rwsem", false);
static struct rwsem sem;

/* Equal whenever no writer is in. */
static u64 left, right;
static u32 readers_in, finish;

#define ROUNDS 500u

static int write_some(void *arg __unused)
{
	u32 wrong = 0;

	for (u32 i = 0; i < ROUNDS; i++) {
		down_write(&sem);
		wrong += left != right || READ_ONCE(readers_in);
		left++;
		for (u32 k = 0; k < 50; k++)
			cpu_relax();
		right++;
		up_write(&sem);
		if (i % 16 == 0)
			yield();
	}
	return (int)wrong;
}

static int read_some(void *arg __unused)
{
	u32 wrong = 0;

	for (u32 i = 0; i < ROUNDS; i++) {
		down_read(&sem);
		__atomic_add_fetch(&readers_in, 1, __ATOMIC_SEQ_CST);
		wrong += READ_ONCE(left) != READ_ONCE(right);
		if (i % 16 == 0)
			yield();
		__atomic_sub_fetch(&readers_in, 1, __ATOMIC_SEQ_CST);
		up_read(&sem);
	}
	return (int)wrong;
}

TEST(rwsem, writers_are_alone)
{
	struct thread *threads[2 * MAX_CPUS + 2];
	u32 nr = 2 * num_online_cpus() + 2;

	rwsem_init(&sem, &class_rw);
	left = right = 0;
	readers_in = 0;
	for (u32 i = 0; i < nr; i++) {
		threads[i] = kthread_run(i % 2 ? write_some : read_some, NULL,
					 "rwsem");
		ASSERT_TRUE(threads[i]);
	}
	for (u32 i = 0; i < nr; i++)
		EXPECT_EQ(kthread_join(threads[i]), 0);
	EXPECT_EQ(left, nr / 2 * ROUNDS);
	EXPECT_EQ(right, left);
}

static int read_once(void *arg)
{
	down_read(&sem);
	WRITE_ONCE(*(u32 *)arg, 1);
	up_read(&sem);
	return 0;
}

TEST(rwsem, readers_share)
{
	struct thread *reader;
	u32 was_in = 0;

	rwsem_init(&sem, &class_rw);
	down_read(&sem);
	reader = kthread_run(read_once, &was_in, "reader");
	ASSERT_TRUE(reader);
	EXPECT_TRUE(sleep_until(READ_ONCE(was_in)));
	up_read(&sem);
	kthread_join(reader);
}

static int read_until_told(void *arg __unused)
{
	while (!READ_ONCE(finish)) {
		down_read(&sem);
		msleep(5);
		up_read(&sem);
	}
	return 0;
}

static int write_once(void *arg)
{
	down_write(&sem);
	WRITE_ONCE(*(u32 *)arg, 1);
	up_write(&sem);
	return 0;
}

/* Two readers that overlap all the time: the lock is never free by itself. */
TEST(rwsem, a_writer_is_not_starved_by_readers)
{
	struct thread *readers[2], *writer;
	u32 written = 0;

	rwsem_init(&sem, &class_rw);
	finish = 0;
	for (u32 i = 0; i < 2; i++) {
		readers[i] = kthread_run(read_until_told, NULL, "reader");
		ASSERT_TRUE(readers[i]);
		msleep(3);
	}
	writer = kthread_run(write_once, &written, "writer");
	ASSERT_TRUE(writer);
	EXPECT_TRUE(sleep_until(READ_ONCE(written)));
	WRITE_ONCE(finish, 1);
	for (u32 i = 0; i < 2; i++)
		kthread_join(readers[i]);
	kthread_join(writer);
}

TEST(rwsem, reading_twice_is_found)
{
	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	rwsem_init(&sem, &class_rw);
	down_read(&sem);
	lockdep_expect();
	down_read(&sem);
	EXPECT_EQ(lockdep_take(), LOCKDEP_RECURSION);
	up_read(&sem);
	up_read(&sem);
}
