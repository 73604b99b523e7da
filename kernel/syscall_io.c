/* SPDX-License-Identifier: MIT */
/*
 * System calls on descriptors: reading, writing, positions, copies of
 * descriptors, fcntl, ioctl, pipes, sendfile.
 *
 * A file with a position keeps pos_lock for the whole call, as Linux does.
 */
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <pageobj.h>
#include <printf.h>
#include <program.h>
#include <sched.h>
#include <syscall.h>
#include <vfs.h>
#include <whitix/ioctl.h>
#include <whitix/process.h>
#include <whitix/stat.h>
#include <whitix/termios.h>

#define POS_MAX 0x7fffffffffffffffl
#define SETFL_FLAGS (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

static bool has_position(const struct file *f)
{
	return !(f->oflags & O_PATH) && (f->obj || (f->flags & FILE_SEEKABLE) ||
					 S_ISDIR(f->mode));
}

/* One transfer at the file's position (`at` NULL), or at *at. */
static long transfer(struct file *f, u64 addr, u64 len, u64 *at, bool write, bool kernel)
{
	bool lock = !at && has_position(f);
	u64 pos = at ? *at : 0;
	long n;

	if (lock) {
		core_mutex_lock(&f->pos_lock);
		pos = f->pos;
	}
	n = pos + len > POS_MAX ? -EINVAL : write ? file_write(f, addr, len, &pos, kernel) :
						    file_read(f, addr, len, pos, kernel);
	current->process->io_calls[write]++;
	if (n > 0) {
		pos += n;
		current->process->io_bytes[write] += n;
		file_event(f, write ? IN_MODIFY : IN_ACCESS);
	}
	if (lock) {
		f->pos = pos;
		core_mutex_unlock(&f->pos_lock);
	} else if (at) {
		*at = pos;
	}
	return n;
}

static long fd_transfer(int fd, u64 addr, u64 len, u64 *at, bool write, bool kernel)
{
	struct file *f = fd_get(fd);
	long n;

	if (!f)
		return -EBADF;
	if (at && (s64)*at < 0)
		n = -EINVAL;
	else if (at && !has_position(f))
		n = f->oflags & O_PATH ? -EBADF : -ESPIPE;
	else if (!kernel && (addr > USER_END || len > USER_END - addr))
		n = -EFAULT;
	else
		n = transfer(f, addr, len, at, write, kernel);
	file_put(f);
	return n;
}

SYSCALL_AS(read, (int fd, u64 buf, u64 len), fd_transfer(fd, buf, len, NULL, false, false))
SYSCALL_AS(write, (int fd, u64 buf, u64 len), fd_transfer(fd, buf, len, NULL, true, false))
SYSCALL_AS(pread64, (int fd, u64 buf, u64 len, u64 pos),
	   fd_transfer(fd, buf, len, &pos, false, false))
SYSCALL_AS(pwrite64, (int fd, u64 buf, u64 len, u64 pos),
	   fd_transfer(fd, buf, len, &pos, true, false))

/* See include/core/files.h. */
long iov_get(u64 user, u64 count, struct linux_iovec *few, struct linux_iovec **iov)
{
	u64 total = 0, i;
	long error = -EFAULT;
	bool wild = false;

	*iov = few;
	if (count > LINUX_IOV_MAX)
		return -EINVAL;
	if (count > IOVS_ON_STACK || !few)
		*iov = core_alloc(MAX(count, 1ul) * sizeof(**iov));
	if (!*iov)
		return -ENOMEM;
	if (get_user_bytes(*iov, user, count * sizeof(**iov)))
		goto free;
	for (i = 0; i < count; i++) {
		struct linux_iovec *v = &(*iov)[i];

		if ((s64)v->len < 0 || total + v->len > POS_MAX) {
			error = -EINVAL;
			goto free;
		}
		wild |= v->base > USER_END || v->len > USER_END - v->base;
		total += v->len;
	}
	if (!wild)
		return total;
free:
	if (*iov != few)
		core_free(*iov);
	*iov = NULL;
	return error;
}

static long vector_transfer(int fd, u64 user, u32 count, u64 *at, bool write)
{
	struct linux_iovec few[IOVS_ON_STACK], *iov;
	struct file *f = fd_get(fd);
	long total, n = 0, done = 0;
	bool whole;
	u64 i;

	if (!f)
		return -EBADF;
	total = at && (s64)*at < 0 ? -EINVAL :
		at && !has_position(f) ? (f->oflags & O_PATH ? -EBADF : -ESPIPE) :
		iov_get(user, count, few, &iov);
	if (total < 0) {
		file_put(f);
		return total;
	}
	whole = f->provider && !has_position(f) && !(f->flags & (FILE_NULL | FILE_ZERO));
	if (!count)
		n = transfer(f, 0, 0, at, write, false);
	else if (whole)
		n = file_transfer_vector(f, iov, total, write);
	if (whole && n > 0)
		file_event(f, write ? IN_MODIFY : IN_ACCESS);
	for (i = 0; i < count && !whole; i++) {
		if (!iov[i].len)
			continue;
		n = transfer(f, iov[i].base, iov[i].len, at, write, false);
		if (n > 0)
			done += n;
		if (n < (long)iov[i].len)
			break;
	}
	if (iov != few)
		core_free(iov);
	file_put(f);
	return done ? done : n;
}

SYSCALL_AS(readv, (int fd, u64 iov, u64 count), vector_transfer(fd, iov, count, NULL, false))
SYSCALL_AS(writev, (int fd, u64 iov, u64 count), vector_transfer(fd, iov, count, NULL, true))

/* preadv(2): the position comes in two halves, of which the low one is all. */
SYSCALL_AS(preadv, (int fd, u64 iov, u64 count, u64 pos),
	   vector_transfer(fd, iov, count, &pos, false))
SYSCALL_AS(pwritev, (int fd, u64 iov, u64 count, u64 pos),
	   vector_transfer(fd, iov, count, &pos, true))

static long vector_flags(int fd, u64 iov, u64 count, u64 pos, u32 flags, bool write)
{
	struct file *f;

	if (flags & ~(u32)(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | (write ? RWF_APPEND : 0)))
		return -EOPNOTSUPP;
	f = flags & RWF_APPEND ? fd_get(fd) : NULL;
	if (f && f->obj)
		pos = READ_ONCE(f->obj->size);
	file_put(f);
	return vector_transfer(fd, iov, count, pos == ~0ul ? NULL : &pos, write);
}

SYSCALL_AS(preadv2, (int fd, u64 iov, u64 count, u64 pos, u64 high, u32 flags),
	   vector_flags(fd, iov, count, pos, flags, false))
SYSCALL_AS(pwritev2, (int fd, u64 iov, u64 count, u64 pos, u64 high, u32 flags),
	   vector_flags(fd, iov, count, pos, flags, true))

/* ---- positions --------------------------------------------------------- */

static long seek_end(struct file *f, u64 *end)
{
	struct vfs_attr attr;
	long error = 0;

	if (f->obj) {
		*end = READ_ONCE(f->obj->size);
	} else {
		error = file_getattr(f, &attr);
		*end = attr.size;
	}
	return error;
}

/* The new position. Of files that are no page objects all is data. */
static long seek_target(struct file *f, s64 offset, u32 whence)
{
	u64 base = 0, end = 0;
	long error = whence > SEEK_CUR ? seek_end(f, &end) : 0;

	if (error)
		return error;
	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = f->pos;
		break;
	case SEEK_END:
		base = end;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (offset < 0 || (u64)offset >= end)
			return -ENXIO;
		if (f->obj)
			return pageobj_seek(f->obj, offset, whence == SEEK_DATA);
		return whence == SEEK_DATA ? offset : (long)end;
	default:
		return -EINVAL;
	}
	if (offset > 0 && (s64)base > POS_MAX - offset)
		return -EOVERFLOW;
	return (s64)base + offset < 0 ? -EINVAL : (s64)base + offset;
}

/* lseek(2). */
long sys_lseek(int fd, s64 offset, u32 whence)
{
	struct file *f = fd_get(fd);
	long pos;

	if (!f)
		return -EBADF;
	if (f->oflags & O_PATH) {
		pos = -EBADF;
	} else if (f->provider && f->provider->ops.seek) {
		pos = module_result(f->provider->ops.seek(f->number, offset, whence), INT64_MAX);
	} else if (!has_position(f) || f->flags & (FILE_NULL | FILE_ZERO)) {
		/* Character devices without a position take any, as on Linux. */
		pos = file_is_anonymous(f) || (S_ISCHR(f->mode) &&
		      !(f->flags & (FILE_STREAM | FILE_CONSOLE))) ? 0 : -ESPIPE;
	} else {
		core_mutex_lock(&f->pos_lock);
		pos = seek_target(f, offset, whence);
		if (pos >= 0)
			f->pos = pos;
		core_mutex_unlock(&f->pos_lock);
	}
	file_put(f);
	return pos;
}

/* ---- descriptors ------------------------------------------------------- */

SYSCALL_AS(close, (u32 fd), fd_close(fd))

/* close_range(2). */
long sys_close_range(u32 first, u32 last, u32 flags)
{
	struct fdtable *fds;
	u32 fd;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) && process_unshare(CLONE_FILES))
		return -ENOMEM;
	fds = current->process->fds;
	for (fd = first; fd <= last && fd < READ_ONCE(fds->size); fd++) {
		if (flags & CLOSE_RANGE_CLOEXEC) {
			spin_lock(&fds->lock);
			if (fds->file[fd])
				fds->cloexec[fd / 64] |= 1ul << (fd % 64);
			spin_unlock(&fds->lock);
		} else {
			fd_close(fd);
		}
	}
	return 0;
}

static long dup_from(int fd, u32 from, bool cloexec)
{
	struct file *f = fd_get(fd);
	long new;

	if (!f)
		return -EBADF;
	new = fd_install(f, from, cloexec);
	if (new < 0)
		file_put(f);
	return new;
}

SYSCALL_AS(dup, (int fd), dup_from(fd, 0, false))

static long dup_to(int fd, u32 to, bool cloexec)
{
	struct file *f = fd_get(fd);
	long error;

	if (!f)
		return -EBADF;
	error = fd_replace(f, to, cloexec);
	if (error)
		file_put(f);
	return error ? error : (long)to;
}

/* dup2(2). */
long sys_dup2(int fd, u32 to)
{
	struct file *f;

	if ((u32)fd != to)
		return dup_to(fd, to, false);
	f = fd_get(fd);
	file_put(f);
	return f ? (long)to : -EBADF;
}

/* dup3(2). */
long sys_dup3(int fd, u32 to, u32 flags)
{
	if (flags & ~O_CLOEXEC || (u32)fd == to)
		return -EINVAL;
	return dup_to(fd, to, flags & O_CLOEXEC);
}

static long fd_flags(u32 fd, bool set, u64 value)
{
	struct fdtable *fds = current->process->fds;
	long flags = -EBADF;

	spin_lock(&fds->lock);
	if (fd < fds->size && fds->file[fd]) {
		u64 *word = &fds->cloexec[fd / 64], bit = 1ul << (fd % 64);

		flags = set ? 0 : *word & bit ? FD_CLOEXEC : 0;
		if (set)
			*word = value & FD_CLOEXEC ? *word | bit : *word & ~bit;
	}
	spin_unlock(&fds->lock);
	return flags;
}

static void file_set_flags(struct file *f, u32 mask, u64 flags)
{
	WRITE_ONCE(f->oflags, (f->oflags & ~mask) | (flags & mask));
}

/* What only some files have, their module knows of. */
static long provider_fcntl(struct file *f, u32 cmd, u64 arg)
{
	long result = -ENOTTY;

	op_begin();
	if (f->provider && READ_ONCE(f->provider->live))
		result = f->provider->ops.ioctl(f->number, FILE_FCNTL(cmd), arg, 0);
	file_touched(f);
	return result == -ENOTTY ? -EBADF : module_result(result, INT32_MAX);
}

static long fcntl_file(struct file *f, int fd, u32 cmd, u64 arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if ((u32)arg >= MIN(process_rlimit(current->process, RLIMIT_NOFILE), (u64)FD_LIMIT))
			return -EINVAL;
		return dup_from(fd, arg, cmd == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return fd_flags(fd, false, 0);
	case F_SETFD:
		return fd_flags(fd, true, arg);
	case F_GETFL:
		return f->oflags | (f->node && !(f->oflags & O_PATH) ? O_LARGEFILE : 0);
	}
	if (f->oflags & O_PATH)
		return -EBADF;
	switch (cmd) {
	case F_SETFL:
		if ((arg & O_DIRECT) && (f->node || f->obj) && !S_ISFIFO(f->mode))
			return -EINVAL;
		file_set_flags(f, SETFL_FLAGS, arg);
		return 0;
	case F_GETLK: case F_SETLK: case F_SETLKW:
	case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
		return file_lock(f, fd, cmd, arg);
	case F_ADD_SEALS: case F_GET_SEALS:
		return file_seals(f, cmd, arg);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return provider_fcntl(f, cmd, arg);
	case F_SETOWN:
		f->owner = (s32)arg;
		return 0;
	case F_GETOWN:
		return f->owner;
	}
	return -EINVAL;
}

/* fcntl(2). */
long sys_fcntl(int fd, u32 cmd, u64 arg)
{
	struct file *f = fd_get(fd);
	long result;

	if (!f)
		return -EBADF;
	result = fcntl_file(f, fd, cmd, arg);
	file_put(f);
	return result;
}

/* ---- ioctl ------------------------------------------------------------- */

/* Sizes of arguments of commands that are older than the _IOC scheme. */
#define GET(cmd, type) { cmd, sizeof(type), UBUF_WRITE }
#define SET(cmd, type) { cmd, sizeof(type), UBUF_READ }
static const struct { u32 cmd; u8 size, access; } ioctl_sizes[] = {
	GET(TCGETS, struct linux_termios), SET(TCSETS, struct linux_termios),
	SET(TCSETSW, struct linux_termios), SET(TCSETSF, struct linux_termios),
	GET(TCGETA, struct linux_termio), SET(TCSETA, struct linux_termio),
	SET(TCSETAW, struct linux_termio), SET(TCSETAF, struct linux_termio),
	GET(TIOCGWINSZ, struct linux_winsize), SET(TIOCSWINSZ, struct linux_winsize),
	GET(TIOCGSERIAL, struct linux_serial), SET(TIOCSSERIAL, struct linux_serial),
	GET(TIOCGICOUNT, struct linux_serial_icounter), SET(TIOCSTI, char),
	GET(TIOCGPGRP, s32), SET(TIOCSPGRP, s32), GET(TIOCOUTQ, s32), GET(TIOCMGET, s32),
	SET(TIOCMSET, s32), SET(TIOCMBIS, s32), SET(TIOCMBIC, s32), GET(TIOCGSOFTCAR, s32),
	SET(TIOCSSOFTCAR, s32), SET(TIOCPKT, s32), GET(FIONREAD, s32), GET(TIOCGSID, s32),
	SET(TIOCSETD, s32), GET(TIOCGETD, s32), GET(KDGKBTYPE, char), GET(KDGETMODE, s32),
	GET(KDGKBMODE, s32), GET(KDGKBLED, char), GET(KDGETLED, char), GET(KDGKBMETA, s32),
	GET(VT_OPENQRY, s32), GET(VT_GETMODE, u64), SET(VT_SETMODE, u64),
	GET(VT_GETSTATE, u16[3]), { TIOCSIG, 0, 0 },
	{ TIOCLINUX, 1, UBUF_READ | UBUF_WRITE },
};

/* Size of a command's argument in bytes (0: a value) and its directions. */
static u32 ioctl_argument(u32 cmd, u8 *access)
{
	u32 i, dir = LINUX_IOC_DIR(cmd);

	for (i = 0; i < ARRAY_SIZE(ioctl_sizes); i++) {
		if (ioctl_sizes[i].cmd == cmd) {
			*access = ioctl_sizes[i].access;
			return ioctl_sizes[i].size;
		}
	}
	*access = (dir & LINUX_IOC_WRITE ? UBUF_READ : 0) |
		  (dir & LINUX_IOC_READ ? UBUF_WRITE : 0);
	return *access ? LINUX_IOC_SIZE(cmd) : 0;
}

static long provider_ioctl(struct file *f, u32 cmd, u64 arg)
{
	u8 access;
	u32 size = ioctl_argument(cmd, &access), ubuf = 0;
	long result;

	if (!READ_ONCE(f->provider->live))
		return -EIO;
	if (size) {
		if (mm_fault_in(current->mm, arg, size, access & UBUF_WRITE) < size)
			return -EFAULT;
		ubuf = ubuf_push(arg, size, access, false);
	}
	op_begin();
	result = f->provider->ops.ioctl(f->number, cmd, arg, ubuf);
	ubuf_pop(ubuf);
	result = module_result(result, INT32_MAX);
	file_touched(f);
	return result == -EINTR ? -ERESTARTSYS : result;
}

/* TIOCGPTPEER: the module said which terminal; `oflags` are open(2)'s. */
static long open_peer(u32 number, u32 oflags)
{
	char path[24];
	struct file *f;
	long result;

	snprintf(path, sizeof(path), "/dev/pts/%u", number);
	result = file_open_path(path_root(), path, oflags, 0, &f, NULL);
	if (!result && (result = fd_install(f, 0, oflags & O_CLOEXEC)) < 0)
		file_put(f);
	return result;
}

static long ioctl_flag(struct file *f, u32 flag, u64 arg)
{
	s32 on;

	if (get_user_bytes(&on, arg, sizeof(on)))
		return -EFAULT;
	file_set_flags(f, flag, on ? flag : 0);
	return 0;
}

static long ioctl_object(struct file *f, u32 cmd, u64 arg)
{
	s64 left;
	s32 value;

	if (cmd != FIONREAD || !f->obj)
		return -ENOTTY;
	left = (s64)READ_ONCE(f->obj->size) - (s64)f->pos;
	value = MIN(MAX(left, 0l), (s64)INT32_MAX);
	return put_user_bytes(arg, &value, sizeof(value));
}

/* ioctl(2): a few are the core's, the rest goes to the file's module. */
long sys_ioctl(int fd, u32 cmd, u64 arg)
{
	struct file *f = fd_get(fd);
	long result;

	if (!f || (f->oflags & O_PATH)) {
		file_put(f);
		return -EBADF;
	}
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		result = fd_flags(fd, true, cmd == FIOCLEX ? FD_CLOEXEC : 0);
		break;
	case FIONBIO:
		result = ioctl_flag(f, O_NONBLOCK, arg);
		break;
	case FIOASYNC:
		result = ioctl_flag(f, O_ASYNC, arg);
		break;
	default:
		result = f->provider ? provider_ioctl(f, cmd, arg) :
				       ioctl_object(f, cmd, arg);
		if (cmd == TIOCGPTPEER && result >= 0)
			result = open_peer(result, arg);
	}
	file_put(f);
	return result;
}

/* ---- for modules: include/interface/program.h ----------------------------- */

long descriptor_get(u32 self, u32 fd, struct descriptor *d)
{
	struct file *f = fd_get(fd);

	if (!f || (f->oflags & O_PATH)) {
		file_put(f);
		return -EBADF;
	}
	*d = (struct descriptor){ f->mode, f->oflags, has_position(f),
				 (file_is_anonymous(f) ? DESCRIPTOR_ANONYMOUS : 0) |
				 (f->obj ? DESCRIPTOR_OBJECT : 0), f->pos };
	file_put(f);
	return 0;
}

long descriptor_read(u32 self, u32 fd, u64 pos, void *buf, size_t len)
{
	return fd_transfer(fd, (u64)buf, len, pos == DESCRIPTOR_POS ? NULL : &pos, false, true);
}

long descriptor_write(u32 self, u32 fd, u64 pos, const void *buf, size_t len)
{
	return fd_transfer(fd, (u64)buf, len, pos == DESCRIPTOR_POS ? NULL : &pos, true, true);
}

long descriptor_move(u32 self, u32 fd, u64 pos)
{
	long result = sys_lseek(fd, pos, SEEK_SET);

	return result < 0 ? result : 0;
}

long descriptor_nonblock(u32 self, u32 fd, bool on)
{
	struct file *f = fd_get(fd);

	if (f)
		file_set_flags(f, O_NONBLOCK, on ? O_NONBLOCK : 0);
	file_put(f);
	return f ? 0 : -EBADF;
}

SYMBOL_EXPORT(descriptor_nonblock);
SYMBOL_EXPORT(descriptor_get);
SYMBOL_EXPORT(descriptor_read);
SYMBOL_EXPORT(descriptor_write);
SYMBOL_EXPORT(descriptor_move);
