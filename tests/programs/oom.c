// SPDX-License-Identifier: MIT
/*
 * tests/programs/oom.c - memory runs out: the largest process is killed, its
 * parent learns of it, and everything else goes on
 *
 * On a machine with more than 4 GiB it does nothing: there it would take long,
 * and others' processes with it.
 */
#include "program.h"
#include <signal.h>
#include <sys/sysinfo.h>

#define MUCH (4 * GIB)

static u64 total_memory(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : info.totalram * info.mem_unit;
}

static bool too_large(void)
{
	if (total_memory() && total_memory() <= MUCH)
		return false;
	skip_case("more than 4 GiB of memory");
	return true;
}

static void take_everything(void *arg)
{
	size_t nr = total_memory() / PAGE * 2;
	char *p = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		_exit(98);
	for (size_t i = 0; i < nr; i++)
		p[i * PAGE] = 1;
	(void)arg;
}

/* And all that it held is there again. */
static void the_largest_is_killed(void)
{
	struct sysinfo before, after;

	if (too_large())
		return;
	EXPECT_OK(sysinfo(&before));
	EXPECT_SIGNAL(take_everything, NULL, SIGKILL);
	EXPECT_OK(sysinfo(&after));
	EXPECT(after.freeram + after.totalram / 16 >= before.freeram);
}

/* What was here before has its contents. */
static void others_keep_their_memory(void)
{
	char *p = map_pages(256);

	if (too_large())
		return;
	for (size_t i = 0; i < 256; i++)
		stamp_page(p + i * PAGE, i);
	EXPECT_SIGNAL(take_everything, NULL, SIGKILL);
	for (size_t i = 0; i < 256; i++)
		EXPECT(page_has_stamp(p + i * PAGE, i));
	unmap_pages(p, 256);
}

static void in_a_call(void *arg)
{
	size_t nr = total_memory() / PAGE * 2;

	mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);
	(void)arg;
}

/* MAP_POPULATE runs out inside a system call. */
static void a_call_that_runs_out_is_killed(void)
{
	if (too_large())
		return;
	EXPECT_SIGNAL(in_a_call, NULL, SIGKILL);
}

PROGRAM(CASE(the_largest_is_killed), CASE(others_keep_their_memory),
	CASE(a_call_that_runs_out_is_killed))
