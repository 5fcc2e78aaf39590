// SPDX-License-Identifier: MIT
/*
 * tests/programs/lib/program.c - cases, expectations, children, stamps
 *
 * Output goes through one write a line (stdout is line buffered by hand), so
 * that lines of several processes do not mix. Children leave by _exit(): what
 * the parent has not written yet is not theirs to write.
 */
#include "program.h"
#include <signal.h>
#include <stdarg.h>
#include <sys/auxv.h>

static const char *running; /* name of the case */
static bool failed;
static const char *skipped; /* why */

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char line[512];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (length > (int)sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	fflush(stdout);
	if (write(STDOUT_FILENO, line, length) < 0)
		_exit(1);
}

/* --- expectations --- */

static void fail(const char *file, int line)
{
	failed = true;
	say("# %s:%d: in %s", file, line, running ? running : "main");
}

bool expect_true(bool holds, const char *text, const char *file, int line)
{
	if (holds)
		return true;
	fail(file, line);
	say("#   not true: %s (errno %d)", text, errno);
	return false;
}

bool expect_equal(long found, long expected, const char *text, const char *file,
		  int line)
{
	int error = errno;

	if (found == expected)
		return true;
	fail(file, line);
	say("#   %s", text);
	say("#   found %ld (0x%lx), expected %ld (0x%lx), errno %d", found,
	    found, expected, expected, error);
	return false;
}

bool expect_errno(long result, int expected, const char *text, const char *file,
		  int line)
{
	int error = errno;

	if (result == -1 && error == expected)
		return true;
	fail(file, line);
	say("#   %s", text);
	say("#   returned %ld with errno %d, expected -1 with errno %d (%s)",
	    result, error, expected, strerror(expected));
	return false;
}

bool case_failed(void)
{
	return failed;
}

void skip_case(const char *why)
{
	skipped = why;
}

/* --- children --- */

int run_child(void (*function)(void *arg), void *arg)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		failed = false;
		function(arg);
		_exit(failed ? CHILD_FAILED : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

bool expect_signal(int wait_status, int signal, const char *text,
		   const char *file, int line)
{
	if (wait_status != -1 && WIFSIGNALED(wait_status) &&
	    WTERMSIG(wait_status) == signal)
		return true;
	fail(file, line);
	say("#   %s: wait status 0x%x, expected to be killed by signal %d",
	    text, wait_status, signal);
	return false;
}

bool expect_exit(int wait_status, int status, const char *text,
		 const char *file, int line)
{
	if (wait_status != -1 && WIFEXITED(wait_status) &&
	    WEXITSTATUS(wait_status) == status)
		return true;
	fail(file, line);
	say("#   %s: wait status 0x%x, expected exit status %d", text,
	    wait_status, status);
	return false;
}

/* --- memory --- */

void *map_pages(size_t nr)
{
	void *p = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		say("Bail out! mmap of %zu pages: %s", nr, strerror(errno));
		_exit(1);
	}
	return p;
}

void unmap_pages(void *p, size_t nr)
{
	EXPECT_OK(munmap(p, nr * PAGE));
}

void stamp_page(void *page, u64 key)
{
	u64 *word = page;

	for (size_t i = 0; i < PAGE / sizeof(u64); i++)
		word[i] = key * 0x9e3779b97f4a7c15ul + i;
}

bool page_has_stamp(const void *page, u64 key)
{
	const u64 *word = page;

	for (size_t i = 0; i < PAGE / sizeof(u64); i++)
		if (word[i] != key * 0x9e3779b97f4a7c15ul + i)
			return false;
	return true;
}

/* --- random numbers --- */

u64 rng_next(struct rng *rng)
{
	rng->state ^= rng->state >> 12;
	rng->state ^= rng->state << 25;
	rng->state ^= rng->state >> 27;
	return rng->state * 0x2545f4914f6cdd1dul;
}

u64 rng_below(struct rng *rng, u64 limit)
{
	return (rng_next(rng) >> 11) % limit;
}

/* --- arguments --- */

u64 argument(int argc, char **argv, const char *key, u64 value)
{
	size_t length = strlen(key);

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], key, length) && argv[i][length] == '=')
			value = strtoull(argv[i] + length + 1, NULL, 0);
	return value;
}

const char *argument_text(int argc, char **argv, const char *key,
			  const char *text)
{
	size_t length = strlen(key);

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], key, length) && argv[i][length] == '=')
			text = argv[i] + length + 1;
	return text;
}

const char *sibling(const char *name)
{
	static char path[256];
	const char *self = (const char *)getauxval(AT_EXECFN);
	const char *slash = self ? strrchr(self, '/') : NULL;

	if (slash)
		snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - self),
			 self, name);
	else
		snprintf(path, sizeof(path), "/bin/%s", name);
	return path;
}

/* --- cases --- */

static bool wanted(int argc, char **argv, const char *name)
{
	bool named = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], name))
			return true;
		named = named || !strchr(argv[i], '=');
	}
	return !named;
}

static bool run_case(int number, const struct program_case *c)
{
	running = c->name;
	failed = false;
	skipped = NULL;
	c->run();
	fflush(stdout);
	if (skipped && !failed)
		say("ok %d %s # SKIP %s", number, c->name, skipped);
	else
		say("%s %d %s", failed ? "not ok" : "ok", number, c->name);
	return !failed;
}

int run_cases(int argc, char **argv, const struct program_case *cases, size_t nr)
{
	int chosen = 0, number = 0;
	bool all_passed = true;

	for (size_t i = 0; i < nr; i++)
		chosen += wanted(argc, argv, cases[i].name);
	say("KTAP version 1");
	say("1..%d", chosen);
	for (size_t i = 0; i < nr; i++)
		if (wanted(argc, argv, cases[i].name))
			all_passed &= run_case(++number, &cases[i]);
	return all_passed && chosen ? 0 : 1;
}
