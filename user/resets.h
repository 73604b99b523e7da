/* SPDX-License-Identifier: MIT */
/* What the programs share that kill modules: /sys/module/NAME/inject. */
#ifndef USER_RESETS_H
#define USER_RESETS_H

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "ktap.h"

/* Mounts sysfs; before inject(). */
static inline void resets_mount(void)
{
	mkdir("/sys", 0755);
	mount("sysfs", "/sys", "sysfs", 0, "");
}

/* Says `how` the module is to be killed: now, inside (a call), never. */
static inline void inject(const char *module, const char *how)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/module/%s/inject", module);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, how, strlen(how)) != (ssize_t)strlen(how))
		FAIL("%s: errno %d", path, errno);
	close(fd);
}

#endif
