// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_planted_race.c - a lock forgotten at one place
 *
 * Seeded schedules and TSan claim to find races. This one is planted, so that
 * tests can see whether they do. A desk hands out numbered tickets and counts
 * those that are out:
 *
 *	take	lock, find a free ticket, mark it, count it, unlock
 *	give	lock, unmark it, unlock, discount it	<- outside the lock
 *
 *	CPU 0   out is 2 ........................ out = 1
 *	CPU 1            take: out = 3, has one		   a count is lost
 *
 * The window is ten instructions wide, in rounds of 100,000: who just runs the
 * case sees it pass. As it is wrong, it runs on request only:
 * selftest=planted_race*. The same with the lock held where it should be is
 * the control, which always passes.
 */
#include <kernel/point.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <kernel/test.h>
#include <arch/cpu.h>

#define NR_TICKETS 64
#define NR_ROUNDS  16	 /* a CPU */
#define RIDE	   50000 /* turns of a loop without points */

static DEFINE_LOCK_CLASS(desk_class, "test desk", false);

static struct {
	struct spinlock lock;
	bool taken[NR_TICKETS]; /* under lock */
	u32 out;		/* under lock, but for the planted race */
	bool forgets;
} desk = { .lock = SPINLOCK_INIT(desk_class) };

static void count_out(s32 change)
{
	u32 out = desk.out;

	POINT(test_desk_count, out, change);
	desk.out = out + (u32)change;
}

/* NR_TICKETS: all are out. */
static u32 take_ticket(void)
{
	u32 n = 0;

	spin_lock(&desk.lock);
	while (n < NR_TICKETS && desk.taken[n])
		n++;
	if (n < NR_TICKETS) {
		desk.taken[n] = true;
		count_out(1);
	}
	spin_unlock(&desk.lock);
	return n;
}

static void give_ticket(u32 n)
{
	spin_lock(&desk.lock);
	desk.taken[n] = false;
	if (!desk.forgets)
		count_out(-1);
	spin_unlock(&desk.lock);
	if (desk.forgets)
		count_out(-1);
}

static void visit(void *info __unused)
{
	for (u32 i = 0; i < NR_ROUNDS; i++) {
		u32 n = take_ticket();

		arch_count_down(RIDE);
		if (n < NR_TICKETS)
			give_ticket(n);
	}
}

static void all_cpus_visit(struct test *t, bool forgets)
{
	u32 cpu;

	if (num_online_cpus() == 1)
		SKIP("one CPU");
	desk.out = 0;
	desk.forgets = forgets;
	for_each_online_cpu(cpu)
		smp_run_idle(cpu, visit, NULL);
	visit(NULL);
	for_each_online_cpu(cpu)
		while (!cpu_is_idle(cpu))
			cpu_relax();
	EXPECT_EQ(desk.out, 0);
	for (u32 n = 0; n < NR_TICKETS; n++)
		EXPECT_FALSE(desk.taken[n]);
}

TEST(planted_race, holds_with_the_lock)
{
	all_cpus_visit(t, false);
}

TEST_ON_REQUEST(planted_race, lock_forgotten)
{
	all_cpus_visit(t, true);
}
