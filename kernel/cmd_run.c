// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_run.c - run, kill: programs from the shell
 */
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/run.h>
#include <kernel/shell.h>
#include <kernel/string.h>

#include "shell_args.h"

/* Somebody has to wait for a program in the background, and tell its end. */
static int wait_in_background(void *arg)
{
	u32 pid = (u32)(u64)arg;
	char name[COMM_MAX] = "?";
	struct process *p = process_find(pid);

	if (p) {
		strscpy(name, p->comm, sizeof(name));
		process_put(p);
	}
	return run_wait(name, pid);
}

static int run_in_background(const char *const *argv)
{
	s64 pid = run_start(argv, true);
	struct thread *t;

	if (pid < 0) {
		console_printf("run: %s: error %ld\n", argv[0], -pid);
		return 1;
	}
	console_printf("process %ld\n", pid);
	t = kthread_run(wait_in_background, (void *)pid, "run-wait");
	if (t)
		kthread_detach(t);
	return 0;
}

static int cmd_run(int argc, char **argv)
{
	bool background = argc > 1 && !strcmp(argv[argc - 1], "&");

	if (background)
		argv[--argc] = NULL;
	if (argc < 2) {
		console_printf("usage: run PROGRAM [ARGS] [&]\n");
		return 1;
	}
	argv[argc] = NULL;
	if (background)
		return run_in_background((const char *const *)&argv[1]);
	return run_program((const char *const *)&argv[1]);
}

SHELL_COMMAND(run, cmd_run, "PROGRAM [ARGS] [&]",
	      "run a program in ring 3 and tell its exit status\n"
	      "PROGRAM is a path, or a name in /bin. With & the shell goes on "
	      "at once; ps and kill\n"
	      "then know it by its number.",
	      NULL);

static int signal_by_name(const char *text)
{
	u64 number;

	if (!kstrtou64(text, 10, &number) && number <= NSIG)
		return (int)number;
	for (int signo = 1; signo <= SIGSYS; signo++)
		if (!strcmp(text, signal_name(signo)) ||
		    !strcmp(text, signal_name(signo) + 3))
			return signo;
	return -1;
}

static int cmd_kill(int argc, char **argv)
{
	int signo = SIGTERM, err;
	u64 pid;

	if (argc == 3 && argv[1][0] == '-')
		signo = signal_by_name(argv[1] + 1);
	else if (argc != 2)
		signo = -1;
	if (signo < 0 || kstrtou64(argv[argc - 1], 10, &pid)) {
		console_printf("usage: kill [-SIGNAL] PID\n");
		return 1;
	}
	err = process_kill((u32)pid, signo);
	if (err)
		console_printf("kill: %lu: no such process\n", pid);
	return err;
}

SHELL_COMMAND(kill, cmd_kill, "[-SIGNAL] PID",
	      "send a signal to a program\n"
	      "SIGNAL is a number or a name (9, KILL, SIGKILL); without one, "
	      "TERM. The kernel's own\n"
	      "threads take none.",
	      shell_complete_nothing);
