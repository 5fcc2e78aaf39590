/* SPDX-License-Identifier: MIT */
/*
 * include/mm/sysctl.h - the knobs of the memory manager: vm.NAME
 *
 * Units    as each knob's help says
 * Locks    takes zone->lock; one writer at a time (boot, then the shell)
 * Context  thread, or boot before the zones are built
 * Errors   -EINVAL: not numbers, too many, out of range; nothing is changed
 * Owns     the knobs' fields in struct mm_state and their copies in the zones
 * Keeps    what is read is what was written last, or the default; zones follow
 *          at once
 */
#pragma once

#include <kernel/types.h>

struct mm_state;

#define SYSCTL_MAX_VALUES 11 /* compact_thresholds has one for each order */
#define SYSCTL_TEXT_MAX	  80

struct sysctl {
	const char *name;  /* without "vm." */
	const char *range; /* in words */
	const char *help;
	u32 nr_values;
	/* The name of a value when values are words; NULL: there is no such. */
	const char *(*word)(u64 value);
	bool words_combine; /* words are bits, commas between; "none" */
	bool (*allowed)(u64 value);
	u64 (*read)(const struct mm_state *mm, u32 i);
	void (*write)(struct mm_state *mm, const u64 *values);
};

extern const struct sysctl vm_sysctls[];
extern const u32 nr_vm_sysctls;

/* NULL: no such knob. */
const struct sysctl *sysctl_find(const char *name);
/* "10" or "256\t256\t32\t0\t0", no newline; the length. */
size_t sysctl_read(const struct mm_state *mm, const struct sysctl *ctl,
		   char text[static SYSCTL_TEXT_MAX]);
/* Fewer numbers than the knob has change the first ones. */
int sysctl_write(struct mm_state *mm, const struct sysctl *ctl,
		 const char *text, size_t len);

/* What was set before there were zones; called once they are built. */
void sysctl_apply_early(struct mm_state *mm);
