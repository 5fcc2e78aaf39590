// SPDX-License-Identifier: MIT
/*
 * ELF headers: what is taken, and what isn't.
 *
 *	0x400000  R-X  file 0x000 to 0x200
 *	0x402e00  RW-  file 0x1e00 to 0x2000, memory to 0x406000
 */
#include <kernel/elf.h>
#include <kernel/errno.h>
#include <kernel/test.h>
#include <uapi/mman.h>

#define FILE_SIZE 0x2000UL
#define NR_PHDRS  3

/* Offsets in the header. */
#define E_TYPE	    16
#define E_MACHINE   18
#define E_ENTRY	    24
#define E_PHOFF	    32
#define E_PHENTSIZE 54
#define E_PHNUM	    56

/* And in a program header. */
#define P_TYPE	 0
#define P_FLAGS	 4
#define P_OFFSET 8
#define P_VADDR	 16
#define P_FILESZ 32
#define P_MEMSZ	 40

static u8 header[ELF_HEADER_SIZE], phdrs[NR_PHDRS * ELF_PHDR_SIZE];

static void put(u8 *at, u64 value, u32 bytes)
{
	memcpy(at, &value, bytes);
}

static void put_segment(u32 i, u32 flags, u64 offset, u64 vaddr, u64 filesz,
			u64 memsz)
{
	u8 *p = phdrs + i * ELF_PHDR_SIZE;

	put(p + P_TYPE, 1, 4);
	put(p + P_FLAGS, flags, 4);
	put(p + P_OFFSET, offset, 8);
	put(p + P_VADDR, vaddr, 8);
	put(p + P_FILESZ, filesz, 8);
	put(p + P_MEMSZ, memsz, 8);
}

static void good_file(void)
{
	memset(header, 0, sizeof(header));
	memset(phdrs, 0, sizeof(phdrs));
	memcpy(header, "\177ELF\2\1\1", 7);
	put(header + E_TYPE, 2, 2);
	put(header + E_MACHINE, 62, 2);
	put(header + 20, 1, 4);
	put(header + E_ENTRY, 0x400100, 8);
	put(header + E_PHOFF, 64, 8);
	put(header + E_PHENTSIZE, ELF_PHDR_SIZE, 2);
	put(header + E_PHNUM, NR_PHDRS, 2);
	put_segment(0, 5, 0, 0x400000, 0x200, 0x200);
	put_segment(1, 6, 0x1e00, 0x402e00, 0x200, 0x3200);
	put(phdrs + 2 * ELF_PHDR_SIZE, 4, 4); /* a note */
}

static int parse(struct elf_image *image)
{
	struct elf_header h;
	int err = elf_parse_header(header, sizeof(header), &h);

	return err ? err : elf_parse_segments(phdrs, &h, FILE_SIZE, image);
}

TEST(elf, segments_are_found)
{
	struct elf_image image;
	const struct elf_segment *s = image.segment;

	good_file();
	ASSERT_EQ(parse(&image), 0);
	EXPECT_EQ(image.nr_segments, 2);
	EXPECT_EQ(image.entry, 0x400100);
	EXPECT_EQ(image.phdr, 0x400040);
	EXPECT_EQ(image.phnum, NR_PHDRS);
	EXPECT_EQ(s[0].start, 0x400000);
	EXPECT_EQ(s[0].file_end, 0x400200);
	EXPECT_EQ(s[0].prot, PROT_READ | PROT_EXEC);
	EXPECT_EQ(s[1].start, 0x402000);
	EXPECT_EQ(s[1].offset, 0x1000);
	EXPECT_EQ(s[1].file_end, 0x403000);
	EXPECT_EQ(s[1].end, 0x406000);
}

TEST(elf, static_pie_is_moved)
{
	struct elf_image image;

	good_file();
	put(header + E_TYPE, 3, 2);
	put(header + E_ENTRY, 0x100, 8);
	put_segment(0, 5, 0, 0, 0x200, 0x200);
	put_segment(1, 6, 0x1e00, 0x2e00, 0x200, 0x3200);
	ASSERT_EQ(parse(&image), 0);
	EXPECT_EQ(image.entry, ELF_DYN_BASE + 0x100);
	EXPECT_EQ(image.segment[0].start, ELF_DYN_BASE);
	EXPECT_EQ(image.phdr, ELF_DYN_BASE + 64);
}

static const struct {
	u32 at, bytes;
	u64 value;
} bad_headers[] = {
	{ 0, 1, 0 },		  { 4, 1, 1 }, /* 32 bits */
	{ 5, 1, 2 },		  { 6, 1, 0 },
	{ E_TYPE, 2, 1 },	  { E_TYPE, 2, 4 },
	{ E_MACHINE, 2, 3 },	  { 20, 4, 2 },
	{ E_PHENTSIZE, 2, 55 },	  { E_PHNUM, 2, 0 },
	{ E_PHNUM, 2, 0xffff },	  { E_PHOFF, 8, ~0UL },
	{ E_ENTRY, 8, 1UL << 47 }, { E_ENTRY, 8, ~0UL },
};

TEST(elf, bad_headers_are_refused)
{
	struct elf_image image;
	struct elf_header h;

	for (u32 i = 0; i < ARRAY_SIZE(bad_headers); i++) {
		good_file();
		put(header + bad_headers[i].at, bad_headers[i].value,
		    bad_headers[i].bytes);
		EXPECT_EQ(parse(&image), -ENOEXEC);
	}
	good_file();
	EXPECT_EQ(elf_parse_header(header, 63, &h), -ENOEXEC);
}

/* What the second segment becomes, and is refused for. */
static const struct {
	u64 offset, vaddr, filesz, memsz;
} bad_segments[] = {
	{ 0x1e00, 0x402e01, 0x200, 0x3200 }, /* not alike in their pages */
	{ 0x1e00, 0x402e00, 0x3201, 0x3200 }, /* more than fits */
	{ 0x1e00, 0x402e00, 0x201, 0x3200 }, /* beyond the file */
	{ ~0UL - 0x1ff, 0x402e00, 0x200, 0x3200 },
	{ 0x2e00, 0x402e00, 0, 0x3200 },
	{ 0x1e00, 0x400e00, 0x200, 0x3200 }, /* the first one's page */
	{ 0x1e00, 0x3ffe00, 0x200, 0x3200 }, /* below it */
	{ 0x1e00, 0x0e00, 0x200, 0x3200 },   /* where NULL points */
	{ 0x1e00, 0x402e00, 0x200, ~0UL },
	{ 0x1e00, 0x402e00, 0x200, 1UL << 47 },
	{ 0x1e00, 0x7fffffffee00, 0x200, 0x3200 },
	{ 0x1e00, 0xffffffff80000e00, 0x200, 0x3200 },
};

TEST(elf, bad_segments_are_refused)
{
	struct elf_image image;

	for (u32 i = 0; i < ARRAY_SIZE(bad_segments); i++) {
		good_file();
		put_segment(1, 6, bad_segments[i].offset, bad_segments[i].vaddr,
			    bad_segments[i].filesz, bad_segments[i].memsz);
		EXPECT_EQ(parse(&image), -ENOEXEC);
	}
	good_file();
	put(phdrs + 2 * ELF_PHDR_SIZE, 3, 4); /* an interpreter */
	EXPECT_EQ(parse(&image), -ENOEXEC);
	good_file();
	put(phdrs, 4, 4);
	put(phdrs + ELF_PHDR_SIZE, 4, 4); /* none to load */
	EXPECT_EQ(parse(&image), -ENOEXEC);
}

TEST(elf, empty_segments_are_nothing)
{
	struct elf_image image;

	good_file();
	put_segment(1, 6, 0x1e01, 0x402e00, 0, 0);
	ASSERT_EQ(parse(&image), 0);
	EXPECT_EQ(image.nr_segments, 1);
}
