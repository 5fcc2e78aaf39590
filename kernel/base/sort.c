// SPDX-License-Identifier: MIT
/*
 * kernel/base/sort.c - heapsort
 *
 * The array is made into a heap (every element is at least as large as its
 * two children at 2i+1 and 2i+2); then the largest, at the front, changes
 * places with the last of a part that shrinks. Chosen over quicksort because
 * hostile input cannot make it slow and because it needs no stack.
 */
#include <kernel/sort.h>

static void swap_bytes(u8 *a, u8 *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		u8 t = a[i];

		a[i] = b[i];
		b[i] = t;
	}
}

static void sift_down(u8 *base, size_t root, size_t nr, size_t size,
		      int (*cmp)(const void *a, const void *b))
{
	size_t child;

	while ((child = 2 * root + 1) < nr) {
		if (child + 1 < nr &&
		    cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + root * size, base + child * size) >= 0)
			return;
		swap_bytes(base + root * size, base + child * size, size);
		root = child;
	}
}

void sort(void *base, size_t nr, size_t size,
	  int (*cmp)(const void *a, const void *b))
{
	u8 *first = base;

	for (size_t i = nr / 2; i-- > 0;)
		sift_down(first, i, nr, size, cmp);
	for (size_t last = nr; last-- > 1;) {
		swap_bytes(first, first + last * size, size);
		sift_down(first, 0, last, size, cmp);
	}
}
