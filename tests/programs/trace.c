// SPDX-License-Identifier: MIT
/*
 * tests/programs/trace.c - /sys/kernel/tracing: what this program's own page
 * faults leave there, on Tangram and on Linux
 */
#include "program.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>

#define DIR   "/sys/kernel/tracing/"
#define PAGES 64

static char text[1024 * KIB];

static int write_file(const char *name, int flags, const char *words)
{
	char path[128];
	int fd, done;

	snprintf(path, sizeof(path), DIR "%s", name);
	fd = open(path, O_WRONLY | flags);
	if (fd < 0)
		return -1;
	done = write(fd, words, strlen(words));
	close(fd);
	return done == (int)strlen(words) ? 0 : -1;
}

static bool read_file(const char *name)
{
	char path[128];
	size_t got = 0;
	ssize_t nr;
	int fd;

	snprintf(path, sizeof(path), DIR "%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	while ((nr = read(fd, text + got, sizeof(text) - 1 - got)) > 0)
		got += nr;
	close(fd);
	text[got] = '\0';
	return nr >= 0;
}

static char *read_pipe(int fd)
{
	ssize_t nr = read(fd, text, sizeof(text) - 1);

	text[nr > 0 ? nr : 0] = '\0';
	return text;
}

/* On Linux it is there when somebody mounted it. */
static bool find_tracing(void)
{
	if (access(DIR "set_event", W_OK))
		mount("none", DIR, "tracefs", 0, NULL);
	return !access(DIR "set_event", W_OK);
}

static bool begin(void)
{
	return find_tracing() && !write_file("set_event", O_TRUNC, "\n") &&
	       !write_file("tracing_on", O_TRUNC, "1") &&
	       !write_file("buffer_size_kb", O_TRUNC, "512") &&
	       !write_file("trace", O_TRUNC, "\n");
}

static void end(void)
{
	EXPECT_OK(write_file("set_event", O_TRUNC, "\n"));
	EXPECT_OK(write_file("trace", O_TRUNC, "\n"));
}

static void touch(void)
{
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (u64 i = 0; i < PAGES; i++)
		p[i * PAGE] = 1;
	munmap(p, PAGES * PAGE);
}

struct record {
	char comm[32], flags[8], event[64], gfp[256];
	int pid, cpu, order, migratetype;
	double time;
	u64 page, pfn;
};

/* "            trace-12      [001] .....    12.345678: mm_page_alloc: page=..." */
static bool parse(const char *line, struct record *r)
{
	return sscanf(line,
		      "%31[^-]-%d [%d] %7s %lf: %63[^:]: page=%lx pfn=0x%lx "
		      "order=%d migratetype=%d gfp_flags=%255s",
		      r->comm, &r->pid, &r->cpu, r->flags, &r->time, r->event,
		      &r->page, &r->pfn, &r->order, &r->migratetype,
		      r->gfp) == 11;
}

static char *next_line(char *line)
{
	char *newline = strchr(line, '\n');

	return newline ? newline + 1 : line + strlen(line);
}

/* User pages that this process was given, as the text has it. */
static int count_own(int pid)
{
	struct record r;
	int nr = 0;
	double last = 0;

	for (char *line = text; *line; line = next_line(line)) {
		if (*line == '#' || !parse(line, &r))
			continue;
		EXPECT_EQ(strcmp(r.event, "mm_page_alloc"), 0);
		EXPECT_EQ(strlen(r.flags), 5);
		EXPECT(r.time >= last);
		last = r.time;
		if (r.pid != pid || !strstr(r.gfp, "GFP_HIGHUSER_MOVABLE"))
			continue;
		/* Linux has not always learned the name. */
		EXPECT(strstr(r.comm, "trace") || strstr(r.comm, "<...>"));
		EXPECT_EQ(r.migratetype, 1);
		nr++;
	}
	return nr;
}

static void allocations_of_page_faults_are_recorded(void)
{
	REQUIRE(begin());
	EXPECT_OK(write_file("set_event", O_TRUNC, "kmem:mm_page_alloc\n"));
	touch();
	EXPECT_OK(write_file("set_event", O_TRUNC, "\n"));
	touch();
	for (int i = 0; i < 2; i++) { /* they stay */
		REQUIRE(read_file("trace"));
		EXPECT(strstr(text, "# tracer: nop\n#\n# entries-in-") == text);
		EXPECT(count_own(getpid()) >= PAGES);
		EXPECT(count_own(getpid()) < 2 * PAGES);
	}
	EXPECT_OK(write_file("trace", O_TRUNC, "\n"));
	REQUIRE(read_file("trace"));
	EXPECT_EQ(count_own(getpid()), 0);
	end();
}

/* The child touches once the parent sleeps in its read, most likely. */
static void the_pipe_waits_and_takes(void)
{
	int fd, pid, nr = 0;

	REQUIRE(begin());
	fd = open(DIR "trace_pipe", O_RDONLY);
	REQUIRE(fd >= 0);
	pid = fork();
	if (!pid) {
		usleep(50000);
		write_file("events/kmem/mm_page_alloc/enable", O_TRUNC, "1");
		touch();
		write_file("events/kmem/enable", O_TRUNC, "0");
		_exit(0);
	}
	while (nr < PAGES && *read_pipe(fd))
		nr += count_own(pid);
	EXPECT(nr >= PAGES);
	EXPECT_EQ(waitpid(pid, NULL, 0), pid);
	close(fd);
	REQUIRE(read_file("trace"));
	EXPECT(count_own(pid) < PAGES);
	end();
}

static void a_signal_ends_the_wait(void)
{
	int status = -1, pid;

	REQUIRE(begin());
	pid = fork();
	if (!pid) {
		int fd = open(DIR "trace_pipe", O_RDONLY);

		read_pipe(fd);
		_exit(1);
	}
	usleep(100000);
	EXPECT_OK(kill(pid, SIGTERM));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFSIGNALED(status));
	EXPECT_EQ(WTERMSIG(status), SIGTERM);
	end();
}

static void without_waiting_it_says_so(void)
{
	char byte;
	int fd;

	REQUIRE(begin());
	fd = open(DIR "trace_pipe", O_RDONLY | O_NONBLOCK);
	REQUIRE(fd >= 0);
	EXPECT_ERRNO(read(fd, &byte, 1), EAGAIN);
	close(fd);
	end();
}

static void names_are_checked_and_listed(void)
{
	REQUIRE(begin());
	EXPECT_ERRNO(write_file("set_event", O_TRUNC, "kmem:nothing"), EINVAL);
	EXPECT_OK(write_file("set_event", O_APPEND, "mm_page_free"));
	EXPECT_OK(write_file("set_event", O_APPEND, "kmem:mm_page_alloc"));
	REQUIRE(read_file("set_event"));
	EXPECT(strstr(text, "kmem:mm_page_free\n"));
	EXPECT(strstr(text, "kmem:mm_page_alloc\n"));
	EXPECT_OK(write_file("set_event", O_APPEND, "!mm_page_free"));
	REQUIRE(read_file("set_event"));
	EXPECT_EQ(strcmp(text, "kmem:mm_page_alloc\n"), 0);
	EXPECT_OK(write_file("set_event", O_APPEND, "migrate:*"));
	REQUIRE(read_file("events/migrate/enable"));
	EXPECT_EQ(*text, '1');
	REQUIRE(read_file("events/kmem/enable"));
	EXPECT_EQ(*text, 'X');
	EXPECT_OK(write_file("set_event", O_TRUNC, "\n"));
	REQUIRE(read_file("set_event"));
	EXPECT_EQ(*text, 0);
	REQUIRE(read_file("available_events"));
	EXPECT(strstr(text, "kmem:mm_page_alloc\n"));
	EXPECT(strstr(text, "migrate:mm_migrate_pages\n"));
	end();
}

#define FREE "events/kmem/mm_page_free/"

static void an_event_has_a_folder(void)
{
	int id = 0;

	REQUIRE(begin());
	REQUIRE(read_file(FREE "format"));
	EXPECT_EQ(sscanf(text, "name: mm_page_free\nID: %d", &id), 1);
	EXPECT(strstr(text, "\tfield:int common_pid;\toffset:4;\tsize:4;"));
	EXPECT(strstr(text, "\tfield:unsigned long pfn;\toffset:8;\tsize:8;"
			    "\tsigned:0;\n"));
	EXPECT(strstr(text, "\nprint fmt: \"page=%p pfn=0x%lx order=%"));
	REQUIRE(read_file(FREE "id"));
	EXPECT_EQ(atoi(text), id);
	EXPECT_OK(write_file(FREE "enable", O_TRUNC, "1"));
	REQUIRE(read_file("set_event"));
	EXPECT_EQ(strcmp(text, "kmem:mm_page_free\n"), 0);
	EXPECT(write_file(FREE "enable", O_TRUNC, "yes") < 0);
	EXPECT(write_file(FREE "format", O_TRUNC, "1") < 0);
	end();
}

PROGRAM(CASE(allocations_of_page_faults_are_recorded),
	CASE(the_pipe_waits_and_takes), CASE(a_signal_ends_the_wait),
	CASE(without_waiting_it_says_so), CASE(names_are_checked_and_listed),
	CASE(an_event_has_a_folder))
