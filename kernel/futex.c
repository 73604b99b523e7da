/* SPDX-License-Identifier: MIT */
/*
 * Futexes: threads sleep while a word of memory has a value. A private word is
 * named by its address space and address, a shared one by the page object and
 * offset behind it. The word is read under futex_lock, with preemption off, so
 * that no wake-up between looking and sleeping is lost; when its page is not
 * there it is fetched, and all begins anew.
 *
 * A waiter lies on its thread's stack. It is woken under futex_lock, and its
 * thread takes that lock before it leaves.
 */
#include <errno.h>
#include <hash.h>
#include <frame.h>
#include <mm.h>
#include <process.h>
#include <sched.h>
#include <syscall.h>
#include <timer.h>
#include <whitix/mman.h>

long load_faulting_u32(const u32 *src, u32 *value);
long cmpxchg_faulting_u32(u32 *at, u32 old, u32 new, u32 *found);

#define BUCKET_BITS 7
#define ROBUST_MAX 2048		/* entries of a robust list that are followed */
#define ROBUST_PI 1ul		/* bit 0 of a list pointer */
#define BITSET_ANY 0xffffffffu

struct futex_key {
	const void *object;	/* struct mm or struct pageobj */
	u64 offset;
};

struct futex_waiter {
	struct list_head node;	/* futex_lock */
	struct futex_key key;	/* futex_lock */
	u32 bitset;
	u32 tid;		/* who waits for a mutex that is handed over; 0: not so */
	bool woken;		/* futex_lock */
	struct wait *wait;
};

static struct spinlock futex_lock = SPINLOCK("futex", LOCK_OBJECT);
static struct list_head buckets[1u << BUCKET_BITS];	/* futex_lock */

/* Needs futex_lock. */
static struct list_head *bucket_of(const struct futex_key *key)
{
	struct list_head *b = &buckets[hash_u64((u64)key->object ^ key->offset,
						BUCKET_BITS)];

	if (!b->next)
		list_init(b);
	return b;
}

/* What an address names: 0, -EINVAL, -EFAULT. */
static long key_get(u64 addr, bool shared, struct futex_key *key)
{
	struct mm *mm = current->mm;
	struct vma *v;

	if (addr % sizeof(u32))
		return -EINVAL;
	if (addr >= USER_END)
		return -EFAULT;
	*key = (struct futex_key){ mm, addr };
	if (!shared)
		return 0;
	core_mutex_lock(&mm->lock);
	v = vma_find(mm, addr);
	if (v && v->start <= addr && (v->flags & VMA_SHARED))
		*key = (struct futex_key){ v->obj, v->offset + addr - v->start };
	core_mutex_unlock(&mm->lock);
	return v && v->start <= addr ? 0 : -EFAULT;
}

/* Reads a word with preemption off: false when its page is not there. */
static bool word_read(u64 addr, u32 *value)
{
	bool done;

	preempt_disable();
	view_enter(&current->mm->view);
	done = load_faulting_u32((const u32 *)addr, value) == 0;
	preempt_enable();
	return done;
}

/* Changes it, if it is `old`; false: it, or its page, has to be looked at again. */
static bool word_exchange(u64 addr, u32 old, u32 new)
{
	bool done;
	u32 found;

	preempt_disable();
	view_enter(&current->mm->view);
	done = cmpxchg_faulting_u32((u32 *)addr, old, new, &found) == 0 && found == old;
	preempt_enable();
	return done;
}

static bool key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->offset == b->offset;
}

/* Wakes up to `count` waiters, whose bits meet. Needs futex_lock. */
static u32 wake_locked(const struct futex_key *key, u32 count, u32 bitset)
{
	struct list_head *b = bucket_of(key);
	struct futex_waiter *w, *next;
	u32 woken = 0;

	list_for_each_entry_safe(w, next, b, node) {
		if (woken >= count)
			break;
		if (!key_equal(&w->key, key) || !(w->bitset & bitset))
			continue;
		list_del(&w->node);
		w->woken = true;
		wait_wake_all(w->wait);
		woken++;
	}
	return woken;
}

/* See include/core/process.h: how many were woken, or -EINVAL, -EFAULT. */
long futex_wake(u64 addr, u32 count, u32 bitset, bool shared)
{
	struct futex_key key;
	long result = key_get(addr, shared, &key);

	if (!result && !bitset)
		result = -EINVAL;
	if (result)
		return result;
	spin_lock(&futex_lock);
	result = wake_locked(&key, count, bitset);
	spin_unlock(&futex_lock);
	return result;
}

/*
 * Takes futex_lock and reads the word: 0 and the lock held, or -EFAULT and not.
 */
static long lock_with_word(u64 addr, u32 *value)
{
	for (;;) {
		spin_lock(&futex_lock);
		if (word_read(addr, value))
			return 0;
		spin_unlock(&futex_lock);
		if (!mm_fault_in(current->mm, addr, sizeof(u32), false))
			return -EFAULT;
	}
}

static long futex_wait(u64 addr, u32 expected, u32 bitset, u64 deadline, bool shared)
{
	struct wait wait;
	struct futex_waiter w = { .bitset = bitset, .wait = &wait };
	long error = key_get(addr, shared, &w.key);
	u32 value, seq;

	if (!error && !bitset)
		error = -EINVAL;
	if (error)
		return error;
	wait_init(&wait);
	error = lock_with_word(addr, &value);
	if (error)
		return error;
	if (value != expected) {
		spin_unlock(&futex_lock);
		return -EAGAIN;
	}
	seq = wait_read(&wait);
	list_add_tail(&w.node, bucket_of(&w.key));
	spin_unlock(&futex_lock);
	error = wait_on(&wait, seq, deadline, true);
	spin_lock(&futex_lock);
	list_del(&w.node);
	spin_unlock(&futex_lock);
	if (w.woken)
		return 0;
	return error == -ETIMEDOUT ? -ETIMEDOUT : -ERESTARTSYS;
}

/* Moves up to `count` waiters to another word. Needs futex_lock. */
static u32 move_locked(const struct futex_key *from, const struct futex_key *to,
		       u32 count)
{
	struct list_head *target = bucket_of(to);
	struct futex_waiter *w, *next;
	LIST_HEAD(moving);
	u32 moved = 0;

	list_for_each_entry_safe(w, next, bucket_of(from), node) {
		if (moved >= count)
			break;
		if (!key_equal(&w->key, from))
			continue;
		w->key = *to;
		list_move_tail(&w->node, &moving);
		moved++;
	}
	list_splice_tail(&moving, target);
	return moved;
}

/*
 * Wakes `wake` waiters of one word and moves up to `move` others to another:
 * how many in all, or -EAGAIN when the word is not *expected.
 */
static long futex_requeue(u64 addr, u32 wake, u32 move, u64 to, const u32 *expected,
			  bool shared)
{
	struct futex_key from_key, to_key;
	long result = (s32)wake < 0 || (s32)move < 0 ? -EINVAL :
		      key_get(addr, shared, &from_key);
	u32 value;

	if (!result)
		result = key_get(to, shared, &to_key);
	if (!result)
		result = lock_with_word(addr, &value);
	if (result)
		return result;
	if (expected && value != *expected) {
		result = -EAGAIN;
	} else {
		result = wake_locked(&from_key, wake, BITSET_ANY);
		result += move_locked(&from_key, &to_key, move);
	}
	spin_unlock(&futex_lock);
	return result;
}

/* ---- a word that is changed, and many words ------------------------------------- */

static s32 signed_12(u32 bits)
{
	return (s32)(bits << 20) >> 20;
}

/* What FUTEX_WAKE_OP makes of a word, and what it compares it with: 0, -ENOSYS. */
static long word_op(u32 how, u32 value, u32 *new, bool *compares)
{
	s32 arg = signed_12(how >> 12), with = signed_12(how), was = value;
	u32 by = how & FUTEX_OP_SHIFT ? 1u << (arg & 31) : (u32)arg;
	u32 made[] = { by, value + by, value | by, value & ~by, value ^ by };
	bool is[] = { was == with, was != with, was < with, was <= with, was > with, was >= with };
	u32 op = how >> 28 & 7, compare = how >> 24 & 15;

	if (op >= ARRAY_SIZE(made) || compare >= ARRAY_SIZE(is))
		return -ENOSYS;
	*new = made[op];
	*compares = is[compare];
	return 0;
}

/* Changes word `to`; wakes waiters of `addr`, and of `to` if that compared so. */
static long futex_wake_op(u64 addr, u32 wake, u32 wake_to, u64 to, u32 how, bool shared)
{
	struct futex_key key, to_key;
	long result = key_get(addr, shared, &key);
	bool compares = false, done = false;
	u32 value, new;

	if (!result)
		result = key_get(to, shared, &to_key);
	while (!result && !done && !(result = lock_with_word(to, &value))) {
		result = word_op(how, value, &new, &compares);
		done = !result && word_exchange(to, value, new);
		if (done) {
			result = wake_locked(&key, wake, BITSET_ANY);
			result += compares ? wake_locked(&to_key, wake_to, BITSET_ANY) : 0;
		}
		spin_unlock(&futex_lock);
		if (!result && !done && !mm_fault_in(current->mm, to, sizeof(u32), true))
			result = -EFAULT;
	}
	return result;
}

/* Puts `w` on the list of the word of `from`, which has to have its value. */
static long waitv_add(const struct linux_futex_waitv *from, struct futex_waiter *w)
{
	long error = key_get(from->address, !(from->flags & FUTEX_PRIVATE_FLAG), &w->key);
	u32 value;

	if (!error)
		error = lock_with_word(from->address, &value);
	if (error)
		return error;
	if (value != (u32)from->value)
		error = -EAGAIN;
	else
		list_add_tail(&w->node, bucket_of(&w->key));
	spin_unlock(&futex_lock);
	return error;
}

/* Waits for any of `count` words: the number of one that was woken, or an error. */
static long waitv(const struct linux_futex_waitv *from, struct futex_waiter *w, u32 count,
		  u64 deadline)
{
	struct wait wait;
	long error = 0;
	u32 seq, i, n;

	wait_init(&wait);
	seq = wait_read(&wait);
	for (n = 0; n < count && !error; n += !error) {
		w[n] = (struct futex_waiter){ .bitset = BITSET_ANY, .wait = &wait };
		error = waitv_add(&from[n], &w[n]);
	}
	if (!error)
		error = wait_on(&wait, seq, deadline, true);
	spin_lock(&futex_lock);
	for (i = 0; i < n; i++) {
		list_del(&w[i].node);
		if (w[i].woken)
			error = i;
	}
	spin_unlock(&futex_lock);
	return error == -EINTR ? -ERESTARTSYS : error;
}

/* futex_waitv(2). */
long sys_futex_waitv(u64 user, u32 count, u32 flags, u64 timeout, u32 clock)
{
	struct linux_futex_waitv *from;
	struct futex_waiter *w;
	u64 ns = 0, now = clock ? time_now_ns() : time_realtime_ns(), deadline = 0;
	long error = 0;
	u32 i;

	if (flags || !count || count > FUTEX_WAITV_MAX || !user)
		return -EINVAL;
	if (timeout && clock > CLOCK_MONOTONIC)
		return -EINVAL;
	if (timeout && (error = get_timespec(timeout, &ns)))
		return error;
	if (timeout)
		deadline = deadline_after(ns > now ? ns - now : 0);
	from = core_alloc(count * sizeof(*from));
	w = core_alloc(count * sizeof(*w));
	if (!from || !w)
		error = -ENOMEM;
	else if (get_user_bytes(from, user, count * sizeof(*from)))
		error = -EFAULT;
	for (i = 0; i < count && !error; i++)
		if ((from[i].flags & ~FUTEX_PRIVATE_FLAG) != FUTEX_32 || from[i].reserved)
			error = -EINVAL;
	if (!error)
		error = waitv(from, w, count, deadline);
	core_free(from);
	core_free(w);
	return error;
}

/* ---- mutexes that the kernel hands over ---------------------------------------- */

/* The first of those who wait for the mutex, and if there are more. Needs futex_lock. */
static struct futex_waiter *heir_locked(const struct futex_key *key, bool *more)
{
	struct futex_waiter *w, *first = NULL;

	*more = false;
	list_for_each_entry(w, bucket_of(key), node) {
		if (!w->tid || !key_equal(&w->key, key))
			continue;
		*more = first;
		if (first)
			break;
		first = w;
	}
	return first;
}

/* What the caller makes of a mutex that is `value`: it is its, or is waited for. */
static long mutex_claim(const struct futex_key *key, u32 value, u32 *new)
{
	u32 owner = value & FUTEX_TID_MASK;
	bool more;

	if (owner == current->tid)
		return -EDEADLK;
	*new = value | FUTEX_WAITERS;
	if (owner)
		return thread_find(owner) ? -EAGAIN : -ESRCH;
	*new = current->tid | (value & FUTEX_OWNER_DIED) |
	       (heir_locked(key, &more) ? FUTEX_WAITERS : 0);
	return 0;
}

/*
 * Takes the mutex for `w`, or puts it on the list if it may `wait`. 0, -EAGAIN (it is
 * another's), -EFAULT (to be looked at again), -EDEADLK, -ESRCH. Needs futex_lock.
 */
static long mutex_take(u64 addr, u32 value, struct futex_waiter *w, bool wait)
{
	long error;
	u32 new;

	if (w->woken && (value & FUTEX_TID_MASK) == w->tid)
		return 0;
	error = mutex_claim(&w->key, value, &new);
	if (error && (error != -EAGAIN || !wait))
		return error;
	if (!word_exchange(addr, value, new))
		return -EFAULT;
	w->woken = false;
	if (error)
		list_add_tail(&w->node, bucket_of(&w->key));
	return error;
}

/* Takes a mutex; priorities are not lent. `try`: without waiting for it. */
static long mutex_lock_word(u64 addr, u64 deadline, bool try, bool shared)
{
	struct wait wait;
	struct futex_waiter w = { .tid = current->tid, .wait = &wait };
	long error = key_get(addr, shared, &w.key), waited = 0;
	u32 value, seq;

	wait_init(&wait);
	while (!error && !(error = lock_with_word(addr, &value))) {
		seq = wait_read(&wait);
		error = mutex_take(addr, value, &w, !try && !waited);
		spin_unlock(&futex_lock);
		if (error == -EFAULT && mm_fault_in(current->mm, addr, sizeof(u32), true)) {
			error = 0;
			continue;
		}
		if (error != -EAGAIN || try)
			return error;
		if (waited)
			return waited == -ETIMEDOUT ? waited : -ERESTARTNOINTR;
		waited = wait_on(&wait, seq, deadline, true);
		spin_lock(&futex_lock);
		list_del(&w.node);
		spin_unlock(&futex_lock);
		error = 0;
	}
	return error;
}

/* Gives a mutex to who has waited longest. */
static long mutex_unlock_word(u64 addr, bool shared)
{
	struct futex_key key;
	struct futex_waiter *w;
	long error = key_get(addr, shared, &key);
	u32 value;
	bool more, done = false;

	while (!error && !done && !(error = lock_with_word(addr, &value))) {
		w = heir_locked(&key, &more);
		if ((value & FUTEX_TID_MASK) != current->tid)
			error = -EPERM;
		else
			done = word_exchange(addr, value, !w ? 0 :
					     w->tid | (more ? FUTEX_WAITERS : 0));
		if (done && w) {
			list_del(&w->node);
			w->woken = true;
			wait_wake_all(w->wait);
		}
		spin_unlock(&futex_lock);
		if (!error && !done && !mm_fault_in(current->mm, addr, sizeof(u32), true))
			error = -EFAULT;
	}
	return error;
}

/* Deadline of a wait on the monotonic clock; 0: none. */
static long wait_deadline(u32 op, u32 flags, u64 timeout, u64 *deadline)
{
	u64 ns, now;
	long error;

	*deadline = 0;
	if (!timeout)
		return 0;
	error = get_timespec(timeout, &ns);
	if (error)
		return error;
	if (op == FUTEX_WAIT) {
		*deadline = restart_deadline();
		if (!*deadline)
			*deadline = deadline_after(ns);
		return 0;
	}
	now = flags & FUTEX_CLOCK_REALTIME ? time_realtime_ns() : time_now_ns();
	*deadline = deadline_after(ns > now ? ns - now : 0);
	return 0;
}

/* The operations on mutexes that the kernel hands over; of others -ENOSYS. */
static long futex_mutex(u64 addr, u32 op, u32 flags, u64 timeout, bool shared)
{
	u64 deadline = 0;
	long error = 0;

	if (op == FUTEX_UNLOCK_PI)
		return mutex_unlock_word(addr, shared);
	if (op == FUTEX_LOCK_PI || op == FUTEX_LOCK_PI2)
		error = wait_deadline(op, op == FUTEX_LOCK_PI ? FUTEX_CLOCK_REALTIME : flags,
				      timeout, &deadline);
	else if (op != FUTEX_TRYLOCK_PI)
		error = -ENOSYS;
	return error ? error : mutex_lock_word(addr, deadline, op == FUTEX_TRYLOCK_PI, shared);
}

/* futex(2); what is not here is -ENOSYS. */
long sys_futex(u64 addr, u32 op, u32 value, u64 timeout, u64 addr2, u32 value3)
{
	bool shared = !(op & FUTEX_PRIVATE_FLAG);
	u32 flags = op & FUTEX_CLOCK_REALTIME;
	u64 deadline;
	long result;

	op &= ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	if (flags && op != FUTEX_WAIT_BITSET && op != FUTEX_LOCK_PI2)
		return -ENOSYS;
	switch (op) {
	case FUTEX_WAIT:
		value3 = BITSET_ANY;
		/* fallthrough */
	case FUTEX_WAIT_BITSET:
		result = wait_deadline(op, flags, timeout, &deadline);
		if (result)
			return result;
		result = futex_wait(addr, value, value3, deadline, shared);
		if (result == -ERESTARTSYS && op == FUTEX_WAIT && deadline)
			return restart_sleep(deadline);
		return result;
	case FUTEX_WAKE:
		return futex_wake(addr, value, BITSET_ANY, shared);
	case FUTEX_WAKE_BITSET:
		return futex_wake(addr, value, value3, shared);
	case FUTEX_REQUEUE:
		return futex_requeue(addr, value, timeout, addr2, NULL, shared);
	case FUTEX_WAKE_OP:
		return futex_wake_op(addr, value, timeout, addr2, value3, shared);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(addr, value, timeout, addr2, &value3, shared);
	}
	return futex_mutex(addr, op, flags, timeout, shared);
}

/* ---- the end of a thread ----------------------------------------------- */

/* Marks a robust mutex of the thread as left behind by its dead owner. */
static void robust_release(u64 addr, u32 tid)
{
	u32 value, found, new;
	long fault;

	if (addr % sizeof(u32) || addr >= USER_END)
		return;
	for (;;) {
		if (get_user_bytes(&value, addr, sizeof(value)) ||
		    (value & FUTEX_TID_MASK) != tid ||
		    !mm_fault_in(current->mm, addr, sizeof(value), true))
			return;
		new = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		preempt_disable();
		view_enter(&current->mm->view);
		fault = cmpxchg_faulting_u32((u32 *)addr, value, new, &found);
		preempt_enable();
		if (fault)
			return;
		if (found == value)
			break;
	}
	if (value & FUTEX_WAITERS)
		futex_wake(addr, 1, BITSET_ANY, true);
}

/* Follows the list of robust mutexes, which may be anything at all. */
static void robust_walk(u64 head, u32 tid)
{
	struct { u64 next, offset, pending; } h;
	u64 entry;
	u32 i;

	if (get_user_bytes(&h, head, sizeof(h)))
		return;
	entry = h.next;
	for (i = 0; i < ROBUST_MAX && (entry & ~ROBUST_PI) != head; i++) {
		u64 at = entry & ~ROBUST_PI;

		if (get_user_bytes(&entry, at, sizeof(entry)))
			break;
		if (at != (h.pending & ~ROBUST_PI))
			robust_release(at + h.offset, tid);
	}
	if (h.pending)
		robust_release((h.pending & ~ROBUST_PI) + h.offset, tid);
}

/* What a thread that ends owes the others: mutexes, and the word pthread_join waits on. */
void futex_exit_thread(struct thread *t)
{
	u32 zero = 0;

	if (t->task->robust_list)
		robust_walk(t->task->robust_list, t->tid);
	if (t->clear_child_tid && (t->process->nthreads > 1 || t->mm->refs > 1) &&
	    !put_user_bytes(t->clear_child_tid, &zero, sizeof(zero)))
		futex_wake(t->clear_child_tid, 1, BITSET_ANY, true);
	t->clear_child_tid = 0;
}

/* set_tid_address(2). */
long sys_set_tid_address(u64 addr)
{
	current->clear_child_tid = addr;
	return current->tid;
}

/* set_robust_list(2). */
long sys_set_robust_list(u64 head, u64 size)
{
	if (size != 3 * sizeof(u64))
		return -EINVAL;
	current->task->robust_list = head;
	return 0;
}

/* get_robust_list(2), of the calling thread. */
long sys_get_robust_list(u32 tid, u64 head, u64 size)
{
	u64 len = 3 * sizeof(u64);

	if (tid && tid != current->tid)
		return -EPERM;
	if (put_user_bytes(head, &current->task->robust_list, sizeof(u64)))
		return -EFAULT;
	return put_user_bytes(size, &len, sizeof(len));
}
