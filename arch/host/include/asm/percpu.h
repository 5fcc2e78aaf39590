/* SPDX-License-Identifier: MIT */
/*
 * The token that a thread holds names its CPU: arch/host/percpu.c. The section
 * has a name in C, so that the linker tells where it begins and ends.
 */
#pragma once

#define __percpu_section __section("percpu_data")

extern __thread __attribute__((tls_model("local-exec"))) u64 host_cpu_off;

static inline u64 this_cpu_off(void)
{
	return host_cpu_off;
}

#define __host_copy(var)	 (*(__typeof__(var) *)((char *)&(var) + host_cpu_off))
#define this_cpu_read(var)	 READ_PLAIN(__host_copy(var))
#define this_cpu_write(var, val) WRITE_ONCE(__host_copy(var), val)
#define this_cpu_add(var, val)	 ADD_ONCE(__host_copy(var), val)
#define this_cpu_inc(var)	 this_cpu_add(var, 1)
