// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_fault.c - make the kernel fail on purpose, and see what it says
 *
 * Each kind is a mistake that C code can make. All but `warn` and `shift` end
 * the run with the failure verdict; `shift` goes unnoticed but by UBSAN=1.
 */
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <arch/cpu.h>
#include <arch/layout.h>

static volatile u64 sink;
static u8 code_in_data[16] = { 0xc3 }; /* ret */

static void fault_null(void)
{
	volatile u64 *volatile nowhere = NULL;

	sink = *nowhere; /* NOLINT: on purpose */
}

static void fault_text(void)
{
	*(volatile u8 *)&fault_null = 0;
}

static void fault_exec(void)
{
	void (*volatile call)(void) = (void (*)(void))(u64)code_in_data;

	call();
}

/* Both sides unknown: the compiler turns 1 / x into a comparison. */
static void fault_divide(void)
{
	volatile u64 zero = 0;

	sink = sink / zero; /* NOLINT: on purpose */
}

static void fault_opcode(void)
{
	__builtin_trap();
}

/* Bits 63..48 differ from bit 47: no address at all, #GP. */
static void fault_address(void)
{
	sink = *(volatile u64 *)0x8000000000000000UL;
}

static void fault_smash(void)
{
	volatile char small[8] __unused;

	for (volatile u32 i = 0; i < 64; i++)
		small[i] = 'x';
}

/* Each call keeps 256 bytes; what it returns keeps it from being a jump. */
static u64 recurse(u64 depth)
{
	volatile u8 frame[256];

	frame[0] = (u8)depth;
	return (sink == depth ? 0 : recurse(depth + 1)) + frame[0];
}

static void fault_stack(void)
{
	sink = 0;
	sink = recurse(1);
}

static void fault_panic(void)
{
	panic("you asked for it");
}

static void fault_bug(void)
{
	BUG_ON(sink == sink);
}

static void fault_warn(void)
{
	WARN_ON(sink == sink);
}

static void fault_shift(void)
{
	volatile u32 bits = 40;

	sink = 1u << bits; /* NOLINT: on purpose */
}

/* Nobody starts before all are there. */
static void panic_here(void *nr_cpus)
{
	static u32 nr_ready;

	__atomic_add_fetch(&nr_ready, 1, __ATOMIC_RELAXED);
	while (READ_ONCE(nr_ready) < (u64)nr_cpus)
		cpu_relax();
	panic("you asked all CPUs for it");
}

static void fault_everywhere(void)
{
	on_each_cpu(panic_here, (void *)(u64)num_online_cpus(), false);
}

static const struct fault {
	const char *name;
	void (*run)(void);
	const char *help;
} faults[] = {
	{ "null", fault_null, "read through a null pointer" },
	{ "text", fault_text, "write to the kernel's code" },
	{ "exec", fault_exec, "run data as code" },
	{ "divide", fault_divide, "divide by zero" },
	{ "opcode", fault_opcode, "run an invalid instruction" },
	{ "address", fault_address, "use an address that can't exist" },
	{ "smash", fault_smash, "write past an array on the stack" },
	{ "stack", fault_stack, "call itself until the stack is full" },
	{ "panic", fault_panic, "panic()" },
	{ "bug", fault_bug, "BUG_ON()" },
	{ "everywhere", fault_everywhere, "panic() on every CPU at once" },
	{ "warn", fault_warn, "WARN_ON(): counts against the verdict" },
	{ "shift", fault_shift, "undefined behaviour: a warning by UBSAN=1" },
};

static const struct fault *find_fault(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(name, faults[i].name))
			return &faults[i];
	return NULL;
}

static void run_fault(void *fault)
{
	((const struct fault *)fault)->run();
}

/* In that CPU's idle loop, on its own stack. */
static int fault_on(const struct fault *fault, const char *text)
{
	u64 cpu;

	if (kstrtou64(text, 10, &cpu) || cpu >= MAX_CPUS ||
	    smp_run_idle((u32)cpu, run_fault, (void *)fault)) {
		console_printf("fault: '%.32s' is no idle CPU (`cpus` lists them)\n",
			       text);
		return 1;
	}
	while (!cpu_is_idle((u32)cpu))
		cpu_relax();
	return 0;
}

static int fault_thread(void *fault)
{
	run_fault(fault);
	return 0;
}

/* On a stack that was made for it just now. */
static int fault_in_thread(const struct fault *fault)
{
	struct thread *t = kthread_run(fault_thread, (void *)fault, "fault");

	return t ? kthread_join(t) : 1;
}

static int cmd_fault(int argc, char **argv)
{
	const struct fault *fault = argc > 1 ? find_fault(argv[1]) : NULL;

	if (fault && argc == 3 && !strcmp(argv[2], "thread"))
		return fault_in_thread(fault);
	if (fault && argc == 3)
		return fault_on(fault, argv[2]);
	if (fault) {
		fault->run();
		return 0;
	}
	for (u32 i = 0; i < ARRAY_SIZE(faults); i++)
		console_printf("%-8s %s\n", faults[i].name, faults[i].help);
	return 1;
}

static void complete_fault(int arg, const char *prefix __unused,
			   void (*offer)(void *ctx, const char *word), void *ctx)
{
	for (u32 i = 0; arg == 1 && i < ARRAY_SIZE(faults); i++)
		offer(ctx, faults[i].name);
}

SHELL_COMMAND(fault, cmd_fault, "KIND [CPU|thread]",
	      "make the kernel fail on purpose\n"
	      "Without KIND: lists them. CPU: an idle one that does it; thread: a new one.",
	      complete_fault);
