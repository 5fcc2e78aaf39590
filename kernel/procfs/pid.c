// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/pid.c - /proc/PID and /proc/self: folders made when looked for
 *
 * The inodes hold a pid, no process: whoever has a file open doesn't keep the
 * process, and reads an empty text when it is gone.
 */
#include <kernel/errno.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>

#include "pid.h"

/* Numbers of inodes: the pid, and the place in the table. */
#define PID_INO(pid, nth) (1UL << 62 | (u64)(pid) << 8 | (nth))

static const struct pid_file {
	const char *name;
	struct seq_ops ops;		      /* text */
	const struct file_operations *f_ops; /* or numbers, as pagemap's */
} pid_files[] = {
	{ "cmdline", { .show = show_cmdline_of }, NULL },
	{ "comm", { .show = show_comm }, NULL },
	{ "maps", { .show = show_maps }, NULL },
	{ "numa_maps", { .show = show_numa_maps }, NULL },
	{ "pagemap", {}, &pagemap_ops },
	{ "smaps", { .show = show_smaps }, NULL },
	{ "stat", { .show = show_stat }, NULL },
	{ "statm", { .show = show_statm }, NULL },
	{ "status", { .show = show_status }, NULL },
};

struct mm_struct *mm_of_pid(u32 pid)
{
	struct process *p = process_find(pid);
	struct mm_struct *mm;

	if (!p)
		return NULL;
	mm = process_mm(p);
	process_put(p);
	return mm;
}

/* --- inodes --- */

static struct inode *numbers_inode(const struct file_operations *ops, void *arg)
{
	struct inode *inode = inode_new(DEV_PROC, S_IFREG | 0444, NULL, ops);

	if (inode)
		inode->private_data = arg;
	return inode;
}

static struct inode *file_lookup(struct inode *dir, const char *name, int *err)
{
	void *pid = dir->private_data;
	struct inode *inode = NULL;

	*err = -ENOENT;
	for (u32 i = 0; i < ARRAY_SIZE(pid_files); i++) {
		const struct pid_file *f = &pid_files[i];

		if (strcmp(f->name, name))
			continue;
		inode = f->f_ops ? numbers_inode(f->f_ops, pid) :
				   seq_inode_new(DEV_PROC, 0444, &f->ops, pid);
		if (inode)
			inode->ino = PID_INO((u64)pid, i + 1);
		*err = inode ? 0 : -ENOMEM;
		break;
	}
	return inode;
}

static int pid_iterate(struct file *file, struct dir_context *ctx)
{
	u64 pid = (u64)file->f_inode->private_data;

	if (!ctx->pos && !ctx->emit(ctx, ".", PID_INO(pid, 0), DT_DIR))
		return 0;
	ctx->pos = max(ctx->pos, 1UL);
	if (ctx->pos == 1 && !ctx->emit(ctx, "..", 1, DT_DIR))
		return 0;
	ctx->pos = max(ctx->pos, 2UL);
	for (; ctx->pos - 2 < ARRAY_SIZE(pid_files); ctx->pos++)
		if (!ctx->emit(ctx, pid_files[ctx->pos - 2].name,
			       PID_INO(pid, ctx->pos - 1), DT_REG))
			break;
	return 0;
}

static const struct inode_operations pid_dir_inode = { .lookup = file_lookup };
static const struct file_operations pid_dir_ops = { .iterate = pid_iterate };

static struct inode *pid_dir(u32 pid, int *err)
{
	struct inode *inode = inode_new(DEV_PROC, S_IFDIR | 0555,
					&pid_dir_inode, &pid_dir_ops);

	*err = inode ? 0 : -ENOMEM;
	if (inode) {
		inode->private_data = (void *)(u64)pid;
		inode->ino = PID_INO(pid, 0);
	}
	return inode;
}

/* --- the hook of /proc --- */

static bool parse_pid(const char *name, u32 *pid)
{
	u64 value;

	if (*name < '1' || *name > '9' || kstrtou64(name, 10, &value) ||
	    value > UINT32_MAX)
		return false;
	*pid = (u32)value;
	return true;
}

static struct inode *kernel_numbers(const char *name, int *err)
{
	const struct file_operations *ops = NULL;
	struct inode *inode;

	if (!strcmp(name, "kpagecount"))
		ops = &kpagecount_ops;
	else if (!strcmp(name, "kpageflags"))
		ops = &kpageflags_ops;
	*err = -ENOENT;
	if (!ops)
		return NULL;
	inode = numbers_inode(ops, NULL);
	*err = inode ? 0 : -ENOMEM;
	return inode;
}

static struct inode *lookup(const char *name, int *err)
{
	struct process *p;
	u32 pid;

	if (!strcmp(name, "self") && current_process())
		return pid_dir(current_process()->pid, err);
	if (!parse_pid(name, &pid))
		return kernel_numbers(name, err);
	p = process_find(pid);
	*err = -ENOENT;
	if (!p)
		return NULL;
	process_put(p);
	return pid_dir(pid, err);
}

static bool next_pid(u32 from, u32 *pid)
{
	struct process *p = process_from(from);

	if (!p)
		return false;
	*pid = p->pid;
	process_put(p);
	return true;
}

void procfs_pid_init(void)
{
	static const struct proc_hook hook = { lookup, next_pid };

	proc_set_hook(&hook);
}
