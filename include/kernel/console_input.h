/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/console_input.h - bytes typed at the console, waited for
 *
 * Context  thread; sleeps. Who reads first gets the byte.
 * Errors   -EINTR: a signal came first
 */
#pragma once

#include <kernel/types.h>

int console_getc(void);
/* -EAGAIN: nobody typed within that time. 0 ms: only look. */
int console_getc_timeout(u64 ms);
/* A signal waits for this thread: what sleeps for a program ends. */
bool signal_waits(void);
