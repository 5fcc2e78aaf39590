/* SPDX-License-Identifier: MIT */
/*
 * kernel/procfs/pid.h - what the files of /proc/PID share
 */
#pragma once

#include <kernel/fs.h>
#include <kernel/vfile.h>

struct mm_struct;
struct vm_area_struct;

/* The process may be gone when it is read: the text is empty then. */
void show_maps(struct seq *s, void *pid);
void show_smaps(struct seq *s, void *pid);
void show_numa_maps(struct seq *s, void *pid);
void show_status(struct seq *s, void *pid);
void show_stat(struct seq *s, void *pid);
void show_statm(struct seq *s, void *pid);
void show_cmdline_of(struct seq *s, void *pid);
void show_comm(struct seq *s, void *pid);

extern const struct file_operations pagemap_ops, kpagecount_ops, kpageflags_ops;

/* As one of its users; NULL: it has ended, or there is no such process. */
struct mm_struct *mm_of_pid(u32 pid);

/* "[stack]", the file's path, ""; mmap lock held. buf for the path. */
const char *vma_name(const struct vm_area_struct *vma, char *buf, size_t size);

/* What is mapped of an area, in pages; mmap lock held. */
struct area_pages {
	u64 rss, shared_clean, shared_dirty, private_clean, private_dirty;
	u64 referenced, anonymous, dirty, mapmax;
	u64 pss;		       /* bytes */
	u64 shared_huge, private_huge; /* of 2 MiB, in none of the others */
	u64 node[64];
};

void count_area(struct vm_area_struct *vma, struct area_pages *sum);
