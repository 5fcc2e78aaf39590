/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/pgtable_show.h - the walk to an address, drawn
 *
 * Units    bytes
 * Locks    mmap lock (read) held; reads entries as they are, without theirs
 * Context  thread
 * Errors   an address that is no user's is told
 * Owns     nothing
 */
#pragma once

#include <kernel/vfile.h>
#include <mm/mm_struct.h>

/* A line a level, until an entry leads no further. */
void pgtable_show_walk(struct mm_struct *mm, vaddr_t addr, struct seq *seq);
