/* SPDX-License-Identifier: MIT */
/*
 * Open files: page objects, which never leave ring 0, and files of providers,
 * which are called down. A provider never blocks: it says -EAGAIN, and the core
 * sleeps on the file's wait object, whose count it read before the call.
 *
 * A provider, its handle and wait objects survive their module's reset. When
 * the module is unloaded the provider is dead: calls give -EIO.
 *
 * What modules return is limited by module_result(), handles are looked up.
 */
#include <atomic.h>
#include <boot.h>
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <modules.h>
#include <pageobj.h>
#include <process.h>
#include <sched.h>
#include <signals.h>
#include <string.h>
#include <syscall.h>
#include <vfs.h>
#include <whitix/poll.h>
#include <whitix/process.h>
#include <whitix/stat.h>

#define CREATION_FLAGS (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC | \
			VFS_OPEN_EXEC)
#define CHUNK (128ul << 10)		/* is faulted in before one call down */
#define SECTOR 512
#define POLL_ALWAYS (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)
#define POLLED 0x80000000u	/* struct file's `polled` is valid */
#define POLL_KNOWN (POLL_ALWAYS | POLLWRBAND | POLLPRI | POLLERR | POLLHUP | POLLRDHUP)

static struct spinlock provider_lock = SPINLOCK("providers", LOCK_OBJECT);
static LIST_HEAD(providers);	/* in order of registration; provider_lock */

/* See include/core/files.h. */
long module_result(long result, long max)
{
	return result > -ERESTARTSYS && result <= max ? result : -EIO;
}

/* ---- providers --------------------------------------------------------- */

void provider_put(struct provider *p)
{
	bool last;

	spin_lock(&provider_lock);
	last = --p->refs == 0;
	if (last)
		list_del(&p->node);
	spin_unlock(&provider_lock);
	if (last)
		core_free(p);
}

static void provider_release_handle(void *object)
{
	struct provider *p = object;

	WRITE_ONCE(p->live, false);
	provider_put(p);
}

/* The handle of a live provider with the same operations; 0: none. */
static long provider_find(u32 module, const struct file_ops *ops)
{
	struct provider *p;
	long handle = 0;

	spin_lock(&provider_lock);
	list_for_each_entry(p, &providers, node)
		if (p->module == module && p->live &&
		    memcmp(&p->ops, ops, sizeof(*ops)) == 0)
			handle = p->handle;
	spin_unlock(&provider_lock);
	return handle;
}

static long provider_new(u32 module, const struct file_ops *ops)
{
	struct provider *p = core_alloc(sizeof(*p));
	long handle;

	if (!p)
		return -ENOMEM;
	p->refs = 1;
	p->module = module;
	p->ops = *ops;
	list_init(&p->node);
	handle = handle_new(module_by_id(module), HANDLE_PROVIDER, p,
			    provider_release_handle);
	if (handle < 0) {
		core_free(p);
		return handle;
	}
	spin_lock(&provider_lock);
	p->handle = handle;
	p->live = true;
	list_add_tail(&p->node, &providers);
	spin_unlock(&provider_lock);
	return handle;
}

/*
 * include/interface/file.h. A module that registers the same operations again,
 * after a reset, gets the handle that it had: open files keep working.
 */
long provider_register(u32 self, const struct file_ops *ops)
{
	struct file_ops bound;
	long handle;

	if (copy_module_from(&bound, ops, sizeof(bound)))
		return -EFAULT;
	if (!bound.read || !bound.write || !bound.ioctl || !bound.poll ||
	    !bound.release)
		return -EINVAL;
	handle = provider_find(self, &bound);
	return handle ? handle : provider_new(self, &bound);
}

static void provider_get(struct provider *p)
{
	spin_lock(&provider_lock);
	p->refs++;
	spin_unlock(&provider_lock);
}

u32 provider_in_use(u32 module)
{
	struct provider *p;
	u32 used = 0;

	spin_lock(&provider_lock);
	list_for_each_entry(p, &providers, node)
		if (p->module == module && p->live)
			used += p->refs - 1;
	spin_unlock(&provider_lock);
	return used;
}

struct provider *provider_from_handle(u32 handle)
{
	struct provider *p;

	preempt_disable();
	p = handle_object(handle, HANDLE_PROVIDER, NULL);
	if (p)
		provider_get(p);
	preempt_enable();
	return p;
}

/* ---- open files -------------------------------------------------------- */

/* A file that may be written is not run, and the other way round: 0, -ETXTBSY. */
static long file_claim(struct file *f, u32 flag)
{
	if (!pageobj_claim(f->obj, flag == FILE_WRITER ? 1 : -1, false))
		return -ETXTBSY;
	f->flags |= flag;
	return 0;
}

/* See include/core/files.h. */
long file_claim_running(struct file *f)
{
	return file_claim(f, FILE_RUNNING);
}

/* Takes the objects that `fo` names; false when one is not what it should be. */
static bool file_bind(struct file *f, const struct file_open *fo)
{
	if (fo->provider)
		f->provider = provider_from_handle(fo->provider);
	else if (fo->pageobj)
		f->obj = pageobj_from_handle(fo->pageobj);
	if (fo->wait)
		f->wait = wait_from_handle(fo->wait);
	if (f->obj && f->node)
		f->obj->node = f->node;
	return !(fo->provider && !f->provider) && !(fo->wait && !f->wait) &&
	       !(fo->pageobj && !fo->provider && !f->obj) &&
	       !(f->obj && f->obj->archive);
}

static void file_free(struct file *f)
{
	struct op outer;

	if (f->flags & FILE_LOCKS)
		file_locks_drop(f, f);
	watch_file_gone(f);
	file_event(f, (f->oflags & O_ACCMODE) == O_RDONLY ? IN_CLOSE_NOWRITE : IN_CLOSE_WRITE);
	outer = op_begin();
	if (f->provider) {
		if (READ_ONCE(f->provider->live))
			f->provider->ops.release(f->number);
		provider_put(f->provider);
	}
	if (f->flags & (FILE_WRITER | FILE_RUNNING))
		pageobj_claim(f->obj, f->flags & FILE_WRITER ? 1 : -1, true);
	pageobj_put(f->obj);
	if (f->node)
		vfs_release(f->node);
	if (f->wait)
		wait_put(f->wait);
	core_free(f);
	op_end(outer);
}

/* Tells the provider, which may refuse, or give the file a number of its own. */
static long provider_open(struct file *f, u32 oflags)
{
	struct provider *p = f->provider;
	struct op outer;
	long number;
	u32 wait = 0;

	if (!p || !p->ops.open || !READ_ONCE(p->live) || (oflags & O_PATH))
		return 0;
	outer = op_begin();
	number = module_result(p->ops.open(f->number, oflags, &wait), INT64_MAX);
	op_end(outer);
	if (number >= 0) {
		f->number = number;
		if (wait && f->wait)
			wait_put(f->wait);
		if (wait)
			f->wait = wait_from_handle(wait);
		return 0;
	}
	f->provider = NULL;
	provider_put(p);
	return number;
}

/* `f` stands on the same objects as `of`, as the provider's `number`. */
static void file_share(struct file *f, const struct file *of, u64 number)
{
	f->provider = of->provider;
	f->obj = of->obj;
	f->wait = of->wait;
	f->flags = of->flags & ~(FILE_WRITER | FILE_RUNNING | FILE_LOCKS);
	f->mode = of->mode;
	f->ino = of->ino;
	f->number = number;
	if (f->provider)
		provider_get(f->provider);
	if (f->obj)
		pageobj_get(f->obj);
	if (f->wait)
		wait_get(f->wait);
}

/*
 * Makes `f` one more opening of what a descriptor without a node stands on
 * (FILE_REOPEN): 0, -EACCES, -ENOENT, -ENXIO, or the provider's error.
 */
static long file_reopen(struct file *f, u32 oflags)
{
	u32 fd = (u32)f->number;
	const struct file_ops *ops;
	struct file *of;
	u64 node = 0;
	long number = process_file(f->number >> 32, &fd, &of, &node);

	if (!number && (fd != (u32)f->number || !of || of->node))
		number = -ENXIO;
	if (!number && of->provider) {
		ops = &of->provider->ops;
		number = ops->reopen && READ_ONCE(of->provider->live) ?
			 module_result(ops->reopen(of->number, oflags), INT64_MAX) : -ENXIO;
	}
	if (number >= 0)
		file_share(f, of, number);
	file_put(of);
	vfs_release(f->node);
	f->node = 0;
	return number < 0 ? number : 0;
}

/*
 * See include/core/files.h: 0, -EIO, -ENFILE, or the provider's error. May
 * sleep.
 */
long file_new(const struct file_open *fo, u64 node, u32 mode, u32 oflags,
	      struct file **out)
{
	struct file *f = core_alloc(sizeof(*f));
	long error;

	if (!f) {
		struct provider *p = fo->provider ?
			provider_from_handle(fo->provider) : NULL;

		if (p) {
			p->ops.release(fo->number);
			provider_put(p);
		}
		if (node)
			vfs_release(node);
		return -ENFILE;
	}
	f->refs = 1;
	f->oflags = oflags & ~CREATION_FLAGS;
	f->flags = fo->flags & ~(FILE_WRITER | FILE_RUNNING);
	f->mode = mode;
	f->number = fo->number;
	f->ino = fo->ino;
	f->node = node;
	list_init(&f->watches);
	core_mutex_init(&f->pos_lock);
	if (fo->flags & FILE_REOPEN)
		error = file_reopen(f, oflags);
	else
		error = file_bind(f, fo) ? provider_open(f, oflags) : -EIO;
	if (!error && f->obj && !(oflags & O_PATH) && (oflags & O_ACCMODE) != O_RDONLY)
		error = file_claim(f, FILE_WRITER);
	if (error) {
		f->oflags = O_PATH;	/* nobody hears of it */
		file_free(f);
		return error;
	}
	*out = f;
	return 0;
}

/* See include/core/files.h. `pageobj` may be NULL. May sleep. */
long file_open_path(u64 at, const char *path, u32 oflags, u32 mode,
		    struct file **out, u32 *pageobj)
{
	struct vfs_opened opened = { 0 };
	long error = module_result(vfs_open(path_root(), at, path, oflags, mode,
					    &opened), 0);

	if (error)
		return error;
	if (pageobj)
		*pageobj = opened.file.provider ? 0 : opened.file.pageobj;
	error = file_new(&opened.file, opened.node, opened.mode, oflags, out);
	if (!error)
		file_event(*out, IN_OPEN);
	return error;
}

void file_get(struct file *f)
{
	atomic_add(&f->refs, 1);
}

/* A reference of a file that perhaps has none any more; false: so it is. */
bool file_get_living(struct file *f)
{
	u32 refs, seen = READ_ONCE(f->refs);

	do {
		refs = seen;
		if (!refs)
			return false;
		seen = atomic_cmpxchg(&f->refs, refs, refs + 1);
	} while (seen != refs);
	return true;
}

/* One reference less; the last one closes the file. May sleep. */
void file_put(struct file *f)
{
	if (f && atomic_sub(&f->refs, 1) == 0)
		file_free(f);
}

/* ---- files that modules hold -------------------------------------------- */

static void file_handle_free(void *object)
{
	file_put(object);
}

/* See include/core/files.h. */
long file_handle_new(struct module *m, struct file *f)
{
	long handle;

	file_get(f);
	handle = handle_new(m, HANDLE_FILE, f, file_handle_free);
	if (handle < 0)
		file_put(f);
	return handle;
}

/* See include/core/files.h. */
struct file *file_from_handle(u32 handle, const struct module *m)
{
	struct file *f;

	preempt_disable();
	f = handle_object(handle, HANDLE_FILE, m);
	if (f)
		file_get(f);
	preempt_enable();
	return f;
}

/* include/interface/file.h. */
long file_handle_claim(u32 self, u32 file)
{
	return handle_claim(file, HANDLE_FILE, module_by_id(self)) ? 0 : -EBADF;
}

/* include/interface/file.h. May sleep. */
long file_handle_release(u32 file)
{
	return handle_close(file, HANDLE_FILE, NULL);
}

/* ---- reading ----------------------------------------------------------- */

/* See include/core/files.h. */
void file_console_wait(struct file *f)
{
	static bool marked;

	if (!(f->flags & FILE_CONSOLE) || marked)
		return;
	marked = true;
	boottrace_mark_prompt();
}

/* See include/core/files.h. */
void file_touched(struct file *f)
{
	if ((f->flags & FILE_POLL_STEADY) && f->wait)
		wait_touch(f->wait);
}

/* What is to go from or to a provider's file: one piece, or several. */
struct transfer {
	u64 addr, len;
	const struct linux_iovec *iov;	/* NULL: one, at addr */
	bool write, kernel;
};

/* How many of the `len` bytes from `off` on are there, of several pieces. */
static __noinline u64 pieces_fault_in(const struct transfer *t, u64 off, u64 len)
{
	const struct linux_iovec *v = t->iov;
	u64 done = 0;

	for (; off >= v->len && len; v++)
		off -= v->len;
	for (; done < len; v++, off = 0) {
		u64 part = MIN(v->len - off, len - done);
		u64 n = part ? mm_fault_in(current->mm, v->base + off, part, !t->write) : 0;

		done += n;
		if (n < part)
			break;
	}
	return done;
}

static u64 transfer_fault_in(const struct transfer *t, u64 off, u64 len)
{
	return t->kernel ? len : t->iov ? pieces_fault_in(t, off, len) :
	       mm_fault_in(current->mm, t->addr + off, len, !t->write);
}

/*
 * One call down to read or write, from byte `off` of the transfer on: bytes or an
 * error; -EAGAIN with *wait_ms if it may wait only so long.
 */
static long provider_call(struct file *f, const struct transfer *t, u64 off, u64 pos, u64 *wait_ms)
{
	const struct file_ops *ops = &f->provider->ops;
	u64 all = t->len - off, len = all;
	struct op outer;
	long result;
	u32 ubuf;

	*wait_ms = 0;
	/* A message comes whole, and its module looks at its size before its pages. */
	if (!(f->flags & FILE_MESSAGES))
		len = transfer_fault_in(t, off, MIN(all, CHUNK));
	if (!t->kernel)
		current->module_ticks = 0;	/* a call of its own */
	if (!len && all)
		return -EFAULT;
	if (!READ_ONCE(f->provider->live))
		return -EIO;
	ubuf = ubuf_push(t->addr, t->len, t->write ? UBUF_READ : UBUF_WRITE, t->kernel);
	if (!ubuf)
		return -ENOBUFS;
	current->ubuf[ubuf - 1].iov = t->iov;
	outer = op_begin();
	result = (t->write ? ops->write : ops->read)(f->number, ubuf, off, len, pos, f->oflags);
	if (t->kernel)	/* a module asked for it, perhaps */
		op_end(outer);
	ubuf_pop(ubuf);
	if (result > UINT32_MAX && result < FILE_WAIT(UINT32_MAX)) {
		*wait_ms = (u32)result;
		return -EAGAIN;
	}
	result = module_result(result, len);
	if (result > 0)
		file_touched(f);
	return result == -EINTR ? -ERESTARTSYS : result;
}

/* The same, waiting while the provider has nothing to say. */
static long provider_wait_call(struct file *f, const struct transfer *t, u64 off, u64 pos)
{
	u64 deadline = 0, ms;

	for (;;) {
		u32 seq = f->wait ? wait_read(f->wait) : 0;
		long n = provider_call(f, t, off, pos, &ms);

		if (n != -EAGAIN || !f->wait || (READ_ONCE(f->oflags) & O_NONBLOCK))
			return n;
		if (!t->write)
			file_console_wait(f);
		if (ms && !deadline)
			deadline = deadline_after(ms * NSEC_PER_MSEC);
		n = wait_on(f->wait, seq, deadline, true);
		if (n)
			return n == -ETIMEDOUT ? -EAGAIN : ms ? -EINTR : -ERESTARTSYS;
	}
}

/* Reads in chunks; only the first may wait. */
static long provider_read(struct file *f, const struct transfer *t, u64 pos)
{
	u64 done = 0, part, ms;
	long n;

	do {
		part = MIN(t->len - done, CHUNK);
		n = done ? provider_call(f, t, done, pos + done, &ms) :
			   provider_wait_call(f, t, 0, pos);
		if (n < 0)
			return done ? (long)done : n;
		done += n;
	} while ((u64)n == part && done < t->len);
	return done;
}

/* Zeroes, as many as can be written: bytes or -EFAULT. */
static long zero_read(u64 addr, u64 len, bool kernel)
{
	static const u8 zeroes[PAGE_SIZE];
	u64 done = 0, part, left = 0;

	for (; done < len && !left; done += part - left) {
		part = MIN(len - done, sizeof(zeroes));
		if (kernel)
			memset((void *)(addr + done), 0, part);
		else
			left = copy_to_user((void *)(addr + done), zeroes, part);
	}
	return done ? (long)done : -EFAULT;
}

/* See include/core/files.h: for the first time since it was written, or each time. */
void file_note_read(const struct file *f)
{
	struct pageobj *obj = f->obj;

	if (obj->atime_ns > obj->mtime_ns && !(f->flags & FILE_STRICTATIME))
		return;
	if (!(f->flags & FILE_NOATIME) && !(f->oflags & O_NOATIME))
		obj->atime_ns = time_realtime_ns();
}

/* Reads at `pos`: bytes, 0 at the end, or an error number. May sleep. */
long file_read(struct file *f, u64 addr, u64 len, u64 pos, bool kernel)
{
	len = MIN(len, LINUX_TRANSFER_MAX);
	if ((f->oflags & O_PATH) || (f->oflags & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	if (S_ISDIR(f->mode))
		return -EISDIR;
	if (len == 0 || (f->flags & FILE_NULL))
		return 0;
	if (f->flags & FILE_ZERO)
		return zero_read(addr, len, kernel);
	if (f->provider)
		return provider_read(f, &(struct transfer){ addr, len, NULL, false, kernel }, pos);
	if (!f->obj)
		return -EINVAL;
	file_note_read(f);
	return kernel ? pageobj_read_core(f->obj, pos, (void *)addr, len) :
			pageobj_read_user(f->obj, pos, addr, len);
}

/* ---- writing ----------------------------------------------------------- */

/* See include/core/signals.h. */
void signal_self(u32 sig)
{
	u64 flags = spin_lock_irq(&process_lock);

	signal_send_thread(current, sig, NULL);
	spin_unlock_irq(&process_lock, flags);
}

static long provider_write(struct file *f, const struct transfer *t, u64 pos)
{
	u64 done = 0;
	long n;

	/* An eventfd takes its value, and is done. */
	do {
		n = provider_wait_call(f, t, done, pos + done);
		if (n <= 0)
			break;
		done += n;
	} while (done < t->len && !file_is_anonymous(f));
	if (n == -EPIPE && !(f->flags & FILE_MESSAGES))
		signal_self(SIGPIPE);
	return done ? (long)done : n;
}

/* Who is not root takes a file's set-id bits away by writing to it. */
static void file_drop_set_id(struct file *f)
{
	static const struct vfs_attr none;

	if (!current->process->creds.fsuid)
		return;
	f->mode &= ~(S_ISUID | S_ISGID);
	vfs_setattr(f->node, VFS_SET_SIZE | VFS_SET_KEEP, &none);
}

static long object_write(struct file *f, u64 addr, u64 len, u64 *pos, bool kernel)
{
	u64 limit = process_rlimit(current->process, RLIMIT_FSIZE);
	struct pageobj *obj = f->obj;
	long n = -EFBIG;

	if (f->mode & (S_ISUID | S_ISGID))
		file_drop_set_id(f);
	core_mutex_lock(&obj->write_lock);
	if (f->oflags & O_APPEND)
		*pos = READ_ONCE(obj->size);
	if (*pos >= limit) {
		signal_self(SIGXFSZ);
	} else {
		len = MIN(len, limit - *pos);
		n = kernel ? pageobj_write_core(obj, *pos, (void *)addr, len) :
			     pageobj_write_user(obj, *pos, addr, len);
	}
	core_mutex_unlock(&obj->write_lock);
	return n;
}

/*
 * Writes at *pos, which becomes the end of the file with O_APPEND: bytes or an
 * error number. May sleep.
 */
long file_write(struct file *f, u64 addr, u64 len, u64 *pos, bool kernel)
{
	len = MIN(len, LINUX_TRANSFER_MAX);
	if ((f->oflags & O_PATH) || (f->oflags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if ((len == 0 && !(f->flags & FILE_MESSAGES)) || (f->flags & (FILE_NULL | FILE_ZERO)))
		return len;
	if (f->provider)
		return provider_write(f, &(struct transfer){ addr, len, NULL, true, kernel }, *pos);
	return f->obj ? object_write(f, addr, len, pos, kernel) : -EINVAL;
}

/* See include/core/files.h. */
long file_transfer_vector(struct file *f, const struct linux_iovec *iov, u64 len, bool write)
{
	struct transfer t = { 0, MIN(len, LINUX_TRANSFER_MAX), iov, write, false };
	u32 wrong = write ? O_RDONLY : O_WRONLY;

	if ((f->oflags & O_PATH) || (f->oflags & O_ACCMODE) == wrong)
		return -EBADF;
	if (!len)
		return 0;
	return write ? provider_write(f, &t, 0) : provider_read(f, &t, 0);
}

/* ---- state ------------------------------------------------------------- */

/* What poll() of the provider says: POLL* bits. */
static u32 provider_poll(struct file *f)
{
	long ready;

	if (!READ_ONCE(f->provider->live))
		return POLLERR | POLLHUP;
	ready = module_result(f->provider->ops.poll(f->number), POLL_KNOWN);
	if (ready < 0)
		return POLLERR;
	if (ready & POLLIN)
		ready |= POLLRDNORM;
	if (ready & POLLOUT)
		ready |= POLLWRNORM;
	return ready & POLL_KNOWN;
}

/*
 * What is ready: POLL* bits. May sleep in the provider. A steady file's answer
 * is kept with the count of its wait object, in one word, and holds as long as
 * that stands.
 */
u32 file_poll(struct file *f)
{
	u64 kept;
	u32 ready, seq;

	if (!f->provider)
		return POLL_ALWAYS;
	if (!(f->flags & FILE_POLL_STEADY) || !f->wait)
		return provider_poll(f);
	kept = READ_ONCE(f->polled);
	seq = wait_read(f->wait);
	if (kept & POLLED && kept >> 32 == seq)
		return kept & POLL_KNOWN;
	ready = provider_poll(f);
	WRITE_ONCE(f->polled, (u64)seq << 32 | POLLED | ready);
	return ready;
}

/* Size, blocks and times of a page object are the core's. */
void file_fix_attr(struct vfs_attr *attr)
{
	struct pageobj *obj = attr->pageobj ? pageobj_from_handle(attr->pageobj) : NULL;

	if (!obj)
		return;
	attr->size = READ_ONCE(obj->size);
	attr->blocks = READ_ONCE(obj->npages) * (PAGE_SIZE / SECTOR);
	if (obj->mtime_ns) {
		attr->mtime_ns = obj->mtime_ns;
		attr->ctime_ns = MAX(attr->ctime_ns, obj->mtime_ns);
	}
	attr->atime_ns = MAX(attr->atime_ns, obj->atime_ns);
	pageobj_put(obj);
}

static u32 watched_changes;	/* so often what is watched was something else */

/* include/interface/file.h. */
long files_watched(u32 self, u32 mask)
{
	if (mask != FILES_WATCHED_SAME)
		WRITE_ONCE(context_page->watched, mask);
	WRITE_ONCE(watched_changes, watched_changes + 1);
	return 0;
}
SYMBOL_EXPORT(files_watched);

/* See include/core/files.h. What is watched of the file is kept, as in file_poll(). */
void file_notify(struct file *f, u32 event)
{
	u32 changes = READ_ONCE(watched_changes);
	u64 kept = READ_ONCE(f->watched);
	struct op outer;
	long watched;

	if (!f->node || (f->oflags & O_PATH) || (kept >> 32 == changes && !(kept & event)))
		return;
	outer = op_begin();
	watched = module_result(vfs_notify(f->node, event), UINT32_MAX);
	op_end(outer);
	WRITE_ONCE(f->watched, (u64)changes << 32 | (watched < 0 ? 0 : (u32)watched));
}

/* Attributes of an open file: 0 or an error number. May sleep. */
long file_getattr(struct file *f, struct vfs_attr *attr)
{
	long error;

	*attr = (struct vfs_attr){ 0 };
	if (!f->node) {
		attr->mode = f->mode ? f->mode : (file_is_anonymous(f) ? 0 : S_IFIFO) |
						 S_IRUSR | S_IWUSR;
		attr->ino = f->ino ? f->ino : f->number;
		attr->nlink = 1;
		attr->blksize = PAGE_SIZE;
		if (current->process) {
			attr->uid = current->process->creds.euid;
			attr->gid = current->process->creds.egid;
		}
		return 0;
	}
	error = module_result(vfs_getattr(f->node, attr), 0);
	if (!error)
		file_fix_attr(attr);
	return error;
}
