/* SPDX-License-Identifier: MIT */
/*
 * tests/programs/lib/demand.h - memory that the kernel needs for a program
 *
 *	demand_prepare(1000, 30, 60, seed);
 *	demand_take();		1,000 frames: page tables, pipes, files, threads
 *	demand_release_most();	30 per cent of these stay, by chance
 *	...			60 times
 *	demand_release_all();
 *
 * None of it can be moved. What a unit of each kind costs is known roughly; on
 * both kernels it is the same units that come and go.
 */
#pragma once

#include "program.h"

/* Records for that many rounds are made now. Exits when there is no memory. */
void demand_prepare(double frames, double keep_percent, u64 rounds, u64 seed);
/* How many frames of a round's could not be had. */
u64 demand_take(void);
void demand_release_most(void);
void demand_release_all(void);
