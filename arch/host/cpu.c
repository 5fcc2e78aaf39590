// SPDX-License-Identifier: MIT
/*
 * arch/host/cpu.c - the process as a machine: time, stacks, the end
 *
 * What a simulated CPU is: arch/host/percpu.c, interrupt.c, smp.c, thread.c.
 */
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <kernel/string.h>
#include <arch/cpu.h>

static struct timespec boot_time;

static void __attribute__((constructor)) host_note_boot_time(void)
{
	clock_gettime(CLOCK_MONOTONIC, &boot_time);
}

u64 arch_time_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)((now.tv_sec - boot_time.tv_sec) * 1000000000L +
		     now.tv_nsec - boot_time.tv_nsec);
}

void arch_cpu_name(char *buf, size_t size)
{
	strscpy(buf, "simulated", size);
}

u32 arch_phys_bits(void)
{
	return 52;
}

/* From where the frame's function returns to, if that is to be found. */
u32 arch_stack_trace(u64 *out, u32 max, u64 frame)
{
	u64 from = frame ? ((const u64 *)frame)[1] : 0;
	void *trace[64];
	int nr = backtrace(trace, 64), first = 0;
	u32 i;

	while (first < nr && (u64)trace[first] != from)
		first++;
	if (first == nr)
		first = 0;
	for (i = 0; i < max && first + (int)i < nr; i++)
		out[i] = (u64)trace[first + (int)i];
	return i;
}

/* Another CPU is about to end the process. */
void __noreturn arch_halt(void)
{
	while (host_is_smp)
		pause();
	abort();
}

void __noreturn arch_exit(bool passed)
{
	fflush(stdout);
	if (!passed)
		abort();
	exit(0);
}

void __noreturn arch_poweroff(bool passed)
{
	fflush(stdout);
	exit(passed ? 0 : 1);
}

void __noreturn arch_reboot(void)
{
	exit(0);
}
