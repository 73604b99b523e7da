/* SPDX-License-Identifier: MIT */
/*
 * Names of sockets. A path name is a node of a file system, of which the socket
 * keeps a reference while it lives, so that its inode number means nothing else;
 * it is found by device and inode number. An abstract name is found by its bytes,
 * among the sockets of one type, as on Linux.
 */
#include "internal.h"

#define BUCKETS 64
#define AUTOBIND_NAMES 0x100000u	/* of five hexadecimal digits */
#define AUTOBIND_DIGITS 5

static u16 bucket[BUCKETS];	/* slots; lock */

static bool is_path(const u8 *name, u64 len)
{
	return len > NAME_PATH && name[NAME_PATH];
}

static u32 hash_bytes(const u8 *name, u64 len, u32 type)
{
	u32 hash = type;

	for (u64 i = NAME_PATH; i < len; i++)
		hash = hash * 31 + name[i];
	return hash % BUCKETS;
}

static u32 hash_node(u64 dev, u64 ino)
{
	return (u32)(dev * 31 + ino) % BUCKETS;
}

static u32 bucket_of(const struct sock *s)
{
	return is_path(s->name, s->name_len) ? hash_node(s->dev, s->ino) :
					       hash_bytes(s->name, s->name_len, s->type);
}

/* Makes a named socket one that can be found. Embryos have their listener's. */
void name_hash(struct sock *s)
{
	u32 b = bucket_of(s);

	s->hash_next = bucket[b];
	bucket[b] = (u16)slot_of(s);
	s->hashed = true;
}

void name_unhash(struct sock *s)
{
	u16 *p;

	if (!s->hashed)
		return;
	p = &bucket[bucket_of(s)];
	while (*p != slot_of(s))
		p = &sock_at(*p)->hash_next;
	*p = s->hash_next;
	s->hashed = false;
}

static struct sock *find_node(u64 dev, u64 ino)
{
	u16 slot = bucket[hash_node(dev, ino)];
	struct sock *s;

	for (; slot; slot = s->hash_next) {
		s = sock_at(slot);
		if (is_path(s->name, s->name_len) && s->dev == dev && s->ino == ino)
			return s;
	}
	return NULL;
}

static struct sock *find_abstract(const u8 *name, u64 len, u32 type)
{
	u16 slot = bucket[hash_bytes(name, len, type)];
	struct sock *s;

	for (; slot; slot = s->hash_next) {
		s = sock_at(slot);
		if (s->type == type && s->name_len == len && !memcmp(s->name, name, len))
			return s;
	}
	return NULL;
}

/* Whether a program's address is one: 0, -EINVAL. */
static long name_check(const void *name, u64 len)
{
	u16 family;

	if (len <= NAME_PATH || len > sizeof(struct linux_sockaddr_un))
		return -EINVAL;
	memcpy(&family, name, sizeof(family));
	return family == AF_UNIX ? 0 : -EINVAL;
}

/* The path of an address, ended by a NUL; the name's length with it. */
static u32 path_of(const u8 *name, u64 len, char path[UNIX_PATH_MAX + 1])
{
	size_t n = strnlen((const char *)name + NAME_PATH, len - NAME_PATH);

	memcpy(path, name + NAME_PATH, n);
	path[n] = 0;
	return (u32)(NAME_PATH + n + 1);
}

/* ---- finding ----------------------------------------------------------- */

/* May the caller write to a file of these attributes? */
static bool may_write(const struct vfs_attr *attr)
{
	u32 groups = MIN(CONTEXT->ngroups, (u32)CONTEXT_GROUPS);

	if (!cred_fsuid())
		return true;
	if (cred_fsuid() == attr->uid)
		return attr->mode & S_IWUSR;
	if (cred_fsgid() == attr->gid)
		return attr->mode & S_IWGRP;
	for (u32 i = 0; i < groups; i++)
		if (CONTEXT->groups[i] == attr->gid)
			return attr->mode & S_IWGRP;
	return attr->mode & S_IWOTH;
}

static long target_path(const u8 *name, u64 len, u32 type, u64 *number)
{
	char path[UNIX_PATH_MAX + 1];
	struct vfs_attr attr;
	struct sock *s;
	u64 root_node, cwd;
	long ret = process_directories(THIS_MODULE, &root_node, &cwd);

	if (ret)
		return ret;
	path_of(name, len, path);
	ret = vfs_stat(root_node, cwd, path, VFS_FOLLOW, &attr);
	if (ret)
		return ret;
	if (!may_write(&attr))
		return -EACCES;
	if (!S_ISSOCK(attr.mode))
		return -ECONNREFUSED;
	mutex_lock(&lock);
	s = find_node(attr.dev, attr.ino);
	ret = !s ? -ECONNREFUSED : s->type != type ? -EPROTOTYPE : 0;
	if (!ret)
		*number = s->number;
	mutex_unlock(&lock);
	return ret;
}

/*
 * Whom an address means: 0 and the number of a socket of that type, or connect(2)'s
 * error. The lock must not be held.
 */
long name_target(const void *name, u64 len, u32 type, u64 *number)
{
	struct sock *s;
	long ret = name_check(name, len);

	if (ret)
		return ret;
	if (is_path(name, len))
		return target_path(name, len, type, number);
	mutex_lock(&lock);
	s = find_abstract(name, len, type);
	if (s)
		*number = s->number;
	mutex_unlock(&lock);
	return s ? 0 : -ECONNREFUSED;
}

/* ---- binding ----------------------------------------------------------- */

/* Gives a socket its name. The length is the final store. */
static void name_set(struct sock *s, const void *name, u32 len)
{
	memcpy(s->name, name, len);
	s->bound = true;
	*(volatile u32 *)&s->name_len = len;
	name_hash(s);
}

static long bind_abstract(u64 number, const void *name, u64 len)
{
	struct sock *s;
	long ret = 0;

	mutex_lock(&lock);
	s = sock_find(number);
	if (!s)
		ret = -EBADF;
	else if (s->name_len)
		ret = CONTEXT->rerun && s->bind_op == CONTEXT->op ? 0 : -EINVAL;
	else if (find_abstract(name, len, s->type))
		ret = -EADDRINUSE;
	else {
		s->bind_op = CONTEXT->op;
		name_set(s, name, (u32)len);
	}
	mutex_unlock(&lock);
	return ret;
}

/* Gives `number` a free name of its own; one that has a name keeps it. */
long name_auto(u64 number)
{
	static const char digits[] = "0123456789abcdef";
	u8 name[NAME_PATH + 1 + AUTOBIND_DIGITS] = { AF_UNIX };
	struct sock *s;
	long ret = -ENOSPC;

	mutex_lock(&lock);
	s = sock_find(number);
	if (!s || s->name_len)
		ret = s ? 0 : -EBADF;
	for (u32 i = 0; ret == -ENOSPC && i < AUTOBIND_NAMES; i++) {
		u32 value = root->autobind++;

		for (u32 k = 0; k < AUTOBIND_DIGITS; k++)
			name[sizeof(name) - 1 - k] = (u8)digits[value >> 4 * k & 0xf];
		if (find_abstract(name, sizeof(name), s->type))
			continue;
		name_set(s, name, sizeof(name));
		ret = 0;
	}
	mutex_unlock(&lock);
	return ret;
}

/* Notes that this operation binds: has it a name, is it run again? */
static long bind_begin(u64 number, bool *named, bool *again)
{
	struct sock *s;

	mutex_lock(&lock);
	s = sock_find(number);
	if (s) {
		*named = s->name_len;
		*again = CONTEXT->rerun && s->bind_op == CONTEXT->op;
		s->bind_op = CONTEXT->op;
	}
	mutex_unlock(&lock);
	return s ? 0 : -EBADF;
}

/* The socket gets the node at `path` as its name, which nobody else has. */
static long bind_node(u64 number, u64 root_node, u64 cwd, const char *path, const void *name,
		      u32 len)
{
	struct vfs_attr attr;
	struct sock *s;
	u64 node;
	long ret = vfs_lookup(root_node, cwd, path, 0, &node);

	if (ret)
		return ret;
	ret = vfs_getattr(node, &attr);
	mutex_lock(&lock);
	s = sock_find(number);
	if (!ret && (!s || s->name_len))
		ret = -EINVAL;
	if (!ret && (!S_ISSOCK(attr.mode) || find_node(attr.dev, attr.ino)))
		ret = -EADDRINUSE;
	if (!ret) {
		s->dev = attr.dev;
		s->ino = attr.ino;
		s->node = node;
		name_set(s, name, len);
	}
	mutex_unlock(&lock);
	if (ret)
		vfs_release(node);
	return ret;
}

static long bind_path(u64 number, const u8 *name, u64 len)
{
	u8 whole[NAME_MAX_LEN] = { AF_UNIX };
	char *path = (char *)whole + NAME_PATH;
	bool named = false, again = false;
	u64 root_node, cwd;
	long ret = process_directories(THIS_MODULE, &root_node, &cwd);

	if (!ret)
		ret = bind_begin(number, &named, &again);
	if (ret || (again && named))
		return ret;
	len = path_of(name, len, path);
	ret = vfs_mknod(root_node, cwd, path, S_IFSOCK | 0777, 0);
	/* Run again, it may find what it made itself. */
	if (ret == -EEXIST)
		ret = again ? 0 : -EADDRINUSE;
	if (!ret && named) {
		vfs_remove(root_node, cwd, path, 0);
		ret = -EINVAL;
	}
	return ret ? ret : bind_node(number, root_node, cwd, path, whole, (u32)len);
}

/* socket_ops.bind. */
long unix_bind(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	u8 name[SOCKET_BUFFER_MAX];
	u16 family = 0;
	long ret;

	if (a && ubuf_read(ubuf, 0, name, a) != (long)a)
		return -EFAULT;
	if (a == NAME_PATH)
		memcpy(&family, name, sizeof(family));
	if (family == AF_UNIX)
		return name_auto(number);
	ret = name_check(name, a);
	if (ret)
		return ret;
	return is_path(name, a) ? bind_path(number, name, a) : bind_abstract(number, name, a);
}

/* socket_ops.getname. */
long unix_getname(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	u8 name[NAME_MAX_LEN] = { AF_UNIX };
	u32 len = NAME_PATH;
	struct sock *s;
	long ret = 0;

	mutex_lock(&lock);
	s = sock_find(number);
	if (!s)
		ret = -EBADF;
	else if (a && !s->peer)
		ret = -ENOTCONN;
	else if (a)
		s = sock_find(s->peer);
	if (!ret && s && s->name_len) {
		len = s->name_len;
		memcpy(name, s->name, len);
	}
	mutex_unlock(&lock);
	return ret ? ret : put_counted(ubuf, name, len, true);
}
