// SPDX-License-Identifier: MIT
/*
 * arch/host/thread.c - threads of the simulated CPUs
 *
 * A thread is a pthread that runs only while it holds a CPU's token. A switch
 * hands the token on and waits until one comes back, perhaps another CPU's. So
 * each CPU runs one pthread at a time, and the scheduler of the kernel decides
 * which.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include <arch/cpu.h>
#include <kernel/panic.h>
#include <kernel/thread.h>

#include "../../kernel/stack.h"
#include "internal.h"

#define PTHREAD_STACK (256 * KiB) /* sanitizers need more than a kernel has */

struct host_thread {
	sem_t token; /* posted when `cpu` is handed over */
	u32 cpu;
	void (*start)(void);
};

static struct host_thread *host_thread_new(void (*start)(void))
{
	struct host_thread *h = malloc(sizeof(*h));

	BUG_ON(!h);
	sem_init(&h->token, 0, 0);
	h->start = start;
	return h;
}

static void take_token(struct host_thread *h)
{
	while (sem_wait(&h->token))
		;
	host_become(h->cpu);
	arch_irq_disable(); /* as the switch was made */
}

static void *run(void *arg)
{
	struct host_thread *h = arg;

	take_token(h);
	h->start();
	return NULL;
}

void arch_thread_init(struct thread *t, void (*start)(void))
{
	pthread_attr_t attr;
	pthread_t id;

	t->arch.host = host_thread_new(start);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	BUG_ON(pthread_create(&id, &attr, run, t->arch.host));
	pthread_attr_destroy(&attr);
}

void arch_switch_to(struct thread *prev, struct thread *next)
{
	struct host_thread *own;
	bool dead = prev->state == THREAD_DEAD;

	if (!prev->arch.host) /* what a CPU began with */
		prev->arch.host = host_thread_new(NULL);
	own = prev->arch.host;
	next->arch.host->cpu = smp_processor_id();
	/* A dead one's record may be gone after this. */
	sem_post(&next->arch.host->token);
	if (dead) {
		sem_destroy(&own->token);
		free(own);
		pthread_exit(NULL);
	}
	take_token(own);
}

/* Address spaces are mm/mmu.c's; there is nothing else. */
void arch_switch_user(struct thread *prev __unused, struct thread *next __unused)
{
}

u64 arch_stack_used(const struct thread *t __unused)
{
	return 0;
}

/* Only the record at its top is used: a pthread brings its own stack. */
vaddr_t thread_stack_alloc(void)
{
	return (vaddr_t)aligned_alloc(PAGE_SIZE, THREAD_STACK_SIZE);
}

vaddr_t map_stack(s32 nid __unused)
{
	return thread_stack_alloc();
}

void unmap_stack(vaddr_t stack)
{
	thread_stack_free(stack);
}

void thread_stack_free(vaddr_t stack)
{
	free((void *)stack);
}

u32 thread_stacks_cached(void)
{
	return 0;
}
