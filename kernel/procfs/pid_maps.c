// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/pid_maps.c - /proc/PID/maps, smaps, numa_maps: areas, and what
 * stands behind them
 *
 *	00400000-00401000 r--p 00000000 00:01 17       /bin/hello
 *	start    end      prot offset   dev   inode    name
 *
 * smaps adds up the page-table entries of each area, numa_maps their nodes.
 */
#include <kernel/fs.h>
#include <kernel/string.h>
#include <mm/hugetlb.h>
#include <mm/mm_struct.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>
#include <mm/mm_state.h>
#include <uapi/mempolicy.h>

#include "pid.h"

#define PATH_SIZE  256
#define NAME_COLUMN 73

const char *vma_name(const struct vm_area_struct *vma, char *buf, size_t size)
{
	const struct mm_struct *mm = vma->vm_mm;

	if (vma->vm_ops && vma->vm_ops->name)
		return vma->vm_ops->name((struct vm_area_struct *)vma);
	if (vma->vm_file)
		return vma->vm_file->f_dentry ?
			       file_path(vma->vm_file, buf, size) :
			       "/dev/zero (deleted)";
	if (vma->vm_start <= mm->brk && vma->vm_end > mm->start_brk)
		return "[heap]";
	if (vma->vm_start <= mm->start_stack && vma->vm_end > mm->start_stack)
		return "[stack]";
	return "";
}

/* Without the end of the line; the name in its column, if there is one. */
static void show_header(struct seq *s, const struct vm_area_struct *vma)
{
	const struct inode *inode = vma->vm_file ? vma->vm_file->f_inode : NULL;
	char buf[PATH_SIZE];
	const char *name = vma_name(vma, buf, sizeof(buf));
	u64 begin = s->written;

	seq_printf(s, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ",
		   vma->vm_start, vma->vm_end,
		   vma->vm_flags & VM_READ ? 'r' : '-',
		   vma->vm_flags & VM_WRITE ? 'w' : '-',
		   vma->vm_flags & VM_EXEC ? 'x' : '-',
		   vma->vm_flags & VM_MAYSHARE ? 's' : 'p',
		   inode ? vma->vm_pgoff << PAGE_SHIFT : 0, 0,
		   inode ? inode->dev : 0, inode ? inode->ino : 0);
	if (*name) {
		u64 column = s->written - begin;

		seq_printf(s, "%*s%s",
			   column < NAME_COLUMN ? (int)(NAME_COLUMN - column) :
						  0,
			   "", name);
	}
	seq_puts(s, "\n");
}

/* fn for each area of the process, under its mmap lock. */
static void for_areas(struct seq *s, void *pid,
		      void (*fn)(struct seq *s, struct vm_area_struct *vma))
{
	struct mm_struct *mm = mm_of_pid((u32)(u64)pid);
	struct vm_area_struct *vma;

	if (!mm)
		return;
	down_read(&mm->mmap_lock);
	for_each_vma(mm, vma)
		fn(s, vma);
	up_read(&mm->mmap_lock);
	mmput(mm);
}

static void show_area(struct seq *s, struct vm_area_struct *vma)
{
	show_header(s, vma);
}

void show_maps(struct seq *s, void *pid)
{
	for_areas(s, pid, show_area);
}

/* --- counting pages --- */

static void count_page(struct area_pages *sum, const struct page *page,
		       pte_t pte)
{
	u64 mappers = (u64)(READ_ONCE(page->mapcount) + 1);
	bool dirty = pte_dirty(pte) || page_flag(page, PG_dirty);
	u32 nid = page_zone(page)->nid;

	sum->rss++;
	sum->pss += PAGE_SIZE / max(mappers, 1UL);
	sum->referenced += pte_young(pte);
	sum->anonymous += PageAnon(page);
	sum->dirty += dirty;
	sum->mapmax = max(sum->mapmax, mappers);
	if (mappers > 1)
		*(dirty ? &sum->shared_dirty : &sum->shared_clean) += 1;
	else
		*(dirty ? &sum->private_dirty : &sum->private_clean) += 1;
	if (nid < ARRAY_SIZE(sum->node))
		sum->node[nid]++;
}

static void count_table(struct area_pages *sum, const pte_t *pmd, vaddr_t addr,
			vaddr_t end)
{
	struct spinlock *ptl;
	pte_t *start = pte_offset_lock(pmd, addr, &ptl);

	if (!start)
		return;
	for (pte_t *ptep = start; addr < end; ptep++, addr += PAGE_SIZE) {
		pte_t pte = ptep_get(ptep);
		struct page *page = pte_present(pte) ? vm_normal_page(pte) :
						       NULL;

		if (page)
			count_page(sum, page, pte);
	}
	pte_unmap_unlock(start, ptl);
}

/* Nodes, mapmax and dirty count huge pages, as in Linux. */
static void count_huge(struct vm_area_struct *vma, struct area_pages *sum)
{
	for (vaddr_t addr = vma->vm_start; addr < vma->vm_end;
	     addr += PMD_SIZE) {
		pte_t entry = hugetlb_entry_at(vma->vm_mm, addr);
		const struct page *page = vm_normal_page(entry);
		u64 mappers;
		u32 nid;

		if (!page)
			continue;
		mappers = (u64)READ_ONCE(page->entire_mapcount);
		nid = page_zone(page)->nid;
		*(mappers > 1 ? &sum->shared_huge : &sum->private_huge) += 1;
		sum->dirty += pte_dirty(entry);
		sum->mapmax = max(sum->mapmax, mappers);
		if (nid < ARRAY_SIZE(sum->node))
			sum->node[nid]++;
	}
}

void count_area(struct vm_area_struct *vma, struct area_pages *sum)
{
	vaddr_t addr = vma->vm_start, next;
	const pte_t *pmd;

	memset(sum, 0, sizeof(*sum));
	if (is_vm_hugetlb(vma)) {
		count_huge(vma, sum);
		return;
	}
	for (; (pmd = next_pmd(vma->vm_mm, &addr, vma->vm_end)); addr = next) {
		next = min(ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE, vma->vm_end);
		count_table(sum, pmd, addr, next);
		if (next >= vma->vm_end)
			break;
	}
}

/* --- smaps --- */

static void show_kib(struct seq *s, const char *name, u64 pages)
{
	seq_printf(s, "%s:%*s%8lu kB\n", name, (int)(15 - strlen(name)), "",
		   pages << (PAGE_SHIFT - 10));
}

static void show_flags(struct seq *s, u64 flags)
{
	static const struct {
		u64 flag;
		char name[3];
	} names[] = {
		{ VM_READ, "rd" },	 { VM_WRITE, "wr" },
		{ VM_EXEC, "ex" },	 { VM_SHARED, "sh" },
		{ VM_MAYREAD, "mr" },	 { VM_MAYWRITE, "mw" },
		{ VM_MAYEXEC, "me" },	 { VM_MAYSHARE, "ms" },
		{ VM_GROWSDOWN, "gd" },	 { VM_LOCKED, "lo" },
		{ VM_DONTCOPY, "dc" },	 { VM_DONTEXPAND, "de" },
		{ VM_ACCOUNT, "ac" },	 { VM_NORESERVE, "nr" },
		{ VM_HUGETLB, "ht" },
		{ VM_WIPEONFORK, "wf" }, { VM_HUGEPAGE, "hg" },
		{ VM_NOHUGEPAGE, "nh" }, { VM_MERGEABLE, "mg" },
	};

	seq_puts(s, "VmFlags: ");
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			seq_printf(s, "%s ", names[i].name);
	seq_puts(s, "\n");
}

static void show_smaps_area(struct seq *s, struct vm_area_struct *vma)
{
	u64 page_size = is_vm_hugetlb(vma) ? HUGETLB_FRAMES : 1;
	struct area_pages sum;

	count_area(vma, &sum);
	show_header(s, vma);
	show_kib(s, "Size", vma_pages(vma));
	show_kib(s, "KernelPageSize", page_size);
	show_kib(s, "MMUPageSize", page_size);
	show_kib(s, "Rss", sum.rss);
	seq_printf(s, "Pss:%12s%8lu kB\n", "", sum.pss >> 10);
	show_kib(s, "Shared_Clean", sum.shared_clean);
	show_kib(s, "Shared_Dirty", sum.shared_dirty);
	show_kib(s, "Private_Clean", sum.private_clean);
	show_kib(s, "Private_Dirty", sum.private_dirty);
	show_kib(s, "Referenced", sum.referenced);
	show_kib(s, "Anonymous", sum.anonymous);
	show_kib(s, "AnonHugePages", 0);
	show_kib(s, "Shared_Hugetlb", sum.shared_huge * page_size);
	show_kib(s, "Private_Hugetlb", sum.private_huge * page_size);
	show_kib(s, "Swap", 0);
	show_kib(s, "Locked", vma->vm_flags & VM_LOCKED ? sum.rss : 0);
	show_flags(s, vma->vm_flags);
}

void show_smaps(struct seq *s, void *pid)
{
	for_areas(s, pid, show_smaps_area);
}

/* --- numa_maps --- */

static void show_nodes(struct seq *s, u64 nodes)
{
	const char *sep = ":";

	for (u32 nid = 0; nid < 64; nid++) {
		if (!(nodes >> nid & 1))
			continue;
		seq_printf(s, "%s%u", sep, nid);
		sep = ",";
	}
}

static void show_policy(struct seq *s, const struct mempolicy *pol)
{
	static const char *const names[] = {
		[MPOL_DEFAULT] = "default",
		[MPOL_PREFERRED] = "prefer",
		[MPOL_BIND] = "bind",
		[MPOL_INTERLEAVE] = "interleave",
		[MPOL_LOCAL] = "local",
		[MPOL_PREFERRED_MANY] = "prefer (many)",
	};

	seq_puts(s, pol && pol->mode < ARRAY_SIZE(names) ? names[pol->mode] :
							   "default");
	if (pol)
		show_nodes(s, pol->nodes);
}

static void show_numa_area(struct seq *s, struct vm_area_struct *vma)
{
	struct area_pages sum;
	char buf[PATH_SIZE];
	const char *name = vma_name(vma, buf, sizeof(buf));

	count_area(vma, &sum);
	seq_printf(s, "%08lx ", vma->vm_start);
	show_policy(s, vma->vm_policy);
	if (vma->vm_file)
		seq_printf(s, " file=%s", name);
	else if (!strcmp(name, "[heap]"))
		seq_puts(s, " heap");
	else if (!strcmp(name, "[stack]"))
		seq_puts(s, " stack");
	if (is_vm_hugetlb(vma))
		seq_puts(s, " huge");
	if (sum.anonymous)
		seq_printf(s, " anon=%lu", sum.anonymous);
	if (sum.dirty)
		seq_printf(s, " dirty=%lu", sum.dirty);
	if (sum.rss != sum.anonymous)
		seq_printf(s, " mapped=%lu", sum.rss);
	if (sum.mapmax > 1)
		seq_printf(s, " mapmax=%lu", sum.mapmax);
	for (u32 nid = 0; nid < ARRAY_SIZE(sum.node); nid++)
		if (sum.node[nid])
			seq_printf(s, " N%u=%lu", nid, sum.node[nid]);
	seq_printf(s, " kernelpagesize_kB=%u\n", is_vm_hugetlb(vma) ? 2048 : 4);
}

void show_numa_maps(struct seq *s, void *pid)
{
	for_areas(s, pid, show_numa_area);
}
