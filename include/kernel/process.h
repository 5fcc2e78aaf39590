/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/process.h - programs that run in ring 3
 *
 *	process ──threads──► struct thread (thread->process, ->user, ->mm)
 *	   ├── mm        address space, shared by its threads (and CLONE_VM)
 *	   ├── files     descriptors
 *	   └── children, parent, exit status: wait4()
 *
 * Process 1 is the kernel itself: it starts programs and adopts orphans.
 *
 * Units    pids, which are ids of threads; wait statuses as Linux encodes them
 * Locks    process_lock (class S) for the tree, threads and signals
 * Context  may sleep
 * Errors   -errno
 * Owns     struct process: referenced by the tree until somebody has waited for
 *          it, and by its threads together; by who looks at it
 * Keeps    process_check() == 0: every process is in the tree once, its threads
 *          are counted, a zombie has none
 */
#pragma once

#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/signal.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <kernel/types.h>
#include <kernel/wait.h>

struct mm_struct;
struct files;
struct file;
struct dentry;

#define COMM_MAX 16

/* Numbers of limits: Linux's. */
#define RLIMIT_DATA    2
#define RLIMIT_STACK   3
#define RLIMIT_NPROC   6
#define RLIMIT_NOFILE  7
#define RLIMIT_MEMLOCK 8
#define RLIMIT_AS      9
#define NR_RLIMITS     16

struct rlimit {
	u64 cur, max;
};

struct process {
	u32 pid;  /* (c) also the id of its first thread */
	u32 ppid; /* [process_lock] to write */
	u32 refs; /* atomic */
	char comm[COMM_MAX];
	struct process *parent;	   /* [process_lock] */
	struct list_head children; /* [process_lock] of them: sibling */
	struct list_head sibling;  /* [process_lock] */
	struct list_head all;	   /* [process_lock] by pid */
	struct list_head threads;  /* [process_lock] of them: user.sibling */
	u32 nr_threads;		   /* [process_lock] that haven't ended */
	struct mm_struct *mm;	   /* [process_lock]; NULL: it has ended */
	struct files *files;	   /* (c) until its end */
	struct dentry *cwd;	   /* [fs_lock]; NULL: the root */
	struct mutex fs_lock;
	u64 pending;	      /* [process_lock] signals sent to the process */
	u64 ignored;	      /* [process_lock] by rt_sigaction(SIG_IGN) */
	bool exiting, zombie; /* [process_lock] */
	bool stopped, stop_told; /* [process_lock] by SIGSTOP and its like */
	bool oom_victim;
	bool awaited;		    /* (c) by the kernel, of its own children */
	bool mm_released;	    /* it has left what vfork() lent it */
	struct thread *exec_thread; /* [process_lock] the others have to go */
	s32 exit_status;	    /* as wait4() tells it */
	u32 stop_signal;
	struct wait_queue wait; /* children ended; threads went; go on */
	u64 start_ns;
	u64 dead_ticks;	 /* [process_lock] of threads that have ended */
	u64 child_ticks; /* [process_lock] of children waited for */
	struct rlimit rlimit[NR_RLIMITS]; /* [process_lock] to write */
};

extern struct lock_class process_lock_class;
extern struct spinlock process_lock;
extern struct process init_process;

static inline struct process *current_process(void)
{
	return current->process;
}

/* --- for the kernel: process.c, process_wait.c, exec.c --- */

/*
 * Run a program of the initramfs: argv[0] is its path, or its name in /bin.
 * The new process's pid, or -errno. Its parent is the kernel. awaited: somebody
 * will call process_wait(); else nobody learns its status.
 */
s64 process_spawn(const char *const *argv, const char *const *envp,
		  bool awaited);
/* Its wait status; sleeps. -ECHILD: no such child of the kernel's. */
int process_wait(u32 pid, s32 *status);
struct process *process_find(u32 pid); /* referenced; NULL */
/* The one with the lowest pid from `pid` on; referenced; NULL. */
struct process *process_from(u32 pid);
void process_put(struct process *p);
/* Its address space, as one of its users; NULL: it has ended. */
struct mm_struct *process_mm(struct process *p);
/* Timer ticks that all of its threads were found running in. */
u64 process_ticks(struct process *p);
/* One letter, as /proc/PID/stat has it. */
char process_state(struct process *p);
u32 nr_processes(void);

void syscall_table_init(void);
void procfs_pid_init(void);
/*
 * No program runs, nothing that they share changes: until the thaw. -EBUSY: one
 * is at work in the kernel and doesn't come out. kernel/freeze.c
 */
int processes_freeze(void);
void processes_thaw(void);
bool processes_frozen(void);
void freeze_here(void);
/* Threads that are in no process's list any more, but still have memory. */
u32 nr_ending_threads(void);

extern struct list_head processes; /* [process_lock] */
#define for_each_process_locked(p) list_for_each_entry(p, &processes, all)

int process_init(void);
int process_check(void);

/* --- life: process.c, clone.c, process_exit.c, process_wait.c --- */

/* Refs 2, not in the tree; limits and cwd are parent's. NULL. */
struct process *process_alloc(struct process *parent);
void process_free(struct process *p);
/* Into the tree, with its first thread, which doesn't run yet. */
int process_link(struct process *p, struct thread *first);
/* process_lock is held: out of the tree; the tree's reference is the caller's. */
void process_unlink(struct process *p);
void process_add_thread(struct process *p, struct thread *t);

#define CSIGNAL		     0xffu
#define CLONE_VM	     0x100u
#define CLONE_FS	     0x200u
#define CLONE_FILES	     0x400u
#define CLONE_SIGHAND	     0x800u
#define CLONE_VFORK	     0x4000u
#define CLONE_THREAD	     0x10000u
#define CLONE_SYSVSEM	     0x40000u
#define CLONE_SETTLS	     0x80000u
#define CLONE_PARENT_SETTID  0x100000u
#define CLONE_CHILD_CLEARTID 0x200000u
#define CLONE_DETACHED	     0x400000u
#define CLONE_CHILD_SETTID   0x1000000u

struct clone_args {
	u64 flags;
	vaddr_t stack; /* 0: the caller's, as after fork() */
	vaddr_t parent_tid, child_tid;
	u64 tls;
};

s64 do_clone(const struct clone_args *args);

/* What a thread of a program runs: its user side, from thread_user_regs(). */
int user_thread_fn(void *arg);
void __noreturn do_thread_exit(void);
void __noreturn do_group_exit(s32 status);
/* All other threads of the running program end; -EAGAIN: so does this one. */
int kill_other_threads(void);
/* It doesn't need the address space of its creator any more. */
void process_mm_released(struct process *p);

#define WNOHANG	  1u
#define WUNTRACED 2u

s64 do_wait4(struct process *parent, s64 pid, u32 options, s32 *status);

/* A program's file into the running thread; strings are in user space. */
s64 do_execve(vaddr_t path, vaddr_t argv, vaddr_t envp);

/* --- futex.c --- */

/* Wake nr who wait at the word of the loaded address space; how many. */
s64 futex_wake(vaddr_t addr, bool private, u32 nr);

/* --- oom.c --- */

void oom_init(void);
