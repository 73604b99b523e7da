/* SPDX-License-Identifier: MIT */
/*
 * Control messages (cmsg(3)) of level SOL_SOCKET: open files and credentials. A
 * file on its way is a handle that this module owns.
 */
#include "internal.h"

#define HEADER sizeof(struct linux_cmsghdr)
#define FILES_BYTES (SCM_MAX_FD * sizeof(s32))
#define FILES_IN_FLIGHT_MAX 4096	/* of all programs but root's */

u32 files_in_flight;

/* Gives handles back. A file may be closed by that: the lock must not be held. */
void files_release(const struct files *files)
{
	for (u32 i = 0; i < files->count; i++)
		file_handle_release(files->handle[i]);
}

/* ---- sending ----------------------------------------------------------- */

/* May the caller say that it is `c`? */
static bool creds_allowed(const struct linux_ucred *c)
{
	if (!cred_euid())
		return true;
	return c->pid == current_pid() && (c->uid == cred_uid() || c->uid == cred_euid()) &&
	       (c->gid == cred_gid() || c->gid == cred_egid());
}

static long read_files(struct control *c, const s32 *fd, u64 count)
{
	u64 number;

	if (count > SCM_MAX_FD - c->files.count)
		return -EINVAL;
	if (cred_euid() && files_in_flight + count > FILES_IN_FLIGHT_MAX)
		return -ETOOMANYREFS;
	for (u64 i = 0; i < count; i++) {
		long handle = file_handle_of(THIS_MODULE, (u32)fd[i]);

		if (handle < 0)
			return handle;
		c->files.handle[c->files.count++] = (u32)handle;
		c->files.sockets += file_handle_socket(THIS_MODULE, (u32)handle, &number) > 0;
	}
	return 0;
}

static long read_one(struct control *c, const struct linux_cmsghdr *h)
{
	u64 len = h->len - HEADER;

	if (h->level != SOL_SOCKET)
		return 0;
	if (h->type == SCM_RIGHTS)
		return len > FILES_BYTES ? -EINVAL :
		       read_files(c, (const s32 *)(h + 1), len / sizeof(s32));
	if (h->type != SCM_CREDENTIALS || len != sizeof(c->creds))
		return -EINVAL;
	memcpy(&c->creds, h + 1, sizeof(c->creds));
	c->creds_given = true;
	return creds_allowed(&c->creds) ? 0 : -EPERM;
}

/* What a program's control messages say: 0, or an error; then nothing is held. */
long control_read(u32 ubuf, u64 len, struct control *c)
{
	struct {
		struct linux_cmsghdr h;
		u8 data[FILES_BYTES];
	} one;
	u64 at = 0, part;
	long ret = 0;

	c->creds_given = false;
	c->files.count = c->files.sockets = 0;
	while (!ret && at + HEADER <= len) {
		part = MIN(len - at, sizeof(one));
		if (ubuf_read(ubuf, at, &one, part) != (long)part)
			ret = -EFAULT;
		else if (one.h.len < HEADER || one.h.len > len - at)
			ret = -EINVAL;
		else
			ret = read_one(c, &one.h);
		at += CMSG_ALIGN(one.h.len);
	}
	if (ret)
		files_release(&c->files);
	return ret;
}

/* ---- receiving --------------------------------------------------------- */

/* A program's control buffer. */
struct buffer {
	u32 ubuf;
	u64 room, used;
	u32 flags;		/* MSG_CTRUNC */
};

/* Adds a message, cut to the room that is left, as Linux's put_cmsg(). */
static void put(struct buffer *b, u32 type, const void *data, u32 len)
{
	struct linux_cmsghdr h = { .len = HEADER + len, .level = SOL_SOCKET, .type = (s32)type };
	u64 left = b->room - b->used;

	if (left < h.len)
		b->flags |= MSG_CTRUNC;
	if (left < HEADER)
		return;
	h.len = MIN(h.len, left);
	ubuf_write(b->ubuf, b->used, &h, HEADER);
	ubuf_write(b->ubuf, b->used + HEADER, data, h.len - HEADER);
	b->used += MIN(CMSG_ALIGN(HEADER + len), left);
}

/* Gives the program descriptors of the files, as many as there is room for. */
static void put_files(struct buffer *b, const struct files *files, bool cloexec)
{
	u64 left = b->room - b->used;
	u32 most = left > HEADER ? (u32)MIN((left - HEADER) / sizeof(s32), SCM_MAX_FD) : 0;
	s32 fd[SCM_MAX_FD];
	u32 n;

	for (n = 0; n < files->count && n < most; n++) {
		fd[n] = (s32)file_handle_install(THIS_MODULE, files->handle[n],
						 cloexec ? O_CLOEXEC : 0);
		if (fd[n] < 0)
			break;
	}
	if (n < files->count)
		b->flags |= MSG_CTRUNC;
	if (n)
		put(b, SCM_RIGHTS, fd, n * sizeof(s32));
}

/*
 * Fills a program's control buffer: credentials (NULL: none), files. Returns the
 * bytes filled, and adds to *flags what recvmsg() tells. Lock is held.
 */
u64 control_write(u32 ubuf, u64 room, const struct linux_ucred *creds,
		  const struct files *files, u32 call_flags, u32 *flags)
{
	struct buffer b = { .ubuf = ubuf, .room = room };

	if (creds)
		put(&b, SCM_CREDENTIALS, creds, sizeof(*creds));
	if (files->count)
		put_files(&b, files, call_flags & MSG_CMSG_CLOEXEC);
	*flags |= b.flags | (call_flags & MSG_CMSG_CLOEXEC);
	return b.used;
}
