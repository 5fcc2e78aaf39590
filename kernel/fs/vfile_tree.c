// SPDX-License-Identifier: MIT
/*
 * kernel/fs/vfile_tree.c - /proc and /sys: the paths of kernel/vfile.h as files
 *
 * Nothing is stored: an inode is made when a path is looked for, holds the
 * path, and goes with whoever asked. Its number is a hash of the path, so it
 * is the same each time.
 *
 * What processes add to /proc comes from a hook (kernel/fs.h: proc_hook):
 * first the fixed files are tried, then the hook.
 */
#include <kernel/errno.h>
#include <kernel/string.h>
#include <kernel/vfile.h>
#include <mm/slab.h>

#include "internal.h"

#define FIRST_POS 2	      /* behind "." and ".." */
#define PID_POS	  (1UL << 32) /* + pid: behind all fixed files */

static const struct proc_hook *proc_hook;

void proc_set_hook(const struct proc_hook *hook)
{
	proc_hook = hook;
}

/* dir/name, to be freed; NULL. */
static char *join(const char *dir, const char *name)
{
	size_t size = strlen(dir) + strlen(name) + 2;
	char *path = kmalloc(size, GFP_KERNEL);

	if (path)
		snprintf(path, size, "%s/%s", dir, name);
	return path;
}

/* FNV-1a over dir/name, with the top bit: no number of inode_new() has it. */
static u64 hash_path(const char *dir, const char *name)
{
	u64 hash = 0xcbf29ce484222325UL;

	for (const char *p = dir; *p; p++)
		hash = (hash ^ (u8)*p) * 0x100000001b3UL;
	hash = (hash ^ '/') * 0x100000001b3UL;
	for (const char *p = name; *p && *p != '/'; p++)
		hash = (hash ^ (u8)*p) * 0x100000001b3UL;
	return hash | 1UL << 63;
}

/* --- files --- */

static void show_vfile(struct seq *s, void *path)
{
	vfile_read(path, s);
}

static int store_vfile(const char *text, size_t len, void *path)
{
	return vfile_append(path, text, len); /* O_TRUNC came before */
}

static void clear_vfile(void *path)
{
	vfile_clear(path);
}

static void put_path(void *path)
{
	kfree(path);
}

static const struct seq_ops read_ops = { .show = show_vfile, .put = put_path };
static const struct seq_ops write_ops = { .store = store_vfile,
					  .clear = clear_vfile,
					  .put = put_path };
static const struct seq_ops both_ops = { .show = show_vfile,
					 .store = store_vfile,
					 .clear = clear_vfile,
					 .put = put_path };

static void evict_path(struct inode *inode)
{
	kfree(inode->private_data);
}

static const struct inode_operations own_inode = { .evict = evict_path };

/* A file with operations of its own. */
static struct inode *own_file_inode(enum fs_dev dev, char *path,
				    const struct file_operations *ops)
{
	struct inode *inode = inode_new(dev, S_IFREG | 0444, &own_inode, ops);

	if (inode)
		inode->private_data = path;
	return inode;
}

static struct inode *file_inode(enum fs_dev dev, char *path, int rights)
{
	const struct file_operations *ops = vfile_ops(path);

	if (ops)
		return own_file_inode(dev, path, ops);
	switch (rights) {
	case VFILE_READ:
		return seq_inode_new(dev, 0444, &read_ops, path);
	case VFILE_WRITE:
		return seq_inode_new(dev, 0200, &write_ops, path);
	default:
		return seq_inode_new(dev, 0644, &both_ops, path);
	}
}

/* --- directories --- */

static struct inode *dir_inode(enum fs_dev dev, char *path);

static struct inode *vfile_lookup(struct inode *dir, const char *name, int *err)
{
	char *path = join(dir->private_data, name);
	struct inode *inode;
	int rights;

	*err = -ENOMEM;
	if (!path)
		return NULL;
	rights = vfile_rights(path);
	if (rights < 0 && rights != -EISDIR) {
		*err = rights;
		kfree(path);
		return NULL;
	}
	inode = rights == -EISDIR ? dir_inode(dir->dev, path) :
				    file_inode(dir->dev, path, rights);
	if (!inode) {
		kfree(path);
		return NULL;
	}
	inode->ino = hash_path(dir->private_data, name);
	*err = 0;
	return inode;
}

static bool is_proc_root(const struct inode *dir)
{
	return !strcmp(dir->private_data, "/proc");
}

static struct inode *lookup(struct inode *dir, const char *name, int *err)
{
	struct inode *inode = vfile_lookup(dir, name, err);

	if (!inode && *err == -ENOENT && proc_hook && is_proc_root(dir))
		inode = proc_hook->lookup(name, err);
	return inode;
}

static const struct inode_operations vfile_dir_inode = {
	.lookup = lookup,
	.evict = evict_path,
};

/* --- listing --- */

struct listing {
	struct dir_context *ctx;
	const char *dir;
	u64 at;
	bool full;
};

static void list_one(void *arg, const char *name)
{
	struct listing *l = arg;
	size_t len = strlen(name);
	bool is_dir = name[len - 1] == '/';
	char copy[NAME_MAX + 1];

	if (l->full || l->at++ < l->ctx->pos)
		return;
	strscpy(copy, name, min(len + !is_dir, sizeof(copy)));
	l->full = !l->ctx->emit(l->ctx, copy, hash_path(l->dir, name),
				is_dir ? DT_DIR : DT_REG);
	if (!l->full)
		l->ctx->pos = l->at;
}

/* "self" has pid 0's place. */
static void list_processes(struct dir_context *ctx)
{
	char name[12];
	u32 pid;

	if (ctx->pos < PID_POS) {
		if (!ctx->emit(ctx, "self", hash_path("/proc", "self"), DT_DIR))
			return;
		ctx->pos = PID_POS + 1;
	}
	while (proc_hook->next_pid((u32)(ctx->pos - PID_POS), &pid)) {
		snprintf(name, sizeof(name), "%u", pid);
		ctx->pos = PID_POS + pid;
		if (!ctx->emit(ctx, name, hash_path("/proc", name), DT_DIR))
			return;
		ctx->pos++;
	}
}

static int vfile_iterate(struct file *file, struct dir_context *ctx)
{
	struct listing l = { .ctx = ctx,
			     .dir = file->f_inode->private_data,
			     .at = FIRST_POS };

	if (emit_dots(file, ctx))
		return 0;
	if (ctx->pos < PID_POS)
		vfile_list(l.dir, list_one, &l);
	if (!l.full && proc_hook && is_proc_root(file->f_inode))
		list_processes(ctx);
	return 0;
}

static const struct file_operations vfile_dir_ops = {
	.iterate = vfile_iterate,
};

static struct inode *dir_inode(enum fs_dev dev, char *path)
{
	struct inode *inode = inode_new(dev, S_IFDIR | 0555, &vfile_dir_inode,
					&vfile_dir_ops);

	if (inode)
		inode->private_data = path;
	return inode;
}

struct inode *vfile_root(enum fs_dev dev, const char *path)
{
	char *copy = join("", path + 1);
	struct inode *inode = copy ? dir_inode(dev, copy) : NULL;

	if (!inode)
		kfree(copy);
	return inode;
}
