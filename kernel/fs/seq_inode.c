// SPDX-License-Identifier: MIT
/*
 * kernel/fs/seq_inode.c - files whose text a function prints
 *
 * The first read (and one from offset 0) prints all of it into a buffer that
 * belongs to the open file; what follows is read from there, so a program that
 * reads in small pieces sees one consistent text. show() may hold spinlocks
 * when it prints, so nothing is allocated meanwhile: what does not fit is
 * counted, and printed once more into a buffer that is large enough.
 *
 * A write is one call of store() with all the bytes, and opening with O_TRUNC
 * one of clear(), for files that tell > from >>.
 */
#include <kernel/errno.h>
#include <kernel/string.h>
#include <kernel/vfile.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "internal.h"

#define FIRST_SIZE PAGE_SIZE
#define TRIES	   8 /* a text that grows while it is printed */

struct seq_source {
	const struct seq_ops *ops;
	void *arg;
};

struct seq_text {
	u64 size; /* of text */
	u64 len;  /* printed, perhaps beyond size */
	char text[];
};

static void add_text(struct seq *s, const char *text, size_t len)
{
	struct seq_text *t = s->ctx;

	if (t->len < t->size)
		memcpy(t->text + t->len, text, min(len, t->size - t->len));
	t->len += len;
}

static struct seq_text *print_into(const struct seq_source *source, u64 size)
{
	struct seq_text *t = kvmalloc(sizeof(*t) + size, GFP_KERNEL);
	struct seq s = { .write = add_text, .ctx = t };

	if (!t)
		return NULL;
	t->size = size;
	t->len = 0;
	source->ops->show(&s, source->arg);
	return t;
}

static struct seq_text *print(const struct seq_source *source)
{
	struct seq_text *t = print_into(source, FIRST_SIZE);

	for (u32 i = 0; t && t->len > t->size && i < TRIES; i++) {
		u64 size = t->len + t->len / 4;

		kvfree(t);
		t = print_into(source, size);
	}
	if (t)
		t->len = min(t->len, t->size);
	return t;
}

static s64 read_text(struct file *file, struct io_buf *io, u64 *pos)
{
	struct seq_text *t = file->private_data;
	u64 len, left;

	if (!t || !*pos) {
		kvfree(t);
		t = file->private_data = print(file->f_inode->private_data);
	}
	if (!t)
		return -ENOMEM;
	if (*pos >= t->len)
		return 0;
	len = min(t->len - *pos, io->left);
	left = copy_to_io(io, t->text + *pos, len);
	*pos += len - left;
	return left && left == len ? -EFAULT : (s64)(len - left);
}

/* inode->lock: whoever shares the open file and uses pread. */
static s64 seq_file_read(struct file *file, struct io_buf *io, u64 *pos)
{
	const struct seq_source *source = file->f_inode->private_data;
	s64 ret;

	if (!source->ops->show)
		return -EACCES;
	mutex_lock(&file->f_inode->lock);
	ret = read_text(file, io, pos);
	mutex_unlock(&file->f_inode->lock);
	return ret;
}

static s64 seq_file_write(struct file *file, struct io_buf *io, u64 *pos)
{
	const struct seq_source *source = file->f_inode->private_data;
	u64 len = io->left;
	char *text;
	int err;

	if (!source->ops->store)
		return -EACCES;
	if (len >= PAGE_SIZE)
		return -EINVAL;
	text = kmalloc(len + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	err = copy_from_io(io, text, len) ? -EFAULT : 0;
	text[len] = '\0';
	if (!err)
		err = source->ops->store(text, len, source->arg);
	kfree(text);
	if (err)
		return err;
	*pos += len;
	return (s64)len;
}

static void seq_file_release(struct file *file)
{
	kvfree(file->private_data);
}

static void seq_inode_evict(struct inode *inode)
{
	struct seq_source *source = inode->private_data;

	if (source->ops->put)
		source->ops->put(source->arg);
	kfree(source);
}

/* There is no size to be cut, but who opens with O_TRUNC begins anew. */
static int seq_inode_truncate(struct inode *inode, u64 size __unused)
{
	const struct seq_source *source = inode->private_data;

	source->ops->clear(source->arg);
	return 0;
}

static const struct inode_operations seq_inode_ops = {
	.evict = seq_inode_evict,
};

static const struct inode_operations seq_clear_inode_ops = {
	.evict = seq_inode_evict,
	.truncate = seq_inode_truncate,
};

#define SEQ_OPS(write_)                                 \
	{                                               \
		.read = seq_file_read, .write = write_, \
		.release = seq_file_release             \
	}
static const struct file_operations seq_file_ops = SEQ_OPS(seq_file_write);
static const struct file_operations seq_readonly_ops = SEQ_OPS(NULL);

struct inode *seq_inode_new(enum fs_dev dev, u32 mode,
			    const struct seq_ops *ops, void *arg)
{
	struct seq_source *source = kmalloc(sizeof(*source), GFP_KERNEL);
	struct inode *inode = NULL;

	if (source)
		inode = inode_new(
			dev, S_IFREG | mode,
			ops->clear ? &seq_clear_inode_ops : &seq_inode_ops,
			ops->store ? &seq_file_ops : &seq_readonly_ops);
	if (!inode) {
		kfree(source);
		return NULL;
	}
	*source = (struct seq_source){ ops, arg };
	inode->private_data = source;
	return inode;
}
