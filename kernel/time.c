/* SPDX-License-Identifier: MIT */
/*
 * Time from the time stamp counter, the context page, and random bytes.
 *
 * Time since kernel entry is (tsc - tsc_base) * mult >> shift, computed in 128
 * bits, so the base never has to move while the system runs; modules compute
 * the same from the context page. CLOCK_REALTIME is that plus one number.
 */
#include <asm/irq.h>
#include <asm/tsc.h>
#include <atomic.h>
#include <boot.h>
#include <entropy.h>
#include <frame.h>
#include <hash.h>
#include <log.h>
#include <process.h>
#include <sched.h>
#include <string.h>
#include <timer.h>
#include <vdso.h>
#include <wait.h>
#include <whitix/vdso.h>

#define SHIFT_MAX 32

struct context_page *context_page;
struct wait clock_set;

static u32 ns_mult, ns_shift;
static u64 entropy_state;

/* The counter now. */
u64 time_tsc(void)
{
	return rdtsc();
}

/* A number of ticks in nanoseconds; 0 before time_init(). */
u64 time_tsc_to_ns(u64 ticks)
{
	return (u64)(((unsigned __int128)ticks * ns_mult) >> ns_shift);
}

/* Frequency of the counter. */
u64 time_tsc_khz(void)
{
	return tsc_hz / 1000;
}

/* See include/core/timer.h. */
u64 time_now_ns(void)
{
	return time_tsc_to_ns(rdtsc() - boot_info.entry_tsc);
}

/* See include/core/timer.h. Any context. */
u64 time_realtime_ns(void)
{
	return time_now_ns() + READ_ONCE(context_page->realtime_base_ns);
}

/* Sets CLOCK_REALTIME. Any context. */
void time_set_realtime_ns(u64 ns)
{
	u64 base = ns - time_now_ns();

	WRITE_ONCE(context_page->realtime_base_ns, base);
	vdso_set_realtime(base);
	wait_wake_all(&clock_set);
}

/* The most exact factor that fits 32 bits. */
static void set_factor(u64 hz)
{
	for (ns_shift = SHIFT_MAX; ns_shift; ns_shift--)
		if ((NSEC_PER_SEC << ns_shift) / hz <= UINT32_MAX)
			break;
	ns_mult = (u32)((NSEC_PER_SEC << ns_shift) / hz);
}

/*
 * Makes the context page and starts the tick. The TSC was measured by the boot
 * code. Panics without memory.
 */
void time_init(void)
{
	u64 page = frame_alloc_zeroed(0);

	if (!page)
		panic("no memory for the context page");
	ASSERT(tsc_hz != 0);
	set_factor(tsc_hz);
	context_page = phys_to_virt(page);
	context_page->tsc_base = boot_info.entry_tsc;
	context_page->tsc_mult = ns_mult;
	context_page->tsc_shift = ns_shift;
	context_page->memory_kib = (u32)(frame_total_count() * (PAGE_SIZE / 1024));
	wait_init(&clock_set);
	irq_timer_start(TICK_HZ);
}

/* See include/core/timer.h. Needs page objects. */
void time_init_programs(void)
{
	vdso_init(&(struct vdso_data){
		.tsc_base = boot_info.entry_tsc, .tsc_mult = ns_mult, .tsc_shift = ns_shift,
		.realtime_base_ns = context_page->realtime_base_ns,
	});
}

/* See include/core/sched.h. Called in each switch, interrupts off. */
void context_page_update(struct thread *t)
{
	struct context_page *page = context_page;
	const struct process *p = t->process;

	page->tid = t->tid;
	page->op = t->op;
	page->rerun = t->op_rerun;
	page->call = t->call;
	page->again = t->again;
	page->progress = t->progress;
	page->pid = p ? p->pid : 0;
	if (!p)
		return;
	page->uid = p->creds.uid;
	page->euid = p->creds.euid;
	page->fsuid = p->creds.fsuid;
	page->gid = p->creds.gid;
	page->egid = p->creds.egid;
	page->fsgid = p->creds.fsgid;
	page->caps = p->creds.cap_effective;
	page->umask = p->fs ? p->fs->umask : 0;
	page->root = p->fs ? p->fs->root : 0;
	page->ngroups = p->creds.ngroups;
	memcpy(page->groups, p->creds.group, p->creds.ngroups * sizeof(u32));
}

/* See include/core/sched.h. Any context but interrupts. */
struct op op_begin(void)
{
	static u64 last;
	struct op outer = { current->op, current->op_rerun };

	/* A switch in between brings the page up to date from the thread. */
	current->op = atomic_add(&last, 1);
	context_page->op = current->op;
	current->op_rerun = false;
	context_page->rerun = 0;
	return outer;
}

/* See include/core/sched.h. Any context but interrupts. */
void op_end(struct op outer)
{
	current->op = outer.number;
	context_page->op = outer.number;
	current->op_rerun = outer.rerun;
	context_page->rerun = outer.rerun;
}

/* See include/core/sched.h. Any context but interrupts. */
bool op_set_rerun(bool rerun)
{
	bool before = current->op_rerun;

	preempt_disable();
	current->op_rerun = rerun;
	context_page->rerun = rerun;
	preempt_enable();
	return before;
}

static u64 entropy_next(void)
{
	u64 word = 0;

	rdrand64(&word);
	/* Multiply and fold: each bit of the state comes to matter to all. */
	entropy_state = (entropy_state ^ word ^ rdtsc()) * HASH_FNV_PRIME;
	entropy_state ^= entropy_state >> 29;
	return entropy_state ^ word;
}

/* See include/core/entropy.h. */
void entropy_fill(void *buf, size_t len)
{
	u8 *p = buf;

	while (len) {
		u64 word = entropy_next();
		size_t n = MIN(len, sizeof(word));

		memcpy(p, &word, n);
		p += n;
		len -= n;
	}
}
