// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_maps.c - maps, walk, rmap: a program's memory, from both sides
 */
#include <kernel/main.h>
#include <kernel/pgtable_show.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/vfile.h>
#include <mm/hugetlb.h>
#include <mm/lru.h>
#include <mm/mm_struct.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>

#include "procfs/pid.h"
#include "shell_args.h"

static void write_console(struct seq *s __unused, const char *text, size_t len)
{
	console_write(text, len);
}

static struct mm_struct *mm_of_arg(const char *command, const char *text)
{
	struct mm_struct *mm = NULL;
	u64 pid;

	if (!kstrtou64(text, 10, &pid))
		mm = mm_of_pid((u32)pid);
	if (!mm)
		console_printf("%s: %.32s: no such program\n", command, text);
	return mm;
}

static int cmd_maps(int argc, char **argv)
{
	struct seq s = { .write = write_console };
	struct mm_struct *mm;
	u64 pid;

	if (argc != 2) {
		console_printf("usage: maps PID\n");
		return 1;
	}
	mm = mm_of_arg("maps", argv[1]);
	if (!mm || kstrtou64(argv[1], 10, &pid))
		return 1;
	mmput(mm);
	show_maps(&s, (void *)pid);
	return 0;
}

SHELL_COMMAND(maps, cmd_maps, "PID",
	      "a program's areas of memory: addresses, rights, file\n"
	      "r read, w write, x execute, p private (copied when written), s "
	      "shared. Offset in the\n"
	      "file, device and inode follow; /proc/PID/smaps tells what is "
	      "there.",
	      shell_complete_nothing);

static int cmd_walk(int argc, char **argv)
{
	struct seq s = { .write = write_console };
	struct mm_struct *mm;
	u64 addr;

	if (argc != 3 || kstrtou64(argv[2], 0, &addr)) {
		console_printf("usage: walk PID ADDRESS\n");
		return 1;
	}
	mm = mm_of_arg("walk", argv[1]);
	if (!mm)
		return 1;
	down_read(&mm->mmap_lock);
	pgtable_show_walk(mm, addr, &s);
	up_read(&mm->mmap_lock);
	mmput(mm);
	return 0;
}

SHELL_COMMAND(walk, cmd_walk, "PID ADDRESS",
	      "the page tables of a program, from the top down to an address",
	      shell_complete_nothing);

/* --- rmap --- */

/* mm's process, referenced; NULL: it has just ended, or is in vfork(). */
static struct process *process_of(const struct mm_struct *mm)
{
	struct process *p = process_from(0), *next;

	for (; p && READ_ONCE(p->mm) != mm; p = next) {
		next = process_from(p->pid + 1);
		process_put(p);
	}
	return p;
}

static void tell_mapping(const struct vm_area_struct *vma, vaddr_t addr,
			 pte_t pte)
{
	struct process *p = process_of(vma->vm_mm);

	console_printf("  process %u (%s) at 0x%lx: %s%s%s, area %lx-%lx\n",
		       p ? p->pid : 0, p ? p->comm : "?", addr,
		       pte_write(pte) ? "writable" : "read-only",
		       pte_dirty(pte) ? ", dirty" : "",
		       pte_young(pte) ? ", accessed" : "", vma->vm_start,
		       vma->vm_end);
	if (p)
		process_put(p);
}

static bool tell_one(struct page *page, struct vm_area_struct *vma,
		     vaddr_t addr, void *nr)
{
	struct page_vma_mapped_walk pvmw = { .pfn = page_to_pfn(page),
					     .vma = vma,
					     .address = addr };
	pte_t pte;

	if (!page_vma_mapped_walk(&pvmw))
		return true;
	pte = ptep_get(pvmw.pte);
	page_vma_mapped_walk_done(&pvmw);
	tell_mapping(vma, addr, pte);
	++*(u32 *)nr;
	return true;
}

static void tell_mappings(struct page *page)
{
	u32 nr = 0;
	struct rmap_walk_control rwc = { .arg = &nr, .rmap_one = tell_one };

	lock_page(page);
	console_printf("frame 0x%lx: %s, mapped by %u page table entr%s\n",
		       page_to_pfn(page),
		       PageAnon(page) ? "anonymous" :
		       page->mapping  ? "of a file" :
					"nobody's memory",
		       page_mapcount(page), page_mapcount(page) == 1 ? "y" : "ies");
	if (page_mapped(page))
		rmap_walk(page, &rwc);
	unlock_page(page);
	if (nr != page_mapcount(page))
		console_printf("  found %u of them\n", nr);
}

/* Pages that don't move need no way back to their entries. */
static bool tell_huge(pfn_t pfn)
{
	const struct page *head =
		pfn_to_page(ALIGN_DOWN(pfn, HUGETLB_FRAMES));

	if (page_kind(head) != PAGE_HUGETLB)
		return false;
	console_printf("frame 0x%lx is in the huge page at 0x%lx, %s, mapped by %d entr%s; which is not kept\n",
		       pfn, page_to_pfn(head),
		       page_ref_count(head) ? "in use" : "free in the pool",
		       head->entire_mapcount,
		       head->entire_mapcount == 1 ? "y" : "ies");
	return true;
}

static int cmd_rmap(int argc, char **argv)
{
	struct page *page;
	pfn_t pfn;

	if (argc != 2) {
		console_printf("usage: rmap PFN\n");
		return 1;
	}
	if (!shell_arg_pfn("rmap", argv[1], &pfn))
		return 1;
	if (tell_huge(pfn))
		return 0;
	page = pfn_to_page(pfn);
	lru_add_drain_all(); /* new pages are on no list yet */
	if (!get_lru_page(page)) {
		console_printf("frame 0x%lx is %s\n", pfn,
			       page_ref_count(page) ? "the kernel's own" :
						      "free");
		return 0;
	}
	tell_mappings(page);
	put_page(page);
	return 0;
}

SHELL_COMMAND(rmap, cmd_rmap, "PFN",
	      "which programs map a page frame, and where\n"
	      "From the frame's record to the areas that may map it, to their "
	      "page tables: as the\n"
	      "kernel does before it moves a page.",
	      shell_complete_nothing);
