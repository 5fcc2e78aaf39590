// SPDX-License-Identifier: MIT
/*
 * tests/host/peer/refbuddy.c - a textbook buddy allocator
 *
 * What there is to compare with: a record of 64 bytes a frame, free chunks on
 * one doubly linked list an order through their records, split and merge by
 * Knuth (The Art of Computer Programming, volume 1, 2.5), a lock around them,
 * and before them a per-CPU list of order-0 frames that is refilled and
 * flushed by the batch. No zones, no types, no checks, no interrupts to
 * disable: everything that is not needed to hand out frames is left out.
 *
 * The lock's word is exchanged although there is one thread, as a kernel must.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "refbuddy.h"

#define BATCH 64u
#define HIGH  512u

_Static_assert(sizeof(struct ref_page) == 64, "a cache line a record");

static struct ref_page *pages;
static uint64_t nr_pages;
static struct ref_page heads[REF_MAX_ORDER + 1];
static struct ref_page *cpu_list; /* linked by next only */
static unsigned int cpu_count;
static uint32_t lock_word;

static void lock(void)
{
	while (__atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE))
		;
}

static void unlock(void)
{
	__atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE);
}

static void add(struct ref_page *page, unsigned int order)
{
	struct ref_page *head = &heads[order];

	page->state = (uint8_t)(order | REF_FREE);
	page->next = head->next;
	page->prev = head;
	head->next->prev = page;
	head->next = page;
}

static void del(struct ref_page *page)
{
	page->next->prev = page->prev;
	page->prev->next = page->next;
	page->state = 0;
}

static struct ref_page *take(unsigned int order)
{
	unsigned int o = order;
	struct ref_page *page;

	while (o <= REF_MAX_ORDER && heads[o].next == &heads[o])
		o++;
	if (o > REF_MAX_ORDER)
		return NULL;
	page = heads[o].next;
	del(page);
	while (o > order) {
		o--;
		add(page + (1ul << o), o);
	}
	return page;
}

static void put(struct ref_page *page, unsigned int order)
{
	uint64_t frame = (uint64_t)(page - pages);

	for (; order < REF_MAX_ORDER; order++) {
		uint64_t buddy = frame ^ (1ul << order);

		if (buddy >= nr_pages ||
		    pages[buddy].state != (order | REF_FREE))
			break;
		del(&pages[buddy]);
		frame &= ~(1ul << order);
	}
	add(&pages[frame], order);
}

static void refill(void)
{
	lock();
	for (unsigned int i = 0; i < BATCH; i++) {
		struct ref_page *page = take(0);

		if (!page)
			break;
		page->next = cpu_list;
		cpu_list = page;
		cpu_count++;
	}
	unlock();
}

static void flush(unsigned int nr)
{
	lock();
	while (nr-- && cpu_list) {
		struct ref_page *page = cpu_list;

		cpu_list = page->next;
		cpu_count--;
		put(page, 0);
	}
	unlock();
}

struct ref_page *ref_alloc(unsigned int order)
{
	struct ref_page *page;

	if (order) {
		lock();
		page = take(order);
		unlock();
		return page;
	}
	if (!cpu_count)
		refill();
	page = cpu_list;
	if (page) {
		cpu_list = page->next;
		cpu_count--;
	}
	return page;
}

void ref_free(struct ref_page *page, unsigned int order)
{
	if (order) {
		lock();
		put(page, order);
		unlock();
		return;
	}
	if (cpu_count >= HIGH)
		flush(BATCH);
	page->next = cpu_list;
	cpu_list = page;
	cpu_count++;
}

void ref_drain(void)
{
	flush(cpu_count);
}

uint64_t ref_frame(const struct ref_page *page)
{
	return (uint64_t)(page - pages);
}

void ref_create(uint64_t nr_frames)
{
	ref_drop();
	nr_pages = nr_frames & ~((1ul << REF_MAX_ORDER) - 1);
	pages = mmap(NULL, nr_pages * sizeof(*pages), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pages == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	for (unsigned int o = 0; o <= REF_MAX_ORDER; o++)
		heads[o].next = heads[o].prev = &heads[o];
	for (uint64_t i = 0; i < nr_pages; i++)
		pages[i].state = 0;
	for (uint64_t i = nr_pages; i; i -= 1ul << REF_MAX_ORDER)
		add(&pages[i - (1ul << REF_MAX_ORDER)], REF_MAX_ORDER);
}

void ref_drop(void)
{
	if (nr_pages)
		munmap(pages, nr_pages * sizeof(*pages));
	nr_pages = 0;
	cpu_list = NULL;
	cpu_count = 0;
}
