// SPDX-License-Identifier: MIT
/*
 * kernel/main.c - boot order, and what the command line asks to be done
 *
 * Read start_kernel() first: it is the table of contents of the boot.
 */
#include <kernel/acpi.h>
#include <kernel/bootinfo.h>
#include <kernel/errno.h>
#include <kernel/fpu.h>
#include <kernel/fs.h>
#include <kernel/image.h>
#include <kernel/main.h>
#include <kernel/panic.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/rcu.h>
#include <kernel/run.h>
#include <kernel/sched_seed.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <kernel/thread.h>
#include <kernel/trace.h>
#include <kernel/verdict.h>
#include <kernel/workload.h>
#include <mm/init.h>
#include <mm/mm_state.h>
#include <arch/console.h>
#include <arch/cpu.h>
#include <arch/early_map.h>
#include <arch/hooks.h>
#include <arch/irq.h>
#include <arch/power.h>

#include "watch.h"

static struct mm_state mm;
static struct boot_info boot;
static struct acpi_tables acpi;
static struct madt_info madt;

struct mm_state *kernel_mm(void)
{
	return &mm;
}

const struct boot_info *kernel_boot_info(void)
{
	return &boot;
}

const struct madt_info *kernel_madt(void)
{
	return &madt;
}

u32 test_scale(void)
{
	return 1;
}

/* --- command line --- */

static struct {
	const char *selftest; /* glob, NULL: none */
	const char *workload; /* NAME[,key=value...], NULL: none */
	bool poweroff;
	bool plain;
	const char *numa;
} options;

static char selftest_glob[128], workload_spec[256], numa_option[64];

static int param_selftest(const char *value)
{
	strscpy(selftest_glob, *value ? value : "*", sizeof(selftest_glob));
	options.selftest = selftest_glob;
	return 0;
}

static int param_workload(const char *value)
{
	options.workload = workload_spec;
	return strscpy(workload_spec, value, sizeof(workload_spec)) ? 0 :
								     -EINVAL;
}

static int param_poweroff(const char *value __unused)
{
	options.poweroff = true;
	return 0;
}

static int param_term(const char *value)
{
	options.plain = !strcmp(value, "plain");
	return options.plain || !strcmp(value, "ansi") ? 0 : -EINVAL;
}

static int param_numa(const char *value)
{
	options.numa = numa_option;
	return strscpy(numa_option, value, sizeof(numa_option)) ? 0 : -EINVAL;
}

static int param_loglevel(const char *value)
{
	u64 level;

	if (kstrtou64(value, 10, &level) || level > 8)
		return -EINVAL;
	printk_set_level((int)level);
	return 0;
}

static int param_quiet(const char *value __unused)
{
	printk_set_level(LOG_WARNING);
	return 0;
}

static int param_kernelcore(const char *value)
{
	return zone_param_kernelcore(&mm.params, value);
}

static int param_movablecore(const char *value)
{
	return zone_param_movablecore(&mm.params, value);
}

static int param_slab_debug(const char *value)
{
	return slab_param_debug(&mm.slab_params, value);
}

static int param_slab_nomerge(const char *value __unused)
{
	mm.slab_params.nomerge = true;
	return 0;
}

/* mm/e820_cmdline.c walks the command line for these two itself. */
static int param_mem(const char *value __unused)
{
	return 0;
}

static int param_memmap(const char *value __unused)
{
	return 0;
}

BOOT_PARAM("selftest", param_selftest, "[=GLOB,...]: run self-tests suite.case");
BOOT_PARAM("workload", param_workload, "NAME[,key=value...]: run it");
BOOT_PARAM("poweroff", param_poweroff, "leave with the verdict when done");
BOOT_PARAM("term", param_term, "plain | ansi: what the console can show");
BOOT_PARAM("numa", param_numa, "off | fake=N | fake=SIZE | fake=NU");
BOOT_PARAM("loglevel", param_loglevel, "0 to 8: show messages below it");
BOOT_PARAM("quiet", param_quiet, "show errors only");
BOOT_PARAM("kernelcore", param_kernelcore, "SIZE | N%: not in zone Movable");
BOOT_PARAM("slab_debug", param_slab_debug,
	   "[FZPU][,GLOB]: check objects of caches; - not at all");
BOOT_PARAM("slab_nomerge", param_slab_nomerge, "like caches stay apart");
BOOT_PARAM("movablecore", param_movablecore, "SIZE | N%: in zone Movable");

BOOT_PARAM("mem", param_mem, "SIZE: use RAM below it");
BOOT_PARAM("memmap", param_memmap,
	   "SIZE@START, SIZE#START, SIZE$START, SIZE!START, exactmap");

/* --- boot --- */

static void read_boot_records(u64 magic, paddr_t info)
{
	int err = -EINVAL;

	if (magic == MULTIBOOT2_MAGIC) {
		/* Mapped by the boot tables from info to 4 GiB. */
		const void *records = early_memremap(info, 8);

		if (records)
			err = multiboot2_parse(records, 4 * GiB - info, info,
					       &boot, &mm.e820_firmware);
	} else if (magic == PVH_MAGIC) {
		err = pvh_parse(info, &boot, &mm.e820_firmware);
	} else {
		pr_err("boot: unknown boot loader magic 0x%lx\n", magic);
	}
	if (err)
		panic("boot: no usable boot information (magic 0x%lx at 0x%lx)",
		      magic, info);
}

static void *acpi_alloc(void *ctx __unused, size_t size)
{
	paddr_t addr = memblock_phys_alloc_range(&mm.memblock, size, 16, 0,
						 MEMBLOCK_ALLOC_ANYWHERE,
						 NUMA_NO_NODE);

	return addr ? phys_to_virt(addr) : NULL;
}

static void add_acpi_modules(void)
{
	for (u32 i = 0; i < boot.nr_modules; i++) {
		const struct boot_module *m = &boot.modules[i];
		const void *data = early_memremap(m->start, m->end - m->start);

		/* QEMU's -initrd under PVH has no way to name a module. */
		if (data && (!strcmp(m->name, "acpi") ||
			     acpi_module_looks_like(data, m->end - m->start)))
			acpi_add_module(&acpi, data, m->end - m->start);
	}
}

static void find_acpi(void)
{
	struct acpi_s5 s5;

	acpi.alloc = acpi_alloc;
	acpi_init(&acpi, boot.rsdp, boot.rsdp_len, boot.rsdp_addr);
	add_acpi_modules();
	if (acpi.table[ACPI_MADT] &&
	    acpi_parse_madt(acpi.table[ACPI_MADT], &madt))
		acpi.table[ACPI_MADT] = NULL;
	smp_number_cpus(&madt);
	if (!acpi_find_s5(&acpi, &s5))
		power_init(&s5);
}

static bool is_acpi_module(const struct boot_module *m)
{
	return !strcmp(m->name, "acpi") ||
	       acpi_module_looks_like(phys_to_virt(m->start),
				      m->end - m->start);
}

/* The module that isn't ACPI's is the initramfs; the first, if there are more. */
static void init_files(void)
{
	const void *archive = NULL;
	u64 size = 0;

	for (u32 i = 0; i < boot.nr_modules && !archive; i++) {
		const struct boot_module *m = &boot.modules[i];

		if (is_acpi_module(m))
			continue;
		archive = phys_to_virt(m->start);
		size = m->end - m->start;
	}
	if (fs_init(archive, size))
		panic("no memory for the file systems");
}

static void find_nodes(void)
{
	bool ok;

	numa_init_info(&mm.numa);
	ok = acpi.table[ACPI_SRAT] &&
	     !acpi_parse_srat(acpi.table[ACPI_SRAT], &mm.numa);
	if (ok && acpi.table[ACPI_SLIT])
		acpi_parse_slit(acpi.table[ACPI_SLIT], &mm.numa);
	/* CPUs that SRAT leaves out get a node, too. */
	for (u32 i = 0; i < madt.nr_cpus; i++)
		if (!numa_find_cpu(&mm.numa, madt.apic_id[i]))
			numa_add_cpu(&mm.numa, madt.apic_id[i], NUMA_NO_NODE);
	numa_init(&mm.numa, &mm.memblock, options.numa, ok);
}

static void __noreturn do_what_was_asked(void)
{
	if (options.selftest && test_run(options.selftest))
		verdict_fail("a self-test failed, or none matched");
	watch_boot_begin(options.plain);
	if (options.workload && workload_run(options.workload))
		verdict_fail("the workload failed");
	if (!run_asked())
		verdict_fail("a program of run= failed");
	watch_boot_end();
	if (!options.poweroff)
		shell_run(options.plain);
	verdict_poweroff();
}

void __noreturn start_kernel(u64 magic, paddr_t info)
{
	const struct kernel_image *image = kernel_image();

	pr_info("Tangram, a kernel about physical memory\n");
	read_boot_records(magic, info);
	arch_screen_init(&boot);
	pr_info("Command line: %s\n", boot.cmdline);
	mm_params_init(&mm);
	params_parse(boot.cmdline);
	mm_init_e820(&mm, boot.cmdline, image);
	mm_init_memblock(&mm, &boot, image);
	find_acpi();
	find_nodes();
	mm_init_paging(&mm, image);
	smp_prepare(&mm, &madt);
	mm_init_zones(&mm, image);
	if (slab_init(&mm))
		panic("no memory for kmalloc's caches");
	fpu_init();
	if (vmalloc_init(&mm))
		panic("no memory for vmalloc's records");
	if (mm_init_users())
		panic("no memory for what address spaces need");
	irq_init(acpi.table[ACPI_MADT] ? &madt : NULL);
	arch_irq_enable();
	sched_init();
	rcu_init();
	smp_init(&mm);
	trace_start();
	init_files();
	pr_info("Boot took %lu ms; %u CPU%s in the MADT\n",
		arch_time_ns() / 1000000, madt.nr_cpus,
		madt.nr_cpus == 1 ? "" : "s");
	if (process_init())
		panic("no memory for processes");
	kcompactd_run(&mm);
	hugetlb_boot(&mm);
	sched_seed_start();
	do_what_was_asked();
}
