/* SPDX-License-Identifier: MIT */
#pragma once

#define DIRECT_MAP_BASE 0xffff800000000000UL
#define VMALLOC_BASE	0xffffc90000000000UL
#define DIRECT_MAP_SIZE (VMALLOC_BASE - DIRECT_MAP_BASE) /* 73 TiB */
#define VMALLOC_END	0xffffe90000000000UL
#define VMEMMAP_BASE	0xffffea0000000000UL
#define KERNEL_BASE	0xffffffff80000000UL /* physical 0 in the image map */
