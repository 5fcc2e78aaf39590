// SPDX-License-Identifier: MIT
/*
 * kernel/trace_buffer.c - memory for the rings of records
 *
 * A ring is one piece of vmalloc's, of the CPU's own node where that has room.
 * All are taken before the first is used, so there are rings on every CPU or on
 * none. Taking one away: no writer finds it any more, then a grace period (a
 * writer has interrupts off), then it is free. A new size starts empty.
 */
#include <kernel/errno.h>
#include <kernel/mutex.h>
#include <kernel/rcu.h>
#include <kernel/smp.h>
#include <kernel/trace.h>
#include <mm/numa.h>
#include <mm/pcp.h>
#include <mm/vmalloc.h>

static DEFINE_LOCK_CLASS(trace_class, "trace", false);
DEFINE_MUTEX(trace_lock, trace_class);

static u64 buffer_kb = TRACE_DEFAULT_KB;   /* [trace_lock] */
static bool has_buffers;		   /* [trace_lock] */
static struct trace_ring *fresh[MAX_CPUS]; /* [trace_lock] not in use yet */

static struct trace_ring *new_ring(u32 cpu, u64 kb)
{
	u64 nr = max(kb * KiB / trace_record_size(), 1UL);
	void *memory =
		vmalloc_node(trace_ring_size(nr), *per_cpu_ptr(&cpu_nid, cpu));

	return memory ? trace_ring_init(memory, nr) : NULL;
}

static void free_fresh(void)
{
	for (u32 cpu = 0; cpu < MAX_CPUS; cpu++) {
		vfree(fresh[cpu]);
		fresh[cpu] = NULL;
	}
}

static int take_fresh(u64 kb)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		fresh[cpu] = new_ring(cpu, kb);
		if (!fresh[cpu]) {
			free_fresh();
			return -ENOMEM;
		}
	}
	return 0;
}

/* What is in fresh and what the CPUs have change places; the old ones go. */
static void exchange(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		fresh[cpu] = trace_ring_set(cpu, fresh[cpu]);
	synchronize_rcu();
	free_fresh();
}

static int set_size(u64 kb)
{
	int err = take_fresh(kb);

	if (err)
		return err;
	exchange();
	buffer_kb = kb;
	has_buffers = true;
	return 0;
}

int trace_alloc_buffers(void)
{
	int err = 0;

	mutex_lock(&trace_lock);
	if (!has_buffers)
		err = set_size(buffer_kb);
	mutex_unlock(&trace_lock);
	return err;
}

int trace_set_buffer_kb(u64 kb)
{
	int err;

	if (!kb || kb > UINT32_MAX)
		return -EINVAL;
	mutex_lock(&trace_lock);
	err = set_size(kb);
	mutex_unlock(&trace_lock);
	return err;
}

void trace_free_buffers(void)
{
	mutex_lock(&trace_lock);
	if (has_buffers)
		exchange();
	has_buffers = false;
	mutex_unlock(&trace_lock);
}

void trace_want_buffer_kb(u64 kb)
{
	buffer_kb = kb;
}

bool trace_has_buffers(void)
{
	return READ_ONCE(has_buffers);
}

u64 trace_buffer_kb(void)
{
	return READ_ONCE(buffer_kb);
}

void trace_count(u64 *entries, u64 *written)
{
	u32 cpu;

	*entries = *written = 0;
	for_each_online_cpu(cpu) {
		u64 first, end;

		trace_bounds(cpu, &first, &end);
		*entries += end - first;
		*written += end - first + trace_overrun(cpu);
	}
}

void trace_clear_all(void)
{
	u32 cpu;

	mutex_lock(&trace_lock);
	for_each_online_cpu(cpu)
		trace_clear(cpu);
	mutex_unlock(&trace_lock);
}
