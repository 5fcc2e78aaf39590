/* SPDX-License-Identifier: MIT */
/*
 * tests/programs/lib/tenants.h - processes that hold memory and watch over it
 *
 *	t = tenants_start(procs, pages, seed);
 *	tenants_fill(t);		every page is stamped
 *	tenants_keep(t, 50, true);	a random half stays, the rest is given back
 *	tenants_play(t, true);		they read and write what they have ...
 *	...				... while memory is moved under them
 *	tenants_play(t, false);
 *	wrong = tenants_end(t);		after a look at every byte
 *
 * Each page's stamp says whose it is, which one, and how often it was written.
 * A page that was given back must come back zeroed. Pages are of 4 KiB: huge
 * ones are off. All calls return when all processes have done their part.
 */
#pragma once

#include "program.h"

struct tenants;

/* So many pages together; nothing is touched yet. Exits without memory. */
struct tenants *tenants_start(u32 procs, u64 pages, u64 seed);
void tenants_fill(struct tenants *t);
/* Give back all but so many per cent, evenly (every second) or at random. */
void tenants_keep(struct tenants *t, u32 percent, bool at_random);
/* Give back so many, each at random. */
void tenants_drop(struct tenants *t, u64 pages);
/* Touch so many of those that were given back. */
void tenants_touch(struct tenants *t, u64 pages);
/* Look at pages and write to them, a little at a time, or rest. */
void tenants_play(struct tenants *t, bool play);
u64 tenants_pages(const struct tenants *t); /* that they have now */
u64 tenants_looks(const struct tenants *t); /* pages looked at so far */
/* Every page is looked at, and given back: how many bytes were wrong. */
u64 tenants_end(struct tenants *t);
