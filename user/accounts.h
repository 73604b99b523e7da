/* SPDX-License-Identifier: MIT */
/*
 * The modules' accounts, compared exactly: what a test did to the system is over
 * when every module has as many objects and handles as before.
 *
 * Objects are those on slab's books, without those that are free and that the
 * module's kmalloc() keeps for next time. vfs keeps the nodes of files that nobody
 * uses, a bounded number of them: accounts_settle() makes it forget all.
 */
#ifndef USER_ACCOUNTS_H
#define USER_ACCOUNTS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCOUNTS_MAX 40
#define ACCOUNTS_TEXT 32768
#define ACCOUNTS_FOLDER "/accounts.tmp"
#define NODES_KEPT 600		/* a little more than vfs keeps */

enum account_field { ACCOUNT_OBJECTS, ACCOUNT_HANDLES, ACCOUNT_RESETS, ACCOUNT_PAGES,
		     ACCOUNT_CACHED, ACCOUNT_FIELDS };

struct accounts {
	int count;
	char name[ACCOUNTS_MAX][16];
	long value[ACCOUNTS_MAX][ACCOUNT_FIELDS];
};

static const char *const account_fields[ACCOUNT_FIELDS] = {
	" objects=", " handles=", " resets=", " pages=", " cached=",
};

/*
 * In one read: the text is made anew for each, and what a figure has grown by in
 * between would be behind the end of what was read before.
 */
static inline void accounts_get(struct accounts *a)
{
	static char text[ACCOUNTS_TEXT];
	int fd = open("/proc/accounts", O_RDONLY);
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	char *line, *rest = text;

	close(fd);
	text[len > 0 ? len : 0] = '\0';
	memset(a, 0, sizeof(*a));
	while (a->count < ACCOUNTS_MAX && (line = strsep(&rest, "\n")) && *line) {
		long *value = a->value[a->count];

		sscanf(line, "%15s", a->name[a->count++]);
		for (int i = 0; i < ACCOUNT_FIELDS; i++) {
			const char *at = strstr(line, account_fields[i]);

			value[i] = at ? atol(at + strlen(account_fields[i])) : 0;
		}
		value[ACCOUNT_OBJECTS] -= value[ACCOUNT_CACHED];
	}
}

/* More files than vfs can keep drive the others out, and go with their file system. */
static inline void accounts_flood(void)
{
	char name[64];

	mkdir(ACCOUNTS_FOLDER, 0700);
	if (mount("t", ACCOUNTS_FOLDER, "tmpfs", 0, NULL) == 0) {
		for (int i = 0; i < NODES_KEPT; i++) {
			snprintf(name, sizeof(name), ACCOUNTS_FOLDER "/%d", i);
			close(open(name, O_CREAT | O_WRONLY, 0600));
		}
		umount(ACCOUNTS_FOLDER);
	}
	rmdir(ACCOUNTS_FOLDER);
}

/* The sum of a field over all modules. */
static inline long accounts_sum(const struct accounts *a, enum account_field field)
{
	long sum = 0;

	for (int m = 0; m < a->count; m++)
		sum += a->value[m][field];
	return sum;
}

/*
 * Makes vfs forget what it keeps of files that are not used: folders after what
 * is in them, so it takes several floods. The accounts are as they are then.
 */
static inline void accounts_settle(struct accounts *a)
{
	long before, now = -1;

	do {
		before = now;
		accounts_flood();
		accounts_get(a);
		now = accounts_sum(a, ACCOUNT_OBJECTS);
	} while (now != before);
}

/* Prints where objects, handles and resets differ: in how many places. */
static inline int accounts_differ(const struct accounts *before, const struct accounts *after)
{
	int bad = before->count != after->count;

	for (int m = 0; m < before->count && !bad; m++)
		bad = strcmp(before->name[m], after->name[m]) != 0;
	if (bad || !before->count) {
		printf("# accounts: there are other modules than before, or none\n");
		return 1;
	}
	for (int m = 0; m < after->count; m++)
		for (int i = ACCOUNT_OBJECTS; i <= ACCOUNT_RESETS; i++) {
			if (before->value[m][i] == after->value[m][i])
				continue;
			printf("# accounts: %s:%s%ld, it was %ld\n", after->name[m],
			       account_fields[i], after->value[m][i], before->value[m][i]);
			bad++;
		}
	return bad;
}

#endif
