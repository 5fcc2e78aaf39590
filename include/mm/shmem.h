/* SPDX-License-Identifier: MIT */
/*
 * include/mm/shmem.h - memory that is shared: files without a disk
 *
 * Units    bytes
 * Locks    none
 * Context  may sleep
 * Errors   NULL with -ENOMEM
 * Owns     the file's mapping and its pages, until the last reference goes
 */
#pragma once

#include <mm/filemap.h>

/* Pages of the mapping have no place but memory: tmpfs, shared memory. */
void shmem_mapping_init(struct address_space *mapping, struct inode *host);
/* The mapping ends: its pages are given back. Nobody maps them. */
void mapping_destroy(struct address_space *mapping);

/*
 * A file of zeros that has no name, for MAP_SHARED|MAP_ANONYMOUS; one
 * reference. NULL with *err.
 */
struct file *shmem_file_setup(u64 size, int *err);
