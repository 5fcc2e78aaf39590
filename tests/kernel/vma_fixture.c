// SPDX-License-Identifier: MIT
/*
 * tests/kernel/vma_fixture.c - address spaces for tests: vma_fixture.h
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/string.h>
#include <mm/mempolicy.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <uapi/mempolicy.h>

#include "free_frames.h"
#include "space_fixture.h"
#include "vma_fixture.h"

static u64 frames_before;

/* Each cache's stacks are there afterwards: they stay. */
static void warm_up(void)
{
	struct mm_struct *mm = mm_alloc();
	int err;

	mpol_put(mpol_new(MPOL_BIND, 0, 1, &err));
	if (!mm)
		return;
	mm_write(mm, space_map(mm, 1), 1);
	mmput(mm);
}

struct mm_struct *mm_begin(void)
{
	warm_up();
	frames_before = free_frames_after_purge();
	return mm_alloc();
}

void mm_end(struct test *t, struct mm_struct *mm)
{
	EXPECT_EQ(mm_check(mm), 0);
	EXPECT_EQ(page_table_check(mm), 0);
	EXPECT_EQ(page_table_check_all(), 0);
	mmput(mm);
	EXPECT_EQ(free_frames_after_purge(), frames_before);
}

int mm_write(struct mm_struct *mm, vaddr_t addr, u64 value)
{
	u64 *word = space_touch(mm, addr, true);

	if (!word)
		return -EFAULT;
	*word = value;
	return 0;
}

int mm_read(struct mm_struct *mm, vaddr_t addr, u64 *value)
{
	const u64 *word = space_touch(mm, addr, false);

	if (!word)
		return -EFAULT;
	*value = *word;
	return 0;
}

static char letter(const struct vm_area_struct *vma)
{
	if (!vma)
		return '.';
	if (vma->vm_flags & VM_SHARED)
		return 'S';
	return vma->vm_flags & VM_WRITE ? 'w' :
	       vma->vm_flags & VM_EXEC	? 'x' :
	       vma->vm_flags & VM_READ	? 'r' :
					  'n';
}

const char *mm_draw(struct mm_struct *mm, vaddr_t start, u32 nr)
{
	static char text[256];
	const struct vm_area_struct *before = NULL;
	u32 len = 0;

	for (u32 i = 0; i < nr && len + 3 < sizeof(text); i++) {
		const struct vm_area_struct *vma =
			vma_lookup(mm, start + i * PAGE_SIZE);

		if (i && vma && before && vma != before)
			text[len++] = '|';
		text[len++] = letter(vma);
		before = vma;
	}
	text[len] = 0;
	return text;
}
