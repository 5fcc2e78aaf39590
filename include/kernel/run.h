/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/run.h - programs that the command line or the shell starts
 *
 * Context  the kernel's main thread, or the shell's; may sleep
 * Errors   -errno; a program's status is 0 or positive, as wait4() has it
 */
#pragma once

#include <kernel/types.h>

/* argv[0]: a path, or a name in /bin. Its pid. */
s64 run_start(const char *const *argv, bool awaited);
/* Its status, told in one line. */
int run_wait(const char *name, u32 pid);
int run_program(const char *const *argv);
/* Every run= of the command line; true: all had status 0. */
bool run_asked(void);
