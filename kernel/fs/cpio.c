// SPDX-License-Identifier: MIT
/*
 * kernel/fs/cpio.c - reading an archive of the kind "newc"
 *
 *	0      6                              110        namesize
 *	"070701" 13 numbers of 8 hex digits   name NUL   pad to 4   data   pad to 4
 *
 * Headers begin at multiples of 4 from the archive's start. The entry
 * TRAILER!!! ends an archive; zeros may follow, and another archive.
 *
 * The archive is foreign input: each offset and size is compared with what is
 * left before it is used, in 64 bits, where sums of two 32-bit numbers and a
 * file's size can't overflow. Nothing is copied. At the first rule that is
 * broken the walk ends, with one line: where it was and which rule.
 */
#include <kernel/fs.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>

#define HEADER_SIZE 110
#define MAGIC_SIZE  6
#define DIGITS	    8
#define TRAILER	    "TRAILER!!!"

enum field {
	C_INO,
	C_MODE,
	C_UID,
	C_GID,
	C_NLINK,
	C_MTIME,
	C_FILESIZE,
	C_DEVMAJOR,
	C_DEVMINOR,
	C_RDEVMAJOR,
	C_RDEVMINOR,
	C_NAMESIZE,
	C_CHECK,
	NR_FIELDS
};

_Static_assert(MAGIC_SIZE + NR_FIELDS * DIGITS == HEADER_SIZE, "the header");

struct cpio {
	const u8 *bytes;
	u64 size;
	u64 at; /* offset of what comes next, <= size */
};

static int digit(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool read_field(const u8 *text, u32 *value)
{
	*value = 0;
	for (u32 i = 0; i < DIGITS; i++) {
		int d = digit(text[i]);

		if (d < 0)
			return false;
		*value = *value << 4 | (u32)d;
	}
	return true;
}

static bool has_magic(const u8 *p)
{
	return !memcmp(p, "070701", MAGIC_SIZE) ||
	       !memcmp(p, "070702", MAGIC_SIZE);
}

bool cpio_looks_like(const void *bytes, u64 size)
{
	return size >= MAGIC_SIZE && has_magic(bytes);
}

/* What it is instead of a header; NULL: a header. */
static const char *bad_header(const struct cpio *c)
{
	const u8 *p = c->bytes + c->at;
	u64 left = c->size - c->at;

	if (left >= 2 && p[0] == 0x1f && p[1] == 0x8b)
		return "compressed by gzip; only plain archives are read";
	if (left >= 4 && !memcmp(p, "\x28\xb5\x2f\xfd", 4))
		return "compressed by zstd; only plain archives are read";
	if (left >= 6 && !memcmp(p,
				 "\xfd"
				 "7zXZ",
				 5))
		return "compressed by xz; only plain archives are read";
	if (c->at & 3)
		return "an archive begins at a multiple of 4";
	if (left < HEADER_SIZE)
		return "a header needs 110 bytes";
	if (!has_magic(p))
		return "a header begins with 070701 or 070702";
	return NULL;
}

/* Fills f, which ends at `at`; the rule that is broken, or NULL. */
static const char *parse_header(struct cpio *c, u32 f[static NR_FIELDS])
{
	const char *rule = bad_header(c);

	if (rule)
		return rule;
	for (u32 i = 0; i < NR_FIELDS; i++)
		if (!read_field(c->bytes + c->at + MAGIC_SIZE + i * DIGITS,
				&f[i]))
			return "a header's numbers are hexadecimal";
	if (!f[C_NAMESIZE] || f[C_NAMESIZE] > PATH_MAX)
		return "a name has 1 to 4096 bytes, its NUL included";
	return NULL;
}

/* The entry at c->at; c->at moves behind it only if all of it is good. */
static const char *parse_entry(struct cpio *c, struct cpio_entry *e)
{
	u64 name = c->at + HEADER_SIZE, data, end;
	u32 f[NR_FIELDS];
	const char *rule = parse_header(c, f);

	if (rule)
		return rule;
	if (c->size - name < f[C_NAMESIZE])
		return "a name ends inside of the archive";
	data = ALIGN(name + f[C_NAMESIZE], 4UL);
	if (strnlen((const char *)c->bytes + name, f[C_NAMESIZE]) !=
	    f[C_NAMESIZE] - 1)
		return "a name has its first NUL at its end";
	if (f[C_FILESIZE] && (data > c->size || c->size - data < f[C_FILESIZE]))
		return "a file's data end inside of the archive";
	end = f[C_FILESIZE] ? data + f[C_FILESIZE] : min(data, c->size);
	*e = (struct cpio_entry){
		.name = (const char *)c->bytes + name,
		.data = c->bytes + min(data, c->size),
		.size = f[C_FILESIZE],
		.offset = c->at,
		.mode = f[C_MODE],
		.nlink = f[C_NLINK],
		.mtime = f[C_MTIME],
		.ino = f[C_INO],
	};
	c->at = min(ALIGN(end, 4UL), c->size);
	return NULL;
}

/* Over the zeros behind an archive; true: something else follows. */
static bool skip_zeros(struct cpio *c)
{
	while (c->at < c->size && !c->bytes[c->at])
		c->at++;
	return c->at < c->size;
}

int cpio_parse(const void *bytes, u64 size,
	       bool (*entry)(void *arg, const struct cpio_entry *e), void *arg)
{
	struct cpio c = { .bytes = bytes, .size = size };
	const char *rule = NULL;
	struct cpio_entry e;
	bool ended = true;
	int good = 0;

	while (c.at < size) {
		rule = parse_entry(&c, &e);
		if (rule)
			break;
		ended = !strcmp(e.name, TRAILER);
		if (ended && !skip_zeros(&c))
			break;
		if (ended)
			continue;
		if (!entry(arg, &e))
			return good;
		good++;
	}
	if (!rule && !ended)
		rule = "an archive ends with the entry TRAILER!!!";
	if (rule)
		pr_warn("initramfs: offset 0x%lx: %s; entries before it, used: %d\n",
			c.at, rule, good);
	return good;
}
