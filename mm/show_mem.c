// SPDX-License-Identifier: MIT
/*
 * mm/show_mem.c - the report when there is no memory
 */
#include <kernel/printk.h>
#include <mm/mm_state.h>
#include <mm/show_mem.h>

void show_mem(struct mm_state *mm __unused)
{
	pr_warn("Mem-Info:\n");
}

void warn_alloc(struct mm_state *mm, gfp_t gfp, u32 order)
{
	char text[160];

	if (gfp & __GFP_NOWARN)
		return;
	pr_warn("page allocation failure: order:%u, mode:%#x(%s)\n", order, gfp,
		gfp_text(gfp, text, sizeof(text)));
	show_mem(mm);
}
