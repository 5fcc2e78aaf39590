// SPDX-License-Identifier: MIT
/*
 * mm/init_users.c - what address spaces need, once there are slab and RCU
 */
#include <kernel/errno.h>
#include <mm/fault.h>
#include <mm/init.h>
#include <mm/mm_state.h>
#include <mm/mm_struct.h>
#include <mm/page_ref.h>
#include <mm/rmap.h>
#include <mm/xarray.h>

int mm_init_users(void)
{
	page_lock_init();
	compact_init(mm_active);
	if (xarray_init() || rmap_init() || fault_init() || mm_life_init())
		return -ENOMEM;
	hugetlb_init(mm_active);
	return 0;
}
