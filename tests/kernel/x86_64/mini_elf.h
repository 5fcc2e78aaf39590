/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/x86_64/mini_elf.h - programs of a few instructions, as files
 *
 * Written to /tmp: a header, one program header, code; mapped at 4 MiB.
 */
#pragma once

#include <kernel/elf.h>
#include <kernel/fs.h>
#include <kernel/string.h>
#include <uapi/fcntl.h>

#define MINI_BASE   0x400000UL
#define MINI_CODE   (ELF_HEADER_SIZE + ELF_PHDR_SIZE)
#define MINI_MAX    1024

static inline void mini_put(u8 *file, u64 offset, u64 value, u32 bytes)
{
	memcpy(file + offset, &value, bytes);
}

/* Size of the file. */
static inline u64 mini_elf(u8 *file, const u8 *code, u64 len)
{
	memset(file, 0, MINI_MAX);
	memcpy(file, "\177ELF\2\1\1", 7);
	mini_put(file, 16, 2, 2);  /* ET_EXEC */
	mini_put(file, 18, 62, 2); /* x86-64 */
	mini_put(file, 20, 1, 4);
	mini_put(file, 24, MINI_BASE + MINI_CODE, 8); /* entry */
	mini_put(file, 32, ELF_HEADER_SIZE, 8);	      /* program headers */
	mini_put(file, 54, ELF_PHDR_SIZE, 2);
	mini_put(file, 56, 1, 2);
	mini_put(file, 64, 1, 4); /* PT_LOAD */
	mini_put(file, 68, 5, 4); /* R-X */
	mini_put(file, 80, MINI_BASE, 8);
	mini_put(file, 96, MINI_CODE + len, 8);	 /* in the file */
	mini_put(file, 104, MINI_CODE + len, 8); /* in memory */
	memcpy(file + MINI_CODE, code, len);
	return MINI_CODE + len;
}

static inline bool mini_write(const char *path, u8 *file, u64 size)
{
	struct io_buf io = { .addr = (vaddr_t)file, .left = size, .kernel = true };
	int err = 0;
	struct file *f = vfs_open(NULL, path, O_CREAT | O_TRUNC | O_RDWR, 0755,
				  &err);
	s64 done;

	if (!f)
		return false;
	done = vfs_write(f, &io, &f->f_pos);
	fput(f);
	return done == (s64)size;
}
