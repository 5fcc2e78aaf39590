/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/list.h - circular doubly linked list, as in Linux
 *
 * Locks    the list owner's
 * Errors   deleting twice is a bug: a deleted entry points at itself, so
 *          that list_empty(entry) tells
 */
#pragma once

#include <kernel/types.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)     \
	{                        \
		&(name), &(name) \
	}

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_insert_between(struct list_head *entry,
				       struct list_head *prev,
				       struct list_head *next)
{
	next->prev = entry;
	entry->next = next;
	entry->prev = prev;
	WRITE_PLAIN(prev->next, entry); /* list_empty(), without a lock */
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	list_insert_between(entry, head, head->next);
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	list_insert_between(entry, head->prev, head);
}

/* The neighbours' links only. */
static inline void list_unlink(const struct list_head *entry)
{
	WRITE_PLAIN(entry->prev->next, entry->next);
	entry->next->prev = entry->prev;
}

static inline void list_del(struct list_head *entry)
{
	list_unlink(entry);
	INIT_LIST_HEAD(entry);
}

static inline void list_move_tail(struct list_head *entry,
				  struct list_head *head)
{
	list_unlink(entry);
	list_add_tail(entry, head);
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_PLAIN(head->next) == head;
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	list_unlink(entry);
	list_add(entry, head);
}

/*
 * head begins with at (or is empty: at is head): who walked up to there has taken
 * the entries before it, whose links are free for use.
 */
static inline void list_begin_at(struct list_head *head, struct list_head *at)
{
	at->prev = head;
	WRITE_PLAIN(head->next, at);
}

/* All of list, to the end of head; list is empty then. */
static inline void list_splice_tail_init(struct list_head *list,
					 struct list_head *head)
{
	if (list_empty(list))
		return;
	list->next->prev = head->prev;
	WRITE_PLAIN(head->prev->next, list->next);
	list->prev->next = head;
	head->prev = list->prev;
	INIT_LIST_HEAD(list);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)

#define list_for_each_entry(pos, head, member)                         \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); \
	     &pos->member != (head);                                   \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))

#define list_for_each_entry_safe(pos, tmp, head, member)                  \
	for (pos = list_entry((head)->next, __typeof__(*pos), member),    \
	    tmp = list_entry(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head); pos = tmp,                           \
	    tmp = list_entry(tmp->member.next, __typeof__(*pos), member))
