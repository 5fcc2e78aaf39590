/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/string.h - memory and string functions, numbers from text
 *
 * Context  any; nothing here sleeps, allocates or locks
 * Errors   parsers return -EINVAL on a malformed number, -ERANGE on overflow
 *          and leave *out alone; nothing reads past a NUL
 *
 * The mem* and str* names are C's own; the host build takes them from libc.
 */
#pragma once

#include <kernel/types.h>
#include <stdarg.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *hay, const char *needle);

/* Copy at most size-1 characters and end with NUL; true if all of src fit. */
bool strscpy(char *dst, const char *src, size_t size);

/*
 * Copy text of at most len bytes (less if a NUL comes first) from outside into
 * dst of `size` bytes: what is not printable ASCII becomes '?'.
 */
void copy_printable(char *dst, size_t size, const char *text, size_t len);

/*
 * Copy what others may be writing, or reading, at this moment: pages of files.
 * Each word is as it was or as it becomes.
 */
static inline void memcpy_once(void *to, const void *from, size_t n)
{
	u64 *d = to;
	const u64 *s = from;
	size_t i = 0;

	if (!(((u64)to | (u64)from) & 7))
		for (; i < n / 8; i++)
			WRITE_ONCE(d[i], READ_ONCE(s[i]));
	for (i *= 8; i < n; i++)
		WRITE_ONCE(((u8 *)to)[i], READ_ONCE(((const u8 *)from)[i]));
}

bool str_has_prefix(const char *s, const char *prefix);

/* Shell-style match of the whole of s: '*' any run, '?' any one character. */
bool glob_match(const char *pattern, const char *s);

/*
 * Format into buf, always NUL-ended when size > 0; returns the length that
 * the whole text has. Conversions: d i u x X o c s p % with flags - 0 + space
 * #, width, precision (both may be *), lengths hh h l ll z t. No floats.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/* A whole string as a number; base 0 means 0x = 16, else 10. */
int kstrtou64(const char *s, unsigned int base, u64 *out);

/*
 * The number at s with an optional suffix K M G T P E (either case), as
 * Linux's memparse: hex with 0x. *end is set behind what was read, to s if
 * there was no number. Overflow saturates to 2^64-1 and sets *overflow.
 */
u64 memparse(const char *s, const char **end, bool *overflow);
