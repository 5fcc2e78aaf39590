// SPDX-License-Identifier: MIT
/*
 * tests/host/selftest.c - the kernel's self-tests in an ordinary process
 *
 *	build/host/selftest [GLOB]
 *
 * Exit status 0: all passed.
 */
#include <stdio.h>

#include <arch/host.h>
#include <kernel/fs.h>
#include <kernel/panic.h>
#include <kernel/rcu.h>
#include <kernel/test.h>
#include <kernel/thread.h>

int main(int argc, char **argv)
{
	int failed;

	host_machine_init();
	sched_init();
	rcu_init();
	BUG_ON(fs_init(NULL, 0));
	failed = test_run(argc > 1 ? argv[1] : "*");
	fflush(stdout);
	return failed != 0 || warn_count() != 0;
}
