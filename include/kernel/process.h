/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/process.h - programs that run in ring 3
 *
 *	process ──threads──► struct thread (thread->process, thread->mm)
 *	   ├── mm        address space, shared by its threads (and CLONE_VM)
 *	   ├── files     descriptors
 *	   └── children, parent, exit status: wait4()
 *
 * Units    pids; wait statuses as Linux encodes them
 * Locks    process_lock (class S) for the tree of processes; (p) the process's
 * Context  may sleep
 * Errors   -errno
 * Owns     struct process: referenced by the tree, by its threads, by wait4()
 * Keeps    process_check() == 0: every live process is in the tree once, its
 *          threads are counted, no zombie without a parent that may wait
 */
#pragma once

#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/thread.h>
#include <kernel/types.h>
#include <kernel/wait.h>

struct mm_struct;
struct mempolicy;
struct files;
struct pt_regs;
struct dentry;

#define NSIG 64

struct process {
	u32 pid;  /* (c) also the id of its first thread */
	u32 refs; /* atomic */
	char comm[16];
	struct process *parent;	   /* [process_lock] */
	struct list_head children; /* [process_lock] of them: sibling */
	struct list_head sibling;  /* [process_lock] */
	struct list_head all;	   /* [process_lock] */
	struct list_head threads;  /* [process_lock] */
	u32 nr_threads;		   /* [process_lock] that haven't ended */
	struct mm_struct *mm;	   /* (c) until exec and exit */
	struct files *files;
	struct dentry *cwd;
	u64 pending;	      /* atomic: signals sent to the process */
	u64 ignored;	      /* rt_sigaction(SIG_IGN) */
	bool exiting, zombie; /* [process_lock] */
	s32 exit_status;      /* as wait4() tells it */
	struct wait_queue child_wait;
	u64 utime_ticks, stime_ticks, start_ns;
	u64 min_flt, maj_flt;
	u64 rlimit[16][2]; /* soft, hard */
};

static inline struct process *current_process(void)
{
	return current->process;
}

/*
 * Run a program of the initramfs: argv[0] is its path. The new process's pid,
 * or -errno. Its parent is the kernel: process_wait() for it.
 */
s64 process_spawn(const char *const *argv, const char *const *envp);
/* Its wait status; sleeps. */
int process_wait(u32 pid, s32 *status);
/* Send a signal; -ESRCH, -EINVAL. */
int process_kill(u32 pid, int signo);
struct process *process_find(u32 pid); /* referenced; NULL */
void process_put(struct process *p);
/* Each process in order of pid, referenced while fn runs. */
void for_each_process(void (*fn)(struct process *p, void *arg), void *arg);

/* The running program ends, as if by this signal; says so in one line. */
void __noreturn do_exit_signal(int signo);
void __noreturn do_group_exit(s32 status);

int process_init(void);
int process_check(void);
