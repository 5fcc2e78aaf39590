/* SPDX-License-Identifier: MIT */
/*
 * arch/host/internal.h - simulated CPUs: what the files of the port share
 *
 * Who holds a CPU's token is that CPU: the thread-local words say which one.
 */
#pragma once

#include <semaphore.h>

#include <kernel/types.h>
#include <arch/percpu.h>

enum host_interrupt {
	HOST_TICK = 1,
	HOST_CALL = 2,
	HOST_RESCHED = 4,
	HOST_STOP = 8, /* not to be refused, as the next one */
	HOST_TRACE = 16,
};
#define HOST_NMI (HOST_STOP | HOST_TRACE)

enum host_holder {
	HELD,	  /* by one of its threads, for good */
	FREE,	  /* a library's CPU that no thread is */
	BORROWED, /* the same, while somebody takes its interrupts */
};

/* Lines apart: one CPU writes here what another one polls. */
struct host_cpu {
	u32 pending; /* enum host_interrupt; atomic, as all here */
	u32 holder;  /* enum host_holder */
	bool halted; /* whoever clears it posts `wake` */
	sem_t wake;
	u64 nr_ticks;
	u64 nr_reschedules;
} __aligned(128);

extern struct host_cpu host_cpus[MAX_CPUS];

/* This thread is that CPU from now on. */
void host_become(u32 cpu);
void host_interrupt(u32 cpu, u32 what);
/* Take what is pending; interrupts are off. */
void host_deliver(void);
/* The same where they are on, until nothing is pending; called by entry.c. */
void host_take_interrupts(void);
/* Take the interrupts of a CPU that no thread is. */
void host_stand_in(u32 cpu);
/* Ticks for the CPUs below that number, from now on. */
void host_tick_start(u32 nr_cpus);
/* Stopping and looking: arch/host/smp.c. */
void host_nmi(u32 what, const void *caller);
/* The areas of all CPUs but 0 are gone. */
void percpu_forget(void);
