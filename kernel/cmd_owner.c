// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_owner.c - owner PFN: who took this frame, and who gave it back
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <mm/mm_state.h>
#include <mm/page_owner.h>

#include "shell_args.h"

static int cmd_owner(int argc, char **argv)
{
	const struct page *page, *head;
	pfn_t pfn;

	if (argc != 2) {
		console_printf("usage: owner PFN\n");
		return 1;
	}
	if (!shell_arg_pfn("owner", argv[1], &pfn))
		return 1;
	page = pfn_to_page(pfn);
	head = page_head(kernel_mm(), pfn);
	if (head && head != page)
		console_printf("pfn 0x%lx is part of the chunk of order %u at "
			       "pfn 0x%lx:\n", pfn, page_order(head),
			       page_to_pfn(head));
	page_owner_print(head ? head : page);
	return 0;
}

SHELL_COMMAND(owner, cmd_owner, "PFN",
	      "show who took a page frame, with stacks\n"
	      "Needs page_owner=on on the kernel's command line. `why PFN` says "
	      "more about its state.",
	      shell_complete_nothing);
