// SPDX-License-Identifier: MIT
/*
 * tests/host/selftest.c - the kernel's self-tests in an ordinary process
 *
 *	build/host/selftest [--cpus N] [--scale N] [GLOB]
 *
 * --cpus: simulated CPUs, 1 unless told, so that a run is like the last one.
 * --scale: long tests do N times what they do in the kernel, 10 unless told.
 * Exit status 0: all passed.
 */
#include <stdio.h>
#include <stdlib.h>

#include <arch/host.h>
#include <kernel/fs.h>
#include <kernel/panic.h>
#include <kernel/rcu.h>
#include <kernel/test.h>
#include <kernel/thread.h>

static u32 nr_cpus = 1;
static const char *glob = "*";

/* False: there is no such option, or number. */
static bool parse_args(char **argv)
{
	for (; *argv; argv++) {
		bool cpus = !strcmp(*argv, "--cpus");
		u32 *number = cpus ? &nr_cpus : &host_test_scale;

		if (**argv != '-') {
			glob = *argv;
			continue;
		}
		if ((!cpus && strcmp(*argv, "--scale")) || !*++argv)
			return false;
		*number = (u32)atoi(*argv);
		if (!*number || (cpus && *number > MAX_CPUS))
			return false;
	}
	return true;
}

int main(int argc __unused, char **argv)
{
	int failed;

	if (!parse_args(argv + 1)) {
		fprintf(stderr, "selftest [--cpus 1-%u] [--scale N] [GLOB]\n",
			MAX_CPUS);
		return 2;
	}
	host_machine_init(nr_cpus);
	host_machine_run();
	BUG_ON(fs_init(NULL, 0));
	failed = test_run(glob);
	fflush(stdout);
	return failed != 0 || warn_count() != 0;
}
