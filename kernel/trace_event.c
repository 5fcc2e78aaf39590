// SPDX-License-Identifier: MIT
/*
 * kernel/trace_event.c - events by name: which there are, switching them
 *
 *	set_event	kmem:mm_page_alloc compaction:* !kfree
 *			  │	  │	       │      └ off
 *			  │	  └ name       └ all of a system
 *			  └ system
 *
 * A point has no system; kernel/trace_events.h gives it one. An event is on
 * when its point records (POINT_RING), so there is nothing else to keep, and
 * who asks looks at the points.
 */
#include <kernel/errno.h>
#include <kernel/mutex.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/trace.h>

#include "trace_events.h"

#define NAME_SIZE 96 /* of a word: system, ':', name */

static const struct trace_event events[] = {
#define EVENT(system_, name_, format_) \
	{ .system = #system_, .name = #name_, .format = format_ },
	TRACE_EVENTS(EVENT)
#undef EVENT
};

void trace_event_of(const char *name, struct trace_event *event)
{
	for (u32 i = 0; i < ARRAY_SIZE(events); i++)
		if (!strcmp(events[i].name, name)) {
			*event = events[i];
			return;
		}
	*event = (struct trace_event){ .system = "tangram", .name = name };
}

/* Linux's as they stand in the table, then those of ours. */
bool trace_event_nth(u32 n, struct point **point, struct trace_event *event)
{
	if (n < ARRAY_SIZE(events)) {
		*event = events[n];
		*point = point_find(events[n].name);
		return true;
	}
	*point = point_nth(n - ARRAY_SIZE(events));
	if (!*point)
		return false;
	trace_event_of((*point)->name, event);
	/* A name may stand in several places: the first is its own. */
	if (event->format || point_find((*point)->name) != *point)
		*point = NULL;
	return true;
}

/* --- switching --- */

/* What a word means: each NULL is anything. */
struct wanted {
	const char *system, *name;
	const char *either; /* without a colon: a name or a system */
};

/* Cuts text at the colon. */
static struct wanted parse(char *text)
{
	char *colon = strchr(text, ':');
	struct wanted w = { 0 };

	if (!colon) {
		w.either = text;
		return w;
	}
	*colon = '\0';
	w.system = *text ? text : NULL;
	w.name = colon[1] ? colon + 1 : NULL;
	return w;
}

static bool is_wanted(const struct wanted *w, const struct trace_event *event)
{
	if (w->either && !glob_match(w->either, event->name) &&
	    !glob_match(w->either, event->system))
		return false;
	if (w->system && !glob_match(w->system, event->system))
		return false;
	return !w->name || glob_match(w->name, event->name);
}

int trace_set_event(const char *name, bool on)
{
	char text[NAME_SIZE];
	struct trace_event event;
	struct point *point;
	struct wanted w;
	u32 nr = 0;

	if (!strscpy(text, name, sizeof(text)) || !*text)
		return -EINVAL;
	w = parse(text);
	for_each_trace_event(n, point, event) {
		if (!is_wanted(&w, &event))
			continue;
		/* With the first one, and only if there is one. */
		if (on && !nr && trace_alloc_buffers())
			return -ENOMEM;
		point_record(point->name, on);
		nr++;
	}
	return nr ? 0 : -EINVAL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == ',';
}

/*
 * The next word behind *pos; false: there is none. One that is too long to be a
 * name is cut, which is none either.
 */
static bool next_word(const char **pos, const char *end, char word[NAME_SIZE])
{
	const char *p = *pos;
	size_t len = 0;

	while (p < end && is_blank(*p))
		p++;
	for (; p < end && !is_blank(*p); p++)
		if (len < NAME_SIZE - 1)
			word[len++] = *p;
	word[len] = '\0';
	*pos = p;
	return len;
}

static int set_word(const char *word)
{
	return trace_set_event(word + (*word == '!'), *word != '!');
}

int trace_set_events(const char *text, size_t len)
{
	const char *pos = text, *end = text + len;
	char word[NAME_SIZE];
	int err = 0;

	while (!err && next_word(&pos, end, word))
		err = set_word(word);
	return err;
}

void trace_all_off(void)
{
	struct point *point;

	for (u32 n = 0; (point = point_nth(n)); n++)
		point_record(point->name, false);
}

char trace_system_state(const char *system)
{
	struct trace_event event;
	struct point *point;
	u32 nr_on = 0, nr = 0;

	for_each_trace_event(n, point, event) {
		if (*system && strcmp(system, event.system))
			continue;
		nr++;
		nr_on += READ_ONCE(point->on) & POINT_RING ? 1 : 0;
	}
	return !nr_on ? '0' : nr_on == nr ? '1' : 'X';
}

/* --- the command line --- */

static char at_boot[256];

static int param_trace_event(const char *value)
{
	return strscpy(at_boot, value, sizeof(at_boot)) ? 0 : -EINVAL;
}

static int param_trace_buf_size(const char *value)
{
	const char *end;
	bool overflow = false;
	u64 size = memparse(value, &end, &overflow);

	if (*end || overflow || size < KiB)
		return -EINVAL;
	trace_want_buffer_kb(size / KiB);
	return 0;
}

BOOT_PARAM("trace_event", param_trace_event,
	   "[SYSTEM:]NAME,...: record these events from the boot on");
BOOT_PARAM("trace_buf_size", param_trace_buf_size,
	   "SIZE: of each CPU's ring of records");

/* Nobody can type it again: one that is none leaves the others. */
void trace_start(void)
{
	const char *pos = at_boot, *end = at_boot + strlen(at_boot);
	char word[NAME_SIZE];

	while (next_word(&pos, end, word)) {
		int err = set_word(word);

		if (err)
			pr_warn("trace_event=%s: %s\n", word,
				err == -ENOMEM ? "no memory for the buffers" :
						 "no such event");
	}
}
