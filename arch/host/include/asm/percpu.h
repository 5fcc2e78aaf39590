/* SPDX-License-Identifier: MIT */
/* The token that a thread holds names its CPU: arch/host/cpu.c. */
#pragma once

extern __thread u64 host_cpu_off;

static inline u64 this_cpu_off(void)
{
	return host_cpu_off;
}

#define this_cpu_read(var)	 (*(__typeof__(var) *)((char *)&(var) + host_cpu_off))
#define this_cpu_write(var, val) (this_cpu_read(var) = (val))
#define this_cpu_add(var, val)	 (this_cpu_read(var) += (val))
#define this_cpu_inc(var)	 this_cpu_add(var, 1)
