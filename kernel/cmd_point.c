// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_point.c - list and switch the named places of kernel/point.h
 */
#include <kernel/point.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>

struct filter {
	const char *glob;
	u32 nr;
};

static void show_point(void *ctx, struct point *p)
{
	struct filter *f = ctx;

	if (!glob_match(f->glob, p->name))
		return;
	f->nr++;
	console_printf("  %-28s %-5s %8lu hits  (%s)\n", p->name,
		       p->on & POINT_TRACE ? "trace" : p->on ? "on" : "off",
		       p->hits, p->fields);
}

static int list_points(const char *glob)
{
	struct filter f = { .glob = glob };

	point_for_each(show_point, &f);
	if (!f.nr)
		console_printf("point: no point matches '%.64s'\n", glob);
	return f.nr ? 0 : 1;
}

static int cmd_point(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "list";
	const char *glob = argc > 2 ? argv[2] : "*";

	if (!strcmp(what, "trace"))
		point_enable(glob, POINT_TRACE);
	else if (!strcmp(what, "off"))
		point_disable(glob);
	else if (strcmp(what, "list")) {
		console_printf("usage: point list|trace|off [GLOB]\n");
		return 1;
	}
	return list_points(glob);
}

struct point_offer {
	void (*offer)(void *ctx, const char *word);
	void *ctx;
};

static void offer_point(void *ctx, struct point *p)
{
	struct point_offer *o = ctx;

	o->offer(o->ctx, p->name);
}

static void complete_point(int arg, const char *prefix __unused,
			   void (*offer)(void *ctx, const char *word),
			   void *ctx)
{
	struct point_offer o = { .offer = offer, .ctx = ctx };

	if (arg == 1) {
		offer(ctx, "list");
		offer(ctx, "off");
		offer(ctx, "trace");
	} else if (arg == 2) {
		point_for_each(offer_point, &o);
	}
}

SHELL_COMMAND(point, cmd_point, "list|trace|off [GLOB]",
	      "show or switch trace points\n"
	      "A traced point logs its fields each time it is passed.",
	      complete_point);
