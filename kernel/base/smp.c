// SPDX-License-Identifier: MIT
/*
 * kernel/base/smp.c - calling functions on other CPUs
 *
 *	caller, CPU 1                           CPU 3
 *	node[3] = { fn, info }
 *	push on queue of CPU 3  ------------>   queue: node -> node -> NULL
 *	IPI, if the queue was empty  ------->   smp_call_interrupt():
 *	                                        take the whole queue at once,
 *	                                        oldest first: copy, free the
 *	                                        node, call fn(info),
 *	wait until pending is 0  <-----------   pending--
 *
 * Each CPU has one node for each target. It is free again as soon as the
 * target has copied it, before the function runs; who finds it in use waits
 * and serves its own queue meanwhile, or two CPUs with interrupts off could
 * wait for each other.
 *
 * The queue is a stack without a lock: push by compare and exchange, and only
 * its CPU takes, always all of it. So nobody meets the same head twice while
 * a node goes and comes back.
 */
#include <kernel/bitops.h>
#include <kernel/errno.h>
#include <kernel/lockdep.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <kernel/thread.h>
#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/smp.h>

struct call_node {
	struct call_node *next; /* older */
	smp_call_func_t fn;
	void *info;
	u32 *pending; /* of the caller that waits; NULL: none does */
	u32 in_use;
};

static DEFINE_PER_CPU(struct call_node, call_nodes[MAX_CPUS]);
static DEFINE_PER_CPU(struct call_node *, call_queue);
static DEFINE_PER_CPU(u64, nr_served);

static DEFINE_PER_CPU(smp_call_func_t, idle_fn);
static DEFINE_PER_CPU(void *, idle_info);
static DEFINE_PER_CPU(struct wait_queue, idle_wait);
static DEFINE_PER_CPU(bool, has_worker);

static u64 online = 1;

/* --- who is there --- */

u64 cpu_online_mask(void)
{
	return __atomic_load_n(&online, __ATOMIC_ACQUIRE);
}

bool cpu_online(u32 cpu)
{
	return cpu < MAX_CPUS && cpu_online_mask() >> cpu & 1;
}

u32 num_online_cpus(void)
{
	return hweight64(cpu_online_mask());
}

u32 next_online_cpu(u32 cpu)
{
	u64 rest = cpu < MAX_CPUS ? cpu_online_mask() >> cpu : 0;

	return rest ? cpu + (u32)__builtin_ctzl(rest) : MAX_CPUS;
}

void set_cpu_online(u32 cpu)
{
	__atomic_or_fetch(&online, 1UL << cpu, __ATOMIC_RELEASE);
}

void set_cpu_offline(u32 cpu)
{
	__atomic_and_fetch(&online, ~(1UL << cpu), __ATOMIC_RELEASE);
}

u64 smp_calls_served(u32 cpu)
{
	return READ_ONCE(*per_cpu_ptr(&nr_served, cpu));
}

/* --- serving --- */

static struct call_node *take_queue(void)
{
	struct call_node *node = __atomic_exchange_n(this_cpu_ptr(&call_queue),
						     NULL, __ATOMIC_ACQUIRE);
	struct call_node *oldest = NULL;

	while (node) {
		struct call_node *older = node->next;

		node->next = oldest;
		oldest = node;
		node = older;
	}
	return oldest;
}

static void serve(struct call_node *node)
{
	smp_call_func_t fn = node->fn;
	void *info = node->info;
	u32 *pending = node->pending;

	__atomic_store_n(&node->in_use, 0, __ATOMIC_RELEASE);
	fn(info);
	this_cpu_inc(nr_served);
	/* The caller may be gone after this. */
	if (pending)
		__atomic_sub_fetch(pending, 1, __ATOMIC_RELEASE);
}

void smp_call_interrupt(void)
{
	struct call_node *node = take_queue();

	while (node) {
		struct call_node *next = node->next;

		serve(node);
		node = next;
	}
}

static void serve_incoming(void)
{
	u64 flags = arch_irq_save();

	smp_call_interrupt();
	arch_irq_restore(flags);
}

/* --- calling --- */

/* Its node for that target, ours from now on; NULL: still on its way. */
static struct call_node *claim_node(u32 cpu)
{
	struct call_node *node = this_cpu_ptr(&call_nodes[cpu]);

	return __atomic_exchange_n(&node->in_use, 1, __ATOMIC_ACQUIRE) ? NULL
								       : node;
}

/* True: the queue was empty, so nobody has interrupted that CPU for it yet. */
static bool push(u32 cpu, struct call_node *node)
{
	struct call_node **queue = per_cpu_ptr(&call_queue, cpu);
	struct call_node *head = READ_ONCE(*queue);

	do
		node->next = head;
	while (!__atomic_compare_exchange_n(queue, &head, node, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	return head == NULL;
}

static void enqueue(u32 cpu, smp_call_func_t fn, void *info, u32 *pending)
{
	struct call_node *node;
	u64 flags = arch_irq_save();

	while (!(node = claim_node(cpu))) {
		arch_irq_restore(flags);
		serve_incoming();
		cpu_relax();
		flags = arch_irq_save();
	}
	node->fn = fn;
	node->info = info;
	node->pending = pending;
	if (push(cpu, node))
		arch_send_call(1UL << cpu);
	arch_irq_restore(flags);
}

static void call(u64 mask, smp_call_func_t fn, void *info, bool wait)
{
	u32 pending = wait ? hweight64(mask) : 0;

	BUG_ON(lockdep_holds_class_i());
	BUG_ON(wait && mask && arch_irqs_disabled());
	for (u64 rest = mask; rest; rest &= rest - 1)
		enqueue((u32)__builtin_ctzl(rest), fn, info,
			wait ? &pending : NULL);
	/* Interrupts are on: what comes in meanwhile is served. */
	while (__atomic_load_n(&pending, __ATOMIC_ACQUIRE))
		cpu_relax();
}

static void call_here(smp_call_func_t fn, void *info)
{
	u64 flags = arch_irq_save();

	fn(info);
	arch_irq_restore(flags);
}

int smp_call_function_single(u32 cpu, smp_call_func_t fn, void *info, bool wait)
{
	if (!cpu_online(cpu))
		return -ENXIO;
	/* Which one is "here" must not change. */
	preempt_disable();
	if (cpu == smp_processor_id())
		call_here(fn, info);
	else
		call(1UL << cpu, fn, info, wait);
	preempt_enable();
	return 0;
}

void smp_call_function_many(u64 mask, smp_call_func_t fn, void *info, bool wait)
{
	preempt_disable();
	call(mask & cpu_online_mask() & ~(1UL << smp_processor_id()), fn, info,
	     wait);
	preempt_enable();
}

void on_each_cpu_mask(u64 mask, smp_call_func_t fn, void *info, bool wait)
{
	preempt_disable();
	smp_call_function_many(mask, fn, info, wait);
	if (mask >> smp_processor_id() & 1)
		call_here(fn, info);
	preempt_enable();
}

void on_each_cpu(smp_call_func_t fn, void *info, bool wait)
{
	on_each_cpu_mask(cpu_online_mask(), fn, info, wait);
}

void smp_send_reschedule(u32 cpu)
{
	if (cpu_online(cpu))
		arch_send_reschedule(cpu);
}

/* --- work for idle CPUs --- */

bool cpu_is_idle(u32 cpu)
{
	return !__atomic_load_n(per_cpu_ptr(&idle_fn, cpu), __ATOMIC_ACQUIRE);
}

static void do_next_work(smp_call_func_t *work)
{
	wait_event(this_cpu_ptr(&idle_wait),
		   __atomic_load_n(work, __ATOMIC_ACQUIRE));
	(*work)(*this_cpu_ptr(&idle_info));
	__atomic_store_n(work, NULL, __ATOMIC_RELEASE);
}

/* It stays on its CPU. */
static int worker(void *arg __unused)
{
	while (!kthread_should_stop())
		do_next_work(this_cpu_ptr(&idle_fn));
	return 0;
}

int smp_start_worker(u32 cpu)
{
	struct thread *t = kthread_create(worker, NULL, "work");

	if (!t)
		return -ENOMEM;
	wait_queue_init(per_cpu_ptr(&idle_wait, cpu));
	*per_cpu_ptr(&has_worker, cpu) = true;
	set_cpus_allowed(t, 1UL << cpu);
	wake_up_thread(t);
	kthread_detach(t);
	return 0;
}

int smp_run_idle(u32 cpu, smp_call_func_t fn, void *info)
{
	if (!cpu_online(cpu) || !*per_cpu_ptr(&has_worker, cpu))
		return -ENXIO;
	if (!cpu_is_idle(cpu))
		return -EBUSY;
	*per_cpu_ptr(&idle_info, cpu) = info;
	__atomic_store_n(per_cpu_ptr(&idle_fn, cpu), fn, __ATOMIC_RELEASE);
	wake_up(per_cpu_ptr(&idle_wait, cpu));
	return 0;
}
