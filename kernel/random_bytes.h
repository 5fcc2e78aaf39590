/* SPDX-License-Identifier: MIT */
/*
 * kernel/random_bytes.h - bytes that a program can't easily foresee
 *
 * Not for secrets: a generator stirred by the cycle counter at each call.
 */
#pragma once

#include <kernel/types.h>

void get_random_bytes(void *buf, u64 len);
