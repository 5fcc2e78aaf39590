// SPDX-License-Identifier: MIT
/*
 * kernel/base/lockdep.c - lock order and interrupt state, checked as it runs
 *
 * follows[a] has bit b when some CPU took a lock of class b while holding one
 * of class a, closed transitively. Taking b with a held is wrong if a follows
 * b already. 63 classes are enough for a kernel this size; what each CPU holds
 * is a small stack.
 */
#include <kernel/lockdep.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/rcu.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <arch/percpu.h>

#define MAX_CLASSES 64
#define MAX_HELD    16

/* A lock may be gone when another CPU looks; classes stay. */
struct held_locks {
	u32 nr;
	struct spinlock *lock[MAX_HELD];
	const struct lock_class *class[MAX_HELD];
};

static DEFINE_PER_CPU(struct held_locks, held_locks);
/* By id; an interrupt in the midst of counting up costs at most its count. */
static DEFINE_PER_CPU(u64, nr_acquired[MAX_CLASSES]);
static DEFINE_PER_CPU(u64, nr_contended[MAX_CLASSES]);

static struct lock_class *classes[MAX_CLASSES];
static u64 follows[MAX_CLASSES];
static u8 nr_classes = 1; /* id 0 means none yet */
static u32 graph_lock;	  /* a raw lock: the checker cannot check itself */
static bool expecting;
static enum lockdep_finding found;

/* Class S locks come with interrupts on, and an interrupt takes locks, too. */
static u64 graph_lock_acquire(void)
{
	u64 flags = arch_irq_save();

	while (__atomic_exchange_n(&graph_lock, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	return flags;
}

static void graph_lock_release(u64 flags)
{
	__atomic_store_n(&graph_lock, 0, __ATOMIC_RELEASE);
	arch_irq_restore(flags);
}

static u8 class_id(struct lock_class *class)
{
	if (!class->id && nr_classes < MAX_CLASSES) {
		class->id = nr_classes;
		classes[nr_classes++] = class;
	}
	return class->id;
}

static void report(enum lockdep_finding what, const char *text,
		   const struct lock_class *a, const struct lock_class *b)
{
	if (expecting) {
		if (found == LOCKDEP_NONE)
			found = what;
		return;
	}
	panic("lockdep: %s: taking '%s'%s%s", text, a->name,
	      b ? " while holding " : "", b ? b->name : "");
}

/* b was taken with a held: everything at or before a now leads to b and on. */
static void learn(u8 a, u8 b)
{
	u64 reach = follows[b] | 1UL << b;

	if ((follows[a] & reach) == reach)
		return;
	for (u8 i = 1; i < nr_classes; i++)
		if (i == a || follows[i] >> a & 1)
			follows[i] |= reach;
}

/* Taking b with a held: what is wrong with it? If nothing, learn it. */
static enum lockdep_finding check_pair(u8 a, u8 b)
{
	if (a == b)
		return LOCKDEP_RECURSION;
	if (follows[b] >> a & 1)
		return LOCKDEP_ORDER;
	learn(a, b);
	return LOCKDEP_NONE;
}

/*
 * The first one among those held that must not be; NULL: fine. nested: others
 * of its class may be held, in an order that their user knows.
 */
static struct lock_class *find_conflict(u8 b, const struct held_locks *spinning,
					const struct held_sleeping *sleeping,
					bool nested, enum lockdep_finding *what)
{
	for (u32 i = 0; i < spinning->nr; i++) {
		struct lock_class *class = spinning->lock[i]->class;

		if (nested && class_id(class) == b)
			continue;
		*what = check_pair(class_id(class), b);
		if (*what)
			return class;
	}
	for (u32 i = 0; i < sleeping->nr; i++) {
		struct lock_class *class = sleeping->held[i].class;

		*what = check_pair(class_id(class), b);
		if (*what)
			return class;
	}
	return NULL;
}

static void check_order(struct lock_class *class, bool nested)
{
	enum lockdep_finding what = LOCKDEP_NONE;
	struct lock_class *other = NULL;
	u64 flags = graph_lock_acquire();
	u8 b = class_id(class);

	if (b)
		other = find_conflict(b, this_cpu_ptr(&held_locks),
				      &current->held, nested, &what);
	graph_lock_release(flags);
	if (what == LOCKDEP_RECURSION)
		report(what, "class held already", class, other);
	else if (what == LOCKDEP_ORDER)
		report(what, "wrong order", class, other);
}

static void acquire(struct spinlock *lock, bool nested)
{
	if (lock->class->irqs_off && !arch_irqs_disabled())
		report(LOCKDEP_IRQS_ON, "interrupts are on", lock->class, NULL);
	if (!lock->class->irqs_off && arch_irqs_disabled())
		report(LOCKDEP_IRQS_OFF, "interrupts are off", lock->class,
		       NULL);
	check_order(lock->class, nested);
}

void lockdep_acquire(struct spinlock *lock)
{
	if (CONFIG_DEBUG)
		acquire(lock, false);
}

void lockdep_acquire_nested(struct spinlock *lock)
{
	if (CONFIG_DEBUG)
		acquire(lock, true);
}

/*
 * Interrupts take locks, too, and put them on top of what is held here: while
 * the list is between two states they have to wait. (Locks of class S are taken
 * and released with interrupts on, and not always in the opposite order.)
 */
static void note_held(struct spinlock *lock)
{
	struct held_locks *held = this_cpu_ptr(&held_locks);

	(*this_cpu_ptr(&nr_acquired[lock->class->id]))++;
	if (held->nr == MAX_HELD)
		return;
	held->class[held->nr] = lock->class;
	held->lock[held->nr++] = lock;
}

/* false: it isn't held. */
static bool forget_held(const struct spinlock *lock)
{
	struct held_locks *held = this_cpu_ptr(&held_locks);
	u32 i;

	for (i = held->nr; i > 0 && held->lock[i - 1] != lock; i--)
		;
	if (!i)
		return false;
	for (held->nr--; i <= held->nr; i++) {
		held->lock[i - 1] = held->lock[i];
		held->class[i - 1] = held->class[i];
	}
	return true;
}

void lockdep_acquired(struct spinlock *lock, bool by_trylock __unused)
{
	u64 flags;

	if (!CONFIG_DEBUG)
		return;
	lock->owner = smp_processor_id() + 1;
	flags = arch_irq_save();
	note_held(lock);
	arch_irq_restore(flags);
}

void lockdep_contended(const struct lock_class *class)
{
	if (!CONFIG_DEBUG)
		return;
	preempt_disable();
	(*this_cpu_ptr(&nr_contended[class->id]))++;
	preempt_enable();
}

void lockdep_release(struct spinlock *lock)
{
	bool was_held;
	u64 flags;

	if (!CONFIG_DEBUG)
		return;
	flags = arch_irq_save();
	was_held = forget_held(lock);
	arch_irq_restore(flags);
	if (was_held)
		lock->owner = 0;
	else
		report(LOCKDEP_NOT_HELD, "released but not held", lock->class,
		       NULL);
}

bool lock_is_held(const struct spinlock *lock)
{
	if (!CONFIG_DEBUG)
		return spin_is_locked(lock);
	return lock->owner == smp_processor_id() + 1;
}

u32 lockdep_nr_held(void)
{
	u32 nr;

	preempt_disable();
	nr = this_cpu_ptr(&held_locks)->nr;
	preempt_enable();
	return nr;
}

/* --- locks that sleep --- */

static DEFINE_LOCK_CLASS(sleep_class, "sleep", false);

void lockdep_finding(enum lockdep_finding what, const char *text,
		     const struct lock_class *class)
{
	report(what, text, class, NULL);
}

static const char *why_atomic(void)
{
	if (rcu_read_lock_held())
		return "in an RCU read section";
	return preempt_count() ? "preemption is off" : "interrupts are off";
}

void might_sleep(void)
{
	if (CONFIG_DEBUG && (preempt_count() || arch_irqs_disabled()))
		report(LOCKDEP_ATOMIC, why_atomic(), &sleep_class, NULL);
}

void lockdep_sleep_acquire(struct lock_class *class)
{
	if (!CONFIG_DEBUG)
		return;
	might_sleep();
	preempt_disable();
	check_order(class, false);
	preempt_enable();
}

void lockdep_sleep_acquired(const void *lock, struct lock_class *class)
{
	struct held_sleeping *h = &current->held;

	if (!CONFIG_DEBUG)
		return;
	preempt_disable();
	(*this_cpu_ptr(&nr_acquired[class->id]))++;
	preempt_enable();
	if (h->nr == MAX_HELD_SLEEPING)
		return;
	h->held[h->nr].lock = lock;
	h->held[h->nr++].class = class;
}

void lockdep_sleep_release(const void *lock, struct lock_class *class)
{
	struct held_sleeping *h = &current->held;
	u32 i = 0;

	if (!CONFIG_DEBUG)
		return;
	while (i < h->nr && h->held[i].lock != lock)
		i++;
	if (i == h->nr) {
		report(LOCKDEP_NOT_HELD, "released but not held", class, NULL);
		return;
	}
	for (h->nr--; i < h->nr; i++)
		h->held[i] = h->held[i + 1];
}

void lockdep_thread_exit(void)
{
	if (CONFIG_DEBUG && current->held.nr)
		report(LOCKDEP_EXIT_HELD, "a thread ends with a lock held",
		       current->held.held[0].class, NULL);
	if (CONFIG_DEBUG && rcu_read_lock_held())
		report(LOCKDEP_EXIT_HELD, "a thread ends in an RCU read section",
		       &sleep_class, NULL);
}

void lockdep_order(struct lock_class *outer, struct lock_class *inner)
{
	u64 flags = graph_lock_acquire();

	learn(class_id(outer), class_id(inner));
	graph_lock_release(flags);
}

bool lockdep_holds_class_i(void)
{
	const struct held_locks *held;
	bool found_one = false;

	preempt_disable();
	held = this_cpu_ptr(&held_locks);
	for (u32 i = 0; i < held->nr; i++)
		found_one |= held->lock[i]->class->irqs_off;
	preempt_enable();
	return found_one;
}

void lockdep_expect(void)
{
	found = LOCKDEP_NONE;
	expecting = true;
}

enum lockdep_finding lockdep_take(void)
{
	expecting = false;
	return found;
}

void lockdep_forget(struct lock_class *a, struct lock_class *b)
{
	u64 flags = graph_lock_acquire();

	follows[class_id(a)] &= ~(1UL << class_id(b));
	follows[class_id(b)] &= ~(1UL << class_id(a));
	graph_lock_release(flags);
}

/* --- looking --- */

/* follows[id] without what follows through a third: the edges to draw. */
static u64 next_ones(u32 id)
{
	u64 next = follows[id];

	for (u64 rest = follows[id]; rest; rest &= rest - 1)
		next &= ~follows[__builtin_ctzl(rest)];
	return next;
}

static bool has_outer(u32 id)
{
	for (u32 i = 1; i < nr_classes; i++)
		if (follows[i] >> id & 1)
			return true;
	return false;
}

bool lockdep_class_info(u32 id, struct lock_class_info *info)
{
	u64 flags;
	u32 cpu;

	if (!id || id >= nr_classes)
		return false;
	*info = (struct lock_class_info){ .class = classes[id] };
	for_each_online_cpu(cpu) {
		info->acquired += READ_ONCE(*per_cpu_ptr(&nr_acquired[id], cpu));
		info->contended +=
			READ_ONCE(*per_cpu_ptr(&nr_contended[id], cpu));
	}
	flags = graph_lock_acquire();
	info->inner = next_ones(id);
	info->outermost = !has_outer(id);
	graph_lock_release(flags);
	return true;
}

u32 lockdep_held_by_cpu(u32 cpu, const struct lock_class **out, u32 max)
{
	const struct held_locks *held = per_cpu_ptr(&held_locks, cpu);
	u32 nr = min(READ_ONCE(held->nr), max);

	for (u32 i = 0; i < nr; i++)
		out[i] = READ_ONCE(held->class[i]);
	return nr;
}
