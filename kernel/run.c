// SPDX-License-Identifier: MIT
/*
 * kernel/run.c - run="PROGRAM ARGS" on the kernel command line
 *
 * Several are run in their order. Status 0 is a pass, anything else fails the
 * run. Words of one are apart by blanks, without further quotes.
 */
#include <kernel/errno.h>
#include <kernel/fs.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/run.h>
#include <kernel/string.h>
#include <kernel/verdict.h>
#include <mm/pgtable.h>

#define MAX_RUNS  8
#define MAX_WORDS 64
#define LINE_MAX  512

static char lines[MAX_RUNS][LINE_MAX];
static u32 nr_runs;

static int param_run(const char *value)
{
	if (nr_runs == MAX_RUNS || !*value)
		return -EINVAL;
	if (!strscpy(lines[nr_runs], value, LINE_MAX))
		return -EINVAL;
	nr_runs++;
	return 0;
}
BOOT_PARAM("run", param_run, "\"PROGRAM ARGS\": run it, status 0 passes");

static const char *const environ[] = { "HOME=/", "PATH=/bin", "TERM=linux",
				       NULL };

s64 run_start(const char *const *argv, bool awaited)
{
	return process_spawn(argv, environ, awaited);
}

int run_wait(const char *name, u32 pid)
{
	s32 status = 0;
	int err = process_wait(pid, &status);

	if (err)
		return err;
	if (status & 0x7f)
		console_printf("run: %s: killed by signal %d (%s)\n", name,
			       status & 0x7f, signal_name(status & 0x7f));
	else
		console_printf("run: %s: exit status %d\n", name,
			       status >> 8 & 0xff);
	return status;
}

int run_program(const char *const *argv)
{
	s64 pid = run_start(argv, true);

	if (pid < 0) {
		console_printf("run: %s: error %ld\n", argv[0], -pid);
		return (int)pid;
	}
	return run_wait(argv[0], (u32)pid);
}

static u32 split(char *line, const char **words)
{
	u32 nr = 0;

	while (nr < MAX_WORDS - 1) {
		while (*line == ' ')
			line++;
		if (!*line)
			break;
		words[nr++] = line;
		while (*line && *line != ' ')
			line++;
		if (*line)
			*line++ = '\0';
	}
	words[nr] = NULL;
	return nr;
}

/* What programs have done to the page tables and the tree shows afterwards. */
static bool nothing_wrong(void)
{
	int findings;

	if (!CONFIG_DEBUG || processes_freeze())
		return true;
	findings = page_table_check_all() + process_check() + fs_check();
	processes_thaw();
	if (findings)
		console_printf("run: %d findings of checks\n", findings);
	return !findings;
}

bool run_asked(void)
{
	const char *words[MAX_WORDS];
	bool passed = true;

	for (u32 i = 0; i < nr_runs; i++)
		if (!split(lines[i], words) || run_program(words))
			passed = false;
	return nr_runs ? nothing_wrong() && passed : true;
}
