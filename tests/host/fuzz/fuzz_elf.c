// SPDX-License-Identifier: MIT
/*
 * tests/host/fuzz/fuzz_elf.c - any bytes as a program's file
 *
 * What the parser takes must be areas of user space, in order, apart, inside
 * of the file: exec maps them without another look.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/host.h>
#include <kernel/elf.h>
#include <mm/mm_struct.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct elf_image *image, u64 size)
{
	vaddr_t free_from = MMAP_MIN_ADDR;

	require(image->nr_segments && image->nr_segments <= ELF_MAX_SEGMENTS);
	require(image->entry < TASK_SIZE);
	for (u32 i = 0; i < image->nr_segments; i++) {
		const struct elf_segment *s = &image->segment[i];

		require(s->start >= free_from && !(s->start % PAGE_SIZE));
		require(s->start <= s->file_end && s->file_end <= s->end);
		require(s->end > s->start && s->end <= TASK_SIZE);
		require(!(s->offset % PAGE_SIZE) && s->offset <= size);
		require(s->file_end - s->start <= size - s->offset);
		free_from = ALIGN(s->end, PAGE_SIZE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_image image;
	struct elf_header h;
	u64 bytes;
	u8 *phdrs;

	if (elf_parse_header(data, size, &h))
		return 0;
	bytes = (u64)h.phnum * ELF_PHDR_SIZE;
	if (h.phoff > size || bytes > size - h.phoff)
		return 0;
	phdrs = malloc(bytes);
	if (!phdrs)
		return 0;
	memcpy(phdrs, data + h.phoff, bytes);
	if (!elf_parse_segments(phdrs, &h, size, &image))
		check(&image, size);
	free(phdrs);
	return 0;
}
