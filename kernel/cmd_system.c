// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_system.c - leave, start again, how long, clean screen
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/verdict.h>
#include <arch/cpu.h>

static int cmd_poweroff(int argc __unused, char **argv __unused)
{
	verdict_poweroff();
}

SHELL_COMMAND(poweroff, cmd_poweroff, "",
	      "leave with the verdict\n"
	      "Passed unless a test failed, a check found something or a "
	      "WARN_ON() fired; lines that merely warn don't count.",
	      shell_complete_nothing);

static int cmd_reboot(int argc __unused, char **argv __unused)
{
	arch_reboot();
}

SHELL_COMMAND(reboot, cmd_reboot, "", "start the machine again",
	      shell_complete_nothing);

static int cmd_uptime(int argc __unused, char **argv __unused)
{
	u64 ms = arch_time_ns() / 1000000;

	console_printf("up %lu.%03lu seconds\n", ms / 1000, ms % 1000);
	return 0;
}

SHELL_COMMAND(uptime, cmd_uptime, "", "seconds since boot",
	      shell_complete_nothing);

static int cmd_clear(int argc __unused, char **argv __unused)
{
	if (!shell_is_plain())
		console_printf("\033[H\033[2J");
	return 0;
}

SHELL_COMMAND(clear, cmd_clear, "", "clear the screen",
	      shell_complete_nothing);
