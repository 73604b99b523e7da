/* SPDX-License-Identifier: MIT */
/*
 * adjtimex(2), clock_adjtime(2). The clock runs at one rate: it can be read, and be
 * set by an offset at once; what a time daemon notes about it is kept, in a record.
 * A slew, another rate, and leap seconds are refused where they would change
 * anything.
 */
#include <whitix/capability.h>
#include <whitix/timex.h>

#include "internal.h"

#define RECORD "adjtimex"
#define MICROSECONDS 1000000
/* A tick may be 10 % longer or shorter than usual. */
#define TICK_USUAL 10000
#define TICK_MARGIN 1000

struct notes {
	u32 status;		/* STA_* that programs set */
	s64 max_error, error;	/* us */
	s64 constant;
};

/* As Linux has them when nobody has told anything. */
static const struct notes first = {
	.status = STA_UNSYNC, .max_error = 16 * MICROSECONDS, .error = 16 * MICROSECONDS,
	.constant = 2,
};

static long check(const struct linux_timex *t)
{
	if (t->modes & ADJ_ADJTIME) {
		if (!(t->modes & ADJ_OFFSET_SINGLESHOT))
			return -EINVAL;
		if (t->modes & ADJ_OFFSET_READONLY)
			return 0;
		return !cred_capable(CAP_SYS_TIME) ? -EPERM : t->offset ? -EOPNOTSUPP : 0;
	}
	if (t->modes && !cred_capable(CAP_SYS_TIME))
		return -EPERM;
	if ((t->modes & ADJ_TICK) && (t->tick < TICK_USUAL - TICK_MARGIN ||
				      t->tick > TICK_USUAL + TICK_MARGIN))
		return -EINVAL;
	if ((t->modes & ADJ_SETOFFSET) &&
	    (t->time_fraction < 0 ||
	     t->time_fraction >= (t->modes & ADJ_NANO ? (s64)NS_PER_S : MICROSECONDS)))
		return -EINVAL;
	if (((t->modes & ADJ_TICK) && t->tick != TICK_USUAL) ||
	    ((t->modes & ADJ_FREQUENCY) && t->freq) || ((t->modes & ADJ_OFFSET) && t->offset) ||
	    ((t->modes & ADJ_TAI) && t->constant))
		return -EOPNOTSUPP;
	return 0;
}

static void note(struct notes *n, const struct linux_timex *t)
{
	if (t->modes & ADJ_STATUS)
		n->status = (n->status & STA_RONLY) | ((u32)t->status & ~STA_RONLY);
	if (t->modes & ADJ_NANO)
		n->status |= STA_NANO;
	if (t->modes & ADJ_MICRO)
		n->status &= ~STA_NANO;
	if (t->modes & ADJ_MAXERROR)
		n->max_error = t->max_error;
	if (t->modes & ADJ_ESTERROR)
		n->error = t->est_error;
	if (t->modes & ADJ_TIMECONST)
		n->constant = t->constant;
}

static void fill(struct linux_timex *t, const struct notes *n)
{
	u64 now = krealtime_ns();
	u32 modes = t->modes;

	*t = (struct linux_timex){
		.modes = modes, .status = (s32)n->status, .max_error = n->max_error,
		.est_error = n->error, .constant = n->constant, .tick = TICK_USUAL,
		.precision = 1, .tolerance = TIMEX_TOLERANCE,
		.time_seconds = (s64)(now / NS_PER_S),
		.time_fraction = (s64)(now % NS_PER_S),
	};
	if (!(n->status & STA_NANO))
		t->time_fraction /= NS_PER_S / MICROSECONDS;
}

static long set_offset(const struct linux_timex *t)
{
	s64 unit = t->modes & ADJ_NANO ? 1 : NS_PER_S / MICROSECONDS;

	return clock_set(krealtime_ns() + (u64)t->time_seconds * NS_PER_S +
			 (u64)(t->time_fraction * unit));
}

long call_adjtimex(u64 user, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_timex t;
	struct notes n;
	long error;

	if (user_read(user, &t, sizeof(t)))
		return -EFAULT;
	error = check(&t);
	if (error)
		return error;
	if (record_get(THIS_MODULE, RECORD, &n, sizeof(n)) != sizeof(n))
		n = first;
	if (t.modes && !(t.modes & ADJ_ADJTIME)) {
		error = t.modes & ADJ_SETOFFSET ? set_offset(&t) : 0;
		note(&n, &t);
		if (!error)
			error = record_put(THIS_MODULE, RECORD, &n, sizeof(n));
		if (error)
			return error;
	}
	fill(&t, &n);
	if (user_write(user, &t, sizeof(t)))
		return -EFAULT;
	return n.status & (STA_UNSYNC | STA_CLOCKERR) ? TIME_ERROR : TIME_OK;
}

long call_clock_adjtime(u64 clock, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	s32 id = (s32)clock;

	if (id != CLOCK_REALTIME)
		return id >= 0 && (id > CLOCK_TAI || id == CLOCK_TAI - 1) ? -EINVAL : -EOPNOTSUPP;
	return call_adjtimex(user, 0, 0, 0, 0, 0);
}
