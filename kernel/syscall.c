// SPDX-License-Identifier: MIT
/*
 * kernel/syscall.c - from a number to a function
 *
 *	syscall instruction -> arch/x86_64/entry.asm -> do_syscall() -> table
 *
 * Calls register themselves (SYSCALL in kernel/sys_*.c); the linker gathers
 * them, the boot sorts them by number. What isn't there is -ENOSYS and counted:
 * /proc/tangram/enosys tells what a program of yours misses.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/user_ops.h>
#include <kernel/vfile.h>
#include <arch/hooks.h>

#include "syscall.h"

extern const struct syscall __start_syscalls[], __stop_syscalls[];

static syscall_fn table[NR_SYSCALLS];
static u64 enosys[NR_SYSCALLS], enosys_beyond; /* atomic */

void syscall_table_init(void)
{
	for (const struct syscall *s = __start_syscalls; s < __stop_syscalls;
	     s++)
		table[s->nr] = s->fn;
}

static __noinline s64 unknown_call(u64 nr)
{
	u64 *count = nr < NR_SYSCALLS ? &enosys[nr] : &enosys_beyond;

	__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	return -ENOSYS;
}

static __noinline void call_of_nobody(struct pt_regs *regs)
{
	if (bare_user_ops) {
		bare_user_ops->syscall(regs);
		return;
	}
	pr_warn("%s: system call %lu of a thread without a process\n",
		current->name, syscall_get_nr(regs));
	kthread_exit(-ENOSYS);
}

void do_syscall(struct pt_regs *regs)
{
	u64 nr = syscall_get_nr(regs);
	syscall_fn fn = nr < NR_SYSCALLS ? table[nr] : NULL;

	if (unlikely(!current->process))
		call_of_nobody(regs);
	else
		syscall_set_return(regs, likely(fn) ? fn(regs) :
						      unknown_call(nr));
}

static void show_enosys(struct seq *s, u64 arg __unused)
{
	for (u32 nr = 0; nr < NR_SYSCALLS; nr++)
		if (READ_ONCE(enosys[nr]))
			seq_printf(s, "%u %lu\n", nr, READ_ONCE(enosys[nr]));
	if (READ_ONCE(enosys_beyond))
		seq_printf(s, ">=%u %lu\n", NR_SYSCALLS,
			   READ_ONCE(enosys_beyond));
}
VFILE(tangram_enosys, "/proc/tangram/enosys", show_enosys, NULL);
