// SPDX-License-Identifier: MIT
/*
 * kernel/signal.c - sending signals, and what they do
 *
 *	kill(pid, n)	pending, unless ignored; whoever may take it is made to
 *			look: out of user mode by an interrupt, out of a sleep
 *	signal_take()	on the way back to user mode, nothing held: the default
 *			action
 *
 * There are no handlers yet. So what a signal does is known when it is sent:
 * nothing (then it isn't even pending), or the end, or a stop.
 */
#include <kernel/errno.h>
#include <kernel/process.h>

#define MASK_OF(a, b, c, d) \
	(SIGMASK(a) | SIGMASK(b) | SIGMASK(c) | SIGMASK(d))
#define DEFAULT_IGNORED MASK_OF(SIGCHLD, SIGURG, SIGWINCH, SIGCONT)
#define DEFAULT_STOPS	MASK_OF(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU)
#define UNBLOCKABLE	(SIGMASK(SIGKILL) | SIGMASK(SIGSTOP))

const char *signal_name(int signo)
{
	static const char *const names[] = {
		[SIGHUP] = "SIGHUP",	   [SIGINT] = "SIGINT",
		[SIGQUIT] = "SIGQUIT",	   [SIGILL] = "SIGILL",
		[SIGTRAP] = "SIGTRAP",	   [SIGABRT] = "SIGABRT",
		[SIGBUS] = "SIGBUS",	   [SIGFPE] = "SIGFPE",
		[SIGKILL] = "SIGKILL",	   [SIGUSR1] = "SIGUSR1",
		[SIGSEGV] = "SIGSEGV",	   [SIGUSR2] = "SIGUSR2",
		[SIGPIPE] = "SIGPIPE",	   [SIGALRM] = "SIGALRM",
		[SIGTERM] = "SIGTERM",	   [SIGSTKFLT] = "SIGSTKFLT",
		[SIGCHLD] = "SIGCHLD",	   [SIGCONT] = "SIGCONT",
		[SIGSTOP] = "SIGSTOP",	   [SIGTSTP] = "SIGTSTP",
		[SIGTTIN] = "SIGTTIN",	   [SIGTTOU] = "SIGTTOU",
		[SIGURG] = "SIGURG",	   [SIGXCPU] = "SIGXCPU",
		[SIGXFSZ] = "SIGXFSZ",	   [SIGVTALRM] = "SIGVTALRM",
		[SIGPROF] = "SIGPROF",	   [SIGWINCH] = "SIGWINCH",
		[SIGIO] = "SIGIO",	   [SIGPWR] = "SIGPWR",
		[SIGSYS] = "SIGSYS",
	};

	return signo > 0 && signo < (int)ARRAY_SIZE(names) && names[signo] ?
		       names[signo] :
		       "signal";
}

/* --- sending; process_lock is held --- */

static bool is_ignored(const struct process *p, u64 mask)
{
	return !(mask & UNBLOCKABLE) && (mask & (DEFAULT_IGNORED | p->ignored));
}

static void make_look(struct thread *t, u64 mask)
{
	if (t->user.blocked & mask & ~UNBLOCKABLE)
		return;
	user_work_set(t, USER_WORK_SIGNAL);
	wake_up_thread(t);
}

static void go_on(struct process *p)
{
	p->pending &= ~DEFAULT_STOPS;
	p->stopped = p->stop_told = false;
	wake_up_all(&p->wait);
}

/* only: that thread alone; NULL: any. */
static void send_locked(struct process *p, struct thread *only, int signo)
{
	u64 mask = SIGMASK(signo);
	struct thread *t;

	if (p->zombie)
		return;
	if (signo == SIGCONT || signo == SIGKILL)
		go_on(p);
	if (is_ignored(p, mask))
		return;
	if (only) {
		only->user.pending |= mask;
		make_look(only, mask);
		return;
	}
	p->pending |= mask;
	list_for_each_entry(t, &p->threads, user.sibling)
		make_look(t, mask);
}

void signal_send(struct process *p, int signo)
{
	spin_lock(&process_lock);
	send_locked(p, NULL, signo);
	spin_unlock(&process_lock);
}

int process_kill(u32 pid, int signo)
{
	struct process *p;

	if (signo < 0 || signo > NSIG)
		return -EINVAL;
	p = process_find(pid);
	if (!p)
		return -ESRCH;
	if (signo)
		signal_send(p, signo);
	process_put(p);
	return 0;
}

static struct thread *find_thread(struct process *p, u32 tid)
{
	struct thread *t;

	list_for_each_entry(t, &p->threads, user.sibling)
		if (t->user.tid == tid)
			return t;
	return NULL;
}

static int thread_kill_in(struct process *p, u32 tid, int signo)
{
	struct thread *t;

	spin_lock(&process_lock);
	t = find_thread(p, tid);
	if (t && signo)
		send_locked(p, t, signo);
	spin_unlock(&process_lock);
	return t ? 0 : -ESRCH;
}

int thread_kill(u32 tgid, u32 tid, int signo)
{
	struct process *p, *next;
	int err = -ESRCH;

	if (signo < 0 || signo > NSIG)
		return -EINVAL;
	for (p = process_from(tgid); p && err; p = next) {
		err = thread_kill_in(p, tid, signo);
		next = err && !tgid ? process_from(p->pid + 1) : NULL;
		process_put(p);
	}
	return err;
}

/* --- masks --- */

void signal_set_blocked(u64 blocked)
{
	struct process *p = current_process();

	spin_lock(&process_lock);
	current->user.blocked = blocked & ~UNBLOCKABLE;
	if ((p->pending | current->user.pending) & ~current->user.blocked)
		user_work_set(current, USER_WORK_SIGNAL);
	spin_unlock(&process_lock);
}

int signal_set_ignored(int signo, bool ignored)
{
	struct process *p = current_process();
	u64 mask = SIGMASK(signo);

	if (mask & UNBLOCKABLE)
		return -EINVAL;
	spin_lock(&process_lock);
	if (ignored) {
		p->ignored |= mask;
		p->pending &= ~mask;
	} else {
		p->ignored &= ~mask;
	}
	spin_unlock(&process_lock);
	return 0;
}

/* --- taking --- */

void __noreturn do_exit_signal(int signo)
{
	do_group_exit(signo);
}

/* The lowest that isn't blocked, SIGKILL before all; 0: none. */
static int next_signal(struct process *p)
{
	u64 mask = (p->pending | current->user.pending) &
		   ~current->user.blocked;
	int signo;

	if (!mask)
		return 0;
	signo = mask & SIGMASK(SIGKILL) ? SIGKILL : __builtin_ctzl(mask) + 1;
	if (current->user.pending & SIGMASK(signo))
		current->user.pending &= ~SIGMASK(signo);
	else
		p->pending &= ~SIGMASK(signo);
	return signo;
}

static bool has_to_end(const struct process *p)
{
	return p->exiting || (p->exec_thread && p->exec_thread != current);
}

/* Its threads stop where they would go back to user mode. */
static void stop(struct process *p, int signo)
{
	struct thread *t;

	spin_lock(&process_lock);
	p->stopped = true;
	p->stop_told = false;
	p->stop_signal = (u32)signo;
	list_for_each_entry(t, &p->threads, user.sibling)
		user_work_set(t, USER_WORK_SIGNAL);
	wake_up_all(&p->parent->wait);
	spin_unlock(&process_lock);
}

/* Until SIGCONT, or a reason to end. */
static void sleep_while_stopped(struct process *p)
{
	wait_event(&p->wait, !READ_ONCE(p->stopped) || has_to_end(p));
}

void signal_take(void)
{
	struct process *p = current_process();
	int signo = 0;
	bool end;

	spin_lock(&process_lock);
	user_work_clear(USER_WORK_SIGNAL);
	end = has_to_end(p);
	if (!end)
		signo = next_signal(p);
	/* There may be more, and all threads of a stopped one come here. */
	if (signo)
		user_work_set(current, USER_WORK_SIGNAL);
	spin_unlock(&process_lock);
	if (end)
		do_thread_exit();
	if (signo && !(SIGMASK(signo) & DEFAULT_STOPS))
		do_exit_signal(signo);
	if (signo)
		stop(p, signo);
	sleep_while_stopped(p);
}
