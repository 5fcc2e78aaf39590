// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/sysctl.c - /proc/sys/vm: a file for each knob of mm/sysctl.c
 *
 *	cat /proc/sys/vm/watermark_scale_factor
 *	echo 100 > /proc/sys/vm/watermark_scale_factor
 *
 * Which knobs there are and what they take is the table's business; here are
 * only names, as each file needs functions of its own.
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/string.h>

#include "procfs.h"

int sysctl_store(const struct sysctl *ctl, const char *text, size_t len)
{
	char shown[40];
	int err = sysctl_write(kernel_mm(), ctl, text, len);

	if (!err)
		return 0;
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	copy_printable(shown, sizeof(shown), text, len);
	pr_warn("vm.%s: '%s' is not %s: unchanged\n", ctl->name, shown,
		ctl->range);
	return err;
}

static void show_knob(struct seq *s, const char *name)
{
	char text[SYSCTL_TEXT_MAX];

	sysctl_read(kernel_mm(), sysctl_find(name), text);
	seq_printf(s, "%s\n", text);
}

#define SYSCTL_FILE(name)                                                      \
	static void show_##name(struct seq *s, u64 arg __unused)               \
	{                                                                      \
		show_knob(s, #name);                                           \
	}                                                                      \
	static int store_##name(const char *text, size_t len,                  \
				u64 arg __unused)                              \
	{                                                                      \
		return sysctl_store(sysctl_find(#name), text, len);            \
	}                                                                      \
	VFILE(sysctl_##name, "/proc/sys/vm/" #name, show_##name, store_##name)

SYSCTL_FILE(min_free_kbytes);
SYSCTL_FILE(watermark_scale_factor);
SYSCTL_FILE(watermark_boost_factor);
SYSCTL_FILE(lowmem_reserve_ratio);
SYSCTL_FILE(percpu_pagelist_high_fraction);
SYSCTL_FILE(defrag_mode);
SYSCTL_FILE(fallback_policy);
SYSCTL_FILE(placement);
SYSCTL_FILE(compact_strategy);
SYSCTL_FILE(extfrag_threshold);
SYSCTL_FILE(compaction_proactiveness);
SYSCTL_FILE(compact_unevictable_allowed);
SYSCTL_FILE(nr_hugepages);
SYSCTL_FILE(nr_overcommit_hugepages);
