// SPDX-License-Identifier: MIT
/*
 * tests/kernel/mm_fixture.c - the one mm_state that boot-memory tests share
 */
#include <kernel/string.h>

#include "mm_fixture.h"

struct mm_state *fixture_mm(void)
{
	static struct mm_state mm;

	memset(&mm, 0, sizeof(mm));
	return &mm;
}
