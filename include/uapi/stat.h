/* SPDX-License-Identifier: MIT */
/*
 * include/uapi/stat.h - what stat() tells, laid out as on Linux x86-64
 */
#pragma once

#include <kernel/types.h>

#define S_IFMT	 0170000u
#define S_IFIFO	 0010000u
#define S_IFCHR	 0020000u
#define S_IFDIR	 0040000u
#define S_IFBLK	 0060000u
#define S_IFREG	 0100000u
#define S_IFLNK	 0120000u
#define S_IFSOCK 0140000u

#define S_ISDIR(m) (((m)&S_IFMT) == S_IFDIR)
#define S_ISREG(m) (((m)&S_IFMT) == S_IFREG)
#define S_ISCHR(m) (((m)&S_IFMT) == S_IFCHR)
#define S_ISLNK(m) (((m)&S_IFMT) == S_IFLNK)

#define S_ISVTX 01000u

struct stat {
	u64 st_dev;
	u64 st_ino;
	u64 st_nlink;
	u32 st_mode;
	u32 st_uid;
	u32 st_gid;
	u32 pad0;
	u64 st_rdev;
	s64 st_size;
	s64 st_blksize;
	s64 st_blocks; /* of 512 bytes */
	s64 st_atime, st_atime_nsec;
	s64 st_mtime, st_mtime_nsec;
	s64 st_ctime, st_ctime_nsec;
	s64 unused[3];
};

_Static_assert(sizeof(struct stat) == 144, "as Linux's");
