// SPDX-License-Identifier: MIT
/*
 * tests/programs/movers.c - everybody works, and one process moves their pages
 *
 *	movers seed=1 procs=7 moves=5000 pages=32 seconds=100
 *
 * `procs` processes do what can be done with memory: read and write it from two
 * threads, map and unmap it, fork, mremap it, hold it in a pipe, share a file's,
 * exit. Meanwhile the first process sends their pages from node to node, by
 * move_pages() with addresses that it knows and by migrate_pages() with all that
 * they have, until the kernel has moved so many.
 *
 * Each word holds the address at which it stands, and a version, which only who
 * writes there knows. So a page that is lost, doubled, swapped or old is found by
 * the next who looks. A wrong word ends everything with status 1.
 *
 *	RESULT movers seed=1 procs=7 moves=5012 failed=31 pgmigrate_success=5012
 *	pgmigrate_fail=31 rounds=160 readers=4711 ... exits=70
 *
 * moves and failed are the kernel's from the beginning to the end, of which
 * /proc/vmstat tells; behind `rounds` it is what each kind of process did. With
 * one node nothing can be moved, and that is said.
 */
#include "nodes.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/uio.h>
#include <time.h>

#define PLACE	  0x100000000000ul /* of each process's pages: the same */
#define ELSEWHERE (PLACE + (1ul << 30))
#define MAX_PAGES 256
#define MAX_PROCS 64
#define WORDS	  (PAGE / sizeof(u64))

#define LOAD(x)	    __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORE(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)

enum role {
	READERS,
	UNMAPPERS,
	FORKERS,
	REMAPPERS,
	HOLDERS,
	SHARERS,
	EXITS,
	NR_ROLES
};

static const char *const role_names[NR_ROLES] = {
	"readers", "unmappers", "forkers", "remappers",
	"holders", "sharers",	"exits",
};

/* Shared by all. */
struct control {
	bool over, failed;
	u64 done[NR_ROLES];
};

static struct control *control;
static u64 nr_pages, seed;
static u16 version[MAX_PAGES]; /* of this process's pages */
static struct rng rng;

/* Now and then all rest, or the mover would hardly have its turn. */
static void done(enum role role)
{
	static u32 since;

	__atomic_add_fetch(&control->done[role], 1, __ATOMIC_RELAXED);
	if (++since % 4 == 0)
		usleep(2000);
}

static void die(const char *what, const void *where)
{
	printf("movers: process %d: %s at %p, seed %lu: %s\n", getpid(), what,
	       where, seed, strerror(errno));
	fflush(stdout);
	STORE(control->failed, true);
	STORE(control->over, true);
	_exit(1);
}

static bool over(void)
{
	return LOAD(control->over);
}

/* --- contents --- */

static char *page_at(size_t page)
{
	return (char *)PLACE + page * PAGE;
}

static u64 stamp(const u64 *word, u16 what)
{
	return (u64)word << 16 | what;
}

/* As if they stood at `home`. */
static void write_page(char *page, const char *home, u16 what)
{
	u64 *word = (u64 *)page;
	const u64 *at = (const u64 *)home;

	for (size_t i = 0; i < WORDS; i++)
		word[i] = stamp(at + i, what);
}

static void check_page(const char *page, const char *home, u16 what)
{
	const u64 *word = (const u64 *)page, *at = (const u64 *)home;

	for (size_t i = 0; i < WORDS; i++)
		if (word[i] != stamp(at + i, what)) {
			printf("movers: found 0x%lx, not 0x%lx\n", word[i],
			       stamp(at + i, what));
			die("wrong contents", &word[i]);
		}
}

static void next_version(size_t page)
{
	check_page(page_at(page), page_at(page), version[page]);
	write_page(page_at(page), page_at(page), ++version[page]);
}

static size_t random_page(void)
{
	return rng_below(&rng, nr_pages);
}

static void map_at(void *place, int flags, int fd)
{
	if (mmap(place, nr_pages * PAGE, PROT_READ | PROT_WRITE,
		 flags | MAP_FIXED, fd, 0) != place)
		die("mmap", place);
}

static void map_and_fill(void)
{
	map_at((void *)PLACE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	madvise((void *)PLACE, nr_pages * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < nr_pages; i++)
		write_page(page_at(i), page_at(i), version[i]);
}

static void check_all(void)
{
	for (size_t i = 0; i < nr_pages; i++)
		check_page(page_at(i), page_at(i), version[i]);
}

/* --- readers and writers: each thread has its half --- */

static void *read_on(void *arg)
{
	struct rng mine = { .state = seed + 99 };

	(void)arg;
	for (u32 i = 0; !over(); i++) {
		size_t page = nr_pages / 2 +
			      rng_below(&mine, nr_pages - nr_pages / 2);

		check_page(page_at(page), page_at(page), 0);
		if (i % 16 == 0)
			usleep(1000);
	}
	return NULL;
}

static void readers(void)
{
	pthread_t thread;

	map_and_fill();
	if (pthread_create(&thread, NULL, read_on, NULL))
		die("pthread_create", NULL);
	while (!over()) {
		next_version(rng_below(&rng, nr_pages / 2));
		done(READERS);
	}
	pthread_join(thread, NULL);
}

/* --- unmappers --- */

static void forget_some(void)
{
	size_t first = random_page(), nr = 1 + rng_below(&rng, nr_pages - first);

	if (madvise(page_at(first), nr * PAGE, MADV_DONTNEED))
		die("madvise", page_at(first));
	for (size_t i = first; i < first + nr; i++) {
		if (*(volatile u64 *)page_at(i))
			die("not forgotten", page_at(i));
		write_page(page_at(i), page_at(i), ++version[i]);
	}
}

static void unmappers(void)
{
	map_and_fill();
	for (u64 i = 0; !over(); i++) {
		if (i % 4 == 0 && mlock(page_at(0), nr_pages / 2 * PAGE))
			die("mlock", page_at(0));
		if (i % 2)
			forget_some();
		if (mprotect(page_at(0), nr_pages * PAGE, PROT_READ))
			die("mprotect", page_at(0));
		check_all();
		if (munmap(page_at(0), nr_pages * PAGE))
			die("munmap", page_at(0));
		map_and_fill();
		done(UNMAPPERS);
	}
}

/* --- forkers --- */

static void wait_for(pid_t pid)
{
	int status = -1;

	if (waitpid(pid, &status, 0) != pid || status) {
		printf("movers: wait status 0x%x\n", status);
		die("a child", NULL);
	}
}

static void grandchild(void)
{
	check_all();
	for (size_t i = rng_below(&rng, 3); i < nr_pages; i += 3)
		next_version(i);
	check_all();
	_exit(0);
}

/* What each of the two writes, the other doesn't see. */
static void forkers(void)
{
	map_and_fill();
	while (!over()) {
		pid_t pid;

		rng_next(&rng);
		pid = fork();
		if (pid < 0)
			die("fork", NULL);
		if (!pid)
			grandchild();
		for (int i = 0; i < 8; i++)
			next_version(random_page());
		wait_for(pid);
		check_all();
		done(FORKERS);
	}
}

/* --- remappers --- */

static void remappers(void)
{
	char *at = (char *)PLACE;

	map_and_fill();
	while (!over()) {
		char *to = at == (char *)PLACE ? (char *)ELSEWHERE :
						 (char *)PLACE;

		if (mremap(at, nr_pages * PAGE, nr_pages * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
			die("mremap", at);
		for (size_t i = 0; i < nr_pages; i++) {
			check_page(to + i * PAGE, at + i * PAGE, version[i]);
			write_page(to + i * PAGE, to + i * PAGE, ++version[i]);
		}
		at = to;
		done(REMAPPERS);
	}
}

/* --- holders --- */

static void hold_page(const int *ends, size_t page)
{
	static char copy[PAGE];
	struct iovec vector = { page_at(page), PAGE };

	if (syscall(SYS_vmsplice, ends[1], &vector, 1, 0) != PAGE)
		die("vmsplice", page_at(page));
	next_version(page); /* the pipe has the page itself */
	for (int i = 0; i < 4; i++)
		next_version(random_page());
	sched_yield();
	if (read(ends[0], copy, PAGE) != PAGE)
		die("read", copy);
	check_page(copy, page_at(page), version[page]);
}

static void holders(void)
{
	int ends[2];

	if (pipe(ends))
		die("pipe", NULL);
	map_and_fill();
	while (!over()) {
		hold_page(ends, random_page());
		done(HOLDERS);
	}
}

/* --- sharers: two processes, one file --- */

static void share(size_t half)
{
	while (!over()) {
		size_t page = random_page();

		if (page % 2 == half)
			next_version(page);
		else if (*(volatile u64 *)page_at(page) >> 16 !=
			 (u64)page_at(page) << 16 >> 16)
			die("another page", page_at(page));
		done(SHARERS);
	}
	for (size_t i = half; i < nr_pages; i += 2)
		check_page(page_at(i), page_at(i), version[i]);
}

static int new_file(void)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/tmp/movers-%d", getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || unlink(path) || ftruncate(fd, (off_t)(nr_pages * PAGE)))
		die(path, NULL);
	return fd;
}

static void sharers(void)
{
	pid_t pid;

	map_at((void *)PLACE, MAP_SHARED, new_file());
	for (size_t i = 0; i < nr_pages; i++)
		write_page(page_at(i), page_at(i), 0);
	pid = fork();
	if (pid < 0)
		die("fork", NULL);
	share(!pid);
	if (!pid)
		_exit(0);
	wait_for(pid);
}

/* --- exits: with all that one has --- */

static void exits(void)
{
	while (!over()) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork", NULL);
		if (!pid) {
			map_and_fill();
			check_all();
			_exit(0);
		}
		wait_for(pid);
		done(EXITS);
	}
}

static void (*const roles[NR_ROLES])(void) = {
	readers, unmappers, forkers, remappers, holders, sharers, exits,
};

/* --- the mover --- */

static u64 vmstat(const char *name)
{
	static char text[16384];
	int fd = open("/proc/vmstat", O_RDONLY);
	size_t length = 0;
	ssize_t nr;
	const char *line;

	if (fd < 0)
		return 0;
	while ((nr = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += nr;
	close(fd);
	text[length] = 0;
	line = strstr(text, name);
	return line ? strtoull(line + strlen(name), NULL, 10) : 0;
}

/* Processes may exit, and not have all of it. */
static void move_place(pid_t pid, int node)
{
	static void *addrs[MAX_PAGES];
	static int nodes[MAX_PAGES], status[MAX_PAGES];
	int other = next_node(node);

	for (size_t i = 0; i < nr_pages; i++) {
		addrs[i] = page_at(i);
		nodes[i] = rng_below(&rng, 4) ? node : other;
	}
	if (move_pages(pid, nr_pages, addrs, nodes, status, MPOL_MF_MOVE_ALL) <
		    0 &&
	    errno != ESRCH && errno != EINVAL && errno != ENOMEM)
		die("move_pages", NULL);
}

static void move_everything(pid_t pid, int node)
{
	u64 to = 1ul << node;

	if (migrate_pages(pid, memory_nodes() & ~to, to) < 0 &&
	    errno != ESRCH && errno != EINVAL && errno != ENOMEM)
		die("migrate_pages", NULL);
}

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* How many rounds: each process once. */
static u64 move_all(const pid_t *pids, u64 procs, u64 goal, u64 seconds)
{
	u64 end = now() + seconds, rounds = 0;
	int node = first_node();

	for (; !over() && now() < end; rounds++) {
		for (u64 i = 0; i < procs && !over(); i++) {
			if (rng_below(&rng, 4))
				move_place(pids[i], node);
			else
				move_everything(pids[i], node);
			node = next_node(node);
		}
		move_everything(0, node);
		if (vmstat("\npgmigrate_success ") >= goal)
			break;
	}
	return rounds;
}

/* --- beginning and end --- */

static pid_t start(u64 number)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork", NULL);
	if (pid)
		return pid;
	rng.state = seed * 0x9e3779b97f4a7c15ul + number + 1;
	roles[number % NR_ROLES]();
	_exit(0);
}

static bool all_ended_well(const pid_t *pids, u64 procs)
{
	bool well = true;

	STORE(control->over, true);
	for (u64 i = 0; i < procs; i++) {
		int status = -1;

		if (waitpid(pids[i], &status, 0) != pids[i] || status) {
			printf("movers: %s: wait status 0x%x\n",
			       role_names[i % NR_ROLES], status);
			well = false;
		}
	}
	return well && !control->failed;
}

static bool prepare(int argc, char **argv)
{
	seed = argument(argc, argv, "seed", 1);
	nr_pages = argument(argc, argv, "pages", 32);
	if (nr_pages < 2 || nr_pages > MAX_PAGES)
		return false;
	control = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return control != MAP_FAILED;
}

int main(int argc, char **argv)
{
	u64 procs = argument(argc, argv, "procs", NR_ROLES);
	u64 moves = argument(argc, argv, "moves", 5000);
	u64 seconds = argument(argc, argv, "seconds", 100);
	u64 moved, failed, rounds;
	static pid_t pids[MAX_PROCS];
	bool well;

	if (!prepare(argc, argv) || procs > MAX_PROCS)
		return 2;
	if (nr_nodes() < 2) {
		printf("movers: needs two nodes with memory\n");
		return 0;
	}
	moved = vmstat("\npgmigrate_success ");
	failed = vmstat("\npgmigrate_fail ");
	for (u64 i = 0; i < procs; i++)
		pids[i] = start(i);
	rng.state = seed;
	rounds = move_all(pids, procs, moved + moves, seconds);
	well = all_ended_well(pids, procs);
	moved = vmstat("\npgmigrate_success ") - moved;
	failed = vmstat("\npgmigrate_fail ") - failed;
	if (well && moved < moves)
		printf("movers: %lu moves in %lu seconds\n", moved, seconds);
	printf("RESULT movers seed=%lu procs=%lu moves=%lu failed=%lu rounds=%lu",
	       seed, procs, moved, failed, rounds);
	for (int i = 0; i < NR_ROLES; i++)
		printf(" %s=%lu", role_names[i], control->done[i]);
	printf("\n");
	return well && moved >= moves ? 0 : 1;
}
