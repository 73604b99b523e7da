/* SPDX-License-Identifier: MIT */
/*
 * initramfs: mounts the root file system and unpacks the boot archives into it.
 * As on Linux a later entry takes the place of an earlier one. File data do not
 * pass through here: the core copies (or shares) pages from the archive.
 *
 * State: nothing to keep but that the work was done (a record). A reset in the
 * middle unpacks again over what is there.
 */
#include <cpio.h>
#include <errno.h>
#include <ramfs.h>
#include <runtime.h>
#include <string.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/stat.h>

#define DONE_RECORD "done"
#define WARNINGS_MAX 8		/* entries that fail, named in the log */
#define MODE_MASK 07777

/* A file with several names: the first that was met in an archive. */
struct hard_link {
	struct hard_link *next;
	u32 archive, ino, dev_major, dev_minor;
	char path[];
};

/* A directory's time, set when all is in it. */
struct dir_time {
	struct dir_time *next;
	u32 mtime;
	char path[];
};

struct unpack {
	u32 source;		/* page object of the archives */
	struct cpio_reader reader;
	struct hard_link *links;
	struct dir_time *times;
	u32 failed;
};

static u8 buffer[CPIO_BUFFER_MIN];

static long read_source(void *context, u64 pos, void *buf, size_t len)
{
	return pageobj_read(((struct unpack *)context)->source, pos, buf, len);
}

/* Makes the directories above `path`, which its archive left out. */
static void make_parents(const char *path)
{
	char *copy = kstrdup(path);

	if (!copy)
		return;
	for (char *p = copy + 1; *p; p++)
		if (*p == '/') {
			*p = 0;
			vfs_mknod(VFS_ROOT, VFS_ROOT, copy, S_IFDIR | 0755, 0);
			*p = '/';
		}
	kfree(copy);
}

/* Mode and owner as the entry says, where making it did not see to that. */
static long set_attributes(u64 node, const struct cpio_entry *e)
{
	struct vfs_attr attr = {
		.mode = e->mode & MODE_MASK, .uid = e->uid, .gid = e->gid,
		.mtime_ns = e->mtime * NSEC_PER_SEC,
		.atime_ns = e->mtime * NSEC_PER_SEC,
	};
	u32 which = 0;

	if (e->uid || e->gid)
		which |= VFS_SET_UID | VFS_SET_GID;
	if ((which || cred_umask()) && !S_ISLNK(e->mode))
		which |= VFS_SET_MODE;
	if (e->mtime && S_ISREG(e->mode))
		which |= VFS_SET_ATIME | VFS_SET_MTIME;
	return which ? vfs_setattr(node, which, &attr) : 0;
}

static long set_attributes_at(const char *path, const struct cpio_entry *e)
{
	u64 node;
	long ret;

	if (!e->uid && !e->gid && !cred_umask())
		return 0;
	ret = vfs_lookup(VFS_ROOT, VFS_ROOT, path, 0, &node);
	if (ret)
		return ret;
	ret = set_attributes(node, e);
	vfs_release(node);
	return ret;
}

static long copy_data(struct unpack *u, u64 node, const struct cpio_entry *e)
{
	u64 done = 0;
	long ret;

	while (done < e->size) {
		ret = vfs_write_from(node, done, u->source, e->data_pos + done,
				     e->size - done);
		if (ret <= 0)
			return ret ? ret : -EIO;
		done += (u64)ret;
	}
	return 0;
}

static struct hard_link *link_find(struct unpack *u, const struct cpio_entry *e)
{
	struct hard_link *l = u->links;

	while (l && (l->archive != e->archive || l->ino != e->ino ||
		     l->dev_major != e->dev_major || l->dev_minor != e->dev_minor))
		l = l->next;
	return l;
}

static void link_note(struct unpack *u, const struct cpio_entry *e)
{
	size_t len = strlen(e->name) + 1;
	struct hard_link *l = kmalloc(sizeof(*l) + len);

	if (!l)
		return;
	*l = (struct hard_link){
		.next = u->links, .archive = e->archive, .ino = e->ino,
		.dev_major = e->dev_major, .dev_minor = e->dev_minor,
	};
	memcpy(l->path, e->name, len);
	u->links = l;
}

/* Makes `path` another name of the file that is called `old`. */
static long make_link(const char *old, const char *path)
{
	u64 node;
	long ret = vfs_lookup(VFS_ROOT, VFS_ROOT, old, 0, &node);

	if (ret)
		return ret;
	ret = vfs_link(VFS_ROOT, node, "", VFS_ROOT, path, VFS_EMPTY_PATH);
	vfs_release(node);
	return ret;
}

/*
 * A regular file. Of a file with several names the data come with one of them,
 * mostly the last.
 */
static long unpack_file(struct unpack *u, const struct cpio_entry *e)
{
	struct hard_link *l = e->nlink > 1 ? link_find(u, e) : NULL;
	u32 oflags = O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK |
		     (l ? 0 : O_TRUNC);
	struct vfs_opened opened;
	long ret;

	if (l && strcmp(l->path, e->name)) {
		ret = make_link(l->path, e->name);
		if (ret || !e->size)
			return ret;
	}
	ret = vfs_open(VFS_ROOT, VFS_ROOT, e->name, oflags, e->mode & MODE_MASK,
		       &opened);
	if (ret)
		return ret;
	ret = S_ISREG(opened.mode) ? copy_data(u, opened.node, e) : -EEXIST;
	if (!ret)
		ret = set_attributes(opened.node, e);
	vfs_release(opened.node);
	if (!ret && e->nlink > 1 && !l)
		link_note(u, e);
	return ret;
}

static long unpack_dir(struct unpack *u, const struct cpio_entry *e)
{
	size_t len = strlen(e->name) + 1;
	struct dir_time *t;
	long ret;

	ret = vfs_mknod(VFS_ROOT, VFS_ROOT, e->name, e->mode, 0);
	if (!ret)
		ret = set_attributes_at(e->name, e);
	if (ret || !e->mtime)
		return ret;
	t = kmalloc(sizeof(*t) + len);
	if (t) {
		t->next = u->times;
		t->mtime = e->mtime;
		memcpy(t->path, e->name, len);
		u->times = t;
	}
	return 0;
}

static long unpack_symlink(const struct cpio_entry *e)
{
	char *target = kmalloc(e->size + 1);
	long ret;

	if (!target)
		return -ENOMEM;
	memcpy(target, e->target, e->size);
	target[e->size] = 0;
	ret = vfs_symlink(VFS_ROOT, VFS_ROOT, e->name, target);
	kfree(target);
	return ret ? ret : set_attributes_at(e->name, e);
}

static long unpack_once(struct unpack *u, const struct cpio_entry *e)
{
	long ret;

	switch (e->mode & S_IFMT) {
	case S_IFREG:
		return unpack_file(u, e);
	case S_IFDIR:
		return unpack_dir(u, e);
	case S_IFLNK:
		return unpack_symlink(e);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		ret = vfs_mknod(VFS_ROOT, VFS_ROOT, e->name, e->mode,
				LINUX_MAKEDEV(e->rdev_major, e->rdev_minor));
		return ret ? ret : set_attributes_at(e->name, e);
	default:
		return -EINVAL;
	}
}

/* Makes way for an entry whose name is taken: a directory stays one. */
static long clear_path(const struct cpio_entry *e)
{
	struct vfs_attr attr;
	long ret = vfs_stat(VFS_ROOT, VFS_ROOT, e->name, 0, &attr);

	if (ret)
		return ret;
	if (S_ISDIR(attr.mode) && S_ISDIR(e->mode))
		return set_attributes_at(e->name, e) ? : -EEXIST;
	return vfs_remove(VFS_ROOT, VFS_ROOT, e->name,
			  S_ISDIR(attr.mode) ? VFS_REMOVE_DIR : 0);
}

static long unpack_entry(struct unpack *u, const struct cpio_entry *e)
{
	long ret = unpack_once(u, e);

	if (ret == -ENOENT) {
		make_parents(e->name);
		ret = unpack_once(u, e);
	}
	if (ret == -EEXIST || ret == -ELOOP || ret == -EISDIR) {
		ret = clear_path(e);
		if (!ret)
			ret = unpack_once(u, e);
		else if (ret == -EEXIST)
			ret = 0;
	}
	return ret;
}

static void unpack_all(struct unpack *u)
{
	struct cpio_entry e;
	long ret;

	while ((ret = cpio_next(&u->reader, &e)) > 0) {
		ret = unpack_entry(u, &e);
		if (ret && u->failed++ < WARNINGS_MAX)
			pr_warn("cannot unpack %s: error %ld", e.name, -ret);
	}
	if (ret == -EOPNOTSUPP)
		pr_err("boot archive %u is compressed; only plain cpio archives are read",
		       u->reader.archive);
	else if (ret)
		pr_err("boot archive %u is broken (error %ld); what came before is there",
		       u->reader.archive, -ret);
	if (u->failed > WARNINGS_MAX)
		pr_warn("%u entries could not be unpacked", u->failed);
}

/* Sets the directories' times and frees what was noted. */
static void finish(struct unpack *u)
{
	struct hard_link *l;
	struct dir_time *t;
	u64 node;

	while ((t = u->times)) {
		struct vfs_attr attr = {
			.mtime_ns = t->mtime * NSEC_PER_SEC,
			.atime_ns = t->mtime * NSEC_PER_SEC,
		};

		if (!vfs_lookup(VFS_ROOT, VFS_ROOT, t->path, 0, &node)) {
			vfs_setattr(node, VFS_SET_ATIME | VFS_SET_MTIME, &attr);
			vfs_release(node);
		}
		u->times = t->next;
		kfree(t);
	}
	while ((l = u->links)) {
		u->links = l->next;
		kfree(l);
	}
}

/* What a root file system has before anything is unpacked, as Linux's. */
static void make_basics(void)
{
	vfs_mknod(VFS_ROOT, VFS_ROOT, "/dev", S_IFDIR | 0755, 0);
	vfs_mknod(VFS_ROOT, VFS_ROOT, "/dev/console", S_IFCHR | 0600,
		  LINUX_MAKEDEV(5, 1));
	vfs_mknod(VFS_ROOT, VFS_ROOT, "/root", S_IFDIR | 0700, 0);
}

static void unpack_archives(void)
{
	struct unpack u = { 0 };
	long source = boot_archive_get(THIS_MODULE);
	long size = source < 0 ? source : pageobj_size((u32)source);

	if (size < 0) {
		pr_notice("no boot archive (error %ld)", -size);
		return;
	}
	u.source = (u32)source;
	cpio_open(&u.reader, (u64)size, read_source, &u, buffer, sizeof(buffer));
	unpack_all(&u);
	finish(&u);
	pageobj_release(u.source);
	pr_info("unpacked %ld KiB: %ld inodes", size >> 10, ramfs_inodes());
}

static long initramfs_init(u32 flags)
{
	long ret;
	u8 done = 1;

	if ((flags & INIT_RECOVERING) &&
	    record_get(THIS_MODULE, DONE_RECORD, &done, sizeof(done)) > 0)
		return 0;
	ret = vfs_mount(VFS_ROOT, 0, "rootfs", "rootfs", 0, "");
	if (ret && ret != -EBUSY) {
		pr_err("cannot mount the root file system: error %ld", -ret);
		return ret;
	}
	make_basics();
	unpack_archives();
	return record_put(THIS_MODULE, DONE_RECORD, &done, sizeof(done));
}

MODULE("initramfs", .description = "unpacks the boot archives",
       .init = initramfs_init, .rank = RANK_TOP);
