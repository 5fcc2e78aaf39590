/* SPDX-License-Identifier: MIT */
/*
 * include/arch/thread.h - contexts of threads, and switching between them
 *
 * Context  interrupts off, the run queue's lock held across the switch
 *
 * asm/thread.h gives struct arch_thread.
 */
#pragma once

#include <kernel/types.h>
#include <asm/thread.h>

struct thread;

#define THREAD_STACK_SIZE (16 * KiB)

/* Its first switch goes to start(), which doesn't return, on its own stack. */
void arch_thread_init(struct thread *t, void (*start)(void));
/* Returns when somebody switches back to prev; maybe on another CPU. */
void arch_switch_to(struct thread *prev, struct thread *next);
/* Before that, if either has a user side (thread->user_side): its registers. */
void arch_switch_user(struct thread *prev, struct thread *next);
/* Bytes of its stack that are in use by a thread that is switched away from. */
u64 arch_stack_used(const struct thread *t);

/*
 * A stack with an unmapped page below, and back. The record of its thread lies
 * at the top. Gives the lowest address; 0: out of memory. May sleep.
 */
vaddr_t thread_stack_alloc(void);
/* Any context, but not by who stands on it. */
void thread_stack_free(vaddr_t stack);
/* Free ones that wait for the next thread, on all CPUs. */
u32 thread_stacks_cached(void);
