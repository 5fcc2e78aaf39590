// SPDX-License-Identifier: MIT
/*
 * kernel/tour.c - workload=tour: this machine's memory, from firmware to zones
 *
 * The demo of the boot menu. Each stop is a shell command that anybody can
 * type again; the sentences say what to look at.
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/workload.h>

static const struct stop {
	const char *say;
	const char *command;
} stops[] = {
	{ "The firmware describes physical memory as ranges with a type. Only\n"
	  "\"System RAM\" is ours, and the kernel sits in it already:",
	  "cat /proc/iomem" },
	{ "Firmware tables (SRAT, SLIT) say which range is near which CPUs.\n"
	  "How far the nodes are from node 0, 10 being local:",
	  "cat /sys/devices/system/node/node0/distance" },
	{ "Nodes are cut into zones at 16 MiB and 4 GiB, because devices can't\n"
	  "reach beyond. The same ranges, drawn to scale:",
	  "lsmem" },
	{ "Every 4 KiB frame has a record of 64 bytes. The frame at 2 MiB holds\n"
	  "the kernel, so it is reserved:",
	  "page 0x200" },
	{ "All of it is checked by recounting, now and whenever you ask:",
	  "check" },
};

static int run_tour(const char *args __unused)
{
	for (u32 i = 0; i < ARRAY_SIZE(stops); i++) {
		char line[SHELL_LINE_MAX];
		int err;

		console_printf("\n(%u/%u) %s\n\ntangram> %s\n", i + 1,
			       (u32)ARRAY_SIZE(stops), stops[i].say,
			       stops[i].command);
		strscpy(line, stops[i].command, sizeof(line));
		err = shell_execute(line);
		if (err)
			return err;
	}
	console_printf("\n");
	return 0;
}

WORKLOAD(tour, run_tour, "the machine's memory, from the firmware to zones");
