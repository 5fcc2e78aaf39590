// SPDX-License-Identifier: MIT
/*
 * kernel/base/sched_seed.c - seeded schedules: any interleaving, once more
 *
 *	CPU 0   lock . . pause                    . . unlock . pause
 *	CPU 1                 . . . . lock: waits             lock . . .
 *	        each . is a point where CPU 0's, or 1's, generator was asked
 *
 * QEMU that counts instructions (-icount) runs one CPU at a time, and hands
 * over when that CPU waits (pause, hlt) or a timer is due: the same every
 * time, and nearly sequential. So at each point a generator is asked whether to
 * execute `pause` there. It knows the seed, its CPU's number, and how often it
 * was asked: so the seed is the schedule, and repeats it.
 *
 * Besides, a generator may end the turn of the running thread, which is then
 * preempted as soon as that is allowed.
 *
 * The seed also chooses how often (one pause in 2 to 64 points, unless
 * sched.rate= says so) and which POINTs take part: one that is on leads fast
 * paths to their slow twins, so that each half sees one of the two.
 *
 * What it cannot do: stores become visible in program order, as under all of
 * TCG on x86. Without -icount a seed still disturbs, but does not repeat.
 */
#include <kernel/errno.h>
#include <kernel/params.h>
#include <kernel/point.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/random.h>
#include <kernel/sched_seed.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <arch/cpu.h>
#include <arch/percpu.h>

#define RATE_MAX	 1000000
#define PAUSES_A_PREEMPT 8
#define HASH_PRIME	 0x100000001b3UL /* FNV-1a's */

struct seeded_cpu {
	struct rng rng;
	u64 nr_points, nr_pauses, nr_preempts;
};

u32 sched_seed_on;

static DEFINE_PER_CPU(struct seeded_cpu, seeded_cpu);
static u64 seed, rate;
static bool asked_for;

/* Of all CPUs: who was at a point last, and the sum of all changes of that. */
static struct {
	u32 last_cpu;
	u64 nr_switches;
	u64 hash;
} turns;

/* Consecutive seeds give generators that have nothing in common. */
static u64 scramble(u64 x)
{
	x += 0x9e3779b97f4a7c15UL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
	return x ^ x >> 31;
}

/* --- at a point --- */

static void note_turn(u32 cpu, u64 nr_points)
{
	if (READ_ONCE(turns.last_cpu) == cpu)
		return;
	WRITE_ONCE(turns.last_cpu, cpu);
	__atomic_add_fetch(&turns.nr_switches, 1, __ATOMIC_RELAXED);
	WRITE_ONCE(turns.hash,
		   (READ_ONCE(turns.hash) ^ nr_points << 6 ^ cpu) * HASH_PRIME);
}

/* Behind the next preempt_enable() or interrupt, the next in its queue runs. */
static void end_turn_of_thread(void)
{
	current->slice = 0;
	this_cpu_write(resched_wanted, 1);
}

void sched_seed_turn(void)
{
	struct seeded_cpu *me;
	u32 cpu;

	preempt_disable();
	cpu = smp_processor_id();
	me = this_cpu_ptr(&seeded_cpu);
	note_turn(cpu, ++me->nr_points);
	if (!rng_below(&me->rng, (u32)rate)) {
		me->nr_pauses++;
		cpu_relax();
		if (!rng_below(&me->rng, PAUSES_A_PREEMPT)) {
			me->nr_preempts++;
			end_turn_of_thread();
		}
	}
	preempt_enable_no_resched();
	preempt_schedule();
}

/* --- start and end of the run --- */

static void choose_point(void *rng, struct point *point)
{
	if (rng_below(rng, 2))
		point->on |= POINT_SCHED;
}

void sched_seed_start(void)
{
	struct rng rng = { scramble(seed) | 1 };
	u32 cpu;

	if (!asked_for)
		return;
	if (!CONFIG_DEBUG) {
		pr_warn("sched: seeds need a debug build: sched.seed=%lu ignored\n",
			seed);
		return;
	}
	if (!rate)
		rate = 2UL << rng_below(&rng, 6);
	for_each_online_cpu(cpu)
		per_cpu_ptr(&seeded_cpu, cpu)->rng.state =
			scramble(seed * MAX_CPUS + cpu) | 1;
	point_for_each(choose_point, &rng);
	pr_info("sched: seed %lu, one pause in %lu points\n", seed, rate);
	WRITE_ONCE(sched_seed_on, 1);
}

void sched_seed_report(void)
{
	u32 cpu;

	if (!READ_ONCE(sched_seed_on))
		return;
	WRITE_ONCE(sched_seed_on, 0);
	for_each_online_cpu(cpu) {
		const struct seeded_cpu *c = per_cpu_ptr(&seeded_cpu, cpu);

		pr_info("sched: CPU %u: %lu points, %lu pauses, %lu preemptions\n",
			cpu, c->nr_points, c->nr_pauses, c->nr_preempts);
	}
	pr_info("sched: seed %lu: CPUs took turns %lu times, schedule %016lx\n",
		seed, turns.nr_switches, turns.hash);
}

/* --- the command line --- */

static int param_seed(const char *value)
{
	asked_for = !kstrtou64(value, 0, &seed);
	return asked_for ? 0 : -EINVAL;
}

static int param_rate(const char *value)
{
	u64 n;

	if (kstrtou64(value, 0, &n) || !n || n > RATE_MAX)
		return -EINVAL;
	rate = n;
	return 0;
}

BOOT_PARAM("sched.seed", param_seed, "N: the schedule, in debug builds");
BOOT_PARAM("sched.rate", param_rate, "N: with a seed, pause at 1 point in N");
