/* SPDX-License-Identifier: MIT */
/*
 * include/mm/zone_check.h - the audit of a whole zone
 *
 * Context  nothing else may use the zone meanwhile
 */
#pragma once

struct mm_state;
struct zone;

/* free + stacks + isolated + allocated = managed, and every check below. */
int zone_check_all(struct mm_state *mm, struct zone *zone);
