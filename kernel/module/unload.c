// SPDX-License-Identifier: MIT
/*
 * Modules that programs load and unload. One at a time: load_lock, which may be
 * held while module code runs (init, exit); a module must not load another.
 *
 * A module is unloaded only when nothing refers to it: no module imports from it,
 * no file of its is open, no thread is in it or on its way to it. Then its state
 * is UNLOADING, which bars it to all but the thread that runs its exit(); exit()
 * takes back what it registered with other modules, and the rest of its account
 * goes with it.
 */
#include <errno.h>
#include <files.h>
#include <log.h>
#include <printf.h>
#include <sched.h>
#include <string.h>

#include "loader.h"

static const struct contract exit_contract = { .flags = CALL_SLEEPS | CALL_VOID };

struct core_mutex load_lock;

/* What module_start() left: 0 when it lives, after a reset perhaps. */
static int settle(struct module *m, int error)
{
	if (!error || (m->state == MODULE_RESETTING && module_wait_live(m)))
		return 0;
	if (m->state == MODULE_FAILED)
		module_discard(m);
	return error;
}

int module_load(void *object, size_t size, char *params)
{
	struct module *m;
	int error;

	core_mutex_lock(&load_lock);
	error = module_prepare("(from a program)", object, size, &m);
	if (error) {
		core_free(object);
		core_free(params);
	} else {
		m->late = true;
		m->params = params;
		error = module_link(m);
		if (!error)
			error = settle(m, module_start(m, 0));
	}
	core_mutex_unlock(&load_lock);
	return error == -EPROTO ? -EINVAL : error;
}

static bool imports_from(const struct module *m, const char *provider)
{
	for (u32 i = 0; i < m->nimports; i++)
		if (strcmp(module_import_provider(m, i), provider) == 0)
			return true;
	return false;
}

u32 module_users(const struct module *m, char *buf, size_t len)
{
	u32 users = 0;
	int used = 0;

	*buf = '\0';
	for (u32 id = 1; id < MODULES_MAX; id++) {
		const struct module *user = module_by_id(id);

		if (!user || !user->late || user == m || !imports_from(user, m->name))
			continue;
		users++;
		used += scnprintf(buf + used, len - used, "%s,", user->name);
	}
	return users;
}

/*
 * Whether a thread that is switched out has a return address into m on its kernel
 * stack: in ring 0 a call leaves no other trace. A stale one counts, too.
 */
bool module_on_stack(const struct module *m, const struct thread *t)
{
	const struct module_range *text = &m->range[RANGE_TEXT];
	u64 end = t->stack_base + KERNEL_STACK_SIZE;

	if (t == current || t->rsp < t->stack_base)
		return false;
	for (u64 at = t->rsp; at + sizeof(u64) <= end; at += sizeof(u64))
		if (*(u64 *)at - text->start < text->size)
			return true;
	return false;
}

/* Runs m's exit(): 0; m lives on otherwise, or has failed. */
static int stop(struct module *m)
{
	void (*exit)(void);
	u32 epoch = m->epoch;

	exit = boundary_bind(m, (u64)m->manifest.exit, &exit_contract);
	if (!exit)
		return -ENOMEM;
	module_set_state(m, MODULE_UNLOADING);
	if (READ_ONCE(m->callers) || boundary_inside(m)) {
		module_set_state(m, MODULE_LIVE);
		return -EWOULDBLOCK;
	}
	m->starter = current;
	exit();
	m->starter = NULL;
	if (m->epoch != epoch || m->state != MODULE_UNLOADING)
		return -EIO;
	if (!READ_ONCE(m->callers) && !boundary_inside(m))
		return 0;
	pr_err("module %s: a thread of its own stays in it after exit; it stays, too", m->name);
	account_give_back(m, false);
	module_set_state(m, MODULE_FAILED);
	return -EBUSY;
}

static int unload(struct module *m)
{
	char users[MODULE_NAME_MAX];
	int error = 0;

	if (!m)
		return -ENOENT;
	if (!m->late)
		return -EBUSY;
	if (module_users(m, users, sizeof(users)) || provider_in_use(m->id))
		return -EWOULDBLOCK;
	if (m->state != MODULE_LIVE && m->state != MODULE_FAILED)
		return -EBUSY;
	if (m->state == MODULE_LIVE)
		error = m->manifest.exit ? stop(m) : -EBUSY;
	else if (READ_ONCE(m->callers) || boundary_inside(m))
		error = -EWOULDBLOCK;
	if (!error)
		module_discard(m);
	return error;
}

int module_unload(const char *name)
{
	int error;

	core_mutex_lock(&load_lock);
	error = unload(module_by_name(name));
	core_mutex_unlock(&load_lock);
	return error;
}
