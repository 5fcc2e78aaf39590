/* SPDX-License-Identifier: MIT */
/*
 * mm/compact_internal.h - what the files of compaction share
 */
#pragma once

#include <kernel/thread.h>
#include <mm/compact.h>
#include <mm/zone.h>
#include <arch/user.h>

/* Signals have no handlers yet: one that is pending ends or stops the thread. */
static inline bool fatal_signal_pending(void)
{
	return READ_ONCE(current->user_work) & USER_WORK_SIGNAL;
}

/* Should a run end in the middle of a block? Noted in cc. */
static inline bool compact_interrupted(struct compact_control *cc)
{
	bool stop = fatal_signal_pending() ||
		    (cc->mode == MIGRATE_ASYNC && need_resched());

	cc->contended |= stop;
	return stop;
}

/* Also for a lock that had to be waited for. */
static inline bool compact_must_stop(struct compact_control *cc)
{
	return compact_interrupted(cc) || cc->contended;
}
