/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/unaligned.h - little-endian numbers at any address
 *
 * Firmware's tables are packed and may lie anywhere; a plain pointer to u32
 * would promise an alignment that nobody gave. The caller has checked that
 * the bytes are there.
 */
#pragma once

#include <kernel/string.h>

static inline u16 get_unaligned_le16(const void *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u32 get_unaligned_le32(const void *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u64 get_unaligned_le64(const void *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}
