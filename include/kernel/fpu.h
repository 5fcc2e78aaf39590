/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/fpu.h - threads with a state of SSE registers
 *
 *	fpu_attach(current);	a program begins: fresh registers
 *	fpu_copy(child);	fork: the child begins with ours
 *	fpu_detach(current);	before the thread ends
 *
 * Kernel threads have none, and switching between them looks for none.
 *
 * Units    arch_fpu_size() bytes a state, in the slab cache "fpu"
 * Locks    none inside
 * Context  thread, may sleep. Of another thread: one that has not run yet, or
 *          is dead.
 * Errors   -ENOMEM; then the thread has no state. Attaching twice, or ending
 *          with a state, is a bug.
 * Owns     thread->fpu
 */
#pragma once

#include <kernel/types.h>

struct thread;

void fpu_init(void); /* boot, once there is slab */

int fpu_attach(struct thread *t);
int fpu_copy(struct thread *child);
/* The running thread's are fresh again: exec. */
void fpu_reset(void);
void fpu_detach(struct thread *t);
