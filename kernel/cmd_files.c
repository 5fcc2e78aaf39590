// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_files.c - cat, echo, ls
 *
 * The files of kernel/vfile.h are streamed, which takes no memory: they can be
 * looked at when there is none. All others are opened as programs do.
 */
#include <kernel/errno.h>
#include <kernel/fs.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/vfile.h>
#include <uapi/fcntl.h>

#define LIST_COLUMNS 78

static const char *error_text(int err)
{
	switch (-err) {
	case ENOENT:
		return "no such file or folder";
	case EISDIR:
		return "is a folder (try ls)";
	case ENOTDIR:
		return "is a file (try cat)";
	case EINVAL:
		return "value not understood";
	case ERANGE:
		return "value out of range";
	case ENOMEM:
		return "out of memory";
	case EROFS:
		return "is where nothing can be written";
	default:
		return "failed";
	}
}

static int report(const char *command, const char *path, int err)
{
	if (err)
		console_printf("%s: %.200s: %s\n", command, path,
			       error_text(err));
	return err;
}

static void write_to_console(struct seq *s __unused, const char *text,
			     size_t len)
{
	console_write(text, len);
}

/* The host's shell has no other files. */
static struct file *open_file(const char *path, u32 flags, int *err)
{
	*err = -ENOENT;
	return root_dentry() ? vfs_open(NULL, path, flags, 0644, err) : NULL;
}

static int cat_opened(const char *path)
{
	char text[256];
	struct file *file;
	u64 pos = 0;
	s64 nr;
	int err;

	file = open_file(path, O_RDONLY, &err);
	if (!file)
		return err;
	while ((nr = kernel_read(file, text, sizeof(text), pos)) > 0) {
		console_write(text, (size_t)nr);
		pos += (u64)nr;
	}
	fput(file);
	return (int)nr;
}

static int cat_file(const char *path)
{
	struct seq s = { .write = write_to_console };
	int err = vfile_read(path, &s);

	if (err == -ENOENT)
		err = cat_opened(path);
	if (err == -EACCES) {
		console_printf("cat: %.200s: can only be written\n", path);
		return err;
	}
	return report("cat", path, err);
}

static int cmd_cat(int argc, char **argv)
{
	int err = 0;

	if (argc < 2) {
		console_printf("usage: cat FILE...\n");
		return 1;
	}
	for (int i = 1; i < argc; i++)
		err |= cat_file(argv[i]);
	return err;
}

SHELL_COMMAND(cat, cmd_cat, "FILE...", "print files, such as /proc/zoneinfo",
	      NULL);

static int write_opened(const char *path, const char *text, size_t len,
			bool append)
{
	struct io_buf io = { (vaddr_t)text, len, .kernel = true };
	struct file *file;
	s64 nr;
	int err;

	file = open_file(
		path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), &err);
	if (!file)
		return err;
	nr = vfs_write(file, &io, &file->f_pos);
	fput(file);
	return nr < 0 ? (int)nr : 0;
}

static int write_file(const char *path, const char *text, size_t len,
		      bool append)
{
	int err = append ? vfile_append(path, text, len) :
			   vfile_write(path, text, len);

	if (err == -ENOENT)
		err = write_opened(path, text, len, append);
	if (err == -EACCES) {
		console_printf("echo: %.200s: can only be read\n", path);
		return err;
	}
	return report("echo", path, err);
}

/* The words up to '>' with single blanks and a newline; their length. */
static size_t join(int argc, char **argv, char *out)
{
	size_t len = 0;

	for (int i = 1; i < argc && !shell_is_redirect(argv[i]); i++) {
		if (i > 1)
			out[len++] = ' ';
		memcpy(out + len, argv[i], strlen(argv[i]));
		len += strlen(argv[i]);
	}
	out[len++] = '\n';
	return len;
}

static int cmd_echo(int argc, char **argv)
{
	/* Words came out of a line, so they and their blanks fit one. */
	static char text[SHELL_LINE_MAX + SHELL_ARGS_MAX];
	size_t len = join(argc, argv, text);
	int at = 1;

	while (at < argc && !shell_is_redirect(argv[at]))
		at++;
	if (at == argc) {
		console_write(text, len);
		return 0;
	}
	if (at != argc - 2 || shell_is_redirect(argv[argc - 1])) {
		console_printf("usage: echo VALUE > FILE\n");
		return 1;
	}
	return write_file(argv[at + 1], text, len, argv[at] == shell_append);
}

SHELL_COMMAND(echo, cmd_echo, "TEXT... [> FILE]",
	      "print text, or write it to a file\n"
	      "echo 1 > FILE sets a knob; in /tmp the file is made. >> adds to it.",
	      NULL);

struct listing {
	u32 width; /* of the widest name */
	u32 column;
	u32 to_fill; /* blanks up to the next column */
};

static void measure(void *ctx, const char *name)
{
	struct listing *l = ctx;

	l->width = max(l->width, (u32)strlen(name));
}

static void print_name(void *ctx, const char *name)
{
	struct listing *l = ctx;

	if (l->column + l->width > LIST_COLUMNS && l->column) {
		console_printf("\n");
		l->column = 0;
		l->to_fill = 0;
	}
	console_printf("%*s%s", (int)l->to_fill, "", name);
	l->column += l->width + 2;
	l->to_fill = l->width + 2 - (u32)strlen(name);
}

/* Directories of names get the '/' that vfile_list() gives. */
struct name_list {
	struct dir_context ctx;
	void (*emit)(void *arg, const char *name);
	void *arg;
};

static bool emit_name(struct dir_context *ctx, const char *name,
		      u64 ino __unused, u8 type)
{
	struct name_list *list = container_of(ctx, struct name_list, ctx);
	char shown[NAME_MAX + 2];

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return true;
	snprintf(shown, sizeof(shown), type == DT_DIR ? "%s/" : "%s", name);
	list->emit(list->arg, shown);
	return true;
}

static int list_opened(const char *dir,
		       void (*emit)(void *arg, const char *name), void *arg)
{
	struct name_list list = { { emit_name, 0 }, emit, arg };
	struct file *file;
	int err;

	file = open_file(dir, O_RDONLY, &err);
	if (!file)
		return err;
	err = vfs_iterate(file, &list.ctx);
	fput(file);
	return err;
}

/* What is in /proc and /sys is sorted; the root has more than these. */
static int list_names(const char *dir,
		      void (*emit)(void *arg, const char *name), void *arg)
{
	int err = root_dentry() && !strcmp(dir, "/") ?
			  -ENOENT :
			  vfile_list(dir, emit, arg);

	return err == -ENOENT ? list_opened(dir, emit, arg) : err;
}

static int cmd_ls(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : "/";
	struct listing l = { 0 };
	int err = list_names(dir, measure, &l);

	if (err)
		return report("ls", dir, err);
	list_names(dir, print_name, &l);
	console_printf("\n");
	return 0;
}

SHELL_COMMAND(ls, cmd_ls, "[FOLDER]", "list a folder's files", NULL);
