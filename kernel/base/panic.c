// SPDX-License-Identifier: MIT
/*
 * kernel/base/panic.c - panic, warnings, backtraces
 */
#include <kernel/ksyms.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/sched_seed.h>
#include <kernel/string.h>
#include <arch/cpu.h>
#include <arch/percpu.h>
#include <arch/smp.h>

#define STACK_DEPTH 24

static u64 nr_warnings;
static u32 reporter; /* CPU + 1 */

/* It may lie behind its function's end: the name is that of the call. */
static void print_return_address(u64 addr)
{
	char name[KSYM_TEXT_MAX];

	pr_err(" [<%016lx>] %s\n", addr, ksym_format(addr - 1, 1, name));
}

void print_stack(u64 rip, u64 caller, u64 frame)
{
	u64 trace[STACK_DEPTH];
	u32 nr = arch_stack_trace(trace, STACK_DEPTH, frame);
	char name[KSYM_TEXT_MAX];

	pr_err("Call Trace:\n");
	if (rip)
		pr_err(" [<%016lx>] %s\n", rip, ksym_format(rip, 0, name));
	if (caller)
		print_return_address(caller);
	for (u32 i = 0; i < nr; i++)
		print_return_address(trace[i]);
}

void dump_stack(void)
{
	print_stack(0, 0, (u64)__builtin_frame_address(0));
}

bool panic_begin(void)
{
	u32 me = smp_processor_id() + 1, nobody = 0;

	arch_irq_disable();
	if (!__atomic_compare_exchange_n(&reporter, &nobody, me, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		if (nobody != me)
			arch_halt();
		return false;
	}
	arch_stop_others();
	printk_takeover();
	printk_set_level(LOG_DEBUG + 1);
	sched_seed_report();
	return true;
}

void panic(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	/* A panic inside a panic has nothing more to tell. */
	if (!panic_begin())
		arch_exit(false);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pr_emerg("Kernel panic - not syncing: %s\n", text);
	dump_stack();
	pr_emerg("---[ end Kernel panic ]---\n");
	arch_exit(false);
}

void warn_report(const char *file, int line, const char *what)
{
	__atomic_add_fetch(&nr_warnings, 1, __ATOMIC_RELAXED);
	pr_warn("WARNING: %s at %s:%d\n", what, file, line);
	dump_stack();
}

u64 warn_count(void)
{
	return __atomic_load_n(&nr_warnings, __ATOMIC_RELAXED);
}

/* GCC's stack protector calls this when a canary was overwritten. */
u64 __stack_chk_guard = 0x595e9fbd94fda766UL;

void __noreturn __stack_chk_fail(void);
void __noreturn __stack_chk_fail(void)
{
	panic("stack protector: kernel stack is corrupted");
}
