/* SPDX-License-Identifier: MIT */
/* /proc/mounts and /proc/self/mountinfo, as seen from the process's root. */
#include <printf.h>

#include "internal.h"

#define OPTIONS_MAX 256

/* A text of which a part is wanted. */
struct text {
	u64 skip;
	char *buf;
	size_t len, done;
};

struct flag_name {
	u64 flag;
	const char *name;
};

static const struct flag_name mount_names[] = {
	{ MS_NOSUID, ",nosuid" }, { MS_NODEV, ",nodev" }, { MS_NOEXEC, ",noexec" },
	{ MS_NOATIME, ",noatime" }, { MS_NODIRATIME, ",nodiratime" },
	{ MS_RELATIME, ",relatime" },
};
static const struct flag_name instance_names[] = {
	{ MS_SYNCHRONOUS, ",sync" }, { MS_DIRSYNC, ",dirsync" },
	{ MS_LAZYTIME, ",lazytime" },
};

static void put_char(struct text *t, char c)
{
	if (t->skip)
		t->skip--;
	else if (t->done < t->len)
		t->buf[t->done++] = c;
}

/* Blanks and backslashes are written in octal, as Linux does. */
static void put_escaped(struct text *t, const char *s, size_t len)
{
	for (; len--; s++) {
		if (*s != ' ' && *s != '\t' && *s != '\n' && *s != '\\' && *s != '#') {
			put_char(t, *s);
			continue;
		}
		put_char(t, '\\');
		put_char(t, '0' + ((u8)*s >> 6));
		put_char(t, '0' + ((u8)*s >> 3 & 7));
		put_char(t, '0' + ((u8)*s & 7));
	}
}

static void put_string(struct text *t, const char *s)
{
	while (*s)
		put_char(t, *s++);
}

static void put_flags(struct text *t, u64 flags, const struct flag_name *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (flags & names[i].flag)
			put_string(t, names[i].name);
}

/* The options of the file system itself. May let nodes_lock go. */
static void put_options(struct text *t, struct mount *m)
{
	char options[OPTIONS_MAX];
	long len = 0;

	if (m->type->ops.options) {
		len = FS_CALL(m, options, options, sizeof(options));
		len = MIN(MAX(len, 0l), (long)sizeof(options));
	} else {
		len = (long)strlcpy(options, m->options, sizeof(options));
	}
	if (len) {
		put_char(t, ',');
		put_escaped(t, options, (size_t)len);
	}
}

static void put_mounts_line(struct text *t, struct mount *m, const char *path, size_t len)
{
	put_escaped(t, m->source, strlen(m->source));
	put_char(t, ' ');
	put_escaped(t, path, len);
	put_char(t, ' ');
	put_string(t, m->type->name);
	put_string(t, mount_is_ro(m) ? " ro" : " rw");
	put_flags(t, m->sb_flags, instance_names, ARRAY_SIZE(instance_names));
	put_flags(t, m->flags, mount_names, ARRAY_SIZE(mount_names));
	put_options(t, m);
	put_string(t, " 0 0\n");
}

static void put_info_line(struct text *t, struct mount *m, const char *path, size_t len)
{
	char numbers[64];

	snprintf(numbers, sizeof(numbers), "%u %u 0:%u ", m->id,
		 m->covered ? m->covered->mount->id : m->id, m->dev);
	put_string(t, numbers);
	put_escaped(t, m->bound, strlen(m->bound));
	put_char(t, ' ');
	put_escaped(t, path, len);
	put_string(t, m->flags & MS_RDONLY ? " ro" : " rw");
	put_flags(t, m->flags, mount_names, ARRAY_SIZE(mount_names));
	put_string(t, m->flags & MS_UNBINDABLE ? " unbindable - " : " - ");
	put_string(t, m->type->name);
	put_char(t, ' ');
	put_escaped(t, m->source, strlen(m->source));
	put_string(t, m->sb_flags & MS_RDONLY ? " ro" : " rw");
	put_flags(t, m->sb_flags, instance_names, ARRAY_SIZE(instance_names));
	put_options(t, m);
	put_char(t, '\n');
}

/* One text: a line for each mount that can be reached from the process's root. */
static long mounts_read(u64 off, char *buf, size_t len,
			void (*line)(struct text *t, struct mount *m, const char *path,
				     size_t len))
{
	struct text t = { .skip = off, .buf = buf, .len = len };
	char *path = kmalloc(VFS_PATH_MAX);
	struct node *root = NULL;
	struct mount *m;
	long ret;

	if (!path)
		return -ENOMEM;
	mutex_lock(&names_lock);	/* what is attached stays so */
	nodes_lock();
	ret = node_find(CONTEXT->root ? CONTEXT->root : VFS_ROOT, &root);
	list_for_each_entry(m, &mounts, list) {
		long n = !ret && !m->detached ?
			 path_build(root, m->root, path, VFS_PATH_MAX) : 0;

		if (n > 0 && path[0] == '/')
			line(&t, m, path, (size_t)n);
	}
	if (!ret)
		node_put(root);
	nodes_unlock();
	mutex_unlock(&names_lock);
	kfree(path);
	return ret ? ret : (long)t.done;
}

/* Text of /proc/mounts from byte `off` on: bytes, 0 at the end. */
long vfs_mounts(u64 off, char *buf, size_t len)
{
	return mounts_read(off, buf, len, put_mounts_line);
}
SYMBOL_EXPORT(vfs_mounts);

/* The same of /proc/self/mountinfo. */
long vfs_mountinfo(u64 off, char *buf, size_t len)
{
	return mounts_read(off, buf, len, put_info_line);
}
SYMBOL_EXPORT(vfs_mountinfo);
