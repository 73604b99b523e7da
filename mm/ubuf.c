/* SPDX-License-Identifier: MIT */
/*
 * User buffers: memory that a system call named, offered to a module for one
 * call of this thread. A module names it by index (from 1); address and length
 * stay in the core. The system-call layer pushes before a call down and pops
 * after it. A copy enters the process's view and never calls a module.
 */
#include <core.h>
#include <errno.h>
#include <mm.h>
#include <thread.h>

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

/* Takes back user buffer `index` and those above it. */
void ubuf_pop(u32 index)
{
	if (index)
		current->nubufs = index - 1;
}

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

static long ubuf_result(size_t len, size_t left)
{
	return left && left == len ? -EFAULT : (long)(len - left);
}

/*
 * Copies from a user buffer to the module: bytes, fewer than `len` at its end
 * or where a page is gone; -EFAULT when nothing could be copied, -EBADF.
 */
long ubuf_read(u32 ubuf, u64 off, void *buf, size_t len)
{
	struct ubuf *u = ubuf_check(ubuf, off, &len, UBUF_READ);

	if (!u)
		return -EBADF;
	if (u->kernel)
		return ubuf_result(len, copy_module_to(buf, (void *)(u->addr + off), len));
	return ubuf_result(len, copy_from_user(buf, (void *)(u->addr + off), len));
}

/* As ubuf_read(), from the module to the user buffer. */
long ubuf_write(u32 ubuf, u64 off, const void *buf, size_t len)
{
	struct ubuf *u = ubuf_check(ubuf, off, &len, UBUF_WRITE);

	if (!u)
		return -EBADF;
	if (u->kernel)
		return ubuf_result(len, copy_module_from((void *)(u->addr + off), buf, len));
	return ubuf_result(len, copy_to_user((void *)(u->addr + off), buf, len));
}
