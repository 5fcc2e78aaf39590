// SPDX-License-Identifier: MIT
/*
 * kernel/process_wait.c - wait4(): what became of a child
 *
 *	status	exit(3)			0x0300
 *		ended by signal 9	0x0009
 *		stopped by signal 19	0x137f
 *
 * A child whose end has been told is out of the tree. Each is told once, to
 * one of those who wait, even if there is then no place to write it to.
 */
#include <kernel/errno.h>
#include <kernel/process.h>

#define STOPPED 0x7f

struct wait_call {
	struct process *parent;
	s64 pid; /* -1: any */
	u32 options;
	s32 status;
	struct process *reaped;
};

static bool is_meant(const struct wait_call *w, const struct process *child)
{
	/* There is one group, 0: as good as any. */
	if (w->pid == -1 || w->pid == 0)
		return true;
	return w->pid == (s64)child->pid;
}

/* process_lock is held. True: w->status is its. */
static bool try_child(struct wait_call *w, struct process *child)
{
	if (child->zombie) {
		process_unlink(child);
		w->parent->child_ticks += child->dead_ticks;
		w->status = child->exit_status;
		w->reaped = child;
		return true;
	}
	if (!(w->options & WUNTRACED) || !child->stopped || child->stop_told)
		return false;
	child->stop_told = true;
	w->status = STOPPED | (s32)child->stop_signal << 8;
	return true;
}

/* Its pid; 0: not yet; -ECHILD: never. */
static s64 try_wait(struct wait_call *w)
{
	struct process *child;
	s64 result = -ECHILD;

	spin_lock(&process_lock);
	list_for_each_entry(child, &w->parent->children, sibling) {
		if (!is_meant(w, child))
			continue;
		result = 0;
		if (try_child(w, child)) {
			result = child->pid;
			break;
		}
	}
	spin_unlock(&process_lock);
	return result;
}

s64 do_wait4(struct process *parent, s64 pid, u32 options, s32 *status)
{
	struct wait_call w = { parent, pid, options, 0, NULL };
	s64 result = 0;
	int err;

	err = wait_event_killable(&parent->wait, (result = try_wait(&w)) ||
							 options & WNOHANG);
	if (err)
		return err;
	*status = w.status;
	if (w.reaped)
		process_put(w.reaped);
	return result;
}

int process_wait(u32 pid, s32 *status)
{
	s64 result = do_wait4(&init_process, pid, 0, status);

	return result < 0 ? (int)result : 0;
}
