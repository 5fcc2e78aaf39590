/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/vma_fixture.h - an address space of one's own, and its user
 *
 *	struct mm_struct *mm = mm_begin();
 *	...
 *	mm_end(t, mm);
 *
 * No program runs: what one would do to its memory is done through faults and
 * the frames that the page tables name then, on the kernel and on the host.
 */
#pragma once

#include <kernel/test.h>
#include <mm/mm_struct.h>

/* NULL: out of memory, which no test expects here. */
struct mm_struct *mm_begin(void);
/* Everything holds, and it leaves as many free frames as there were. */
void mm_end(struct test *t, struct mm_struct *mm);

/* A word of the page at addr, as a program writes and reads; -EFAULT, ... */
int mm_write(struct mm_struct *mm, vaddr_t addr, u64 value);
int mm_read(struct mm_struct *mm, vaddr_t addr, u64 *value);

/*
 * The VMAs of nr pages, a letter for each page, and a bar between neighbours:
 * "ww|r..n": . hole, n no access, r, w (and read), x (and read), S: shared.
 */
const char *mm_draw(struct mm_struct *mm, vaddr_t start, u32 nr);
