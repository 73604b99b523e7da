/* SPDX-License-Identifier: MIT */
/*
 * The VFS: names, mounts, permissions. Calls of the core (for system calls) and
 * of file systems. Files are named by *nodes*: numbers that vfs gives out and
 * counts references of. Node VFS_ROOT is the root of the name space and needs
 * no reference. Credentials are the calling thread's (context page).
 *
 * `root` is the process's root directory node, `at` the directory node where a
 * relative path starts. Paths are at most VFS_PATH_MAX bytes with the NUL.
 */
#ifndef INTERFACE_VFS_H
#define INTERFACE_VFS_H

#include <file.h>
#include <module.h>

#define VFS_PATH_MAX 4096
#define VFS_NAME_MAX 256	/* with the NUL */
#define VFS_ROOT 1

/* Follow a symbolic link in the last component (else act on the link). */
#define VFS_FOLLOW 0x1
/* vfs_remove(): remove a directory. */
#define VFS_REMOVE_DIR 0x2
/*
 * To file systems, in unlink's and rename's flags: somebody uses the inode that
 * loses a name; if that is its last, it stays, held once (fs_ops.hold).
 */
#define VFS_KEEP 0x100
/* An empty path names `at` itself (AT_EMPTY_PATH). */
#define VFS_EMPTY_PATH 0x4
/* vfs_lookup(): it must be a directory that may be searched. */
#define VFS_DIRECTORY 0x8
/* vfs_access(): for the effective ids. */
#define VFS_EFFECTIVE 0x10
/* vfs_open(), in oflags: to run it, which asks for X_OK alone; "" is `at` itself. */
#define VFS_OPEN_EXEC 0x80000000
/* vfs_open(): RESOLVE_* of openat2(2) are in `mode` above this bit. */
#define VFS_RESOLVE_SHIFT 16

/* What stat() tells; numbers are Linux's. */
struct vfs_attr {
	u64 ino;
	u64 size;
	u64 blocks;		/* of 512 bytes */
	u64 dev, rdev;
	u32 mode;		/* type and permissions, S_IF* */
	u32 nlink;
	u32 uid, gid;
	u32 blksize;
	u32 pageobj;		/* not 0: the core takes size from this object */
	u32 mount;		/* its number (statx: stx_mnt_id); vfs fills it */
	u32 attributes, attributes_mask;	/* Linux's STATX_ATTR_* */
	u64 atime_ns, mtime_ns, ctime_ns, btime_ns;
};

/* What vfs_xattr() does; setxattr(2)'s flags are above the shift. */
#define VFS_XATTR_GET 1
#define VFS_XATTR_SET 2
#define VFS_XATTR_LIST 3
#define VFS_XATTR_REMOVE 4
#define VFS_XATTR_MASK 0xff
#define VFS_XATTR_FLAGS_SHIFT 8

/* Which members of an attr vfs_setattr() sets. */
#define VFS_SET_MODE 0x01
#define VFS_SET_UID 0x02
#define VFS_SET_GID 0x04
#define VFS_SET_SIZE 0x08	/* the caller has checked: it has the file open */
#define VFS_SET_ATIME 0x10
#define VFS_SET_MTIME 0x20
/* Of the core itself (a write through an open file): nothing to check. */
#define VFS_SET_UNCHECKED 0x80
/* With VFS_SET_SIZE: the size stays; set-id bits go as if it were written to. */
#define VFS_SET_KEEP 0x10000
/* To file systems: ctime stays as it is (reading changes atime alone). */
#define VFS_SET_QUIET 0x20000
/* With VFS_SET_ATIME, VFS_SET_MTIME shifted so: the time is not the present. */
#define VFS_SET_GIVEN_SHIFT 8
#define VFS_SET_GIVEN ((VFS_SET_ATIME | VFS_SET_MTIME) << VFS_SET_GIVEN_SHIFT)

/* What vfs_open() gives the core. */
struct vfs_opened {
	struct file_open file;
	u64 node;		/* a reference; vfs_release() gives it back */
	u32 mode;
	u32 created;		/* 1: O_CREAT made it */
};

/* A directory entry in the buffers of readdir: 8-byte aligned records. */
struct vfs_dirent {
	u64 ino;
	u64 next;		/* position of the next entry */
	u16 reclen;
	u8 type;		/* DT_*, Linux's */
	char name[];		/* NUL-terminated: the layout of linux_dirent64 */
};

/* Node numbers: the mount's number, and the inode's below this bit. */
#define VFS_INO_BITS 48

/* ---- file systems ---------------------------------------------------- */

/* Flags of vfs_register_fs(). */
#define VFS_FS_STABLE 0x1	/* names and attributes change through vfs only:
				 * it may remember them */
#define VFS_FS_DEVICE 0x2	/* needs a block device */
#define VFS_FS_ROOT 0x4		/* is mounted first of all, and never by programs */
#define VFS_FS_OPENS 0x8	/* opens its special files itself */

/*
 * What a file system offers. `sb` is the number it gave to a mounted instance,
 * `ino` an inode number there. Names are single components. Errors are Linux's.
 * vfs checks permissions and types before it calls.
 */
struct fs_ops {
	/*
	 * Mounts; fills root's inode number. Returns sb (> 0, below 2^32) or
	 * an error. Inode numbers are below 2^VFS_INO_BITS.
	 */
	long (*mount)(const char *source, const char *options, u64 flags, u64 *root);
	long (*unmount)(u64 sb);
	/* `name` ".." is the parent; the root's is the root. */
	long (*lookup)(u64 sb, u64 dir, const char *name, struct vfs_attr *attr);
	long (*getattr)(u64 sb, u64 ino, struct vfs_attr *attr);
	long (*setattr)(u64 sb, u64 ino, u32 which, const struct vfs_attr *attr);
	/*
	 * Makes a file, directory, node, FIFO: mode's type says which. The
	 * owner is the calling thread (fsuid, fsgid).
	 */
	long (*create)(u64 sb, u64 dir, const char *name, u32 mode, u64 rdev,
		       struct vfs_attr *attr);
	long (*symlink)(u64 sb, u64 dir, const char *name, const char *target);
	long (*readlink)(u64 sb, u64 ino, char *buf, size_t len);
	long (*link)(u64 sb, u64 ino, u64 dir, const char *name);
	/* flags: VFS_REMOVE_DIR, VFS_KEEP. */
	long (*unlink)(u64 sb, u64 dir, const char *name, u32 flags);
	long (*rename)(u64 sb, u64 dir, const char *name, u64 newdir,
		       const char *newname, u32 flags);
	/* struct vfs_dirent records from position `pos` on; bytes filled. */
	long (*readdir)(u64 sb, u64 dir, u64 pos, void *buf, size_t len);
	long (*open)(u64 sb, u64 ino, u32 oflags, struct file_open *file);
	/* vfs holds (count +1) or drops (-1) the inode for open files. */
	long (*hold)(u64 sb, u64 ino, s64 count);
	/* struct statfs of Linux's ABI, 120 bytes. */
	long (*statfs)(u64 sb, void *buf, size_t len);
	/* As vfs_write_from(). */
	long (*write_from)(u64 sb, u64 ino, u64 pos, u32 src, u64 src_pos,
			   u64 len);
	/* May be NULL: a file without a name, held once already (O_TMPFILE). */
	long (*tmpfile)(u64 sb, u32 mode, struct vfs_attr *attr);
	/*
	 * May be NULL: there are none. What VFS_XATTR_* says; the value, or the
	 * names, are in a user buffer, which is not there when `size` is 0. Bytes.
	 */
	long (*xattr)(u64 sb, u64 ino, u32 what, const char *name, u32 ubuf,
		      size_t size);
	/* May be NULL: options of MS_REMOUNT (are ignored then). */
	long (*remount)(u64 sb, const char *options);
	/* May be NULL: options as /proc/mounts has them, "size=4k,mode=755"; bytes. */
	long (*options)(u64 sb, char *buf, size_t len);
	/*
	 * May be NULL. Where a link leads that is more than a path: 0: *target
	 * is a vfs node; VFS_OWN_INODE: an inode of this instance; -EINVAL: it
	 * is an ordinary link.
	 */
	long (*follow)(u64 sb, u64 ino, u64 *target);
};
#define VFS_OWN_INODE 1
CONTRACT(fs_ops__mount, CALL_RESTARTABLE, ARG_STRING(source, 256), ARG_STRING(options, 1024),
	 ARG_VALUE(flags), ARG_STRUCT_OUT(root, u64));
CONTRACT(fs_ops__unmount, CALL_RESTARTABLE, ARG_VALUE(sb));
CONTRACT(fs_ops__lookup, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(dir),
	 ARG_STRING(name, VFS_NAME_MAX), ARG_STRUCT_OUT(attr, struct vfs_attr));
CONTRACT(fs_ops__getattr, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(ino),
	 ARG_STRUCT_OUT(attr, struct vfs_attr));
CONTRACT(fs_ops__setattr, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(ino),
	 ARG_VALUE(which), ARG_STRUCT_IN(attr, struct vfs_attr));
CONTRACT(fs_ops__create, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(dir),
	 ARG_STRING(name, VFS_NAME_MAX), ARG_VALUE(mode), ARG_VALUE(rdev),
	 ARG_STRUCT_OUT(attr, struct vfs_attr));
CONTRACT(fs_ops__symlink, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(dir),
	 ARG_STRING(name, VFS_NAME_MAX), ARG_STRING(target, VFS_PATH_MAX));
CONTRACT(fs_ops__readlink, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(ino),
	 ARG_OUT_RETURN(buf, len, VFS_PATH_MAX), ARG_VALUE(len));
CONTRACT(fs_ops__link, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(ino), ARG_VALUE(dir),
	 ARG_STRING(name, VFS_NAME_MAX));
CONTRACT(fs_ops__unlink, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(dir),
	 ARG_STRING(name, VFS_NAME_MAX), ARG_VALUE(flags));
CONTRACT(fs_ops__rename, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(dir),
	 ARG_STRING(name, VFS_NAME_MAX), ARG_VALUE(newdir),
	 ARG_STRING(newname, VFS_NAME_MAX), ARG_VALUE(flags));
CONTRACT(fs_ops__readdir, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(dir),
	 ARG_VALUE(pos), ARG_OUT_RETURN(buf, len, 8192), ARG_VALUE(len));
CONTRACT(fs_ops__open, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(ino), ARG_VALUE(oflags),
	 ARG_STRUCT_OUT(file, struct file_open));
CONTRACT(fs_ops__hold, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(ino), ARG_VALUE(count));
CONTRACT(fs_ops__statfs, CALL_RESTARTABLE, ARG_VALUE(sb),
	 ARG_OUT(buf, len, 120), ARG_VALUE(len));
CONTRACT(fs_ops__write_from, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(ino), ARG_VALUE(pos),
	 ARG_HANDLE(src, HANDLE_PAGEOBJ), ARG_VALUE(src_pos), ARG_VALUE(len));
CONTRACT(fs_ops__tmpfile, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(mode),
	 ARG_STRUCT_OUT(attr, struct vfs_attr));
CONTRACT(fs_ops__xattr, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(ino),
	 ARG_VALUE(what), ARG_STRING(name, VFS_NAME_MAX), ARG_UBUF(ubuf),
	 ARG_VALUE(size));
CONTRACT(fs_ops__remount, CALL_RESTARTABLE, ARG_VALUE(sb),
	 ARG_STRING(options, 1024));
CONTRACT(fs_ops__options, CALL_RESTARTABLE, ARG_VALUE(sb),
	 ARG_OUT_RETURN(buf, len, 256), ARG_VALUE(len));
CONTRACT(fs_ops__follow, CALL_RESTARTABLE, ARG_VALUE(sb), ARG_VALUE(ino),
	 ARG_STRUCT_OUT(target, u64));
OPS_TABLE(fs_ops, mount, unmount, lookup, getattr, setattr, create, symlink,
	  readlink, link, unlink, rename, readdir, open, hold, statfs, write_from,
	  tmpfile, xattr, remount, options, follow);

/*
 * Who opens the special files of all file systems: FIFOs (known by `dev` and
 * `ino`), character and block devices (known by `rdev`). A FIFO's open may wait
 * for the other end.
 */
struct vfs_special_ops {
	long (*open)(u64 rdev, u64 dev, u64 ino, u32 oflags,
		     struct file_open *file);
};
CONTRACT(vfs_special_ops__open, CALL_SLEEPS | CALL_RESTARTABLE, ARG_VALUE(rdev), ARG_VALUE(dev),
	 ARG_VALUE(ino), ARG_VALUE(oflags), ARG_STRUCT_OUT(file, struct file_open));
OPS_TABLE(vfs_special_ops, open);

/*
 * Who is told what happens to files: `mask` (IN_*, with IN_EXCL_UNLINK where the name
 * is gone already) to inode `ino` of file system `dev`, 0 when the whole of it goes
 * (IN_UNMOUNT); or to what is called `name` in that directory. What is watched of it.
 * Locks of vfs are held: it calls nobody back.
 */
typedef long vfs_watcher(u64 dev, u64 ino, u32 mask, u32 cookie, const char *name);
CALLBACK_CONTRACT(vfs_watcher, CALL_RESTARTABLE | CALL_REENTRANT, ARG_VALUE(dev), ARG_VALUE(ino),
		  ARG_VALUE(mask), ARG_VALUE(cookie), ARG_STRING(name, VFS_NAME_MAX));

INTERFACE_BEGIN

/* From now on `fn` is told what CONTEXT->watched has, and of each inode's end. 0, -EEXIST. */
long vfs_watch(u32 self, vfs_watcher *fn);
CONTRACT(vfs_watch, CALL_RESTARTABLE, ARG_SELF(self), ARG_CALLBACK(fn, vfs_watcher));

/*
 * Registers (or, after a reset, registers again) a file system by name; flags
 * are VFS_FS_*. -EEXIST: another module has the name. -ENOMEM.
 */
long vfs_register_fs(u32 self, const char *name, u32 flags,
		     const struct fs_ops *ops);
CONTRACT(vfs_register_fs, CALL_RESTARTABLE, ARG_SELF(self), ARG_STRING(name, 32),
	 ARG_VALUE(flags), ARG_OPS(ops, fs_ops));

/* The same for special files of type `type` (S_IFIFO, S_IFCHR, S_IFBLK). */
long vfs_register_special(u32 self, u32 type, const struct vfs_special_ops *ops);
CONTRACT(vfs_register_special, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(type),
	 ARG_OPS(ops, vfs_special_ops));

/* ---- for the core (and initramfs) ------------------------------------ */

/* Finds a node and takes a reference. flags: VFS_FOLLOW, VFS_EMPTY_PATH. */
long vfs_lookup(u64 root, u64 at, const char *path, u32 flags, u64 *node);
CONTRACT(vfs_lookup, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_VALUE(flags),
	 ARG_STRUCT_OUT(node, u64));
/*
 * Opens as open(2) does: oflags and mode are Linux's, umask is applied.
 * vfs_memfd(): a new file without a name, as memfd_create(2) gives it.
 */
long vfs_open(u64 root, u64 at, const char *path, u32 oflags, u32 mode,
	      struct vfs_opened *opened);
CONTRACT(vfs_open, CALL_SLEEPS | CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_VALUE(oflags), ARG_VALUE(mode),
	 ARG_STRUCT_OUT(opened, struct vfs_opened));
long vfs_memfd(const char *name, struct vfs_opened *opened);
CONTRACT(vfs_memfd, CALL_RESTARTABLE, ARG_STRING(name, VFS_NAME_MAX),
	 ARG_STRUCT_OUT(opened, struct vfs_opened));
/* Takes or gives back a reference to a node. */
long vfs_hold(u64 node);
CONTRACT(vfs_hold, CALL_RESTARTABLE, ARG_VALUE(node));
long vfs_release(u64 node);
CONTRACT(vfs_release, CALL_RESTARTABLE, ARG_VALUE(node));
long vfs_getattr(u64 node, struct vfs_attr *attr);
CONTRACT(vfs_getattr, CALL_RESTARTABLE, ARG_VALUE(node),
	 ARG_STRUCT_OUT(attr, struct vfs_attr));
/* Lookup and getattr in one call: stat(2) and its kin. */
long vfs_stat(u64 root, u64 at, const char *path, u32 flags,
	      struct vfs_attr *attr);
CONTRACT(vfs_stat, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_VALUE(flags),
	 ARG_STRUCT_OUT(attr, struct vfs_attr));
long vfs_setattr(u64 node, u32 which, const struct vfs_attr *attr);
CONTRACT(vfs_setattr, CALL_RESTARTABLE, ARG_VALUE(node), ARG_VALUE(which),
	 ARG_STRUCT_IN(attr, struct vfs_attr));
/* The same for a path; flags as vfs_lookup(). VFS_SET_SIZE asks for W_OK. */
long vfs_setattr_path(u64 root, u64 at, const char *path, u32 flags, u32 which,
		      const struct vfs_attr *attr);
CONTRACT(vfs_setattr_path, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_VALUE(flags), ARG_VALUE(which),
	 ARG_STRUCT_IN(attr, struct vfs_attr));
/* access(2): mode is R_OK | W_OK | X_OK; flags VFS_*; for the real ids by default. */
long vfs_access(u64 root, u64 at, const char *path, u32 mode, u32 flags);
CONTRACT(vfs_access, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_VALUE(mode), ARG_VALUE(flags));
/* mkdir, mknod, mkfifo: mode's type says which (none: regular file). */
long vfs_mknod(u64 root, u64 at, const char *path, u32 mode, u64 rdev);
CONTRACT(vfs_mknod, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_VALUE(mode), ARG_VALUE(rdev));
long vfs_symlink(u64 root, u64 at, const char *path, const char *target);
CONTRACT(vfs_symlink, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_STRING(target, VFS_PATH_MAX));
/* Bytes of the link's target, without NUL. */
long vfs_readlink(u64 root, u64 at, const char *path, char *buf, size_t len);
CONTRACT(vfs_readlink, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_OUT_RETURN(buf, len, VFS_PATH_MAX),
	 ARG_VALUE(len));
/* Hard link to what `path` names (flags as vfs_lookup()). */
long vfs_link(u64 root, u64 at, const char *path, u64 newat, const char *newpath,
	      u32 flags);
CONTRACT(vfs_link, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_VALUE(newat),
	 ARG_STRING(newpath, VFS_PATH_MAX), ARG_VALUE(flags));
/* unlink or (VFS_REMOVE_DIR) rmdir. */
long vfs_remove(u64 root, u64 at, const char *path, u32 flags);
CONTRACT(vfs_remove, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_VALUE(flags));
/* rename(2); `flags` as renameat2. */
long vfs_rename(u64 root, u64 at, const char *path, u64 newat,
		const char *newpath, u32 flags);
CONTRACT(vfs_rename, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_VALUE(newat),
	 ARG_STRING(newpath, VFS_PATH_MAX), ARG_VALUE(flags));
/* `event` (IN_*) happened to a file that is open: what of it is watched. */
long vfs_notify(u64 node, u32 event);
CONTRACT(vfs_notify, CALL_RESTARTABLE, ARG_VALUE(node), ARG_VALUE(event));
/* Directory entries (struct vfs_dirent) from `pos` on; bytes, 0 at the end. */
long vfs_readdir(u64 node, u64 pos, void *buf, size_t len);
CONTRACT(vfs_readdir, CALL_RESTARTABLE, ARG_VALUE(node), ARG_VALUE(pos),
	 ARG_OUT_RETURN(buf, len, 8192), ARG_VALUE(len));
/* Absolute path of a node below `root`: bytes without NUL (getcwd). */
long vfs_path(u64 root, u64 node, char *buf, size_t len);
CONTRACT(vfs_path, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(node),
	 ARG_OUT(buf, len, VFS_PATH_MAX), ARG_VALUE(len));
/*
 * The same as links in /proc show it: of files too, and with " (deleted)" if it
 * has no name any more.
 */
long vfs_path_shown(u64 root, u64 node, char *buf, size_t len);
CONTRACT(vfs_path_shown, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(node),
	 ARG_OUT_RETURN(buf, len, VFS_PATH_MAX), ARG_VALUE(len));
/*
 * mount(2) on `node`, which the caller looked up; before there is any mount it is
 * VFS_ROOT. `from` is the node that `source` names, for MS_BIND and MS_MOVE.
 */
long vfs_mount(u64 node, u64 from, const char *source, const char *type, u64 flags,
	       const char *options);
CONTRACT(vfs_mount, CALL_RESTARTABLE, ARG_VALUE(node), ARG_VALUE(from), ARG_STRING(source, 256),
	 ARG_STRING(type, 32), ARG_VALUE(flags), ARG_STRING(options, 1024));
/*
 * pivot_root(2): what has its root at `to` takes the place of the process's root,
 * which goes to `old`. The caller has references, and moves processes along.
 */
long vfs_pivot(u64 root, u64 to, u64 old);
CONTRACT(vfs_pivot, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(to), ARG_VALUE(old));
/* umount2(2) of what has its root at `node`, to which the caller has a reference. */
long vfs_unmount(u64 node, u32 flags);
CONTRACT(vfs_unmount, CALL_RESTARTABLE, ARG_VALUE(node), ARG_VALUE(flags));
/* Linux's struct statfs (120 bytes) of the file system that the path leads to. */
long vfs_statfs(u64 root, u64 at, const char *path, u32 flags, void *buf, size_t len);
CONTRACT(vfs_statfs, CALL_RESTARTABLE, ARG_VALUE(root), ARG_VALUE(at),
	 ARG_STRING(path, VFS_PATH_MAX), ARG_VALUE(flags), ARG_OUT(buf, len, 120),
	 ARG_VALUE(len));
/*
 * Copies `len` bytes of page object `src` from `src_pos` on into the regular
 * file `node` at `pos`, inside the core. Bytes copied. For root only (-EPERM).
 */
long vfs_write_from(u64 node, u64 pos, u32 src, u64 src_pos, u64 len);
CONTRACT(vfs_write_from, CALL_RESTARTABLE, ARG_VALUE(node), ARG_VALUE(pos),
	 ARG_HANDLE(src, HANDLE_PAGEOBJ), ARG_VALUE(src_pos), ARG_VALUE(len));
/* Text of /proc/filesystems, as vfs_mounts(). */
long vfs_filesystems(u64 off, char *buf, size_t len);
CONTRACT(vfs_filesystems, CALL_RESTARTABLE, ARG_VALUE(off),
	 ARG_OUT_RETURN(buf, len, 4096), ARG_VALUE(len));
/* Text of /proc/self/mountinfo and of /proc/mounts from byte `off` on. */
long vfs_mountinfo(u64 off, char *buf, size_t len);
CONTRACT(vfs_mountinfo, CALL_RESTARTABLE, ARG_VALUE(off),
	 ARG_OUT_RETURN(buf, len, 4096), ARG_VALUE(len));
long vfs_mounts(u64 off, char *buf, size_t len);
CONTRACT(vfs_mounts, CALL_RESTARTABLE, ARG_VALUE(off),
	 ARG_OUT_RETURN(buf, len, 4096), ARG_VALUE(len));

INTERFACE_END

#endif
