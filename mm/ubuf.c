/* SPDX-License-Identifier: MIT */
/*
 * User buffers: memory that a system call named, offered to a module for one
 * call of this thread. A module names it by index (from 1); address and length
 * stay in the core. The system-call layer pushes before a call down and pops
 * after it. A copy enters the process's view and never calls a module.
 */
#include <core.h>
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <process.h>
#include <program.h>
#include <thread.h>
#include <whitix/process.h>

/* See include/core/mm.h. */
u32 ubuf_push(u64 addr, u64 len, u8 flags, bool kernel)
{
	struct thread *t = current;

	if (t->nubufs == THREAD_UBUFS)
		return 0;
	t->ubuf[t->nubufs] = (struct ubuf){
		.addr = addr, .len = len, .flags = flags, .kernel = kernel,
	};
	return ++t->nubufs;
}

/* The same for memory in pieces; `iov` stays the caller's until ubuf_pop(). */
u32 ubuf_push_vector(const struct linux_iovec *iov, u64 len, u8 flags, bool kernel)
{
	u32 ubuf = ubuf_push(0, len, flags, kernel);

	if (ubuf)
		current->ubuf[ubuf - 1].iov = iov;
	return ubuf;
}

/* Takes back user buffer `index` and those above it. */
void ubuf_pop(u32 index)
{
	if (index)
		current->nubufs = index - 1;
}

/* include/interface/program.h. */
long ubuf_offer(u32 index, u64 addr, size_t len, u32 access)
{
	struct thread *t = current;

	if (!t->mm || !index || index > THREAD_UBUFS || index > t->nubufs + 1 ||
	    access & ~(UBUF_READ | UBUF_WRITE | UBUF_WHOLE))
		return -EINVAL;
	if ((access & UBUF_WHOLE) && len &&
	    mm_fault_in(t->mm, addr, len, access & UBUF_WRITE) < len)
		return -EFAULT;
	t->nubufs = index - 1;
	ubuf_push(addr, len, access & ~UBUF_WHOLE, false);
	return 0;
}
SYMBOL_EXPORT(ubuf_offer);

/* include/interface/program.h. */
long ubuf_offer_vector(u32 index, u64 user, u64 count, u64 skip, u32 access)
{
	struct task *task = current->task;
	struct linux_iovec *iov;
	long len;

	if (!task || !index || index > MIN(current->nubufs + 1, (u32)THREAD_UBUFS) ||
	    access & ~(UBUF_READ | UBUF_WRITE))
		return -EINVAL;
	core_free(task->iov);
	task->iov = NULL;
	len = iov_get(user, count, NULL, &task->iov);
	if (len < 0)
		return len;
	len = MIN((u64)len, LINUX_TRANSFER_MAX);
	skip = MIN(skip, (u64)len);
	len -= skip;
	for (iov = task->iov; skip; iov++) {
		u64 part = MIN(skip, iov->len);

		iov->base += part;
		iov->len -= part;
		skip -= part;
	}
	current->nubufs = index - 1;
	ubuf_push_vector(task->iov, len, access, false);
	return len;
}
SYMBOL_EXPORT(ubuf_offer_vector);

/* The user buffer, if it lives and allows `flag`; *len is cut to its end. */
static struct ubuf *ubuf_check(u32 index, u64 off, size_t *len, u8 flag)
{
	struct thread *t = current;
	struct ubuf *u;

	if (index == 0 || index > t->nubufs)
		return NULL;
	u = &t->ubuf[index - 1];
	if (!(u->flags & flag))
		return NULL;
	*len = off < u->len ? MIN(*len, u->len - off) : 0;
	return u;
}

/* Where byte `off` is; *part is cut to what lies there in a row. */
static u64 ubuf_at(const struct ubuf *u, u64 off, size_t *part)
{
	u32 i;

	if (!u->iov)
		return u->addr + off;
	for (i = 0; off >= u->iov[i].len; i++)
		off -= u->iov[i].len;
	*part = MIN(*part, u->iov[i].len - off);
	return u->iov[i].base + off;
}

/* Copies between a user buffer and a module: bytes, or -EFAULT if none. */
static long ubuf_copy(const struct ubuf *u, u64 off, void *buf, size_t len, bool write)
{
	size_t done = 0, left = 0, part;

	while (done < len && !left) {
		void *at;

		part = len - done;
		at = (void *)ubuf_at(u, off + done, &part);
		if (u->kernel)
			left = write ? copy_module_from(at, buf + done, part) :
				       copy_module_to(buf + done, at, part);
		else
			left = write ? copy_to_user(at, buf + done, part) :
				       copy_from_user(buf + done, at, part);
		done += part - left;
	}
	return len && !done ? -EFAULT : (long)done;
}

/*
 * Copies from a user buffer to the module: bytes, fewer than `len` at its end
 * or where a page is gone; -EFAULT when nothing could be copied, -EBADF.
 */
long ubuf_read(u32 ubuf, u64 off, void *buf, size_t len)
{
	struct ubuf *u = ubuf_check(ubuf, off, &len, UBUF_READ);

	return u ? ubuf_copy(u, off, buf, len, false) : -EBADF;
}

/* As ubuf_read(), from the module to the user buffer. */
long ubuf_write(u32 ubuf, u64 off, const void *buf, size_t len)
{
	struct ubuf *u = ubuf_check(ubuf, off, &len, UBUF_WRITE);

	return u ? ubuf_copy(u, off, (void *)buf, len, true) : -EBADF;
}
