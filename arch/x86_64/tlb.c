// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/tlb.c - making CPUs forget translations that are gone
 *
 * A CPU keeps what it found in the page tables in its TLB until it is told
 * otherwise, and only itself can do that: invlpg for one page, or CR4.PGE off
 * and on for all of them, global ones too. So whoever takes a mapping away asks
 * every CPU, by an interrupt, and waits for their answers before anybody else
 * gets address or frame. Source: SDM volume 3, section 4.10.
 *
 * The kernel's own mappings are global: loading other tables leaves them. What
 * users have is not, and goes with every load of CR3; who must be told of
 * users' changes is mm/mmu.c's.
 */
#include <kernel/smp.h>
#include <arch/mmu.h>
#include <arch/paging.h>

#include "cpu.h"
#include "internal.h"

/* From here on one flush of all is cheaper; Linux's limit. */
#define MAX_SINGLE_PAGES 33

struct tlb_range {
	vaddr_t start, end;
};

static void flush_all(void)
{
	u64 cr4 = read_cr4();

	write_cr4(cr4 & ~CR4_PGE);
	write_cr4(cr4);
}

static void flush_here(void *info)
{
	const struct tlb_range *range = info;

	if (range->end - range->start > MAX_SINGLE_PAGES * PAGE_SIZE) {
		flush_all();
		return;
	}
	for (vaddr_t virt = range->start; virt < range->end; virt += PAGE_SIZE)
		invlpg(virt);
}

void flush_tlb_kernel_range(vaddr_t start, vaddr_t end)
{
	struct tlb_range range = { start, end };

	on_each_cpu(flush_here, &range, true);
}

/* --- users' --- */

void arch_load_pgd(paddr_t pgd)
{
	write_cr3(pgd ? pgd : paging_root());
}

/* What a CPU remembers of upper levels goes with any invlpg. */
void arch_flush_tlb_page(vaddr_t addr)
{
	invlpg(addr);
}
