/* SPDX-License-Identifier: MIT */
/*
 * include/arch/host.h - what host programs may ask of the host port
 *
 * Not for mm/ and kernel/: only tests/host, tools and arch/host include it.
 */
#pragma once

#include <kernel/types.h>

extern bool host_console_quiet; /* drop console output */
/* Takes console output in place of stdout when set. */
extern void (*host_console_hook)(const char *s, size_t len);
/* A hook for tools whose stdout is data. */
void host_console_to_stderr(const char *text, size_t len);

/*
 * Simulated physical memory: [0, size) zero-filled. early_memremap() gives
 * pointers into it, and NULL outside. Rebuilding drops the old one.
 */
void host_phys_init(u64 size);
u8 *host_phys(paddr_t addr); /* no bounds check */
void host_phys_drop(void);
/* Zero-filled address space, given back with the memory. */
u64 host_reserve(u64 size);

/*
 * vmalloc's range, in which a page of simulated memory can be shown a second
 * time. hide: it faults there again. host_paging_reset(): nothing is shown.
 */
bool host_phys_show(u64 virt, paddr_t phys);
void host_phys_hide(u64 virt);
void host_paging_reset(void);

/*
 * The software MMU: memory behind a program's address up to the end of its
 * page, as the current thread may access it; NULL: a page fault. No MMU: NULL.
 */
extern void *(*host_user_translate)(u64 addr, bool write);

struct e820_entry;

/* What firmware would say of a made-up machine. */
struct host_node_memory {
	u32 nid;
	paddr_t start, end;
};

struct host_machine_desc {
	u64 phys_size; /* bytes simulated: RAM ends below */
	const struct e820_entry *entries;
	u32 nr_entries;
	const struct host_node_memory *memory;
	u32 nr_memory;
	u32 nr_nodes;	/* at distance 21 from each other */
	u32 nr_cpus;	/* in its tables, round robin over the nodes */
	u32 nr_running; /* of these have an area; 0 counts as 1 */
};

/*
 * Make kernel_mm() and its like answer for this machine, after mm/'s own boot;
 * a machine that is there is dropped first. The kernel image is at 2 MiB, so
 * there must be RAM.
 */
void host_machine_build(const struct host_machine_desc *desc);
void host_machine_drop(void);

/* The small machine of the self-tests, with areas for that many CPUs. */
void host_machine_init(u32 nr_cpus);
/*
 * Who calls becomes the first thread on CPU 0, and the others start. After
 * this a machine of several CPUs can't be dropped any more.
 */
void host_machine_run(void);
extern u32 host_test_scale; /* test_scale(): 10 */
/* Of that machine: firmware's tables may lie above RAM. */
#define HOST_PHYS_SIZE (192 * MiB)

/* --- the software MMU: arch/host/mmu.c --- */

enum host_access { HOST_READ, HOST_WRITE, HOST_EXEC };

/*
 * Where a user's address leads on this CPU, through its TLB, as an access in
 * ring 3 would: sets A and D. False: a fault. What ptr points to is good for
 * the rest of the page while interrupts are off.
 */
bool host_mmu_translate(vaddr_t addr, enum host_access access, void **ptr);
/* The same for the kernel's copies; NULL: a fault. */
void *host_mmu_user_ptr(u64 addr, bool write);

/* Accesses of ring 3 on what this CPU has loaded: how many bytes were done. */
u64 host_user_read(vaddr_t addr, void *buf, u64 len);
u64 host_user_write(vaddr_t addr, const void *buf, u64 len);
u64 host_user_exec(vaddr_t addr, void *buf, u64 len); /* fetches them */
/* Called when they fault; true: try again. NULL: they end there. */
extern bool (*host_user_fault)(vaddr_t addr, enum host_access access);

/*
 * At rest: every entry of every TLB is what the tables say, or less. How many
 * are not; a missing flush that was followed by no free is found like this.
 */
int host_tlb_check(void);
void host_mmu_reset(void);
