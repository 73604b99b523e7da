/* SPDX-License-Identifier: MIT */
/*
 * After a reset: the references that the core's open files and directories have are
 * taken again, one for each object, so that a node is used as before. A file that is
 * on its way through a socket is not seen; its node is found when it is asked for.
 * The same list says who writes on a mount.
 */
#include <info.h>

#include "internal.h"

#define SEEN_MAX 4096

static u64 *seen;		/* objects that were counted */
static u32 nseen;

bool references_return;

static bool is_new(u64 id)
{
	for (u32 i = 0; i < nseen; i++)
		if (seen[i] == id)
			return false;
	if (nseen == SEEN_MAX)
		return false;
	seen[nseen++] = id;
	return true;
}

static void take(const struct process_file *f)
{
	struct node *n;

	if (!f->node || !f->id || !is_new(f->id))
		return;
	nodes_lock();
	/* The reference stays: it is the core's. */
	if (node_find(f->node, &n))
		pr_warn("node %lx of an open file is lost", f->node);
	nodes_unlock();
}

static void take_files(u32 pid)
{
	static const u32 others[] = { PROCESS_EXE, PROCESS_CWD, PROCESS_ROOT };
	struct process_file f;

	for (u32 fd = 0; !process_file_get(pid, fd, &f); fd = f.fd + 1)
		take(&f);
	for (u32 i = 0; i < ARRAY_SIZE(others); i++)
		if (!process_file_get(pid, others[i], &f))
			take(&f);
}

static bool is_written(const struct process_file *f, const struct mount *m, bool peers)
{
	const struct mount *of;
	bool same;

	if (!f->node || !S_ISREG(f->mode) || (f->oflags & O_ACCMODE) == O_RDONLY)
		return false;
	nodes_lock();
	of = f->node == VFS_ROOT ? root_node->mount :
	     mount_by_id((u32)(f->node >> VFS_INO_BITS));
	same = of && (of == m || (peers && of->dev == m->dev));
	nodes_unlock();
	return same;
}

/*
 * Has a process a file of `m`, or (`peers`) of its instance, open for writing? Asks
 * the core, so no lock but names_lock may be held.
 */
bool mount_is_written(const struct mount *m, bool peers)
{
	struct process_file f;

	for (long pid = process_next(0); pid > 0; pid = process_next((u32)pid))
		for (u32 fd = 0; !process_file_get((u32)pid, fd, &f); fd = f.fd + 1)
			if (is_written(&f, m, peers))
				return true;
	return false;
}

/* Takes the references of all processes again. */
void references_recover(void)
{
	seen = kcalloc(SEEN_MAX, sizeof(*seen));
	if (!seen)
		return;
	references_return = true;
	for (long pid = process_next(0); pid > 0; pid = process_next((u32)pid))
		take_files((u32)pid);
	references_return = false;
	kfree(seen);
	seen = NULL;
	nseen = 0;
}
