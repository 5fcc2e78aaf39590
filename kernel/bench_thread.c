// SPDX-License-Identifier: MIT
/*
 * kernel/bench_thread.c - what switching between threads costs
 *
 *	context_switch	one of two switches: yield() to another thread of this
 *			CPU, which yields back
 *
 * The figure holds all that happens between two threads: taking turns, the
 * run queue's lock, saving and loading, the loop of the other one. What is no
 * allocation is shown as one: a bench has no other column.
 */
#include <kernel/bench.h>
#include <kernel/thread.h>

#define SWITCHES 1000u

static int yield_back(void *arg __unused)
{
	while (!kthread_should_stop())
		yield();
	return 0;
}

static void run_switches(struct bench_run *r)
{
	struct thread *other = kthread_create(yield_back, NULL, "bench");

	if (!other) {
		bench_fail(r, "no memory for a thread");
		return;
	}
	r->alloc_only = true;
	set_cpus_allowed(other, 1UL << smp_processor_id());
	wake_up_thread(other);
	yield();
	for (u32 i = 0; i < SWITCHES; i++)
		BENCH_TIME(r, BENCH_ALLOC, 2, yield());
	kthread_stop(other);
}

BENCH(context_switch, run_switches, 0);
