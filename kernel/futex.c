// SPDX-License-Identifier: MIT
/*
 * kernel/futex.c - sleeping until a word in user memory has changed
 *
 *	WAIT	lock; in the list; is the word still as expected?; sleep
 *	WAKE	lock; off the list, wake
 *
 * The word is read under the lock that a waker takes as well, so whoever
 * changes it and then wakes finds every sleeper that saw the old value. The
 * read must not fault there: if the page is away, it is faulted in without the
 * lock, and all begins anew.
 *
 * Words are told apart by address space and address; in shared mappings by file
 * and offset, since they have different addresses in different programs. The
 * two kinds cannot be equal by chance: a file is no address space.
 * Source: Franke, Russell, Kirkwood: Fuss, Futexes and Furwocks, 2002.
 */
#include <kernel/errno.h>
#include <kernel/process.h>
#include <mm/file.h>
#include <mm/mm_struct.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/uaccess.h>

#include "syscall.h"

#define FUTEX_WAIT	   0
#define FUTEX_WAKE	   1
#define FUTEX_REQUEUE	   3
#define FUTEX_CMP_REQUEUE  4
#define FUTEX_PRIVATE_FLAG 128
#define NR_BUCKETS	   256

struct futex_key {
	const void *space; /* mm_struct, or inode */
	u64 offset;
};

struct waiter {
	struct list_head list; /* [lock] */
	struct futex_key key;  /* [lock] */
	struct thread *thread;
	bool woken; /* [lock]; off the list */
};

static DEFINE_LOCK_CLASS(futex_class, "futexes", false);
static struct spinlock lock = SPINLOCK_INIT(futex_class);
static struct list_head buckets[NR_BUCKETS]; /* [lock] */

/* --- keys --- */

static struct list_head *bucket_of(const struct futex_key *key)
{
	u64 hash = ((u64)key->space >> 6) * 31 + (key->offset >> 2);
	struct list_head *bucket = &buckets[hash % NR_BUCKETS];

	if (unlikely(!bucket->next))
		INIT_LIST_HEAD(bucket);
	return bucket;
}

static bool key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->space == b->space && a->offset == b->offset;
}

static int shared_key(vaddr_t addr, struct futex_key *key)
{
	struct mm_struct *mm = current->mm;
	const struct vm_area_struct *vma;
	int err = 0;

	down_read(&mm->mmap_lock);
	vma = vma_lookup(mm, addr);
	if (!vma)
		err = -EFAULT;
	else if (vma->vm_file && (vma->vm_flags & VM_MAYSHARE))
		*key = (struct futex_key){ vma->vm_file->f_mapping,
					   (linear_page_index(vma, addr)
					    << PAGE_SHIFT) |
						   (addr & (PAGE_SIZE - 1)) };
	up_read(&mm->mmap_lock);
	return err;
}

static int get_key(vaddr_t addr, bool private, struct futex_key *key)
{
	if (addr % sizeof(u32))
		return -EINVAL;
	if (!access_ok(addr, sizeof(u32)))
		return -EFAULT;
	*key = (struct futex_key){ current->mm, addr };
	return private ? 0 : shared_key(addr, key);
}

/* --- waking --- */

static void wake_waiter(struct waiter *w)
{
	list_del(&w->list);
	WRITE_ONCE(w->woken, true);
	wake_up_thread(w->thread);
}

static u32 wake_locked(const struct futex_key *key, u32 nr)
{
	struct waiter *w, *next;
	u32 done = 0;

	list_for_each_entry_safe(w, next, bucket_of(key), list) {
		if (done == nr)
			break;
		if (!key_equal(&w->key, key))
			continue;
		wake_waiter(w);
		done++;
	}
	return done;
}

s64 futex_wake(vaddr_t addr, bool private, u32 nr)
{
	struct futex_key key;
	int err = get_key(addr, private, &key);
	u32 done;

	if (err)
		return err;
	spin_lock(&lock);
	done = wake_locked(&key, nr);
	spin_unlock(&lock);
	return done;
}

static u32 move_locked(const struct futex_key *from, const struct futex_key *to,
		       u32 nr)
{
	struct waiter *w, *next;
	u32 done = 0;

	list_for_each_entry_safe(w, next, bucket_of(from), list) {
		if (done == nr)
			break;
		if (!key_equal(&w->key, from))
			continue;
		w->key = *to;
		list_move(&w->list, bucket_of(to));
		done++;
	}
	return done;
}

/* --- the word under the lock --- */

/* Locks, unless there is an error: the word at addr is `expected`. */
static int lock_if_equal(vaddr_t addr, u32 expected)
{
	u32 value;

	for (;;) {
		spin_lock(&lock);
		if (!get_user_u32_nofault(&value, addr))
			break;
		spin_unlock(&lock);
		if (get_user_u32(&value, addr))
			return -EFAULT;
		if (signal_pending())
			return -EINTR;
	}
	if (value == expected)
		return 0;
	spin_unlock(&lock);
	return -EAGAIN;
}

/* Some go on, others now wait at another word: a condition's at its mutex. */
static s64 requeue(vaddr_t addr, vaddr_t addr2, bool private, u32 nr_wake,
		   u32 nr_move, const u32 *expected)
{
	struct futex_key from, to;
	int err = get_key(addr, private, &from);
	u32 done;

	if (!err)
		err = get_key(addr2, private, &to);
	if (!err && expected)
		err = lock_if_equal(addr, *expected);
	else if (!err)
		spin_lock(&lock);
	if (err)
		return err;
	done = wake_locked(&from, nr_wake);
	if (!key_equal(&from, &to))
		done += move_locked(&from, &to, nr_move);
	spin_unlock(&lock);
	return done;
}

/* --- waiting --- */

static int sleep_on(struct waiter *w, const u64 *deadline)
{
	int err = 0;
	u64 now;

	for (;;) {
		set_current_state(THREAD_SLEEPING);
		if (READ_ONCE(w->woken))
			break;
		err = signal_pending() ? -EINTR : 0;
		now = arch_time_ns();
		if (!err && deadline && now >= *deadline)
			err = -ETIMEDOUT;
		if (err)
			break;
		if (deadline)
			schedule_timeout((*deadline - now) / (1000000000 / HZ) +
					 1);
		else
			schedule();
	}
	set_current_state(THREAD_RUNNING);
	return err;
}

static s64 wait(vaddr_t addr, bool private, u32 expected, const u64 *deadline)
{
	struct waiter w = { .thread = current };
	int err = get_key(addr, private, &w.key);

	if (!err)
		err = lock_if_equal(addr, expected);
	if (err)
		return err;
	list_add_tail(&w.list, bucket_of(&w.key));
	spin_unlock(&lock);
	err = sleep_on(&w, deadline);
	spin_lock(&lock);
	if (w.woken)
		err = 0;
	else
		list_del(&w.list);
	spin_unlock(&lock);
	return err;
}

static s64 wait_call(const struct pt_regs *regs, bool private)
{
	u64 ns = 0;
	int err;

	if (!ARG(3))
		return wait(ARG(0), private, (u32)ARG(2), NULL);
	err = get_timespec(&ns, ARG(3));
	if (err)
		return err;
	ns += arch_time_ns();
	return wait(ARG(0), private, (u32)ARG(2), &ns);
}

SYSCALL(futex)
{
	u32 op = (u32)ARG(1), expected = (u32)ARG(5);
	bool private = op & FUTEX_PRIVATE_FLAG;

	switch (op & ~FUTEX_PRIVATE_FLAG) {
	case FUTEX_WAIT:
		return wait_call(regs, private);
	case FUTEX_WAKE:
		return futex_wake(ARG(0), private, (u32)ARG(2));
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
		return requeue(ARG(0), ARG(4), private, (u32)ARG(2), (u32)ARG(3),
			       (op & ~FUTEX_PRIVATE_FLAG) == FUTEX_REQUEUE ?
				       NULL :
				       &expected);
	default:
		return -ENOSYS;
	}
}
