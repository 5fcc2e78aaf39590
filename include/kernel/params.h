/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/params.h - the kernel command line
 *
 * Words are separated by blanks; "double quotes" keep blanks inside a value.
 * `name` or `name=value`; '-' and '_' in names are the same. The last of a
 * repeated word wins, but for those that add up (mem=, memmap=, which e820
 * walks itself).
 *
 *	BOOT_PARAM("numa", param_numa, "off | fake=N|SIZE: NUMA nodes");
 *	BOOT_PARAM_FAMILY("vm.", param_vm, "any knob of /proc/sys/vm");
 *
 * A family takes all words that begin with its name; its handler gets what
 * follows, and returns -ENOENT for a word that isn't known.
 *
 * Context  boot. Errors: a handler returns -EINVAL to have the value reported
 *          ("Malformed value: numa=xyz"); unknown words are reported once,
 *          never fatal.
 */
#pragma once

#include <kernel/types.h>

struct boot_param {
	const char *name;
	int (*set)(const char *value); /* value "" when there was no '=' */
	const char *help;
	int (*set_member)(const char *name, const char *value);
};

/* clang-format off */
#define BOOT_PARAM(name_, fn, help_)                                           \
	static const struct boot_param boot_param_##fn __used                  \
		__section("boot_params") __aligned(8) = {                      \
			.name = name_, .set = fn, .help = help_                \
	}

#define BOOT_PARAM_FAMILY(name_, fn, help_)                                    \
	static const struct boot_param boot_param_##fn __used                  \
		__section("boot_params") __aligned(8) = {                      \
			.name = name_, .set_member = fn, .help = help_         \
	}
/* clang-format on */

/* Next word of *pos into name and value (cut, with a warning, when longer). */
bool params_next(const char **pos, char *name, size_t name_size, char *value,
		 size_t value_size);

/* Call the handlers for every word; returns how many words were unknown. */
int params_parse(const char *cmdline);
