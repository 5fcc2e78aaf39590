// SPDX-License-Identifier: MIT
/*
 * kernel/process_exit.c - the end of threads, and of processes with their last
 *
 *	each thread	its id in user memory is cleared, who joins it is woken
 *			off the process's list; the last one: no mm any more
 *			the address space has one user less
 *	the last one	descriptors closed; children get a new parent
 *			a zombie, the parent is woken
 *			or gone at once, if nobody wants to know
 *
 * Threads end by themselves only: whoever wants them to sends USER_WORK_SIGNAL,
 * and they come here from exit_to_user_mode() when they hold nothing.
 */
#include <kernel/errno.h>
#include <kernel/fpu.h>
#include <kernel/fs.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <mm/mempolicy.h>
#include <mm/mm_struct.h>
#include <arch/uaccess.h>

/* --- making others end --- */

/* process_lock is held. They look at p when they come to the exit. */
static void kick_others(struct process *p)
{
	struct thread *t;

	list_for_each_entry(t, &p->threads, user.sibling) {
		if (t == current)
			continue;
		user_work_set(t, USER_WORK_SIGNAL);
		wake_up_thread(t);
	}
}

void __noreturn do_group_exit(s32 status)
{
	struct process *p = current_process();

	spin_lock(&process_lock);
	if (!p->exiting) {
		p->exiting = true;
		p->exit_status = status;
		kick_others(p);
	}
	spin_unlock(&process_lock);
	do_thread_exit();
}

int kill_other_threads(void)
{
	struct process *p = current_process();
	bool mine;

	spin_lock(&process_lock);
	mine = !p->exiting && !p->exec_thread;
	if (mine) {
		p->exec_thread = current;
		kick_others(p);
	}
	spin_unlock(&process_lock);
	if (!mine)
		return -EAGAIN;
	wait_event(&p->wait, READ_ONCE(p->nr_threads) == 1);
	spin_lock(&process_lock);
	p->exec_thread = NULL;
	current->user.tid = p->pid;
	spin_unlock(&process_lock);
	return 0;
}

/* --- a thread --- */

/* pthread_join() sleeps on this word. A bad address is the program's affair. */
static void clear_tid(void)
{
	vaddr_t word = current->user.clear_child_tid;

	if (READ_ONCE(current->mm->mm_users) == 1)
		return; /* nobody is left who could look */
	if (word && !put_user_u32(0, word))
		futex_wake(word, false, 1);
}

static u32 ending; /* atomic */

u32 nr_ending_threads(void)
{
	return READ_ONCE(ending);
}

/* True: it was the last. */
static bool leave_process(struct process *p)
{
	bool last;

	spin_lock(&process_lock);
	__atomic_add_fetch(&ending, 1, __ATOMIC_SEQ_CST);
	list_del(&current->user.sibling);
	p->dead_ticks += current->ticks;
	last = !--p->nr_threads;
	if (last)
		p->mm = NULL;
	wake_up_all(&p->wait);
	spin_unlock(&process_lock);
	return last;
}

static void leave_mm(void)
{
	struct mm_struct *mm = current->mm;

	use_mm(NULL);
	mmput(mm);
}

void process_mm_released(struct process *p)
{
	spin_lock(&process_lock);
	p->mm_released = true;
	wake_up_all(&p->wait);
	spin_unlock(&process_lock);
}

/* --- a process --- */

static void close_files(struct process *p)
{
	files_put(p->files);
	dput(p->cwd);
	p->files = NULL;
	p->cwd = NULL;
}

/* process_lock is held. Nobody will ever wait for it. */
static bool nobody_waits(const struct process *p)
{
	if (p->parent == &init_process)
		return !p->awaited;
	return p->parent->ignored & SIGMASK(SIGCHLD);
}

/*
 * Process 1 doesn't wait for what it adopts: zombies among them go at once,
 * onto `dead`.
 */
static void give_children_away(struct process *p, struct list_head *dead)
{
	struct process *child, *next;

	list_for_each_entry_safe(child, next, &p->children, sibling) {
		list_move(&child->sibling, &init_process.children);
		child->parent = &init_process;
		child->ppid = init_process.pid;
		if (!child->zombie)
			continue;
		process_unlink(child);
		list_add_tail(&child->sibling, dead);
	}
}

static void put_all(struct list_head *dead)
{
	struct process *p, *next;

	list_for_each_entry_safe(p, next, dead, sibling)
		process_put(p);
}

/* What it was is now known to nobody but its parent. */
static void become_zombie(struct process *p)
{
	struct list_head dead;

	INIT_LIST_HEAD(&dead);
	spin_lock(&process_lock);
	give_children_away(p, &dead);
	p->zombie = true;
	wake_up_all(&p->parent->wait);
	if (nobody_waits(p)) {
		process_unlink(p);
		list_add_tail(&p->sibling, &dead);
	}
	spin_unlock(&process_lock);
	put_all(&dead);
}

void __noreturn do_thread_exit(void)
{
	struct process *p = current_process();
	bool last;

	clear_tid();
	last = leave_process(p);
	leave_mm();
	fpu_detach(current);
	mpol_put(current->mempolicy);
	current->mempolicy = NULL;
	if (last) {
		process_mm_released(p);
		close_files(p);
		become_zombie(p);
		process_put(p); /* its threads' reference */
	}
	current->process = NULL;
	__atomic_sub_fetch(&ending, 1, __ATOMIC_SEQ_CST);
	kthread_exit(0);
}
