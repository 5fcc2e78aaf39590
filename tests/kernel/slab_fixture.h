/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/slab_fixture.h - what tests of the slab allocator share
 *
 * Each test makes caches of its own and ends with slab_check() and with as
 * many free frames as before: stacks flushed, free slabs given back. What
 * kmalloc keeps for a CPU's stacks is taken beforehand.
 */
#pragma once

#include <kernel/main.h>
#include <kernel/test.h>
#include <mm/slab_cache.h>

/*
 * Free frames when nothing is kept that nobody uses. Each class's stack, and
 * those for stacks: they stay. New caches are plain ones, whatever the command
 * line asked for.
 */
u64 slab_test_begin(void);
void slab_test_end(struct test *t, u64 before);

bool all_bytes_are(const void *from, u8 byte, size_t nr);
