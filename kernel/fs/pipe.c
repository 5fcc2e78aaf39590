// SPDX-License-Identifier: MIT
/*
 * kernel/fs/pipe.c - pipes: sixteen places for pages, one behind the other
 *
 *	write ──►  head                       tail  ──► read
 *	           │ [page, offset, len] ...  │
 *
 * Written bytes go to pages of the pipe's own; a short write goes on in the
 * last page if that has room. vmsplice() puts the program's own pages in, which
 * nobody else may write to: they are pinned until they have been read, and a
 * reader sees what they hold then.
 *
 * PIPE_BUF: a write of up to 4,096 bytes waits until all of it fits, and is
 * done under the lock as a whole, so it is never torn apart.
 *
 * pipe->lock is held while a program's memory is copied, so it comes outside of
 * the mmap lock; a pipe can't be mapped, hence closing one never happens under
 * that. Whoever sleeps holds no lock, and a signal ends its sleep.
 */
#include <kernel/console_input.h>
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/wait.h>
#include <mm/fault.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/slab.h>
#include <arch/uaccess.h>

#include "internal.h"

#define NR_BUFFERS 16

struct pipe_buffer {
	struct page *page;
	u32 offset, len;
	bool pinned; /* a program's: not written to by us */
};

struct pipe {
	struct mutex lock;
	struct wait_queue wait; /* readers, writers: whatever changes */
	u32 head, tail;		/* [lock] they only grow; head - tail in use */
	u32 readers, writers;	/* [lock] open ends */
	u64 room;		/* [lock] bytes; sleepers look without it */
	struct pipe_buffer buffers[NR_BUFFERS]; /* [lock] */
};

static DEFINE_LOCK_CLASS(pipe_class, "pipe", false);

static struct pipe *pipe_of(const struct file *file)
{
	return file->f_inode->private_data;
}

static u32 nr_used(const struct pipe *pipe)
{
	return READ_ONCE(pipe->head) - READ_ONCE(pipe->tail);
}

static bool is_full(const struct pipe *pipe)
{
	return nr_used(pipe) == NR_BUFFERS;
}

static struct pipe_buffer *nth(struct pipe *pipe, u32 n)
{
	return &pipe->buffers[n % NR_BUFFERS];
}

static void drop_page(const struct pipe_buffer *buffer)
{
	if (buffer->pinned)
		unpin_page(buffer->page);
	else
		put_page(buffer->page);
}

/* Bytes that the last page has room for behind what it holds. */
static u32 room_in_last(struct pipe *pipe)
{
	const struct pipe_buffer *b = nth(pipe, pipe->head - 1);

	if (!nr_used(pipe) || b->pinned)
		return 0;
	return (u32)(PAGE_SIZE - b->offset - b->len);
}

/* Before the lock is let go of. */
static void update_room(struct pipe *pipe)
{
	u64 places = NR_BUFFERS - nr_used(pipe);

	WRITE_ONCE(pipe->room, room_in_last(pipe) + places * PAGE_SIZE);
}

static void drop_first(struct pipe *pipe)
{
	drop_page(nth(pipe, pipe->tail));
	WRITE_ONCE(pipe->tail, pipe->tail + 1);
}

/* --- reading --- */

/* What there is, up to what is wanted. Bytes, or -EFAULT. */
static s64 take_bytes(struct pipe *pipe, struct io_buf *io)
{
	u64 done = 0;

	while (io->left && nr_used(pipe)) {
		struct pipe_buffer *b = nth(pipe, pipe->tail);
		u64 len = min(io->left, (u64)b->len), left;

		left = copy_to_io(io, (u8 *)page_address(b->page) + b->offset,
				  len);
		b->offset += (u32)(len - left);
		b->len -= (u32)(len - left);
		done += len - left;
		if (!b->len)
			drop_first(pipe);
		if (left)
			return done ? (s64)done : -EFAULT;
	}
	return (s64)done;
}

static s64 try_read(struct pipe *pipe, struct io_buf *io, u32 flags)
{
	s64 done;

	if (nr_used(pipe)) {
		done = take_bytes(pipe, io);
		update_room(pipe);
		return done;
	}
	if (!pipe->writers)
		return 0;
	return flags & O_NONBLOCK ? -EAGAIN : -EINTR; /* of a sleep to come */
}

static s64 pipe_read(struct file *file, struct io_buf *io, u64 *pos __unused)
{
	struct pipe *pipe = pipe_of(file);
	s64 ret;

	if (!io->left)
		return 0;
	for (;;) {
		mutex_lock(&pipe->lock);
		ret = try_read(pipe, io, file->f_flags);
		mutex_unlock(&pipe->lock);
		if (ret != -EINTR)
			break;
		wait_event(&pipe->wait, nr_used(pipe) ||
						!READ_ONCE(pipe->writers) ||
						signal_waits());
		if (signal_waits() && !nr_used(pipe))
			return -EINTR;
	}
	if (ret > 0)
		wake_up(&pipe->wait);
	return ret;
}

/* --- writing --- */

static void push(struct pipe *pipe, struct pipe_buffer buffer)
{
	*nth(pipe, pipe->head) = buffer;
	WRITE_ONCE(pipe->head, pipe->head + 1);
}

/* Bytes that went into the last page, or -EFAULT. */
static s64 append_to_last(struct pipe *pipe, struct io_buf *io, u32 space)
{
	struct pipe_buffer *b = nth(pipe, pipe->head - 1);
	u64 len = min(io->left, (u64)space);
	u64 left = copy_from_io(
		io, (u8 *)page_address(b->page) + b->offset + b->len, len);

	b->len += (u32)(len - left);
	return left ? -EFAULT : (s64)len;
}

/* The same into a page more. */
static s64 append_page(struct pipe *pipe, struct io_buf *io)
{
	u64 len = min(io->left, PAGE_SIZE), left;
	struct page *page = NULL;

	if (!POINT_FAILS(pipe_page_alloc, len))
		page = alloc_pages(GFP_HIGHUSER, 0);
	if (!page)
		return -ENOMEM;
	left = copy_from_io(io, page_address(page), len);
	if (left == len)
		put_page(page);
	else
		push(pipe, (struct pipe_buffer){ .page = page,
						 .len = (u32)(len - left) });
	return left ? -EFAULT : (s64)len;
}

/* As much as fits. 0, or what ended it; io tells how much was done. */
static s64 put_bytes(struct pipe *pipe, struct io_buf *io)
{
	u32 space = room_in_last(pipe);
	s64 ret = 0;

	if (space && io->left)
		ret = append_to_last(pipe, io, space);
	while (ret >= 0 && io->left && !is_full(pipe))
		ret = append_page(pipe, io);
	return min(ret, 0L);
}

/* 1: all is done or an error is in *err; 0: there is no room now. */
static bool try_write(struct pipe *pipe, struct io_buf *io, u64 at_once,
		      s64 *err)
{
	*err = 0;
	if (!pipe->readers)
		*err = -EPIPE;
	else if (pipe->room >= min(at_once, io->left))
		*err = put_bytes(pipe, io);
	update_room(pipe);
	return *err || !io->left;
}

static s64 pipe_write(struct file *file, struct io_buf *io, u64 *pos __unused)
{
	struct pipe *pipe = pipe_of(file);
	u64 all = io->left, at_once = all <= PIPE_BUF ? all : 1;
	s64 err = 0;
	bool ended;

	for (;;) {
		mutex_lock(&pipe->lock);
		ended = try_write(pipe, io, at_once, &err);
		mutex_unlock(&pipe->lock);
		if (io->left < all)
			wake_up(&pipe->wait);
		if (ended)
			break;
		err = file->f_flags & O_NONBLOCK ? -EAGAIN : 0;
		if (err)
			break;
		wait_event(&pipe->wait, READ_ONCE(pipe->room) >= at_once ||
						!READ_ONCE(pipe->readers) ||
						signal_waits());
		if (signal_waits()) {
			err = -EINTR;
			break;
		}
	}
	return io->left < all ? (s64)(all - io->left) : err;
}

/* --- vmsplice --- */

static int pin_one(vaddr_t addr, struct page **page)
{
	struct mm_struct *mm = current->mm;
	s64 nr;

	do {
		down_read(&mm->mmap_lock);
		nr = get_user_pages(mm, addr & PAGE_MASK, 1, FOLL_PIN, page);
		if (nr != -EAGAIN) /* then it is gone already */
			up_read(&mm->mmap_lock);
	} while (nr == -EAGAIN);
	return nr == 1 ? 0 : (int)nr;
}

/* The part of one page; bytes, 0: no room now, or -errno. lock held. */
static s64 splice_one(struct pipe *pipe, vaddr_t addr, u64 len)
{
	u32 offset = addr & (PAGE_SIZE - 1);
	struct page *page;
	int err;

	if (!pipe->readers)
		return -EPIPE;
	if (is_full(pipe))
		return 0;
	len = min(len, PAGE_SIZE - offset);
	err = pin_one(addr, &page);
	if (err)
		return err;
	push(pipe, (struct pipe_buffer){ .page = page,
					 .offset = offset,
					 .len = (u32)len,
					 .pinned = true });
	update_room(pipe);
	return (s64)len;
}

/* Sleep until there is room; 0, or why not. */
static int wait_for_place(struct pipe *pipe, bool nonblock)
{
	if (nonblock)
		return -EAGAIN;
	wait_event(&pipe->wait, !is_full(pipe) || !READ_ONCE(pipe->readers) ||
					signal_waits());
	return signal_waits() ? -EINTR : 0;
}

s64 pipe_vmsplice(struct file *file, vaddr_t addr, u64 len, u32 flags)
{
	bool nonblock = flags & SPLICE_F_NONBLOCK || file->f_flags & O_NONBLOCK;
	struct pipe *pipe;
	u64 done = 0;
	s64 ret = 0;

	if (!(file->f_mode & FMODE_WRITE) || file->f_inode->dev != DEV_PIPE)
		return -EBADF;
	if (!access_ok(addr, len))
		return -EFAULT;
	pipe = pipe_of(file);
	while (done < len && ret >= 0) {
		mutex_lock(&pipe->lock);
		ret = splice_one(pipe, addr + done, len - done);
		mutex_unlock(&pipe->lock);
		if (ret > 0) {
			done += (u64)ret;
			wake_up(&pipe->wait);
		} else if (!ret && !done) {
			ret = wait_for_place(pipe, nonblock);
		} else if (!ret) {
			break; /* part of it is in: as Linux, that is said */
		}
	}
	return done ? (s64)done : ret;
}

/* --- life --- */

static void pipe_release(struct file *file)
{
	struct pipe *pipe = pipe_of(file);

	mutex_lock(&pipe->lock);
	if (file->f_mode & FMODE_READ)
		WRITE_ONCE(pipe->readers, pipe->readers - 1);
	else
		WRITE_ONCE(pipe->writers, pipe->writers - 1);
	mutex_unlock(&pipe->lock);
	wake_up_all(&pipe->wait);
}

/* Both ends are closed. */
static void pipe_evict(struct inode *inode)
{
	struct pipe *pipe = inode->private_data;

	while (nr_used(pipe))
		drop_first(pipe);
	kfree(pipe);
}

static const struct inode_operations pipe_inode_ops = { .evict = pipe_evict };

static const struct file_operations pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.lseek = no_llseek,
	.release = pipe_release,
};

static struct inode *pipe_inode(void)
{
	struct pipe *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);
	struct inode *inode;

	if (!pipe)
		return NULL;
	inode = inode_new(DEV_PIPE, S_IFIFO | 0600, &pipe_inode_ops, &pipe_ops);
	if (!inode) {
		kfree(pipe);
		return NULL;
	}
	mutex_init(&pipe->lock, &pipe_class);
	wait_queue_init(&pipe->wait);
	update_room(pipe);
	inode->private_data = pipe;
	return inode;
}

int pipe_create(struct file *ends[2], u32 flags)
{
	struct inode *inode = pipe_inode();
	struct pipe *pipe;

	if (!inode)
		return -ENOMEM;
	pipe = inode->private_data;
	flags &= O_NONBLOCK;
	pipe->readers = pipe->writers = 1; /* released by fput() */
	ends[0] = file_new(inode, NULL, O_RDONLY | flags);
	ends[1] = ends[0] ? file_new(inode, NULL, O_WRONLY | flags) : NULL;
	if (ends[0] && !ends[1])
		fput(ends[0]);
	iput(inode);
	return ends[1] ? 0 : -ENOMEM;
}
