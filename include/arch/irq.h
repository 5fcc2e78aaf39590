/* SPDX-License-Identifier: MIT */
/*
 * include/arch/irq.h - who handles which interrupt
 *
 * Context  handlers run with interrupts off on the interrupted stack
 */
#pragma once

#include <kernel/types.h>

struct madt_info;

typedef void (*irq_handler_t)(void *ctx);

#define HZ 250 /* timer ticks a second */

/* Local and I/O APIC, timer at HZ; madt may be NULL (no ACPI). */
void irq_init(const struct madt_info *madt);
/* Have an ISA interrupt delivered to this CPU; false: no way to route it. */
bool irq_request_isa(u32 irq, irq_handler_t handler, void *ctx);
u64 timer_ticks(void); /* of this CPU */
u64 cpu_timer_ticks(u32 cpu);
/* Called in every tick of every CPU, for tests; NULL: nothing is. */
void timer_set_hook(void (*hook)(void));
