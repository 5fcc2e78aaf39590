// SPDX-License-Identifier: MIT
/*
 * tests/programs/tlb.c - another CPU forgets a page that was taken away
 *
 *	CPU 0: the case			CPU 1: its partner
 *	map a page, start the partner	touch the page, again and again
 *	wait until it has turned
 *	munmap(), mprotect(), ...	touch the page
 *	say so
 *					touch it once more, and report
 *
 * The last touch began when the call had returned: it must find the new
 * contents, or die. What it does with the old page is what a CPU does that was
 * not told to flush (include/mm/tlb.h); with debug=tlb_skip:REASON on the
 * kernel's command line the cases whose names begin with REASON fail. A CPU may
 * forget by itself, too, when it needs the room: so the partner touches its
 * page and nothing else, and each case is run several times.
 *
 * A try is a child of its own, which ends without joining the partner: who dies
 * takes nobody with it, and where flushes are dropped nothing stale is left.
 */
#include "nodes.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#define TRIES 3
#define TURNS 1000
#define OLD   0x01dul
#define NEW   0x2e3ul

/* Both look at it all the time: a page that is written before either does. */
struct watch {
	u64 *page;
	bool writes;   /* the partner, else it reads */
	bool sleeps;   /* before the last touch */
	bool changed;  /* the call has returned */
	u32 wake;      /* what it sleeps on */
	u64 turns;     /* touches so far */
	u64 found;     /* by the last one */
	bool reported; /* there was a last one */
};

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

#define LOAD(x)	    __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORE(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		_exit(CHILD_FAILED);
}

static bool two_cpus(void)
{
	cpu_set_t set;

	if (!sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 1 &&
	    CPU_ISSET(0, &set) && CPU_ISSET(1, &set))
		return true;
	skip_case("needs CPUs 0 and 1");
	return false;
}

/* --- the partner --- */

static u64 touch(struct watch *w)
{
	volatile u64 *word = w->page;

	if (w->writes)
		*word = *word + 1;
	return *word;
}

static void *partner(void *arg)
{
	struct watch *w = arg;
	bool last;

	pin_to(1);
	do {
		last = LOAD(w->changed);
		w->found = touch(w);
		STORE(w->turns, w->turns + 1);
		if (w->sleeps && w->turns == TURNS) {
			syscall(SYS_futex, &w->wake, FUTEX_WAIT, 0, NULL);
			last = LOAD(w->changed);
			w->found = touch(w);
		}
	} while (!last);
	STORE(w->reported, true);
	return NULL;
}

/* A page of three, so that its page table stays when it goes. */
static u64 *middle_page(void)
{
	char *p = map_pages(3);

	p[0] = p[2 * PAGE] = 1;
	return (u64 *)(p + PAGE);
}

/* Returns when the partner has touched its page often enough. */
static struct watch *watch(struct watch what)
{
	struct watch *w = map_pages(1);
	pthread_t thread;

	*w = what;
	if (pthread_create(&thread, NULL, partner, w))
		_exit(CHILD_FAILED);
	while (LOAD(w->turns) < TURNS)
		sched_yield();
	return w;
}

/* The partner's last touch; of one that dies, this does not return. */
static u64 last_touch(struct watch *w)
{
	STORE(w->changed, true);
	while (!LOAD(w->reported))
		sched_yield();
	return w->found;
}

/* What cases do: tries, each must end by this signal or, if 0, well. */
static void try_each(void (*function)(void *), int signal)
{
	if (!two_cpus())
		return;
	for (int i = 0; i < TRIES && !case_failed(); i++)
		if (signal)
			EXPECT_SIGNAL(function, NULL, signal);
		else
			EXPECT_EXIT(function, NULL, 0);
}

/* --- unmap --- */

static void munmap_it(void *arg)
{
	u64 *page = middle_page();
	struct watch *w;

	(void)arg;
	pin_to(0);
	*page = OLD;
	w = watch((struct watch){ .page = page });
	EXPECT_OK(munmap(page, PAGE));
	last_touch(w);
}

static void unmap_ends_all_access(void)
{
	try_each(munmap_it, SIGSEGV);
}

static void forget_it(void *arg)
{
	u64 *page = middle_page();
	struct watch *w;

	(void)arg;
	pin_to(0);
	*page = OLD;
	w = watch((struct watch){ .page = page });
	EXPECT_OK(madvise(page, PAGE, MADV_DONTNEED));
	EXPECT_EQ(last_touch(w), 0);
}

static void unmap_by_madvise_leaves_zeros(void)
{
	try_each(forget_it, 0);
}

static int open_file(u64 word)
{
	int fd = open("/tmp/tlb", O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || unlink("/tmp/tlb") || ftruncate(fd, PAGE) ||
	    write(fd, &word, sizeof(word)) != sizeof(word))
		_exit(CHILD_FAILED);
	return fd;
}

static void truncate_it(void *arg)
{
	int fd = open_file(OLD);
	struct watch *w;
	u64 *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	(void)arg;
	pin_to(0);
	w = watch((struct watch){ .page = page });
	EXPECT_OK(ftruncate(fd, 0));
	last_touch(w);
}

static void unmap_by_truncate_ends_all_access(void)
{
	try_each(truncate_it, SIGBUS);
}

/* --- free_tables --- */

/* All of a page table's range and more, so that the table goes, too. */
static void munmap_all(void *arg)
{
	u64 *page = map_pages(4 * MIB / PAGE);
	struct watch *w;

	(void)arg;
	pin_to(0);
	w = watch((struct watch){ .page = page + 2 * MIB / sizeof(u64) });
	EXPECT_OK(munmap(page, 4 * MIB));
	last_touch(w);
}

static void free_tables_ends_all_access(void)
{
	try_each(munmap_all, SIGSEGV);
}

/* --- protect --- */

static void protect_it(void *arg)
{
	struct watch *w;

	(void)arg;
	pin_to(0);
	w = watch((struct watch){ .page = middle_page(), .writes = true });
	EXPECT_OK(mprotect(w->page, PAGE, PROT_READ));
	last_touch(w);
}

static void protect_ends_writing(void)
{
	try_each(protect_it, SIGSEGV);
}

static void hide_it(void *arg)
{
	u64 *page = middle_page();
	struct watch *w;

	(void)arg;
	pin_to(0);
	*page = OLD;
	w = watch((struct watch){ .page = page });
	EXPECT_OK(mprotect(page, PAGE, PROT_NONE));
	last_touch(w);
}

static void protect_ends_reading(void)
{
	try_each(hide_it, SIGSEGV);
}

/* --- fork --- */

/* Without a word on the stack, see below. */
static inline long bare_syscall(long number)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number)
			 : "rcx", "r11", "memory");
	return result;
}

struct shared {
	bool done, same;
};

/* Does its copy stay as it is, while the parent goes on writing? */
static void look_at_copy(struct watch *w, u64 *progress, struct shared *shared)
{
	volatile u64 *word = w->page;
	u64 before = *word, from = LOAD(*progress);

	while (LOAD(*progress) - from < TURNS)
		bare_syscall(SYS_sched_yield);
	shared->same = *word == before;
	STORE(shared->done, true);
	_exit(0);
}

static void *count_on(void *arg)
{
	struct watch *w = arg;
	u64 *progress = w->page + PAGE / sizeof(u64);

	pin_to(1);
	while (!LOAD(w->changed)) {
		touch(w);
		STORE(*progress, *progress + 1);
	}
	return NULL;
}

/*
 * The partner's pages: one that fork copies, one that is shared and tells the
 * child that its parent has gone on. Until the child has looked, the parent
 * itself writes nothing, not even its stack: were a flush missing, the child
 * would find that there, instead of in the page in question.
 */
static bool copy_is_kept(void)
{
	struct shared *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct watch *w = map_pages(1);
	u64 *page = map_pages(2), *progress = page + PAGE / sizeof(u64);
	pthread_t thread;
	long pid;

	*w = (struct watch){ .page = page, .writes = true };
	if (mmap(progress, PAGE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != progress ||
	    pthread_create(&thread, NULL, count_on, w))
		return false;
	while (LOAD(*progress) < TURNS)
		sched_yield();
	pid = bare_syscall(SYS_fork);
	if (pid == 0)
		look_at_copy(w, progress, shared);
	while (pid > 0 && !LOAD(shared->done))
		bare_syscall(SYS_sched_yield);
	STORE(w->changed, true);
	EXPECT_OK(pthread_join(thread, NULL));
	EXPECT_EQ(waitpid((pid_t)pid, NULL, 0), pid);
	return shared->same;
}

static void fork_keeps_what_was(void)
{
	cpu_set_t before;

	if (!two_cpus())
		return;
	sched_getaffinity(0, sizeof(before), &before);
	pin_to(0);
	for (int i = 0; i < TRIES && !case_failed(); i++)
		EXPECT(copy_is_kept());
	sched_setaffinity(0, sizeof(before), &before);
}

/* --- cow --- */

static void write_to_zeros(void *arg)
{
	u64 *page = middle_page();
	struct watch *w;

	(void)arg;
	pin_to(0);
	w = watch((struct watch){ .page = page });
	*(volatile u64 *)page = NEW;
	EXPECT_EQ(last_touch(w), NEW);
}

static void cow_of_zeros_is_seen(void)
{
	try_each(write_to_zeros, 0);
}

static void write_to_file(void *arg)
{
	u64 *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE,
			 open_file(OLD), 0);
	struct watch *w;

	(void)arg;
	pin_to(0);
	w = watch((struct watch){ .page = page });
	EXPECT_EQ(w->found, OLD);
	*(volatile u64 *)page = NEW;
	EXPECT_EQ(last_touch(w), NEW);
}

static void cow_of_a_file_is_seen(void)
{
	try_each(write_to_file, 0);
}

/* Its parent has the page, too. */
static void write_to_inherited(void *page)
{
	struct watch *w;

	pin_to(0);
	w = watch((struct watch){ .page = page });
	EXPECT_EQ(w->found, OLD);
	*(volatile u64 *)page = NEW;
	EXPECT_EQ(last_touch(w), NEW);
}

static void cow_after_fork_is_seen(void)
{
	u64 *page = middle_page();

	if (!two_cpus())
		return;
	*page = OLD;
	for (int i = 0; i < TRIES && !case_failed(); i++)
		EXPECT_EXIT(write_to_inherited, page, 0);
	EXPECT_EQ(*page, OLD);
}

/* --- mremap --- */

static void move_it(void *arg)
{
	u64 *page = middle_page(), *to = middle_page();
	struct watch *w;

	(void)arg;
	pin_to(0);
	*page = OLD;
	w = watch((struct watch){ .page = page });
	EXPECT(mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	EXPECT_EQ(*to, OLD);
	last_touch(w);
}

static void mremap_leaves_nothing(void)
{
	try_each(move_it, SIGSEGV);
}

/* --- migrate --- */

/*
 * Nothing but the stack is written, and that was before: a copy on write, or
 * memory that is given back, would be told to CPU 1, which then makes up for all.
 * Linux may hold a page in a list of CPU 1's for a moment: then once more.
 */
static void send_away(u64 *page)
{
	int to = next_node(node_of(page)), status = -1;
	void *addr = page;
	long stayed = 1;

	for (int i = 0; i < 100 && stayed > 0; i++) {
		stayed = move_pages(0, 1, &addr, &to, &status, MPOL_MF_MOVE);
		if (stayed)
			usleep(20000);
	}
	EXPECT_EQ(stayed, 0);
	EXPECT_EQ(status, to);
}

/* Written by a system call, where the page is then. */
static void send_file_away(void *arg)
{
	int fd = open_file(OLD);
	u64 *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0), new = NEW;
	struct watch *w;

	(void)arg;
	pin_to(0);
	w = watch((struct watch){ .page = page });
	send_away(page);
	EXPECT_EQ(pwrite(fd, &new, sizeof(new), 0), sizeof(new));
	EXPECT_EQ(last_touch(w), NEW);
}

static void migrate_of_a_file_is_seen(void)
{
	if (two_nodes())
		try_each(send_file_away, 0);
}

/* This CPU's first access comes afterwards: it remembers nothing. */
static void send_memory_away(void *arg)
{
	u64 *page = middle_page();
	struct watch *w;

	(void)arg;
	pin_to(0);
	EXPECT_OK(madvise(page, PAGE, MADV_POPULATE_WRITE));
	w = watch((struct watch){ .page = page });
	send_away(page);
	*(volatile u64 *)page = NEW;
	EXPECT_EQ(last_touch(w), NEW);
}

static void migrate_of_memory_is_seen(void)
{
	if (two_nodes())
		try_each(send_memory_away, 0);
}

/* --- lazy_switch --- */

/*
 * The partner sleeps, and its CPU has nothing to do: it stays on our tables,
 * and nobody disturbs it.
 */
static void forget_it_meanwhile(void *arg)
{
	u64 *page = middle_page();
	struct watch *w;

	(void)arg;
	pin_to(0);
	*page = OLD;
	w = watch((struct watch){ .page = page, .sleeps = true });
	usleep(20000);
	EXPECT_OK(madvise(page, PAGE, MADV_DONTNEED));
	STORE(w->changed, true);
	STORE(w->wake, 1);
	syscall(SYS_futex, &w->wake, FUTEX_WAKE, 1);
	EXPECT_EQ(last_touch(w), 0);
}

static void lazy_switch_catches_up(void)
{
	try_each(forget_it_meanwhile, 0);
}

PROGRAM(CASE(unmap_ends_all_access), CASE(unmap_by_madvise_leaves_zeros),
	CASE(unmap_by_truncate_ends_all_access),
	CASE(free_tables_ends_all_access), CASE(protect_ends_writing),
	CASE(protect_ends_reading), CASE(fork_keeps_what_was),
	CASE(cow_of_zeros_is_seen), CASE(cow_of_a_file_is_seen),
	CASE(cow_after_fork_is_seen), CASE(mremap_leaves_nothing),
	CASE(migrate_of_a_file_is_seen), CASE(migrate_of_memory_is_seen),
	CASE(lazy_switch_catches_up))
