// SPDX-License-Identifier: MIT
/*
 * tests/programs/torture.c - random address spaces, every byte checked
 *
 *	torture seed=1 ops=2000 procs=2 pages=2048 compact=0
 *
 * Each of `procs` processes holds some areas of memory and a note, kept apart
 * from them, of what every page must hold. At random it maps, writes, reads,
 * protects, moves, grows, shrinks, forgets and unmaps them, and forks: the
 * child checks all that it got, goes on by itself for a while and exits, as the
 * parent goes on beside it. Pages hold a stamp of their key in every word; key
 * 0 is a page of zeros. A wrong byte ends the program.
 *
 * One seed gives each process the same operations; how they meet those of the
 * others is up to the scheduler. At most `pages` pages a process. With
 * compact=N one more process has all memory compacted N times; the others go on
 * until then, `ops` after `ops`.
 *
 *	RESULT torture seed=1 procs=2 ops=4000 forks=61 checked=181623 moved=0
 *
 * Counts are of the first generation; moved are the pages that the kernel moved.
 */
#include "frames.h"

#define AREAS	  24
#define AREA_MAX  256 /* pages */
#define MAX_DEPTH 3
#define BALLAST	  1024 /* pages of the process that compacts */

struct area {
	char *start; /* NULL: none */
	size_t pages;
	bool read_only;
	u32 key[AREA_MAX];
};

static struct area areas[AREAS];
static struct rng rng;
static u64 page_limit, pages_held;
static u32 next_key;
static int depth, children;
static u64 seed, forks, checked;

static void die(const char *what, const struct area *a, size_t page)
{
	printf("torture: %s: area %p + page %zu of %zu, seed %lu, depth %d: %s\n",
	       what, (void *)a->start, page, a->pages, seed, depth,
	       strerror(errno));
	fflush(stdout);
	_exit(1);
}

static struct area *random_area(bool used)
{
	struct area *a = &areas[rng_below(&rng, AREAS)];

	return (a->start != NULL) == used ? a : NULL;
}

/* --- contents --- */

static bool is_zero(const void *page)
{
	const u64 *word = page;

	for (size_t i = 0; i < PAGE / sizeof(u64); i++)
		if (word[i])
			return false;
	return true;
}

static void check_page(const struct area *a, size_t page)
{
	const char *p = a->start + page * PAGE;

	checked++;
	if (a->key[page] ? page_has_stamp(p, a->key[page]) : is_zero(p))
		return;
	printf("torture: key %u, found 0x%lx\n", a->key[page], *(u64 *)p);
	die("wrong contents", a, page);
}

static void check_area(const struct area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		check_page(a, i);
}

static void check_all(void)
{
	for (size_t i = 0; i < AREAS; i++)
		if (areas[i].start)
			check_area(&areas[i]);
}

/* --- operations; each may find nothing to do --- */

static void op_map(void)
{
	struct area *a = random_area(false);
	size_t pages = 1 + rng_below(&rng, AREA_MAX);
	int flags = MAP_ANONYMOUS | MAP_PRIVATE;

	if (!a || pages_held + pages > page_limit)
		return;
	if (rng_below(&rng, 8) == 0)
		flags |= MAP_POPULATE;
	memset(a, 0, sizeof(*a));
	a->pages = pages;
	a->start =
		mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (a->start == MAP_FAILED)
		die("mmap", a, 0);
	if (rng_below(&rng, 2))
		madvise(a->start, pages * PAGE, MADV_NOHUGEPAGE);
	pages_held += pages;
}

static void op_write(void)
{
	struct area *a = random_area(true);
	size_t first, nr;

	if (!a || a->read_only)
		return;
	first = rng_below(&rng, a->pages);
	nr = 1 + rng_below(&rng, a->pages - first);
	for (size_t i = first; i < first + nr; i++) {
		check_page(a, i);
		a->key[i] = ++next_key;
		stamp_page(a->start + i * PAGE, a->key[i]);
	}
}

static void op_check(void)
{
	struct area *a = random_area(true);

	if (a)
		check_area(a);
}

static void op_protect(void)
{
	struct area *a = random_area(true);

	if (!a)
		return;
	a->read_only = !a->read_only;
	if (mprotect(a->start, a->pages * PAGE,
		     PROT_READ | (a->read_only ? 0 : PROT_WRITE)))
		die("mprotect", a, 0);
}

/* Parts of an area for a moment: VMAs split and merge. */
static void op_protect_part(void)
{
	struct area *a = random_area(true);
	size_t first, nr;

	if (!a || a->read_only)
		return;
	first = rng_below(&rng, a->pages);
	nr = 1 + rng_below(&rng, a->pages - first);
	if (mprotect(a->start + first * PAGE, nr * PAGE, PROT_READ))
		die("mprotect of a part", a, first);
	check_area(a);
	if (mprotect(a->start, a->pages * PAGE, PROT_READ | PROT_WRITE))
		die("mprotect of the whole", a, first);
}

static void op_resize(void)
{
	struct area *a = random_area(true);
	size_t pages = 1 + rng_below(&rng, AREA_MAX);
	char *p;

	if (!a || pages_held + pages > page_limit + a->pages)
		return;
	p = mremap(a->start, a->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE);
	if (p == MAP_FAILED)
		die("mremap", a, pages);
	for (size_t i = a->pages; i < pages; i++)
		a->key[i] = 0;
	pages_held += pages - a->pages;
	a->start = p;
	a->pages = pages;
	check_area(a);
}

static void op_move(void)
{
	struct area *a = random_area(true);
	char *to;

	if (!a)
		return;
	to = mmap(NULL, a->pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		  -1, 0);
	if (to == MAP_FAILED ||
	    mremap(a->start, a->pages * PAGE, a->pages * PAGE,
		   MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		die("mremap to a place", a, 0);
	a->start = to;
	check_area(a);
}

static void op_forget(void)
{
	struct area *a = random_area(true);
	size_t first, nr;

	if (!a)
		return;
	first = rng_below(&rng, a->pages);
	nr = 1 + rng_below(&rng, a->pages - first);
	if (madvise(a->start + first * PAGE, nr * PAGE, MADV_DONTNEED))
		die("madvise", a, first);
	for (size_t i = first; i < first + nr; i++)
		a->key[i] = 0;
}

static void unmap(struct area *a)
{
	check_area(a);
	if (munmap(a->start, a->pages * PAGE))
		die("munmap", a, 0);
	pages_held -= a->pages;
	a->start = NULL;
}

static void op_unmap(void)
{
	struct area *a = random_area(true);

	if (a)
		unmap(a);
}

/* The end or the beginning goes; of a middle, two areas would be left. */
static void op_unmap_part(void)
{
	struct area *a = random_area(true);
	size_t nr;

	if (!a || a->pages < 2)
		return;
	nr = 1 + rng_below(&rng, a->pages - 1);
	a->pages -= nr;
	pages_held -= nr;
	if (rng_below(&rng, 2)) {
		if (munmap(a->start + a->pages * PAGE, nr * PAGE))
			die("munmap of the end", a, a->pages);
		return;
	}
	if (munmap(a->start, nr * PAGE))
		die("munmap of the beginning", a, nr);
	a->start += nr * PAGE;
	memmove(a->key, a->key + nr, a->pages * sizeof(a->key[0]));
}

/* --- processes --- */

static void reap(bool all)
{
	int status;
	pid_t pid;

	while (children && (pid = waitpid(-1, &status, all ? 0 : WNOHANG)) > 0) {
		children--;
		if (status) {
			printf("torture: process %d: wait status 0x%x\n", pid,
			       status);
			fflush(stdout);
			_exit(1);
		}
	}
}

static void run(u64 ops);

static void op_fork(void)
{
	u64 child_seed = rng_next(&rng) | 1, ops = rng_below(&rng, 60);
	pid_t pid;

	reap(false);
	if (depth >= MAX_DEPTH || children >= 4)
		return;
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork", &areas[0], 0);
	if (pid == 0) {
		depth++;
		children = 0;
		rng.state = child_seed;
		if (rng_below(&rng, 2))
			check_all();
		run(ops);
		_exit(0);
	}
	children++;
	forks++;
}

static void (*const operations[])(void) = {
	op_map,	    op_map,    op_write,	op_write,
	op_write,   op_write,  op_check,	op_check,
	op_protect, op_resize, op_protect_part, op_move,
	op_forget,  op_unmap,  op_unmap_part,	op_fork,
};

static void run(u64 ops)
{
	for (u64 i = 0; i < ops; i++)
		operations[rng_below(&rng, ARRAY_SIZE(operations))]();
	check_all();
	reap(true);
}

/* --- compaction goes on meanwhile --- */

static u64 *compactions; /* to go; shared by all */

/* About half of its pages come or go: holes, so that there is always work. */
static void churn(u64 *ballast)
{
	for (size_t i = 0; i < BALLAST; i++) {
		u64 *word = ballast + i * (PAGE / sizeof(u64));

		if (rng_below(&rng, 2))
			madvise(word, PAGE, MADV_DONTNEED);
		else if (!*word)
			*word = (u64)word;
		else if (*word != (u64)word)
			die("ballast", &areas[0], i);
	}
}

static void compact(void)
{
	void *ballast = mmap(NULL, BALLAST * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (ballast == MAP_FAILED)
		die("mmap", &areas[0], 0);
	rng.state = seed;
	while (__atomic_load_n(compactions, __ATOMIC_RELAXED)) {
		churn(ballast);
		if (!file_write("/proc/sys/vm/compact_memory", "1"))
			die("compact_memory", &areas[0], 0);
		__atomic_sub_fetch(compactions, 1, __ATOMIC_RELAXED);
		usleep(1000); /* the others' turn */
	}
	_exit(0);
}

static bool plan_compactions(u64 nr)
{
	compactions = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (compactions == MAP_FAILED)
		return false;
	*compactions = nr;
	return true;
}

static void start_compactor(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork", &areas[0], 0);
	if (!pid)
		compact();
	children++;
}

/* What a process of the first generation counted, by a pipe. */
struct counts {
	u64 forks, checked;
};

static void first_generation(u64 number, u64 ops, int result)
{
	struct counts counts;

	rng.state = seed * 0x9e3779b97f4a7c15ul + number + 1;
	do
		run(ops);
	while (__atomic_load_n(compactions, __ATOMIC_RELAXED));
	for (size_t i = 0; i < AREAS; i++)
		if (areas[i].start)
			unmap(&areas[i]);
	counts = (struct counts){ forks, checked };
	_exit(write(result, &counts, sizeof(counts)) != sizeof(counts));
}

int main(int argc, char **argv)
{
	u64 ops = argument(argc, argv, "ops", 2000);
	u64 procs = argument(argc, argv, "procs", 2);
	u64 moved = vm_event("pgmigrate_success");
	struct counts counts, sum = {};
	int result[2];

	seed = argument(argc, argv, "seed", 1);
	page_limit = argument(argc, argv, "pages", 2048);
	if (pipe(result) ||
	    !plan_compactions(argument(argc, argv, "compact", 0)))
		return 1;
	for (u64 i = 0; i < procs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork", &areas[0], 0);
		if (pid == 0)
			first_generation(i, ops, result[1]);
		children++;
	}
	close(result[1]);
	start_compactor();
	while (read(result[0], &counts, sizeof(counts)) == sizeof(counts)) {
		sum.forks += counts.forks;
		sum.checked += counts.checked;
	}
	reap(true);
	printf("RESULT torture seed=%lu procs=%lu ops=%lu forks=%lu "
	       "checked=%lu moved=%lu\n",
	       seed, procs, procs * ops, sum.forks, sum.checked,
	       vm_event("pgmigrate_success") - moved);
	return 0;
}
