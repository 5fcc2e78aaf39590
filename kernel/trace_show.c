// SPDX-License-Identifier: MIT
/*
 * kernel/trace_show.c - the rings of all CPUs as one text, by time
 *
 *	CPU 0	│ 1.0  1.3  1.9		next: 1.3  ┐
 *	CPU 1	│ 1.2  1.4		next: 1.4  ├─► the oldest: 1.3
 *	CPU 2	│			none	   ┘
 *
 * Showing leaves the records where they are, taking (trace_pipe) does not. Both
 * end with what was there when they began, so a machine that writes faster than
 * a reader prints holds nobody up. Records that are overwritten meanwhile are
 * left out; who takes them is told how many.
 */
#include <kernel/mutex.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/trace.h>

/* [trace_lock] the next record of each CPU, of those up to end */
static struct {
	u64 number[MAX_CPUS], end[MAX_CPUS];
	struct trace_record next[MAX_CPUS];
} walk;

/* The first readable one from number on; what is overwritten is passed by. */
static void look(u32 cpu)
{
	u64 first, end;

	while (walk.number[cpu] < walk.end[cpu] &&
	       !trace_read(cpu, walk.number[cpu], &walk.next[cpu])) {
		trace_bounds(cpu, &first, &end);
		walk.number[cpu] = max(walk.number[cpu] + 1, first);
	}
}

static void walk_begin(void)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		trace_bounds(cpu, &walk.number[cpu], &walk.end[cpu]);
		look(cpu);
	}
}

/* The CPU with the oldest record; MAX_CPUS: no record is left. */
static u32 oldest(void)
{
	u32 cpu, found = MAX_CPUS;

	for_each_online_cpu(cpu) {
		if (walk.number[cpu] >= walk.end[cpu])
			continue;
		if (found == MAX_CPUS ||
		    walk.next[cpu].time_ns < walk.next[found].time_ns)
			found = cpu;
	}
	return found;
}

static void walk_on(u32 cpu)
{
	walk.number[cpu]++;
	look(cpu);
}

/* --- trace --- */

static void show_header(struct seq *s)
{
	u64 entries, written;

	trace_count(&entries, &written);
	seq_printf(s,
		   "# tracer: nop\n#\n"
		   "# entries-in-buffer/entries-written: %lu/%lu   #P:%u\n#\n",
		   entries, written, num_online_cpus());
	seq_puts(s,
		 "#                                _-----=> irqs-off/BH-disabled\n"
		 "#                               / _----=> need-resched\n"
		 "#                              | / _---=> hardirq/softirq\n"
		 "#                              || / _--=> preempt-depth\n"
		 "#                              ||| / _-=> migrate-disable\n"
		 "#                              |||| /     delay\n"
		 "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
		 "#              | |         |   |||||     |         |\n");
}

void trace_show(struct seq *s)
{
	u32 cpu;

	mutex_lock(&trace_lock);
	show_header(s);
	walk_begin();
	for (cpu = oldest(); cpu < MAX_CPUS; cpu = oldest()) {
		trace_format_line(s, &walk.next[cpu]);
		walk_on(cpu);
	}
	mutex_unlock(&trace_lock);
}

/* --- trace_pipe --- */

struct lines {
	char *text;
	size_t len; /* what is there */
	size_t end; /* of the line that is being made, at most */
};

static void add_text(struct seq *s, const char *text, size_t len)
{
	struct lines *l = s->ctx;

	len = min(len, l->end - l->len);
	memcpy(l->text + l->len, text, len);
	l->len += len;
}

/* The record of the CPU as a line, after a word on those that were lost. */
static void take_line(struct seq *s, u32 cpu)
{
	u64 lost = trace_take(cpu, walk.number[cpu]);

	if (lost)
		seq_printf(s, "CPU:%u [LOST %lu EVENTS]\n", cpu, lost);
	trace_format_line(s, &walk.next[cpu]);
	walk_on(cpu);
}

void trace_show_taken(struct seq *s)
{
	u32 cpu;

	mutex_lock(&trace_lock);
	walk_begin();
	for (cpu = oldest(); cpu < MAX_CPUS; cpu = oldest())
		take_line(s, cpu);
	mutex_unlock(&trace_lock);
}

size_t trace_take_lines(char *buf, size_t size)
{
	struct lines lines = { .text = buf };
	struct seq s = { .write = add_text, .ctx = &lines };
	u32 cpu;

	mutex_lock(&trace_lock);
	walk_begin();
	for (cpu = oldest();
	     cpu < MAX_CPUS && size - lines.len >= TRACE_LINE_MAX;
	     cpu = oldest()) {
		lines.end = lines.len + TRACE_LINE_MAX;
		take_line(&s, cpu);
		buf[lines.len - 1] = '\n'; /* of a line that was cut */
	}
	mutex_unlock(&trace_lock);
	return lines.len;
}
