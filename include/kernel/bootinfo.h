/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/bootinfo.h - what the boot loader handed over, copied out
 *
 * Units    bytes, physical addresses
 * Context  boot, before anything else is written to memory
 * Errors   parsers return -EINVAL when no memory map came out (bi then holds
 *          what else was found); all else is one pr_warn() naming tag, offset
 *          and rule, and the walk goes on
 * Owns     copies only: after parsing, the loader's memory is free, but for
 *          modules
 */
#pragma once

#include <kernel/types.h>
#include <mm/e820.h>

#define BOOT_CMDLINE_MAX 4096
#define BOOT_MODULES_MAX 32
#define BOOT_RANGES_MAX	 (4 * E820_MAX_ENTRIES) /* read; the map keeps less */

#define MULTIBOOT2_MAGIC 0x36d76289 /* in eax at entry */
#define PVH_MAGIC	 0x336ec578 /* first word of start_info */

enum boot_protocol { BOOT_NONE, BOOT_MULTIBOOT2, BOOT_PVH };

struct boot_module {
	paddr_t start; /* 0 <= start < end */
	paddr_t end;
	char name[64]; /* its command line's first word's last path part, printable;
			  "initrd" where the loader gave none */
};

struct boot_framebuffer {
	paddr_t addr; /* 0: none */
	u32 pitch, width, height;
	u8 bpp;
	u8 type; /* multiboot2: 0 indexed, 1 RGB, 2 EGA text */
};

struct boot_info {
	enum boot_protocol protocol;
	paddr_t info_start; /* where the loader's records lay */
	paddr_t info_end;
	bool efi;
	char loader[64];
	char cmdline[BOOT_CMDLINE_MAX];
	u8 rsdp[36];	   /* copy from the boot tags */
	u32 rsdp_len;	   /* 0: none, 20 or 36 */
	paddr_t rsdp_addr; /* PVH gives the address instead; 0: none */
	struct boot_framebuffer fb;
	u32 nr_modules;
	struct boot_module modules[BOOT_MODULES_MAX];
};

/*
 * Walk the multiboot2 information of at most `limit` readable bytes at info
 * (physical address phys). Fills bi and adds the memory map to map, as it
 * comes. Every step is bounded by total_size, by limit and by 64 MiB.
 */
int multiboot2_parse(const void *info, size_t limit, paddr_t phys,
		     struct boot_info *bi, struct e820_table *map);

/* The same for PVH's start_info at phys; reads through early_memremap(). */
int pvh_parse(paddr_t phys, struct boot_info *bi, struct e820_table *map);

/*
 * What both parsers end in. text need not be NUL-ended: at most len bytes are
 * read. `where` begins the warning ("multiboot2: tag 3 at 0x40").
 */
void boot_set_cmdline(struct boot_info *bi, const char *where, const char *text,
		      size_t len);
void boot_add_range(struct e820_table *map, u64 addr, u64 size, u32 type);
/* nr, or as many as are read, with a line */
u32 boot_limit_ranges(const char *where, u32 nr);
void boot_set_loader(struct boot_info *bi, const char *text, size_t len);
void boot_add_module(struct boot_info *bi, const char *where, paddr_t start,
		     paddr_t end, const char *text, size_t len);
