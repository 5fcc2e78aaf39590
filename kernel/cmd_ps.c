// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_ps.c - ps: all threads, and what each is doing
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/thread.h>

static const char *prio_name(u32 prio)
{
	static const char *const names[] = {
		[PRIO_HIGH] = "high",
		[PRIO_NORMAL] = "normal",
		[PRIO_LOW] = "low",
		[PRIO_IDLE] = "idle",
	};

	return names[prio];
}

static int cmd_ps(int argc __unused, char **argv __unused)
{
	struct thread_info info;

	console_printf("   ID NAME                     STATE CPU PRIO       TICKS STACK\n");
	for (u32 id = 0; thread_info_from(id, &info); id = info.id + 1) {
		console_printf("%5u %-24s %-5c %3u %-6s %9lu", info.id,
			       info.name, info.state, info.cpu,
			       prio_name(info.prio), info.ticks);
		if (info.stack_used)
			console_printf(" %5lu\n", info.stack_used);
		else
			console_printf(" %5s\n", "-");
	}
	return 0;
}

SHELL_COMMAND(ps, cmd_ps, "",
	      "all threads: state, CPU, ticks, stack in use\n"
	      "State: R runs, r is ready to run, S sleeps, D has ended. TICKS "
	      "are timer interrupts\n"
	      "that found it running. STACK: bytes, unknown while it runs and "
	      "for the boot stack.",
	      shell_complete_nothing);
