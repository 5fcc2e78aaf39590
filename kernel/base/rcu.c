// SPDX-License-Identifier: MIT
/*
 * kernel/base/rcu.c - grace periods: when has every CPU been quiescent?
 *
 *	synchronize_rcu()          thread "rcu"              CPU 0   CPU 1
 *	unlink the object
 *	wanted = 7  -- wake ---->  started = 7               reads   idle
 *	sleep                      waiting = { 0, 1 }        reads
 *	                           CPU 1 is idle: { 0 }      reads
 *	                           sleep                     tick, not reading:
 *	                           waiting is empty  <-----  report
 *	awake       <-- wake ----  done = 7
 *
 * Who asks for a grace period gets the number of the next one to begin: the
 * one that runs may have begun before the object was unlinked. All of it is
 * said under one lock, so who unlinks and then asks is seen by all CPUs that
 * the grace period then waits for.
 *
 * A switch of threads costs nothing here: the tick compares the CPU's count of
 * switches with what it was when it first met this grace period. Since a read
 * section keeps preemption off, a tick that finds it on is between sections.
 *
 * Idle CPUs count in rcu_idle_count, odd while they halt. An interrupt makes
 * it even before its handler runs. The thread reads it by an atomic addition
 * of 0, so that one of the two comes first: either the CPU is idle and will
 * see all that was written before, or its section is seen.
 */
#include <kernel/lockdep.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/smp.h>
#include <kernel/thread.h>
#include <arch/cpu.h>

#include "rcu_internal.h"
#include "sched_internal.h"

#define MS_IN_NS	 1000000UL
#define DEFAULT_STALL_MS 20000

static DEFINE_LOCK_CLASS(rcu_class, "rcu", true);

static struct {
	struct spinlock lock;
	u64 started, done, wanted; /* [lock] numbers of grace periods */
	u64 since_ns;		   /* [lock] start, or wish of the next one */
	u64 last_ns, longest_ns;   /* [lock] */
	u32 idle_count[MAX_CPUS];  /* the thread's: at the start */
	struct wait_queue wait;	   /* the thread's */
	struct wait_queue waiters; /* for `done` */
	struct thread *thread;
} gp = {
	.lock = SPINLOCK_INIT(rcu_class),
	.wait = WAIT_QUEUE_INIT(gp.wait),
	.waiters = WAIT_QUEUE_INIT(gp.waiters),
};

u64 rcu_waiting; /* [lock] */
DEFINE_PER_CPU(u32, rcu_idle_count);

/* Of the CPU, in its ticks: the grace period it knows of, switches by then. */
static DEFINE_PER_CPU(u64, seen_gp);
static DEFINE_PER_CPU(u64, seen_switches);
static DEFINE_PER_CPU(u64, nr_qs[NR_RCU_QS]); /* [lock] */

/* --- asking --- */

u64 rcu_need_gp(void)
{
	u64 flags = spin_lock_irqsave(&gp.lock);
	u64 nr = gp.started + 1;

	if (gp.wanted <= gp.done)
		WRITE_ONCE(gp.since_ns, arch_time_ns());
	WRITE_ONCE(gp.wanted, max(gp.wanted, nr));
	spin_unlock_irqrestore(&gp.lock, flags);
	wake_up(&gp.wait);
	return nr;
}

bool rcu_gp_done(u64 nr)
{
	return __atomic_load_n(&gp.done, __ATOMIC_ACQUIRE) >= nr;
}

void synchronize_rcu(void)
{
	u64 nr;

	might_sleep();
	/* The boot, alone and outside of sections, is quiescent. */
	if (!gp.thread)
		return;
	nr = rcu_need_gp();
	wait_event(&gp.waiters, rcu_gp_done(nr));
}

/* --- quiescent states --- */

/* One of grace period nr, which may have ended without it meanwhile. */
static void report_qs(u32 cpu, u64 nr, enum rcu_qs how)
{
	u64 flags = spin_lock_irqsave(&gp.lock);
	bool counts = gp.started == nr && rcu_waiting >> cpu & 1, last = false;

	if (counts) {
		WRITE_ONCE(rcu_waiting, rcu_waiting & ~(1UL << cpu));
		ADD_ONCE(*per_cpu_ptr(&nr_qs[how], cpu), 1);
		last = !rcu_waiting;
	}
	spin_unlock_irqrestore(&gp.lock, flags);
	if (last)
		wake_up(&gp.wait);
}

static bool is_waited_for(u32 cpu)
{
	return READ_ONCE(rcu_waiting) >> cpu & 1;
}

static u64 running_gp(void)
{
	return __atomic_load_n(&gp.started, __ATOMIC_ACQUIRE);
}

void rcu_report_qs(enum rcu_qs how)
{
	if (is_waited_for(smp_processor_id()))
		report_qs(smp_processor_id(), running_gp(), how);
}

void rcu_report_user(void)
{
	rcu_report_qs(RCU_QS_USER);
}

/* Has this CPU switched since a tick that knew of grace period nr? */
static bool has_switched(u32 cpu, u64 nr)
{
	u64 switches = nr_context_switches(cpu);

	if (this_cpu_read(seen_gp) == nr)
		return switches != this_cpu_read(seen_switches);
	this_cpu_write(seen_gp, nr);
	this_cpu_write(seen_switches, switches);
	return false;
}

static void tick_qs(u32 cpu)
{
	u64 nr = running_gp();

	if (!is_waited_for(cpu))
		return;
	if (!preempt_count())
		report_qs(cpu, nr, RCU_QS_TICK);
	else if (has_switched(cpu, nr))
		report_qs(cpu, nr, RCU_QS_SWITCH);
}

void rcu_idle_enter(void)
{
	__atomic_add_fetch(this_cpu_ptr(&rcu_idle_count), 1, __ATOMIC_SEQ_CST);
}

void rcu_idle_leave(void)
{
	__atomic_add_fetch(this_cpu_ptr(&rcu_idle_count), 1, __ATOMIC_SEQ_CST);
}

/* --- the thread --- */

static u32 idle_count(u32 cpu)
{
	return __atomic_fetch_add(per_cpu_ptr(&rcu_idle_count, cpu), 0,
				  __ATOMIC_SEQ_CST);
}

static u64 begin_gp(void)
{
	u64 flags = spin_lock_irqsave(&gp.lock), nr = gp.started + 1;
	u32 cpu;

	__atomic_store_n(&gp.started, nr, __ATOMIC_RELEASE);
	WRITE_ONCE(gp.since_ns, arch_time_ns());
	WRITE_ONCE(rcu_waiting, cpu_online_mask());
	spin_unlock_irqrestore(&gp.lock, flags);
	for_each_online_cpu(cpu)
		gp.idle_count[cpu] = idle_count(cpu);
	return nr;
}

/* Those that are idle, or were meanwhile, and the one that this runs on. */
static void report_for_others(u64 nr)
{
	u64 rest = READ_ONCE(rcu_waiting);

	preempt_disable();
	report_qs(smp_processor_id(), nr, RCU_QS_SWITCH);
	preempt_enable();
	for (; rest; rest &= rest - 1) {
		u32 cpu = (u32)__builtin_ctzl(rest), count = idle_count(cpu);

		if (count & 1 || count != gp.idle_count[cpu])
			report_qs(cpu, nr, RCU_QS_IDLE);
	}
}

static void end_gp(void)
{
	u64 flags = spin_lock_irqsave(&gp.lock), now = arch_time_ns();

	gp.last_ns = now - gp.since_ns;
	WRITE_ONCE(gp.since_ns, now);
	gp.longest_ns = max(gp.longest_ns, gp.last_ns);
	__atomic_store_n(&gp.done, gp.started, __ATOMIC_RELEASE);
	spin_unlock_irqrestore(&gp.lock, flags);
	wake_up_all(&gp.waiters);
}

static bool is_gp_wanted(void)
{
	return READ_ONCE(gp.wanted) > gp.done;
}

static bool wait_a_tick(void)
{
	return wait_event_timeout(&gp.wait, !READ_ONCE(rcu_waiting), 1);
}

static void run_gp(void)
{
	u64 nr = begin_gp();

	do
		report_for_others(nr);
	while (!wait_a_tick());
	end_gp();
}

static void wait_until_wanted(void)
{
	wait_event(&gp.wait, is_gp_wanted());
}

static int rcu_thread(void *arg __unused)
{
	while (!kthread_should_stop()) {
		wait_until_wanted();
		run_gp();
	}
	return 0;
}

void rcu_init(void)
{
	struct thread *t = kthread_create(rcu_thread, NULL, "rcu");

	if (!t)
		panic("rcu: no memory for its thread");
	set_thread_prio(t, PRIO_HIGH);
	WRITE_ONCE(gp.thread, t);
	wake_up_thread(t);
	rcu_init_cpu(0);
}

/* --- stalls --- */

static u64 stall_ns = DEFAULT_STALL_MS * MS_IN_NS;
static u64 nr_stalls;
static u64 reported_gp; /* atomic */

void rcu_set_stall_limit(u64 ms)
{
	WRITE_ONCE(stall_ns, (ms ? ms : DEFAULT_STALL_MS) * MS_IN_NS);
}

static void report_stall(u64 nr, u64 ns)
{
	u64 rest = READ_ONCE(rcu_waiting);

	__atomic_add_fetch(&nr_stalls, 1, __ATOMIC_RELAXED);
	/* Not even begun: the thread waits for its turn there. */
	if (!rest)
		rest = 1UL << READ_ONCE(gp.thread->cpu);
	for (; rest; rest &= rest - 1) {
		u32 cpu = (u32)__builtin_ctzl(rest);

		pr_err("rcu: CPU %u holds up grace period %lu for %lu ms\n",
		       cpu, nr, ns / MS_IN_NS);
		show_cpu_stack(cpu);
	}
}

/* Once for each grace period, by the CPU whose tick comes first. */
static void look_for_stall(void)
{
	u64 nr = __atomic_load_n(&gp.done, __ATOMIC_ACQUIRE) + 1;
	u64 since = READ_ONCE(gp.since_ns), now = arch_time_ns();
	u64 last = READ_ONCE(reported_gp);

	if (READ_ONCE(gp.wanted) < nr || now < since || last == nr ||
	    now - since < READ_ONCE(stall_ns) || !gp.thread)
		return;
	if (__atomic_compare_exchange_n(&reported_gp, &last, nr, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		report_stall(nr, now - since);
}

void rcu_tick(void)
{
	tick_qs(smp_processor_id());
	look_for_stall();
	rcu_advance_callbacks();
}

/* --- checks of read sections --- */

static DEFINE_LOCK_CLASS(section_class, "RCU read section", true);
static DEFINE_PER_CPU(u32, read_depth);

void rcu_note_lock(void)
{
	if (unlikely(this_cpu_read(rcu_idle_count) & 1))
		lockdep_finding(LOCKDEP_RCU, "this CPU counts as idle",
				&section_class);
	this_cpu_inc(read_depth);
}

void rcu_note_unlock(void)
{
	if (unlikely(!this_cpu_read(read_depth)))
		lockdep_finding(LOCKDEP_NOT_HELD, "left but not entered",
				&section_class);
	else
		this_cpu_add(read_depth, -1);
}

bool rcu_read_lock_held(void)
{
	if (!CONFIG_DEBUG)
		return preempt_count() || arch_irqs_disabled();
	return this_cpu_read(read_depth) != 0;
}

void rcu_bad_dereference(void)
{
	lockdep_finding(LOCKDEP_RCU, "pointer read outside of one",
			&section_class);
}

/* --- looking --- */

void rcu_get_info(struct rcu_info *info)
{
	u64 flags = spin_lock_irqsave(&gp.lock);

	*info = (struct rcu_info){
		.started = gp.started,
		.done = gp.done,
		.last_ns = gp.last_ns,
		.longest_ns = gp.longest_ns,
		.waiting = rcu_waiting,
		.nr_stalls = __atomic_load_n(&nr_stalls, __ATOMIC_RELAXED),
	};
	spin_unlock_irqrestore(&gp.lock, flags);
}

u64 rcu_nr_qs(u32 cpu, enum rcu_qs how)
{
	return READ_ONCE(*per_cpu_ptr(&nr_qs[how], cpu));
}
