// SPDX-License-Identifier: MIT
/*
 * kernel/exec_map.c - the segments of a program become areas
 *
 *	[start   file_end | to the page's end )[ whole pages  end )
 *	private mapping     zeroed               anonymous memory
 *
 * The last page from the file has what stands behind the segment in the file;
 * a program must find zeroes there. Where the segment can't be written to,
 * nobody expects zeroes, and they stay.
 */
#include <kernel/elf.h>
#include <kernel/errno.h>
#include <kernel/exec.h>
#include <mm/file.h>
#include <mm/mm_struct.h>
#include <uapi/mman.h>

static int map_file_part(struct mm_struct *mm, struct file *file,
			 const struct elf_segment *s)
{
	s64 place = do_mmap(mm, file, s->start, s->file_end - s->start, s->prot,
			    MAP_PRIVATE | MAP_FIXED_NOREPLACE,
			    s->offset >> PAGE_SHIFT);

	return place < 0 ? (int)place : 0;
}

static int clear_rest_of_page(struct mm_struct *mm, vaddr_t addr)
{
	static u8 zeroes[PAGE_SIZE];
	u64 len = ALIGN(addr, PAGE_SIZE) - addr;

	return access_remote_mm(mm, addr, zeroes, len, true) == len ? 0 :
								      -ENOMEM;
}

static int map_zero_part(struct mm_struct *mm, const struct elf_segment *s,
			 vaddr_t from)
{
	s64 place;

	if (from >= s->end)
		return 0;
	place = do_mmap(mm, NULL, from, s->end - from, s->prot,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, 0);
	return place < 0 ? (int)place : 0;
}

static int map_segment(struct mm_struct *mm, struct file *file,
		       const struct elf_segment *s)
{
	vaddr_t zero_from = s->start;
	int err = 0;

	if (s->file_end > s->start) {
		err = map_file_part(mm, file, s);
		zero_from = ALIGN(s->file_end, PAGE_SIZE);
	}
	if (!err && s->end > s->file_end && (s->prot & PROT_WRITE) &&
	    zero_from > s->file_end)
		err = clear_rest_of_page(mm, s->file_end);
	return err ? err : map_zero_part(mm, s, zero_from);
}

/* What /proc/PID/stat and the data limit go by. */
static void note_places(struct mm_struct *mm, const struct elf_segment *s)
{
	if (s->prot & PROT_EXEC) {
		if (!mm->start_code)
			mm->start_code = s->start;
		mm->end_code = s->file_end;
	} else {
		mm->start_data = s->start;
		mm->end_data = s->file_end;
	}
	mm->start_brk = mm->brk = ALIGN(s->end, PAGE_SIZE);
}

int exec_map_image(struct mm_struct *mm, struct file *file,
		   const struct elf_image *image)
{
	int err = 0;

	for (u32 i = 0; i < image->nr_segments && !err; i++) {
		err = map_segment(mm, file, &image->segment[i]);
		note_places(mm, &image->segment[i]);
	}
	return err;
}
