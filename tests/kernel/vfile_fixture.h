/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/vfile_fixture.h - what tests of /proc and /sys share
 */
#pragma once

#include <kernel/test.h>

#define TEXT_SIZE (128 * KiB)

/* The file that was read last. */
extern char text[TEXT_SIZE];

/* False: it can't be read, or doesn't fit and the case is skipped. */
bool read_file(struct test *t, const char *path);
/* How often this stands there. */
u32 count_text(const char *what);
/* The number behind a label that starts a line. */
u64 value_of(struct test *t, const char *label);

/* Zones with memory: each has its lines in many files. */
u32 nr_populated(void);
