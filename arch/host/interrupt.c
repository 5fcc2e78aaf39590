// SPDX-License-Identifier: MIT
/*
 * arch/host/interrupt.c - interrupts of simulated CPUs
 *
 *	sender, ticker			CPU 3
 *	pending |= HOST_CALL
 *	halted? post `wake`  ------->	arch_idle() comes back
 *					arch_irq_restore(on), cpu_relax():
 *					pending? host_take_interrupts()
 *
 * Nothing interrupts a pthread: an interrupt is injected where the CPU switches
 * interrupts on, waits in a loop, or idles. So between two such places code
 * is as if interrupts were off, and what only happens elsewhere in the kernel
 * can't be found here.
 *
 * Two are not refused with interrupts off, as an NMI would not be, but come
 * only to a CPU that waits: to stop, and to tell where it is.
 *
 * With one CPU there is no ticker: time passes in ticks while the CPU idles,
 * and a run depends on nothing but what it does.
 */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <kernel/panic.h>
#include <kernel/rcu.h>
#include <kernel/preempt.h>
#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/irq.h>

#include "internal.h"

#define RELAX_YIELD 64 /* there may be fewer real CPUs than simulated ones */

struct host_cpu host_cpus[MAX_CPUS];

__host_thread bool host_irqs_off;
__host_thread u32 *host_pending = &host_cpus[0].pending;
bool host_is_smp; /* several CPUs: somebody may send something */

static void (*timer_hook)(void);
static u32 nr_ticking;

/* --- time --- */

u64 timer_ticks(void)
{
	return cpu_timer_ticks(smp_processor_id());
}

u64 cpu_timer_ticks(u32 cpu)
{
	return __atomic_load_n(&host_cpus[cpu].nr_ticks, __ATOMIC_RELAXED);
}

void timer_set_hook(void (*hook)(void))
{
	__atomic_store_n(&timer_hook, hook, __ATOMIC_RELEASE);
}

static void tick(struct host_cpu *c)
{
	void (*hook)(void) = __atomic_load_n(&timer_hook, __ATOMIC_ACQUIRE);

	__atomic_add_fetch(&c->nr_ticks, 1, __ATOMIC_RELAXED);
	if (hook)
		hook();
	sched_tick();
}

/* No CPU itself. */
static void *ticker(void *arg __unused)
{
	for (;;) {
		u32 nr = __atomic_load_n(&nr_ticking, __ATOMIC_RELAXED);

		usleep(1000000 / HZ);
		for (u32 cpu = 0; cpu < nr; cpu++)
			host_interrupt(cpu, HOST_TICK);
	}
	return NULL;
}

void host_tick_start(u32 nr_cpus)
{
	pthread_t id;

	BUG_ON(nr_ticking);
	__atomic_store_n(&nr_ticking, nr_cpus, __ATOMIC_RELAXED);
	BUG_ON(pthread_create(&id, NULL, ticker, NULL));
	pthread_detach(id);
}

/* --- sending --- */

void host_stand_in(u32 cpu)
{
	struct host_cpu *c = &host_cpus[cpu];
	u32 me = smp_processor_id(), free = FREE;
	bool off = host_irqs_off;

	host_irqs_off = true; /* and none is taken at the end: not ours */
	while (__atomic_load_n(&c->pending, __ATOMIC_SEQ_CST) &&
	       __atomic_compare_exchange_n(&c->holder, &free, BORROWED, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		host_become(cpu);
		host_deliver();
		host_become(me);
		__atomic_store_n(&c->holder, FREE, __ATOMIC_SEQ_CST);
	}
	host_irqs_off = off;
}

void host_interrupt(u32 cpu, u32 what)
{
	struct host_cpu *c = &host_cpus[cpu];

	__atomic_or_fetch(&c->pending, what, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&c->holder, __ATOMIC_SEQ_CST) != HELD)
		host_stand_in(cpu);
	else if (__atomic_exchange_n(&c->halted, false, __ATOMIC_SEQ_CST))
		sem_post(&c->wake);
}

/* --- taking --- */

void host_deliver(void)
{
	struct host_cpu *c = &host_cpus[smp_processor_id()];
	u32 what = __atomic_exchange_n(&c->pending, 0, __ATOMIC_SEQ_CST);

	rcu_irq_enter();
	irq_enter();
	if (what & HOST_NMI)
		host_nmi(what, __builtin_return_address(0));
	if (what & HOST_CALL)
		smp_call_interrupt();
	if (what & HOST_RESCHED)
		__atomic_add_fetch(&c->nr_reschedules, 1, __ATOMIC_RELAXED);
	if (what & HOST_TICK)
		tick(c);
	irq_exit();
}

/* Interrupts are on; the thread may be on another CPU afterwards. */
void host_take_interrupts(void)
{
	while (READ_ONCE(*host_pending)) {
		host_irqs_off = true;
		host_deliver();
		preempt_schedule_irq();
		host_irqs_off = false;
	}
}

/* --- waiting --- */

void host_relax(void)
{
	static __thread u32 turns;
	u32 what = READ_ONCE(*host_pending);

	if (unlikely(what & HOST_NMI)) {
		__atomic_and_fetch(host_pending, ~(u32)HOST_NMI,
				   __ATOMIC_SEQ_CST);
		host_nmi(what, __builtin_return_address(0));
	}
	if (what && !host_irqs_off)
		host_take_interrupts();
	if (++turns % RELAX_YIELD == 0)
		sched_yield();
}

/* Who sends after the look sees `halted`, takes it back and posts. */
static void halt(struct host_cpu *c)
{
	__atomic_store_n(&c->halted, true, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&c->pending, __ATOMIC_SEQ_CST) &&
	    __atomic_exchange_n(&c->halted, false, __ATOMIC_SEQ_CST))
		return;
	while (sem_wait(&c->wake))
		;
}

void arch_idle(void)
{
	if (host_is_smp) {
		halt(&host_cpus[smp_processor_id()]);
	} else {
		usleep(1000000 / HZ);
		host_interrupt(0, HOST_TICK);
	}
	arch_irq_enable();
}

static void __attribute__((constructor)) init_cpus(void)
{
	for (u32 cpu = 0; cpu < MAX_CPUS; cpu++)
		sem_init(&host_cpus[cpu].wake, 0, 0);
}
