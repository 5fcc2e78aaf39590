// SPDX-License-Identifier: MIT
/*
 * kernel/watch_boot.c - watch=COMMAND: watch what the boot was asked to do
 *
 *	make run WATCH=1 APPEND=workload=churn		watch=map
 *
 * A thread draws while the workload, or a program of run=, works, and ends with
 * it. Keys are left to the program.
 */
#include <kernel/errno.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/thread.h>

#include "watch.h"

#define INTERVAL_MS	  250
#define PLAIN_INTERVAL_MS 5000

static char line[128];
static char *argv[SHELL_ARGS_MAX];
static struct watch_options options;
static struct thread *thread;
static bool stop;

static int param_watch(const char *value)
{
	return strscpy(line, *value ? value : "map", sizeof(line)) ? 0 : -EINVAL;
}
BOOT_PARAM("watch", param_watch,
	   "[=COMMAND]: show it again and again while workload= and run= work");

static int watch_thread(void *arg __unused)
{
	return watch_run(&options, &stop);
}

void watch_boot_begin(bool plain)
{
	int argc = *line ? shell_split(line, argv) : 0;

	if (argc <= 0)
		return;
	options = (struct watch_options){
		.interval_ms = plain ? PLAIN_INTERVAL_MS : INTERVAL_MS,
		.plain = plain,
		.argc = argc,
		.argv = argv,
	};
	shell_set_plain(plain);
	stop = false;
	if (!shell_find_command(argv[0]))
		pr_warn("watch=%s: there is no such command\n", argv[0]);
	else
		thread = kthread_run(watch_thread, NULL, "watch");
}

void watch_boot_end(void)
{
	if (!thread)
		return;
	WRITE_ONCE(stop, true);
	kthread_join(thread);
	thread = NULL;
}
