// SPDX-License-Identifier: MIT
/*
 * mm/mmap.c - making mappings: what mmap() asks for becomes a VMA
 *
 *	arguments -> place -> flags -> limits -> old mapping away -> VMA
 *	          `------ may be refused, nothing has changed --'
 *
 * With MAP_FIXED the old mapping is gone before the new one is sure to come,
 * as in Linux: records are allocated after it. So here, too, -ENOMEM leaves a
 * hole there.
 *
 * A private mapping that may be written to might need memory for all of its
 * pages one day. Nothing is set aside for that; only what could never be had is
 * refused (Linux's vm.overcommit_memory 0).
 */
#include <kernel/point.h>
#include <mm/filemap.h>
#include <mm/hugetlb.h>
#include <mm/mm_state.h>
#include <uapi/mman.h>

#include "vma_internal.h"

/* --- limits --- */

bool may_expand_vm(const struct mm_struct *mm, u64 vm_flags, u64 nr_pages)
{
	if (mm->total_vm + nr_pages > mm->rlimit_as >> PAGE_SHIFT)
		return false;
	if ((vm_flags & (VM_WRITE | VM_SHARED | VM_STACK)) != VM_WRITE)
		return true;
	return mm->data_vm + nr_pages <= mm->rlimit_data >> PAGE_SHIFT;
}

bool mlock_future_ok(const struct mm_struct *mm, u64 vm_flags, u64 len)
{
	return !(vm_flags & VM_LOCKED) || mm->locked_vm + (len >> PAGE_SHIFT) <=
						  mm->rlimit_memlock >>
						  PAGE_SHIFT;
}

bool vm_enough_memory(u64 nr_pages)
{
	struct zone *zone;
	u64 all = 0;

	for_each_populated_zone(mm_active, zone)
		all += zone->managed_pages;
	return nr_pages <= all;
}

/* Pages of [start, end) that are mapped already. */
static u64 count_mapped(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);
	u64 nr = 0;

	for (; vma && vma->vm_start < end; vma = vma_next(vma))
		nr += (min(end, vma->vm_end) - max(start, vma->vm_start)) >>
		      PAGE_SHIFT;
	return nr;
}

/* --- flags --- */

static u64 prot_flags(u64 prot)
{
	return (prot & PROT_READ ? VM_READ : 0) |
	       (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

static u64 base_flags(const struct mm_struct *mm, u64 prot, u64 flags)
{
	return prot_flags(prot) | mm->def_flags | VM_MAY_FLAGS |
	       (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) |
	       (flags & MAP_LOCKED ? VM_LOCKED : 0) |
	       (flags & MAP_NORESERVE ? VM_NORESERVE : 0);
}

/* What MAP_SHARED_VALIDATE knows: it exists to refuse the rest. */
#define MAP_KNOWN                                                           \
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN | \
	 MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE |      \
	 MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB)

static int shared_file_flags(const struct file *file, u64 prot, u64 flags,
			     u64 *vm_flags)
{
	if ((flags & MAP_TYPE) == MAP_SHARED_VALIDATE && (flags & ~MAP_KNOWN))
		return -EOPNOTSUPP;
	if ((prot & PROT_WRITE) && !(file->f_mode & FMODE_WRITE))
		return -EACCES;
	*vm_flags |= VM_SHARED | VM_MAYSHARE;
	/* Nobody will ever write through it: as good as private. */
	if (!(file->f_mode & FMODE_WRITE))
		*vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
	return 0;
}

static int file_flags(const struct file *file, u64 prot, u64 flags,
		      u64 *vm_flags)
{
	int err = 0;

	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
	case MAP_SHARED_VALIDATE:
		err = shared_file_flags(file, prot, flags, vm_flags);
		break;
	case MAP_PRIVATE:
		break;
	default:
		return -EINVAL;
	}
	if (err)
		return err;
	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	if (!file->mmap)
		return -ENODEV;
	return *vm_flags & VM_GROWSDOWN ? -EINVAL : 0;
}

static int anon_flags(u64 flags, u64 *vm_flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
		if (*vm_flags & VM_GROWSDOWN)
			return -EINVAL;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		return 0;
	case MAP_PRIVATE:
		return 0;
	default:
		return -EINVAL;
	}
}

/* --- the VMA --- */

static struct file *(*shmem_source)(u64 size, int *err);

void mmap_set_shmem_source(struct file *(*source)(u64 size, int *err))
{
	shmem_source = source;
}

/* vma gets its file, and what the file makes of it. */
static int set_file(struct vm_area_struct *vma, struct file *file)
{
	int err;

	vma->vm_file = get_file(file);
	err = file->mmap(file, vma);
	if (err)
		vma->vm_ops = NULL; /* nobody opened it: no close() */
	return err;
}

static int set_shmem(struct vm_area_struct *vma)
{
	struct file *file;
	int err = -ENODEV;

	if (!shmem_source)
		return err;
	file = shmem_source(vma->vm_end - vma->vm_start, &err);
	if (!file)
		return err;
	err = set_file(vma, file);
	fput(file);
	return err;
}

static int set_backing(struct vm_area_struct *vma, struct file *file)
{
	if (file)
		return set_file(vma, file);
	if (is_vm_hugetlb(vma))
		return hugetlb_vma_init(vma);
	return vma->vm_flags & VM_SHARED ? set_shmem(vma) : 0;
}

static int new_vma(struct mm_struct *mm, vaddr_t addr, u64 len, u64 vm_flags,
		   struct file *file, u64 pgoff)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);
	int err;

	if (!vma)
		return -ENOMEM;
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_flags = vm_flags;
	vma->vm_pgoff = pgoff;
	err = set_backing(vma, file);
	if (err) {
		vm_area_free(vma);
		return err;
	}
	vma_set_page_prot(vma);
	vma_link(mm, vma);
	return 0;
}

static void account_mapped(struct mm_struct *mm, u64 vm_flags, u64 len)
{
	vm_stat_account(mm, vm_flags, (s64)(len >> PAGE_SHIFT));
	if (vm_flags & VM_LOCKED)
		mm->locked_vm += len >> PAGE_SHIFT;
}

/* A neighbour that goes on, else a VMA of its own. The place is free. */
static int map_free_region(struct mm_struct *mm, struct file *file,
			   vaddr_t addr, u64 len, u64 vm_flags, u64 pgoff)
{
	/* Each shared anonymous mapping has a file of its own. */
	bool mergeable = file || !(vm_flags & (VM_SHARED | VM_HUGETLB));
	struct vm_area_struct *prev;
	int err;

	find_vma_prev(mm, addr, &prev);
	if (!mergeable || !vma_merge(mm, prev, addr, addr + len, vm_flags, NULL,
				     file, pgoff, NULL)) {
		err = new_vma(mm, addr, len, vm_flags, file, pgoff);
		if (err)
			return err;
	}
	account_mapped(mm, vm_flags, len);
	return 0;
}

/* All but the place and the flags; -errno. */
static int mmap_region(struct mm_struct *mm, struct file *file, vaddr_t addr,
		       u64 len, u64 vm_flags, u64 pgoff)
{
	u64 nr_pages = len >> PAGE_SHIFT;
	int err;

	if (!may_expand_vm(mm, vm_flags,
			   nr_pages - count_mapped(mm, addr, addr + len)))
		return -ENOMEM;
	if (is_accountable(vm_flags)) {
		if (!vm_enough_memory(nr_pages))
			return -ENOMEM;
		vm_flags |= VM_ACCOUNT;
	}
	err = do_munmap_locked(mm, addr, len);
	if (err)
		return err;
	if (vm_flags & VM_HUGETLB)
		vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT); /* they stay anyway */
	return map_free_region(mm, file, addr, len, vm_flags, pgoff);
}

/* Flags of the VMA and the offset it has; 0 or -errno. */
static int decide_flags(struct mm_struct *mm, const struct file *file,
			vaddr_t addr, u64 len, u64 prot, u64 flags,
			u64 *vm_flags, u64 *pgoff)
{
	*vm_flags = base_flags(mm, prot, flags);
	if ((flags & MAP_LOCKED) && !mm->rlimit_memlock)
		return -EPERM;
	if (!mlock_future_ok(mm, *vm_flags, len))
		return -EAGAIN;
	if (file)
		return file_flags(file, prot, flags, vm_flags);
	if (flags & MAP_HUGETLB) {
		*vm_flags |= VM_HUGETLB | VM_DONTEXPAND;
		*pgoff = 0;
		return anon_flags(flags, vm_flags);
	}
	/* Private pages are found by where they were first: their address. */
	*pgoff = (flags & MAP_TYPE) == MAP_PRIVATE ? addr >> PAGE_SHIFT : 0;
	return anon_flags(flags, vm_flags);
}

static s64 do_mmap_locked(struct mm_struct *mm, struct file *file, vaddr_t addr,
			  u64 len, u64 prot, u64 flags, u64 pgoff, u64 *vm_flags)
{
	s64 place;
	int err;

	if (mm->map_count > MAX_MAP_COUNT)
		return -ENOMEM;
	place = get_unmapped_area(mm, addr, len, flags);
	if (place < 0)
		return place;
	addr = (vaddr_t)place;
	if ((flags & MAP_FIXED_NOREPLACE) &&
	    find_vma_intersection(mm, addr, addr + len))
		return -EEXIST;
	err = decide_flags(mm, file, addr, len, prot, flags, vm_flags, &pgoff);
	if (!err)
		err = mmap_region(mm, file, addr, len, *vm_flags, pgoff);
	return err ? err : place;
}

/* None named, or 2 MiB. */
static bool huge_size_is_known(u64 flags)
{
	u64 shift = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;

	return !shift || shift == PMD_SHIFT;
}

static bool wants_pages(u64 flags, u64 vm_flags)
{
	return (vm_flags & VM_LOCKED) ||
	       (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
}

s64 do_mmap(struct mm_struct *mm, struct file *file, vaddr_t addr, u64 len,
	    u64 prot, u64 flags, u64 pgoff)
{
	u64 vm_flags = 0;
	s64 place;

	if (!len)
		return -EINVAL;
	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED;
	if (!(flags & MAP_FIXED) && addr)
		addr = max(addr & PAGE_MASK, (vaddr_t)MMAP_MIN_ADDR);
	if ((flags & MAP_HUGETLB) && (file || !huge_size_is_known(flags)))
		return -EINVAL;
	len = ALIGN(len, flags & MAP_HUGETLB ? PMD_SIZE : PAGE_SIZE);
	if (!len)
		return -ENOMEM;
	if (pgoff + (len >> PAGE_SHIFT) < pgoff)
		return -EOVERFLOW;
	down_write(&mm->mmap_lock);
	place = do_mmap_locked(mm, file, addr, len, prot, flags, pgoff,
			       &vm_flags);
	up_write(&mm->mmap_lock);
	POINT(mmap_region, place, len, prot, flags);
	if (place >= 0 && wants_pages(flags, vm_flags))
		mm_populate(mm, (vaddr_t)place, len);
	return place;
}
