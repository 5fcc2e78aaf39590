// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/tracing_events.c - /sys/kernel/tracing: which events there are,
 * and which are recorded
 *
 *	available_events, set_event		system:name
 *	events/enable				all
 *	events/migrate/enable			a system
 *	events/kmem/mm_page_free/enable		one
 *	                        /format, /id	what its records hold
 *
 * An event's number is its place in the list of all (trace_event_nth()); its ID
 * is one more, as 0 is none. A system's folder is there even if no event of it
 * is.
 */
#include <kernel/errno.h>
#include <kernel/string.h>
#include <kernel/trace.h>

#include "../trace_events.h"

#define DIR "/sys/kernel/tracing"

static bool is_on(const struct point *point)
{
	return READ_ONCE(point->on) & POINT_RING;
}

static void show_event_names(struct seq *s, u64 only_on)
{
	struct trace_event event;
	struct point *point;

	for_each_trace_event(n, point, event)
		if (!only_on || is_on(point))
			seq_printf(s, "%s:%s\n", event.system, event.name);
}

static int store_set_event(const char *text, size_t len, u64 arg __unused)
{
	return trace_set_events(text, len);
}

static void clear_set_event(u64 arg __unused)
{
	trace_all_off();
}

VFILE(trace_available, DIR "/available_events", show_event_names, NULL);
__VFILE(trace_set_event, DIR "/set_event", show_event_names, store_set_event,
	.arg = true, .clear = clear_set_event);

/* --- systems --- */

enum trace_system {
#define SYSTEM(name) SYSTEM_##name,
	TRACE_SYSTEMS(SYSTEM)
#undef SYSTEM
};

static const char *const system_names[] = {
#define SYSTEM(name) #name,
	TRACE_SYSTEMS(SYSTEM)
#undef SYSTEM
		"", /* all */
};
#define ALL_SYSTEMS (ARRAY_SIZE(system_names) - 1)

static int read_switch(const char *text, size_t len, bool *on)
{
	u64 value;

	if (vfile_number(text, len, 10, &value) || value > 1)
		return -EINVAL;
	*on = value;
	return 0;
}

static void show_system_enable(struct seq *s, u64 system)
{
	seq_printf(s, "%c\n", trace_system_state(system_names[system]));
}

static int store_system_enable(const char *text, size_t len, u64 system)
{
	char word[40];
	bool on;

	if (read_switch(text, len, &on))
		return -EINVAL;
	snprintf(word, sizeof(word), "%s:", system_names[system]);
	return trace_set_event(word, on);
}

/* --- one event --- */

static const char *nth_event_name(u64 n, u64 system)
{
	struct trace_event event;
	struct point *point;

	if (!trace_event_nth((u32)n, &point, &event))
		return NULL;
	return point && !strcmp(event.system, system_names[system]) ?
		       event.name :
		       "";
}

static const struct point *nth_point(u64 n)
{
	struct trace_event event;
	struct point *point;

	trace_event_nth((u32)n, &point, &event);
	return point;
}

static void show_enable(struct seq *s, u64 n)
{
	seq_puts(s, is_on(nth_point(n)) ? "1\n" : "0\n");
}

static int store_enable(const char *text, size_t len, u64 n)
{
	bool on;

	if (read_switch(text, len, &on))
		return -EINVAL;
	return trace_set_event(nth_point(n)->name, on);
}

static void show_format(struct seq *s, u64 n)
{
	trace_show_format(s, (u32)n + 1, nth_point(n));
}

static void show_id(struct seq *s, u64 n)
{
	seq_printf(s, "%lu\n", n + 1);
}

#define EVENT_FILE(name, file, show, store)                                  \
	VFILE_NAMED(event_##file##_##name, DIR "/events/" #name "/%/" #file, \
		    show, store, nth_event_name, SYSTEM_##name)
#define SYSTEM(name)                                                 \
	VFILE_ARG(enable_all_##name, DIR "/events/" #name "/enable", \
		  show_system_enable, store_system_enable, NULL,     \
		  SYSTEM_##name);                                    \
	EVENT_FILE(name, enable, show_enable, store_enable);         \
	EVENT_FILE(name, format, show_format, NULL);                 \
	EVENT_FILE(name, id, show_id, NULL);
TRACE_SYSTEMS(SYSTEM)
#undef SYSTEM
VFILE_ARG(enable_all, DIR "/events/enable", show_system_enable,
	  store_system_enable, NULL, ALL_SYSTEMS);
