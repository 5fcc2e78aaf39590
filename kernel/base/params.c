// SPDX-License-Identifier: MIT
/*
 * kernel/base/params.c - words of the command line to their handlers
 */
#include <kernel/errno.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/string.h>

extern const struct boot_param __start_boot_params[], __stop_boot_params[];

#define NAME_MAX  64
#define VALUE_MAX 512

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct word {
	char *text;
	size_t size, len;
	bool cut;
};

static void word_put(struct word *w, char c)
{
	if (w->len + 1 < w->size)
		w->text[w->len++] = c;
	else
		w->cut = true;
}

bool params_next(const char **pos, char *name, size_t name_size, char *value,
		 size_t value_size)
{
	struct word n = { .text = name, .size = name_size };
	struct word v = { .text = value, .size = value_size };
	struct word *w = &n;
	const char *p = *pos;
	bool quoted = false;

	while (is_blank(*p))
		p++;
	if (!*p)
		return false;
	for (; *p && (quoted || !is_blank(*p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '=' && w == &n)
			w = &v;
		else
			word_put(w, *p);
	}
	name[n.len] = '\0';
	value[v.len] = '\0';
	if (n.cut || v.cut)
		pr_warn("Command line: '%.32s...' is too long, cut\n", name);
	*pos = p;
	return true;
}

static bool name_equal(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char x = *a == '-' ? '_' : *a, y = *b == '-' ? '_' : *b;

		if (x != y)
			return false;
	}
	return *a == *b;
}

/* Control characters of a hostile command line stay off the terminal. */
static void make_printable(char *s)
{
	for (; *s; s++)
		if ((u8)*s < ' ' || (u8)*s > '~')
			*s = '?';
}

/* The family that the name belongs to, or else the parameter of that name. */
static const struct boot_param *find_param(const char *name)
{
	const struct boot_param *p;

	for (p = __start_boot_params; p < __stop_boot_params; p++)
		if (p->set_member ? str_has_prefix(name, p->name)
				  : name_equal(p->name, name))
			return p;
	return NULL;
}

static int set_param(const struct boot_param *p, const char *name,
		     const char *value)
{
	if (p->set_member)
		return p->set_member(name + strlen(p->name), value);
	return p->set(value);
}

int params_parse(const char *cmdline)
{
	char name[NAME_MAX], value[VALUE_MAX];
	const char *pos = cmdline;
	int unknown = 0;

	while (params_next(&pos, name, sizeof(name), value, sizeof(value))) {
		const struct boot_param *p = find_param(name);
		int err = p ? set_param(p, name, value) : -ENOENT;

		if (!err)
			continue;
		make_printable(name);
		make_printable(value);
		if (err != -ENOENT) {
			pr_warn("Malformed value: %s=%s (%s)\n", name, value,
				p->help);
			continue;
		}
		unknown++;
		pr_warn("Unknown kernel command line word: %s\n", name);
	}
	return unknown;
}
