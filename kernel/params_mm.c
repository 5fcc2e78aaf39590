// SPDX-License-Identifier: MIT
/*
 * kernel/params_mm.c - the command line's words for the memory manager
 *
 *	vm.watermark_scale_factor=100   any knob of /proc/sys/vm
 *	vm.lowmem_reserve_ratio="256 256 32 0 0"
 *	page_owner=on                   remember who took each page
 *	page_poison=1                   fill free pages, look when they go out
 *	init_on_free=1                  zero pages when they are freed
 *	debug=tlb_skip:unmap            drop TLB flushes of that reason
 *
 * They are read before there are zones, so zones are built with them.
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/page_debug.h>
#include <mm/sysctl.h>
#include <mm/tlb.h>

#include "procfs/procfs.h"

/* What is out of range has been told then; other words may follow. */
static int param_vm(const char *name, const char *value)
{
	const struct sysctl *ctl = sysctl_find(name);

	if (!ctl)
		return -ENOENT;
	sysctl_store(ctl, value, strlen(value));
	return 0;
}

BOOT_PARAM_FAMILY("vm.", param_vm, "any knob of /proc/sys/vm");

/* "on", "1" and nothing at all turn on, "off" and "0" off. */
static int set_debug(u32 what, const char *value)
{
	if (!*value || !strcmp(value, "on") || !strcmp(value, "1"))
		page_debug_set(page_debug_on | what);
	else if (!strcmp(value, "off") || !strcmp(value, "0"))
		page_debug_set(page_debug_on & ~what);
	else
		return -EINVAL;
	return 0;
}

static int param_page_owner(const char *value)
{
	return set_debug(DEBUG_PAGE_OWNER, value);
}

static int param_page_poison(const char *value)
{
	return set_debug(DEBUG_PAGE_POISON, value);
}

static int param_init_on_free(const char *value)
{
	return set_debug(DEBUG_INIT_ON_FREE, value);
}

#define TLB_SKIP "tlb_skip:"

/* May be given several times. */
static int param_debug(const char *value)
{
	if (strncmp(value, TLB_SKIP, sizeof(TLB_SKIP) - 1))
		return -EINVAL;
	return tlb_param_skip(value + sizeof(TLB_SKIP) - 1);
}

BOOT_PARAM("debug", param_debug,
	   "tlb_skip:REASON: drop such TLB flushes, to see a test fail");
BOOT_PARAM("page_owner", param_page_owner,
	   "on | off: remember who took each page");
BOOT_PARAM("page_poison", param_page_poison,
	   "1 | 0: fill free pages, check when they are taken");
BOOT_PARAM("init_on_free", param_init_on_free,
	   "1 | 0: zero pages when they are freed");
