// SPDX-License-Identifier: MIT
/*
 * Ring 3 and back: programs of a few instructions, each on every CPU.
 */
#include <kernel/errno.h>
#include <kernel/smp.h>
#include <uapi/signal.h>
#include <arch/hooks.h>
#include <arch/irq.h>
#include <arch/pgtable.h>
#include <arch/smp.h>

#include "../thread_fixture.h"
#include "cpu.h"
#include "internal.h"
#include "user_fixture.h"

#define PROGRAM(name) extern const u8 name[]

PROGRAM(user_arguments);
PROGRAM(user_unknown_call);
PROGRAM(user_exit_arg);
PROGRAM(user_registers);
PROGRAM(user_spin);
PROGRAM(user_call_spin);
PROGRAM(user_gs_spin);
PROGRAM(user_flags);
PROGRAM(user_bad_stack);
PROGRAM(user_single_step);
PROGRAM(user_single_step_trap);
PROGRAM(user_single_step_resume);
PROGRAM(user_step_call);
PROGRAM(user_step_call_trap);
PROGRAM(user_late_page);
PROGRAM(user_fork);
PROGRAM(user_call_cost);
PROGRAM(user_load);
PROGRAM(user_store);
PROGRAM(user_jump);
PROGRAM(user_push);
PROGRAM(user_divide);
PROGRAM(user_ud2);
PROGRAM(user_int3);
PROGRAM(user_int80);
PROGRAM(user_int14);
PROGRAM(user_icebp);
PROGRAM(user_hlt);
PROGRAM(user_cli);
PROGRAM(user_sti);
PROGRAM(user_in);
PROGRAM(user_wrmsr);
PROGRAM(user_cr3);
PROGRAM(user_swapgs);
PROGRAM(user_sysret);
PROGRAM(user_lgdt);
PROGRAM(user_wrgsbase);
PROGRAM(user_sgdt);
PROGRAM(user_clac);
PROGRAM(user_kernel_cs);

#define NON_CANONICAL  0x1234567800000000UL
#define KERNEL_ADDRESS 0xffffffff80200000UL

/* --- system calls --- */

TEST(user, system_calls_get_arguments_and_give_a_value)
{
	u32 cpu;

	ASSERT_TRUE(user_map());
	for_each_online_cpu(cpu) {
		struct user_run run = { .program = user_arguments, .cpu = cpu };

		ASSERT_TRUE(user_run(&run));
		EXPECT_TRUE(run.exited);
		EXPECT_EQ(run.exit_value, 0x1234567887654321UL);
		for (u32 i = 0; i < 6; i++)
			EXPECT_EQ(run.echo[i], 11 * (i + 1));
	}
	user_unmap();
}

TEST(user, an_unknown_system_call_says_so)
{
	struct user_run run = { .program = user_unknown_call };

	ASSERT_TRUE(user_map());
	ASSERT_TRUE(user_run(&run));
	EXPECT_EQ((s64)run.exit_value, -ENOSYS);
	user_unmap();
}

TEST(user, system_calls_keep_registers)
{
	u32 cpu;

	ASSERT_TRUE(user_map());
	for_each_online_cpu(cpu) {
		struct user_run run = { .program = user_registers, .cpu = cpu };

		ASSERT_TRUE(user_run(&run));
		EXPECT_EQ(run.nr_exceptions, 0);
		EXPECT_TRUE(run.exited);
		EXPECT_EQ(run.exit_value, 0);
	}
	user_unmap();
}

TEST(user, a_stack_pointer_of_garbage_is_kept)
{
	const u64 stacks[] = { 0, 1, 7, ~0UL, ~7UL, NON_CANONICAL,
			       KERNEL_ADDRESS, TASK_SIZE, TASK_SIZE + PAGE_SIZE,
			       USER_HOLE };

	ASSERT_TRUE(user_map());
	for (u32 i = 0; i < ARRAY_SIZE(stacks); i++) {
		struct user_run run = { .program = user_bad_stack,
					.arg = { stacks[i] } };

		ASSERT_TRUE(user_run(&run));
		EXPECT_TRUE(run.exited);
		EXPECT_EQ(run.exit_value, 0);
	}
	user_unmap();
}

static int enter_as_child(void *arg __unused)
{
	arch_enter_user(current_user_regs());
}

TEST(user, a_child_returns_0_with_its_parent_s_registers)
{
	struct user_run child = { .exit_value = 77 };
	struct user_run run = { .program = user_fork,
				.fs_base = 0x1000,
				.gs_base = 0x2000 };
	struct thread *t1;

	ASSERT_TRUE(user_map());
	t1 = kthread_create(enter_as_child, &child, "child");
	ASSERT_TRUE(t1);
	run.arg[2] = (u64)t1;
	ASSERT_TRUE(user_run(&run));
	EXPECT_EQ(run.exit_value, 1);
	EXPECT_EQ(user_fs_base(t1), 0x1000);
	EXPECT_EQ(user_gs_base(t1), 0x2000);
	wake_up_thread(t1);
	kthread_join(t1);
	EXPECT_TRUE(child.exited);
	EXPECT_EQ(child.exit_value, 0);
	user_unmap();
}

/* --- interrupts, other threads --- */

static struct slot {
	u64 turns, stop, id, fs;
	u64 pad[4];
} *slots(void)
{
	return (struct slot *)user_page(USER_DATA);
}

#define PER_CPU	  2
#define MAX_SPINS NR_USER_STACKS

static bool all_have_turned(u32 nr, u64 turns)
{
	for (u32 i = 0; i < nr; i++)
		if (READ_ONCE(slots()[i].turns) < turns)
			return false;
	return true;
}

static void spin_on_all_cpus(struct test *t, const u8 *program, bool bases)
{
	struct user_run runs[MAX_SPINS] = {};
	struct thread *threads[MAX_SPINS];
	u32 nr = 0, cpu;
	u64 until = timer_ticks() + 15;

	for_each_online_cpu(cpu)
		for (u32 i = 0; i < PER_CPU && nr < MAX_SPINS; i++, nr++) {
			u64 slot = USER_DATA + nr * sizeof(struct slot);

			runs[nr] = (struct user_run){
				.program = program,
				.cpu = cpu,
				.stack = nr,
				.arg = { slot, 0x100000UL * (nr + 1) },
				.fs_base = bases ? slot : 0,
				.gs_base = bases ? slot : TASK_SIZE - 1,
			};
			threads[nr] = user_start(&runs[nr]);
			ASSERT_TRUE(threads[nr]);
		}
	EXPECT_TRUE(spin_until(all_have_turned(nr, 100) &&
			       timer_ticks() >= until));
	for (u32 i = 0; i < nr; i++)
		WRITE_ONCE(slots()[i].stop, 1);
	for (u32 i = 0; i < nr; i++) {
		kthread_join(threads[i]);
		EXPECT_TRUE(runs[i].exited);
		EXPECT_EQ(runs[i].exit_value, 0);
		EXPECT_EQ(runs[i].nr_exceptions, 0);
		EXPECT_EQ(runs[i].kernel_flags, 0);
	}
}

TEST(user, threads_in_ring_3_are_preempted_and_keep_their_registers)
{
	ASSERT_TRUE(user_map());
	spin_on_all_cpus(t, user_spin, true);
	user_unmap();
}

TEST(user, system_calls_are_preempted_and_keep_registers)
{
	ASSERT_TRUE(user_map());
	spin_on_all_cpus(t, user_call_spin, true);
	user_unmap();
}

TEST(user, a_selector_in_gs_does_not_reach_the_kernel)
{
	ASSERT_TRUE(user_map());
	spin_on_all_cpus(t, user_gs_spin, false);
	user_unmap();
}

TEST(user, bases_of_segments_are_the_user_s_only)
{
	u64 fs = user_fs_base(current);

	EXPECT_EQ(user_set_fs_base(current, TASK_SIZE), -EPERM);
	EXPECT_EQ(user_set_gs_base(current, KERNEL_ADDRESS), -EPERM);
	EXPECT_EQ(user_set_gs_base(current, NON_CANONICAL), -EPERM);
	EXPECT_EQ(user_fs_base(current), fs);
}

#define NMIS 1000

static void send_nmis(struct test *t, struct user_run *run)
{
	struct thread *t1;
	u64 addr[4];
	u32 missing = 0, in_user = 0;

	ASSERT_TRUE(user_map());
	t1 = user_start(run);
	ASSERT_TRUE(t1);
	EXPECT_TRUE(spin_until(READ_ONCE(slots()[0].turns)));
	for (u32 i = 0; i < NMIS; i++) {
		missing += !arch_cpu_backtrace(run->cpu, addr, ARRAY_SIZE(addr));
		in_user += addr[0] < TASK_SIZE;
	}
	EXPECT_LT(missing, NMIS / 20); /* the host may have let it wait */
	EXPECT_GT(in_user, 0);
	WRITE_ONCE(slots()[0].stop, 1);
	kthread_join(t1);
	EXPECT_TRUE(run->exited);
	EXPECT_EQ(run->exit_value, 0);
	user_unmap();
}

/* NMIs fall on every instruction: also where GS is the user's in ring 0. */
TEST(user, nmis_find_their_cpu_whatever_gs_is)
{
	struct user_run run = { .program = user_gs_spin,
				.cpu = next_online_cpu(1),
				.arg = { USER_DATA, 1 },
				.gs_base = TASK_SIZE - 8 };

	if (run.cpu >= MAX_CPUS)
		SKIP("one CPU sends itself no NMI");
	send_nmis(t, &run);
}

/* Its program looks at FS and GS all the time. */
TEST(user, nmis_leave_gs_as_it_was)
{
	struct user_run run = { .program = user_spin,
				.cpu = next_online_cpu(1),
				.arg = { USER_DATA, 1 },
				.fs_base = USER_DATA,
				.gs_base = USER_DATA };

	if (run.cpu >= MAX_CPUS)
		SKIP("one CPU sends itself no NMI");
	send_nmis(t, &run);
}

TEST(user, work_interrupts_a_program_on_another_cpu)
{
	struct user_run run = { .program = user_spin,
				.arg = { USER_DATA, 1 },
				.fs_base = USER_DATA,
				.gs_base = USER_DATA };
	struct thread *t1;
	u64 before;

	run.cpu = num_online_cpus() - 1;
	ASSERT_TRUE(user_map());
	t1 = user_start(&run);
	ASSERT_TRUE(t1);
	EXPECT_TRUE(spin_until(READ_ONCE(slots()[0].turns)));
	before = arch_nr_reschedules(run.cpu);
	for (u32 i = 1; i <= 20; i++) {
		user_work_set(t1, USER_WORK_SIGNAL);
		EXPECT_TRUE(spin_until(READ_ONCE(run.nr_work) >= i));
	}
	if (run.cpu)
		EXPECT_GE(arch_nr_reschedules(run.cpu), before + 10);
	WRITE_ONCE(slots()[0].stop, 1);
	kthread_join(t1);
	EXPECT_EQ(run.exit_value, 0);
	user_unmap();
}

/* --- flags --- */

static u64 flags_in_ticks;

static void note_flags(void)
{
	__atomic_or_fetch(&flags_in_ticks, kernel_flags_now(),
			  __ATOMIC_RELAXED);
}

/* What the kernel runs with, when the program has set this. */
TEST(user, the_program_s_flags_are_not_the_kernel_s)
{
	const u64 flags[] = { X86_EFLAGS_DF, X86_EFLAGS_NT, X86_EFLAGS_AC,
			      X86_EFLAGS_DF | X86_EFLAGS_NT | X86_EFLAGS_AC };
	/* Without SMAP nobody minds AC, and a trap leaves it. */
	u64 minded = ~(smap_enabled() ? 0 : X86_EFLAGS_AC);

	flags_in_ticks = 0;
	timer_set_hook(note_flags);
	for (u32 i = 0; i < ARRAY_SIZE(flags); i++) {
		struct user_run run = { .program = user_flags,
					.arg = { flags[i], 50000000 } };

		ASSERT_TRUE(user_map());
		ASSERT_TRUE(user_run(&run));
		EXPECT_TRUE(run.exited);
		EXPECT_EQ(run.exit_value, 0);
		EXPECT_EQ(run.nr_faults, 1);
		EXPECT_EQ(run.kernel_flags & minded, 0);
		user_unmap();
	}
	timer_set_hook(NULL);
	EXPECT_EQ(flags_in_ticks & minded, 0);
}

TEST(user, a_single_step_is_the_program_s)
{
	struct user_run run = { .program = user_single_step, .resume = true };

	ASSERT_TRUE(user_map());
	run.resume_at = user_address(user_single_step_resume);
	ASSERT_TRUE(user_run(&run));
	EXPECT_EQ(run.nr_exceptions, 1);
	EXPECT_EQ(run.signo, SIGTRAP);
	EXPECT_EQ(run.code, TRAP_TRACE);
	EXPECT_EQ(run.ip, user_address(user_single_step_trap));
	EXPECT_EQ(run.exit_value, 0);
	user_unmap();
}

TEST(user, a_system_call_under_single_step)
{
	struct user_run run = { .program = user_step_call, .resume = true };

	ASSERT_TRUE(user_map());
	run.resume_at = user_address(user_single_step_resume);
	ASSERT_TRUE(user_run(&run));
	EXPECT_EQ(run.signo, SIGTRAP);
	EXPECT_EQ(run.ip, user_address(user_step_call_trap));
	EXPECT_EQ(run.nr_syscalls, 2);
	EXPECT_EQ(run.kernel_flags, 0);
	EXPECT_TRUE(run.exited);
	EXPECT_EQ(run.exit_value, 0);
	user_unmap();
}

/* --- faults --- */

struct fault_case {
	const u8 *program;
	u64 arg, sp;
	int signo, code;
	vaddr_t addr;
	u32 flags; /* as the hook gets them; 0: it gets none */
};

static void expect_fault(struct test *t, const struct fault_case *c, u32 cpu)
{
	struct user_run run = { .program = c->program,
				.arg = { c->arg },
				.sp = c->sp,
				.cpu = cpu };

	ASSERT_TRUE(user_run(&run));
	EXPECT_FALSE(run.exited);
	EXPECT_EQ(run.nr_exceptions, 1);
	EXPECT_EQ(run.signo, c->signo);
	EXPECT_EQ(run.code, c->code);
	EXPECT_EQ(run.addr, c->addr);
	EXPECT_EQ(run.nr_faults, c->flags ? 1 : 0);
	EXPECT_EQ(run.fault_flags, c->flags);
	EXPECT_EQ(run.kernel_flags, 0);
}

static void expect_faults(struct test *t, const struct fault_case *cases,
			  u32 nr)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		for (u32 i = 0; i < nr; i++)
			expect_fault(t, &cases[i], cpu);
}

#define USER	FAULT_FLAG_USER
#define WRITE	FAULT_FLAG_WRITE
#define EXEC	FAULT_FLAG_EXEC
#define PRESENT FAULT_FLAG_PRESENT

TEST(user, page_faults_say_what_was_tried_where)
{
	const struct fault_case cases[] = {
		{ user_load, USER_HOLE + 8, 0, SIGSEGV, SEGV_MAPERR,
		  USER_HOLE + 8, USER },
		{ user_store, USER_HOLE, 0, SIGSEGV, SEGV_MAPERR, USER_HOLE,
		  USER | WRITE },
		{ user_store, USER_RODATA, 0, SIGSEGV, SEGV_ACCERR, USER_RODATA,
		  USER | WRITE | PRESENT },
		{ user_store, USER_CODE, 0, SIGSEGV, SEGV_ACCERR, USER_CODE,
		  USER | WRITE | PRESENT },
		{ user_jump, USER_DATA, 0, SIGSEGV, SEGV_ACCERR, USER_DATA,
		  USER | EXEC | PRESENT },
		{ user_jump, USER_HOLE, 0, SIGSEGV, SEGV_MAPERR, USER_HOLE,
		  USER | EXEC },
		{ user_load, 0, 0, SIGSEGV, SEGV_MAPERR, 0, USER },
		{ user_push, 0, USER_HOLE + 8, SIGSEGV, SEGV_MAPERR, USER_HOLE,
		  USER | WRITE },
	};

	ASSERT_TRUE(user_map());
	expect_faults(t, cases, ARRAY_SIZE(cases));
	user_unmap();
}

/* The hook hears nothing of these: no VMA can be there. */
TEST(user, the_kernel_s_addresses_are_not_there)
{
	const struct fault_case cases[] = {
		{ user_load, KERNEL_ADDRESS, 0, SIGSEGV, SEGV_MAPERR,
		  KERNEL_ADDRESS, 0 },
		{ user_store, KERNEL_ADDRESS, 0, SIGSEGV, SEGV_MAPERR,
		  KERNEL_ADDRESS, 0 },
		{ user_jump, KERNEL_ADDRESS, 0, SIGSEGV, SEGV_MAPERR,
		  KERNEL_ADDRESS, 0 },
		{ user_jump, (u64)syscall_entry, 0, SIGSEGV, SEGV_MAPERR,
		  (u64)syscall_entry, 0 },
		{ user_load, TASK_SIZE, 0, SIGSEGV, SEGV_MAPERR, TASK_SIZE, 0 },
		{ user_load, NON_CANONICAL, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_store, NON_CANONICAL, 0, SIGSEGV, SI_KERNEL, 0, 0 },
	};

	ASSERT_TRUE(user_map());
	expect_faults(t, cases, ARRAY_SIZE(cases));
	user_unmap();
}

TEST(user, exceptions_become_signals)
{
	const struct fault_case cases[] = {
		{ user_int3, 0, 0, SIGTRAP, SI_KERNEL, 0, 0 },
		{ user_hlt, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_cli, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_sti, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_in, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_wrmsr, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_cr3, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_swapgs, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_sysret, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_lgdt, USER_DATA, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_int80, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_int14, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_kernel_cs, 0, 0, SIGSEGV, SI_KERNEL, 0, 0 },
		{ user_ud2, 0, 0, SIGILL, ILL_ILLOPN, user_address(user_ud2), 0 },
		{ user_wrgsbase, 0, 0, SIGILL, ILL_ILLOPN,
		  user_address(user_wrgsbase), 0 },
		{ user_clac, 0, 0, SIGILL, ILL_ILLOPN, user_address(user_clac),
		  0 },
		{ user_divide, 0, 0, SIGFPE, FPE_INTDIV,
		  user_address(user_divide), 0 },
	};

	ASSERT_TRUE(user_map());
	expect_faults(t, cases, ARRAY_SIZE(cases));
	user_unmap();
}

TEST(user, umip_hides_where_the_tables_are)
{
	const struct fault_case c = { user_sgdt, USER_DATA, 0, SIGSEGV,
				      SI_KERNEL, 0, 0 };

	if (!(read_cr4() & CR4_UMIP))
		SKIP("this CPU has no UMIP");
	ASSERT_TRUE(user_map());
	expect_fault(t, &c, 0);
	user_unmap();
}

TEST(user, a_page_that_appears_is_used)
{
	struct user_run run = { .program = user_late_page };

	ASSERT_TRUE(user_map());
	*(u32 *)(user_page(USER_LATE) + 8) = 37;
	ASSERT_TRUE(user_run(&run));
	EXPECT_TRUE(run.exited);
	EXPECT_EQ(run.exit_value, 42);
	EXPECT_EQ(run.nr_faults, 1);
	EXPECT_EQ(run.fault_flags, USER);
	user_unmap();
}

/* --- cost --- */

#define CALLS 1000

TEST(user, system_call_cost)
{
	struct user_run run = { .program = user_call_cost,
				.arg = { 0, CALLS } };

	ASSERT_TRUE(user_map());
	ASSERT_TRUE(user_run(&run));
	EXPECT_EQ(run.nr_syscalls, CALLS + 1);
	test_note(t, "%lu counts of the time stamp counter a call",
		  run.exit_value / CALLS);
	user_unmap();
}
