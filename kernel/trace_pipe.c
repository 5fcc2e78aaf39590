// SPDX-License-Identifier: MIT
/*
 * kernel/trace_pipe.c - /sys/kernel/tracing/trace_pipe: records as they come
 *
 * A read gives what there is, in whole lines, and takes it out of the rings;
 * when there is nothing it waits. Records are written from anywhere, under any
 * lock, so their writers can wake nobody: who waits looks again every few ticks.
 * As on Linux a reader that has got something comes to the end when tracing is
 * switched off; one that has not goes on waiting for it to be switched on.
 */
#include <kernel/console_input.h>
#include <kernel/errno.h>
#include <kernel/fs.h>
#include <kernel/string.h>
#include <kernel/trace.h>
#include <mm/slab.h>
#include <arch/irq.h>
#include <uapi/fcntl.h>

#define POLL_TICKS (HZ / 25)
#define TEXT_SIZE  (2 * TRACE_LINE_MAX)

/* Of an open file: lines that were taken but not read to their end. */
struct pipe_text {
	size_t len, at;
	bool got_some;
	char text[TEXT_SIZE];
};

static struct wait_queue waiters = WAIT_QUEUE_INIT(waiters);

void trace_pipe_wake(void)
{
	wake_up_all(&waiters);
}

/* 0: there is something, or an end of it; else why not. */
static int wait_for_records(const struct file *file, const struct pipe_text *t)
{
	while (!trace_waiting()) {
		if (t->got_some && !READ_ONCE(trace_on))
			return 0;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (signal_waits())
			return -EINTR;
		wait_event_timeout(&waiters, trace_waiting() || signal_waits(),
				   POLL_TICKS);
	}
	return 0;
}

/* inode->lock held: two who share the open file don't get parts of a line. */
static s64 copy_lines(struct pipe_text *t, struct io_buf *io)
{
	u64 len, left;

	if (t->at == t->len) {
		t->len = trace_take_lines(t->text, sizeof(t->text));
		t->at = 0;
	}
	len = min(io->left, (u64)(t->len - t->at));
	left = copy_to_io(io, t->text + t->at, len);
	t->at += len - left;
	t->got_some |= len > left;
	return left && left == len ? -EFAULT : (s64)(len - left);
}

/* The open file's own; the first read makes it. */
static struct pipe_text *text_of(struct file *file)
{
	mutex_lock(&file->f_inode->lock);
	if (!file->private_data)
		file->private_data =
			kzalloc(sizeof(struct pipe_text), GFP_KERNEL);
	mutex_unlock(&file->f_inode->lock);
	return file->private_data;
}

static s64 pipe_read(struct file *file, struct io_buf *io, u64 *pos __unused)
{
	struct pipe_text *t = text_of(file);
	s64 ret = 0;

	if (!t)
		return -ENOMEM;
	while (io->left && !ret) {
		if (READ_ONCE(t->at) == READ_ONCE(t->len))
			ret = wait_for_records(file, t);
		if (ret)
			return ret;
		mutex_lock(&file->f_inode->lock);
		ret = copy_lines(t, io);
		mutex_unlock(&file->f_inode->lock);
		/* Taken by another reader meanwhile, or the end. */
		if (!ret && t->got_some && !READ_ONCE(trace_on))
			break;
	}
	return ret;
}

static void pipe_release(struct file *file)
{
	kfree(file->private_data);
}

const struct file_operations trace_pipe_ops = {
	.read = pipe_read,
	.lseek = no_llseek,
	.release = pipe_release,
};
