/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/errno.h - error numbers of Linux's ABI, returned negated
 */
#pragma once

#define EPERM	   1
#define ENOENT	   2
#define EINTR	   4
#define EIO	   5
#define ENXIO	   6
#define E2BIG	   7
#define ENOEXEC	   8
#define EBADF	   9
#define EAGAIN	   11
#define ENOMEM	   12
#define EACCES	   13
#define EFAULT	   14
#define EBUSY	   16
#define EEXIST	   17
#define ENODEV	   19
#define ENOTDIR	   20
#define EISDIR	   21
#define EINVAL	   22
#define EFBIG	   27
#define ENOSPC	   28
#define ERANGE	   34
#define ENOSYS	   38
#define EOVERFLOW  75
#define EOPNOTSUPP 95
