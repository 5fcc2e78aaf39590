/* SPDX-License-Identifier: MIT */
#pragma once

#define __percpu_section __section(".data..percpu") /* linker.ld */

/* Holds its own distance from the template, so one load gives the offset. */
extern u64 __this_cpu_off;

static inline u64 this_cpu_off(void)
{
	u64 off;

	__asm__ __volatile__("movq %%gs:%1, %0"
			     : "=r"(off)
			     : "m"(__this_cpu_off));
	return off;
}

#define __percpu_op_size(op, val, var)                                 \
	do {                                                           \
		switch (sizeof(var)) {                                 \
		case 1:                                                \
			__asm__ __volatile__(op "b %1, %%gs:%0"        \
					     : "+m"(var)               \
					     : "qi"((u8)(u64)(val)));  \
			break;                                         \
		case 2:                                                \
			__asm__ __volatile__(op "w %1, %%gs:%0"        \
					     : "+m"(var)               \
					     : "ri"((u16)(u64)(val))); \
			break;                                         \
		case 4:                                                \
			__asm__ __volatile__(op "l %1, %%gs:%0"        \
					     : "+m"(var)               \
					     : "ri"((u32)(u64)(val))); \
			break;                                         \
		default:                                               \
			__asm__ __volatile__(op "q %1, %%gs:%0"        \
					     : "+m"(var)               \
					     : "re"((u64)(val)));      \
			break;                                         \
		}                                                      \
	} while (0)

#define this_cpu_read(var)                                      \
	({                                                      \
		__typeof__(var) _v;                             \
		switch (sizeof(var)) {                          \
		case 1:                                         \
			__asm__ __volatile__("movb %%gs:%1, %0" \
					     : "=q"(_v)         \
					     : "m"(var));       \
			break;                                  \
		case 2:                                         \
			__asm__ __volatile__("movw %%gs:%1, %0" \
					     : "=r"(_v)         \
					     : "m"(var));       \
			break;                                  \
		case 4:                                         \
			__asm__ __volatile__("movl %%gs:%1, %0" \
					     : "=r"(_v)         \
					     : "m"(var));       \
			break;                                  \
		default:                                        \
			__asm__ __volatile__("movq %%gs:%1, %0" \
					     : "=r"(_v)         \
					     : "m"(var));       \
			break;                                  \
		}                                               \
		_v;                                             \
	})

#define this_cpu_write(var, val) __percpu_op_size("mov", val, var)
#define this_cpu_add(var, val)	 __percpu_op_size("add", val, var)
#define this_cpu_inc(var)	 this_cpu_add(var, 1)
