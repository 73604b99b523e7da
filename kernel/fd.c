/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables. A table is an array of open files that grows up to
 * FD_LIMIT; a look-up takes a reference, so a file lives until the call that
 * uses it is done, whatever another thread closes meanwhile.
 */
#include <atomic.h>
#include <bitops.h>
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <process.h>
#include <string.h>

#define FDS_FIRST 16

/* An empty table with one reference; NULL: no memory. */
struct fdtable *fdtable_new(void)
{
	struct fdtable *fds = core_alloc(sizeof(*fds));

	if (!fds)
		return NULL;
	fds->file = core_alloc(FDS_FIRST * sizeof(struct file *));
	if (!fds->file) {
		core_free(fds);
		return NULL;
	}
	fds->refs = 1;
	fds->size = FDS_FIRST;
	fds->lock = (struct spinlock)SPINLOCK("descriptors", LOCK_OBJECT);
	return fds;
}

/* Makes the table reach descriptor `fd`: 0, -ENOMEM. */
static long fdtable_grow(struct fdtable *fds, u32 fd)
{
	struct file **bigger, **old = NULL;
	u32 size = FDS_FIRST;

	while (size <= fd)
		size *= 2;
	if (size <= READ_ONCE(fds->size))
		return 0;
	bigger = core_alloc(size * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	spin_lock(&fds->lock);
	if (size > fds->size) {
		memcpy(bigger, fds->file, fds->size * sizeof(*bigger));
		old = fds->file;
		fds->file = bigger;
		fds->size = size;
		bigger = NULL;
	}
	spin_unlock(&fds->lock);
	core_free(old);
	core_free(bigger);
	return 0;
}

/* A copy that shares the open files, for fork. NULL: no memory. */
struct fdtable *fdtable_copy(struct fdtable *from)
{
	struct fdtable *fds = fdtable_new();
	u32 size, i;

	if (!fds)
		return NULL;
	do {
		size = READ_ONCE(from->size);
		if (fdtable_grow(fds, size - 1) != 0) {
			fdtable_put(fds);
			return NULL;
		}
		spin_lock(&from->lock);
		if (from->size == size) {
			memcpy(fds->cloexec, from->cloexec, sizeof(fds->cloexec));
			for (i = 0; i < size; i++) {
				fds->file[i] = from->file[i];
				if (fds->file[i])
					file_get(fds->file[i]);
			}
			i = 0;
		} else {
			i = 1;
		}
		spin_unlock(&from->lock);
	} while (i);
	return fds;
}

/* A descriptor named `f` and does so no longer. May sleep. */
static void fd_drop(struct fdtable *fds, struct file *f)
{
	if (f)
		file_locks_drop(f, fds);
	file_put(f);
}

/* Drops a reference; the last one closes all. May sleep. */
void fdtable_put(struct fdtable *fds)
{
	u32 i;

	if (atomic_sub(&fds->refs, 1) != 0)
		return;
	for (i = 0; i < fds->size; i++)
		fd_drop(fds, fds->file[i]);
	core_free(fds->file);
	core_free(fds);
}

/* Takes a descriptor out: its file, or NULL. */
static struct file *fd_take(struct fdtable *fds, u32 fd, bool only_cloexec)
{
	struct file *f = NULL;

	spin_lock(&fds->lock);
	if (fd < fds->size && (!only_cloexec || bitmap_test(fds->cloexec, fd))) {
		f = fds->file[fd];
		fds->file[fd] = NULL;
		bitmap_clear(fds->cloexec, fd);
	}
	spin_unlock(&fds->lock);
	return f;
}

/* Closes what is marked close-on-exec. May sleep. */
void fdtable_exec(struct fdtable *fds)
{
	size_t fd = bitmap_find_set(fds->cloexec, FD_LIMIT, 0);

	for (; fd != BITMAP_NONE; fd = bitmap_find_set(fds->cloexec, FD_LIMIT, fd + 1))
		fd_drop(fds, fd_take(fds, fd, true));
}

/* See include/core/files.h. */
struct file *fdtable_next(struct fdtable *fds, u32 *fd)
{
	struct file *f = NULL;

	spin_lock(&fds->lock);
	while (*fd < fds->size && !(f = fds->file[*fd]))
		++*fd;
	if (f)
		file_get(f);
	spin_unlock(&fds->lock);
	return f;
}

/*
 * The calling process's table. NULL: a module's own thread, or a process that
 * ends, asks.
 */
static struct fdtable *fds_own(void)
{
	return current->process ? current->process->fds : NULL;
}

/* The file behind a descriptor, with a reference; NULL: there is none. */
struct file *fd_get(int fd)
{
	struct fdtable *fds = fds_own();
	struct file *f = NULL;

	if (!fds)
		return NULL;
	spin_lock(&fds->lock);
	if ((u32)fd < fds->size)
		f = fds->file[fd];
	if (f)
		file_get(f);
	spin_unlock(&fds->lock);
	return f;
}

/* See include/core/files.h. */
void fd_get_polled(struct polled *polled, u32 count)
{
	struct fdtable *fds = current->process->fds;
	struct polled *p;

	spin_lock(&fds->lock);
	for (p = polled; p < polled + count; p++) {
		p->file = (u32)p->fd < fds->size ? fds->file[p->fd] : NULL;
		if (p->file)
			atomic_add(&p->file->refs, 1);
	}
	spin_unlock(&fds->lock);
}

/* Puts `f` into the lowest free place from `from` on; -EAGAIN: table is full. */
static long fd_place(struct fdtable *fds, struct file *f, u32 from, bool cloexec)
{
	long fd = -EAGAIN;
	u32 i;

	spin_lock(&fds->lock);
	for (i = from; i < fds->size; i++) {
		if (fds->file[i])
			continue;
		fds->file[i] = f;
		if (cloexec)
			bitmap_set(fds->cloexec, i);
		else
			bitmap_clear(fds->cloexec, i);
		fd = i;
		break;
	}
	spin_unlock(&fds->lock);
	return fd;
}

static u32 fd_limit(void)
{
	return MIN(process_rlimit(current->process, RLIMIT_NOFILE), (u64)FD_LIMIT);
}

/*
 * A new descriptor for `f`, whose reference moves into the table: the lowest
 * free one from `from` on, or -EMFILE, -ENOMEM (the reference stays). Does not
 * sleep.
 */
long fd_install(struct file *f, u32 from, bool cloexec)
{
	struct fdtable *fds = fds_own();
	u32 limit;
	long fd;

	if (!fds)
		return -ESRCH;
	limit = fd_limit();
	while ((fd = fd_place(fds, f, from, cloexec)) == -EAGAIN) {
		u32 reach = MAX(READ_ONCE(fds->size), from);

		if (reach >= limit)
			return -EMFILE;
		if (fdtable_grow(fds, reach) != 0)
			return -ENOMEM;
	}
	if (fd >= limit) {
		fd_take(fds, fd, false);
		return -EMFILE;
	}
	return fd;
}

/* See include/core/files.h. */
long fd_new(struct file *f, bool cloexec)
{
	long fd = fd_install(f, 0, cloexec);

	if (fd < 0)
		file_put(f);
	return fd;
}

/* Makes `fd` name `f`, closing what it named: 0, -EBADF, -ENOMEM. May sleep. */
long fd_replace(struct file *f, u32 fd, bool cloexec)
{
	struct fdtable *fds = current->process->fds;
	struct file *old;

	if (fd >= fd_limit())
		return -EBADF;
	if (fdtable_grow(fds, fd) != 0)
		return -ENOMEM;
	spin_lock(&fds->lock);
	old = fds->file[fd];
	fds->file[fd] = f;
	if (cloexec)
		bitmap_set(fds->cloexec, fd);
	else
		bitmap_clear(fds->cloexec, fd);
	spin_unlock(&fds->lock);
	fd_drop(fds, old);
	return 0;
}

/* Closes a descriptor: 0, -EBADF. May sleep. */
long fd_close(u32 fd)
{
	struct fdtable *fds = fds_own();
	struct file *f = fds ? fd_take(fds, fd, false) : NULL;

	fd_drop(fds, f);
	return f ? 0 : -EBADF;
}

/* Does descriptor `fd` name `f`? */
bool fd_is(int fd, const struct file *f)
{
	struct file *now = fd_get(fd);

	file_put(now);
	return now == f;
}
