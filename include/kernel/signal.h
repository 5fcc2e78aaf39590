/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/signal.h - signals and their default actions
 *
 * Programs can't have handlers yet: a signal ends its receiver, stops it, lets
 * it go on, or is ignored. What is ignored leaves no trace, so whoever sleeps
 * with wait_event_killable() is only disturbed by what ends or stops it.
 *
 * Units    signal numbers 1 to 64; masks: bit n - 1 for signal n
 * Locks    process_lock inside
 * Context  thread
 * Errors   -ESRCH, -EINVAL; waits: -EINTR
 */
#pragma once

#include <kernel/thread.h>
#include <kernel/types.h>
#include <kernel/wait.h>
#include <uapi/signal.h>
#include <arch/user.h>

#define NSIG	   64
#define SIGMASK(n) (1UL << ((n)-1))

struct process;

static inline bool signal_pending(void)
{
	return READ_ONCE(current->user_work) & USER_WORK_SIGNAL;
}

/* As wait_event(), but 0, or -EINTR when a signal came before. */
#define wait_event_killable(wq, condition)                    \
	({                                                    \
		struct wait_entry _entry;                     \
		int _err = 0;                                 \
                                                              \
		might_sleep();                                \
		wait_entry_init(&_entry, false);              \
		for (;;) {                                    \
			prepare_to_wait(wq, &_entry);         \
			if (condition)                        \
				break;                        \
			_err = signal_pending() ? -EINTR : 0; \
			if (_err)                             \
				break;                        \
			schedule();                           \
		}                                             \
		finish_wait(wq, &_entry);                     \
		_err;                                         \
	})

/* "SIGSEGV"; a number without a name is "signal". */
const char *signal_name(int signo);
/* To the process, whichever of its threads; signo 0: is it there? */
int process_kill(u32 pid, int signo);
/* To one thread; tgid 0: of any process. */
int thread_kill(u32 tgid, u32 tid, int signo);
void signal_send(struct process *p, int signo);
/* Changes the running thread's mask. */
void signal_set_blocked(u64 blocked);
/* rt_sigaction(): SIG_IGN or not. */
int signal_set_ignored(int signo, bool ignored);
/* Do what pending signals ask; may not return. */
void signal_take(void);
/* The running program ends as if by this signal. */
void __noreturn do_exit_signal(int signo);
