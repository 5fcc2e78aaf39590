/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/workload.h - things to do at boot: workload=NAME[,key=value]
 *
 *	static int run_tour(const char *args) { ... }
 *	WORKLOAD(tour, run_tour, "the memory map, step by step");
 *
 * Context  the boot thread, after self-tests and before the shell
 * Errors   run() returns 0 when it did what it shows; anything else makes the
 *          verdict a failure
 */
#pragma once

#include <kernel/types.h>

struct workload {
	const char *name;
	int (*run)(const char *args); /* "key=value,key=value" or "" */
	const char *help;
};

/* clang-format off */
#define WORKLOAD(name_, run_, help_)                                           \
	static const struct workload workload_##name_ __used                   \
		__section("workloads") __aligned(8) = {                        \
			.name = #name_, .run = run_, .help = help_             \
	}
/* clang-format on */

/* "NAME" or "NAME,args"; an unknown name lists what there is, returns -1. */
int workload_run(const char *spec);

/* The value of key in args; false when it isn't there. */
bool workload_arg(const char *args, const char *key, char *value, size_t size);

/*
 * The same as a number, unchanged when the key isn't there; false after saying
 * what is wrong with it.
 */
bool workload_number(const char *workload, const char *args, const char *key,
		     u64 least, u64 most, u64 *value);
/* Per cent with up to three decimals ("0.3"), as thousandths of one: 300. */
bool workload_percent(const char *workload, const char *args, const char *key,
		      u64 *value);
