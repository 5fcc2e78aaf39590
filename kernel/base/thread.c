// SPDX-License-Identifier: MIT
/*
 * kernel/base/thread.c - the life of kernel threads
 *
 *	kthread_create()  record and stack; asleep		refs 2
 *	wake_up_thread()  fn(arg) runs
 *	kthread_exit()    complete `ended`; dead, last switch
 *	finish_switch()   whoever runs next drops its		refs - 1
 *	kthread_join()    after `ended`, the creator's		refs - 1
 *
 * Who drops the last reference gives the stack back: never the thread itself,
 * as it stands on it. The record lies at the top of the stack, where an
 * overflow does not reach it.
 *
 * Who walks the list of threads does so in an RCU read section, without its
 * lock; so the stack goes a grace period after the thread left the list.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/rculist.h>
#include <kernel/string.h>
#include <arch/cpu.h>
#include <arch/mmu.h>

#include "sched_internal.h"

#define RECORD_SIZE ALIGN(sizeof(struct thread), 64UL)

static DEFINE_LOCK_CLASS(thread_list_class, "threads", true);
static struct spinlock list_lock = SPINLOCK_INIT(thread_list_class);
static struct list_head threads = LIST_HEAD_INIT(threads); /* by id */
static u32 next_id = 1;

void thread_list_add(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&list_lock);

	t->id = next_id++;
	list_add_tail_rcu(&t->all, &threads);
	spin_unlock_irqrestore(&list_lock, flags);
}

static void free_thread(struct rcu_head *head)
{
	thread_stack_free(container_of(head, struct thread, rcu)->stack);
}

void thread_put(struct thread *t)
{
	u64 flags;

	if (__atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL))
		return;
	flags = spin_lock_irqsave(&list_lock);
	list_del_rcu(&t->all);
	spin_unlock_irqrestore(&list_lock, flags);
	call_rcu(&t->rcu, free_thread);
}

/* --- its first and its last step --- */

static void thread_start(void)
{
	struct thread *t;

	finish_switch();
	t = current;
	if (t->mm) /* its creator's doing: the switch knew nothing of it */
		use_mm(t->mm);
	preempt_enable_no_resched();
	arch_irq_enable();
	/* Stopped before it ran: it doesn't. */
	kthread_exit(READ_ONCE(t->should_stop) ? -EINTR : t->fn(t->arg));
}

void __noreturn kthread_exit(int result)
{
	struct thread *t = current;

	lockdep_thread_exit();
	BUG_ON(t->fpu);
	t->result = result;
	complete_all(&t->ended);
	/* Nobody takes the CPU from it until it has left by itself. */
	arch_irq_disable();
	set_current_state(THREAD_DEAD);
	schedule_last();
	panic("thread %u runs after its end", t->id);
}

/* --- its address space --- */

void use_mm(struct mm_struct *mm)
{
	u64 flags = arch_irq_save();

	if (mm)
		current->user_side = true;
	current->mm = mm;
	switch_mm(mm);
	arch_irq_restore(flags);
}

/* --- creating --- */

struct thread *kthread_create(int (*fn)(void *arg), void *arg, const char *name)
{
	vaddr_t stack = thread_stack_alloc();
	struct thread *t;

	if (!stack)
		return NULL;
	t = (struct thread *)(stack + THREAD_STACK_SIZE - RECORD_SIZE);
	memset(t, 0, sizeof(*t));
	strscpy(t->name, name, sizeof(t->name));
	INIT_LIST_HEAD(&t->run);
	t->refs = 2;
	t->state = THREAD_SLEEPING;
	t->cpu = smp_processor_id();
	t->prio = PRIO_NORMAL;
	t->allowed = ALL_CPUS;
	t->fn = fn;
	t->arg = arg;
	init_completion(&t->ended);
	t->stack = stack;
	t->stack_end = (vaddr_t)t;
	arch_thread_init(t, thread_start);
	thread_list_add(t);
	return t;
}

struct thread *kthread_run(int (*fn)(void *arg), void *arg, const char *name)
{
	struct thread *t = kthread_create(fn, arg, name);

	if (t)
		wake_up_thread(t);
	return t;
}

/* Never in a queue: it runs when these are empty. */
void idle_thread_init(struct thread *t, u32 cpu)
{
	t->state = THREAD_RUNNING;
	t->on_rq = true;
	t->cpu = cpu;
	t->allowed = 1UL << cpu;
	t->prio = PRIO_IDLE;
}

/* --- waiting for its end --- */

int kthread_join(struct thread *t)
{
	int result;

	wait_for_completion(&t->ended);
	result = t->result;
	thread_put(t);
	return result;
}

int kthread_stop(struct thread *t)
{
	WRITE_ONCE(t->should_stop, true);
	wake_up_thread(t);
	return kthread_join(t);
}

bool kthread_should_stop(void)
{
	return READ_ONCE(current->should_stop);
}

void kthread_detach(struct thread *t)
{
	thread_put(t);
}

/* --- for ps --- */

static char state_letter(const struct thread *t)
{
	u32 state = READ_ONCE(t->state);

	if (state == THREAD_DEAD || READ_ONCE(t->ended.done))
		return 'D';
	if (state == THREAD_SLEEPING && !READ_ONCE(t->on_rq))
		return 'S';
	return READ_ONCE(cpu_rq(READ_ONCE(t->cpu))->curr) == t ? 'R' : 'r';
}

static void describe(const struct thread *t, struct thread_info *info)
{
	strscpy(info->name, t->name, sizeof(info->name));
	info->id = t->id;
	info->cpu = READ_ONCE(t->cpu);
	info->prio = READ_ONCE(t->prio);
	info->ticks = READ_ONCE(t->ticks);
	info->state = state_letter(t);
	info->nr_held = min(READ_ONCE(t->held.nr), (u32)MAX_HELD_SLEEPING);
	for (u32 i = 0; i < info->nr_held; i++)
		info->held[i] = READ_ONCE(t->held.held[i].class);
	info->stack_used = info->state == 'R' ? 0 : arch_stack_used(t);
}

bool thread_info_from(u32 id, struct thread_info *info)
{
	struct thread *t;
	bool found = false;

	rcu_read_lock();
	list_for_each_entry_rcu(t, &threads, all)
	{
		found = t->id >= id;
		if (found)
			break;
	}
	if (found)
		describe(t, info);
	rcu_read_unlock();
	return found;
}
