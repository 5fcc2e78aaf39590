/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/rculist.h - lists that are walked in RCU read sections
 *
 * Writers keep each other out by a lock. What is deleted still points onwards,
 * for who stands on it, until a grace period has passed: it is not put on
 * another list and not freed before.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/rcu.h>

static inline void list_add_tail_rcu(struct list_head *entry,
				     struct list_head *head)
{
	struct list_head *prev = head->prev;

	entry->next = head;
	entry->prev = prev;
	rcu_assign_pointer(prev->next, entry);
	head->prev = entry;
}

static inline void list_del_rcu(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	rcu_assign_pointer(entry->prev->next, entry->next);
	entry->prev = NULL;
}

#define list_entry_rcu(ptr, type, member) \
	container_of(rcu_dereference(ptr), type, member)

#define list_for_each_entry_rcu(pos, head, member)                         \
	for (pos = list_entry_rcu((head)->next, __typeof__(*pos), member); \
	     &pos->member != (head);                                       \
	     pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member))
