// SPDX-License-Identifier: MIT
/*
 * kernel/clone.c - a new thread, in this process or in a process of its own
 *
 *	fork()			mm copied (COW), descriptors copied
 *	vfork()			mm shared; the caller sleeps until the child has
 *				another one, or none
 *	pthread_create()	mm, descriptors and signals shared: a thread
 *
 * The child leaves the kernel where its creator will, with the same registers
 * but the result of the call. It isn't awake until all is done that may fail;
 * what was done until then is undone in reverse.
 */
#include <kernel/errno.h>
#include <kernel/fpu.h>
#include <kernel/fs.h>
#include <kernel/point.h>
#include <kernel/process.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/mempolicy.h>
#include <mm/mm_struct.h>
#include <arch/uaccess.h>

int user_thread_fn(void *arg __unused)
{
	vaddr_t tid = current->user.set_child_tid;

	if (tid && put_user_u32(current->user.tid, tid))
		POINT(clone_bad_tid, current->user.tid, tid);
	arch_enter_user(current_user_regs());
}

/* Flags that go together, as Linux wants them. */
static bool flags_fit(u64 flags)
{
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return false;
	return !(flags & CLONE_SIGHAND) || (flags & CLONE_VM);
}

/* --- the parts --- */

/* Another one's last reference is dropped by kthread_stop(): it never ran. */
static struct thread *new_thread(const struct clone_args *args)
{
	struct thread *t = kthread_create(user_thread_fn, NULL, current->name);
	struct pt_regs *regs;

	if (!t)
		return NULL;
	if (fpu_copy(t)) {
		kthread_stop(t);
		return NULL;
	}
	user_regs_fork(t);
	regs = thread_user_regs(t);
	if (args->stack)
		user_regs_set_sp(regs, args->stack);
	t->user.blocked = current->user.blocked;
	if (args->flags & CLONE_CHILD_SETTID)
		t->user.set_child_tid = args->child_tid;
	if (args->flags & CLONE_CHILD_CLEARTID)
		t->user.clear_child_tid = args->child_tid;
	set_cpus_allowed(t, current->allowed);
	return t;
}

static int set_tls(struct thread *t, const struct clone_args *args)
{
	return args->flags & CLONE_SETTLS ? user_set_fs_base(t, args->tls) : 0;
}

static struct mm_struct *clone_mm(u64 flags)
{
	if (!(flags & CLONE_VM))
		return dup_mm(current->mm);
	mmget(current->mm);
	return current->mm;
}

static struct files *clone_files(u64 flags, struct files *files)
{
	if (!(flags & CLONE_FILES))
		return files_dup(files);
	__atomic_add_fetch(&files->refs, 1, __ATOMIC_RELAXED);
	return files;
}

/* It has never run, and nobody knows it. */
static void drop_thread(struct thread *t)
{
	t->mm = NULL;
	t->process = NULL;
	fpu_detach(t);
	kthread_stop(t);
}

static s64 start(struct thread *t, const struct clone_args *args)
{
	u32 tid = t->user.tid;

	POINT(task_newtask, tid, POINT_TEXT(t->name), args->flags, 0);
	/* As on Linux it runs all the same. */
	if ((args->flags & CLONE_PARENT_SETTID) &&
	    put_user_u32(tid, args->parent_tid))
		POINT(clone_bad_tid, tid, args->parent_tid);
	t->mempolicy = mpol_get(current->mempolicy);
	kthread_detach(t);
	wake_up_thread(t);
	return tid;
}

/* --- a thread of this process --- */

static int join_process(struct process *p, struct thread *t)
{
	int err = 0;

	spin_lock(&process_lock);
	if (p->exiting || p->exec_thread)
		err = -EAGAIN; /* the caller ends before it could learn */
	else
		process_add_thread(p, t);
	spin_unlock(&process_lock);
	return err;
}

static s64 clone_thread(struct thread *t, const struct clone_args *args)
{
	int err;

	mmget(current->mm);
	t->mm = current->mm;
	err = join_process(current_process(), t);
	if (!err)
		return start(t, args);
	mmput(t->mm);
	drop_thread(t);
	return err;
}

/* --- a process --- */

static void drop_process(struct process *p)
{
	if (p->files)
		files_put(p->files);
	if (p->mm)
		mmput(p->mm);
	dput(p->cwd);
	process_free(p);
}

/* A thread of nobody yet becomes the first of a new process. */
static struct process *new_process(struct thread *t, u64 flags, int *err)
{
	struct process *p = process_alloc(current_process());

	*err = -ENOMEM;
	if (!p)
		return NULL;
	p->mm = clone_mm(flags);
	if (p->mm)
		p->files = clone_files(flags, current_process()->files);
	if (p->files) {
		t->mm = p->mm;
		*err = process_link(p, t);
		if (!*err)
			return p;
	}
	drop_process(p);
	return NULL;
}

/* The child runs in our memory: what it does with it, we don't see. */
static void wait_for_vfork(struct process *child)
{
	int err = wait_event_killable(&child->wait,
				      READ_ONCE(child->mm_released));

	POINT(vfork_done, child->pid, err);
}

static s64 clone_process(struct thread *t, const struct clone_args *args)
{
	struct process *p;
	s64 pid;
	int err;

	p = new_process(t, args->flags, &err);
	if (!p) {
		drop_thread(t);
		return err;
	}
	__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
	pid = start(t, args);
	if (args->flags & CLONE_VFORK)
		wait_for_vfork(p);
	process_put(p);
	return pid;
}

s64 do_clone(const struct clone_args *args)
{
	struct thread *t;
	int err;

	if (!flags_fit(args->flags))
		return -EINVAL;
	t = new_thread(args);
	if (!t)
		return -ENOMEM;
	err = set_tls(t, args);
	if (err) {
		drop_thread(t);
		return err;
	}
	return args->flags & CLONE_THREAD ? clone_thread(t, args) :
					    clone_process(t, args);
}
