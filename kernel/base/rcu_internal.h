/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/rcu_internal.h - what grace periods and callbacks share
 */
#pragma once

#include <kernel/rcu.h>
#include <kernel/wait.h>

/* Ask for a grace period that begins after now; its number. */
u64 rcu_need_gp(void);
bool rcu_gp_done(u64 nr);
/* The caller is in no read section, on a CPU that it doesn't leave. */
void rcu_report_qs(enum rcu_qs how);
u64 rcu_nr_qs(u32 cpu, enum rcu_qs how);

/* Interrupts off: this CPU's callbacks move on as far as they may. */
void rcu_advance_callbacks(void);
