/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/elf.h - what a program's file says about its memory
 *
 *	struct elf_header h;
 *	if (!elf_parse_header(bytes, sizeof(bytes), &h))
 *		... read h.phnum program headers at h.phoff ...
 *	err = elf_parse_segments(phdrs, &h, file_size, &image);
 *
 * Units    bytes
 * Locks    none
 * Context  any; nothing but the arguments is touched
 * Errors   -ENOEXEC: not a program that runs here, as each rule of the parser
 *          says. Whatever is in a struct elf_image then maps without overflow.
 * Owns     nothing
 */
#pragma once

#include <kernel/types.h>

#define ELF_HEADER_SIZE	 64
#define ELF_PHDR_SIZE	 56
#define ELF_MAX_PHDRS	 128 /* real ones have about 10 */
#define ELF_MAX_SEGMENTS 16
/* Where a program that runs anywhere is put: two thirds up, as on Linux. */
#define ELF_DYN_BASE 0x555555554000UL

struct elf_header {
	bool dyn; /* static PIE: addresses are relative to where it is put */
	u64 entry, phoff;
	u32 phnum;
};

/* Page-aligned in file and memory, but for the ends. */
struct elf_segment {
	vaddr_t start;	  /* page-aligned */
	vaddr_t file_end; /* behind the last byte from the file */
	vaddr_t end;	  /* behind the last byte; zeroes up to there */
	u64 offset;	  /* of start in the file; page-aligned */
	u32 prot;	  /* PROT_* */
};

struct elf_image {
	vaddr_t bias, entry, phdr; /* as the program sees them */
	u32 phnum;
	u32 nr_segments;
	struct elf_segment segment[ELF_MAX_SEGMENTS]; /* ascending, apart */
};

int elf_parse_header(const u8 *bytes, u64 len, struct elf_header *h);
int elf_parse_segments(const u8 *phdrs, const struct elf_header *h,
		       u64 file_size, struct elf_image *image);
