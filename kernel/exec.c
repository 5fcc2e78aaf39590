// SPDX-License-Identifier: MIT
/*
 * kernel/exec.c - running a program's file
 *
 *	find the file, read its headers		ENOENT, EACCES, ENOEXEC
 *	build a new address space beside the old: segments, stack
 *	other threads end			EAGAIN: this one has to, too
 *	--- point of no return: nothing below can fail ---
 *	the new address space is loaded, the old one loses a user
 *	descriptors marked so are closed, registers are those of a new program
 *
 * The kernel starts programs the same way, into a thread made for them.
 */
#include <kernel/elf.h>
#include <kernel/errno.h>
#include <kernel/exec.h>
#include <kernel/fpu.h>
#include <kernel/fs.h>
#include <kernel/point.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <mm/mm_struct.h>
#include <mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>
#include <arch/uaccess.h>

#include "syscall.h"

/* A program that is ready to run, but nobody does. */
struct loaded {
	struct mm_struct *mm;
	vaddr_t entry, sp;
	struct files *files; /* instead of those shared with others; NULL */
	char comm[COMM_MAX];
};

/* --- the file --- */

static struct file *open_program(struct dentry *cwd, const char *path, int *err)
{
	struct file *file = vfs_open(cwd, path, O_RDONLY, 0, err);

	if (!file)
		return NULL;
	if (S_ISREG(file->f_inode->mode) && file->f_inode->mode & 0111)
		return file;
	fput(file);
	*err = -EACCES;
	return NULL;
}

static int read_all(struct file *file, void *buf, u64 len, u64 pos)
{
	s64 nr = kernel_read(file, buf, len, pos);

	if (nr < 0)
		return (int)nr;
	return (u64)nr == len ? 0 : -ENOEXEC;
}

static int read_segments(struct file *file, const struct elf_header *h,
			 struct elf_image *image)
{
	u64 size = (u64)h->phnum * ELF_PHDR_SIZE;
	u8 *phdrs = kmalloc(size, GFP_KERNEL);
	int err;

	if (!phdrs)
		return -ENOMEM;
	err = read_all(file, phdrs, size, h->phoff);
	if (!err)
		err = elf_parse_segments(phdrs, h, file->f_mapping->i_size,
					 image);
	kfree(phdrs);
	return err;
}

static int read_image(struct file *file, struct elf_image *image)
{
	u8 bytes[ELF_HEADER_SIZE];
	struct elf_header h;
	int err;

	if (!file->f_mapping)
		return -ENOEXEC;
	err = read_all(file, bytes, sizeof(bytes), 0);
	if (!err)
		err = elf_parse_header(bytes, sizeof(bytes), &h);
	return err ? err : read_segments(file, &h, image);
}

/* --- the address space --- */

static void set_limits(struct mm_struct *mm, const struct process *p)
{
	mm->rlimit_as = p->rlimit[RLIMIT_AS].cur;
	mm->rlimit_data = p->rlimit[RLIMIT_DATA].cur;
	mm->rlimit_stack = p->rlimit[RLIMIT_STACK].cur;
	mm->rlimit_memlock = p->rlimit[RLIMIT_MEMLOCK].cur;
}

static void set_comm(char *comm, const char *path)
{
	const char *slash = strrchr(path, '/');

	strscpy(comm, slash ? slash + 1 : path, COMM_MAX);
}

static int load_into(struct loaded *l, struct file *file, const char *path,
		     const struct exec_source *source)
{
	struct elf_image *image = kmalloc(sizeof(*image), GFP_KERNEL);
	int err;

	if (!image)
		return -ENOMEM;
	err = read_image(file, image);
	if (!err)
		err = exec_map_image(l->mm, file, image);
	if (!err)
		err = exec_build_stack(l->mm, image, path, source, &l->sp);
	l->entry = image->entry;
	kfree(image);
	return err;
}

/* For p, whose limits it gets. */
static int load_program(struct process *p, const char *path,
			const struct exec_source *source, struct loaded *l)
{
	struct file *file;
	int err = 0;

	file = open_program(p->cwd, path, &err);
	if (!file)
		return err;
	l->mm = mm_alloc();
	if (!l->mm) {
		fput(file);
		return -ENOMEM;
	}
	l->mm->exe_file = file; /* mmput() drops it */
	set_limits(l->mm, p);
	set_comm(l->comm, path);
	err = load_into(l, file, path, source);
	if (err)
		mmput(l->mm);
	POINT(exec_loaded, l->entry, l->sp, err);
	return err;
}

/* --- execve() --- */

/* Shared with nobody, since it will close some. */
static int own_files(const struct process *p, struct loaded *l)
{
	if (__atomic_load_n(&p->files->refs, __ATOMIC_RELAXED) == 1)
		return 0;
	l->files = files_dup(p->files);
	return l->files ? 0 : -ENOMEM;
}

static void take_files(struct process *p, const struct loaded *l)
{
	if (l->files) {
		files_put(p->files);
		p->files = l->files;
	}
	files_close_on_exec(p->files);
}

static void take_mm(struct process *p, struct mm_struct *mm)
{
	struct mm_struct *old = current->mm;

	spin_lock(&process_lock);
	p->mm = mm;
	spin_unlock(&process_lock);
	use_mm(mm);
	mmput(old);
	process_mm_released(p);
}

static void become(struct process *p, const struct loaded *l)
{
	struct thread *t = current;

	take_mm(p, l->mm);
	memcpy(p->comm, l->comm, sizeof(p->comm));
	strscpy(t->name, l->comm, sizeof(t->name));
	t->user.set_child_tid = t->user.clear_child_tid = 0;
	take_files(p, l);
	user_set_fs_base(t, 0);
	user_set_gs_base(t, 0);
	fpu_reset();
	user_regs_init(current_user_regs(), l->entry, l->sp);
}

static s64 exec_path(const char *path, const struct exec_source *source)
{
	struct process *p = current_process();
	struct loaded l = {};
	int err = load_program(p, path, source, &l);

	if (err)
		return err;
	err = own_files(p, &l);
	if (!err)
		err = kill_other_threads();
	if (!err) {
		become(p, &l);
		return 0;
	}
	if (l.files)
		files_put(l.files);
	mmput(l.mm);
	return err;
}

s64 do_execve(vaddr_t path, vaddr_t argv, vaddr_t envp)
{
	struct exec_source source = { .argv = argv, .envp = envp };
	char *name;
	int err = 0;
	s64 result;

	name = get_path(path, &err);
	if (!name)
		return err;
	result = exec_path(name, &source);
	kfree(name);
	return result;
}

/* --- the kernel's own --- */

static struct files *console_files(void)
{
	struct files *files = files_new();
	struct file *console;
	int fd = 0;

	if (!files)
		return NULL;
	console = console_open();
	for (u32 i = 0; console && i < 3 && fd >= 0; i++)
		fd = fd_install(files, get_file(console), i, false);
	if (console)
		fput(console);
	if (console && fd >= 0)
		return files;
	files_put(files);
	return NULL;
}

static struct thread *thread_for(const struct loaded *l)
{
	struct thread *t = kthread_create(user_thread_fn, NULL, l->comm);

	if (!t)
		return NULL;
	if (fpu_attach(t)) {
		kthread_stop(t);
		return NULL;
	}
	t->mm = l->mm;
	user_regs_init(thread_user_regs(t), l->entry, l->sp);
	return t;
}

static s64 start_loaded(struct process *p, const struct loaded *l)
{
	struct thread *t = thread_for(l);
	int err;

	if (!t)
		return -ENOMEM;
	memcpy(p->comm, l->comm, sizeof(p->comm));
	p->mm = l->mm;
	err = process_link(p, t);
	if (err) {
		t->mm = NULL;
		fpu_detach(t);
		kthread_stop(t);
		return err;
	}
	kthread_detach(t);
	wake_up_thread(t);
	return p->pid;
}

static s64 spawn(struct process *p, const char *path,
		 const struct exec_source *source)
{
	struct loaded l = {};
	s64 pid;

	p->files = console_files();
	if (!p->files)
		return -ENOMEM;
	pid = load_program(p, path, source, &l);
	if (!pid)
		pid = start_loaded(p, &l);
	else
		return pid;
	if (pid < 0)
		mmput(l.mm);
	return pid;
}

s64 process_spawn(const char *const *argv, const char *const *envp,
		  bool awaited)
{
	struct exec_source source = { (vaddr_t)argv, (vaddr_t)envp, true };
	char path[128];
	struct process *p;
	s64 pid;

	snprintf(path, sizeof(path), "%s%s",
		 strchr(argv[0], '/') ? "" : "/bin/", argv[0]);
	p = process_alloc(&init_process);
	if (!p)
		return -ENOMEM;
	p->awaited = awaited;
	pid = spawn(p, path, &source);
	if (pid >= 0)
		return pid;
	if (p->files)
		files_put(p->files);
	process_free(p);
	return pid;
}
