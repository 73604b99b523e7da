/* SPDX-License-Identifier: MIT */
/*
 * Watches (include/interface/watch.h has their meaning). A watch is an entry on
 * the list of its file's wait object, as a sleeper is; when that object is woken
 * the watch goes to its set's list of those that fired.
 *
 * A watch is freed with its last reference: one is held by whoever has not yet
 * marked it dead (its file, its set), one by each look at it. It holds a reference
 * of its file's wait object, and none of the file: an open file without references
 * is on its way to watch_file_gone(), which watch_lock keeps waiting.
 *
 * Locks: watch_lock, within a wait object's.
 */
#include <atomic.h>
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <modules.h>
#include <process.h>
#include <program.h>
#include <wait.h>
#include <watch.h>
#include <whitix/event.h>
#include <whitix/poll.h>

struct watch_set {
	struct list_head members;	/* watch_lock */
	struct list_head fired;		/* watch_lock */
	u32 nfired;			/* watch_lock */
	struct list_head due;		/* on sets_due, with a reference; watch_lock */
	struct wait *wait;
};

struct watch {
	struct wait_entry entry;
	struct list_head member;	/* watch_lock */
	struct list_head fired;		/* watch_lock */
	struct list_head of_file;	/* file->watches; watch_lock */
	struct watch_set *set;
	struct file *file;
	u32 refs;			/* atomic */
	u32 fd, events;			/* events: watch_lock */
	u64 data;			/* watch_lock */
	bool dead;			/* watch_lock */
};

static struct spinlock watch_lock = SPINLOCK("watches", LOCK_WATCH);
static LIST_HEAD(sets_due);		/* their waits are to be woken; watch_lock */

/* ---- firing ------------------------------------------------------------- */

/* watch_lock is held. */
static void fire(struct watch *w)
{
	if (w->dead || !list_empty(&w->fired))
		return;
	list_add_tail(&w->fired, &w->set->fired);
	w->set->nfired++;
}

static void unfire(struct watch *w)
{
	if (!list_empty(&w->fired))
		w->set->nfired--;
	list_del(&w->fired);
}

/*
 * The file's object is woken, and locked. The caller calls watch_wake_sets(). Of
 * exclusive watches the first for whose set somebody sleeps, who has not been told
 * of it yet, is the last: *given.
 */
void watch_fire(struct wait_entry *e, bool *given)
{
	struct watch *w = list_entry(e, struct watch, entry);
	u64 flags = spin_lock_irq(&watch_lock);
	bool exclusive = w->events & EPOLLEXCLUSIVE, skip = exclusive && *given;

	if (exclusive && !w->dead && list_empty(&w->fired))
		*given |= !list_empty(&w->set->wait->sleepers);
	if (!skip)
		fire(w);
	if (!skip && !w->dead && list_empty(&w->set->due)) {
		wait_get(w->set->wait);
		list_add_tail(&w->set->due, &sets_due);
	}
	spin_unlock_irq(&watch_lock, flags);
}

/* Wakes who waits for sets that watch_fire() saw. Any context. */
void watch_wake_sets(void)
{
	struct watch_set *set;
	struct wait *wait;
	u64 flags;

	for (;;) {
		flags = spin_lock_irq(&watch_lock);
		wait = NULL;
		if (!list_empty(&sets_due)) {
			set = list_first_entry(&sets_due, struct watch_set, due);
			list_del(&set->due);
			wait = set->wait;
		}
		spin_unlock_irq(&watch_lock, flags);
		if (!wait)
			return;
		wait_wake_all(wait);
		wait_put(wait);
	}
}

/* ---- life ---------------------------------------------------------------- */

static void watch_put(struct watch *w)
{
	if (atomic_sub(&w->refs, 1) == 0)
		core_free(w);
}

/* Off the lists, so nobody else finds it. watch_lock is held. */
static struct watch *detach(struct watch *w)
{
	w->dead = true;
	unfire(w);
	list_del(&w->member);
	list_del(&w->of_file);
	return w;
}

static void watch_end(struct watch *w)
{
	wait_entry_remove(&w->entry);
	wait_put(w->entry.wait);
	watch_put(w);
}

/* Ends the watches whose list nodes, `offset` into them, are on `list`. */
static void end_all(struct list_head *list, u64 offset)
{
	struct watch *w;
	u64 flags;

	do {
		flags = spin_lock_irq(&watch_lock);
		w = list_empty(list) ? NULL : detach((void *)((char *)list->next - offset));
		spin_unlock_irq(&watch_lock, flags);
		if (w)
			watch_end(w);
	} while (w);
}

/* The last reference to `f` is gone. */
void watch_file_gone(struct file *f)
{
	end_all(&f->watches, offsetof(struct watch, of_file));
}

/* The handle of a set's wait object is gone. */
void watch_set_gone(struct wait *wait)
{
	if (wait->set)
		end_all(&wait->set->members, offsetof(struct watch, member));
}

/* The set of `wait`, made when it has none. NULL: no memory. */
static struct watch_set *set_of(struct wait *wait)
{
	struct watch_set *set = wait->set ? wait->set : core_alloc(sizeof(*set));

	if (!set || set == wait->set)
		return set;
	list_init(&set->members);
	list_init(&set->fired);
	list_init(&set->due);
	set->wait = wait;
	if (atomic_cmpxchg(&wait->set, (struct watch_set *)NULL, set))
		core_free(set);
	return wait->set;
}

/* ---- control -------------------------------------------------------------- */

/* watch_lock is held. */
static struct watch *watch_find(struct watch_set *set, struct file *f, u32 fd)
{
	struct watch *w;

	list_for_each_entry(w, &f->watches, of_file)
		if (w->set == set && w->fd == fd)
			return w;
	return NULL;
}

/* Two threads that add the same are kept apart by the module. */
static long watch_new(struct watch_set *set, struct file *f, u32 fd, u32 events, u64 data)
{
	struct watch *w = core_alloc(sizeof(*w));
	u64 flags;

	if (!w)
		return -ENOMEM;
	*w = (struct watch){ .set = set, .file = f, .refs = 1, .fd = fd,
			     .events = events, .data = data, .entry.wait = f->wait };
	list_init(&w->fired);
	wait_get(f->wait);
	wait_entry_add(&w->entry);
	flags = spin_lock_irq(&watch_lock);
	list_add_tail(&w->member, &set->members);
	list_add_tail(&w->of_file, &f->watches);
	fire(w);
	spin_unlock_irq(&watch_lock, flags);
	return 0;
}

static long control(struct watch_set *set, struct file *f, u32 op, u32 fd, u32 events, u64 data)
{
	u64 flags = spin_lock_irq(&watch_lock);
	struct watch *w = watch_find(set, f, fd);
	long error = 0;

	if (op == EPOLL_CTL_ADD ? w != NULL : !w) {
		error = w ? -EEXIST : -ENOENT;
	} else if (op == EPOLL_CTL_DEL) {
		detach(w);
	} else if (w && (w->events & EPOLLEXCLUSIVE)) {
		error = -EINVAL;
	} else if (w) {
		w->events = events;
		w->data = data;
		fire(w);
	}
	spin_unlock_irq(&watch_lock, flags);
	if (!error && op == EPOLL_CTL_ADD)
		return watch_new(set, f, fd, events, data);
	if (!error && op == EPOLL_CTL_DEL)
		watch_end(w);
	return error;
}

/* The calling process's descriptor, if it can be waited for; *error. */
static struct file *waiting_file(u32 fd, long *error)
{
	struct file *f = fd_get(fd);

	*error = !f || (f->oflags & O_PATH) ? -EBADF : !f->provider || !f->wait ? -EPERM : 0;
	if (!*error)
		return f;
	file_put(f);
	return NULL;
}

/* include/interface/watch.h. */
long watch_control(u32 set, u32 op, u32 fd, u32 events, u64 data)
{
	struct wait *wait = wait_from_handle(set);
	struct watch_set *watches = wait ? set_of(wait) : NULL;
	long error = -EBADF;
	struct file *f = wait ? waiting_file(fd, &error) : NULL;

	if (f)
		error = watches ? control(watches, f, op, fd, events, data) : -ENOMEM;
	if (!error)
		wait_wake_all(wait);
	file_put(f);
	if (wait)
		wait_put(wait);
	return error;
}

/* include/interface/watch.h. */
long file_own_number(u32 self, u32 fd)
{
	long result;
	struct file *f = waiting_file(fd, &result);

	if (f)
		result = f->provider->module == self ? (long)f->number : -EINVAL;
	file_put(f);
	return result;
}

/* include/interface/watch.h. */
long watch_own_number(u32 self, u32 set, u64 after)
{
	struct wait *wait = wait_from_handle(set);
	u64 best = 0, flags = spin_lock_irq(&watch_lock);
	struct watch *w;

	if (wait && wait->set)
		list_for_each_entry(w, &wait->set->members, member)
			if (w->file->provider->module == self && w->file->number > after &&
			    (!best || w->file->number < best))
				best = w->file->number;
	spin_unlock_irq(&watch_lock, flags);
	if (wait)
		wait_put(wait);
	return best ? (long)best : -ENOENT;
}

/* ---- what is ready ---------------------------------------------------------- */

/* Takes the first that fired, with a reference and one to its file. NULL: none. */
static struct watch *fired_take(struct watch_set *set, u32 *left)
{
	u64 flags = spin_lock_irq(&watch_lock);
	struct watch *w, *found = NULL;

	while (!found && *left && !list_empty(&set->fired)) {
		--*left;
		w = list_first_entry(&set->fired, struct watch, fired);
		unfire(w);
		if (!file_get_living(w->file))
			continue;
		atomic_add(&w->refs, 1);
		found = w;
	}
	spin_unlock_irq(&watch_lock, flags);
	return found;
}

/* A file was asked: tells it in *out, unless that is NULL. True: ready. */
static bool fired_tell(struct watch *w, u32 ready, struct linux_epoll_event *out)
{
	u64 flags = spin_lock_irq(&watch_lock);

	ready &= w->dead ? 0 : w->events & ~EPOLL_MODES;
	if (ready && out)
		*out = (struct linux_epoll_event){ ready, w->data };
	if (ready && out && (w->events & EPOLLONESHOT))
		w->events &= EPOLL_MODES;
	else if (ready && (!out || !(w->events & EPOLLET)))
		fire(w);
	spin_unlock_irq(&watch_lock, flags);
	return ready;
}

/* include/interface/watch.h. May sleep. */
long watch_collect(u32 set, struct linux_epoll_event *events, size_t len)
{
	struct wait *wait = wait_from_handle(set);
	u32 n = 0, max = MAX(len / sizeof(*events), 1ul);
	u32 left = wait && wait->set ? READ_ONCE(wait->set->nfired) : 0;
	struct watch *w;
	struct file *f;

	while (n < max && left && (w = fired_take(wait->set, &left))) {
		f = w->file;
		n += fired_tell(w, file_poll(f), len ? &events[n] : NULL);
		watch_put(w);
		file_put(f);
	}
	if (wait)
		wait_put(wait);
	return wait ? (long)n : -EBADF;
}

SYMBOL_EXPORT(watch_collect);
SYMBOL_EXPORT(watch_control);
SYMBOL_EXPORT(watch_own_number);
SYMBOL_EXPORT(file_own_number);
