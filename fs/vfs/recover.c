/* SPDX-License-Identifier: MIT */
/*
 * After a reset: the references that the core's open files and directories have are
 * taken again, one for each object, so that a node is used as before. A file that is
 * on its way through a socket is not seen; its node is found when it is asked for.
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
