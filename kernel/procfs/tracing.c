// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/tracing.c - /sys/kernel/tracing: Linux's files of ftrace, as far
 * as they are about events
 *
 *	echo 'kmem:mm_page_alloc' > set_event	record these, and only these
 *	echo 'compaction:*' >> set_event	and these
 *	cat trace				what was recorded, by time
 *	cat trace_pipe				the same, taken out; waits for more
 *	echo > trace				forget it
 *
 * kernel/procfs/tracing_events.c has the files that say which. README has more
 * of it.
 */
#include <kernel/errno.h>
#include <kernel/mutex.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/trace.h>
#include <arch/cpu.h>

#define DIR "/sys/kernel/tracing"

/* --- the text --- */

static void show_trace(struct seq *s, u64 arg __unused)
{
	trace_show(s);
}

/* As on Linux, what is written doesn't matter. */
static int store_nothing(const char *text __unused, size_t len __unused,
			 u64 arg __unused)
{
	return 0;
}

static void clear_trace(u64 arg __unused)
{
	trace_clear_all();
}

VFILE_CLEAR(trace, DIR "/trace", show_trace, store_nothing, clear_trace);

/* For the kernel's own shell, which nothing interrupts: what there is now. */
static void show_pipe(struct seq *s, u64 arg __unused)
{
	trace_show_taken(s);
}

VFILE_OPS(trace_pipe, DIR "/trace_pipe", show_pipe, &trace_pipe_ops);

/* --- recording, memory --- */

static void show_on(struct seq *s, u64 arg __unused)
{
	seq_printf(s, "%d\n", READ_ONCE(trace_on));
}

static int store_on(const char *text, size_t len, u64 arg __unused)
{
	u64 value;

	if (vfile_number(text, len, 10, &value))
		return -EINVAL;
	WRITE_ONCE(trace_on, value != 0);
	trace_pipe_wake();
	return 0;
}

VFILE(tracing_on, DIR "/tracing_on", show_on, store_on);

/* Before the first event the rings take no memory; Linux says it so, too. */
static void show_size(struct seq *s, u64 nr_cpus)
{
	u64 kb = trace_buffer_kb() * nr_cpus;

	if (trace_has_buffers())
		seq_printf(s, "%lu\n", kb);
	else
		seq_printf(s, "0 (expanded: %lu)\n", kb);
}

static void show_buffer_size(struct seq *s, u64 arg __unused)
{
	show_size(s, 1);
}

static void show_total_size(struct seq *s, u64 arg __unused)
{
	show_size(s, num_online_cpus());
}

static int store_buffer_size(const char *text, size_t len, u64 arg __unused)
{
	u64 kb;

	return vfile_number(text, len, 10, &kb) ? -EINVAL :
						  trace_set_buffer_kb(kb);
}

VFILE(trace_buffer_size, DIR "/buffer_size_kb", show_buffer_size,
      store_buffer_size);
VFILE(trace_total_size, DIR "/buffer_total_size_kb", show_total_size, NULL);

static int store_free(const char *text __unused, size_t len __unused,
		      u64 arg __unused)
{
	trace_free_buffers();
	return 0;
}

VFILE(trace_free_buffer, DIR "/free_buffer", NULL, store_free);

static bool cpu_exists(u64 cpu)
{
	return cpu_online((u32)cpu);
}

static void show_ns(struct seq *s, const char *name, u64 ns)
{
	u64 us = (ns + 500) / 1000;

	seq_printf(s, "%s: %5lu.%06lu\n", name, us / 1000000, us % 1000000);
}

static void show_cpu_stats(struct seq *s, u64 cpu)
{
	struct trace_record oldest = { 0 };
	u64 first, end;

	mutex_lock(&trace_lock);
	trace_bounds((u32)cpu, &first, &end);
	seq_printf(s, "entries: %lu\noverrun: %lu\ncommit overrun: 0\n",
		   end - first, trace_overrun((u32)cpu));
	seq_printf(s, "bytes: %lu\n", (end - first) * trace_record_size());
	trace_read((u32)cpu, first, &oldest);
	show_ns(s, "oldest event ts", oldest.time_ns);
	show_ns(s, "now ts", arch_time_ns());
	seq_printf(s, "dropped events: 0\nread events: %lu\n",
		   trace_taken((u32)cpu));
	mutex_unlock(&trace_lock);
}

VFILE_N(trace_cpu_stats, DIR "/per_cpu/cpu%/stats", show_cpu_stats, NULL,
	cpu_exists);

/* --- what never changes --- */

static void show_text(struct seq *s, u64 text)
{
	seq_puts(s, (const char *)text);
}

static int store_tracer(const char *text, size_t len, u64 arg __unused)
{
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	return len == 3 && !strncmp(text, "nop", 3) ? 0 : -EINVAL;
}

VFILE_ARG(available_tracers, DIR "/available_tracers", show_text, NULL, NULL,
	  (u64) "nop\n");
VFILE_ARG(current_tracer, DIR "/current_tracer", show_text, store_tracer, NULL,
	  (u64) "nop\n");
VFILE_ARG(trace_clock, DIR "/trace_clock", show_text, NULL, NULL,
	  (u64) "[local]\n");
VFILE_ARG(
	trace_readme, DIR "/README", show_text, NULL, NULL,
	(u64) "tracing: the events of this kernel, recorded and shown\n"
	      "\n"
	      "  available_events  which there are: system:name\n"
	      "  set_event         which are recorded; > these only, >> these too\n"
	      "                    kmem:mm_page_alloc  compaction:*  migrate  !kmem:kfree\n"
	      "  events/S/enable   0 or 1: all of a system; events/S/NAME/enable: one\n"
	      "  events/S/NAME/format  its fields, and how they are printed\n"
	      "  tracing_on        0: record nothing for now, 1: go on\n"
	      "  trace             what was recorded, by time; echo > trace forgets it\n"
	      "  trace_pipe        the same, but taken out; waits for more\n"
	      "  buffer_size_kb    for each CPU; writing it begins with empty ones\n"
	      "  free_buffer       write anything: give the memory back\n"
	      "  per_cpu/cpuN/stats  entries, and those overwritten before they were read\n"
	      "\n"
	      "Linux's tracepoints print Linux's fields; the system tangram has the points\n"
	      "of this kernel's own. On the command line: trace_event=kmem:*,migrate:*\n"
	      "and trace_buf_size=SIZE.\n");
