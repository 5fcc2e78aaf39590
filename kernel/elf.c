// SPDX-License-Identifier: MIT
/*
 * kernel/elf.c - ELF64 executables: headers to a list of segments
 *
 *	file	| header | program headers | code ...... | data .. |
 *	                                   \              \         \
 *	memory	                    [start  file_end=end) [start file_end  end)
 *	                                                  from the file | zeroes
 *
 * The file is anybody's: every number is checked before it is used, sums
 * cannot overflow, and what comes out are areas of user space in order, none
 * of which touches a page of another. Programs with an interpreter (dynamically
 * linked) are refused.
 * Source: System V ABI, chapters 4 and 5; the x86-64 supplement.
 */
#include <kernel/elf.h>
#include <kernel/errno.h>
#include <kernel/string.h>
#include <mm/mm_struct.h>
#include <uapi/mman.h>

#define ET_EXEC	   2
#define ET_DYN	   3
#define EM_X86_64  62
#define EV_CURRENT 1
#define PT_LOAD	   1
#define PT_INTERP  3
#define PF_X	   1u
#define PF_W	   2u
#define PF_R	   4u

struct ehdr {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
} __packed;

struct phdr {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
} __packed;

_Static_assert(sizeof(struct ehdr) == ELF_HEADER_SIZE, "ELF64");
_Static_assert(sizeof(struct phdr) == ELF_PHDR_SIZE, "ELF64");

/* --- the header --- */

/* 64 bits, little-endian, version 1. */
static bool ident_ok(const u8 *ident)
{
	return !memcmp(ident, "\177ELF\2\1\1", 7);
}

int elf_parse_header(const u8 *bytes, u64 len, struct elf_header *h)
{
	struct ehdr e;

	if (len < sizeof(e))
		return -ENOEXEC;
	memcpy(&e, bytes, sizeof(e));
	if (!ident_ok(e.ident) || e.machine != EM_X86_64 ||
	    e.version != EV_CURRENT || (e.type != ET_EXEC && e.type != ET_DYN))
		return -ENOEXEC;
	if (e.phentsize != sizeof(struct phdr) || !e.phnum ||
	    e.phnum > ELF_MAX_PHDRS || e.phoff >> 62)
		return -ENOEXEC;
	*h = (struct elf_header){ .dyn = e.type == ET_DYN,
				  .entry = e.entry,
				  .phoff = e.phoff,
				  .phnum = e.phnum };
	return 0;
}

/* --- segments --- */

static u32 prot_of(u32 flags)
{
	return (flags & PF_R ? PROT_READ : 0) |
	       (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

/* Both ends in user space once moved by bias, both in the file. */
static bool ranges_ok(const struct phdr *p, u64 bias, u64 file_size)
{
	return p->memsz <= TASK_SIZE && p->vaddr <= TASK_SIZE - p->memsz &&
	       p->vaddr + p->memsz <= TASK_SIZE - bias &&
	       p->filesz <= p->memsz && p->offset <= file_size &&
	       p->filesz <= file_size - p->offset;
}

static int add_segment(struct elf_image *image, const struct phdr *p,
		       u64 file_size)
{
	struct elf_segment *s = &image->segment[image->nr_segments];
	vaddr_t free_from = image->nr_segments ? ALIGN(s[-1].end, PAGE_SIZE) :
						 MMAP_MIN_ADDR;
	u64 in_page = p->vaddr & (PAGE_SIZE - 1);

	if (!p->memsz)
		return 0;
	if (image->nr_segments == ELF_MAX_SEGMENTS ||
	    !ranges_ok(p, image->bias, file_size) ||
	    (p->offset & (PAGE_SIZE - 1)) != in_page)
		return -ENOEXEC;
	*s = (struct elf_segment){
		.start = image->bias + p->vaddr - in_page,
		.file_end = image->bias + p->vaddr + p->filesz,
		.end = image->bias + p->vaddr + p->memsz,
		.offset = p->offset - in_page,
		.prot = prot_of(p->flags),
	};
	if (s->start < free_from)
		return -ENOEXEC;
	image->nr_segments++;
	return 0;
}

/* Where the program headers are in its memory; 0: nowhere. */
static vaddr_t find_phdrs(const struct elf_image *image, u64 phoff)
{
	for (u32 i = 0; i < image->nr_segments; i++) {
		const struct elf_segment *s = &image->segment[i];

		if (phoff >= s->offset &&
		    phoff - s->offset < s->file_end - s->start)
			return s->start + (phoff - s->offset);
	}
	return 0;
}

int elf_parse_segments(const u8 *phdrs, const struct elf_header *h,
		       u64 file_size, struct elf_image *image)
{
	struct phdr p;
	int err = 0;

	*image = (struct elf_image){ .bias = h->dyn ? ELF_DYN_BASE : 0,
				     .phnum = h->phnum };
	for (u32 i = 0; i < h->phnum && !err; i++) {
		memcpy(&p, phdrs + i * sizeof(p), sizeof(p));
		if (p.type == PT_INTERP)
			err = -ENOEXEC;
		else if (p.type == PT_LOAD)
			err = add_segment(image, &p, file_size);
	}
	if (err)
		return err;
	if (!image->nr_segments || h->entry >= TASK_SIZE - image->bias)
		return -ENOEXEC;
	image->entry = image->bias + h->entry;
	image->phdr = find_phdrs(image, h->phoff);
	return 0;
}
