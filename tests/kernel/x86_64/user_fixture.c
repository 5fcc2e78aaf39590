// SPDX-License-Identifier: MIT
#include <kernel/panic.h>
#include <kernel/user_ops.h>
#include <mm/page.h>
#include <mm/page_alloc.h>
#include <mm/zone.h>
#include <arch/cpu.h>
#include <arch/paging.h>
#include <arch/pgtable.h>

#include "cpu.h"
#include "user_fixture.h"

#define NR_PAGES (8 + NR_USER_STACKS)

extern const u8 user_programs[], user_programs_end[];

static struct page *tables[3], *pages[NR_PAGES];

static pte_t *entries(struct page *table)
{
	return page_address(table);
}

static pte_t *pgd_entry(void)
{
	pte_t *pgd = phys_to_virt(read_cr3() & _PAGE_PFN_MASK);

	return &pgd[table_index(USER_BASE, 4)];
}

static bool get_pages(struct page **array, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		array[i] = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
		if (!array[i])
			return false;
	}
	return true;
}

static u64 prot_of(u32 i)
{
	u64 addr = USER_BASE + i * PAGE_SIZE;

	if (addr == USER_HOLE || addr == USER_LATE || addr == USER_LATE + PAGE_SIZE)
		return 0;
	if (addr < USER_RODATA)
		return _PAGE_PRESENT | _PAGE_USER;
	if (addr == USER_RODATA)
		return _PAGE_PRESENT | _PAGE_USER | _PAGE_NX;
	return _PAGE_PRESENT | _PAGE_USER | _PAGE_RW | _PAGE_NX;
}

static bool late_fault(vaddr_t addr)
{
	u32 i = (u32)((addr - USER_BASE) >> PAGE_SHIFT);

	if (addr < USER_LATE || addr >= USER_LATE + PAGE_SIZE)
		return false;
	set_pte(&entries(tables[2])[i],
		pfn_pte(page_to_pfn(pages[i]), prot_of(3)));
	return true;
}

static void fill_tables(void)
{
	for (u32 i = 0; i < NR_PAGES; i++)
		if (prot_of(i))
			set_pte(&entries(tables[2])[i],
				pfn_pte(page_to_pfn(pages[i]), prot_of(i)));
	set_pte(&entries(tables[1])[0],
		pfn_pte(page_to_pfn(tables[2]), _PAGE_TABLE));
	set_pte(&entries(tables[0])[0],
		pfn_pte(page_to_pfn(tables[1]), _PAGE_TABLE));
	set_pte(pgd_entry(), pfn_pte(page_to_pfn(tables[0]), _PAGE_TABLE));
}

u8 *user_page(u64 addr)
{
	return page_address(pages[(addr - USER_BASE) >> PAGE_SHIFT]);
}

u64 user_address(const u8 *label)
{
	return USER_CODE + (u64)(label - user_programs);
}

/* --- what the kernel does for them --- */

static struct user_run *run_of(void)
{
	return current->arg;
}

u64 kernel_flags_now(void)
{
	return arch_save_flags() & (X86_EFLAGS_AC | X86_EFLAGS_DF |
				    X86_EFLAGS_NT | X86_EFLAGS_TF);
}

/* What a function may change, it changes. */
static void spoil_registers(void)
{
	__asm__ __volatile__("movq $-1, %%rcx; movq %%rcx, %%rdx\n\t"
			     "movq %%rcx, %%rsi; movq %%rcx, %%rdi\n\t"
			     "movq %%rcx, %%r8; movq %%rcx, %%r9\n\t"
			     "movq %%rcx, %%r10; movq %%rcx, %%r11" ::
				     : "rcx", "rdx", "rsi", "rdi", "r8", "r9",
				       "r10", "r11");
}

static void on_syscall(struct pt_regs *regs)
{
	struct user_run *run = run_of();

	run->kernel_flags |= kernel_flags_now();
	run->nr_syscalls++;
	run->sp_at = regs->rsp;
	switch (syscall_get_nr(regs)) {
	case USER_EXIT:
		run->exit_value = syscall_get_arg(regs, 0);
		run->exited = true;
		run->flags_at = regs->rflags;
		kthread_exit(0);
	case USER_ECHO:
		for (u32 i = 0; i < ARRAY_SIZE(run->echo); i++)
			run->echo[i] = syscall_get_arg(regs, i);
		syscall_set_return(regs, 0x1234567887654321);
		spoil_registers();
		return;
	case USER_FORK:
		user_regs_fork((struct thread *)run->arg[2]);
		syscall_set_return(regs, 1);
		return;
	default:
		syscall_set_return(regs, -38);
	}
}

static bool on_fault(struct pt_regs *regs __unused, vaddr_t addr, u32 flags)
{
	static struct user_run kernel_side;
	struct user_run *run = current->arch.user ? run_of() : &kernel_side;

	run->kernel_flags |= kernel_flags_now();
	run->nr_faults++;
	run->fault_addr = addr;
	run->fault_flags = flags;
	return late_fault(addr);
}

static void on_exception(struct pt_regs *regs, int signo, int code,
			 vaddr_t addr)
{
	struct user_run *run = run_of();

	run->kernel_flags |= kernel_flags_now();
	run->nr_exceptions++;
	run->signo = signo;
	run->code = code;
	run->addr = addr;
	run->ip = regs->rip;
	run->flags_at = regs->rflags;
	if (!run->resume)
		kthread_exit(-1);
	regs->rip = run->resume_at;
	regs->rflags &= ~X86_EFLAGS_TF;
}

static void on_work(struct pt_regs *regs __unused)
{
	user_work_clear(~0u); /* first: what is counted may come again */
	run_of()->nr_work++;
}

static const struct user_ops ops = {
	.syscall = on_syscall,
	.page_fault = on_fault,
	.exception = on_exception,
	.work = on_work,
};

/* --- setting up and running --- */

bool user_map(void)
{
	if (!get_pages(tables, ARRAY_SIZE(tables)) ||
	    !get_pages(pages, NR_PAGES)) {
		user_unmap();
		return false;
	}
	BUG_ON((size_t)(user_programs_end - user_programs) > 2 * PAGE_SIZE);
	for (const u8 *p = user_programs; p < user_programs_end;
	     p += PAGE_SIZE)
		memcpy(user_page(USER_CODE + (u64)(p - user_programs)), p,
		       min((size_t)(user_programs_end - p), PAGE_SIZE));
	fill_tables();
	bare_user_ops = &ops;
	return true;
}

static void free_all(struct page **array, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		if (array[i])
			free_pages(array[i], 0);
		array[i] = NULL;
	}
}

void user_unmap(void)
{
	bare_user_ops = NULL;
	set_pte(pgd_entry(), __pte(0));
	flush_tlb_kernel_range(0, 1 * GiB); /* so much that it is everything */
	free_all(tables, ARRAY_SIZE(tables));
	free_all(pages, NR_PAGES);
}

static int enter(void *arg)
{
	struct user_run *run = arg;
	struct pt_regs *regs = current_user_regs();

	user_regs_init(regs, user_address(run->program),
		       run->sp ? run->sp
			       : USER_STACKS + (run->stack + 1) * PAGE_SIZE);
	regs->rdi = run->arg[0];
	regs->rsi = run->arg[1];
	user_set_fs_base(current, run->fs_base);
	user_set_gs_base(current, run->gs_base);
	arch_enter_user(regs);
}

struct thread *user_start(struct user_run *run)
{
	struct thread *t = kthread_create(enter, run, "user");

	if (!t)
		return NULL;
	set_cpus_allowed(t, 1UL << run->cpu);
	wake_up_thread(t);
	return t;
}

bool user_run(struct user_run *run)
{
	struct thread *t = user_start(run);

	if (t)
		kthread_join(t);
	return t != NULL;
}
