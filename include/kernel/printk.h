/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/printk.h - the kernel's log and plain console output
 *
 * Context  any, interrupts and panic included; never sleeps
 * Locks    takes the console lock, a leaf
 * Errors   none; a line longer than 1,023 bytes is cut and ends in "..."
 *
 * A log line is "[    0.123456] text\n". Levels are Linux's; `loglevel=N`
 * shows those below N, `quiet` is 4. KTAP, RESULT lines and files go through
 * console_printf(): no prefix, no level, so that tools can read them.
 */
#pragma once

#include <kernel/types.h>
#include <stdarg.h>

enum log_level {
	LOG_EMERG,
	LOG_ALERT,
	LOG_CRIT,
	LOG_ERR,
	LOG_WARNING,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG,
};

void printk(enum log_level level, const char *fmt, ...) __printf(2, 3);
void vprintk(enum log_level level, const char *fmt, va_list ap);

/* Continue the line that the last printk left without '\n', if it was shown. */
void pr_cont(const char *fmt, ...) __printf(1, 2);
#define pr_emerg(...) printk(LOG_EMERG, __VA_ARGS__)
#define pr_err(...)   printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...)  printk(LOG_WARNING, __VA_ARGS__)
#define pr_info(...)  printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...) printk(LOG_DEBUG, __VA_ARGS__)

void console_printf(const char *fmt, ...) __printf(1, 2);
void console_write(const char *s, size_t len);

/*
 * What this thread prints, its log lines apart, is kept in text[] as far as
 * there is room, and not shown. One thread at a time.
 */
struct thread;
struct console_capture {
	char *text;
	size_t size, len;
	struct thread *thread;
};
void console_capture_begin(struct console_capture *c);
void console_capture_end(void);

/* Panic, all others stopped: the console is free, whoever held it. */
void printk_takeover(void);

/* Lines at `level` and above are not shown. */
void printk_set_level(int level);
/* Log lines with or without "[    0.123456] " (host tools: without). */
void printk_set_time(bool on);
