/* SPDX-License-Identifier: MIT */
/* The host maps its arena where the process has room: arch/host/arena.c. */
#pragma once

extern u64 host_direct_map_base;
extern u64 host_vmemmap_base;
extern u64 host_vmalloc_base;

#define DIRECT_MAP_BASE host_direct_map_base
#define DIRECT_MAP_SIZE (73UL << 40) /* as the kernel's, to drop the same */
#define VMEMMAP_BASE	host_vmemmap_base
/* vmalloc's range: arch/host/paging.c maps there. */
#define HOST_VMALLOC_SIZE (256UL << 20)
