// SPDX-License-Identifier: MIT
/*
 * tests/programs/lib/tenants.c - processes that hold memory and watch over it
 *
 *	parent		desk (shared)		tenant
 *	ask, ++asked ──►  what, how many   ──►	sees it, does it
 *	waits		  done = asked    ◄──	has done it
 *
 * One desk a tenant, in shared memory, looked at now and then: nothing that
 * this needs of the kernel is what is being tested. Between two orders a tenant
 * that plays looks at a burst of pages and sleeps a little, so that on a single
 * CPU it does not stand in the way of who is measured.
 */
#include "tenants.h"
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#ifndef PR_SET_THP_DISABLE
#define PR_SET_THP_DISABLE 41
#endif
#ifndef MADV_NOHUGEPAGE
#define MADV_NOHUGEPAGE 15
#endif

#define BURST	     16u
#define REST_NS	     2000000
#define WRITE_ONE_OF 4

enum order { FILL, KEEP_EVENLY, KEEP_RANDOM, DROP, TOUCH, PLAY, REST, END };

struct desk {
	enum order what;
	u64 number; /* per cent, or pages */
	u32 asked;  /* orders so far; written last */
	u32 done;
	u64 pages, looks, wrong;
};

struct tenants {
	u32 nr;
	struct desk *desks;
	pid_t *pids;
};

/* What one of them knows. A version of 0: the page was given back. */
struct tenant {
	u32 id;
	struct desk *desk;
	struct rng rng;
	u64 nr;
	char *base;
	u8 *version;
	bool plays;
};

static void pause_ns(long ns)
{
	struct timespec time = { 0, ns };

	nanosleep(&time, NULL);
}

/* --- pages --- */

static u64 key_of(const struct tenant *t, u64 i)
{
	return (u64)(t->id + 1) << 48 | i << 8 | t->version[i];
}

static void write_page(struct tenant *t, u64 i)
{
	u64 *first = (u64 *)(t->base + i * PAGE);
	bool is_new = !t->version[i];

	/* A write from the first access on: no detour by the zero page. */
	if (is_new && __atomic_exchange_n(first, 1, __ATOMIC_RELAXED))
		t->desk->wrong += sizeof(u64);
	t->version[i] = t->version[i] == 255 ? 1 : t->version[i] + 1;
	stamp_page(t->base + i * PAGE, key_of(t, i));
	t->desk->pages += is_new;
}

static u64 wrong_bytes(const char *page, u64 key)
{
	static u64 expected[PAGE / sizeof(u64)];
	u64 wrong = 0;

	stamp_page(expected, key);
	for (size_t i = 0; i < PAGE; i++)
		wrong += page[i] != ((const char *)expected)[i];
	return wrong;
}

static void look(struct tenant *t, u64 i)
{
	const char *page = t->base + i * PAGE;

	if (!page_has_stamp(page, key_of(t, i)))
		t->desk->wrong += wrong_bytes(page, key_of(t, i));
	t->desk->looks++;
}

static void give_back(struct tenant *t, u64 i)
{
	if (madvise(t->base + i * PAGE, PAGE, MADV_DONTNEED)) {
		printf("tenant: madvise: %s\n", strerror(errno));
		t->desk->wrong += PAGE;
	}
	t->version[i] = 0;
	t->desk->pages--;
}

/* A page that is held (or not), at random and then the next one; nr: none. */
static u64 find_page(struct tenant *t, bool held)
{
	u64 start = rng_below(&t->rng, t->nr);

	for (u64 n = 0; n < t->nr; n++) {
		u64 i = (start + n) % t->nr;

		if ((t->version[i] != 0) == held)
			return i;
	}
	return t->nr;
}

/* --- orders --- */

static void fill(struct tenant *t)
{
	for (u64 i = 0; i < t->nr; i++)
		if (!t->version[i])
			write_page(t, i);
}

static bool is_kept(struct tenant *t, u64 i, u64 percent, bool at_random)
{
	if (at_random)
		return rng_below(&t->rng, 100) < percent;
	return (i + 1) * percent / 100 != i * percent / 100;
}

static void keep(struct tenant *t, u64 percent, bool at_random)
{
	for (u64 i = 0; i < t->nr; i++)
		if (!is_kept(t, i, percent, at_random) && t->version[i])
			give_back(t, i);
}

static void drop(struct tenant *t, u64 pages)
{
	while (pages--) {
		u64 i = find_page(t, true);

		if (i == t->nr)
			return;
		look(t, i);
		give_back(t, i);
	}
}

static void touch(struct tenant *t, u64 pages)
{
	while (pages--) {
		u64 i = find_page(t, false);

		if (i == t->nr)
			return;
		write_page(t, i);
	}
}

static void play(struct tenant *t)
{
	for (u32 n = 0; n < BURST; n++) {
		u64 i = find_page(t, true);

		if (i == t->nr)
			return;
		look(t, i);
		if (!rng_below(&t->rng, WRITE_ONE_OF))
			write_page(t, i);
	}
}

static void look_at_all(struct tenant *t)
{
	for (u64 i = 0; i < t->nr; i++)
		if (t->version[i])
			look(t, i);
}

static void carry_out(struct tenant *t, enum order what, u64 number)
{
	if (what == FILL)
		fill(t);
	else if (what == KEEP_EVENLY || what == KEEP_RANDOM)
		keep(t, number, what == KEEP_RANDOM);
	else if (what == DROP)
		drop(t, number);
	else if (what == TOUCH)
		touch(t, number);
	else if (what == END)
		look_at_all(t);
	else
		t->plays = what == PLAY;
}

static void __attribute__((noreturn)) live(struct tenant *t)
{
	struct desk *desk = t->desk;

	for (u32 seen = 0;;) {
		u32 asked = __atomic_load_n(&desk->asked, __ATOMIC_ACQUIRE);

		if (asked == seen) {
			if (t->plays)
				play(t);
			pause_ns(REST_NS);
			continue;
		}
		carry_out(t, desk->what, desk->number);
		seen = asked;
		__atomic_store_n(&desk->done, seen, __ATOMIC_RELEASE);
		if (desk->what == END)
			_exit(0);
	}
}

static void become_tenant(struct desk *desk, u32 id, u64 pages, u64 seed)
{
	struct tenant t = { .id = id, .desk = desk, .nr = pages };

	t.rng.state = (seed + 1) * 0x9e3779b97f4a7c15ul + id;
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	t.base = map_pages(pages);
	madvise(t.base, pages * PAGE, MADV_NOHUGEPAGE);
	t.version = map_pages(pages / PAGE + 1);
	memset(t.version, 0, pages);
	__atomic_store_n(&desk->done, 0, __ATOMIC_RELEASE);
	live(&t);
}

/* --- the parent --- */

static void *shared_pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		printf("tenants: mmap: %s\n", strerror(errno));
		exit(1);
	}
	return p;
}

static void __attribute__((noreturn)) give_up(const struct tenants *t)
{
	for (u32 i = 0; i < t->nr; i++)
		if (t->pids[i] > 0)
			kill(t->pids[i], SIGKILL);
	exit(1);
}

static bool has_died(const struct tenants *t, u32 i)
{
	return waitpid(t->pids[i], NULL, WNOHANG) == t->pids[i];
}

static void await(struct tenants *t, u32 i)
{
	const struct desk *desk = &t->desks[i];

	while (__atomic_load_n(&desk->done, __ATOMIC_ACQUIRE) != desk->asked) {
		if (has_died(t, i)) {
			printf("tenants: process %d is gone\n", t->pids[i]);
			t->pids[i] = 0;
			give_up(t);
		}
		pause_ns(REST_NS);
	}
}

static void order_one(struct tenants *t, u32 i, enum order what, u64 number)
{
	struct desk *desk = &t->desks[i];

	desk->what = what;
	desk->number = number;
	__atomic_store_n(&desk->asked, desk->asked + 1, __ATOMIC_RELEASE);
}

/* All of them at once. */
static void order_all(struct tenants *t, enum order what, u64 number)
{
	for (u32 i = 0; i < t->nr; i++)
		order_one(t, i, what, number);
	for (u32 i = 0; i < t->nr; i++)
		await(t, i);
}

/* So many pages, shared out. */
static void order_shares(struct tenants *t, enum order what, u64 pages)
{
	for (u32 i = 0; i < t->nr; i++)
		order_one(t, i, what, pages / t->nr + (i < pages % t->nr));
	for (u32 i = 0; i < t->nr; i++)
		await(t, i);
}

struct tenants *tenants_start(u32 procs, u64 pages, u64 seed)
{
	struct tenants *t = calloc(1, sizeof(*t));

	t->nr = procs;
	t->desks = shared_pages(procs * sizeof(struct desk));
	t->pids = calloc(procs, sizeof(pid_t));
	fflush(stdout);
	for (u32 i = 0; i < procs; i++) {
		t->desks[i].done = 1; /* until it has begun */
		t->pids[i] = fork();
		if (!t->pids[i])
			become_tenant(&t->desks[i], i, pages / procs, seed);
		if (t->pids[i] < 0) {
			printf("tenants: fork: %s\n", strerror(errno));
			give_up(t);
		}
		await(t, i);
	}
	return t;
}

void tenants_fill(struct tenants *t)
{
	order_all(t, FILL, 0);
}

void tenants_keep(struct tenants *t, u32 percent, bool at_random)
{
	order_all(t, at_random ? KEEP_RANDOM : KEEP_EVENLY, percent);
}

void tenants_drop(struct tenants *t, u64 pages)
{
	order_shares(t, DROP, pages);
}

void tenants_touch(struct tenants *t, u64 pages)
{
	order_shares(t, TOUCH, pages);
}

void tenants_play(struct tenants *t, bool plays)
{
	order_all(t, plays ? PLAY : REST, 0);
}

u64 tenants_pages(const struct tenants *t)
{
	u64 pages = 0;

	for (u32 i = 0; i < t->nr; i++)
		pages += __atomic_load_n(&t->desks[i].pages, __ATOMIC_RELAXED);
	return pages;
}

u64 tenants_looks(const struct tenants *t)
{
	u64 looks = 0;

	for (u32 i = 0; i < t->nr; i++)
		looks += __atomic_load_n(&t->desks[i].looks, __ATOMIC_RELAXED);
	return looks;
}

u64 tenants_end(struct tenants *t)
{
	u64 wrong = 0;

	order_all(t, END, 0);
	for (u32 i = 0; i < t->nr; i++) {
		waitpid(t->pids[i], NULL, 0);
		wrong += t->desks[i].wrong;
	}
	munmap(t->desks, t->nr * sizeof(struct desk));
	free(t->pids);
	free(t);
	return wrong;
}
