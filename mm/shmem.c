// SPDX-License-Identifier: MIT
/*
 * mm/shmem.c - shared anonymous memory: a file without a name
 *
 *	mmap(MAP_SHARED | MAP_ANONYMOUS)
 *	     └─► struct shmem: file ── address_space ──► pages, by offset
 *
 * Processes that share memory share a file's pages: they are found through the
 * page cache and by i_mmap, whoever came to have them by fork. No disk stands
 * behind them, so they are reckoned with anonymous pages: swapbacked, counted
 * as NR_SHMEM. tmpfs builds on the same mapping.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <mm/shmem.h>
#include <mm/slab.h>

struct shmem {
	struct file file;
	struct address_space mapping;
};

static DEFINE_LOCK_CLASS(shmem_pos_class, "shmem position", false);

void shmem_mapping_init(struct address_space *mapping, struct inode *host)
{
	address_space_init(mapping, host, NULL);
	mapping->swapbacked = true;
}

void mapping_destroy(struct address_space *mapping)
{
	WRITE_ONCE(mapping->i_size, 0);
	if (mapping->nrpages)
		truncate_inode_pages(mapping, 0);
	xa_destroy(&mapping->i_pages);
}

static void shmem_release(struct file *file)
{
	struct shmem *shmem = container_of(file, struct shmem, file);

	mapping_destroy(&shmem->mapping);
	kfree(shmem);
}

struct file *shmem_file_setup(u64 size, int *err)
{
	struct shmem *shmem = NULL;

	*err = -ENOMEM;
	if (!POINT_FAILS(shmem_file_setup, size))
		shmem = kzalloc(sizeof(*shmem), GFP_KERNEL);
	if (!shmem)
		return NULL;
	shmem_mapping_init(&shmem->mapping, NULL);
	shmem->mapping.i_size = ALIGN(size, PAGE_SIZE);
	shmem->file.f_count = 1;
	shmem->file.f_mode = FMODE_READ | FMODE_WRITE;
	shmem->file.f_mapping = &shmem->mapping;
	shmem->file.mmap = generic_file_mmap;
	shmem->file.release = shmem_release;
	mutex_init(&shmem->file.f_pos_lock, &shmem_pos_class);
	*err = 0;
	return &shmem->file;
}
