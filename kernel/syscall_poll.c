/* SPDX-License-Identifier: MIT */
/*
 * poll, ppoll, select, pselect6. The counts of the files' wait objects are read
 * before the files are asked, so nothing that becomes ready is missed; then one
 * sleep waits for all of them.
 */
#include <bitops.h>
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <signals.h>
#include <string.h>
#include <syscall.h>
#include <timer.h>
#include <whitix/poll.h>

#define POLL_UNASKED (POLLERR | POLLHUP | POLLNVAL)
#define NO_TIMEOUT (~0ul)

struct poll_set {
	struct polled *entry;		/* files only while a round runs */
	struct wait_poll *wait;
	u32 count, nwaits;
};

static bool poll_set_alloc(struct poll_set *set, u32 count)
{
	u32 n = MAX(count, 1u);

	*set = (struct poll_set){ .count = count };
	set->entry = core_alloc(n * sizeof(*set->entry));
	set->wait = core_alloc(n * sizeof(*set->wait));
	return set->entry && set->wait;
}

static void poll_set_free(struct poll_set *set)
{
	core_free(set->entry);
	core_free(set->wait);
}

static void poll_set_put_files(struct poll_set *set)
{
	u32 i;

	for (i = 0; i < set->count; i++)
		if (set->entry[i].file)
			file_put(set->entry[i].file);
}

/* Asks all: how many have something to tell. Takes the files' references. */
static u32 poll_round(struct poll_set *set)
{
	struct wait_poll *w = set->wait;
	u32 i, ready = 0;

	fd_get_polled(set->entry, set->count);
	for (i = 0; i < set->count; i++) {
		struct polled *p = &set->entry[i];
		struct file *f = p->file;

		p->revents = 0;
		if (p->fd < 0)
			continue;
		if (!f || (f->oflags & O_PATH)) {
			p->revents = POLLNVAL;
		} else {
			if (f->wait)
				*w++ = (struct wait_poll){ f->wait, wait_read(f->wait) };
			p->revents = file_poll(f) & (p->events | POLL_UNASKED);
		}
		ready += p->revents != 0;
	}
	set->nwaits = w - set->wait;
	return ready;
}

static void console_waits(struct poll_set *set)
{
	u32 i;

	for (i = 0; i < set->count; i++)
		if (set->entry[i].file && (set->entry[i].events & POLLIN))
			file_console_wait(set->entry[i].file);
}

/* Waits until something is ready: how many, 0 at the deadline, or an error. */
static long poll_wait(struct poll_set *set, u64 deadline, bool forever)
{
	long error = 0;
	u32 ready;

	for (;;) {
		ready = poll_round(set);
		if (ready || (!forever && deadline == 0)) {
			poll_set_put_files(set);
			return ready;
		}
		if (error) {
			poll_set_put_files(set);
			return error == -ETIMEDOUT ? 0 : error;
		}
		if (forever)
			console_waits(set);
		error = wait_on_any(set->wait, set->nwaits, forever ? 0 : deadline, true);
		poll_set_put_files(set);
		if (error == -EINTR)
			return -ERESTARTNOHAND;
	}
}

/* `timeout` in ns, NO_TIMEOUT for none; restarts go on to the first deadline. */
static long poll_timeout(struct poll_set *set, u64 timeout)
{
	bool forever = timeout == NO_TIMEOUT;
	u64 deadline = forever ? 0 : restart_deadline();
	long result;

	if (!deadline && !forever && timeout)
		deadline = deadline_after(timeout);
	result = poll_wait(set, deadline, forever);
	if (result == -ERESTARTNOHAND && !forever)
		return restart_sleep(deadline);
	return result;
}

/* For ppoll and pselect6: another mask of signals for the time of the call. */
static long mask_enter(u64 user, u64 size)
{
	u64 mask;

	if (!user)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (get_user_bytes(&mask, user, sizeof(mask)))
		return -EFAULT;
	current->task->saved_sigmask = current->sigmask;
	signal_set_mask(mask);
	return 0;
}

/* The mask goes back now, or when a signal that interrupted is delivered. */
long mask_leave(u64 changed, long result)
{
	if (!changed)
		return result;
	if (result == -ERESTARTNOHAND || result == -ERESTART_RESTARTBLOCK ||
	    result == -EINTR) {
		current->task->restore_sigmask = true;
		WRITE_ONCE(current->task->notify, 1);
	} else {
		signal_set_mask(current->task->saved_sigmask);
	}
	return result;
}

static long poll_fds(u64 user, u32 count, u64 timeout)
{
	struct linux_pollfd fd;
	struct poll_set set;
	long result = -ENOMEM;
	u32 i;

	if (count > process_rlimit(current->process, RLIMIT_NOFILE))
		return -EINVAL;
	if (!poll_set_alloc(&set, count))
		goto out;
	result = -EFAULT;
	for (i = 0; i < count; i++) {
		if (get_user_bytes(&fd, user + i * sizeof(fd), sizeof(fd)))
			goto out;
		set.entry[i].fd = fd.fd;
		set.entry[i].events = (u16)fd.events;
	}
	result = poll_timeout(&set, timeout);
	for (i = 0; i < count && result >= 0; i++) {
		s16 revents = set.entry[i].revents;

		if (put_user_bytes(user + i * sizeof(fd) +
				   offsetof(struct linux_pollfd, revents),
				   &revents, sizeof(revents)))
			result = -EFAULT;
	}
out:
	poll_set_free(&set);
	return result;
}

/* poll(2). */
long sys_poll(u64 fds, u32 count, s32 timeout_ms)
{
	return poll_fds(fds, count, timeout_ms < 0 ? NO_TIMEOUT :
					(u64)timeout_ms * NSEC_PER_MSEC);
}

/* Writes what is left of a timeout back, as Linux does. */
static void put_rest(u64 user, u64 timeout, u64 start, bool timeval)
{
	u64 gone = time_now_ns() - start, rest = gone < timeout ? timeout - gone : 0;
	struct linux_timespec t = ns_to_timespec(rest);

	if (timeval)
		t.tv_nsec /= NSEC_PER_USEC;
	(void)!put_user_bytes(user, &t, sizeof(t));
}

/* ppoll(2). */
long sys_ppoll(u64 fds, u32 count, u64 timeout, u64 mask, u64 mask_size)
{
	u64 ns = NO_TIMEOUT, start = time_now_ns();
	long result = timeout ? get_timespec(timeout, &ns) : 0;

	if (!result)
		result = mask_enter(mask, mask_size);
	if (result)
		return result;
	result = mask_leave(mask, poll_fds(fds, count, ns));
	if (timeout)
		put_rest(timeout, ns, start, false);
	return result;
}

/* ---- select ------------------------------------------------------------ */

#define SELECT_READ (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define SELECT_WRITE (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)

/* What the three sets stand for, in order. */
static const u32 select_events[3] = { SELECT_READ, SELECT_WRITE, POLLPRI };

struct fd_sets {
	u64 bits[3][LINUX_FD_SETSIZE / 64];
};

static long sets_get(struct fd_sets *sets, const u64 *user, u32 words)
{
	u32 i;

	memset(sets, 0, sizeof(*sets));
	for (i = 0; i < 3; i++)
		if (user[i] && get_user_bytes(sets->bits[i], user[i], words * sizeof(u64)))
			return -EFAULT;
	return 0;
}

/* All descriptors of the sets, 64 of them from `word` on. */
static u64 sets_any(const struct fd_sets *sets, u32 word)
{
	return sets->bits[0][word] | sets->bits[1][word] | sets->bits[2][word];
}

/* Bits from `nfds` on are not the caller's. */
static void sets_cut(struct fd_sets *sets, u32 nfds)
{
	u32 i;

	for (i = 0; i < 3 && nfds % 64; i++)
		sets->bits[i][nfds / 64] &= (1ul << nfds % 64) - 1;
}

static u32 sets_events(const struct fd_sets *sets, u32 word, u64 bit)
{
	return (sets->bits[0][word] & bit ? SELECT_READ : 0) |
	       (sets->bits[1][word] & bit ? SELECT_WRITE : 0) |
	       (sets->bits[2][word] & bit ? POLLPRI : 0);
}

static void sets_entries(const struct fd_sets *sets, u32 words, struct polled *p)
{
	u32 word;
	u64 any;

	for (word = 0; word < words; word++)
		for (any = sets_any(sets, word); any; any &= any - 1, p++) {
			p->fd = word * 64 + bit_ffs(any) - 1;
			p->events = sets_events(sets, word, any & -any);
		}
}

/* Leaves the bits that are ready; returns how many, or -EBADF. */
static long sets_result(struct fd_sets *sets, const struct poll_set *set)
{
	const struct polled *p;
	long bits = 0;
	u32 j;

	for (p = set->entry; p < set->entry + set->count; p++) {
		u64 bit = 1ul << p->fd % 64;

		if (p->revents & POLLNVAL)
			return -EBADF;
		for (j = 0; j < 3; j++) {
			if (!(p->revents & select_events[j]))
				sets->bits[j][p->fd / 64] &= ~bit;
			else if (sets->bits[j][p->fd / 64] & bit)
				bits++;
		}
	}
	return bits;
}

static long select_sets(struct fd_sets *sets, u32 nfds, u64 timeout)
{
	u32 word, words = DIV_ROUND_UP(nfds, 64), count = 0;
	struct poll_set set;
	long result = -ENOMEM;

	sets_cut(sets, nfds);
	for (word = 0; word < words; word++)
		count += bit_count(sets_any(sets, word));
	if (!poll_set_alloc(&set, count))
		goto out;
	sets_entries(sets, words, set.entry);
	result = poll_timeout(&set, timeout);
	if (result > 0)
		result = sets_result(sets, &set);
	else if (result == 0)
		memset(sets, 0, sizeof(*sets));
out:
	poll_set_free(&set);
	return result;
}

static long select_user(s32 nfds, const u64 *user, u64 timeout)
{
	struct fd_sets sets;
	u32 i, words;
	long result;

	if (nfds < 0)
		return -EINVAL;
	nfds = MIN(nfds, LINUX_FD_SETSIZE);
	words = DIV_ROUND_UP(nfds, 64);
	result = sets_get(&sets, user, words);
	if (!result)
		result = select_sets(&sets, nfds, timeout);
	for (i = 0; i < 3 && result >= 0; i++)
		if (user[i] && put_user_bytes(user[i], sets.bits[i], words * sizeof(u64)))
			result = -EFAULT;
	return result;
}

/* select(2). */
long sys_select(s32 nfds, u64 readable, u64 writable, u64 except, u64 timeout)
{
	const u64 user[3] = { readable, writable, except };
	u64 ns = NO_TIMEOUT, start = time_now_ns();
	long result = timeout ? get_timeval(timeout, &ns) : 0;

	if (result)
		return result;
	result = select_user(nfds, user, ns);
	if (timeout)
		put_rest(timeout, ns, start, true);
	return result;
}

/* pselect6(2): the last argument points to the mask and its size. */
long sys_pselect6(s32 nfds, u64 readable, u64 writable, u64 except, u64 timeout,
		  u64 mask_arg)
{
	const u64 user[3] = { readable, writable, except };
	u64 ns = NO_TIMEOUT, start = time_now_ns(), mask[2] = { 0, 0 };
	long result = timeout ? get_timespec(timeout, &ns) : 0;

	if (!result && mask_arg)
		result = get_user_bytes(mask, mask_arg, sizeof(mask));
	if (!result)
		result = mask_enter(mask[0], mask[1]);
	if (result)
		return result;
	result = mask_leave(mask[0], select_user(nfds, user, ns));
	if (timeout)
		put_rest(timeout, ns, start, false);
	return result;
}
