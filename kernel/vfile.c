// SPDX-License-Identifier: MIT
/*
 * kernel/vfile.c - names of files to the functions behind them
 *
 * The linker gathers every VFILE() in one section; nothing else is stored.
 * A path is matched against each entry:
 *
 *	entry	/sys/devices/system/node/node%/meminfo
 *	path	/sys/devices/system/node/node12/meminfo	  the file, arg 12
 *	path	/sys/devices/system/node/node12		  a folder above it
 *
 * '%' takes a decimal number without leading zeros that exists() agrees to, or a
 * name of nth_name()'s list.
 * So a folder is what is a proper part of some entry, and listing it means
 * collecting the next parts: always the smallest name above the last one, so
 * that the list comes out sorted and each name once, without memory.
 *
 * Paths may hold "//", "." and ".."; relative ones start at "/".
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <kernel/vfile.h>

extern const struct vfile __start_vfiles[], __stop_vfiles[];

#define PATH_SIZE  256
#define NAME_SIZE  64
#define SEQ_MAX	   512
#define NR_NUMBERS 1024 /* '%' stands for less than this */

enum match { MATCH_NONE, MATCH_FILE, MATCH_DIR };

void seq_write(struct seq *s, const char *text, size_t len)
{
	s->written += len;
	s->write(s, text, len);
}

void seq_puts(struct seq *s, const char *text)
{
	seq_write(s, text, strlen(text));
}

void seq_printf(struct seq *s, const char *fmt, ...)
{
	char text[SEQ_MAX];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	WARN_ON(len >= SEQ_MAX); /* long texts go by seq_puts() */
	seq_write(s, text, min((size_t)len, sizeof(text) - 1));
}

int vfile_number(const char *text, size_t len, u32 base, u64 *number)
{
	char word[24];

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (len >= sizeof(word))
		return -EINVAL;
	memcpy(word, text, len);
	word[len] = '\0';
	return kstrtou64(word, base, number);
}

/* Take the last part off, for "..". */
static size_t parent_len(const char *path, size_t len)
{
	while (len && path[len - 1] != '/')
		len--;
	return len ? len - 1 : 0;
}

/* "/" becomes "", all else "/a/b". False: longer than any file's name. */
static bool normalise(const char *path, char out[static PATH_SIZE])
{
	size_t len = 0;

	while (*path) {
		size_t part = 0;

		while (*path == '/')
			path++;
		while (path[part] && path[part] != '/')
			part++;
		if (part == 2 && !strncmp(path, "..", 2)) {
			len = parent_len(out, len);
		} else if (part && !(part == 1 && *path == '.')) {
			if (len + part + 2 > PATH_SIZE)
				return false;
			out[len++] = '/';
			memcpy(out + len, path, part);
			len += part;
		}
		path += part;
	}
	out[len] = '\0';
	return true;
}

/* The number that '%' stands for at *s; moves *s behind it. */
static bool take_number(const struct vfile *f, const char **s, u64 *arg)
{
	const char *p = *s;
	u64 n = 0;

	while (*p >= '0' && *p <= '9' && n < NR_NUMBERS)
		n = n * 10 + (u64)(*p++ - '0');
	if (p == *s || (**s == '0' && p != *s + 1) || n >= NR_NUMBERS)
		return false;
	*s = p;
	*arg = n;
	return f->exists && f->exists(n);
}

/* The name at *s, up to the next '/', is one of the list; moves *s behind it. */
static bool take_name(const struct vfile *f, const char **s, u64 *arg)
{
	const char *slash = strchr(*s, '/'), *name;
	size_t len = slash ? (size_t)(slash - *s) : strlen(*s);

	for (u64 n = 0; (name = f->nth_name(n, f->arg)); n++) {
		if (strlen(name) != len || strncmp(name, *s, len))
			continue;
		*s += len;
		*arg = n;
		return true;
	}
	return false;
}

/* *rest is what of the entry follows a folder, without the '/'. */
static enum match match(const struct vfile *f, const char *path, u64 *arg,
			const char **rest)
{
	const char *p = f->path;

	*arg = f->arg;
	while (*path) {
		if (*p == '%') {
			if (f->nth_name ? !take_name(f, &path, arg) :
					  !take_number(f, &path, arg))
				return MATCH_NONE;
			p++;
		} else if (*p++ != *path++) {
			return MATCH_NONE;
		}
	}
	if (*p && *p != '/')
		return MATCH_NONE;
	if (f->exists && !strchr(f->path, '%') && !f->exists(f->arg))
		return MATCH_NONE;
	*rest = p + 1;
	return *p ? MATCH_DIR : MATCH_FILE;
}

static int find(const char *path, const struct vfile **out, u64 *arg)
{
	char name[PATH_SIZE];
	const char *rest;
	bool is_dir = false;

	if (!normalise(path, name))
		return -ENOENT;
	for (*out = __start_vfiles; *out < __stop_vfiles; ++*out) {
		enum match m = match(*out, name, arg, &rest);

		if (m == MATCH_FILE)
			return 0;
		is_dir |= m == MATCH_DIR;
	}
	return is_dir ? -EISDIR : -ENOENT;
}

int vfile_read(const char *path, struct seq *out)
{
	const struct vfile *f;
	u64 arg;
	int err = find(path, &f, &arg);

	if (err)
		return err;
	if (!f->show)
		return -EACCES;
	f->show(out, arg);
	return 0;
}

int vfile_append(const char *path, const char *text, size_t len)
{
	const struct vfile *f;
	u64 arg;
	int err = find(path, &f, &arg);

	if (err)
		return err;
	return f->store ? f->store(text, len, arg) : -EACCES;
}

void vfile_clear(const char *path)
{
	const struct vfile *f;
	u64 arg;

	if (!find(path, &f, &arg) && f->clear)
		f->clear(arg);
}

int vfile_write(const char *path, const char *text, size_t len)
{
	vfile_clear(path);
	return vfile_append(path, text, len);
}

const struct file_operations *vfile_ops(const char *path)
{
	const struct vfile *f;
	u64 arg;

	return find(path, &f, &arg) ? NULL : f->ops;
}

int vfile_rights(const char *path)
{
	const struct vfile *f;
	u64 arg;
	int err = find(path, &f, &arg);

	if (err)
		return err;
	return (f->show ? VFILE_READ : 0) | (f->store ? VFILE_WRITE : 0);
}

bool vfile_is_dir(const char *path)
{
	const struct vfile *f;
	u64 arg;

	return find(path, &f, &arg) == -EISDIR;
}

/* Compare names with numbers in them by value: node2 is before node10. */
static int compare_names(const char *a, const char *b)
{
	const char *x, *y;

	while (*a && *a == *b) {
		a++;
		b++;
	}
	x = a;
	y = b;
	while (*x >= '0' && *x <= '9' && *y >= '0' && *y <= '9') {
		x++;
		y++;
	}
	if (*x >= '0' && *x <= '9')
		return 1;
	if (*y >= '0' && *y <= '9')
		return -1;
	return (u8)*a - (u8)*b;
}

/* Search for the smallest name above `last`. */
struct lister {
	char last[NAME_SIZE]; /* "" at first */
	char best[NAME_SIZE]; /* "" when there is none */
};

static void consider(struct lister *l, const char *name)
{
	if (compare_names(name, l->last) <= 0)
		return;
	if (!l->best[0] || compare_names(name, l->best) < 0)
		strscpy(l->best, name, NAME_SIZE);
}

/* What '%' takes; NULL: there are no more, "": nothing. */
static const char *nth_name(const struct vfile *f, u64 n, char number[8])
{
	if (f->nth_name)
		return f->nth_name(n, f->arg);
	snprintf(number, 8, "%lu", n);
	return n >= NR_NUMBERS ? NULL : f->exists && f->exists(n) ? number : "";
}

static void consider_all(struct lister *l, const struct vfile *f,
			 const char *part, size_t len)
{
	size_t before = (size_t)(strchr(part, '%') - part);
	char name[NAME_SIZE], number[8];
	const char *nth;

	for (u64 n = 0; (nth = nth_name(f, n, number)); n++) {
		if (!*nth)
			continue;
		snprintf(name, sizeof(name), "%.*s%s%.*s", (int)before, part,
			 nth, (int)(len - before - 1), part + before + 1);
		consider(l, name);
	}
}

/* The first part of rest, with its '/' if something follows. */
static void consider_part(struct lister *l, const struct vfile *f,
			  const char *rest)
{
	const char *slash = strchr(rest, '/');
	size_t len = slash ? (size_t)(slash - rest) + 1 : strlen(rest);
	char name[NAME_SIZE];

	if (memchr(rest, '%', len)) {
		consider_all(l, f, rest, len);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, rest);
	consider(l, name);
}

static void find_next(struct lister *l, const char *dir)
{
	const char *rest;
	u64 arg;

	l->best[0] = '\0';
	for (const struct vfile *f = __start_vfiles; f < __stop_vfiles; f++)
		if (match(f, dir, &arg, &rest) == MATCH_DIR)
			consider_part(l, f, rest);
}

int vfile_list(const char *dir, void (*emit)(void *ctx, const char *name),
	       void *ctx)
{
	struct lister l = { .last = "" };
	const struct vfile *f;
	char name[PATH_SIZE];
	u64 arg;
	int err = find(dir, &f, &arg);

	if (err != -EISDIR)
		return err ? err : -ENOTDIR;
	normalise(dir, name);
	for (find_next(&l, name); l.best[0]; find_next(&l, name)) {
		emit(ctx, l.best);
		strscpy(l.last, l.best, NAME_SIZE);
	}
	return 0;
}
