// SPDX-License-Identifier: MIT
/*
 * tests/programs/threads.c - threads as musl makes them: clone with CLONE_VM,
 * futexes, thread-local storage, SSE state
 */
#include "program.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#define THREADS 8
#define TURNS	2000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static u64 counter;

/* Runs in all; arg is the number of the thread. */
static void run_threads(void *(*function)(void *))
{
	pthread_t threads[THREADS];
	void *result;

	for (long i = 0; i < THREADS; i++)
		EXPECT_OK(pthread_create(&threads[i], NULL, function, (void *)i));
	for (long i = 0; i < THREADS; i++) {
		EXPECT_OK(pthread_join(threads[i], &result));
		EXPECT_EQ(result, i);
	}
}

static void *just_return(void *arg)
{
	return arg;
}

static void they_start_and_are_joined(void)
{
	for (int round = 0; round < 20; round++)
		run_threads(just_return);
}

static void *count_under_mutex(void *arg)
{
	for (int i = 0; i < TURNS; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		if (i % 64 == 0)
			sched_yield(); /* so that others have to wait */
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

static void a_mutex_excludes(void)
{
	counter = 0;
	run_threads(count_under_mutex);
	EXPECT_EQ(counter, THREADS * TURNS);
}

/* A token goes round: thread i waits for turn % THREADS == i. */
static u64 turn;

static void *pass_token(void *arg)
{
	for (u64 i = 0; i < 100; i++) {
		pthread_mutex_lock(&mutex);
		while (turn != i * THREADS + (u64)arg)
			pthread_cond_wait(&condition, &mutex);
		turn++;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

static void a_condition_wakes(void)
{
	turn = 0;
	run_threads(pass_token);
	EXPECT_EQ(turn, 100 * THREADS);
}

static __thread u64 local = 7;
static bool locals_good = true;

static void *use_locals(void *arg)
{
	if (local != 7)
		locals_good = false;
	for (u64 i = 0; i < TURNS; i++) {
		local = (u64)arg * TURNS + i;
		if (i % 16 == 0)
			sched_yield();
		if (local != (u64)arg * TURNS + i)
			locals_good = false;
	}
	return arg;
}

static void thread_locals_are_apart(void)
{
	local = 99;
	run_threads(use_locals);
	EXPECT(locals_good);
	EXPECT_EQ(local, 99);
}

/* --- the CPU's state --- */

static bool state_good = true;

/* A value in each SSE register and in MXCSR across switches of threads. */
static void *keep_registers(void *arg)
{
	double x = (double)(u64)arg + 0.5, found;
	u32 control = 0x1f80 | ((u32)(u64)arg % 4) << 13, after;

	__asm__ volatile("ldmxcsr %0" : : "m"(control));
	for (int i = 0; i < TURNS / 4; i++) {
		__asm__ volatile("movsd %2, %%xmm15\n\t"
				 "mov %3, %%eax\n\t"
				 "syscall\n\t"
				 "movsd %%xmm15, %0\n\t"
				 "stmxcsr %1"
				 : "=m"(found), "=m"(after)
				 : "m"(x), "i"(SYS_sched_yield)
				 : "rax", "rcx", "r11", "xmm15", "memory");
		if (found != x || (after & ~0x3fu) != control)
			state_good = false;
	}
	return arg;
}

static void sse_state_is_kept(void)
{
	run_threads(keep_registers);
	EXPECT(state_good);
}

/* --- one address space --- */

static u8 *area;

/* All fault the same pages at once; each writes its own byte of each. */
static void *fault_together(void *arg)
{
	for (size_t i = 0; i < 512; i++)
		area[i * PAGE + (u64)arg] = (u8)((u64)arg + 1);
	return arg;
}

static void faults_at_once_lose_nothing(void)
{
	area = map_pages(512);
	run_threads(fault_together);
	for (size_t i = 0; i < 512; i++)
		for (int t = 0; t < THREADS; t++)
			if (area[i * PAGE + t] != t + 1) {
				EXPECT_EQ(area[i * PAGE + t], t + 1);
				return;
			}
	unmap_pages(area, 512);
}

/* Each maps, writes, unmaps its own while the others do so. */
static void *map_and_unmap(void *arg)
{
	for (u64 i = 0; i < 100; i++) {
		char *p = map_pages(8);

		for (size_t page = 0; page < 8; page++)
			stamp_page(p + page * PAGE, (u64)arg << 32 | i);
		for (size_t page = 0; page < 8; page++)
			if (!page_has_stamp(p + page * PAGE, (u64)arg << 32 | i))
				return (void *)-1;
		if (munmap(p, 8 * PAGE))
			return (void *)-1;
	}
	return arg;
}

static void maps_change_under_all(void)
{
	run_threads(map_and_unmap);
}

/* --- futex by number --- */

static long futex(u32 *word, int op, u32 value, void *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

#define WAIT	     0
#define WAKE	     1
#define WAIT_PRIVATE (WAIT | 128)
#define WAKE_PRIVATE (WAKE | 128)

static void futex_refuses(void)
{
	u32 word = 5;
	struct {
		long seconds, nanoseconds;
	} soon = { 0, 1000000 }, bad = { 0, 1000000000 };

	EXPECT_ERRNO(futex(&word, WAIT_PRIVATE, 4, NULL), EAGAIN);
	EXPECT_ERRNO(futex(&word, WAIT_PRIVATE, 5, &soon), ETIMEDOUT);
	EXPECT_ERRNO(futex(&word, WAIT, 5, &soon), ETIMEDOUT);
	EXPECT_ERRNO(futex(&word, WAIT_PRIVATE, 5, &bad), EINVAL);
	EXPECT_ERRNO(futex((u32 *)((char *)&word + 1), WAIT_PRIVATE, 5, NULL),
		     EINVAL);
	EXPECT_ERRNO(futex((u32 *)8, WAIT_PRIVATE, 5, NULL), EFAULT);
	EXPECT_ERRNO(futex(&word, 99, 5, NULL), ENOSYS);
	EXPECT_EQ(futex(&word, WAKE_PRIVATE, 1, NULL), 0);
	EXPECT_EQ(futex(&word, WAKE, 1, NULL), 0);
}

/* Two processes, one shared page: the key is the page, not the address. */
static void a_shared_futex_wakes_another_process(void)
{
	u32 *word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	REQUIRE(word != MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == 0)
			futex(word, WAIT, 0, NULL);
		_exit(0);
	}
	usleep(10000);
	__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
	EXPECT(futex(word, WAKE, 1, NULL) >= 0);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	unmap_pages(word, 1);
}

/* --- the end of a process with threads --- */

static void *spin_for_ever(void *arg)
{
	for (;;)
		sched_yield();
	return arg;
}

static void exit_with_threads(void *arg)
{
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, spin_for_ever, arg);
	_exit(5);
}

static void *break_something(void *arg)
{
	*(volatile char *)8 = 1;
	return arg;
}

static void crash_in_a_thread(void *arg)
{
	pthread_t thread;

	pthread_create(&thread, NULL, spin_for_ever, arg);
	pthread_create(&thread, NULL, break_something, arg);
	spin_for_ever(arg);
}

static void exec_in_a_thread(void *arg)
{
	char *argv[] = { "true", "0", NULL };
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, spin_for_ever, arg);
	close(1);
	execv(sibling("exit"), argv);
	_exit(98);
}

static void the_end_of_one_is_the_end_of_all(void)
{
	EXPECT_EXIT(exit_with_threads, NULL, 5);
	EXPECT_SIGNAL(crash_in_a_thread, NULL, SIGSEGV);
	EXPECT_EXIT(exec_in_a_thread, NULL, 0);
}

/* fork copies the calling thread only. */
static void *fork_inside(void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(local == 7 ? 3 : 4);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 3 ? arg : (void *)-1;
}

static void fork_inside_threads(void)
{
	run_threads(fork_inside);
}

PROGRAM(CASE(they_start_and_are_joined), CASE(a_mutex_excludes),
	CASE(a_condition_wakes), CASE(thread_locals_are_apart),
	CASE(sse_state_is_kept), CASE(faults_at_once_lose_nothing),
	CASE(maps_change_under_all), CASE(futex_refuses),
	CASE(a_shared_futex_wakes_another_process),
	CASE(the_end_of_one_is_the_end_of_all), CASE(fork_inside_threads))
