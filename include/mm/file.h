/* SPDX-License-Identifier: MIT */
/*
 * include/mm/file.h - what mm/ knows of an open file
 *
 * Units    f_pos in bytes
 * Locks    f_count atomic; f_pos: f_pos_lock; the rest: include/kernel/fs.h
 * Context  get_file(): any; fput(): may sleep when it is the last
 * Errors   none
 * Owns     the references that VMAs hold
 */
#pragma once

#include <kernel/mutex.h>
#include <kernel/types.h>

struct address_space;
struct file_operations;
struct inode;
struct dentry;
struct vm_area_struct;

struct file {
	u32 f_count; /* atomic */
	u32 f_flags; /* O_* */
	u32 f_mode;  /* FMODE_* */
	struct inode *f_inode;
	struct dentry *f_dentry;
	struct address_space *f_mapping; /* NULL: can't be mapped */
	const struct file_operations *f_op;
	/* Sets vma->vm_ops, may change vm_flags; NULL: -ENODEV. */
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	void (*release)(struct file *file); /* the last reference is gone */
	u64 f_pos;			    /* [f_pos_lock] */
	struct mutex f_pos_lock;
	void *private_data;
};

#define FMODE_READ  0x1u
#define FMODE_WRITE 0x2u

static inline struct file *get_file(struct file *file)
{
	__atomic_add_fetch(&file->f_count, 1, __ATOMIC_RELAXED);
	return file;
}

static inline void fput(struct file *file)
{
	if (!__atomic_sub_fetch(&file->f_count, 1, __ATOMIC_ACQ_REL))
		file->release(file);
}
