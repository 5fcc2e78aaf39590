// SPDX-License-Identifier: MIT
/*
 * tests/programs/hugetlb.c - mmap(MAP_HUGETLB): pages of 2 MiB out of a pool
 *
 * Each case sets the pool's size (/proc/sys/vm/nr_hugepages) and leaves it
 * empty. Who may write to that file is root on both kernels.
 */
#include "program.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/uio.h>

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif

#define HUGE (2 * MIB)
#define RW   (PROT_READ | PROT_WRITE)
#define POOL "/proc/sys/vm/nr_hugepages"
#define SYS  "/sys/kernel/mm/hugepages/hugepages-2048kB/"

/* --- the pool --- */

static bool write_number(const char *path, u64 number)
{
	FILE *file = fopen(path, "w");
	bool ok = file && fprintf(file, "%lu\n", number) > 0;

	return file && !fclose(file) && ok;
}

static u64 read_number(const char *path)
{
	FILE *file = fopen(path, "r");
	u64 number = ~0ul;

	if (file && fscanf(file, "%lu", &number) != 1)
		number = ~0ul;
	if (file)
		fclose(file);
	return number;
}

/* The number behind a name that begins a line. */
static u64 field(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	u64 number = ~0ul;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			number = strtoul(line + strlen(name), NULL, 10);
	if (file)
		fclose(file);
	return number;
}

static u64 meminfo(const char *name)
{
	return field("/proc/meminfo", name);
}

static bool pool_is(u64 total, u64 free, u64 reserved)
{
	return EXPECT_EQ(meminfo("HugePages_Total:"), total) &
	       EXPECT_EQ(meminfo("HugePages_Free:"), free) &
	       EXPECT_EQ(meminfo("HugePages_Rsvd:"), reserved);
}

static bool set_pool(u64 nr)
{
	return write_number(POOL, nr) && read_number(POOL) == nr;
}

static char *map_huge(size_t nr, int flags)
{
	return mmap(NULL, nr * HUGE, RW, MAP_ANONYMOUS | MAP_HUGETLB | flags,
		    -1, 0);
}

/* Of a pool of that size. */
static char *map_of_pool(u64 pool, size_t nr, int flags)
{
	return set_pool(pool) ? map_huge(nr, flags) : MAP_FAILED;
}

static void pool_grows_and_shrinks(void)
{
	u64 nodes;

	EXPECT_EQ(meminfo("Hugepagesize:"), 2048);
	REQUIRE(set_pool(8));
	pool_is(8, 8, 0);
	EXPECT_EQ(meminfo("Hugetlb:"), 8 * 2048);
	EXPECT_EQ(read_number(SYS "nr_hugepages"), 8);
	EXPECT_EQ(read_number(SYS "free_hugepages"), 8);
	EXPECT_EQ(read_number(SYS "surplus_hugepages"), 0);
	nodes = field("/sys/devices/system/node/node0/meminfo",
		      "Node 0 HugePages_Total:");
	EXPECT(nodes >= 4 && nodes <= 8);
	EXPECT_EQ(read_number("/sys/devices/system/node/node0/hugepages/"
			      "hugepages-2048kB/nr_hugepages"),
		  nodes);
	EXPECT(write_number("/sys/devices/system/node/node0/hugepages/"
			    "hugepages-2048kB/nr_hugepages",
			    nodes - 1));
	EXPECT_EQ(read_number(POOL), 7);
	EXPECT(set_pool(3));
	EXPECT(set_pool(0));
	pool_is(0, 0, 0);
}

/* --- contents --- */

static void every_page_keeps_its_stamp(void)
{
	char *p;

	p = map_of_pool(3, 3, MAP_PRIVATE);
	REQUIRE(p != MAP_FAILED);
	pool_is(3, 3, 3);
	EXPECT_EQ((u64)p % HUGE, 0);
	for (size_t i = 0; i < 3 * HUGE / PAGE; i++)
		stamp_page(p + i * PAGE, i);
	pool_is(3, 0, 0);
	for (size_t i = 0; i < 3 * HUGE / PAGE; i++)
		if (!EXPECT(page_has_stamp(p + i * PAGE, i)))
			break;
	/* The one in the middle goes, and comes back empty. */
	EXPECT_OK(munmap(p + HUGE, HUGE));
	pool_is(3, 1, 0);
	EXPECT(mmap(p + HUGE, HUGE, RW,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED, -1,
		    0) == p + HUGE);
	for (size_t i = 0; i < HUGE; i += 8)
		if (!EXPECT_EQ(*(u64 *)(p + HUGE + i), 0))
			break;
	EXPECT(page_has_stamp(p + HUGE - PAGE, HUGE / PAGE - 1));
	EXPECT(page_has_stamp(p + 2 * HUGE, 2 * HUGE / PAGE));
	EXPECT_OK(munmap(p, 3 * HUGE));
	pool_is(3, 3, 0);
	EXPECT(set_pool(0));
}

static void mmap_reserves_what_it_gives(void)
{
	char *p, *q;

	p = map_of_pool(2, 2, MAP_PRIVATE);
	REQUIRE(p != MAP_FAILED);
	pool_is(2, 2, 2);
	EXPECT_ERRNO(map_huge(1, MAP_PRIVATE), ENOMEM);
	EXPECT_ERRNO(map_huge(1, MAP_SHARED), ENOMEM);
	q = map_huge(1, MAP_PRIVATE | MAP_NORESERVE);
	EXPECT(q != MAP_FAILED);
	EXPECT_OK(munmap(q, HUGE));
	*p = 1;
	pool_is(2, 1, 1);
	EXPECT_OK(munmap(p, 2 * HUGE));
	pool_is(2, 2, 0);
	EXPECT(set_pool(0));
}

static void mmap_refuses_bad_arguments(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
	char *p;

	REQUIRE(set_pool(1));
	EXPECT_ERRNO(mmap((void *)(GIB + PAGE), HUGE, RW, flags | MAP_FIXED, -1,
			  0),
		     EINVAL);
	EXPECT_ERRNO(mmap(NULL, 0, RW, flags, -1, 0), EINVAL);
	EXPECT_ERRNO(mmap(NULL, HUGE, RW, flags | 13 << MAP_HUGE_SHIFT, -1, 0),
		     EINVAL);
	p = mmap(NULL, 1, RW, flags | 21 << MAP_HUGE_SHIFT, -1, 0);
	REQUIRE(p != MAP_FAILED);
	p[HUGE - 1] = 1; /* the length was rounded up */
	EXPECT_ERRNO(munmap(p, PAGE), EINVAL);
	EXPECT_ERRNO(munmap(p + PAGE, HUGE - PAGE), EINVAL);
	EXPECT_ERRNO(mprotect(p, PAGE, PROT_READ), EINVAL);
	EXPECT_ERRNO(madvise(p + PAGE, HUGE, MADV_DONTNEED), EINVAL);
	EXPECT_ERRNO(madvise(p, HUGE, MADV_FREE), EINVAL);
	EXPECT_EQ(p[HUGE - 1], 1);
	EXPECT_OK(mlock(p, HUGE));
	EXPECT_EQ(field("/proc/self/status", "VmLck:"), 0);
	EXPECT_OK(munmap(p, HUGE));
	EXPECT(set_pool(0));
}

static void touch(void *p)
{
	*(volatile char *)p = 1;
}

static void an_empty_pool_is_sigbus(void)
{
	char *p, *q;

	p = map_of_pool(1, 1, MAP_PRIVATE);
	q = map_huge(1, MAP_PRIVATE | MAP_NORESERVE);
	REQUIRE(p != MAP_FAILED && q != MAP_FAILED);
	EXPECT_SIGNAL(touch, q, SIGBUS);
	*p = 1;
	EXPECT_SIGNAL(touch, q, SIGBUS);
	EXPECT_OK(munmap(p, HUGE));
	EXPECT_EXIT(touch, q, 0);
	EXPECT_OK(munmap(q, HUGE));
	pool_is(1, 1, 0);
	EXPECT(set_pool(0));
}

/* --- others --- */

static void write_in_child(void *p)
{
	EXPECT_EQ(*(u64 *)p, 1);
	EXPECT_EQ(*((u64 *)p + HUGE / 16), 2);
	*(u64 *)p = 3;
	EXPECT_EQ(*((u64 *)p + HUGE / 16), 2);
}

static void a_child_writes_to_its_own_copy(void)
{
	u64 *p;

	p = (u64 *)map_of_pool(4, 2, MAP_PRIVATE);
	REQUIRE(p != MAP_FAILED);
	p[0] = 1;
	p[HUGE / 16] = 2;
	p[HUGE / 8] = 5;
	EXPECT_EXIT(write_in_child, p, 0);
	EXPECT_EQ(p[0], 1);
	p[0] = 4;
	EXPECT_EQ(p[HUGE / 16], 2);
	EXPECT_EQ(p[HUGE / 8], 5);
	pool_is(4, 2, 0);
	EXPECT_OK(munmap(p, 2 * HUGE));
	pool_is(4, 4, 0);
	EXPECT(set_pool(0));
}

/* The child has the page, too, and there is no other. */
static void an_owner_takes_its_page_back(void)
{
	int go[2], status = 0;
	pid_t child;
	char c = 0;
	u64 *p;

	p = (u64 *)map_of_pool(1, 1, MAP_PRIVATE);
	REQUIRE(p != MAP_FAILED && !pipe(go));
	p[0] = 1;
	child = fork();
	if (!child) {
		if (p[0] != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(*(volatile u64 *)p == 1 ? 2 : 3);
	}
	p[0] = 2;
	EXPECT_EQ(write(go[1], &c, 1), 1);
	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	EXPECT_EQ(p[0], 2);
	pool_is(1, 0, 0);
	EXPECT_OK(close(go[0]) | close(go[1]));
	EXPECT_OK(munmap(p, HUGE));
	EXPECT(set_pool(0));
}

static void write_shared(void *p)
{
	EXPECT_EQ(*(u64 *)p, 1);
	*(u64 *)p = 3;
	*((u64 *)p + HUGE / 8) = 4;
}

static void shared_pages_are_shared(void)
{
	u64 *p;

	p = (u64 *)map_of_pool(2, 2, MAP_SHARED);
	REQUIRE(p != MAP_FAILED);
	p[0] = 1;
	EXPECT_EXIT(write_shared, p, 0);
	EXPECT_EQ(p[0], 3);
	EXPECT_EQ(p[HUGE / 8], 4);
	/* Forgetting drops what maps the page, not the page. */
	EXPECT_OK(madvise(p, HUGE, MADV_DONTNEED));
	EXPECT_EQ(p[0], 3);
	EXPECT_OK(munmap(p, 2 * HUGE));
	pool_is(2, 2, 0);
	EXPECT(set_pool(0));
}

struct race {
	char *p;
	pthread_barrier_t barrier;
};

static void *touch_all(void *arg)
{
	struct race *race = arg;

	pthread_barrier_wait(&race->barrier);
	for (size_t i = 0; i < 4; i++)
		race->p[i * HUGE] |= 0;
	return NULL;
}

/* As many pages as places: nobody may take a second one for a place. */
static void threads_meet_at_the_last_page(void)
{
	struct race race;
	pthread_t thread[4];

	REQUIRE(set_pool(4));
	for (int round = 0; round < 5; round++) {
		race.p = map_huge(4, MAP_PRIVATE | MAP_NORESERVE);
		REQUIRE(race.p != MAP_FAILED);
		pthread_barrier_init(&race.barrier, NULL, 4);
		for (size_t i = 0; i < ARRAY_SIZE(thread); i++)
			REQUIRE(!pthread_create(&thread[i], NULL, touch_all,
						&race));
		for (size_t i = 0; i < ARRAY_SIZE(thread); i++)
			pthread_join(thread[i], NULL);
		pthread_barrier_destroy(&race.barrier);
		EXPECT_OK(munmap(race.p, 4 * HUGE));
	}
	EXPECT(set_pool(0));
}

/* --- changes --- */

static void read_it(void *p)
{
	(void)*(volatile char *)p;
}

static void rights_follow(void)
{
	char *p;

	p = map_of_pool(2, 2, MAP_PRIVATE);
	REQUIRE(p != MAP_FAILED);
	p[0] = 1;
	p[HUGE] = 2;
	EXPECT_OK(mprotect(p, HUGE, PROT_READ));
	EXPECT_SIGNAL(touch, p, SIGSEGV);
	EXPECT_EXIT(read_it, p, 0);
	EXPECT_OK(mprotect(p, 2 * HUGE, PROT_NONE));
	EXPECT_SIGNAL(read_it, p + HUGE, SIGSEGV);
	EXPECT_OK(mprotect(p, 2 * HUGE, RW));
	EXPECT_EQ(p[0], 1);
	EXPECT_EQ(p[HUGE], 2);
	p[0] = 3;
	EXPECT_OK(munmap(p, 2 * HUGE));
	EXPECT(set_pool(0));
}

static void mremap_moves_whole_pages(void)
{
	char *p, *place;

	p = map_of_pool(3, 3, MAP_PRIVATE);
	place = mmap(NULL, 4 * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	REQUIRE(p != MAP_FAILED && place != MAP_FAILED);
	place += HUGE - (u64)place % HUGE;
	p[0] = 1;
	EXPECT_ERRNO(mremap(p, 3 * HUGE, 4 * HUGE, MREMAP_MAYMOVE), EINVAL);
	EXPECT(mremap(p, 3 * HUGE, 2 * HUGE, 0) == p);
	pool_is(3, 2, 1);
	EXPECT_ERRNO(mremap(p, 2 * HUGE, 2 * HUGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, place + PAGE),
		     EINVAL);
	EXPECT(mremap(p, 2 * HUGE, 2 * HUGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		      place) == place);
	EXPECT_EQ(place[0], 1);
	place[HUGE] = 2;
	pool_is(3, 1, 0);
	EXPECT_OK(munmap(place, 2 * HUGE));
	pool_is(3, 3, 0);
	EXPECT(set_pool(0));
}

static void dontneed_forgets_whole_pages(void)
{
	u8 answer[2];
	char *p;

	p = map_of_pool(2, 2, MAP_PRIVATE);
	REQUIRE(p != MAP_FAILED);
	p[0] = 1;
	p[HUGE] = 2;
	EXPECT_OK(mincore(p + HUGE - PAGE, 2 * PAGE, answer));
	EXPECT_EQ(answer[0] & answer[1] & 1, 1);
	EXPECT_OK(madvise(p, HUGE, MADV_DONTNEED));
	EXPECT_OK(mincore(p + HUGE - PAGE, 2 * PAGE, answer));
	EXPECT_EQ(answer[0] & 1, 0);
	EXPECT_EQ(answer[1] & 1, 1);
	EXPECT_EQ(meminfo("HugePages_Free:"), 1);
	EXPECT_EQ(p[0], 0);
	EXPECT_EQ(p[HUGE], 2);
	EXPECT_OK(munmap(p, 2 * HUGE));
	EXPECT(set_pool(0));
}

static void surplus_pages_come_and_go(void)
{
	char *p;

	REQUIRE(set_pool(0));
	REQUIRE(write_number("/proc/sys/vm/nr_overcommit_hugepages", 2));
	EXPECT_ERRNO(map_huge(3, MAP_PRIVATE), ENOMEM);
	p = map_huge(2, MAP_PRIVATE);
	REQUIRE(p != MAP_FAILED);
	pool_is(2, 2, 2);
	EXPECT_EQ(meminfo("HugePages_Surp:"), 2);
	p[HUGE] = 1;
	pool_is(2, 1, 1);
	EXPECT_OK(munmap(p, 2 * HUGE));
	pool_is(0, 0, 0);
	EXPECT(write_number("/proc/sys/vm/nr_overcommit_hugepages", 0));
}

/* In use when the pool is emptied: surplus until they are given up. */
static void pages_in_use_stay(void)
{
	char *p;

	p = map_of_pool(3, 2, MAP_PRIVATE);
	REQUIRE(p != MAP_FAILED);
	p[0] = 1;
	EXPECT(write_number(POOL, 0));
	pool_is(2, 1, 1);
	EXPECT_EQ(meminfo("HugePages_Surp:"), 2);
	p[HUGE] = 2;
	EXPECT_EQ(p[0] + p[HUGE], 3);
	EXPECT_OK(munmap(p, 2 * HUGE));
	pool_is(0, 0, 0);
}

/* --- who looks --- */

/* A pipe holds frames in the middle of a page that is unmapped. */
static void a_pipe_keeps_the_page(void)
{
	struct iovec vector = { NULL, 2 * PAGE };
	char *p, *q = map_pages(2);
	int ends[2];

	REQUIRE(set_pool(1) && !pipe(ends));
	p = map_huge(1, MAP_PRIVATE);
	REQUIRE(p != MAP_FAILED);
	stamp_page(p + 7 * PAGE, 1);
	stamp_page(p + 8 * PAGE, 2);
	vector.iov_base = p + 7 * PAGE;
	EXPECT_EQ(syscall(SYS_vmsplice, ends[1], &vector, 1, 0), 2 * PAGE);
	stamp_page(p + 7 * PAGE, 3);
	EXPECT_OK(munmap(p, HUGE));
	EXPECT_EQ(meminfo("HugePages_Free:"), 0);
	EXPECT_EQ(read(ends[0], q, 2 * PAGE), 2 * PAGE);
	EXPECT(page_has_stamp(q, 3));
	EXPECT(page_has_stamp(q + PAGE, 2));
	EXPECT_EQ(meminfo("HugePages_Free:"), 1);
	close(ends[0]);
	close(ends[1]);
	unmap_pages(q, 2);
	EXPECT(set_pool(0));
}

#define PFN(word) ((word) & ((1ul << 55) - 1))

static u64 word_of(const char *path, u64 index)
{
	int fd = open(path, O_RDONLY);
	u64 word = 0;

	if (fd < 0 || pread(fd, &word, 8, (off_t)(index * 8)) != 8)
		word = 0;
	close(fd);
	return word;
}

static u64 page_word(const char *p)
{
	return word_of("/proc/self/pagemap", (u64)p / PAGE);
}

static bool area_line(const char *path, const char *p, const char *text)
{
	FILE *file = fopen(path, "r");
	char line[512], start[24];
	bool here = false, found = false;

	snprintf(start, sizeof(start), "%lx-", (u64)p);
	while (file && fgets(line, sizeof(line), file)) {
		u64 from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = !strncmp(line, start, strlen(start));
		found |= here && strstr(line, text);
	}
	if (file)
		fclose(file);
	return found;
}

static void proc_shows_them(void)
{
	char *p;
	u64 pfn;

	p = map_of_pool(2, 2, MAP_PRIVATE);
	REQUIRE(p != MAP_FAILED);
	p[HUGE] = 1;
	EXPECT(area_line("/proc/self/maps", p, "/anon_hugepage (deleted)"));
	EXPECT(area_line("/proc/self/smaps", p, "KernelPageSize:     2048 kB"));
	EXPECT(area_line("/proc/self/smaps", p, "Private_Hugetlb:    2048 kB"));
	EXPECT(area_line("/proc/self/smaps", p, "Rss:                   0 kB"));
	EXPECT(area_line("/proc/self/smaps", p, " ht "));
	EXPECT_EQ(field("/proc/self/status", "HugetlbPages:"), 2048);
	EXPECT_EQ(page_word(p) >> 63, 0);
	EXPECT_EQ(page_word(p + HUGE) >> 63, 1);
	pfn = PFN(page_word(p + HUGE));
	EXPECT_EQ(pfn % 512, 0);
	EXPECT_EQ(PFN(page_word(p + HUGE + 17 * PAGE)), pfn + 17);
	EXPECT_EQ(word_of("/proc/kpageflags", pfn) >> 17 & 1, 1);
	EXPECT_EQ(word_of("/proc/kpageflags", pfn + 17) >> 17 & 1, 1);
	EXPECT_EQ(word_of("/proc/kpagecount", pfn), 1);
	EXPECT_OK(munmap(p, 2 * HUGE));
	EXPECT(set_pool(0));
}

PROGRAM(CASE(pool_grows_and_shrinks), CASE(every_page_keeps_its_stamp),
	CASE(mmap_reserves_what_it_gives), CASE(mmap_refuses_bad_arguments),
	CASE(an_empty_pool_is_sigbus), CASE(a_child_writes_to_its_own_copy),
	CASE(an_owner_takes_its_page_back), CASE(shared_pages_are_shared),
	CASE(threads_meet_at_the_last_page), CASE(rights_follow),
	CASE(mremap_moves_whole_pages), CASE(dontneed_forgets_whole_pages),
	CASE(surplus_pages_come_and_go), CASE(pages_in_use_stay),
	CASE(a_pipe_keeps_the_page), CASE(proc_shows_them))
