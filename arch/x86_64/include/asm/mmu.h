/* SPDX-License-Identifier: MIT */
#pragma once

static inline void arch_free_page(pfn_t pfn __unused, u32 order __unused)
{
}
