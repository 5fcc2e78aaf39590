// SPDX-License-Identifier: MIT
/*
 * tests/programs/bench.c - what system calls and page faults cost a program
 *
 *	getppid             the call and nothing else
 *	fault_anon_write    first write to a page
 *	fault_zero_read     first read of a page: the zero page is mapped
 *	fault_cow_copy      first write after fork, the child alive: a copy
 *	fault_cow_reuse     the same once the child is gone: its last owner's
 *	munmap_per_page     munmap of pages that were written, a page
 *	fork_per_page       what each written page adds to a fork
 *	fork_fixed          fork, exit and wait, without memory of its own
 *	exit_per_page       what each page that a child wrote adds to its exit
 *	                    and to our wait for it
 *
 * The same file measures Tangram and Linux. Under QEMU's -icount shift=0 the
 * time stamp counter counts instructions, those of the kernel and ours. Each
 * call and each fault is timed by itself and the median taken, so a refill of
 * the per-CPU lists or a timer tick in one of them does not count; the others
 * are totals over many pages, with all that belongs to them, and of ROUNDS
 * rounds the median. What two readings of the counter cost is taken off.
 * Large pages are asked not to come.
 *
 *	RESULT bench op=getppid insns=335 mean=336
 *
 * Arguments: op=NAME measures one operation only; pages=N (of the totals).
 */
#include "program.h"

#define ROUNDS	  5
#define SAMPLES	  4096	/* calls or pages that are timed one by one */
#define PAGES	  32768 /* of a total, 128 MiB */
#define PAGES_FEW 256	/* to find what does not grow with the pages */

static u64 sample[SAMPLES];
static u64 overhead; /* of the two readings */
static size_t pages = PAGES;

static u64 now(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (u64)high << 32 | low;
}

static u64 since(u64 start)
{
	u64 cost = now() - start;

	return cost - (cost < overhead ? cost : overhead);
}

static void die(const char *what)
{
	printf("bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- memory --- */

static char *new_pages(size_t nr)
{
	char *p = map_pages(nr);

	madvise(p, nr * PAGE, MADV_NOHUGEPAGE);
	return p;
}

static void write_each(volatile char *p, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		p[i * PAGE] = 1;
}

/* --- children --- */

/* A child that waits until we close the pipe. */
static pid_t sleeping_child(int pipe_ends[2])
{
	pid_t pid;
	char c;

	if (pipe(pipe_ends))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		close(pipe_ends[1]);
		_exit(read(pipe_ends[0], &c, 1) != 0);
	}
	close(pipe_ends[0]);
	return pid;
}

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		die("child");
}

/* --- timed one by one: fill sample[] --- */

static void time_writes(volatile char *p)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		u64 start = now();

		p[i * PAGE] = 1;
		sample[i] = since(start);
	}
}

static void sample_getppid(void)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		u64 start = now();

		getppid();
		sample[i] = since(start);
	}
}

static void sample_anon_write(void)
{
	char *p = new_pages(SAMPLES);

	time_writes(p);
	unmap_pages(p, SAMPLES);
}

static void sample_zero_read(void)
{
	volatile char *p = new_pages(SAMPLES);

	for (size_t i = 0; i < SAMPLES; i++) {
		u64 start = now();

		(void)p[i * PAGE];
		sample[i] = since(start);
	}
	unmap_pages((void *)p, SAMPLES);
}

static void sample_cow_copy(void)
{
	char *p = new_pages(SAMPLES);
	int pipe_ends[2];
	pid_t pid;

	write_each(p, SAMPLES);
	pid = sleeping_child(pipe_ends);
	time_writes(p);
	close(pipe_ends[1]);
	wait_for(pid);
	unmap_pages(p, SAMPLES);
}

static void sample_cow_reuse(void)
{
	char *p = new_pages(SAMPLES);
	int pipe_ends[2];
	pid_t pid;

	write_each(p, SAMPLES);
	pid = sleeping_child(pipe_ends);
	close(pipe_ends[1]);
	wait_for(pid);
	time_writes(p);
	unmap_pages(p, SAMPLES);
}

/* --- totals of one round --- */

static u64 round_munmap(size_t nr)
{
	char *p = new_pages(nr);
	u64 start;

	write_each(p, nr);
	start = now();
	munmap(p, nr * PAGE);
	return since(start);
}

/* Until fork has returned to the parent. */
static u64 round_fork(size_t nr)
{
	char *p = new_pages(nr);
	u64 start, cost;
	pid_t pid;

	write_each(p, nr);
	start = now();
	pid = fork();
	if (pid == 0)
		_exit(0);
	cost = since(start);
	if (pid < 0)
		die("fork");
	wait_for(pid);
	unmap_pages(p, nr);
	return cost;
}

static u64 round_fork_exit_wait(size_t nr)
{
	u64 start = now();
	pid_t pid = fork();

	(void)nr;
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		die("fork");
	wait_for(pid);
	return since(start);
}

/* From the child's _exit to the end of our wait; it tells us when it begins. */
static u64 round_exit(size_t nr)
{
	u64 *start = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u64 cost;
	pid_t pid;

	if (start == MAP_FAILED)
		die("mmap");
	*start = 0;
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		write_each(new_pages(nr), nr);
		*start = now();
		_exit(0);
	}
	wait_for(pid);
	cost = since(*start);
	unmap_pages(start, 1);
	return cost;
}

/* --- figures --- */

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static u64 median(u64 *values, size_t nr)
{
	qsort(values, nr, sizeof(values[0]), compare);
	return values[nr / 2];
}

static u64 mean(const u64 *values, size_t nr)
{
	u64 sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += values[i];
	return (sum + nr / 2) / nr;
}

/* The first round warms up: page tables, per-CPU lists, stacks. */
static u64 total(u64 (*round)(size_t nr), size_t nr)
{
	u64 cost[ROUNDS];

	round(nr);
	for (int i = 0; i < ROUNDS; i++)
		cost[i] = round(nr);
	return median(cost, ROUNDS);
}

/* What does not grow with the pages is the same in both. */
static u64 per_page(u64 (*round)(size_t nr))
{
	u64 more = total(round, pages), less = total(round, PAGES_FEW);
	u64 nr = pages - PAGES_FEW;

	return more > less ? (more - less + nr / 2) / nr : 0;
}

static void measure_overhead(void)
{
	overhead = 0;
	for (size_t i = 0; i < SAMPLES; i++) {
		u64 start = now();

		sample[i] = since(start);
	}
	overhead = median(sample, SAMPLES);
}

static const char *only;

static bool wanted(const char *op)
{
	return !only || !strcmp(only, op);
}

static void report_sampled(const char *op, void (*fill)(void))
{
	u64 average;

	if (!wanted(op))
		return;
	fill(); /* warms up */
	fill();
	average = mean(sample, SAMPLES);
	printf("RESULT bench op=%s insns=%lu mean=%lu\n", op,
	       median(sample, SAMPLES), average);
	fflush(stdout);
}

static void report_per_page(const char *op, u64 (*round)(size_t nr))
{
	if (!wanted(op))
		return;
	printf("RESULT bench op=%s insns=%lu\n", op, per_page(round));
	fflush(stdout);
}

static void report_total(const char *op, u64 (*round)(size_t nr))
{
	if (wanted(op))
		printf("RESULT bench op=%s insns=%lu\n", op, total(round, 0));
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "op=", 3))
			only = argv[i] + 3;
	pages = argument(argc, argv, "pages", PAGES);
	if (pages <= PAGES_FEW)
		pages = PAGES_FEW + 1;
	measure_overhead();
	report_sampled("getppid", sample_getppid);
	report_sampled("fault_anon_write", sample_anon_write);
	report_sampled("fault_zero_read", sample_zero_read);
	report_sampled("fault_cow_copy", sample_cow_copy);
	report_sampled("fault_cow_reuse", sample_cow_reuse);
	report_per_page("munmap_per_page", round_munmap);
	report_per_page("fork_per_page", round_fork);
	report_total("fork_fixed", round_fork_exit_wait);
	report_per_page("exit_per_page", round_exit);
	return 0;
}
