/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/exec.h - a program's file into a new address space
 *
 * Units    bytes; addresses of the new space, but for where strings come from
 * Locks    its mmap lock inside
 * Context  thread, may sleep
 * Errors   -errno; the new space is then the caller's to drop
 * Owns     nothing
 *
 * The new space is built beside the old one, so all that can fail has failed
 * or not before the running program gives anything up.
 */
#pragma once

#include <kernel/types.h>

struct elf_image;
struct file;
struct mm_struct;

/* A vector of strings that ends in NULL; 0: an empty one. */
struct exec_source {
	vaddr_t argv, envp;
	bool kernel; /* both are the kernel's own */
};

/* Ends a page and a bit below TASK_SIZE: nothing is ever at the very top. */
#define STACK_TOP      (TASK_SIZE - 16 * PAGE_SIZE)
#define MAX_ARG_STRLEN (32 * PAGE_SIZE) /* one string, Linux says */

/* Map the image's segments and set brk; mm is empty. */
int exec_map_image(struct mm_struct *mm, struct file *file,
		   const struct elf_image *image);
/* Stack with strings and vectors; *sp: where the program finds argc. */
int exec_build_stack(struct mm_struct *mm, const struct elf_image *image,
		     const char *path, const struct exec_source *source,
		     vaddr_t *sp);

/*
 * Copy to or from another address space, faulting in as its own access would:
 * bytes done. kernel/remote_mm.c
 */
u64 access_remote_mm(struct mm_struct *mm, vaddr_t addr, void *buf, u64 len,
		     bool write);
