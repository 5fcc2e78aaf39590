/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/units.h - sizes for people
 *
 * Units    bytes in, text with a binary unit out
 * Context  any
 */
#pragma once

#include <kernel/types.h>

#define SIZE_TEXT_MAX 16

/*
 * "4 KiB", "1.9 GiB", "0 B": the largest unit of which there is at least one,
 * with one decimal, cut, when the size is no whole number of it.
 */
const char *format_size(u64 bytes, char buf[static SIZE_TEXT_MAX]);
