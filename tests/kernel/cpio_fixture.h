/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/cpio_fixture.h - archives made in memory, one at a time
 */
#pragma once

#include <kernel/types.h>

#define ARCHIVE_SIZE (16 * KiB)

struct archive {
	char bytes[ARCHIVE_SIZE] __aligned(4);
	u64 size;
};
extern struct archive archive;

void archive_begin(void);
void archive_add(const char *name, u32 mode, const char *data, u64 len);
void archive_end(void);
