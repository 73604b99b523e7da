/* SPDX-License-Identifier: MIT */
/* Formatted log lines of a module (runtime.h). */
#include <printf.h>
#include <runtime.h>

#define LOG_LINE_MAX 512	/* log_write()'s most bytes, the NUL of ours among them */

/*
 * Formats a line and adds it to the kernel log at `level` (enum log_level). It
 * is cut at LOG_LINE_MAX - 1 bytes. Does not sleep.
 */
void module_log(u32 level, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (len > 0 && line[len - 1] == '\n')
		len--;
	log_write(THIS_MODULE, level, line, (size_t)len);
}
