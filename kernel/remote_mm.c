// SPDX-License-Identifier: MIT
/*
 * kernel/remote_mm.c - memory of an address space that isn't loaded
 *
 * A page at a time: found or faulted in through its VMA, held by a reference,
 * read or written where the kernel maps all frames. exec fills the stack of a
 * program this way before it runs; /proc/PID/cmdline reads it.
 */
#include <kernel/errno.h>
#include <kernel/exec.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

/* Held; NULL. */
static struct page *get_page_at(struct mm_struct *mm, vaddr_t addr, bool write)
{
	struct page *page = NULL;
	s64 nr;

	do {
		down_read(&mm->mmap_lock);
		nr = get_user_pages(mm, addr & PAGE_MASK, 1,
				    write ? FOLL_WRITE : 0, &page);
		/* Else the fault has let the lock go. */
		if (nr != -EAGAIN)
			up_read(&mm->mmap_lock);
	} while (nr == -EAGAIN);
	return nr == 1 ? page : NULL;
}

u64 access_remote_mm(struct mm_struct *mm, vaddr_t addr, void *buf, u64 len,
		     bool write)
{
	u64 done = 0;

	while (done < len) {
		u64 offset = (addr + done) & (PAGE_SIZE - 1);
		u64 nr = min(len - done, PAGE_SIZE - offset);
		struct page *page = get_page_at(mm, addr + done, write);
		u8 *frame;

		if (!page)
			break;
		frame = (u8 *)page_address(page) + offset;
		if (write)
			memcpy(frame, (u8 *)buf + done, nr);
		else
			memcpy((u8 *)buf + done, frame, nr);
		put_page(page);
		done += nr;
	}
	return done;
}
