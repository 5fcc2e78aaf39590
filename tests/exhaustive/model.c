// SPDX-License-Identifier: MIT
/*
 * tests/exhaustive/model.c - the random model as a program of its own
 *
 * tests/kernel/test_page_model.c over the allocator alone, without sanitizers:
 * tests/host/test_planted.py builds it anew for each bug that it plants.
 */
#include <arch/host.h>
#include <kernel/panic.h>
#include <kernel/test.h>

int main(int argc, char **argv)
{
	host_machine_init(1);
	host_machine_run();
	return test_run(argc > 1 ? argv[1] : "*") != 0 || warn_count() != 0;
}
