// SPDX-License-Identifier: MIT
/*
 * kernel/sys_process.c - system calls about processes, threads and signals
 *
 * There is one user, who may do everything: ids of users and groups are 0.
 */
#include <kernel/errno.h>
#include <kernel/fs.h>
#include <kernel/process.h>
#include <mm/mm_struct.h>
#include <arch/irq.h>
#include <arch/uaccess.h>

#include "syscall.h"

#define WAIT_OPTIONS                                                     \
	(WNOHANG | WUNTRACED | 8u /* WCONTINUED */ | 0x20000000u |       \
	 0x40000000u | 0x80000000u /* __WNOTHREAD, __WALL, __WCLONE */)
#define RUSAGE_SIZE 144

/* --- who --- */

SYSCALL(getpid)
{
	return current_process()->pid;
}

SYSCALL(getppid)
{
	return READ_ONCE(current_process()->ppid);
}

SYSCALL(gettid)
{
	return current->user.tid;
}

SYSCALL(getuid)
{
	return 0;
}

SYSCALL(geteuid)
{
	return 0;
}

SYSCALL(getgid)
{
	return 0;
}

SYSCALL(getegid)
{
	return 0;
}

SYSCALL(getpgrp)
{
	return 0;
}

SYSCALL(set_tid_address)
{
	current->user.clear_child_tid = ARG(0);
	return current->user.tid;
}

/* What a thread holds when it ends stays locked: robust mutexes aren't there. */
SYSCALL(set_robust_list)
{
	return ARG(1) == 24 ? 0 : -EINVAL;
}

/* --- life --- */

SYSCALL(fork)
{
	return do_clone(&(struct clone_args){ .flags = SIGCHLD });
}

SYSCALL(vfork)
{
	return do_clone(&(struct clone_args){ .flags = CLONE_VM | CLONE_VFORK |
						       SIGCHLD });
}

SYSCALL(clone)
{
	return do_clone(&(struct clone_args){ .flags = ARG(0),
					      .stack = ARG(1),
					      .parent_tid = ARG(2),
					      .child_tid = ARG(3),
					      .tls = ARG(4) });
}

SYSCALL(execve)
{
	return do_execve(ARG(0), ARG(1), ARG(2));
}

SYSCALL(exit)
{
	struct process *p = current_process();

	/* The last one's is the process's. */
	spin_lock(&process_lock);
	if (p->nr_threads == 1 && !p->exiting)
		p->exit_status = (s32)(ARG(0) & 0xff) << 8;
	spin_unlock(&process_lock);
	do_thread_exit();
}

SYSCALL(exit_group)
{
	do_group_exit((s32)(ARG(0) & 0xff) << 8);
}

/* Times are not split by child: all zero but for the sum. */
static int put_rusage(vaddr_t to, u64 ticks, u64 minor, u64 major)
{
	u64 r[RUSAGE_SIZE / 8] = {};
	u64 us = ticks * (1000000 / HZ);

	r[0] = us / 1000000;
	r[1] = us % 1000000;
	r[8] = minor;
	r[9] = major;
	return copy_to_user(to, r, sizeof(r)) ? -EFAULT : 0;
}

SYSCALL(wait4)
{
	u32 options = (u32)ARG(2);
	s32 status = 0;
	s64 pid;

	if (options & ~WAIT_OPTIONS)
		return -EINVAL;
	pid = do_wait4(current_process(), (s32)ARG(0), options, &status);
	if (pid <= 0)
		return pid;
	if (ARG(1) && put_user_u32((u32)status, ARG(1)))
		return -EFAULT;
	if (ARG(3) && put_rusage(ARG(3), 0, 0, 0))
		return -EFAULT;
	return pid;
}

SYSCALL(getrusage)
{
	struct process *p = current_process();
	const struct mm_struct *mm = current->mm;
	u64 major = READ_ONCE(mm->nr_major_faults);

	switch ((s32)ARG(0)) {
	case 0: /* RUSAGE_SELF */
	case 1: /* RUSAGE_THREAD */
		return put_rusage(ARG(1), process_ticks(p),
				  READ_ONCE(mm->nr_faults) - major, major);
	case -1: /* RUSAGE_CHILDREN */
		return put_rusage(ARG(1), READ_ONCE(p->child_ticks), 0, 0);
	default:
		return -EINVAL;
	}
}

#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

SYSCALL(arch_prctl)
{
	switch (ARG(0)) {
	case ARCH_SET_GS:
		return user_set_gs_base(current, ARG(1));
	case ARCH_SET_FS:
		return user_set_fs_base(current, ARG(1));
	case ARCH_GET_FS:
		return put_user_u64(user_fs_base(current), ARG(1));
	case ARCH_GET_GS:
		return put_user_u64(user_gs_base(current), ARG(1));
	default:
		return -EINVAL;
	}
}

/* --- signals --- */

/* Groups are not there: 0 and -1 mean the caller alone. */
SYSCALL(kill)
{
	s32 pid = (s32)ARG(0);

	if (pid < -1)
		return -ESRCH;
	return process_kill(pid > 0 ? (u32)pid : current_process()->pid,
			    (s32)ARG(1));
}

SYSCALL(tkill)
{
	s32 tid = (s32)ARG(0);

	return tid > 0 ? thread_kill(0, (u32)tid, (s32)ARG(1)) : -EINVAL;
}

SYSCALL(tgkill)
{
	s32 tgid = (s32)ARG(0), tid = (s32)ARG(1);

	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	return thread_kill((u32)tgid, (u32)tid, (s32)ARG(2));
}

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

static int change_mask(u32 how, u64 set)
{
	u64 old = current->user.blocked;

	switch (how) {
	case SIG_BLOCK:
		signal_set_blocked(old | set);
		return 0;
	case SIG_UNBLOCK:
		signal_set_blocked(old & ~set);
		return 0;
	case SIG_SETMASK:
		signal_set_blocked(set);
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL(rt_sigprocmask)
{
	u64 old = current->user.blocked, set;
	int err;

	if (ARG(3) != sizeof(u64))
		return -EINVAL;
	if (ARG(1)) {
		if (get_user_u64(&set, ARG(1)))
			return -EFAULT;
		err = change_mask((u32)ARG(0), set);
		if (err)
			return err;
	}
	return ARG(2) ? put_user_u64(old, ARG(2)) : 0;
}

/* struct sigaction of the kernel: handler, flags, restorer, mask. */
#define SIGACTION_WORDS 4
#define SIG_IGN		1

/* Handlers are accepted and never called: the default action is taken. */
SYSCALL(rt_sigaction)
{
	u64 action[SIGACTION_WORDS] = {}, old[SIGACTION_WORDS] = {};
	u32 signo = (u32)ARG(0);
	int err = 0;

	if (ARG(3) != sizeof(u64) || !signo || signo > NSIG)
		return -EINVAL;
	if (current_process()->ignored & SIGMASK(signo))
		old[0] = SIG_IGN;
	if (ARG(1)) {
		if (copy_from_user(action, ARG(1), sizeof(action)))
			return -EFAULT;
		err = signal_set_ignored((int)signo, action[0] == SIG_IGN);
	}
	if (!err && ARG(2) && copy_to_user(ARG(2), old, sizeof(old)))
		err = -EFAULT;
	return err;
}

SYSCALL(sigaltstack)
{
	return 0; /* for handlers: accepted as they are */
}

/* --- limits --- */

/* The address space has those that mm/ looks at. */
static void tell_mm(struct mm_struct *mm, u32 which, u64 value)
{
	if (which == RLIMIT_AS)
		WRITE_ONCE(mm->rlimit_as, value);
	else if (which == RLIMIT_DATA)
		WRITE_ONCE(mm->rlimit_data, value);
	else if (which == RLIMIT_STACK)
		WRITE_ONCE(mm->rlimit_stack, value);
	else if (which == RLIMIT_MEMLOCK)
		WRITE_ONCE(mm->rlimit_memlock, value);
}

static void tell_files(struct files *files, u64 value)
{
	mutex_lock(&files->lock);
	files->limit = (u32)min(value, (u64)NR_OPEN);
	mutex_unlock(&files->lock);
}

static int set_limit(struct process *p, u32 which, const struct rlimit *new)
{
	struct mm_struct *mm;

	if (new->cur > new->max)
		return -EINVAL;
	spin_lock(&process_lock);
	p->rlimit[which] = *new;
	spin_unlock(&process_lock);
	mm = process_mm(p);
	if (mm) {
		tell_mm(mm, which, new->cur);
		mmput(mm);
	}
	if (p == current_process() && which == RLIMIT_NOFILE)
		tell_files(p->files, new->cur);
	return 0;
}

/* from, to: 0, or where a struct rlimit is. */
static int change_limit(struct process *p, u32 which, vaddr_t from, vaddr_t to)
{
	struct rlimit old, new;
	int err = 0;

	if (which >= NR_RLIMITS)
		return -EINVAL;
	if (from && copy_from_user(&new, from, sizeof(new)))
		return -EFAULT;
	spin_lock(&process_lock);
	old = p->rlimit[which];
	spin_unlock(&process_lock);
	if (from)
		err = set_limit(p, which, &new);
	if (!err && to && copy_to_user(to, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

SYSCALL(prlimit64)
{
	u32 pid = (u32)ARG(0);
	struct process *p = process_find(pid ? pid : current_process()->pid);
	int err;

	if (!p)
		return -ESRCH;
	err = change_limit(p, (u32)ARG(1), ARG(2), ARG(3));
	process_put(p);
	return err;
}

SYSCALL(getrlimit)
{
	return ARG(1) ? change_limit(current_process(), (u32)ARG(0), 0,
				     ARG(1)) :
			-EFAULT;
}

SYSCALL(setrlimit)
{
	return ARG(1) ? change_limit(current_process(), (u32)ARG(0), ARG(1),
				     0) :
			-EFAULT;
}
