// SPDX-License-Identifier: MIT
#include <kernel/sort.h>
#include <kernel/test.h>

#include "mm_fixture.h"

struct pair {
	u32 key, copy;
	u8 pad[3]; /* an odd size */
};

static int cmp_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

TEST(sort, orders_and_keeps_every_element)
{
	static struct pair pairs[200];
	u64 seed = 7, sum = 0;

	for (u32 nr = 0; nr < ARRAY_SIZE(pairs); nr++) {
		for (u32 i = 0; i < nr; i++) {
			pairs[i].key = fixture_random(&seed) % 50;
			pairs[i].copy = ~pairs[i].key;
			sum += pairs[i].key;
		}
		sort(pairs, nr, sizeof(pairs[0]), cmp_key);
		for (u32 i = 0; i < nr; i++) {
			EXPECT_EQ(pairs[i].copy, ~pairs[i].key);
			EXPECT_TRUE(!i || pairs[i - 1].key <= pairs[i].key);
			sum -= pairs[i].key;
		}
		ASSERT_EQ(sum, 0);
	}
}
