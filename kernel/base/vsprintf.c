// SPDX-License-Identifier: MIT
/*
 * kernel/base/vsprintf.c - formatted text without allocation
 *
 * One pass over the format; each conversion is parsed into struct spec and
 * emitted through put(), which counts what does not fit. The contract is in
 * include/kernel/string.h.
 */
#include <kernel/string.h>

struct out {
	char *buf;
	size_t size;
	size_t len; /* what the whole text takes */
};

struct spec {
	bool left, plus, space, alt, zero, upper;
	bool is_signed;
	int width;
	int precision; /* -1: not given */
	unsigned int base;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_text(struct out *o, const struct spec *s, const char *text,
		     int len)
{
	if (!s->left)
		pad(o, ' ', s->width - len);
	for (int i = 0; i < len; i++)
		put(o, text[i]);
	if (s->left)
		pad(o, ' ', s->width - len);
}

/* Digits of v, last first, into digits[]; how many. Zero has one. */
static int number_digits(u64 v, unsigned int base, bool upper, char digits[24])
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	int n = 0;

	do {
		digits[n++] = set[v % base];
		v /= base;
	} while (v);
	return n;
}

static void put_number(struct out *o, const struct spec *s, u64 v, bool negative)
{
	char digits[24], prefix[3];
	int nr_prefix = 0, zeros, fill;
	int n = number_digits(v, s->base, s->upper, digits);

	if (s->precision == 0 && v == 0)
		n = 0;
	if (negative)
		prefix[nr_prefix++] = '-';
	else if (s->is_signed && (s->plus || s->space))
		prefix[nr_prefix++] = s->plus ? '+' : ' ';
	if (s->alt && s->base == 16 && v) {
		prefix[nr_prefix++] = '0';
		prefix[nr_prefix++] = s->upper ? 'X' : 'x';
	}
	zeros = max(0, s->precision - n);
	if (s->alt && s->base == 8 && zeros == 0)
		zeros = 1;
	fill = s->width - nr_prefix - zeros - n;
	if (s->zero && !s->left && s->precision < 0) {
		zeros += max(0, fill);
		fill = 0;
	}
	if (!s->left)
		pad(o, ' ', fill);
	for (int i = 0; i < nr_prefix; i++)
		put(o, prefix[i]);
	pad(o, '0', zeros);
	while (n > 0)
		put(o, digits[--n]);
	if (s->left)
		pad(o, ' ', fill);
}

static const char *parse_flags(const char *f, struct spec *s)
{
	for (;; f++) {
		switch (*f) {
		case '-':
			s->left = true;
			break;
		case '+':
			s->plus = true;
			break;
		case ' ':
			s->space = true;
			break;
		case '#':
			s->alt = true;
			break;
		case '0':
			s->zero = true;
			break;
		default:
			return f;
		}
	}
}

static const char *parse_int(const char *f, int *out)
{
	int v = 0;

	while (*f >= '0' && *f <= '9')
		v = min(v * 10 + (*f++ - '0'), 100000);
	*out = v;
	return f;
}

/* Bytes of the argument: hh 1, h 2, none 4, l ll z t j 8. */
static const char *parse_length(const char *f, int *bytes)
{
	*bytes = 4;
	if (*f == 'h') {
		*bytes = f[1] == 'h' ? 1 : 2;
		return f + (f[1] == 'h' ? 2 : 1);
	}
	if (*f == 'l') {
		*bytes = 8;
		return f + (f[1] == 'l' ? 2 : 1);
	}
	if (*f == 'z' || *f == 't' || *f == 'j') {
		*bytes = 8;
		return f + 1;
	}
	return f;
}

static void put_signed(struct out *o, struct spec *s, s64 v, int bytes)
{
	if (bytes == 1)
		v = (s8)v;
	else if (bytes == 2)
		v = (s16)v;
	s->is_signed = true;
	put_number(o, s, v < 0 ? -(u64)v : (u64)v, v < 0);
}

static void put_unsigned(struct out *o, struct spec *s, u64 v, int bytes)
{
	if (bytes < 8)
		v &= (1UL << bytes * 8) - 1;
	put_number(o, s, v, false);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	size_t limit = s->precision < 0 ? SIZE_MAX : (size_t)s->precision;

	if (!text)
		text = "(null)";
	put_text(o, s, text, (int)strnlen(text, limit));
}

/* In a struct, as a va_list that is an array can't be passed by address. */
struct args {
	va_list ap;
};

/* Width and precision, as numbers or as '*'. */
static const char *parse_size(const char *f, struct spec *s, struct args *args)
{
	if (*f == '*') {
		s->width = va_arg(args->ap, int);
		if (s->width < 0) {
			s->left = true;
			s->width = -s->width;
		}
		f++;
	} else {
		f = parse_int(f, &s->width);
	}
	if (*f != '.')
		return f;
	if (*++f != '*')
		return parse_int(f, &s->precision);
	s->precision = va_arg(args->ap, int);
	return f + 1;
}

static u32 unsigned_base(char conversion)
{
	if (conversion == 'o')
		return 8;
	return conversion == 'u' ? 10 : 16;
}

/* One conversion; an unknown one is shown as it stands. */
static void put_conversion(struct out *o, struct spec *s, char conversion,
			   int bytes, struct args *args)
{
	char c;

	switch (conversion) {
	case 'd':
	case 'i':
		put_signed(o, s,
			   bytes == 8 ? va_arg(args->ap, s64) :
					va_arg(args->ap, int),
			   bytes);
		break;
	case 'X':
	case 'x':
	case 'o':
	case 'u':
		s->upper = conversion == 'X';
		s->base = unsigned_base(conversion);
		put_unsigned(o, s,
			     bytes == 8 ? va_arg(args->ap, u64) :
					  va_arg(args->ap, unsigned int),
			     bytes);
		break;
	case 'p':
		s->alt = true;
		s->base = 16;
		put_number(o, s, (u64)va_arg(args->ap, void *), false);
		break;
	case 'c':
		c = (char)va_arg(args->ap, int);
		put_text(o, s, &c, 1);
		break;
	case 's':
		put_string(o, s, va_arg(args->ap, const char *));
		break;
	case '%':
		put(o, '%');
		break;
	default:
		put(o, '%');
		if (conversion)
			put(o, conversion);
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { .buf = buf, .size = size };
	const char *f = fmt;
	struct args args;

	va_copy(args.ap, ap);
	while (*f) {
		struct spec s = { .precision = -1, .base = 10 };
		int bytes;

		if (*f != '%') {
			put(&o, *f++);
			continue;
		}
		f = parse_flags(f + 1, &s);
		f = parse_size(f, &s, &args);
		f = parse_length(f, &bytes);
		put_conversion(&o, &s, *f, bytes, &args);
		f += *f != 0;
	}
	va_end(args.ap);
	if (size)
		buf[min(o.len, size - 1)] = '\0';
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len;
}
