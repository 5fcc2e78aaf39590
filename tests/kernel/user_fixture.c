// SPDX-License-Identifier: MIT
/*
 * tests/kernel/user_fixture.c - address spaces for tests: user_fixture.h
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/rcu.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>

#include "user_fixture.h"

static u64 frames_before;

/* Free frames when nothing is kept that nobody uses. */
static u64 frames(void)
{
	struct mm_state *state = kernel_mm();
	struct zone *zone;
	u64 nr = 0;

	lru_add_drain_all();
	rcu_barrier();
	slab_shrink_all(state);
	rcu_barrier(); /* slabs that are given back after a grace period */
	drain_all_pages(state, NULL);
	for_each_populated_zone(state, zone)
		nr += zone->nr_free_pages;
	return nr;
}

/* Each cache's stacks are there afterwards: they stay. */
static void warm_up(void)
{
	struct mm_struct *mm = mm_alloc();

	if (!mm)
		return;
	do_mmap(mm, NULL, 0, PAGE_SIZE, 3, 0x22, 0);
	user_write(mm, mm->mmap_base - PAGE_SIZE, 1);
	mmput(mm);
}

struct mm_struct *user_begin(void)
{
	warm_up();
	frames_before = frames();
	return mm_alloc();
}

void user_end(struct test *t, struct mm_struct *mm)
{
	EXPECT_EQ(mm_check(mm), 0);
	EXPECT_EQ(page_table_check(mm), 0);
	EXPECT_EQ(page_table_check_all(), 0);
	mmput(mm);
	EXPECT_EQ(frames(), frames_before);
}

static int user_access(struct mm_struct *mm, vaddr_t addr, u32 flags, u64 **word)
{
	struct vm_area_struct *vma;
	struct fault_error error;
	struct page *page;
	int err = do_user_fault(mm, addr, flags | FAULT_FLAG_USER, &error);

	if (err)
		return err;
	down_read(&mm->mmap_lock);
	vma = vma_lookup(mm, addr);
	page = vma ? follow_page(vma, addr) : NULL;
	up_read(&mm->mmap_lock);
	if (!page)
		return -EIO; /* the fault said that it is there */
	*word = (u64 *)((char *)page_address(page) + (addr & ~PAGE_MASK));
	put_page(page); /* no other thread takes it away meanwhile */
	return 0;
}

int user_write(struct mm_struct *mm, vaddr_t addr, u64 value)
{
	u64 *word;
	int err = user_access(mm, addr, FAULT_FLAG_WRITE, &word);

	if (!err)
		*word = value;
	return err;
}

int user_read(struct mm_struct *mm, vaddr_t addr, u64 *value)
{
	u64 *word;
	int err = user_access(mm, addr, 0, &word);

	if (!err)
		*value = *word;
	return err;
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

const char *user_draw(struct mm_struct *mm, vaddr_t start, u32 nr)
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
