// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/system.c - /proc/cmdline, /proc/uptime
 */
#include <kernel/bootinfo.h>
#include <kernel/main.h>
#include <kernel/vfile.h>
#include <arch/cpu.h>

static void show_cmdline(struct seq *s, u64 arg __unused)
{
	seq_puts(s, kernel_boot_info()->cmdline);
	seq_puts(s, "\n");
}

VFILE(cmdline, "/proc/cmdline", show_cmdline, NULL);

/* Seconds since boot, and seconds idle, which nobody counts yet. */
static void show_uptime(struct seq *s, u64 arg __unused)
{
	u64 hundredths = arch_time_ns() / 10000000;

	seq_printf(s, "%lu.%02lu 0.00\n", hundredths / 100, hundredths % 100);
}

VFILE(uptime, "/proc/uptime", show_uptime, NULL);
