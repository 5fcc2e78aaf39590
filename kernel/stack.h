/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/types.h>

/* The lowest address of a new stack; 0: out of memory. May sleep. */
vaddr_t map_stack(s32 nid);
void unmap_stack(vaddr_t stack);
