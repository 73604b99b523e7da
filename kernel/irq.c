/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: the tick, and the handlers of modules (include/core/irq.h).
 *
 * A handler belongs to an attachment with a thread of its own. An interrupt
 * masks the line and wakes the thread; the thread calls the handler and unmasks
 * the line. So a line whose handler does not return stays masked, and a handler
 * never runs twice at a time. Detaching takes the attachment out of its line;
 * the thread frees it when it comes by.
 *
 * Locks: irq_lock, rank LOCK_WAIT.
 */
#include <asm/irq.h>
#include <boundary.h>
#include <cpu.h>
#include <errno.h>
#include <frame.h>
#include <irq.h>
#include <modules.h>
#include <printf.h>
#include <sched.h>
#include <spinlock.h>
#include <string.h>
#include <thread.h>
#include <timer.h>

#define LINE_CASCADE 2		/* where the second PIC hangs on the first */

struct irq_attachment {
	u32 line;
	void (*fn)(u64 cookie);
	u64 cookie;
	struct module *module;
	struct thread *thread;
	bool pending;		/* irq_lock */
	bool detached;		/* irq_lock */
};

static struct spinlock irq_lock = SPINLOCK("irq", LOCK_WAIT);
static struct irq_attachment *attached[IRQ_LINES];	/* irq_lock */
static u64 counts[IRQ_LINES + 1];	/* the last: ticks */

/* An interrupt of a line: nobody's stay masked. */
static void line_raise(u32 line)
{
	struct irq_attachment *a;
	u64 flags = spin_lock_irq(&irq_lock);

	counts[line]++;
	irq_mask_line(line);
	a = attached[line];
	if (a) {
		a->pending = true;
		thread_wake(a->thread);
	}
	spin_unlock_irq(&irq_lock, flags);
}

/* See asm/irq.h. A switch of threads, if wanted, comes later, in trap_return. */
void irq_dispatch(u32 vector, struct regs *regs)
{
	struct cpu *cpu = this_cpu();

	cpu->irq_depth++;
	if (vector == irq_timer_vector) {
		counts[IRQ_LINES]++;
		irq_eoi(vector);
		timer_interrupt(regs);
	} else if (vector - IRQ_VECTOR_BASE < IRQ_LINES) {
		line_raise(vector - IRQ_VECTOR_BASE);
		irq_eoi(vector);
	}
	cpu->irq_depth--;
}

/* True when the handler is to be called: an interrupt came. */
static bool attachment_take(struct irq_attachment *a, bool *detached)
{
	u64 flags = spin_lock_irq(&irq_lock);
	bool pending = a->pending;

	a->pending = false;
	*detached = a->detached;
	spin_unlock_irq(&irq_lock, flags);
	return pending;
}

static void attachment_unmask(struct irq_attachment *a)
{
	u64 flags = spin_lock_irq(&irq_lock);

	if (!a->detached)
		irq_unmask_line(a->line);
	spin_unlock_irq(&irq_lock, flags);
}

static void irq_thread(void *arg)
{
	struct irq_attachment *a = arg;
	bool detached;

	for (;;) {
		bool pending = attachment_take(a, &detached);

		if (detached)
			break;
		if (pending) {
			a->fn(a->cookie);
			attachment_unmask(a);
		} else {
			thread_block(0);
		}
	}
	core_free(a);
}

static bool attachment_claim(struct irq_attachment *a)
{
	u64 flags = spin_lock_irq(&irq_lock);
	bool is_free = !attached[a->line];

	if (is_free)
		attached[a->line] = a;
	else
		a->detached = true;
	spin_unlock_irq(&irq_lock, flags);
	return is_free;
}

/* See include/core/irq.h. Does not sleep. */
int irq_attach_core(u32 line, void (*fn)(u64 cookie), u64 cookie,
		    struct module *m, void **out)
{
	struct irq_attachment *a;
	char name[THREAD_NAME_MAX];
	bool claimed;

	if (line >= IRQ_LINES || line == LINE_CASCADE)
		return -EINVAL;
	if (line + IRQ_VECTOR_BASE == irq_timer_vector)
		return -EBUSY;
	a = core_alloc(sizeof(*a));
	if (!a)
		return -ENOMEM;
	*a = (struct irq_attachment){ line, fn, cookie, m, NULL, false, false };
	snprintf(name, sizeof(name), "irq%u %s", line, m ? m->name : "core");
	a->thread = thread_create_core(name, irq_thread, a, PRIORITY_BEST);
	if (!a->thread) {
		core_free(a);
		return -ENOMEM;
	}
	a->thread->module = m;
	claimed = attachment_claim(a);
	thread_start(a->thread);
	if (!claimed)
		return -EBUSY;
	attachment_unmask(a);
	*out = a;
	return 0;
}

/* See include/core/irq.h. */
void irq_detach_core(void *attachment)
{
	struct irq_attachment *a = attachment;
	u64 flags = spin_lock_irq(&irq_lock);

	irq_mask_line(a->line);
	attached[a->line] = NULL;
	a->detached = true;
	thread_wake(a->thread);
	spin_unlock_irq(&irq_lock, flags);
}

/* See include/core/irq.h. Any context. */
u64 irq_count(u32 line)
{
	return line <= IRQ_LINES ? READ_ONCE(counts[line]) : 0;
}

/* See include/core/irq.h. Any context. */
void irq_owner_name(u32 line, char name[MODULE_NAME_MAX])
{
	u64 flags = spin_lock_irq(&irq_lock);
	struct irq_attachment *a = line < IRQ_LINES ? attached[line] : NULL;

	strlcpy(name, a && a->module ? a->module->name : "", MODULE_NAME_MAX);
	spin_unlock_irq(&irq_lock, flags);
}
