// SPDX-License-Identifier: MIT
/*
 * kernel/random_bytes.c - for getrandom() and AT_RANDOM
 */
#include <kernel/random.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>
#include <arch/cpu.h>

#include "random_bytes.h"

static DEFINE_LOCK_CLASS(random_class, "random", false);
static struct spinlock lock = SPINLOCK_INIT(random_class);
static struct rng rng = { .state = 0x9e3779b97f4a7c15 };

void get_random_bytes(void *buf, u64 len)
{
	u8 *p = buf;
	u64 word;

	spin_lock(&lock);
	rng.state ^= arch_cycles();
	if (!rng.state)
		rng.state = 1;
	for (; len; p += min(len, 8UL), len -= min(len, 8UL)) {
		word = rng_next(&rng);
		memcpy(p, &word, min(len, 8UL));
	}
	spin_unlock(&lock);
}
