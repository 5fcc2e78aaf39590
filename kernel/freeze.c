// SPDX-License-Identifier: MIT
/*
 * kernel/freeze.c - all programs stand still for a while
 *
 * For checks that compare what several programs share: page tables with the
 * counts of pages. Each thread is made to stop where it would go back to user
 * mode. Who sleeps in the kernel goes on sleeping, and changes nothing; who is
 * at work there is waited for, and so is who is ending. No sleep is disturbed,
 * so no program learns of it.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/process.h>

#define TURNS 500
#define PAUSE_MS 4

static bool frozen; /* [process_lock] to write */
static struct wait_queue thaw = WAIT_QUEUE_INIT(thaw);

bool processes_frozen(void)
{
	return READ_ONCE(frozen);
}

void freeze_here(void)
{
	user_work_clear(USER_WORK_FREEZE);
	wait_event(&thaw, !READ_ONCE(frozen));
}

/* It sleeps: in freeze_here(), or for something else. */
static bool is_at_rest(const struct thread *t)
{
	return READ_ONCE(t->state) == THREAD_SLEEPING && !READ_ONCE(t->on_rq);
}

/* process_lock is held; ask: make them stop. */
static u32 count_at_work(bool ask)
{
	struct process *p;
	struct thread *t;
	u32 nr = 0;

	for_each_process_locked(p)
		list_for_each_entry(t, &p->threads, user.sibling) {
			if (ask)
				user_work_set(t, USER_WORK_FREEZE);
			nr += !is_at_rest(t);
		}
	return nr + nr_ending_threads();
}

int processes_freeze(void)
{
	u32 nr = 1;

	spin_lock(&process_lock);
	WRITE_ONCE(frozen, true);
	count_at_work(true);
	spin_unlock(&process_lock);
	for (u32 i = 0; i < TURNS && nr; i++) {
		if (i)
			msleep(PAUSE_MS);
		spin_lock(&process_lock);
		nr = count_at_work(false);
		spin_unlock(&process_lock);
	}
	if (!nr)
		return 0;
	pr_warn("%u threads of programs don't come to rest\n", nr);
	processes_thaw();
	return -EBUSY;
}

void processes_thaw(void)
{
	spin_lock(&process_lock);
	WRITE_ONCE(frozen, false);
	spin_unlock(&process_lock);
	wake_up_all(&thaw);
}
