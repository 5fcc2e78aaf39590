// SPDX-License-Identifier: MIT
/*
 * tests/programs/proc.c - what /proc says of a process
 */
#include "frames.h"
#include <fcntl.h>

#define PRESENT (1ul << 63)
#define PFN(e)	((e) & ((1ul << 55) - 1))

static const char *proc_path(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", getpid(), name);
	return path;
}

/* The whole file as text; static, so until the next call. */
static char *text_of(const char *path)
{
	static char text[256 * 1024];
	int fd = open(path, O_RDONLY);
	size_t got = 0;
	ssize_t nr;

	if (fd < 0)
		return NULL;
	while ((nr = read(fd, text + got, sizeof(text) - 1 - got)) > 0)
		got += nr;
	close(fd);
	text[got] = '\0';
	return text;
}

struct area {
	u64 start, end;
	char flags[8];
	char name[64];
};

/* The line of maps that holds an address. */
static bool find_area(void *address, struct area *a)
{
	char *text = text_of(proc_path("maps"));

	for (char *line = text; line && *line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		a->name[0] = '\0';
		if (sscanf(line, "%lx-%lx %7s %*x %*s %*u%*[ ]%63[^\n]",
			   &a->start, &a->end, a->flags, a->name) < 3)
			return false;
		if (a->start <= (u64)address && (u64)address < a->end)
			return true;
	}
	return false;
}

static void maps_show_each_area(void)
{
	char *p = map_pages(10);
	struct area a;

	EXPECT_OK(mprotect(p + 2 * PAGE, 3 * PAGE, PROT_READ));
	REQUIRE(find_area(p + 3 * PAGE, &a));
	EXPECT_EQ(a.start, p + 2 * PAGE);
	EXPECT_EQ(a.end, p + 5 * PAGE);
	EXPECT_EQ(strcmp(a.flags, "r--p"), 0);
	REQUIRE(find_area(p, &a));
	EXPECT_EQ(a.end, p + 2 * PAGE);
	EXPECT_EQ(strcmp(a.flags, "rw-p"), 0);
	EXPECT_OK(mprotect(p + 2 * PAGE, 3 * PAGE, PROT_READ | PROT_WRITE));
	REQUIRE(find_area(p, &a)); /* one again */
	EXPECT(a.start <= (u64)p && a.end >= (u64)p + 10 * PAGE);
	unmap_pages(p, 10);
	EXPECT(!find_area(p + 4 * PAGE, &a));
}

static void areas_have_names(void)
{
	char *end = (char *)syscall(SYS_brk, 0);
	struct area a;
	int here;

	REQUIRE(find_area(&here, &a));
	EXPECT_EQ(strcmp(a.name, "[stack]"), 0);
	EXPECT_EQ(strcmp(a.flags, "rw-p"), 0);
	syscall(SYS_brk, end + 2 * PAGE);
	REQUIRE(find_area(end + PAGE, &a));
	EXPECT_EQ(strcmp(a.name, "[heap]"), 0);
	syscall(SYS_brk, end);
	REQUIRE(find_area((void *)areas_have_names, &a));
	EXPECT_EQ(strcmp(a.flags, "r-xp"), 0);
	EXPECT(strstr(a.name, "proc") != NULL);
}

/* In order, apart from each other, none is empty. */
static void maps_are_ordered(void)
{
	char *text = text_of(proc_path("maps"));
	u64 start, end, last = 0;
	int lines = 0;

	REQUIRE(text);
	for (char *line = text; *line; line = strchr(line, '\n') + 1) {
		REQUIRE(sscanf(line, "%lx-%lx", &start, &end) == 2);
		if ((long)start < 0)
			break; /* [vsyscall] */
		EXPECT(start >= last && end > start);
		EXPECT_EQ((start | end) % PAGE, 0);
		last = end;
		lines++;
	}
	EXPECT(lines >= 4);
}

/* --- pagemap --- */

static u64 entry_of(void *p)
{
	int fd = open(proc_path("pagemap"), O_RDONLY);
	u64 entry = 0;

	if (fd < 0 || pread(fd, &entry, 8, (u64)p / PAGE * 8) != 8)
		entry = ~0ul;
	close(fd);
	return entry;
}

static void pagemap_shows_frames(void)
{
	char *p = map_pages(4);

	madvise(p, 4 * PAGE, MADV_NOHUGEPAGE);
	EXPECT_EQ(entry_of(p) & PRESENT, 0);
	p[0] = 1;
	p[PAGE] = 1;
	EXPECT(entry_of(p) & PRESENT);
	EXPECT(PFN(entry_of(p)) != 0);
	EXPECT(PFN(entry_of(p)) != PFN(entry_of(p + PAGE)));
	EXPECT_EQ(entry_of(p + 2 * PAGE) & PRESENT, 0);
	unmap_pages(p, 4);
}

static u64 frame_count(u64 pfn)
{
	int fd = open("/proc/kpagecount", O_RDONLY);
	u64 count = 0;

	if (fd < 0 || pread(fd, &count, 8, pfn * 8) != 8)
		count = ~0ul;
	close(fd);
	return count;
}

static void fork_shares_frames_until_written(void)
{
	char *p = map_pages(1);
	int go[2], status;
	pid_t pid;
	u64 pfn;
	char c;

	*p = 1;
	pfn = PFN(entry_of(p));
	EXPECT_EQ(frame_count(pfn), 1);
	REQUIRE(!pipe(go));
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		_exit(read(go[0], &c, 1) != 0);
	}
	EXPECT_EQ(PFN(entry_of(p)), pfn);
	EXPECT_EQ(frame_count(pfn), 2);
	*p = 2;
	EXPECT(PFN(entry_of(p)) != pfn);
	EXPECT_EQ(frame_count(pfn), 1);
	close(go[0]);
	close(go[1]);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	unmap_pages(p, 1);
}

/* All 512 frames of each are marked, and none of them is taken for free. */
static void huge_pages_are_seen_by_frame(void)
{
	u64 before = file_number("/proc/sys/vm/nr_hugepages"), nr;
	struct frames frames;
	u64 huge = 0;

	REQUIRE(file_write_number("/proc/sys/vm/nr_hugepages", before + 2));
	nr = file_number("/proc/sys/vm/nr_hugepages");
	EXPECT_EQ(nr, before + 2);
	frames_init(&frames);
	for (size_t i = 0; i < frames.nr; i++)
		huge += frames.blocks[i].huge;
	EXPECT_EQ(huge, nr * BLOCK_FRAMES);
	file_write_number("/proc/sys/vm/nr_hugepages", before);
	frames_free(&frames);
}

static void mremap_keeps_the_frame(void)
{
	char *p = map_pages(1), *q = map_pages(1);
	u64 pfn;

	*p = 1;
	pfn = PFN(entry_of(p));
	q = mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q);
	REQUIRE(q != MAP_FAILED);
	EXPECT_EQ(PFN(entry_of(q)), pfn);
	unmap_pages(q, 1);
}

/* --- counts --- */

static long field(const char *path, const char *name)
{
	char *text = text_of(path), *at = text ? strstr(text, name) : NULL;

	return at ? atol(at + strlen(name)) : -1;
}

static void resident_memory_is_counted(void)
{
	char *p = map_pages(1024);
	long before = field(proc_path("status"), "VmRSS:"), after;

	madvise(p, 1024 * PAGE, MADV_NOHUGEPAGE);
	memset(p, 1, 1024 * PAGE);
	after = field(proc_path("status"), "VmRSS:");
	EXPECT(before > 0);
	/* Per-CPU counts may lag behind by 64 pages each. */
	EXPECT(after - before >= 4096 - 1024 && after - before <= 4096 + 1024);
	EXPECT(field(proc_path("status"), "VmSize:") >= after);
	unmap_pages(p, 1024);
	EXPECT(field(proc_path("status"), "VmRSS:") <= after - 4096 + 1024);
}

static void smaps_counts_an_area(void)
{
	char *p = map_pages(16), start[32], *text, *line;

	madvise(p, 16 * PAGE, MADV_NOHUGEPAGE);
	EXPECT_OK(mprotect(p, 16 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	memset(p, 1, 5 * PAGE);
	text = text_of(proc_path("smaps"));
	REQUIRE(text);
	snprintf(start, sizeof(start), "%lx-%lx", (u64)p, (u64)p + 16 * PAGE);
	line = strstr(text, start);
	REQUIRE(line);
	EXPECT_EQ(atol(strstr(line, "Size:") + 5), 64);
	EXPECT_EQ(atol(strstr(line, "Rss:") + 4), 20);
	EXPECT_EQ(atol(strstr(line, "Anonymous:") + 10), 20);
	unmap_pages(p, 16);
}

static void stat_and_statm_have_their_form(void)
{
	int pid = 0, parent = 0;
	u64 size = 0, resident = 0;
	char state = 0, *text;

	text = text_of(proc_path("stat"));
	REQUIRE(text);
	EXPECT_EQ(sscanf(text, "%d (proc) %c %d", &pid, &state, &parent), 3);
	EXPECT_EQ(pid, getpid());
	EXPECT_EQ(parent, getppid());
	EXPECT_EQ(state, 'R');
	text = text_of(proc_path("statm"));
	REQUIRE(text);
	EXPECT_EQ(sscanf(text, "%lu %lu", &size, &resident), 2);
	EXPECT(size >= resident && resident > 0);
}

static void cmdline_holds_the_arguments(void)
{
	char *text = text_of(proc_path("cmdline"));

	REQUIRE(text);
	EXPECT(strstr(text, "proc") != NULL);
}

static void unknown_processes_have_no_folder(void)
{
	EXPECT_ERRNO(open("/proc/999999/maps", O_RDONLY), ENOENT);
}

PROGRAM(CASE(maps_show_each_area), CASE(areas_have_names),
	CASE(maps_are_ordered), CASE(pagemap_shows_frames),
	CASE(fork_shares_frames_until_written),
	CASE(huge_pages_are_seen_by_frame), CASE(mremap_keeps_the_frame),
	CASE(resident_memory_is_counted), CASE(smaps_counts_an_area),
	CASE(stat_and_statm_have_their_form), CASE(cmdline_holds_the_arguments),
	CASE(unknown_processes_have_no_folder))
