/* SPDX-License-Identifier: MIT */
/*
 * What the core offers to modules about waiting, time and threads
 * (include/interface/core.h has the meaning of each call). Everything that
 * comes in is checked as if the caller were hostile; that a handle is the
 * caller's to use was checked by the boundary.
 *
 * A module's timer expires in interrupt context and is put on a list, from
 * which one core thread calls the callbacks, one after the other.
 *
 * Handles are looked up with preemption off, which keeps the object alive until
 * a reference is taken. Locks: objects_lock, rank LOCK_OBJECT.
 */
#include <atomic.h>
#include <core.h>
#include <errno.h>
#include <frame.h>
#include <log.h>
#include <modules.h>
#include <sched.h>
#include <spinlock.h>
#include <string.h>
#include <syscall.h>
#include <thread.h>
#include <timer.h>
#include <wait.h>

#define SEQ_MASK 0x3fffffffu	/* of a wait object's count, for modules */

#define PRIORITY_MODULE 10	/* better than programs */

struct module_timer {
	struct timer timer;
	struct list_head node;		/* expired; objects_lock */
	timer_callback *fn;
	u64 cookie;
	u64 period_ns;			/* objects_lock */
	struct module *module;
	bool running;			/* the callback is; objects_lock */
	bool destroyed;			/* the handle is gone; objects_lock */
};

struct module_thread {
	thread_entry *fn;
	u64 cookie;
	u32 handle;
	u32 refs;			/* handle and thread; objects_lock */
	struct thread *thread;		/* NULL: it ended; objects_lock */
};

static struct spinlock objects_lock = SPINLOCK("module objects", LOCK_OBJECT);
static LIST_HEAD(expired);		/* objects_lock */
static struct thread *timer_thread;	/* preemption off */

/* ---- waiting ------------------------------------------------------------ */

static void wait_release(void *object)
{
	watch_set_gone(object);
	wait_wake_all(object);
	wait_put(object);
}

/* See include/core/wait.h. */
struct wait *wait_from_handle(u32 handle)
{
	struct wait *w;

	preempt_disable();
	w = handle_object(handle, HANDLE_WAIT, NULL);
	if (w)
		wait_get(w);
	preempt_enable();
	return w;
}

/* Interface: a new wait object's handle, or -ENOMEM, -EMFILE. */
long wait_create(u32 self)
{
	struct module *m = module_by_id(self);
	struct wait *w;
	long handle;

	if (!m)
		return -EINVAL;
	w = wait_new();
	if (!w)
		return -ENOMEM;
	handle = handle_new(m, HANDLE_WAIT, w, wait_release);
	if (handle < 0)
		wait_put(w);
	return handle;
}
SYMBOL_EXPORT(wait_create);

/* Interface: who sleeps on it is woken. 0, -EBADF. */
long wait_destroy(u32 wait)
{
	return handle_close(wait, HANDLE_WAIT, NULL);
}
SYMBOL_EXPORT(wait_destroy);

/* Interface: the count, or -EBADF. */
long wait_seq(u32 wait)
{
	struct wait *w = wait_from_handle(wait);
	long seq;

	if (!w)
		return -EBADF;
	seq = wait_read(w) & SEQ_MASK;
	wait_put(w);
	return seq;
}
SYMBOL_EXPORT(wait_seq);

/* Interface: sleeps. 0, -ETIMEDOUT, -EINTR, -ECANCELED, -EBADF. */
long wait_sleep(u32 wait, u32 seq, u64 timeout_ns)
{
	struct wait *w = wait_from_handle(wait);
	long result = 0;
	u32 now;

	if (!w)
		return -EBADF;
	now = wait_read(w);
	if ((now & SEQ_MASK) == seq)
		result = wait_on(w, now, timeout_ns ? deadline_after(timeout_ns) : 0, true);
	wait_put(w);
	return result;
}
SYMBOL_EXPORT(wait_sleep);

/* Interface: 0, -EBADF. */
long wait_wake(u32 wait)
{
	struct wait *w = wait_from_handle(wait);

	if (!w)
		return -EBADF;
	wait_wake_all(w);
	wait_put(w);
	return 0;
}
SYMBOL_EXPORT(wait_wake);

/* ---- time --------------------------------------------------------------- */

/* Interface: sleeps. 0, -EINTR, -ECANCELED. */
long time_sleep(u32 self, u64 ns)
{
	long result = -ETIMEDOUT;

	if (ns)
		result = wait_on_any(NULL, 0, deadline_after(ns), true);
	else
		schedule();
	/* The watchdog counts from when the module last gave the CPU away. */
	current->module_ticks = 0;
	return result == -ETIMEDOUT ? 0 : result;
}
SYMBOL_EXPORT(time_sleep);

/* Interface: 0, -EPERM. */
long time_set_realtime(u32 self, u64 ns)
{
	struct module *m = module_by_id(self);

	if (!m || (strcmp(m->name, "rtc") != 0 && strcmp(m->name, "events") != 0) ||
	    (current->process && !capable(CAP_SYS_TIME)))
		return -EPERM;
	time_set_realtime_ns(ns);
	return 0;
}
SYMBOL_EXPORT(time_set_realtime);

/* ---- timers --------------------------------------------------------------- */

static struct module_timer *expired_take(void)
{
	u64 flags = spin_lock_irq(&objects_lock);
	struct module_timer *t = NULL;

	if (!list_empty(&expired)) {
		t = list_first_entry(&expired, struct module_timer, node);
		list_del(&t->node);
		t->running = true;
	}
	spin_unlock_irq(&objects_lock, flags);
	return t;
}

static void expired_done(struct module_timer *t)
{
	u64 flags = spin_lock_irq(&objects_lock);
	bool destroyed = t->destroyed;

	t->running = false;
	spin_unlock_irq(&objects_lock, flags);
	if (destroyed)
		core_free(t);
}

static void timer_thread_main(void *arg)
{
	struct module_timer *t;

	for (;;) {
		t = expired_take();
		if (!t) {
			thread_block(0);
			continue;
		}
		current->module = t->module;
		t->fn(t->cookie);
		current->module = NULL;
		expired_done(t);
	}
}

/* In interrupt context. */
static void module_timer_expired(struct timer *timer)
{
	struct module_timer *t = timer->arg;
	u64 flags = spin_lock_irq(&objects_lock);
	u64 next;

	if (!t->destroyed && list_empty(&t->node)) {
		list_add_tail(&t->node, &expired);
		thread_wake(timer_thread);
	}
	if (!t->destroyed && t->period_ns) {
		next = timer->deadline_ns + t->period_ns;
		if (next <= time_now_ns())
			next = deadline_after(t->period_ns);
		timer_start(timer, next);
	}
	spin_unlock_irq(&objects_lock, flags);
}

static void module_timer_release(void *object)
{
	struct module_timer *t = object;
	u64 flags = spin_lock_irq(&objects_lock);
	bool running;

	t->destroyed = true;
	spin_unlock_irq(&objects_lock, flags);
	timer_stop(&t->timer);
	flags = spin_lock_irq(&objects_lock);
	list_del(&t->node);
	running = t->running;
	spin_unlock_irq(&objects_lock, flags);
	if (!running)
		core_free(t);
}

/* Makes the thread that calls callbacks, once. */
static bool timer_thread_start(void)
{
	preempt_disable();
	if (!timer_thread) {
		timer_thread = thread_create_core("timers", timer_thread_main,
						  NULL, PRIORITY_CORE);
		if (timer_thread)
			thread_start(timer_thread);
	}
	preempt_enable();
	return timer_thread != NULL;
}

/* Interface: a handle, or -EINVAL, -ENOMEM, -EMFILE. */
long timer_create(u32 self, timer_callback *fn, u64 cookie)
{
	struct module *m = module_by_id(self);
	struct module_timer *t;
	long handle;

	if (!m || !fn)
		return -EINVAL;
	if (!timer_thread_start())
		return -ENOMEM;
	t = core_alloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	timer_setup(&t->timer, module_timer_expired, t);
	list_init(&t->node);
	t->fn = fn;
	t->cookie = cookie;
	t->module = m;
	handle = handle_new(m, HANDLE_TIMER, t, module_timer_release);
	if (handle < 0)
		core_free(t);
	return handle;
}
SYMBOL_EXPORT(timer_create);

static void module_timer_arm(struct module_timer *t, u64 ns, u64 period_ns)
{
	u64 flags = spin_lock_irq(&objects_lock);
	u64 deadline = ns ? deadline_after(ns) : 0;

	t->period_ns = deadline ? MIN(period_ns, (u64)INT64_MAX / 2) : 0;
	if (deadline) {
		timer_start(&t->timer, deadline);
	} else {
		timer_stop(&t->timer);
		list_del(&t->node);
	}
	spin_unlock_irq(&objects_lock, flags);
}

/* Interface: 0, -EBADF. */
long timer_arm(u32 timer, u64 ns, u64 period_ns)
{
	struct module_timer *t;

	preempt_disable();
	t = handle_object(timer, HANDLE_TIMER, NULL);
	if (t)
		module_timer_arm(t, ns, period_ns);
	preempt_enable();
	return t ? 0 : -EBADF;
}
SYMBOL_EXPORT(timer_arm);

/* Interface: a callback that runs goes on to its end. 0, -EBADF. */
long timer_destroy(u32 timer)
{
	return handle_close(timer, HANDLE_TIMER, NULL);
}
SYMBOL_EXPORT(timer_destroy);

/* ---- threads -------------------------------------------------------------- */

static void module_thread_put(struct module_thread *mt)
{
	u64 flags = spin_lock_irq(&objects_lock);
	bool last = --mt->refs == 0;

	spin_unlock_irq(&objects_lock, flags);
	if (last)
		core_free(mt);
}

/* The module lets go of the thread, or is reset: what it waits for is off. */
static void module_thread_release(void *object)
{
	struct module_thread *mt = object;
	u64 flags = spin_lock_irq(&objects_lock);

	if (mt->thread) {
		mt->thread->cancel = true;
		thread_wake(mt->thread);
	}
	spin_unlock_irq(&objects_lock, flags);
	module_thread_put(mt);
}

static void module_thread_main(void *arg)
{
	struct module_thread *mt = arg;
	u64 flags;

	if (mt->fn)
		mt->fn(mt->cookie);
	flags = spin_lock_irq(&objects_lock);
	mt->thread = NULL;
	spin_unlock_irq(&objects_lock, flags);
	if (mt->handle)
		handle_close(mt->handle, HANDLE_THREAD, NULL);
	module_thread_put(mt);
}

/* Interface: a handle, or -EINVAL, -ENOMEM, -EMFILE. */
long thread_create(u32 self, thread_entry *fn, u64 cookie, const char *name)
{
	struct module *m = module_by_id(self);
	struct module_thread *mt;
	long handle;

	if (!m || !fn)
		return -EINVAL;
	mt = core_alloc(sizeof(*mt));
	if (!mt)
		return -ENOMEM;
	*mt = (struct module_thread){ fn, cookie, 0, 2, NULL };
	mt->thread = thread_create_core(name, module_thread_main, mt,
					PRIORITY_MODULE);
	if (!mt->thread) {
		core_free(mt);
		return -ENOMEM;
	}
	mt->thread->module = m;
	handle = handle_new(m, HANDLE_THREAD, mt, module_thread_release);
	if (handle < 0) {
		mt->fn = NULL;		/* it runs, and ends at once */
		mt->refs = 1;
	} else {
		mt->handle = (u32)handle;
	}
	thread_start(mt->thread);
	return handle;
}
SYMBOL_EXPORT(thread_create);
