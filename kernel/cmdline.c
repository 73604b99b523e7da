/* SPDX-License-Identifier: MIT */
/*
 * The kernel command line: words apart by blanks, `key` or `key=value`; quotes
 * ("") keep blanks in a word. As on Linux, the last of several wins.
 */
#include <boot.h>
#include <string.h>

/* See include/core/boot.h. */
const char *word_next(const char *p, struct word *w)
{
	bool quoted = false;

	while (*p == ' ' || *p == '\t' || *p == '\n')
		p++;
	if (!*p)
		return NULL;
	*w = (struct word){ .key = p };
	for (; *p && (quoted || (*p != ' ' && *p != '\t' && *p != '\n')); p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p == '=' && !w->value) {
			w->key_len = (size_t)(p - w->key);
			w->value = p + 1;
		}
	}
	if (w->value)
		w->value_len = (size_t)(p - w->value);
	else
		w->key_len = (size_t)(p - w->key);
	return p;
}

void word_value(const struct word *w, char *buf, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < w->value_len; i++)
		if (w->value[i] != '"' && n + 1 < len)
			buf[n++] = w->value[i];
	if (len)
		buf[n] = '\0';
}

/* See include/core/boot.h. What is longer than `len` - 1 is cut. */
bool cmdline_find(const char *key, char *buf, size_t len)
{
	const char *p = boot_info.cmdline;
	size_t key_len = strlen(key);
	bool found = false;
	struct word w;

	while ((p = word_next(p, &w))) {
		if (w.key_len != key_len || memcmp(w.key, key, key_len) != 0)
			continue;
		word_value(&w, buf, len);
		found = true;
	}
	return found;
}

/* The number that `key=` has; `otherwise` when absent or not a number. */
u64 cmdline_number(const char *key, u64 otherwise)
{
	const char *end;
	char buf[32];
	u64 n;

	if (!cmdline_find(key, buf, sizeof(buf)))
		return otherwise;
	n = string_to_u64(buf, &end);
	return end == buf || *end ? otherwise : n;
}
