/* SPDX-License-Identifier: MIT */
/*
 * Doubly linked lists. A list is a ring of struct list_head, the head among
 * them, so no operation has a special case for the ends. An entry that
 * list_del() took out is a ring of its own: it may be taken out again, and
 * list_empty() of it is true.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <types.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void list_init(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_insert(struct list_head *entry, struct list_head *prev,
			       struct list_head *next)
{
	entry->prev = prev;
	entry->next = next;
	prev->next = entry;
	next->prev = entry;
}

/* Puts `entry` first (behind `head`). */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	list_insert(entry, head, head->next);
}

/* Puts `entry` last; or, given a member as `head`, just before it. */
static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	list_insert(entry, head->prev, head);
}

static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
	list_init(entry);
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

/* Moves all of `from` behind the last of `to`; `from` is empty then. */
static inline void list_splice_tail(struct list_head *from, struct list_head *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) \
	list_entry((head)->prev, type, member)
#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, __typeof__(*(pos)), member)

#define list_for_each(pos, head) \
	for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)

#define list_for_each_entry(pos, head, member) \
	for ((pos) = list_first_entry(head, __typeof__(*(pos)), member); \
	     &(pos)->member != (head); \
	     (pos) = list_next_entry(pos, member))

/* As above; `pos` may be taken out of the list in the loop's body. */
#define list_for_each_entry_safe(pos, tmp, head, member) \
	for ((pos) = list_first_entry(head, __typeof__(*(pos)), member), \
	     (tmp) = list_next_entry(pos, member); \
	     &(pos)->member != (head); \
	     (pos) = (tmp), (tmp) = list_next_entry(tmp, member))

#endif
