// SPDX-License-Identifier: MIT
/*
 * kernel/exec_stack.c - what a program finds on its stack
 *
 *	STACK_TOP	8 bytes of zeroes
 *			path of the file
 *			environment strings, in order upwards
 *			argument strings, in order upwards
 *			"x86_64", 16 random bytes
 *			(alignment)
 *			auxiliary vector: (type, value) pairs, ends in (0, 0)
 *			pointers to the environment, NULL
 *			pointers to the arguments, NULL
 *	rsp, 16-aligned	argc
 *
 * Strings come from the program that calls execve(), which may change them
 * meanwhile; each is cut where its length was measured. All together may take a
 * quarter of the stack's limit. Source: System V ABI, x86-64, 3.4.1; Linux's
 * create_elf_tables().
 */
#include <kernel/elf.h>
#include <kernel/errno.h>
#include <kernel/exec.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/mm_struct.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <uapi/mman.h>
#include <arch/uaccess.h>
#include <arch/user.h>

#include "random_bytes.h"

#define CLOCK_TICKS  100 /* a second, in what times() tells */
#define STACK_EXTRA  (128 * KiB) /* mapped below what is used at the start */
#define NR_AUXV	     20
#define RANDOM_BYTES 16

enum auxv_type {
	AT_NULL = 0,
	AT_PHDR = 3,
	AT_PHENT,
	AT_PHNUM,
	AT_PAGESZ,
	AT_BASE,
	AT_FLAGS,
	AT_ENTRY,
	AT_UID = 11,
	AT_EUID,
	AT_GID,
	AT_EGID,
	AT_PLATFORM,
	AT_HWCAP,
	AT_CLKTCK,
	AT_SECURE = 23,
	AT_RANDOM = 25,
	AT_HWCAP2,
	AT_EXECFN = 31,
};

struct stack {
	struct mm_struct *mm;
	const struct exec_source *source;
	vaddr_t sp;
	vaddr_t limit; /* sp stays above it */
	char *page;    /* strings on their way */
	u64 *vector;   /* argc and all behind it, as it will be */
	u64 nr;	       /* words in it */
};

/* --- the new stack --- */

static int map_stack(struct stack *s)
{
	s64 place = do_mmap(s->mm, NULL, STACK_TOP - PAGE_SIZE, PAGE_SIZE,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN |
				    MAP_FIXED_NOREPLACE,
			    0);

	if (place == -EEXIST)
		return -ENOEXEC;
	return place < 0 ? (int)place : 0;
}

static int grow_to(struct mm_struct *mm, vaddr_t addr)
{
	struct vm_area_struct *vma;
	int err = -ENOMEM;

	down_write(&mm->mmap_lock);
	vma = find_vma(mm, addr);
	if (vma)
		err = expand_stack(mm, vma, addr);
	up_write(&mm->mmap_lock);
	return err;
}

/* Room for len bytes, at s->sp. */
static int make_room(struct stack *s, u64 len)
{
	if (len > s->sp - s->limit)
		return -E2BIG;
	s->sp -= len;
	return grow_to(s->mm, s->sp);
}

static int push(struct stack *s, const void *bytes, u64 len)
{
	int err = make_room(s, len);

	if (!err && access_remote_mm(s->mm, s->sp, (void *)bytes, len, true) !=
			    len)
		err = -ENOMEM;
	return err;
}

/* --- strings --- */

static int string_at(const struct stack *s, vaddr_t vector, u64 i, vaddr_t *at)
{
	if (!s->source->kernel)
		return get_user_u64(at, vector + i * sizeof(u64));
	*at = ((const vaddr_t *)vector)[i];
	return 0;
}

/* Strings in a vector; -E2BIG, -EFAULT. */
static s64 count(const struct stack *s, vaddr_t vector)
{
	u64 max = (STACK_TOP - s->limit) / sizeof(u64), nr;
	vaddr_t at;
	int err;

	if (!vector)
		return 0;
	for (nr = 0; nr < max; nr++) {
		err = string_at(s, vector, nr, &at);
		if (err)
			return err;
		if (!at)
			return (s64)nr;
	}
	return -E2BIG;
}

/* With its NUL. */
static s64 measure(const struct stack *s, vaddr_t at)
{
	s64 len = 0, nr;

	if (s->source->kernel)
		return (s64)strlen((const char *)at) + 1;
	do {
		nr = strncpy_from_user(s->page, at + (u64)len, PAGE_SIZE);
		if (nr < 0)
			return nr;
		len += nr;
		if (len >= (s64)MAX_ARG_STRLEN)
			return -E2BIG;
	} while (nr == PAGE_SIZE);
	return len + 1;
}

static int fetch(const struct stack *s, vaddr_t from, u64 len)
{
	if (!s->source->kernel)
		return copy_from_user(s->page, from, len) ? -EFAULT : 0;
	memcpy(s->page, (const void *)from, len);
	return 0;
}

/* len bytes, of which the last is made the NUL, to s->sp. */
static int copy_string(const struct stack *s, vaddr_t from, u64 len)
{
	for (u64 done = 0; done < len;) {
		u64 nr = min(len - done, PAGE_SIZE);
		int err = fetch(s, from + done, nr);

		if (err)
			return err;
		if (done + nr == len)
			s->page[nr - 1] = '\0';
		if (access_remote_mm(s->mm, s->sp + done, s->page, nr, true) !=
		    nr)
			return -ENOMEM;
		done += nr;
	}
	return 0;
}

static int push_string(struct stack *s, vaddr_t from)
{
	s64 len = measure(s, from);
	int err;

	if (len < 0)
		return (int)len;
	err = make_room(s, (u64)len);
	return err ? err : copy_string(s, from, (u64)len);
}

/* From the last to the first; where they went, into `pointers`. */
static int push_strings(struct stack *s, vaddr_t vector, u64 nr, u64 *pointers)
{
	vaddr_t from;
	int err = 0;

	pointers[nr] = 0;
	while (nr-- && !err) {
		err = string_at(s, vector, nr, &from);
		if (!err)
			err = push_string(s, from);
		pointers[nr] = s->sp;
	}
	return err;
}

/* --- the vectors --- */

static void auxv(struct stack *s, enum auxv_type type, u64 value)
{
	s->vector[s->nr++] = type;
	s->vector[s->nr++] = value;
}

static void fill_auxv(struct stack *s, const struct elf_image *image,
		      vaddr_t path, vaddr_t platform, vaddr_t random)
{
	auxv(s, AT_HWCAP, user_hwcap());
	auxv(s, AT_PAGESZ, PAGE_SIZE);
	auxv(s, AT_CLKTCK, CLOCK_TICKS);
	auxv(s, AT_PHDR, image->phdr);
	auxv(s, AT_PHENT, ELF_PHDR_SIZE);
	auxv(s, AT_PHNUM, image->phnum);
	auxv(s, AT_BASE, 0);
	auxv(s, AT_FLAGS, 0);
	auxv(s, AT_ENTRY, image->entry);
	auxv(s, AT_UID, 0);
	auxv(s, AT_EUID, 0);
	auxv(s, AT_GID, 0);
	auxv(s, AT_EGID, 0);
	auxv(s, AT_SECURE, 0);
	auxv(s, AT_RANDOM, random);
	auxv(s, AT_HWCAP2, 0);
	auxv(s, AT_EXECFN, path);
	auxv(s, AT_PLATFORM, platform);
	auxv(s, AT_NULL, 0);
}

/* All that the auxiliary vector points to, and the vector. */
static int push_auxv(struct stack *s, const struct elf_image *image,
		     vaddr_t path)
{
	static const char platform[] = "x86_64";
	u8 random[RANDOM_BYTES];
	vaddr_t platform_at;
	int err = push(s, platform, sizeof(platform));

	if (err)
		return err;
	platform_at = s->sp;
	get_random_bytes(random, sizeof(random));
	err = push(s, random, sizeof(random));
	if (!err)
		fill_auxv(s, image, path, platform_at, s->sp);
	return err;
}

/* argc is 16-aligned, so what is between it and the strings depends. */
static int push_vector(struct stack *s)
{
	u64 size = s->nr * sizeof(u64);

	if (size + 16 > s->sp - s->limit)
		return -E2BIG;
	s->sp = ALIGN_DOWN(s->sp - size, 16UL) + size;
	return push(s, s->vector, size);
}

static int build(struct stack *s, const struct elf_image *image,
		 const char *path, u64 argc, u64 envc)
{
	u64 *argv = s->vector + 1, *envp = argv + argc + 1;
	struct mm_struct *mm = s->mm;
	vaddr_t path_at;
	int err;

	s->vector[0] = argc;
	s->nr = 1 + argc + 1 + envc + 1;
	err = push(s, &(u64){ 0 }, sizeof(u64));
	if (!err)
		err = push(s, path, strlen(path) + 1);
	path_at = mm->env_end = s->sp;
	if (!err)
		err = push_strings(s, s->source->envp, envc, envp);
	mm->env_start = mm->arg_end = s->sp;
	if (!err)
		err = push_strings(s, s->source->argv, argc, argv);
	mm->arg_start = s->sp;
	if (!err)
		err = push_auxv(s, image, path_at);
	if (!err)
		err = push_vector(s);
	mm->start_stack = s->sp;
	return err;
}

static int build_counted(struct stack *s, const struct elf_image *image,
			 const char *path)
{
	s64 argc = count(s, s->source->argv), envc;
	int err;

	if (argc < 0)
		return (int)argc;
	envc = count(s, s->source->envp);
	if (envc < 0)
		return (int)envc;
	s->vector = kvmalloc((u64)(3 + argc + envc + 2 * NR_AUXV) * sizeof(u64),
			     GFP_KERNEL);
	if (!s->vector)
		return -ENOMEM;
	err = build(s, image, path, (u64)argc, (u64)envc);
	kvfree(s->vector);
	return err;
}

int exec_build_stack(struct mm_struct *mm, const struct elf_image *image,
		     const char *path, const struct exec_source *source,
		     vaddr_t *sp)
{
	u64 room = max(min(mm->rlimit_stack, 8 * MiB) / 4, MAX_ARG_STRLEN);
	struct stack s = { .mm = mm,
			   .source = source,
			   .sp = STACK_TOP,
			   .limit = STACK_TOP - room };
	int err = map_stack(&s);

	if (err)
		return err;
	s.page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!s.page)
		return -ENOMEM;
	err = build_counted(&s, image, path);
	kfree(s.page);
	if (err)
		return err;
	*sp = s.sp;
	/* A small limit of the stack may forbid it: faults do it then, or not. */
	if (grow_to(mm, s.sp - STACK_EXTRA))
		POINT(exec_small_stack, s.sp);
	return 0;
}
