// SPDX-License-Identifier: MIT
/*
 * Parameters of modules: words in their data that the kernel command line
 * (NAME.key=value) and who loads them (key=value ...) may set. They are set when
 * the image is made, so a reset sets them again; a module finds them in its data.
 */
#include <boot.h>
#include <builtin.h>
#include <errno.h>
#include <info.h>
#include <mm.h>
#include <log.h>
#include <printf.h>
#include <string.h>

#include "elf_link.h"
#include "internal.h"

#define VALUE_MAX 256
#define KEY_MAX (MODULE_NAME_MAX + 40)

/* Copies `len` bytes at `addr` of m's data: false if they do not all lie there. */
static bool data_copy(struct module *m, u64 addr, u8 *bytes, size_t len, bool write)
{
	const struct module_range *data = &m->range[RANGE_DATA], *bss = &m->range[RANGE_BSS];
	u64 end = addr + len;
	u8 *at;

	if (end < addr || ((addr < data->start || end > data->start + data->size) &&
			   (addr < bss->start || end > bss->start + bss->size)))
		return false;
	for (; len; len--, addr++, bytes++) {
		at = m->built_in ? (u8 *)addr : phys_to_virt(window_lookup(addr, NULL));
		*(write ? at : bytes) = *(write ? bytes : at);
	}
	return true;
}

static bool data_write(struct module *m, u64 addr, const void *from, size_t len)
{
	return data_copy(m, addr, (u8 *)from, len, true);
}

static int bool_of(const char *value)
{
	if (!*value || strchr("yY1", *value))
		return 1;
	return strchr("nN0", *value) ? 0 : -EINVAL;
}

/* Sets one parameter from its text: 0, -EINVAL. */
static int param_set(struct module *m, const struct module_param *p, const char *value)
{
	bool minus = *value == '-' && p->type == PARAM_INT;
	const char *end;
	u32 number;
	u64 n;

	if (p->type == PARAM_STRING) {
		n = strlen(value) + 1;
		return n <= p->size && data_write(m, (u64)p->addr, value, n) ?
		       0 : -EINVAL;
	}
	if (p->type == PARAM_BOOL) {
		u8 flag = bool_of(value);

		return bool_of(value) >= 0 && p->size == 1 &&
		       data_write(m, (u64)p->addr, &flag, 1) ? 0 : -EINVAL;
	}
	n = string_to_u64(value + minus, &end);
	if (end == value + minus || *end || p->size != sizeof(number) ||
	    n > (p->type == PARAM_UINT ? 0xffffffffu : 0x7fffffffu + minus))
		return -EINVAL;
	number = minus ? -(u32)n : (u32)n;
	return data_write(m, (u64)p->addr, &number, sizeof(number)) ? 0 : -EINVAL;
}

static const char *name_of(struct module *m, const struct module_param *p)
{
	return module_text(m, p->name);
}

/* The same for a whole word's value; `value` NULL: it is too long, or missing. */
static int param_from(struct module *m, const struct module_param *p, const char *value)
{
	int error = value ? param_set(m, p, value) : -EINVAL;

	if (error)
		pr_err("module %s: %s%s is no value for parameter %s", m->name,
		       value ? "" : "nothing, or more than there is room for,",
		       value ? value : "", name_of(m, p));
	return error;
}

/* include/interface/info.h. */
long module_param_get(u32 id, u32 index, struct module_param_info *info)
{
	struct module *m = module_by_id(id);
	struct module_param_info told = { .number = 0 };
	const struct module_param *p;
	size_t len;

	if (!m || index >= m->nparams)
		return -ENOENT;
	p = &m->param[index];
	told.type = p->type;
	len = MIN(p->size, p->type == PARAM_STRING ? INFO_PARAM_VALUE - 1 : sizeof(u32));
	strlcpy(told.name, name_of(m, p), sizeof(told.name));
	data_copy(m, (u64)p->addr, p->type == PARAM_STRING ? (u8 *)told.text :
		  (u8 *)&told.number, len, false);
	return copy_module_to(info, &told, sizeof(told)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(module_param_get);

static const struct module_param *param_find(struct module *m, const struct word *w)
{
	for (u32 i = 0; i < m->nparams; i++)
		if (strlen(name_of(m, &m->param[i])) == w->key_len &&
		    memcmp(name_of(m, &m->param[i]), w->key, w->key_len) == 0)
			return &m->param[i];
	return NULL;
}

/*
 * Sets m's parameters by the command line and m->params: 0, or -EINVAL when a
 * value is not what its parameter takes. Unknown ones are named in the log.
 */
int params_apply(struct module *m)
{
	char value[VALUE_MAX], key[KEY_MAX];
	const struct module_param *p;
	const char *at = m->params;
	int error = 0;
	struct word w;

	for (u32 i = 0; i < m->nparams; i++) {
		snprintf(key, sizeof(key), "%s.%s", m->name, name_of(m, &m->param[i]));
		if (cmdline_find(key, value, sizeof(value)))
			param_from(m, &m->param[i], value);
	}
	while (at && !error && (at = word_next(at, &w))) {
		p = param_find(m, &w);
		word_value(&w, value, sizeof(value));
		if (!p)
			pr_warn("module %s: unknown parameter '%.*s' ignored", m->name,
				(int)MIN(w.key_len, (size_t)KEY_MAX), w.key);
		else if (w.value_len >= sizeof(value) || (!w.value && p->type != PARAM_BOOL))
			error = param_from(m, p, NULL);
		else
			error = param_from(m, p, value);
	}
	return error;
}
