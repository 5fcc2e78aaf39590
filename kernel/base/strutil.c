// SPDX-License-Identifier: MIT
/*
 * kernel/base/strutil.c - string helpers that C lacks, numbers from text
 */
#include <kernel/errno.h>
#include <kernel/string.h>

bool strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);
	bool fits = len < size;

	if (!size)
		return false;
	if (!fits)
		len = size - 1;
	memcpy(dst, src, len);
	dst[len] = '\0';
	return fits;
}

void copy_printable(char *dst, size_t size, const char *text, size_t len)
{
	size_t n = min(strnlen(text, len), size - 1);

	for (size_t i = 0; i < n; i++)
		dst[i] = text[i] < ' ' || text[i] > '~' ? '?' : text[i];
	dst[n] = '\0';
}

bool str_has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool glob_match(const char *pattern, const char *s)
{
	const char *star = NULL, *retry = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = s;
		} else if (*pattern == '?' || *pattern == *s) {
			pattern++;
			s++;
		} else if (star) { /* let the last star take one more */
			pattern = star;
			s = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	return 99;
}

/* Digits from s on in base (0: 0x is 16, else 10); saturates on overflow. */
static u64 parse_digits(const char *s, unsigned int base, const char **end,
			bool *overflow)
{
	const char *start = s;
	u64 v = 0;

	*overflow = false;
	if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x' &&
	    digit_value(s[2]) < 16) {
		base = 16;
		s += 2;
		start = s;
	} else if (base == 0) {
		base = 10;
	}
	for (; digit_value(*s) < (int)base; s++) {
		u64 next;

		if (__builtin_mul_overflow(v, (u64)base, &next) ||
		    __builtin_add_overflow(next, (u64)digit_value(*s), &next)) {
			*overflow = true;
			next = UINT64_MAX;
		}
		v = *overflow ? UINT64_MAX : next;
	}
	*end = s == start ? NULL : s;
	return v;
}

int kstrtou64(const char *s, unsigned int base, u64 *out)
{
	const char *end;
	bool overflow;
	u64 v = parse_digits(s, base, &end, &overflow);

	if (!end || *end)
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*out = v;
	return 0;
}

u64 memparse(const char *s, const char **end, bool *overflow)
{
	static const char suffixes[] = "kmgtpe";
	const char *digits_end, *suffix;
	u64 v = parse_digits(s, 0, &digits_end, overflow);
	unsigned int shift;

	if (!digits_end) {
		*end = s;
		return 0;
	}
	*end = digits_end;
	suffix = *digits_end ? strchr(suffixes, *digits_end | 0x20) : NULL;
	if (!suffix || !*suffix)
		return v;
	*end = digits_end + 1;
	shift = 10 * (unsigned int)(suffix - suffixes + 1);
	if (v > UINT64_MAX >> shift) {
		*overflow = true;
		return UINT64_MAX;
	}
	return v << shift;
}
