// SPDX-License-Identifier: MIT
/*
 * kernel/fs/console.c - the console as a file: lines in, bytes out
 *
 * A read gives at most one line. While it is typed it is echoed, the last
 * character can be taken back, and Ctrl-D ends it: on an empty line that is the
 * end of the file. One reader at a time edits; the others wait, and what one
 * leaves of a line is the next one's.
 */
#include <kernel/console_input.h>
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/wait.h>
#include <arch/console.h>

#include "internal.h"

#define CTRL_D	  4
#define BACKSPACE 8
#define DEL	  127

static struct wait_queue readers = WAIT_QUEUE_INIT(readers);

/* Whoever set busy owns the rest. */
static struct {
	u32 busy; /* atomic */
	u32 len, at;
	char line[256];
} input;

static bool try_own(void)
{
	return !__atomic_exchange_n(&input.busy, 1, __ATOMIC_ACQUIRE);
}

static int own_input(void)
{
	bool mine = false;

	wait_event(&readers, (mine = try_own()) || signal_waits());
	return mine ? 0 : -EINTR;
}

static void disown_input(void)
{
	__atomic_store_n(&input.busy, 0, __ATOMIC_RELEASE);
	wake_up(&readers);
}

static void echo(const char *text, size_t len)
{
	console_write(text, len);
}

static void take_back(void)
{
	if (!input.len)
		return;
	input.len--;
	echo("\b \b", 3);
}

/* True: the line is complete. */
static bool add_char(char c)
{
	if (c == CTRL_D)
		return true;
	if (c == BACKSPACE || c == DEL) {
		take_back();
		return false;
	}
	if (c == '\r')
		c = '\n';
	if (c == '\n' || input.len + 1 < sizeof(input.line)) {
		input.line[input.len++] = c;
		echo(&c, 1);
	}
	return c == '\n';
}

static int read_line(void)
{
	int c;

	input.len = input.at = 0;
	do {
		c = console_getc();
		if (c < 0)
			return c;
	} while (!add_char((char)c));
	return 0;
}

static s64 read_owned(const struct file *file, struct io_buf *io)
{
	u64 len, left;
	int err;

	if (input.at == input.len) {
		if (file->f_flags & O_NONBLOCK && !arch_console_has_input())
			return -EAGAIN;
		err = read_line();
		if (err)
			return err;
	}
	len = min(io->left, (u64)(input.len - input.at));
	left = copy_to_io(io, input.line + input.at, len);
	input.at += (u32)(len - left);
	return left && left == len ? -EFAULT : (s64)(len - left);
}

static s64 console_file_read(struct file *file, struct io_buf *io,
			     u64 *pos __unused)
{
	s64 ret;

	if (!io->left)
		return 0;
	ret = own_input();
	if (ret)
		return ret;
	ret = read_owned(file, io);
	disown_input();
	return ret;
}

static s64 console_file_write(struct file *file __unused, struct io_buf *io,
			      u64 *pos __unused)
{
	char text[256];
	u64 done = 0;

	while (io->left) {
		u64 len = min(io->left, sizeof(text));
		u64 left = copy_from_io(io, text, len);

		console_write(text, len - left);
		done += len - left;
		if (left)
			return done ? (s64)done : -EFAULT;
	}
	return (s64)done;
}

const struct file_operations console_ops = {
	.read = console_file_read,
	.write = console_file_write,
	.lseek = no_llseek,
};

struct file *console_open(void)
{
	int err;

	return vfs_open(NULL, "/dev/console", O_RDWR, 0, &err);
}
