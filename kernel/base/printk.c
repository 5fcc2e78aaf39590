// SPDX-License-Identifier: MIT
/*
 * kernel/base/printk.c - log lines with a time, plain console output
 *
 * A line is built in a buffer on the stack and written in one go under the
 * console lock, so that lines of two CPUs never mix. The lock is a trylock
 * with patience: after a panic of its holder the text still comes out.
 *
 * What one thread prints can be caught instead (console_capture_begin()). The
 * log goes out as ever.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <arch/console.h>
#include <arch/cpu.h>

#define LINE_MAX      1024
#define LOCK_PATIENCE 10000000

static int console_level = LOG_DEBUG; /* Linux's default: all but debug */
static u32 console_locked;
static bool at_line_start = true;
static bool last_shown; /* pr_cont() goes the way of its line */
static bool show_time = true;
static struct console_capture *capture; /* NULL: nobody's output is caught */

void printk_set_level(int level)
{
	console_level = level;
}

void printk_set_time(bool on)
{
	show_time = on;
}

static bool console_lock(void)
{
	static u32 patience = LOCK_PATIENCE;

	for (u32 i = 0; i < patience; i++) {
		if (!__atomic_exchange_n(&console_locked, 1, __ATOMIC_ACQUIRE))
			return true;
		cpu_relax();
	}
	patience = 1; /* the holder is gone: don't wait at every line */
	return false;
}

static void console_unlock(bool locked)
{
	if (locked)
		__atomic_store_n(&console_locked, 0, __ATOMIC_RELEASE);
}

/* The holder, if there is one, was stopped within its line. */
void printk_takeover(void)
{
	if (__atomic_exchange_n(&console_locked, 0, __ATOMIC_ACQ_REL))
		at_line_start = false;
}

static void write_out(const char *s, size_t len)
{
	u64 flags;
	bool locked;

	if (!len)
		return;
	flags = arch_irq_save();
	locked = console_lock();
	arch_console_write(s, len);
	WRITE_ONCE(at_line_start, s[len - 1] == '\n');
	console_unlock(locked);
	arch_irq_restore(flags);
}

/* --- one thread's output goes elsewhere --- */

void console_capture_begin(struct console_capture *c)
{
	c->thread = current;
	c->len = 0;
	WRITE_ONCE(capture, c);
}

void console_capture_end(void)
{
	WRITE_ONCE(capture, NULL);
}

static void keep(struct console_capture *c, const char *s, size_t len)
{
	size_t room = min(len, c->size - c->len);

	memcpy(c->text + c->len, s, room);
	c->len += room;
}

void console_write(const char *s, size_t len)
{
	struct console_capture *c = READ_ONCE(capture);

	if (unlikely(c != NULL) && c->thread == current)
		keep(c, s, len);
	else
		write_out(s, len);
}

/* What vsnprintf wanted to write against what there is room for. */
static size_t clip_line(char *line, int len)
{
	if (len < LINE_MAX)
		return (size_t)len;
	memcpy(line + LINE_MAX - 5, "...\n", 5);
	return LINE_MAX - 1;
}

static void vconsole_printf(const char *fmt, va_list ap)
{
	char line[LINE_MAX];
	int len = vsnprintf(line, sizeof(line), fmt, ap);

	console_write(line, clip_line(line, len));
}

void console_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vconsole_printf(fmt, ap);
	va_end(ap);
}

void pr_cont(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (READ_ONCE(last_shown))
		vconsole_printf(fmt, ap);
	va_end(ap);
}

void vprintk(enum log_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX];
	u64 us = arch_time_ns() / 1000;
	bool shown = (int)level < console_level;
	int len = 0;

	WRITE_ONCE(last_shown, shown);
	if (!shown)
		return;
	if (!READ_ONCE(at_line_start))
		line[len++] = '\n';
	if (show_time)
		len += snprintf(line + len, sizeof(line) - (size_t)len,
				"[%5lu.%06lu] ", us / 1000000, us % 1000000);
	len += vsnprintf(line + len, sizeof(line) - (size_t)len, fmt, ap);
	write_out(line, clip_line(line, len));
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintk(level, fmt, ap);
	va_end(ap);
}
