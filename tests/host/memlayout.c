// SPDX-License-Identifier: MIT
/*
 * tests/host/memlayout.c - what the kernel makes of another machine's memory
 *
 *	build/host/memlayout FILE
 *
 * FILE is the log of a Linux boot in the form of tests/data/e820/README.md:
 * the firmware's map, the command line, SRAT. The kernel's own code (mm/)
 * sanitises the map, finds nodes and lays out zones; its lines from "Zone
 * ranges:" to "On node N totalpages", which are Linux's lines, go to stdout
 * and can be compared with what Linux printed. All other messages go to
 * stderr.
 *
 * What this file does itself: parse, decide which lines apply, and translate
 * two lines into what older kernels (by the file's "# kernel:") print.
 * Nothing behind "## expected" is read.
 *
 * Exit status 0: laid out; 2: FILE could not be read or has no usable memory.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <arch/host.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_state.h>

static struct mm_state mm;

/* An "e820: update" or "remove" line, kept until the map is there. */
struct change {
	u64 addr, size;
	u32 old_type, new_type; /* new_type 0: remove */
};

static struct input {
	struct e820_table firmware, user;
	struct change *changes;
	u32 nr_changes;
	u32 nr_firmware_changes; /* those that the user map has already */
	u32 nr_before_mark;	 /* those up to the last "# last_pfn" */
	bool mark_seen, numa_seen;
	bool srat_refused;
	u32 kernel; /* 5.4 is 5004; 0: not told */
	char *cmdline;
} in;

static u32 version(u32 major, u32 minor)
{
	return major * 1000 + minor;
}

/* --- words of a line --- */

/* The text behind prefix, or NULL. */
static const char *after(const char *s, const char *prefix)
{
	return str_has_prefix(s, prefix) ? s + strlen(prefix) : NULL;
}

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* "<6>", "[    0.000000] " and the like, as dmesg and consoles add them. */
static const char *skip_stamp(const char *s)
{
	const char *p = s;

	if (*p == '<' && isdigit((u8)p[1]) && (p = strchr(p, '>')))
		s = ++p;
	p = skip_blanks(s);
	if (*p == '[') {
		p = skip_blanks(p + 1);
		if (!isdigit((u8)*p))
			return s;
		while (isdigit((u8)*p) || *p == '.')
			p++;
		if (*p == ']')
			s = skip_blanks(p + 1);
	}
	return skip_blanks(s);
}

/*
 * "[mem 0x0-0xfff]", inclusive, or as printed until 3.4 "0000 - 1000",
 * exclusive and hexadecimal without 0x. Returns what follows, or NULL.
 */
static const char *parse_range(const char *s, u64 *addr, u64 *size)
{
	const char *mem = after(skip_blanks(s), "[mem ");
	char *end;
	u64 last;

	s = mem ? mem : skip_blanks(s);
	if (!isxdigit((u8)*s))
		return NULL;
	*addr = strtoul(s, &end, 16);
	s = skip_blanks(end);
	if (*s++ != '-')
		return NULL;
	s = skip_blanks(s);
	if (!isxdigit((u8)*s))
		return NULL;
	last = strtoul(s, &end, 16);
	if (last < *addr)
		return NULL;
	*size = last - *addr + (mem && last - *addr < UINT64_MAX);
	if (mem && *end != ']')
		return NULL;
	return skip_blanks(end + (mem != NULL));
}

/* Linux's name of a type at s; what follows it, or NULL. */
static const char *parse_type(const char *s, u32 *type)
{
	static const struct {
		const char *name;
		u32 type;
	} names[] = {
		{ "usable", E820_TYPE_RAM },
		{ "System RAM", E820_TYPE_RAM },
		{ "reserved", E820_TYPE_RESERVED },
		{ "ACPI data", E820_TYPE_ACPI },
		{ "ACPI NVS", E820_TYPE_NVS },
		{ "unusable", E820_TYPE_UNUSABLE },
		{ "persistent (type 7)", E820_TYPE_PMEM },
		{ "persistent (type 12)", E820_TYPE_PRAM },
		{ "soft reserved", E820_TYPE_SOFT_RESERVED },
	};
	bool bracket = *(s = skip_blanks(s)) == '(';
	const char *rest;

	s += bracket;
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		rest = after(s, names[i].name);
		if (rest) {
			*type = names[i].type;
			return rest + (bracket && *rest == ')');
		}
	}
	rest = after(s, "type ");
	if (!rest || !isdigit((u8)*rest))
		return NULL;
	*type = (u32)strtoul(rest, (char **)&rest, 10);
	return rest + (bracket && *rest == ')');
}

/* --- the lines that count --- */

static bool map_line(const char *s, struct e820_table *table)
{
	u32 type = E820_TYPE_RESERVED;
	u64 addr, size;

	s = parse_range(s, &addr, &size);
	if (!s)
		return false;
	if (!parse_type(s, &type))
		pr_warn("memlayout: unknown type '%s', taken as reserved\n", s);
	e820__range_add(table, addr, size, type);
	return true;
}

static bool change_line(const char *s, bool update)
{
	struct change c = { 0 };

	s = parse_range(s, &c.addr, &c.size);
	if (s && *s)
		s = parse_type(s, &c.old_type);
	if (s && update) {
		s = after(skip_blanks(s), "==>");
		s = s ? parse_type(s, &c.new_type) : NULL;
	}
	if (!s)
		return false;
	in.changes = realloc(in.changes, (in.nr_changes + 1) * sizeof(c));
	in.changes[in.nr_changes++] = c;
	/* Without a mark: the map is final when NUMA begins. */
	if (!in.mark_seen && !in.numa_seen)
		in.nr_before_mark = in.nr_changes;
	return true;
}

/* "Node N PXM P [mem a-b] hotplug": the numbers are Linux's, not ours. */
static bool srat_memory_line(const char *s)
{
	u32 nid, pxm;
	u64 addr, size;
	int used = 0;

	if (sscanf(s, "Node %u PXM %u %n", &nid, &pxm, &used) < 2 || !used ||
	    nid >= MAX_NUMNODES)
		return false;
	s = parse_range(s + used, &addr, &size);
	if (!s)
		return false;
	mm.numa.nr_nodes = max(mm.numa.nr_nodes, nid + 1);
	mm.numa.pxm[nid] = pxm;
	numa_add_memblk(&mm.numa, (int)nid, addr, addr + size,
			strstr(s, "hotplug") != NULL);
	return true;
}

static bool srat_cpu_line(const char *s)
{
	u32 pxm, nid;
	int apic;

	if (sscanf(s, "PXM %u -> APIC %i -> Node %u", &pxm, &apic, &nid) < 3 ||
	    nid >= MAX_NUMNODES)
		return false;
	mm.numa.nr_nodes = max(mm.numa.nr_nodes, nid + 1);
	mm.numa.pxm[nid] = pxm;
	numa_add_cpu(&mm.numa, (u32)apic, (int)nid);
	return true;
}

static bool srat_line(const char *s)
{
	in.numa_seen = true;
	if (str_has_prefix(s, "SRAT not used"))
		in.srat_refused = true;
	else
		return srat_memory_line(s) || srat_cpu_line(s);
	return true;
}

static void kernel_line(const char *s)
{
	u32 major, minor;

	if (sscanf(s, "%u.%u", &major, &minor) == 2)
		in.kernel = version(major, minor);
}

static bool user_line(const char *s)
{
	if (!in.user.nr_entries)
		in.nr_firmware_changes = in.nr_changes;
	return map_line(s, &in.user);
}

static void cmdline_line(const char *s)
{
	free(in.cmdline);
	in.cmdline = strdup(s);
}

/* False: a line of a known kind that makes no sense. */
static bool input_line(const char *s)
{
	const char *rest;

	if ((rest = after(s, "BIOS-e820:")) || (rest = after(s, "BIOS-e801:")) ||
	    (rest = after(s, "BIOS-88:")) || (rest = after(s, "Xen:")))
		return map_line(rest, &in.firmware);
	if ((rest = after(s, "user:")))
		return user_line(rest);
	if ((rest = after(s, "e820: update ")) ||
	    (rest = after(s, "e820 update range:")))
		return change_line(rest, true);
	if ((rest = after(s, "e820: remove ")) ||
	    (rest = after(s, "e820 remove range:")))
		return change_line(rest, false);
	if ((rest = after(s, "ACPI: SRAT: ")) || (rest = after(s, "SRAT: ")))
		return srat_line(rest);
	if ((rest = after(s, "Command line:")) ||
	    (rest = after(s, "Kernel command line:")))
		cmdline_line(rest);
	else if ((rest = after(s, "# kernel:")))
		kernel_line(rest);
	else if (str_has_prefix(s, "No NUMA configuration found"))
		in.numa_seen = true;
	if (str_has_prefix(s, "# last_pfn printed here")) {
		in.mark_seen = true;
		in.nr_before_mark = in.nr_changes;
	}
	return true;
}

static void read_input(FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	for (u64 nr = 1; (len = getline(&line, &size, file)) >= 0; nr++) {
		while (len && strchr("\r\n\t ", line[len - 1]))
			line[--len] = '\0';
		if (str_has_prefix(line, "## expected"))
			break;
		if (!input_line(skip_stamp(line)))
			pr_warn("memlayout: line %lu ignored: %.200s\n", nr,
				line);
	}
	free(line);
}

/* --- from input to zones --- */

static void build_map(void)
{
	bool user = in.user.nr_entries != 0;
	struct e820_table *table = &mm.e820;
	u32 i = user ? in.nr_firmware_changes : 0;

	*table = user ? in.user : in.firmware;
	e820__update_table(table);
	if (!user && in.cmdline)
		e820__parse_cmdline(table, in.cmdline);
	for (; i < in.nr_before_mark; i++) {
		const struct change *c = &in.changes[i];

		if (c->new_type)
			e820__range_update(table, c->addr, c->size,
					   c->old_type, c->new_type);
		else
			e820__range_remove(table, c->addr, c->size,
					   c->old_type, c->old_type != 0);
	}
	trim_bios_range(table);
	mm.max_pfn = e820__end_of_ram_pfn(table, ~0UL);
	mm.max_low_pfn = e820__end_of_ram_pfn(table, 4 * GiB >> PAGE_SHIFT);
}

/* memblock's doubled arrays: the address is of the other machine. */
static void *any_memory(paddr_t addr __unused)
{
	void *p = mmap(NULL, 16 * MiB, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? abort(), NULL : p;
}

static void build_memblock(void)
{
	memblock_init(&mm.memblock);
	mm.memblock.to_virt = any_memory;
	e820__memblock_setup(&mm.e820, &mm.memblock);
	memblock_reserve(&mm.memblock, 0, 64 * KiB); /* the kernel's node */
}

static void build_nodes(void)
{
	char name[64], value[512], numa[512] = "";
	const char *pos = in.cmdline ? in.cmdline : "";

	zone_params_init(&mm.params);
	while (params_next(&pos, name, sizeof(name), value, sizeof(value))) {
		if (!strcmp(name, "numa"))
			strscpy(numa, value, sizeof(numa));
		else if (!strcmp(name, "kernelcore"))
			zone_param_kernelcore(&mm.params, value);
		else if (!strcmp(name, "movablecore"))
			zone_param_movablecore(&mm.params, value);
	}
	numa_init(&mm.numa, &mm.memblock, numa,
		  mm.numa.meminfo.nr_blks && !in.srat_refused);
}

/* --- output --- */

static bool older_than(u32 major, u32 minor)
{
	return in.kernel && in.kernel < version(major, minor);
}

/* A node without memory, before and since 5.18: see print_memoryless(). */
static bool hidden(const char *line)
{
	if (str_has_prefix(line, "  Device "))
		return older_than(4, 3); /* had no such zone */
	return older_than(5, 18) && strstr(line, " as memoryless") != NULL;
}

/* Until 4.18 the batch was half as large in large zones: 31, not 63. */
static bool print_old_batch(const char *line)
{
	char name[16];
	u64 pages, batch;

	if (!older_than(4, 19) ||
	    sscanf(line, "  %15s zone: %lu pages, LIFO", name, &pages) < 2)
		return false;
	batch = max(min(pages >> 10, 128UL) / 4, 1UL);
	batch += batch / 2;
	printf("  %s zone: %lu pages, LIFO batch:%lu\n", name, pages,
	       (1UL << (63 - __builtin_clzl(batch))) - 1);
	return true;
}

static bool skip_totalpages; /* of a hidden node */

static void layout_to_stdout(const char *s, size_t len)
{
	if (hidden(s)) {
		skip_totalpages = str_has_prefix(s, "Initmem");
		return;
	}
	if ((!skip_totalpages || !str_has_prefix(s, "On node")) &&
	    !print_old_batch(s))
		fwrite(s, 1, len, stdout);
	skip_totalpages = false;
}

/*
 * Up to 5.17 Linux sets up nodes that have only CPUs behind all others, in
 * the order of CPUs, and prints an empty range for them.
 */
static void print_memoryless(void)
{
	struct nodemask done = { 0 };

	for (u32 i = 0; older_than(5, 18) && i < mm.numa.nr_cpus; i++) {
		int nid = mm.numa.cpus[i].nid;

		if (mm.nodes[nid].node_present_pages || node_isset(nid, &done))
			continue;
		node_set(nid, &done);
		printf("Initmem setup node %d [mem 0x%016lx-0x%016lx]\n", nid,
		       0UL, 0UL);
		printf("On node %d totalpages: 0\n", nid);
	}
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

	if (!file) {
		fprintf(stderr, "usage: %s FILE (see tests/data/e820)\n",
			argv[0]);
		return 2;
	}
	host_console_hook = host_console_to_stderr;
	printk_set_time(false);
	printk_set_level(LOG_DEBUG + 1);
	numa_init_info(&mm.numa);
	read_input(file);
	fclose(file);
	build_map();
	build_memblock();
	build_nodes();
	host_console_hook = layout_to_stdout;
	free_area_init(&mm);
	print_memoryless();
	free(in.changes);
	free(in.cmdline);
	if (mm.max_pfn)
		return 0;
	fprintf(stderr, "%s: no usable memory\n", argv[1]);
	return 2;
}
