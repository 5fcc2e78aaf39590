/* SPDX-License-Identifier: MIT */
/*
 * kernel/block_show.h - what `block` prints, for other commands too
 *
 * Context  the shell's thread
 */
#pragma once

#include <kernel/types.h>

struct page_owner;

/* Block number in a word; `command` starts the message when it is wrong. */
int block_show(const char *command, const char *word);

/* The return address of who asked the allocator; 0: no stack recorded. */
u64 page_owner_caller(const struct page_owner *owner);
