// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_rcu_torture.c - readers and updaters on every CPU
 *
 *	slot[0..7]	each points to an object; stamp == ~check as long as it
 *			may be read
 *	readers		look, wait a little, look again: both words must hold
 *	updaters	put another object into a slot; the old one is spoilt
 *			and freed after a grace period, that is awaited, or by a
 *			callback, or by kfree_rcu()
 *	interrupts	read too
 *
 * A grace period that is too short shows as an object that was spoilt in a
 * reader's hands. At the end all objects have been freed.
 */
#include <kernel/random.h>
#include <kernel/rcu.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <mm/slab.h>

#include "thread_fixture.h"

#define NR_SLOTS  8
#define NR_ROUNDS 1500 /* of each thread, in the kernel */
#define SPOILT	  0x6b6b6b6b6b6b6b6bUL

struct stamped {
	u64 stamp;
	struct rcu_head rcu;
	u64 check;
};

static DEFINE_LOCK_CLASS(slots_class, "test slots", true);

static struct {
	struct spinlock lock;
	struct stamped *slot[NR_SLOTS];
	u64 serial; /* atomic, as all that follow */
	u64 nr_reads, nr_irq_reads, nr_wrong;
	u64 nr_updates, nr_freed, nr_to_slab;
} torture = { .lock = SPINLOCK_INIT(slots_class) };

static void count(u64 *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* --- reading --- */

static bool holds(const struct stamped *s)
{
	u64 stamp = READ_ONCE(s->stamp);

	return stamp != SPOILT && stamp == ~READ_ONCE(s->check);
}

static void read_slot(u32 n, u32 turns)
{
	const struct stamped *s;

	rcu_read_lock();
	s = rcu_dereference(torture.slot[n]);
	if (s && !holds(s))
		count(&torture.nr_wrong);
	for (u32 i = 0; i < turns; i++)
		cpu_relax();
	if (s && !holds(s))
		count(&torture.nr_wrong);
	rcu_read_unlock();
}

static void read_in_interrupt(void)
{
	read_slot((u32)timer_ticks() % NR_SLOTS, 50);
	count(&torture.nr_irq_reads);
}

/* --- updating --- */

static void spoil(struct stamped *s)
{
	WRITE_ONCE(s->stamp, SPOILT);
	WRITE_ONCE(s->check, SPOILT);
	count(&torture.nr_freed);
}

static void free_stamped(struct rcu_head *head)
{
	struct stamped *s = container_of(head, struct stamped, rcu);

	spoil(s);
	kfree(s);
}

static struct stamped *exchange(u32 n, struct stamped *new)
{
	u64 flags = spin_lock_irqsave(&torture.lock);
	struct stamped *old = rcu_dereference_check(torture.slot[n],
						    lock_is_held(&torture.lock));

	rcu_assign_pointer(torture.slot[n], new);
	spin_unlock_irqrestore(&torture.lock, flags);
	return old;
}

static void discard(struct stamped *old, u32 how)
{
	if (how == 0) {
		synchronize_rcu();
		spoil(old);
		kfree(old);
	} else if (how < 12) {
		call_rcu(&old->rcu, free_stamped);
	} else {
		count(&torture.nr_to_slab);
		kfree_rcu(old, rcu);
	}
}

static void update(u32 n, u32 how)
{
	struct stamped *new = kmalloc(sizeof(*new), GFP_KERNEL), *old;

	if (!new)
		return;
	new->stamp = __atomic_add_fetch(&torture.serial, 1, __ATOMIC_RELAXED);
	new->check = ~new->stamp;
	count(&torture.nr_updates);
	old = exchange(n, new);
	if (old)
		discard(old, how);
}

/* --- all at once --- */

static int work(void *arg)
{
	struct rng rng = { .state = 1000 + (u64)arg };
	u32 rounds = NR_ROUNDS * test_scale();

	for (u32 i = 0; i < rounds; i++) {
		u32 n = rng_below(&rng, NR_SLOTS);

		if (rng_below(&rng, 8) == 0) {
			update(n, rng_below(&rng, 24));
			continue;
		}
		read_slot(n, rng_below(&rng, 400));
		count(&torture.nr_reads);
		if (rng_below(&rng, 64) == 0)
			yield();
	}
	return 0;
}

static bool run_threads(struct test *t, struct thread *threads[], u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		threads[i] = kthread_create(work, (void *)(u64)i, "rcu torture");
		if (!threads[i]) {
			test_fail(t, __FILE__, __LINE__,
				  "no memory for a thread");
			return false;
		}
		set_cpus_allowed(threads[i], cpu_online_mask());
		wake_up_thread(threads[i]);
	}
	for (u32 i = 0; i < nr; i++)
		kthread_join(threads[i]);
	return true;
}

static void empty_slots(void)
{
	for (u32 n = 0; n < NR_SLOTS; n++) {
		struct stamped *old = exchange(n, NULL);

		if (old)
			call_rcu(&old->rcu, free_stamped);
	}
	rcu_barrier();
}

TEST(rcu_torture, no_object_is_freed_under_a_reader)
{
	static struct thread *threads[2 * MAX_CPUS];

	torture.nr_reads = torture.nr_irq_reads = torture.nr_wrong = 0;
	torture.nr_updates = torture.nr_freed = torture.nr_to_slab = 0;
	timer_set_hook(read_in_interrupt);
	run_threads(t, threads, 2 * num_online_cpus());
	timer_set_hook(NULL);
	empty_slots();
	test_note(t, "%u CPUs: %lu reads, %lu in interrupts, %lu updates",
		  num_online_cpus(), torture.nr_reads, torture.nr_irq_reads,
		  torture.nr_updates);
	EXPECT_EQ(torture.nr_wrong, 0);
	EXPECT_GT(torture.nr_updates, 0);
	EXPECT_EQ(torture.nr_freed + torture.nr_to_slab, torture.nr_updates);
}

/* --- the list of threads --- */

static bool stop_looking;

static int look_at_threads(void *arg __unused)
{
	struct thread_info info;
	u32 wrong = 0;

	while (!READ_ONCE(stop_looking)) {
		u32 last = 0;

		for (u32 id = 0; thread_info_from(id, &info); id = info.id + 1) {
			wrong += info.id < id || info.id <= last || !*info.name;
			last = info.id;
		}
		yield();
	}
	return (int)wrong;
}

static int end_at_once(void *arg __unused)
{
	return 0;
}

TEST(rcu_torture, threads_end_while_others_walk_their_list)
{
	struct thread *looking = kthread_run(look_at_threads, NULL, "looks");
	struct thread *batch[10];

	ASSERT_TRUE(looking);
	for (u32 i = 0; i < 40; i++) {
		for (u32 k = 0; k < ARRAY_SIZE(batch); k++)
			batch[k] = kthread_run(end_at_once, NULL, "brief");
		for (u32 k = 0; k < ARRAY_SIZE(batch); k++)
			if (batch[k])
				kthread_join(batch[k]);
	}
	WRITE_ONCE(stop_looking, true);
	EXPECT_EQ(kthread_join(looking), 0);
	rcu_barrier();
}
